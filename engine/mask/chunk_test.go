package mask

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
)

// A batch of several long chunks is masked like its pieces, by any number of workers, with conditions over one column and several,
// for one measure and for two with rights of their own.
func TestLongChunksAsShortOnes(t *testing.T) {
	for _, c := range []struct{ factors, measures, chunk int }{{2, 1, bitRows}, {2, 2, byteRows}, {5, 1, gridRows}} {
		rows := c.chunk + min(c.chunk, byteRows) + 4096 + 100
		w, lists := benchWorld(t, c.factors, 20)
		batch := indexedBatch(lists, rows)
		if c.measures == 2 {
			batch = withCosts(w, lists, batch)
		}
		withSIMD(t, func(t *testing.T) {
			for _, workers := range []int{1, 3} {
				m, err := New(w.member("bo"), batch.Schema(), Options{Workers: workers, Locks: true})
				require.NoError(t, err)
				if m.wide {
					p := m.newPass()
					p.batch, p.n, p.workers = batch, rows, workers
					_, err := p.decide()
					require.NoError(t, err)
					require.Equal(t, c.chunk, p.d.chunk(m.wide))
					p.release()
				}
				whole, err := m.Mask(batch)
				require.NoError(t, err)
				requirePieces(t, m, batch, whole, len(lists))
				whole.Release()
			}
		})
	}
}

// requirePieces compares the columns of a masked batch from one on with those of pieces that are masked by themselves. Pieces of
// dictionary columns may use fewer values.
func requirePieces(t *testing.T, m *Masker, batch, whole arrow.RecordBatch, from int) {
	const piece = 3000
	rows := batch.NumRows()
	for lo := int64(0); lo < rows; lo += piece {
		hi := min(lo+piece, rows)
		in, want := batch.NewSlice(lo, hi), whole.NewSlice(lo, hi)
		got, err := m.Mask(in)
		require.NoError(t, err)
		for i := from; i < int(want.NumCols()); i++ {
			require.True(t, array.Equal(want.Column(i), got.Column(i)), "column %d, rows from %d on", i, lo)
		}
		got.Release()
		in.Release()
		want.Release()
	}
}

// withCosts adds a measure that other products are hidden of.
func withCosts(w *world, lists []*cube.List, batch arrow.RecordBatch) arrow.RecordBatch {
	costs := w.metric("Costs", lists...)
	w.rule("C", cube.OnMetrics, []*cube.Block{costs}, func(_ cube.ItemID, items []cube.ItemID) cube.Rights {
		if items[0]%3 == 0 {
			return 0
		}
		return cube.Read | cube.Write
	}, lists[1])
	var fields []field
	for i, c := range batch.Columns() {
		c.Retain()
		fields = append(fields, field{batch.ColumnName(i), c})
	}
	return batchOf(append(fields, field{"Costs", randomFloats(int(batch.NumRows()))})...)
}
