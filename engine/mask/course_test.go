package mask

import (
	"fmt"
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

// coupledWorld has a measure over three lists, which are governed one by one, in pairs and all together.
func coupledWorld(t testing.TB, rng *rand.Rand) (*world, []*cube.List) {
	w := newWorld(t)
	lists := []*cube.List{w.list("A", names("a", 1+rng.IntN(20))...), w.list("B", names("b", 1+rng.IntN(40))...), w.list("C", names("c", 1+rng.IntN(9))...)}
	blocks := []*cube.Block{w.metric("M0", lists...), w.metric("M1", lists[1], lists[0])}
	for i, dims := range [][]int{{0}, {1}, {2}, {0, 1}, {1, 2}, {2, 0}, {0, 1, 2}, {1, 0}} {
		if rng.IntN(3) == 0 {
			continue
		}
		on := blocks[:1]
		if len(dims) <= 2 && dims[0] != 2 && dims[len(dims)-1] != 2 && rng.IntN(2) == 0 {
			on = blocks
		}
		var over []*cube.List
		for _, k := range dims {
			over = append(over, lists[k])
		}
		w.rule(fmt.Sprint("F", i), cube.OnMetrics, on, func(cube.ItemID, []cube.ItemID) cube.Rights {
			if rng.IntN(6) == 0 {
				return cube.Rights(rng.IntN(4))
			}
			return cube.Read | cube.Write
		}, over...)
	}
	return w, lists
}

// placedColumn is items of a list in one of the layouts that name them; runs of them are as long as run.
func placedColumn(rng *rand.Rand, l *cube.List, items []int, layout int) (arrow.Array, bool) {
	mem := memory.DefaultAllocator
	switch layout {
	case 0:
		return positionsAs(mem, []arrow.DataType{arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64}[rng.IntN(5)], items), true
	case 1:
		return itemsAs(mem, arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int32, arrow.BinaryTypes.String), l, items), false
	case 2:
		return itemsAs(mem, arrow.BinaryTypes.String, l, items), false
	case 3:
		return itemsAs(mem, &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, l, items), false
	}
	b := array.NewInt32Builder(mem) // a dictionary without nulls, which is read where it stands
	defer b.Release()
	for _, item := range items {
		b.Append(int32(l.Len() - 1 - item))
	}
	turned := make([]string, l.Len())
	for i := range turned {
		turned[i] = l.Item(cube.ItemID(l.Len() - 1 - i))
	}
	return array.NewDictionaryArray(&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}, b.NewArray(), texts(mem, turned...)), false
}

// placedBatch is rows of the lists' items, in random layouts and runs, and a column for each measure. Now and then a list
// has no column, as the caller fixes it.
func placedBatch(rng *rand.Rand, w *world, lists []*cube.List, n int) (arrow.RecordBatch, Options, [][]int) {
	opt := Options{Readable: true, Locks: true, DimIndex: map[string]string{}, At: map[string]string{}, Workers: 1 + rng.IntN(2)}
	var fields []field
	var held [][]int
	for _, l := range lists {
		if rng.IntN(5) == 0 {
			item := rng.IntN(l.Len())
			opt.At[l.Name], held = l.Item(cube.ItemID(item)), append(held, slices.Repeat([]int{item}, n))
			continue
		}
		run, layout, items := []int{1, 1, 5, 300, 3000, 20000}[rng.IntN(6)], rng.IntN(6), make([]int, n)
		dirty := layout < 4 && rng.IntN(3) == 0
		for i := range items {
			switch {
			case i%run != 0:
				items[i] = items[i-1]
			case dirty && rng.IntN(5) == 0:
				items[i] = []int{someoneElse, nothing}[rng.IntN(2)]
			default:
				items[i] = rng.IntN(l.Len())
			}
		}
		a, index := placedColumn(rng, l, items, layout)
		if index {
			opt.DimIndex[l.Name] = l.Name
		}
		fields, held = append(fields, field{l.Name, a}), append(held, items)
	}
	for _, m := range []string{"M0", "M1"} {
		fields = append(fields, field{m, randomFloats(n)})
	}
	return batchOf(fields...), opt, held
}

// Whichever way a lane goes, through bytes, couples, terms or its table, in runs or row by row, rows are decided as the
// view decides about their cells.
func TestEveryWayDecidesAlike(t *testing.T) { withSIMD(t, everyWayDecidesAlike) }

func everyWayDecidesAlike(t *testing.T) {
	ways := map[string]int{}
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 60))
		w, lists := coupledWorld(t, rng)
		batch, opt, held := placedBatch(rng, w, lists, []int{1, 100, 4096, 5000, 9000}[rng.IntN(5)])
		member := w.member("bo")
		m, err := New(member, batch.Schema(), opt)
		require.NoError(t, err)
		for _, way := range []string{"terms", "couples", "tables", "as it pays"} {
			goThrough(m, way)
			checkRows(t, w, member, m, batch, held, lists, fmt.Sprintf("seed %d, %s", seed, way))
			countWays(m, batch, ways)
		}
		batch.Release()
	}
	for _, way := range []string{"bytes", "couples", "terms", "tables"} {
		if way != "couples" || !wideBits() {
			require.Positive(t, ways[way], "no lane went through %s", way)
		}
	}
}

// goThrough makes a Masker's lanes go one way, where they can.
func goThrough(m *Masker, way string) {
	for _, t := range m.tables {
		if t != nil {
			t.made.Store(false)
			t.cost = map[string]int{"tables": 0, "as it pays": t.cost}[way]
			if way == "terms" || way == "couples" {
				t.cost = 1 << 62
			}
		}
	}
	for k := range m.groups {
		for _, c := range m.groups[k].couples {
			if way == "terms" {
				c.size[0] *= 1 << 30
			} else if c.size[0] >= 1<<30 {
				c.size[0] /= 1 << 30
			}
		}
	}
}

