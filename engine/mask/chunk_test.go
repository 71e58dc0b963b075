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
					require.Equal(t, c.chunk, p.d.chunk(m.wide, false))
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

// Where a row of positions holds what is no item, that row alone is hidden, wherever it stands.
func TestRowsThatHoldNoItemLate(t *testing.T) {
	const rows = byteRows + 9000
	w, lists := benchWorld(t, 2, 20)
	batch, opt := positionBatch(lists, rows)
	opt.Locks = true
	masker, err := New(w.member("bo"), batch.Schema(), opt)
	require.NoError(t, err)
	clean, report, err := masker.MaskReport(0, batch)
	require.NoError(t, err)
	require.Zero(t, report.Block["Revenue"].Unplaced)
	withSIMD(t, func(t *testing.T) {
		m, err := New(w.member("bo"), batch.Schema(), opt)
		require.NoError(t, err)
		for _, at := range []int{0, 70, byteRows - 1, byteRows, byteRows + 5000, rows - 1} {
			for col := range lists {
				positions := batch.Column(col).(*array.Int32).Int32Values()
				was := positions[at]
				for _, stray := range []int32{-1, int32(lists[col].Len()), int32(lists[col].Len()) + 1, 1 << 30} {
					positions[at] = stray
					out, report, err := m.MaskReport(0, batch)
					require.NoError(t, err)
					require.Equal(t, uint64(1), report.Block["Revenue"].Unplaced)
					for i := range out.Columns() {
						if i != col && i < len(lists) {
							require.True(t, array.Equal(clean.Column(i), out.Column(i)))
							continue
						}
						require.True(t, i == int(out.NumCols())-1 || out.Column(i).IsNull(at))
						n := int64(at)
						require.True(t, array.SliceEqual(clean.Column(i), 0, n, out.Column(i), 0, n))
						require.True(t, array.SliceEqual(clean.Column(i), n+1, rows, out.Column(i), n+1, rows))
					}
					require.True(t, out.Column(int(out.NumCols())-1).(*array.Boolean).Value(at), "locked")
					out.Release()
				}
				positions[at] = was
			}
		}
	})
}

// An index outside its dictionary is an error beside positions, whether they all are items or not.
func TestIndexOutsideBesidePositions(t *testing.T) {
	const rows = byteRows + 9000
	w, lists := benchWorld(t, 2, 20)
	positions, opt := positionBatch(lists, rows)
	delete(opt.DimIndex, lists[2].Name)
	var fields []field
	for i, from := range []arrow.RecordBatch{positions, positions, indexedBatch(lists, rows), positions} {
		from.Column(i).Retain()
		fields = append(fields, field{from.ColumnName(i), from.Column(i)})
	}
	batch := batchOf(fields...)
	first := batch.Column(0).(*array.Int32).Int32Values()
	indices := batch.Column(2).(*array.Dictionary).Indices().(*array.Int32).Int32Values()
	withSIMD(t, func(t *testing.T) {
		m, err := New(w.member("bo"), batch.Schema(), opt)
		require.NoError(t, err)
		for _, at := range []int{0, byteRows + 5000, rows - 1} {
			for _, index := range []int32{int32(lists[2].Len()), int32(lists[2].Len()) + 1, -1} {
				for _, position := range []int32{0, -1} {
					index, first[7], indices[at] = indices[at], position, index
					out, err := m.Mask(batch)
					require.ErrorIs(t, err, errShape)
					require.Nil(t, out)
					index, first[7], indices[at] = indices[at], 0, index
				}
			}
		}
		out, err := m.Mask(batch)
		require.NoError(t, err)
		out.Release()
	})
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
