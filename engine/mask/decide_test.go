package mask

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine/mask/masktest"
)

// randomWorld has three lists, measures over some of them, a measure of type list, and rules over random dimensions.
func randomWorld(t testing.TB, rng *rand.Rand) *world {
	w := newWorld(t)
	size := func() int { return []int{0, 1, 3, 17, 64, 70}[min(1+rng.IntN(5), rng.IntN(60))] }
	lists := []*cube.List{w.list("Numbers", names("", size())...), w.list("Days", days(size())...), w.list("Names", names("item ", size())...)}
	var blocks []*cube.Block
	for i := range 3 {
		var dims []*cube.List
		for _, k := range rng.Perm(3)[:rng.IntN(4)] {
			dims = append(dims, lists[k])
		}
		blocks = append(blocks, w.metric(fmt.Sprintf("M%d", i), dims...))
	}
	blocks = append(blocks, w.app.AddMetric("Choice", cube.Type{Kind: cube.Item, List: lists[2]}, lists[0]))
	blocks = append(blocks, w.ws.AddProperty(lists[1], "Weight", cube.Type{Kind: cube.Number}))
	for i := range rng.IntN(6) {
		var on []*cube.Block
		var dims []*cube.List
		target := cube.OnMetrics
		if rng.IntN(3) == 0 {
			target = cube.OnItems
			l := lists[rng.IntN(3)]
			on, dims = []*cube.Block{l.ItemSet}, []*cube.List{l}
		} else {
			b := blocks[rng.IntN(3)]
			on = []*cube.Block{b}
			for _, l := range b.Dims {
				if rng.IntN(3) > 0 {
					dims = append(dims, l)
				}
			}
		}
		odds := 1 + rng.IntN(8)
		w.rule(fmt.Sprintf("AR%d", i), target, on, func(cube.ItemID, []cube.ItemID) cube.Rights {
			if rng.IntN(odds) == 0 {
				return cube.Rights(rng.IntN(4))
			}
			return cube.Read | cube.Write
		}, dims...)
	}
	return w
}

// randomBatch has a column for each list and measure; items are what the list columns hold.
func randomBatch(w *world, rng *rand.Rand, mem memory.Allocator, n int) (arrow.RecordBatch, Options, map[*cube.List][]int, []int) {
	opt := Options{Readable: true, Locks: true, DimIndex: map[string]string{}, Workers: 1 + rng.IntN(3), Allocator: mem}
	held := map[*cube.List][]int{}
	var fields []field
	dirty := rng.IntN(3)
	pick := func(l *cube.List) []int {
		items := make([]int, n)
		for i := range items {
			switch {
			case dirty > 0 && rng.IntN(8) == 0 || l.Len() == 0:
				items[i] = someoneElse
			case dirty > 1 && rng.IntN(8) == 0:
				items[i] = nothing
			default:
				items[i] = rng.IntN(l.Len())
			}
		}
		return items
	}
	for _, l := range w.app.Lists {
		held[l] = pick(l)
		if rng.IntN(4) == 0 {
			dt := []arrow.DataType{arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Int64}[rng.IntN(3)]
			opt.DimIndex[l.Name] = l.Name
			fields = append(fields, field{l.Name, positionsAs(mem, dt, held[l])})
			continue
		}
		fields = append(fields, field{l.Name, itemsAs(mem, itemTypes(rng, l), l, held[l])})
	}
	values := make([]float64, n)
	for i := range values {
		values[i] = float64(i + 1)
	}
	for _, m := range []string{"M0", "M1", "M2", "Days.Weight"} {
		fields = append(fields, field{m, floats(mem, values...)})
	}
	choice := w.app.Lists[2]
	chosen := pick(choice)
	fields = append(fields, field{"Choice", itemsAs(mem, itemTypes(rng, choice), choice, chosen)})
	// Every list must be a dimension of a measure to be placed by its name.
	opt.Dims = map[string]string{}
	for _, l := range w.app.Lists {
		if _, ok := opt.DimIndex[l.Name]; !ok {
			opt.Dims[l.Name] = l.Name
		}
	}
	return batchOf(fields...), opt, held, chosen
}

