package main

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// readWhole is all rows of a table as one batch, nil where there is none.
func readWhole(ctx context.Context, in batchReader, limit int64, bar *progress) (arrow.RecordBatch, error) {
	var batches []arrow.RecordBatch
	defer func() {
		for _, b := range batches {
			b.Release()
		}
	}()
	size := int64(0)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		batches = append(batches, b)
		if size += batchBytes(b); size > limit {
			return nil, invalid(fmt.Errorf("--sort needs the whole table in memory, and it is larger than --memory %s; give more", sizeText(limit)))
		}
		bar.add(b.NumRows())
	}
	if len(batches) == 0 {
		return nil, nil
	}
	return concatenated(batches)
}

// concatenated is the rows of all batches as one.
func concatenated(batches []arrow.RecordBatch) (arrow.RecordBatch, error) {
	schema := batches[0].Schema()
	columns := make([]arrow.Array, schema.NumFields())
	defer func() {
		for _, c := range columns {
			if c != nil {
				c.Release()
			}
		}
	}()
	rows := int64(0)
	for _, b := range batches {
		rows += b.NumRows()
	}
	for i, f := range schema.Fields() {
		parts := make([]arrow.Array, len(batches))
		for k, b := range batches {
			parts[k] = b.Column(i)
		}
		err := guard(func() (err error) {
			columns[i], err = array.Concatenate(parts, memory.DefaultAllocator)
			return err
		})
		if err != nil {
			return nil, invalid(fmt.Errorf("column %q: its batches cannot be put together, as --sort needs", f.Name))
		}
	}
	return array.NewRecordBatch(schema, columns, rows), nil
}
