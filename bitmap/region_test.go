package bitmap

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// someRegion is a region of random factors over a random space. Many of its items are the same: factors look items up
// in a few groups, as rights do that follow a property of a list.
func someRegion(r *rand.Rand) Region {
	var out Region
	var groups [][]int
	for range r.IntN(6) {
		n := 1 + r.IntN(6)*r.IntN(4)
		out.Space = append(out.Space, n)
		of, k := make([]int, n), 1+r.IntN(n)
		for i := range of {
			of[i] = r.IntN(k)
		}
		groups = append(groups, of)
	}
	for range r.IntN(7) {
		var axes []int
		for a := range out.Space {
			if r.IntN(5) < 2 {
				axes = append(axes, a)
			}
		}
		out.Factors = append(out.Factors, Factor{axes, someSet(r, out.Space, axes, groups)})
	}
	return out
}

func someSet(r *rand.Rand, space Shape, axes []int, groups [][]int) Set {
	shape := make(Shape, len(axes))
	for i, a := range axes {
		shape[i] = space[a]
	}
	n := shape.Len()
	words, grouped, known := make([]uint64, WordsFor(n)), r.IntN(3) > 0, map[string]bool{}
	for c := range n {
		bit := r.IntN(100) < 80
		if grouped {
			key, rest := "", c
			for i := len(axes) - 1; i >= 0; i-- {
				key += fmt.Sprint(groups[axes[i]][rest%uint64(shape[i])], " ")
				rest /= uint64(shape[i])
			}
			if was, ok := known[key]; ok {
				bit = was
			}
			known[key] = bit
		}
		if bit {
			words[c>>6] |= 1 << (c & 63)
		}
	}
	p := NewPool()
	return p.Set(p.FromWords(words, n), n)
}

// cells goes through all cells of the space, one by one.
func (r Region) cells(each func(items []int)) {
	items := make([]int, len(r.Space))
	var run func(a int)
	run = func(a int) {
		if a < len(items) {
			for i := range r.Space[a] {
				items[a] = i
				run(a + 1)
			}
			return
		}
		if r.holds(items) {
			each(items)
		}
	}
	run(0)
}

func (r Region) holds(items []int) bool {
	for _, f := range r.Factors {
		var cell uint64
		for _, a := range f.Axes {
			cell = cell*uint64(r.Space[a]) + uint64(items[a])
		}
		if !f.Set.Contains(cell) {
			return false
		}
	}
	return true
}

// Counting, finding cells, and what is along an axis agree with going through all cells, whatever is remembered on the
// way and whether or not equal items are merged; where it would take too many steps there are never more than said.
func TestRegionsAgreeWithCells(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	empty, entangled, refused, bounded := 0, 0, 0, 0
	for range 4500 {
		reg := someRegion(r)
		want, along := uint64(0), make([][]bool, len(reg.Space))
		for a, n := range reg.Space {
			along[a] = make([]bool, n)
		}
		reg.cells(func(items []int) {
			want++
			for a, i := range items {
				along[a][i] = true
			}
		})
		for _, limits := range []regionLimits{allowed(), {1e18, 1e18, 0, 0}, {1e18, 1e18, 10, 1e18}, {1e18, 1e18, 1e6, 0}, {20, 5, 1e6, 1e18}, {1, 0, 1e6, 0}} {
			n, exact, err := reg.count(t.Context(), limits)
			require.NoError(t, err)
			if limits.steps > 20 {
				require.True(t, exact)
			}
			if exact {
				require.Equal(t, want, n, "%v", reg)
			} else {
				require.GreaterOrEqual(t, n, want)
				refused++
				if n < math.MaxUint64 {
					bounded++
				}
			}
			for _, last := range []bool{false, true} {
				cell, sure, err := reg.find(t.Context(), last, limits)
				require.NoError(t, err)
				require.True(t, sure || limits.steps <= 20)
				switch {
				case cell != nil:
					require.True(t, reg.holds(cell), "%v is no cell of %v", cell, reg)
				case sure:
					require.Zero(t, want)
				}
			}
			for a := range reg.Space {
				some, exact, err := reg.along(t.Context(), a, limits)
				require.NoError(t, err)
				if exact {
					require.Equal(t, along[a], some, "%v along %d", reg, a)
					continue
				}
				for i, has := range along[a] {
					require.True(t, some[i] || !has)
				}
			}
		}
		if want == 0 {
			empty++
		}
		parts, _, _ := reg.parts()
		for _, p := range parts {
			if len(p.factors) > 2 {
				entangled++
			}
		}
	}
	require.Greater(t, empty, 50)
	require.Greater(t, entangled, 200)
	require.Greater(t, refused, 300)
	require.Greater(t, bounded, 100)
}

