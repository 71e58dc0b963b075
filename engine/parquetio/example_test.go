package parquetio_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/mask"
	"github.com/cubeward/cubeward/engine/parquetio"
)

// maskFile masks a Parquet file for a member into another, in memory for one batch and one row group.
func maskFile(member *engine.Member, from, to string) (*mask.Report, error) {
	source, err := os.Open(from)
	if err != nil {
		return nil, err
	}
	defer source.Close()
	in, err := parquetio.NewReader(source, parquetio.Options{})
	if err != nil {
		return nil, err
	}
	defer in.Release()
	masker, err := mask.New(member, in.Schema(), mask.Options{})
	if err != nil {
		return nil, err
	}
	stream, err := masker.Stream(in)
	if err != nil {
		return nil, err
	}
	defer stream.Release()
	target, err := os.Create(to)
	if err != nil {
		return nil, err
	}
	defer target.Close()
	out, err := parquetio.NewWriter(target, masker.Schema())
	if err != nil {
		return nil, err
	}
	for stream.Next() {
		if err := out.Write(stream.RecordBatch()); err != nil {
			return nil, err
		}
	}
	if err := stream.Err(); err != nil {
		return nil, err // without Close what was written is no Parquet file
	}
	if err := out.Close(); err != nil {
		return nil, err
	}
	return stream.Report(), target.Close()
}

// A Parquet file, masked for one member: values, dictionaries and statistics hold nothing else.
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
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	from, to := filepath.Join(dir, "receipts.parquet"), filepath.Join(dir, "ines.parquet")
	writeReceipts(from)
	report, err := maskFile(ines, from, to)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Block["Receipts"].Hidden, "hidden")
	printFile(os.Stdout, to)
	// Output:
	// 1 hidden
	// 937-0-15-0-65000-20-on  2016  7.742e+07
	// (null)  2016  (null)
}

func writeReceipts(path string) {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "Account", Type: arrow.BinaryTypes.String},
		{Name: "Fiscal year", Type: arrow.BinaryTypes.String},
		{Name: "Receipts", Type: arrow.PrimitiveTypes.Float64},
	}, nil)
	batch, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(`[
		{"Account": "937-0-15-0-65000-20-on", "Fiscal year": "2016", "Receipts": 77420000},
		{"Account": "933-5-16-0-800610-28-off", "Fiscal year": "2016", "Receipts": 606746000}]`))
	if err != nil {
		log.Fatal(err)
	}
	defer batch.Release()
	file, err := os.Create(path)
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	w, err := parquetio.NewWriter(file, schema)
	if err != nil {
		log.Fatal(err)
	}
	if err := w.Write(batch); err != nil {
		log.Fatal(err)
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
}

func printFile(to io.Writer, path string) {
	file, err := os.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	r, err := parquetio.NewReader(file, parquetio.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Release()
	for r.Next() {
		for row := range int(r.RecordBatch().NumRows()) {
			var line []string
			for _, column := range r.RecordBatch().Columns() {
				line = append(line, column.ValueStr(row))
			}
			fmt.Fprintln(to, strings.Join(line, "  "))
		}
	}
	if r.Err() != nil {
		log.Fatal(r.Err())
	}
}