func TestRowsAreDecidedAsOneByOne(t *testing.T) { withSIMD(t, rowsAreDecidedAsOneByOne) }

func rowsAreDecidedAsOneByOne(t *testing.T) {
	for seed := range fewer(150, 3) {
		rng := rand.New(rand.NewPCG(seed, 30))
		w := randomWorld(t, rng)
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		n := []int{0, 1, 63, 64, 100, 4096, 9000}[rng.IntN(7)]
		if n > 100 && seed%10 > 0 {
			n = 100
		}
		batch, opt, held, chosen := randomBatch(w, rng, mem, n)
		start := rng.IntN(n + 1)
		if seed%3 > 0 {
			start = 0
		}
		window := batch.NewSlice(int64(start), int64(n))
		for _, member := range []string{"ada", "bo", "cy"} {
			checkDecisions(t, w, member, window, opt, held, chosen, start, fmt.Sprintf("seed %d, %s", seed, member))
		}
		window.Release()
		batch.Release()
		mem.AssertSize(t, 0)
	}
}

func checkDecisions(t *testing.T, w *world, member string, batch arrow.RecordBatch, opt Options, held map[*cube.List][]int, chosen []int, start int, msg string) {
	m := w.member(member)
	masker, err := New(m, batch.Schema(), opt)
	require.NoError(t, err, msg)
	out, report, err := masker.MaskReport(0, batch)
	require.NoError(t, err, msg)
	defer out.Release()
	for _, c := range out.Columns() {
		require.NoError(t, array.ValidateFull(c), msg)
	}
	col := func(name string) arrow.Array { return out.Column(out.Schema().FieldIndices(name)[0]) }
	for _, l := range w.app.Lists {
		view, hiddenItems := w.view(m, l.ItemSet), uint64(0)
		for i := range int(batch.NumRows()) {
			item := held[l][start+i]
			seen := item >= 0 && view.Read(cube.ItemID(item))
			require.Equal(t, !seen, masktest.LogicallyNull(col(l.Name), i), "%s: row %d of %s", msg, i, l.Name)
			if !seen && item != nothing {
				hiddenItems++
			}
		}
		require.Equal(t, hiddenItems, report.Dimensions[l.Name].Hidden, msg)
	}
	for _, name := range []string{"M0", "M1", "M2", "Days.Weight", "Choice"} {
		checkMeasure(t, w, member, name, col, int(batch.NumRows()), held, chosen, start, report.Block[name], msg)
	}
}

func checkMeasure(t *testing.T, w *world, member, name string, col func(string) arrow.Array, n int, held map[*cube.List][]int, chosen []int, start int, got MeasureReport, msg string) {
	m := w.member(member)
	block := w.app.Metric(name)
	if block == nil {
		block = w.app.List("Days").Property("Weight")
	}
	view, itemView := w.view(m, block), w.view(m, w.app.Lists[2].ItemSet)
	want := MeasureReport{Rows: uint64(n)}
	readable, locked := col(name+"_readable").(*array.Boolean), col(name+"_locked").(*array.Boolean)
	for i := range n {
		items, placed := make([]cube.ItemID, len(block.Dims)), true
		for k, l := range block.Dims {
			items[k] = cube.ItemID(held[l][start+i])
			placed = placed && items[k] >= 0
		}
		d := view.Decide(items...)
		seen := d.Read
		if name == "Choice" {
			value := chosen[start+i]
			seen = seen && value >= 0 && itemView.Read(cube.ItemID(value))
			if !d.Read || !seen && value != nothing {
				want.Hidden++
			}
		} else if !seen {
			want.Hidden++
		}
		if d.Locked {
			want.Locked++
		}
		if !placed {
			want.Unplaced++
		}
		require.Equal(t, d.Read, readable.Value(i), "%s: row %d of %s", msg, i, name)
		require.Equal(t, d.Locked, locked.Value(i), "%s: row %d of %s", msg, i, name)
		require.Equal(t, !seen, masktest.LogicallyNull(col(name), i), "%s: row %d of %s", msg, i, name)
	}
	require.Equal(t, want, got, "%s: %s", msg, name)
}
