package engine_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/enginetest"
)

// everyView calls each with every view of some generated models.
func everyView(t *testing.T, models int, each func(*engine.View)) {
	t.Helper()
	views := 0
	for seed := range models {
		dir := t.TempDir()
		require.NoError(t, enginetest.Generate(uint64(seed), enginetest.Small()).Write(dir))
		ws, err := modelfile.Load(dir, modelfile.Options{})
		require.NoError(t, err, "seed %d", seed)
		r, err := engine.Compile(context.Background(), ws, engine.Options{})
		require.NoError(t, err, "seed %d", seed)
		for id := range ws.Users.Len() {
			for _, app := range ws.Applications {
				for _, b := range ws.Blocks() {
					if b.App != app && b.App != nil {
						continue
					}
					v, err := r.MemberAt(cube.ItemID(id)).Block(engine.Ref{App: app, Block: b})
					require.NoError(t, err)
					views++
					each(v)
				}
			}
		}
	}
	require.NotZero(t, views)
}

var categories = []engine.Category{engine.Readable, engine.Writable, engine.Unlocked}

// granted is what Decide says of a cell in a category.
func granted(v *engine.View, c engine.Category, items []cube.ItemID) bool {
	d := v.Decide(items...)
	return [...]bool{d.Read, d.Write, !d.Locked}[c]
}

// What is read in bulk is what is decided one by one.
func TestTablesAndSetsAreDecisions(t *testing.T) {
	everyView(t, 25, func(v *engine.View) {
		space := v.Space()
		items := make([]cube.ItemID, len(space.Dims()))
		for _, c := range categories {
			set, err := v.Set(context.Background(), c)
			require.NoError(t, err)
			tables := v.Tables(c)
			var n uint64
			for cell := range space.Len() {
				space.At(cell, items)
				want := granted(v, c, items)
				require.Equal(t, want, set.Contains(cell), "%s %d %v", v.Ref(), c, items)
				require.Equal(t, want, inTables(v, tables, items), "%s %d %v", v.Ref(), c, items)
				if want {
					n++
				}
			}
			require.Equal(t, n, set.Len())
			checkTables(t, v, tables)
		}
	})
}

func inTables(v *engine.View, tables []engine.Table, items []cube.ItemID) bool {
	for _, tab := range tables {
		var cell uint64
		for _, a := range tab.Axes {
			cell = cell*uint64(v.Space().Dims()[a].Len()) + uint64(items[a])
		}
		if tab.Bits[cell>>6]>>(cell&63)&1 == 0 {
			return false
		}
	}
	return true
}

// checkTables is what Tables promises besides the decisions.
func checkTables(t *testing.T, v *engine.View, tables []engine.Table) {
	seen := map[string]bool{}
	for _, tab := range tables {
		key := fmt.Sprint(tab.Axes)
		require.False(t, seen[key], "two tables over the axes %s", key)
		seen[key] = true
		cells := uint64(1)
		for i, a := range tab.Axes {
			require.True(t, i == 0 || tab.Axes[i-1] < a)
			cells *= uint64(v.Space().Dims()[a].Len())
		}
		require.Len(t, tab.Bits, int((cells+63)/64))
		ones := 0
		for cell := range uint64(len(tab.Bits)) * 64 {
			if tab.Bits[cell>>6]>>(cell&63)&1 != 0 {
				require.Less(t, cell, cells)
				ones++
			}
		}
		require.NotEqual(t, int(cells), ones, "an all-true table")
		if len(tab.Axes) == 0 {
			require.Len(t, tables, 1)
		}
	}
}

// Counting by factors is counting cells, in every slice with one dimension fixed, and in the whole block.
func TestCountIsCounting(t *testing.T) {
	everyView(t, 25, func(v *engine.View) {
		dims := v.Space().Dims()
		slices := [][]cube.ItemID{nil}
		for i, d := range dims {
			for item := range d.Len() {
				at := make([]cube.ItemID, len(dims))
				for k := range at {
					at[k] = cube.NoItem
				}
				at[i] = cube.ItemID(item)
				slices = append(slices, at)
			}
		}
		for _, c := range categories {
			for _, at := range slices {
				checkCount(t, v, c, at)
			}
		}
	})
}

func checkCount(t *testing.T, v *engine.View, c engine.Category, at []cube.ItemID) {
	space := v.Space()
	items := make([]cube.ItemID, len(space.Dims()))
	var want, cells uint64
	along := make([]map[cube.ItemID]bool, len(items))
	for i := range along {
		along[i] = map[cube.ItemID]bool{}
	}
	for cell := range space.Len() {
		space.At(cell, items)
		if !inSlice(items, at) {
			continue
		}
		cells++
		if granted(v, c, items) {
			want++
			for i, item := range items {
				along[i][item] = true
			}
		}
	}
	got, of, err := v.Count(c, at)
	require.NoError(t, err)
	require.Equal(t, []uint64{want, cells}, []uint64{got, of}, "%s %d %v", v.Ref(), c, at)
	for i, found := range along {
		some, err := v.Items(c, i, at)
		require.NoError(t, err)
		require.Len(t, some, len(found), "%s %d %v axis %d", v.Ref(), c, at, i)
		for _, item := range some {
			require.True(t, found[item])
		}
	}
}

func inSlice(items, at []cube.ItemID) bool {
	for i := range at {
		if at[i] >= 0 && at[i] != items[i] {
			return false
		}
	}
	return true
}

func TestSetLimit(t *testing.T) {
	ws := cube.NewWorkspace("W")
	require.NoError(t, ws.Users.Append("ada"))
	app := ws.AddApplication("A")
	var dims []*cube.List
	for i := range 5 {
		l := app.AddList(fmt.Sprint("L", i))
		for k := range 100 {
			require.NoError(t, l.Append(fmt.Sprint(k)))
		}
		dims = append(dims, l)
	}
	b := app.AddMetric("M", cube.Type{Kind: cube.Number}, dims...)
	app.SetRoleOf(0, 0)
	r, err := engine.Compile(context.Background(), ws, engine.Options{})
	require.NoError(t, err)
	v, err := r.MemberAt(0).Block(engine.Ref{App: app, Block: b})
	require.NoError(t, err)
	_, err = v.Set(context.Background(), engine.Readable)
	require.ErrorContains(t, err, fmt.Sprint(uint64(bitmap.MaxCells)))
	n, cells, err := v.Count(engine.Readable, nil)
	require.NoError(t, err)
	require.Equal(t, []uint64{1e10, 1e10}, []uint64{n, cells})
}
