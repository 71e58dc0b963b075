package main

import (
	"bufio"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
)

// streamWriter writes an Arrow IPC stream. Each batch is handed on as it comes.
type streamWriter struct {
	buf    *bufio.Writer
	to     *ipc.Writer
	schema *arrow.Schema
	apart  bool  // a batch's dictionaries are written whatever the last batch had
	head   int64 // bytes before the first batch; 0 where they were not written yet
}

func newStreamWriter(w io.Writer, schema *arrow.Schema) *streamWriter {
	buf := bufio.NewWriterSize(w, outBufferSize)
	return &streamWriter{buf: buf, to: ipc.NewWriter(buf, ipc.WithSchema(schema)), schema: schema, apart: hasInexactDictionary(schema)}
}

// Write appends a batch.
func (s *streamWriter) Write(b arrow.RecordBatch) error {
	if err := s.write(b); err != nil {
		return failed(err)
	}
	return failed(s.buf.Flush())
}

// write hands a batch on. The Arrow library leaves out a dictionary whose floating-point values are nearly those that the last
// batch had; what writes only one batch leaves out none.
func (s *streamWriter) write(b arrow.RecordBatch) error {
	if !s.apart {
		return s.to.Write(b)
	}
	if s.head == 0 {
		var head counter
		if err := ipc.NewWriter(&head, ipc.WithSchema(s.schema)).Close(); err != nil {
			return err
		}
		s.head = head.n - endMarker
		return s.to.Write(b)
	}
	out := &behind{w: s.buf, skip: s.head}
	one := ipc.NewWriter(out, ipc.WithSchema(s.schema))
	err := one.Write(b)
	out.w = io.Discard
	_ = one.Close() // It lets its dictionaries go, and its end marker is no end.
	return err
}

// endMarker is how many bytes end a stream.
const endMarker = 8

// counter counts what is written.
type counter struct{ n int64 }

// Write counts.
func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

// behind hands on what is written after the first bytes.
type behind struct {
	w    io.Writer
	skip int64
}

// Write hands on what is not skipped.
func (b *behind) Write(p []byte) (int, error) {
	k := min(b.skip, int64(len(p)))
	b.skip -= k
	n, err := b.w.Write(p[k:])
	return int(k) + n, err
}

// hasInexactDictionary says whether a dictionary holds floating-point values, at any depth.
func hasInexactDictionary(schema *arrow.Schema) bool {
	var inexact func(t arrow.DataType, inside bool) bool
	inexact = func(t arrow.DataType, inside bool) bool {
		switch t := t.(type) {
		case *arrow.DictionaryType:
			return inexact(t.ValueType, true)
		case arrow.ExtensionType:
			return inexact(t.StorageType(), inside)
		case arrow.NestedType:
			for _, f := range t.Fields() {
				if inexact(f.Type, inside) {
					return true
				}
			}
			return false
		}
		return inside && arrow.IsFloating(t.ID())
	}
	for _, f := range schema.Fields() {
		if inexact(f.Type, false) {
			return true
		}
	}
	return false
}

// Close writes the end marker.
func (s *streamWriter) Close() error {
	if err := s.to.Close(); err != nil {
		return failed(err)
	}
	return failed(s.buf.Flush())
}
