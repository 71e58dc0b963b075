package mask_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/mask"
)

// analyst is Ines, who works for the Treasury.
func analyst() *engine.Member {
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
	return ines
}

// receipts are three figures: two of the Treasury, of which one is closed, and one of another agency.
func receipts() arrow.RecordBatch {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "Account", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: arrow.BinaryTypes.String}},
		{Name: "Fiscal year", Type: arrow.PrimitiveTypes.Int32},
		{Name: "Receipts", Type: arrow.PrimitiveTypes.Float64},
	}, nil)
	batch, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(`[
		{"Account": "937-0-15-0-65000-20-on", "Fiscal year": 2014, "Receipts": 99235000},
		{"Account": "933-5-16-0-800610-28-off", "Fiscal year": 2016, "Receipts": 606746000},
		{"Account": "937-0-15-0-65000-20-on", "Fiscal year": 2016, "Receipts": 77420000}]`))
	if err != nil {
		log.Fatal(err)
	}
	return batch
}

func show(b arrow.RecordBatch) {
	for row := range int(b.NumRows()) {
		var line []string
		for _, column := range b.Columns() {
			line = append(line, column.ValueStr(row))
		}
		fmt.Println(strings.Join(line, "  "))
	}
}

// A record batch, masked for one member. The account of another agency's figure is hidden along with it, and is gone
// from the dictionary too.
func ExampleMasker_Mask() {
	batch := receipts()
	defer batch.Release()
	masker, err := mask.New(analyst(), batch.Schema(), mask.Options{Locks: true})
	if err != nil {
		log.Fatal(err)
	}
	out, err := masker.Mask(batch)
	if err != nil {
		log.Fatal(err)
	}
	defer out.Release()
	show(out)
	fmt.Println(out.Column(0).(*array.Dictionary).Dictionary())
	// Output:
	// 937-0-15-0-65000-20-on  2014  9.9235e+07  true
	// (null)  2016  (null)  true
	// 937-0-15-0-65000-20-on  2016  7.742e+07  false
	// ["937-0-15-0-65000-20-on"]
}

// A stream of batches, masked as they come: memory for one of them is enough. Its reader may be that of an IPC stream, as
// here, of a Parquet file or of a query.
func ExampleMasker_Stream() {
	in, err := ipc.NewReader(budgetStream())
	if err != nil {
		log.Fatal(err)
	}
	defer in.Release()
	masker, err := mask.New(analyst(), in.Schema(), mask.Options{DropRows: true})
	if err != nil {
		log.Fatal(err)
	}
	stream, err := masker.Stream(in)
	if err != nil {
		log.Fatal(err)
	}
	defer stream.Release()
	for stream.Next() {
		show(stream.RecordBatch())
	}
	if err := stream.Err(); err != nil {
		log.Fatal(err) // what came before was masked, but is not all
	}
	r := stream.Report().Block["Receipts"]
	fmt.Printf("%d rows, %d hidden, %d locked\n", r.Rows, r.Hidden, r.Locked)
	// Output:
	// 937-0-15-0-65000-20-on  2014  9.9235e+07
	// 937-0-15-0-65000-20-on  2016  7.742e+07
	// 937-0-15-0-65000-20-on  2014  9.9235e+07
	// 937-0-15-0-65000-20-on  2016  7.742e+07
	// 6 rows, 2 hidden, 4 locked
}

func budgetStream() *bytes.Buffer {
	batch := receipts()
	defer batch.Release()
	var buf bytes.Buffer
	w := ipc.NewWriter(&buf, ipc.WithSchema(batch.Schema()), ipc.WithZstd())
	for range 2 {
		if err := w.Write(batch); err != nil {
			log.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	return &buf
}

// Changes that somebody proposes: which of the cells are locked, and why.
func ExampleMasker_CheckWrite() {
	batch := receipts()
	defer batch.Release()
	masker, err := mask.New(analyst(), batch.Schema(), mask.Options{})
	if err != nil {
		log.Fatal(err)
	}
	proposals, err := masker.CheckWrite(0, batch)
	if err != nil {
		log.Fatal(err)
	}
	for p := range proposals {
		fmt.Println(p.Row, p.Column, p.Locked, p.Reasons)
	}
	// Output:
	// 0 Receipts true [no_write]
	// 1 Receipts true [no_read no_write]
	// 2 Receipts false []
}
