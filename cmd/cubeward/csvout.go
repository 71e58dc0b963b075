package main

import (
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/cubeward/cubeward/cube"
)

// csvWriter writes batches as CSV: a null is an empty field.
type csvWriter struct {
	rows csvRows
}

// newCSVWriter writes the header: the fields' names, but for the first ones what header says where it is given.
func newCSVWriter(w io.Writer, schema *arrow.Schema, header []string) (*csvWriter, error) {
	c := &csvWriter{rows: csvRows{w: w}}
	for i, f := range schema.Fields() {
		name := f.Name
		if i < len(header) {
			name = header[i]
		}
		c.rows.text(name)
	}
	return c, c.rows.end()
}

// Write appends the rows of a batch.
func (c *csvWriter) Write(b arrow.RecordBatch) error {
	columns := make([]func(row int), b.NumCols())
	for i, a := range b.Columns() {
		columns[i] = c.column(a)
	}
	for row := range int(b.NumRows()) {
		for _, write := range columns {
			write(row)
		}
		if err := c.rows.end(); err != nil {
			return err
		}
	}
	return c.rows.flush()
}

// column is how an array is written row by row.
func (c *csvWriter) column(a arrow.Array) func(row int) {
	value := c.values(a)
	if a.NullN() == 0 {
		return value
	}
	return func(row int) {
		if a.IsNull(row) {
			c.rows.plain("")
			return
		}
		value(row)
	}
}

// values is how the values of an array that are not null are written: text as it stands, numbers as everywhere
// (SPEC 6), other types as Arrow writes them.
func (c *csvWriter) values(a arrow.Array) func(row int) {
	switch a := a.(type) {
	case *array.String:
		return func(row int) { c.rows.text(a.Value(row)) }
	case *array.Boolean:
		return func(row int) { c.rows.plain(boolText(a.Value(row))) }
	case *array.Date32:
		return func(row int) { c.rows.plain(cube.FormatDate(int32(a.Value(row)))) }
	case *array.Float64:
		return func(row int) {
			if f := a.Value(row); f-f == 0 {
				c.rows.number(f)
				return
			}
			c.rows.text(a.ValueStr(row))
		}
	case *array.Dictionary:
		entry := c.column(a.Dictionary())
		return func(row int) { entry(a.GetValueIndex(row)) }
	case *array.RunEndEncoded:
		run := c.column(a.Values())
		return func(row int) { run(a.GetPhysicalIndex(row)) }
	case array.ExtensionArray:
		if a.Len() > 0 && guard(func() error { _ = a.ValueStr(0); return nil }) != nil {
			return c.column(a.Storage()) // the type has no text of its own
		}
	}
	return func(row int) { c.rows.text(a.ValueStr(row)) }
}

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// Close hands on what is left.
func (c *csvWriter) Close() error { return c.rows.flush() }
