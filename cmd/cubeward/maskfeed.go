package main

import "github.com/apache/arrow-go/v18/arrow"

// feed hands the batches that it is given to a mask.Stream, one at a time: one input feeds the streams of many members.
// It is an array.RecordReader.
type feed struct {
	schema    *arrow.Schema
	next, cur arrow.RecordBatch // both belong to whoever reads the input
}

// Schema is the schema of the batches.
func (f *feed) Schema() *arrow.Schema { return f.schema }

// Next is false where no batch was given since the last one: that is the end.
func (f *feed) Next() bool {
	f.cur, f.next = f.next, nil
	return f.cur != nil
}

// RecordBatch is the batch that was given.
func (f *feed) RecordBatch() arrow.RecordBatch { return f.cur }

// Record is RecordBatch under its old name.
func (f *feed) Record() arrow.RecordBatch { return f.cur }

// Err is nil: whoever reads the input sees its errors.
func (f *feed) Err() error { return nil }

// Retain does nothing: a feed owns nothing.
func (f *feed) Retain() {}

// Release does nothing.
func (f *feed) Release() {}