// Items that are merged are counted as often as there are.
func TestRegionsMergeEqualItems(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	merged, dropped, nowhere := 0, 0, 0
	for range 3000 {
		reg := someRegion(r)
		parts, _, none := reg.parts()
		if none {
			continue
		}
		for _, p := range parts {
			if len(p.factors) < 2 {
				continue
			}
			q := reg.tally(p.axes(), p.factors)
			want, _, err := p.count(t.Context(), allowed())
			require.NoError(t, err)
			q.limits = allowed()
			q.merge()
			for a, m := range q.merged {
				if m == nil {
					continue
				}
				merged++
				require.Less(t, int(q.sizes[a]), reg.Space[a])
				if slices.Contains(m.of, -1) {
					dropped++
				}
			}
			if q.none {
				nowhere++
			}
			got, exact, err := q.count(t.Context(), allowed())
			require.NoError(t, err)
			require.True(t, exact)
			require.Equal(t, want, got, "%v", reg)
		}
	}
	require.Greater(t, merged, 500)
	require.Greater(t, dropped, 50)
	require.Greater(t, nowhere, 5)
}

// wide is a region over lists of n items, of which each factor tells only a few groups apart.
func wide(r *rand.Rand, n, groups int, over [][]int) Region {
	reg := Region{}
	axes := 0
	for _, o := range over {
		for _, a := range o {
			axes = max(axes, a+1)
		}
	}
	var of [][]int32
	for range axes {
		reg.Space = append(reg.Space, n)
		items := make([]int32, n)
		for i := range items {
			items[i] = int32(r.IntN(groups))
		}
		of = append(of, items)
	}
	p := NewPool()
	for _, o := range over {
		small, in, out := Shape{}, Shape{}, Shape{}
		var from []Source
		for i, a := range o {
			small, in, out = append(small, groups), append(in, groups), append(out, n)
			from = append(from, Source{Items: of[a], Axes: []int{i}})
		}
		words := make([]uint64, WordsFor(small.Len()))
		for c := range small.Len() {
			if r.IntN(4) > 0 {
				words[c>>6] |= 1 << (c & 63)
			}
		}
		id := p.Gather(p.FromWords(words, small.Len()), in, out, from, false)
		reg.Factors = append(reg.Factors, Factor{o, p.Set(id, out.Len())})
	}
	return reg
}

// Regions with far more cells than a set are counted at once where their factors follow groups of items, however many
// axes these tie together.
func TestRegionsOfManyCells(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, over := range [][][]int{
		{{0, 1, 2}, {1, 2, 3}, {2, 3, 4}, {0, 4}},
		{{0, 1, 2}, {0, 3, 4}, {1, 3, 5}, {2, 4, 5}, {0, 5}, {1, 4}},
		{{0, 1, 2}, {3, 4, 5}, {0, 3}, {1, 4}, {2, 5}, {0, 5}},
	} {
		large := wide(r, 120, 5, over)
		start := time.Now()
		n, exact, err := large.Count(t.Context())
		require.NoError(t, err)
		require.True(t, exact)
		t.Logf("%v: %d cells in %v", over, n, time.Since(start))
		require.Equal(t, byGroups(large), n)
	}
}

// Where one factor has little, what it lacks is not gone through: the others may be as large as they like.
func TestRegionsOfFewCells(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	reg := wide(r, 500, 500, [][]int{{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}})
	few := NewPool()
	cells := []uint64{5*500 + 7, 5*500 + 9, 400*500 + 3}
	reg.Factors = append(reg.Factors, Factor{[]int{0, 1}, few.Set(few.FromCells(cells, 500*500), 500*500)})
	want := uint64(0)
	items := make([]int, 4)
	for _, c := range cells {
		items[0], items[1] = int(c/500), int(c%500)
		for i := range 500 {
			for k := range 500 {
				if items[2], items[3] = i, k; reg.holds(items) {
					want++
				}
			}
		}
	}
	n, exact, err := reg.Count(t.Context())
	require.NoError(t, err)
	require.True(t, exact)
	require.Positive(t, n)
	require.Equal(t, want, n)
}

