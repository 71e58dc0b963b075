package bench

import (
	"context"
	"os"
	"path/filepath"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/csv"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/mask"
)

// budgetReader is the member of the example for whom its receipts are masked.
const budgetReader = "ines@treasury.gov"

// budget are the workloads of examples/us-budget, which are real in shape and size: load it, compile it, and mask its
// receipts. They are skipped where the Stage does not find the example.
func budget() []Workload {
	example := func(do func(ctx context.Context, dir string) (*Op, error)) func(context.Context, *Stage) (*Op, error) {
		return func(ctx context.Context, s *Stage) (*Op, error) {
			dir, err := s.Example("us-budget")
			if err != nil {
				return nil, err
			}
			return do(ctx, dir)
		}
	}
	return []Workload{
		{Name: "Load/shape=us-budget", Prepare: example(func(_ context.Context, dir string) (*Op, error) { return loadOp(dir) })},
		{Name: "Compile/shape=us-budget", Prepare: example(compileBudget)},
		{Name: "Mask/shape=us-budget", Prepare: example(maskBudget)},
	}
}

func compileBudget(_ context.Context, dir string) (*Op, error) {
	ws, err := modelfile.Load(dir, modelfile.Options{})
	if err != nil {
		return nil, err
	}
	return &Op{Members: int64(ws.Users.Len()), Do: func(ctx context.Context) error {
		_, err := engine.Compile(ctx, ws, engine.Options{})
		return err
	}}, nil
}

func maskBudget(ctx context.Context, dir string) (*Op, error) {
	ws, err := modelfile.Load(dir, modelfile.Options{})
	if err != nil {
		return nil, err
	}
	rights, err := engine.Compile(ctx, ws, engine.Options{})
	if err != nil {
		return nil, err
	}
	m, err := rights.Member(budgetReader)
	if err != nil {
		return nil, err
	}
	batch, err := receipts(filepath.Join(dir, "receipts.csv"))
	if err != nil {
		return nil, err
	}
	s := &Sheet{Member: m, Batch: batch, Options: mask.Options{Workers: 1}, Cells: batch.NumRows()}
	s.Values = bytesOf(batch.Column(2).Data())
	return s.Op()
}

// receipts reads the example's figures as one batch.
func receipts(file string) (arrow.RecordBatch, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text := arrow.BinaryTypes.String
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "Account", Type: text, Nullable: true},
		{Name: "Fiscal year", Type: text, Nullable: true},
		{Name: "Receipts", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
	}, nil)
	r := csv.NewReader(f, schema, csv.WithHeader(true), csv.WithChunk(-1), csv.WithAllocator(memory.DefaultAllocator))
	defer r.Release()
	if !r.Next() {
		return nil, r.Err()
	}
	batch := r.RecordBatch()
	batch.Retain()
	return batch, nil
}
