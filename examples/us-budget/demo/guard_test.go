package main

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench/fewest"
	"github.com/cubeward/cubeward/engine/mask"
)

// Masking allocates by column and batch, never by row: 600 rows and all 4,805 take equally many allocations, but for
// some where buffers grow.
func TestGuardAllocationsDoNotGrowWithRows(t *testing.T) {
	people, sheets := masked(t)
	receipts := sheets[0].batch
	masker, err := mask.New(people[2].Member, receipts.Schema(), mask.Options{Application: application, Locks: true})
	require.NoError(t, err)
	allocations := func(batch arrow.RecordBatch) float64 {
		return fewest.Allocations(100, func() {
			out, err := masker.Mask(batch)
			if err != nil {
				t.Fatal(err)
			}
			out.Release()
		})
	}
	few := receipts.NewSlice(1000, 1600)
	defer few.Release()
	small, large := allocations(few), allocations(receipts)
	t.Logf("%d rows: %.0f allocations, %d rows: %.0f", few.NumRows(), small, receipts.NumRows(), large)
	require.LessOrEqual(t, large, small+8)
}