// byGroups counts a region whose items fall into a few groups by going through one item of each.
func byGroups(reg Region) uint64 {
	var reps [][]int
	var sizes []map[int]uint64
	for a := range reg.Space {
		known, rep := map[string]int{}, []int{}
		size := map[int]uint64{}
		for i := range reg.Space[a] {
			key := ""
			for k, f := range reg.Factors {
				if at := axesOf(f.Axes); at.has(a) {
					key += fmt.Sprint(k, sliceText(reg, f, a, i), " ")
				}
			}
			if _, ok := known[key]; !ok {
				known[key] = i
				rep = append(rep, i)
			}
			size[known[key]]++
		}
		reps, sizes = append(reps, rep), append(sizes, size)
	}
	total, items := uint64(0), make([]int, len(reg.Space))
	var run func(a int, n uint64)
	run = func(a int, n uint64) {
		if a == len(items) {
			if reg.holds(items) {
				total += n
			}
			return
		}
		for _, i := range reps[a] {
			items[a] = i
			run(a+1, n*sizes[a][i])
		}
	}
	run(0, 1)
	return total
}

// sliceText is what a factor has at an item of an axis, of every 7th place elsewhere.
func sliceText(reg Region, f Factor, axis, item int) string {
	out := ""
	items := make([]int, len(reg.Space))
	items[axis] = item
	var run func(k int)
	run = func(k int) {
		if k == len(f.Axes) {
			cell := uint64(0)
			for _, a := range f.Axes {
				cell = cell*uint64(reg.Space[a]) + uint64(items[a])
			}
			out += map[bool]string{true: "1", false: "0"}[f.Set.Contains(cell)]
			return
		}
		if f.Axes[k] == axis {
			run(k + 1)
			return
		}
		for i := 0; i < reg.Space[f.Axes[k]]; i += 7 {
			items[f.Axes[k]] = i
			run(k + 1)
		}
	}
	run(0)
	return out
}

// A count that nobody waits for any more stops, one that takes too long says how many there are at most.
func TestRegionsStop(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	hard := wide(r, 1<<11, 1<<11, [][]int{{0, 1}, {0, 2}, {1, 2}}) // no axis takes these apart, no items are the same
	_, _, err := hard.Count(&impatient{t.Context(), 2})
	require.ErrorIs(t, err, context.Canceled)
	cell, sure, err := hard.Find(t.Context(), true)
	require.NoError(t, err)
	require.True(t, sure)
	require.True(t, hard.holds(cell))
	n, exact, err := hard.count(t.Context(), regionLimits{1 << 22, 1 << 20, 1 << 22, 1 << 12})
	require.NoError(t, err)
	require.False(t, exact)
	require.LessOrEqual(t, n, hard.Factors[0].Set.Len()<<11)
	require.Positive(t, n)
}

// impatient is a context that ends when somebody looked at it so many times.
type impatient struct {
	context.Context
	looks int
}

func (c *impatient) Err() error {
	if c.looks--; c.looks < 0 {
		return context.Canceled
	}
	return nil
}

// Products past 2^64 are as large as can be, and not exact.
func TestRegionsPastNumbers(t *testing.T) {
	reg := Region{Space: Shape{1 << 31, 1 << 31, 1 << 31}}
	n, exact, err := reg.Count(t.Context())
	require.NoError(t, err)
	require.False(t, exact)
	require.Equal(t, uint64(math.MaxUint64), n)
	p := NewPool()
	reg.Factors = []Factor{{[]int{1}, p.Set(p.FromCells([]uint64{5, 1 << 30}, 1<<31), 1<<31)}}
	n, exact, err = reg.Count(t.Context())
	require.NoError(t, err)
	require.True(t, exact)
	require.Equal(t, uint64(1<<63), n)
}
