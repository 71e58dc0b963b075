package mask

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Stream masks what a reader yields, batch by batch; it is an array.RecordReader for one goroutine. Every batch it yields is
// fully masked. After an error it yields no more, and Err tells it: a consumer must then not end its own output as if it
// were whole.
type Stream struct {
	refs   atomic.Int64
	masker *Masker
	in     array.RecordReader
	cur    arrow.RecordBatch
	first  uint64
	totals counts
	done   bool
	err    error
}

var _ array.RecordReader = (*Stream)(nil)

// Stream masks the batches of a reader, which it retains until it is released. In a dense stream the first row is the
// first cell, and the last row must be the last. It fails where the schemas differ, and with Options.Sort, which
// needs all rows in one batch.
func (m *Masker) Stream(in array.RecordReader) (*Stream, error) {
	if in == nil {
		return nil, errors.New("mask: no reader")
	}
	if m.opt.Sort {
		return nil, errors.New("mask: a stream cannot be sorted; put all rows in one batch and use Mask")
	}
	in.Retain()
	s := &Stream{masker: m, in: in, totals: m.newCounts()}
	s.refs.Add(1)
	return s, nil
}

// Schema is the schema of the masked batches.
func (s *Stream) Schema() *arrow.Schema { return s.masker.output }

// Retain adds a reference.
func (s *Stream) Retain() { s.refs.Add(1) }

// Release drops a reference; the last one lets the reader and the current batch go.
func (s *Stream) Release() {
	if s.refs.Add(-1) == 0 {
		s.drop()
		s.in.Release()
	}
}

func (s *Stream) drop() {
	if s.cur != nil {
		s.cur.Release()
		s.cur = nil
	}
}

// Next masks the next batch. It is false at the end and after an error.
func (s *Stream) Next() bool {
	s.drop()
	if s.done {
		return false
	}
	if !s.in.Next() {
		s.done = true
		if s.err = s.in.Err(); s.err == nil {
			s.err = s.whole()
		}
		return false
	}
	batch := s.in.RecordBatch()
	out, err := s.masker.maskAt(s.first, batch, &s.totals)
	if err != nil {
		s.done, s.err = true, err
		return false
	}
	if s.masker.dense != nil {
		s.first += uint64(batch.NumRows())
	}
	s.cur = out
	return true
}

// whole makes sure that a dense stream ended at the last cell.
func (s *Stream) whole() error {
	if d := s.masker.dense; d != nil && s.first != d.space.Len() {
		return fmt.Errorf("mask: the stream ended after %d of the %d cells of the dense block", s.first, d.space.Len())
	}
	return nil
}

// RecordBatch is the current batch, which belongs to the stream until the next call of Next.
func (s *Stream) RecordBatch() arrow.RecordBatch { return s.cur }

// Record is RecordBatch.
//
// Deprecated: Use RecordBatch.
func (s *Stream) Record() arrow.RecordBatch { return s.cur }

// Err is why the stream ended early; nil after its regular end.
func (s *Stream) Err() error { return s.err }

// Report counts the batches of this stream so far.
func (s *Stream) Report() *Report { return s.masker.report(s.totals) }
