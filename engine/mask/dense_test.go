package mask

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// TestDenseTablesAsCellByCell compares stretches with a lookup for each cell.
func TestDenseTablesAsCellByCell(t *testing.T) { withSIMD(t, denseTablesAsCellByCell) }

func denseTablesAsCellByCell(t *testing.T) {
	rng := rand.New(rand.NewPCG(40, 41))
	for range fewer(300, 3) {
		w := newWorld(t)
		var dims []*cube.List
		for i := range 1 + rng.IntN(4) {
			dims = append(dims, w.list(names("L", 9)[i], names("i", []int{1, 2, 3, 12, 30, 70}[rng.IntN(6)])...))
		}
		space, err := cube.NewSpace(dims...)
		require.NoError(t, err)
		d := denseBlock{space: space}
		var tables []engine.Table
		for range rng.IntN(3) {
			tab := engine.Table{}
			cells := 1
			for a := range dims {
				if rng.IntN(2) == 0 {
					tab.Axes = append(tab.Axes, a)
					cells *= dims[a].Len()
				}
			}
			tab.Bits = randomWords(rng, cells)
			tables = append(tables, tab)
		}
		before := make([][]uint64, len(tables))
		for i, tab := range tables {
			before[i] = slices.Clone(tab.Bits)
		}
		lane := d.add(tables)
		for range 4 {
			first := rng.IntN(int(space.Len()) + 1)
			n := rng.IntN(min(int(space.Len())-first, 5000) + 1)
			got := d.words(lane, uint64(first), n)
			for i := range n {
				require.Equal(t, cellInTables(space, tables, uint64(first+i)), got == nil || hasBit(got, i), "%s cell %d", space, first+i)
			}
			if n > 0 && got != nil {
				require.Zero(t, got[len(got)-1]&^lastWord(n))
			}
		}
		for i, tab := range tables {
			require.Equal(t, before[i], tab.Bits, "tables are shared and stay as they are")
		}
	}
}

func cellInTables(space cube.Space, tables []engine.Table, cell uint64) bool {
	items := make([]cube.ItemID, len(space.Dims()))
	space.At(cell, items)
	for _, tab := range tables {
		at := 0
		for _, a := range tab.Axes {
			at = at*space.Dims()[a].Len() + int(items[a])
		}
		if !hasBit(tab.Bits, at) {
			return false
		}
	}
	return true
}

// denseWorld is a block of 3 × 40 cells, some of which bo may not read or write.
func denseWorld(t testing.TB) (*world, *cube.Block) {
	w := newWorld(t)
	a, b := w.list("A", names("a", 3)...), w.list("B", names("b", 40)...)
	m, n := w.metric("M", a, b), w.metric("N", a, b)
	w.metric("Other", b, a)
	w.rule("R", cube.OnMetrics, []*cube.Block{m}, func(_ cube.ItemID, items []cube.ItemID) cube.Rights {
		return []cube.Rights{0, cube.Read, cube.Read | cube.Write}[(int(items[0])+int(items[1])/3)%3]
	}, a, b)
	w.rule("S", cube.OnMetrics, []*cube.Block{n}, func(_ cube.ItemID, items []cube.ItemID) cube.Rights {
		return []cube.Rights{0, cube.Read | cube.Write}[int(items[0])%2]
	}, a)
	return w, m
}

func denseBatch(mem memory.Allocator, n int) arrow.RecordBatch {
	values := make([]float64, n)
	for i := range values {
		values[i] = float64(i + 1)
	}
	return batchOf(field{"M", floats(mem, values...)}, field{"N", floats(mem, values...)})
}

func TestDenseBlockInPieces(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	w, m := denseWorld(t)
	member := w.member("bo")
	batch := denseBatch(mem, 120)
	defer batch.Release()
	masker, err := New(member, batch.Schema(), Options{Dense: "M", Locks: true, Readable: true, Allocator: mem})
	require.NoError(t, err)

	whole, err := masker.Mask(batch)
	require.NoError(t, err)
	defer whole.Release()
	view, items := w.view(member, m), make([]cube.ItemID, 2)
	for i := range 120 {
		view.Space().At(uint64(i), items)
		d := view.Decide(items...)
		require.Equal(t, d.Read, whole.Column(0).IsValid(i))
		require.Equal(t, d.Read, whole.Column(2).(*array.Boolean).Value(i))
		require.Equal(t, d.Locked, whole.Column(3).(*array.Boolean).Value(i))
		require.Equal(t, (i/40)%2 == 1, whole.Column(1).IsValid(i))
	}

	var pieces []arrow.RecordBatch
	for _, cut := range [][2]int64{{0, 1}, {1, 65}, {65, 65}, {65, 120}} {
		pieces = append(pieces, batch.NewSlice(cut[0], cut[1]))
	}
	defer func() {
		for _, p := range pieces {
			p.Release()
		}
	}()
	stream := streamOf(t, masker, batch.Schema(), pieces...)
	at := int64(0)
	for stream.Next() {
		got := stream.RecordBatch()
		want := whole.NewSlice(at, at+got.NumRows())
		require.True(t, array.RecordEqual(want, got))
		want.Release()
		at += got.NumRows()
	}
	require.NoError(t, stream.Err())
	require.Equal(t, int64(120), at)
	require.Equal(t, uint64(120), stream.Report().Block["M"].Rows)
	require.Equal(t, uint64(80), stream.Report().Block["N"].Hidden)
	stream.Release()

	short := streamOf(t, masker, batch.Schema(), pieces[:2]...)
	for short.Next() {
	}
	require.ErrorContains(t, short.Err(), "65 of the 120 cells")
	short.Release()

	long := streamOf(t, masker, batch.Schema(), batch, pieces[0])
	require.True(t, long.Next())
	require.False(t, long.Next())
	require.ErrorContains(t, long.Err(), "has 120 cells")
	require.False(t, long.Next(), "no more after an error")
	long.Release()

	_, err = masker.Mask(pieces[0])
	require.ErrorContains(t, err, "use MaskAt or Stream")
	_, err = masker.MaskAt(119, pieces[1])
	require.ErrorContains(t, err, "from cell 119")
	_, err = masker.MaskAt(1<<63, pieces[0])
	require.Error(t, err)
}

func streamOf(t *testing.T, m *Masker, schema *arrow.Schema, batches ...arrow.RecordBatch) *Stream {
	in, err := array.NewRecordReader(schema, batches)
	require.NoError(t, err)
	s, err := m.Stream(in)
	require.NoError(t, err)
	in.Release()
	require.Equal(t, m.Schema(), s.Schema())
	return s
}

func TestDenseBlockWithoutCells(t *testing.T) {
	w := newWorld(t)
	a, b := w.list("A", "x"), w.list("B")
	m := w.metric("M", a, b)
	w.rule("R", cube.OnMetrics, []*cube.Block{m}, func(cube.ItemID, []cube.ItemID) cube.Rights { return 0 }, a)
	batch := batchOf(field{"M", floats(memory.DefaultAllocator)})
	masker, err := New(w.member("bo"), batch.Schema(), Options{Dense: "M"})
	require.NoError(t, err)
	out, err := masker.Mask(batch)
	require.NoError(t, err)
	require.Zero(t, out.NumRows())
}
