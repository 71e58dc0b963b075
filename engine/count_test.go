package engine_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// entangled is a model of one member and one metric over lists of the given sizes, which rules govern with random cells
// over the given groups of lists.
func entangled(t *testing.T, r *rand.Rand, sizes []int, groups [][]int) *engine.View {
	t.Helper()
	ws := cube.NewWorkspace("W")
	require.NoError(t, ws.Users.Append("ada"))
	app := ws.AddApplication("A")
	app.SetRoleOf(0, 0)
	var lists []*cube.List
	for i, n := range sizes {
		l := app.AddList(fmt.Sprint("L", i))
		for k := range n {
			require.NoError(t, l.Append(fmt.Sprint(k)))
		}
		lists = append(lists, l)
	}
	block := app.AddMetric("B", cube.Type{Kind: cube.Number}, lists...)
	for i, g := range groups {
		dims := []*cube.List{ws.Users}
		for _, k := range g {
			dims = append(dims, lists[k])
		}
		ar := app.AddMetric(fmt.Sprint("AR", i), cube.Type{Kind: cube.AccessRights}, dims...)
		s := space(t, dims...)
		vec := cube.NewVector(cube.AccessRights, int(s.Len()))
		few := r.IntN(4)
		for c := range vec.Bytes {
			if vec.Bytes[c] = 0; few > 0 || r.IntN(8) == 0 {
				vec.Bytes[c] = uint8([]cube.Rights{cube.Read, cube.Read | cube.Write, 0, cube.Read | cube.Write}[r.IntN(4)])
			}
		}
		ar.Input = cube.NewDense(ar.Type, s, vec)
		app.Rules = append(app.Rules, &cube.Rule{Name: fmt.Sprint("r", i), Metric: ar, Categories: cube.Read | cube.Write, Target: cube.OnMetrics, Blocks: []*cube.Block{block}})
	}
	rights, err := engine.Compile(t.Context(), ws, engine.Options{})
	require.NoError(t, err)
	v, err := rights.MemberAt(0).Block(engine.Ref{App: app, Block: block})
	require.NoError(t, err)
	return v
}

// shapes are ways in which factors share axes: apart, in a chain, in a star, in circles, all with all.
var shapes = [][][]int{
	{{0}, {1}, {2}},
	{{0, 1}, {1, 2}, {2, 3}},
	{{0, 1}, {0, 2}, {0, 3}, {0}},
	{{0, 1}, {1, 2}, {0, 2}},
	{{0, 1}, {1, 2}, {2, 3}, {3, 0}},
	{{0, 1, 2}, {2, 3, 4}, {4, 0}},
	{{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}},
	{{0, 1, 2}, {0, 1, 2}, {2}, {4, 3}},
	{{0, 1, 2, 3, 4}, {0, 4}, {1, 3}},
}

// Counts of entangled factors are those of the cells one by one, in slices too.
func TestCountOfEntangledFactors(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for range 12 {
		for _, groups := range shapes {
			sizes := make([]int, 5)
			for i := range sizes {
				sizes[i] = 1 + r.IntN(7)
			}
			sizes[r.IntN(5)] = 60 + r.IntN(10) // across words
			v := entangled(t, r, sizes, groups)
			at := []cube.ItemID{cube.NoItem, cube.NoItem, cube.NoItem, cube.NoItem, cube.NoItem}
			for range r.IntN(3) {
				k := r.IntN(5)
				at[k] = cube.ItemID(r.IntN(sizes[k]))
			}
			c := categories[r.IntN(len(categories))]
			want, cells, along := countOneByOne(v, c, at)
			got, of, err := v.Count(c, at)
			require.NoError(t, err)
			require.Equal(t, []uint64{want, cells}, []uint64{got, of}, "%v of %v at %v", groups, sizes, at)
			some, err := v.Any(c, at)
			require.NoError(t, err)
			require.Equal(t, want > 0, some)
			for axis := range sizes {
				items, err := v.Items(c, axis, at)
				require.NoError(t, err)
				require.Len(t, items, len(along[axis]), "%v of %v at %v, axis %d", groups, sizes, at, axis)
				for _, item := range items {
					require.True(t, along[axis][item])
				}
			}
		}
	}
}

func countOneByOne(v *engine.View, c engine.Category, at []cube.ItemID) (n, cells uint64, along []map[cube.ItemID]bool) {
	items := make([]cube.ItemID, len(at))
	along = make([]map[cube.ItemID]bool, len(at))
	for i := range along {
		along[i] = map[cube.ItemID]bool{}
	}
	for cell := range v.Space().Len() {
		v.Space().At(cell, items)
		if !inSlice(items, at) {
			continue
		}
		cells++
		if granted(v, c, items) {
			n++
			for i, item := range items {
				along[i][item] = true
			}
		}
	}
	return n, cells, along
}

// Factors that share dimensions are counted where they span far more cells together than a set may have.
func TestCountPastSets(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	const n = 1200 // n^4 is 2.1e12
	v := entangled(t, r, []int{n, n, n, n}, [][]int{{0, 1}, {1, 2}, {2, 3}})
	start := time.Now()
	got, cells, err := v.Count(engine.Readable, nil)
	require.NoError(t, err)
	require.Equal(t, uint64(n*n*n*n), cells)
	// by matrices: how many ways lead from each item of one list over the next ones
	bit := func(tab engine.Table, i, j int) uint64 {
		cell := uint64(i*n + j)
		return tab.Bits[cell>>6] >> (cell & 63) & 1
	}
	tables := v.Tables(engine.Readable)
	require.Len(t, tables, 3)
	ways := make([]uint64, n)
	for i := range ways {
		ways[i] = 1
	}
	for k := 2; k >= 0; k-- {
		next := make([]uint64, n)
		for i := range n {
			for j := range n {
				next[i] += bit(tables[k], i, j) * ways[j]
			}
		}
		ways = next
	}
	want := uint64(0)
	for _, w := range ways {
		want += w
	}
	require.Equal(t, want, got)
	t.Logf("%d of %d cells in %v", got, cells, time.Since(start))
	items, err := v.Items(engine.Readable, 3, []cube.ItemID{0, cube.NoItem, cube.NoItem, cube.NoItem})
	require.NoError(t, err)
	require.NotEmpty(t, items)
}

// What is too entangled to be counted in time is refused, with a bound; whether there is any cell is known all the same,
// and so is every slice that is small enough.
func TestCountOfWhatIsTooEntangled(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	const n = 210
	var groups [][]int
	for a := range 5 {
		for b := range a {
			groups = append(groups, []int{b, a})
		}
	}
	v := entangled(t, r, []int{n, n, n, n, n}, groups)
	_, cells, err := v.Count(engine.Readable, nil)
	var refused *engine.EntangledError
	require.ErrorAs(t, err, &refused)
	require.ErrorContains(t, err, "A::B")
	require.Equal(t, uint64(n*n*n*n*n), cells)
	require.Positive(t, refused.AtMost)
	require.Less(t, refused.AtMost, cells)
	some, err := v.Any(engine.Readable, nil)
	require.NoError(t, err)
	require.True(t, some)
	at := []cube.ItemID{3, 4, cube.NoItem, cube.NoItem, cube.NoItem}
	_, cells, err = v.Count(engine.Readable, at)
	require.NoError(t, err)
	require.Equal(t, uint64(n*n*n), cells)
}
