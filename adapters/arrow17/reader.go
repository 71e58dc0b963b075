package arrow17

import (
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	array17 "github.com/apache/arrow/go/v17/arrow/array"
)

// Reader yields the records of a reader of v17 as batches of v18, for a mask.Stream for example. It is an
// array.RecordReader for one goroutine.
type Reader struct {
	in     array17.RecordReader
	schema *arrow.Schema
	cur    arrow.RecordBatch
	err    error
	refs   atomic.Int64
}

var _ array.RecordReader = (*Reader)(nil)

// NewReader converts the schema, once. It retains in until it is released.
func NewReader(in array17.RecordReader) (*Reader, error) {
	schema, err := SchemaFromV17(in.Schema())
	if err != nil {
		return nil, err
	}
	in.Retain()
	r := &Reader{in: in, schema: schema}
	r.refs.Store(1)
	return r, nil
}

// Schema is the schema of the batches.
func (r *Reader) Schema() *arrow.Schema { return r.schema }

// Next goes to the next batch; false at the end and after an error.
func (r *Reader) Next() bool {
	r.drop()
	if r.err != nil || !r.in.Next() {
		return false
	}
	r.cur, r.err = batchFromV17(r.in.Record(), r.schema)
	return r.err == nil
}

func (r *Reader) drop() {
	if r.cur != nil {
		r.cur.Release()
		r.cur = nil
	}
}

// RecordBatch is the current batch, which belongs to the reader until the next call of Next.
func (r *Reader) RecordBatch() arrow.RecordBatch { return r.cur }

// Record is RecordBatch.
//
// Deprecated: Use RecordBatch.
func (r *Reader) Record() arrow.RecordBatch { return r.cur }

// Err is why Next stopped before the end; nil where it did not.
func (r *Reader) Err() error {
	if r.err != nil {
		return r.err
	}
	return r.in.Err()
}

// Retain adds a reference.
func (r *Reader) Retain() { r.refs.Add(1) }

// Release drops a reference; the last one lets the reader of v17 and the current batch go.
func (r *Reader) Release() {
	if r.refs.Add(-1) == 0 {
		r.drop()
		r.in.Release()
	}
}
