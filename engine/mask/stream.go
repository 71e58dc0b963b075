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
//
// With Options.Ahead up to so many batches are masked beside each other, and yielded in the reader's order all the same. They
// are read by who calls Next, before it has the first of them, and stay in memory together; the goroutines are as many as
// Options.Workers, or as the batches.
type Stream struct {
	refs   atomic.Int64
	masker *Masker
	in     array.RecordReader
	cur    arrow.RecordBatch
	first  uint64 // the next batch's first cell, in a dense stream
	ahead  []*maskedAhead
	ended  bool // the reader has no more
	totals counts
	done   bool
	err    error
}

// maskedAhead is a batch on its way.
type maskedAhead struct {
	ready  chan struct{}
	out    arrow.RecordBatch
	counts counts
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
		s.stop()
		s.in.Release()
	}
}

func (s *Stream) drop() {
	if s.cur != nil {
		s.cur.Release()
		s.cur = nil
	}
}

// stop waits for what is on its way, and lets it go.
func (s *Stream) stop() {
	for _, x := range s.ahead {
		if <-x.ready; x.out != nil {
			x.out.Release()
		}
	}
	s.ahead = nil
}

// Next masks the next batch. It is false at the end and after an error.
func (s *Stream) Next() bool {
	s.drop()
	if s.done {
		return false
	}
	for !s.ended && len(s.ahead) < max(1, s.masker.opt.Ahead) {
		s.read()
	}
	if len(s.ahead) == 0 {
		s.done = true
		if s.err = s.in.Err(); s.err == nil {
			s.err = s.whole()
		}
		return false
	}
	x := s.ahead[0]
	s.ahead = s.ahead[1:]
	if <-x.ready; x.err != nil {
		s.done, s.err = true, x.err
		s.stop()
		return false
	}
	s.cur = x.out
	s.totals.add(x.counts)
	return true
}

// read sends the reader's next batch on its way.
func (s *Stream) read() {
	if s.ended = !s.in.Next(); s.ended {
		return
	}
	batch, first := s.in.RecordBatch(), s.first
	if s.masker.dense != nil && batch != nil {
		s.first += uint64(batch.NumRows())
	}
	x := &maskedAhead{ready: make(chan struct{}), counts: s.masker.newCounts()}
	s.ahead = append(s.ahead, x)
	workers := s.masker.workers
	if n := s.masker.opt.Ahead; n > 1 && batch != nil {
		batch.Retain()
		go func() {
			defer close(x.ready)
			defer batch.Release()
			x.out, x.err = s.masker.maskAt(first, batch, &x.counts, max(1, workers/n))
		}()
		return
	}
	defer close(x.ready)
	x.out, x.err = s.masker.maskAt(first, batch, &x.counts, workers)
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
