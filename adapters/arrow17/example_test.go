package arrow17_test

import (
	"context"
	"fmt"
	"log"

	arrow17 "github.com/apache/arrow/go/v17/arrow"
	array17 "github.com/apache/arrow/go/v17/arrow/array"
	memory17 "github.com/apache/arrow/go/v17/arrow/memory"

	adapter "github.com/cubeward/cubeward/adapters/arrow17"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/mask"
)

// maskRecord masks a record of v17 for a member.
func maskRecord(member *engine.Member, rec arrow17.Record) (arrow17.Record, error) {
	batch, err := adapter.FromV17(rec)
	if err != nil {
		return nil, err
	}
	defer batch.Release()
	masker, err := mask.New(member, batch.Schema(), mask.Options{Locks: true}) // once for all records of a schema
	if err != nil {
		return nil, err
	}
	out, err := masker.Mask(batch)
	if err != nil {
		return nil, err
	}
	defer out.Release()
	return adapter.ToV17(out)
}

// A program that works with Arrow v17 masks its records without copying what is visible.
func Example() {
	ws, err := modelfile.Load("../../examples/us-budget", modelfile.Options{})
	if err != nil {
		log.Fatal(err)
	}
	rights, err := engine.Compile(context.Background(), ws, engine.Options{})
	if err != nil {
		log.Fatal(err)
	}
	ines, err := rights.Member("ines@treasury.gov")
	if err != nil {
		log.Fatal(err)
	}
	rec := receipts()
	defer rec.Release()
	out, err := maskRecord(ines, rec)
	if err != nil {
		log.Fatal(err)
	}
	defer out.Release()
	for _, column := range out.Columns() {
		fmt.Println(column)
	}
	// Output:
	// ["937-0-15-0-65000-20-on" (null)]
	// ["2016" "2016"]
	// [7.742e+07 (null)]
	// [false true]
}

func receipts() arrow17.Record {
	b := array17.NewRecordBuilder(memory17.DefaultAllocator, arrow17.NewSchema([]arrow17.Field{
		{Name: "Account", Type: arrow17.BinaryTypes.String},
		{Name: "Fiscal year", Type: arrow17.BinaryTypes.String},
		{Name: "Receipts", Type: arrow17.PrimitiveTypes.Float64},
	}, nil))
	defer b.Release()
	b.Field(0).(*array17.StringBuilder).AppendValues([]string{"937-0-15-0-65000-20-on", "933-5-16-0-800610-28-off"}, nil)
	b.Field(1).(*array17.StringBuilder).AppendValues([]string{"2016", "2016"}, nil)
	b.Field(2).(*array17.Float64Builder).AppendValues([]float64{77420000, 606746000}, nil)
	return b.NewRecord()
}