func countWays(m *Masker, batch arrow.RecordBatch, ways map[string]int) {
	p := &pass{m: m, batch: batch, n: int(batch.NumRows())}
	cols, err := p.decide()
	if err != nil {
		panic(err)
	}
	defer p.release()
	var c course
	c.plan(m, p.n, cols)
	for k := range c.asked {
		if c.asked[k] != 0 {
			ways["bytes"]++
		}
		ways["couples"] += len(c.couples[k])
	}
	for _, g := range c.grids {
		for _, t := range g.terms {
			if t.couples == nil && len(t.table.bits) > 0 && t.table.size%64 != 0 {
				ways["tables"]++
			} else {
				ways["terms"]++
			}
		}
	}
}

// checkRows compares the flags of all rows with what the view says.
func checkRows(t *testing.T, w *world, member *engine.Member, m *Masker, batch arrow.RecordBatch, held [][]int, lists []*cube.List, msg string) {
	t.Helper()
	out, err := m.Mask(batch)
	require.NoError(t, err, msg)
	defer out.Release()
	for _, name := range []string{"M0", "M1"} {
		block := w.app.Metric(name)
		view := w.view(member, block)
		readable := out.Column(out.Schema().FieldIndices(name + "_readable")[0]).(*array.Boolean)
		locked := out.Column(out.Schema().FieldIndices(name + "_locked")[0]).(*array.Boolean)
		items := make([]cube.ItemID, len(block.Dims))
		for row := range int(batch.NumRows()) {
			for k, l := range block.Dims {
				for i := range lists {
					if lists[i] == l {
						items[k] = cube.ItemID(held[i][row])
					}
				}
			}
			d := view.Decide(items...)
			if d.Read != readable.Value(row) || d.Locked != locked.Value(row) {
				require.Failf(t, "another decision", "%s: %s row %d: %v", msg, name, row, items)
			}
		}
	}
}

// A table is made when the rows seen pay for it, and not a row before.
func TestTableIsMadeWhenItPays(t *testing.T) {
	w, lists := benchWorld(t, 6, 10)
	m, err := New(w.member("bo"), benchBatch("columns", lists, 1).Schema(), Options{})
	require.NoError(t, err)
	table := m.tables[m.measures[0].readable]
	require.NotNil(t, table)
	require.Equal(t, 200*500*36, table.cells)
	rows := (table.cost + table.saving - 1) / table.saving
	require.Greater(t, rows, 1<<16, "one batch does not pay for it")
	require.Less(t, rows, 1<<23, "a large one does")
	require.False(t, table.pays(int64(rows-1)))
	require.True(t, table.pays(int64(rows)))
	require.False(t, table.serves(m, rows-1))
	require.False(t, table.made.Load())
	require.True(t, table.serves(m, 1), "rows of earlier batches count")
	require.True(t, table.made.Load())
	for cell := range table.cells {
		at := []cube.ItemID{cube.ItemID(cell / (500 * 36)), cube.ItemID(cell / 36 % 500), cube.ItemID(cell % 36)}
		if cell%97 == 0 {
			require.Equal(t, m.measures[0].view.Read(at...), hasBit(table.bits, cell))
		}
	}

	w, lists = benchWorld(t, 3, 10)
	m, err = New(w.member("bo"), benchBatch("columns", lists, 1).Schema(), Options{})
	require.NoError(t, err)
	require.Nil(t, m.tables[m.measures[0].readable], "conditions on one column each need none")
}

// Where a column holds no item that a lane has, nothing is looked up for the lane.
func TestLanesThatNoRowHasAreNotLookedUp(t *testing.T) {
	w := newWorld(t)
	a, b := w.list("A", "a0", "a1"), w.list("B", "b0", "b1")
	block := w.metric("M", a, b)
	w.rule("F", cube.OnMetrics, []*cube.Block{block}, func(_ cube.ItemID, items []cube.ItemID) cube.Rights {
		return []cube.Rights{cube.Read | cube.Write, 0}[items[0]]
	}, a)
	w.rule("G", cube.OnMetrics, []*cube.Block{block}, func(_ cube.ItemID, items []cube.ItemID) cube.Rights {
		return []cube.Rights{cube.Read | cube.Write, cube.Read}[items[0]&items[1]]
	}, a, b)
	mem := memory.DefaultAllocator
	dt := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	batchWith := func(entry string) arrow.RecordBatch {
		column := func(entry string) arrow.Array {
			return array.NewDictionaryArray(dt, textsAs(mem, arrow.PrimitiveTypes.Int32, []string{"0", "0", "0"}), texts(mem, entry))
		}
		return batchOf(field{"A", column(entry)}, field{"B", column("b1")}, field{"M", floats(mem, 1, 2, 3)})
	}
	m, err := New(w.member("bo"), batchWith("a0").Schema(), Options{Workers: 1})
	require.NoError(t, err)
	for entry, hidden := range map[string]int{"a0": 0, "a1": 3, "a2": 3} {
		p := m.newPass()
		p.batch, p.n, p.workers = batchWith(entry), 3, 1
		_, err := p.decide()
		require.NoError(t, err)
		if readable := m.measures[0].readable; hidden > 0 {
			require.Contains(t, p.d.empty, readable)
			require.Empty(t, p.d.grids)
			require.Equal(t, []uint64{0}, p.d.lanes[readable])
		} else {
			require.NotContains(t, p.d.empty, readable)
		}
		p.release()
		out, err := m.Mask(batchWith(entry))
		require.NoError(t, err)
		require.Equal(t, hidden, out.Column(2).NullN(), entry)
		out.Release()
	}
}
