package arrow17

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	arrow17 "github.com/apache/arrow/go/v17/arrow"
	array17 "github.com/apache/arrow/go/v17/arrow/array"
)

// FromV17 is a record of v17 as a batch of v18, which the caller releases. It costs some allocations a column, whatever
// its bytes; a Reader converts the schema once.
func FromV17(rec arrow17.Record) (arrow.RecordBatch, error) {
	schema, err := SchemaFromV17(rec.Schema())
	if err != nil {
		return nil, err
	}
	return batchFromV17(rec, schema)
}

func batchFromV17(rec arrow17.Record, schema *arrow.Schema) (out arrow.RecordBatch, err error) {
	var columns []arrow.Array
	defer func() {
		for _, c := range columns {
			c.Release()
		}
	}()
	err = guard(func() error {
		if int(rec.NumCols()) != schema.NumFields() {
			return fmt.Errorf("%d columns for a schema of %d", rec.NumCols(), schema.NumFields())
		}
		for i, c := range rec.Columns() {
			d, err := dataFromV17(c.Data(), schema.Field(i).Type)
			if err != nil {
				return fmt.Errorf("column %q: %w", schema.Field(i).Name, err)
			}
			defer d.Release()
			columns = append(columns, array.MakeFromData(d))
		}
		out = array.NewRecordBatch(schema, columns, rec.NumRows())
		return nil
	})
	return out, err
}

// ToV17 is a batch of v18 as a record of v17, which the caller releases. It fails where v17 lacks a type. Metadata of the
// batch itself, which v17 does not know, is left out.
func ToV17(batch arrow.RecordBatch) (arrow17.Record, error) {
	schema, err := SchemaToV17(batch.Schema())
	if err != nil {
		return nil, err
	}
	return recordToV17(batch, schema)
}

func recordToV17(batch arrow.RecordBatch, schema *arrow17.Schema) (out arrow17.Record, err error) {
	var columns []arrow17.Array
	defer func() {
		for _, c := range columns {
			c.Release()
		}
	}()
	err = guard(func() error {
		if int(batch.NumCols()) != schema.NumFields() {
			return fmt.Errorf("%d columns for a schema of %d", batch.NumCols(), schema.NumFields())
		}
		for i, c := range batch.Columns() {
			d, err := dataToV17(c.Data(), schema.Field(i).Type)
			if err != nil {
				return fmt.Errorf("column %q: %w", schema.Field(i).Name, err)
			}
			defer d.Release()
			columns = append(columns, array17.MakeFromData(d))
		}
		out = array17.NewRecord(schema, columns, batch.NumRows())
		return nil
	})
	return out, err
}
