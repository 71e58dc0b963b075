package cubeward_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/mask"
)

// maskFor is the straight line from a model's files to a batch that holds what one member may see.
func maskFor(ctx context.Context, member string, batch arrow.RecordBatch) (arrow.RecordBatch, error) {
	ws, err := modelfile.Load("examples/us-budget", modelfile.Options{})
	if err != nil {
		return nil, err // up to 20 mistakes, each with file, line and column
	}
	rights, err := engine.Compile(ctx, ws, engine.Options{}) // immutable: compile once, share with all goroutines
	if err != nil {
		return nil, err
	}
	analyst, err := rights.Member(member)
	if err != nil {
		return nil, err
	}
	masker, err := mask.New(analyst, batch.Schema(), mask.Options{Application: "US budget", Locks: true})
	if err != nil {
		return nil, err // columns that it cannot place, or types that it cannot redact
	}
	return masker.Mask(batch) // the caller's to release; batch itself is untouched
}

// The straight line: Ines, an analyst of the Treasury, gets her own agency's figures, and may change those of years
// that are not over. Of the others she does not even learn the account.
func Example() {
	batch := receipts([]string{
		"937-0-15-0-65000-20-on", "2014", "99235000", // the Treasury's, over
		"937-0-15-0-65000-20-on", "2016", "77420000", // the Treasury's, an estimate
		"933-5-16-0-800610-28-off", "2016", "606746000", // Social Security's
	})
	defer batch.Release()
	out, err := maskFor(context.Background(), "ines@treasury.gov", batch)
	if err != nil {
		log.Fatal(err)
	}
	defer out.Release()
	for row := range int(out.NumRows()) {
		var line []string
		for _, column := range out.Columns() {
			line = append(line, column.ValueStr(row))
		}
		fmt.Println(strings.Join(line, "  "))
	}
	// Output:
	// 937-0-15-0-65000-20-on  2014  9.9235e+07  true
	// 937-0-15-0-65000-20-on  2016  7.742e+07  false
	// (null)  2016  (null)  true
}

// receipts is a batch of receipts: account, fiscal year and figure by turns.
func receipts(fields []string) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{
		{Name: "Account", Type: arrow.BinaryTypes.String},
		{Name: "Fiscal year", Type: arrow.BinaryTypes.String},
		{Name: "Receipts", Type: arrow.PrimitiveTypes.Float64},
	}, nil))
	defer b.Release()
	for i, f := range fields {
		if err := b.Field(i % 3).AppendValueFromString(f); err != nil {
			log.Fatal(err)
		}
	}
	return b.NewRecordBatch()
}
