package bitmap

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

const rounds = 6000

// randomItems are n items below size, some BLANK, in one of the patterns that kernels tell apart.
func randomItems(r *rand.Rand, n uint64, size int) []int32 {
	items := make([]int32, n)
	kind, shift, blanks := r.IntN(6), r.IntN(2*size+1)-size, r.IntN(3)
	for i := range items {
		switch {
		case size == 0:
			items[i] = -1
			continue
		case kind == 0: // shift
			items[i] = int32(i + shift)
		case kind == 1: // runs of one item
			items[i] = int32(i / 10)
		case kind == 2: // repeated
			items[i] = int32(i % size)
		default:
			items[i] = int32(r.IntN(size))
		}
		if int(items[i]) >= size || items[i] < 0 || blanks == 1 && r.IntN(4) == 0 {
			items[i] = -1 - int32(r.IntN(2))
		}
		if blanks == 2 && items[i] < 0 {
			items[i] = int32(r.IntN(size))
		}
	}
	return items
}

func someAxes(r *rand.Rand, n int) []int {
	axes := r.Perm(n)
	return axes[:r.IntN(n+1)]
}

// randomGather is an input shape and sources for an output: axes as they are, slices of them, constants, and items
// over up to all axes.
func randomGather(r *rand.Rand, out Shape, limit uint64) (Shape, []Source) {
	for {
		var in Shape
		var from []Source
		for range r.IntN(5) {
			kind := r.IntN(6)
			if kind < 3 && len(out) > 0 {
				k := r.IntN(len(out))
				size := out[k]
				if kind == 0 {
					size += r.IntN(4)
				}
				in, from = append(in, size), append(from, Source{Axis: k})
				continue
			}
			axes, size := []int{}, []int{1, 2, 5, 64, 70, 200}[r.IntN(6)]
			if kind == 3 && len(out) > 0 {
				axes = append(axes, r.IntN(len(out)))
			} else if kind > 3 {
				axes = someAxes(r, len(out))
			}
			if r.IntN(30) == 0 {
				size = 0
			}
			sizes, _ := project(out, make([]int, len(out)), axes)
			in = append(in, size)
			from = append(from, Source{Items: randomItems(r, sizes.Len(), size), Axes: axes})
		}
		if in.Len() <= limit {
			return in, from
		}
	}
}

func TestGather(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range rounds {
		p := NewPool()
		out := randomShape(r, 6000)
		in, from := randomGather(r, out, 20000)
		set := randomSet(r, in.Len())
		id := p.FromWords(set.words(), in.Len())
		for _, blank := range []bool{false, true} {
			got := p.Gather(id, in, out, from, blank)
			requireSet(t, p, gatherTwin(set, in, out, from, blank), got, "round %d: %v to %v by %v", i, in, out, from)
		}
	}
}

// TestGatherPermutation takes every axis of larger spaces as it is, in another order, and adds axes.
func TestGatherPermutation(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range rounds / 4 {
		p := NewPool()
		out := randomShape(r, 30000)
		axes := someAxes(r, len(out))
		in, _ := project(out, make([]int, len(out)), axes)
		var from []Source
		for _, k := range axes {
			from = append(from, Source{Axis: k})
		}
		set := randomSet(r, in.Len())
		got := p.Gather(p.FromWords(set.words(), in.Len()), in, out, from, false)
		requireSet(t, p, gatherTwin(set, in, out, from, false), got, "round %d: %v to %v by %v", i, in, out, axes)
	}
}

// TestGatherOneAxis maps one axis, with larger blocks of cells before and after it, and more items than are worked
// out at a time.
func TestGatherOneAxis(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 60 {
		p := NewPool()
		in := Shape{1 + r.IntN(200), 1 + r.IntN(90), []int{1, 1, 3, 64, 100}[r.IntN(5)]}
		out := slices.Clone(in)
		out[1] = 1 + r.IntN(100)
		if i%10 == 0 {
			in[0], in[2] = 1+r.IntN(20), 1
			out = Shape{in[0], chosenAtOnce + r.IntN(chosenAtOnce+2), 1}
		}
		items := randomItems(r, uint64(out[1]), in[1])
		from := []Source{{Axis: 0}, {Items: items, Axes: []int{1}}, {Axis: 2}}
		set := randomSet(r, in.Len())
		id := p.FromWords(set.words(), in.Len())
		for _, blank := range []bool{false, true} {
			got := p.Gather(id, in, out, from, blank)
			requireSet(t, p, gatherTwin(set, in, out, from, blank), got, "round %d: %v to %v", i, in, out)
		}
	}
}

func TestGatherConstants(t *testing.T) {
	p := NewPool()
	in, out := Shape{3}, Shape{4}
	mapped := []Source{{Items: []int32{0, -1, 2, 2}, Axes: []int{0}}}
	notBlank := p.FromCells([]uint64{0, 2, 3}, 4)
	require.Equal(t, Full, p.Gather(Full, in, out, mapped, true))
	require.Equal(t, Empty, p.Gather(Empty, in, out, mapped, false))
	require.Equal(t, notBlank, p.Gather(Full, in, out, mapped, false))
	require.Equal(t, p.FromCells([]uint64{1}, 4), p.Gather(Empty, in, out, mapped, true))

	// A fixed item that is BLANK decides every cell; an axis without items has no others.
	blank := []Source{{Items: []int32{-1}}}
	set := p.FromCells([]uint64{1}, 3)
	require.Equal(t, Full, p.Gather(set, in, out, blank, true))
	require.Equal(t, Empty, p.Gather(set, in, out, blank, false))
	require.Equal(t, Empty, p.Gather(Full, Shape{0}, out, blank, false))
	require.Equal(t, Full, p.Gather(Empty, Shape{0}, out, blank, true))

	// Without cells everything is Full; without axes there is one cell.
	require.Equal(t, Full, p.Gather(Empty, in, Shape{4, 0}, mapped, false))
	require.Equal(t, Empty, p.Gather(Empty, Shape{}, out, nil, true))
	require.Equal(t, Full, p.Gather(set, in, Shape{}, []Source{{Items: []int32{1}}}, false))
	require.Equal(t, Empty, p.Gather(set, in, Shape{}, []Source{{Items: []int32{2}}}, true))
}

// TestGatherSparse slices sets whose space could not be decoded in a test.
func TestGatherSparse(t *testing.T) {
	p := NewPool()
	in, out := Shape{1 << 16, 1 << 15, 2}, Shape{2, 1 << 15}
	id := p.FromCells([]uint64{7, 100<<16 + 8, 100<<16 + 11, 1<<32 - 1}, MaxCells)
	from := []Source{{Items: []int32{100}}, {Axis: 1}, {Axis: 0}}
	require.Equal(t, p.FromCells([]uint64{4, 1<<15 + 5}, 1<<16), p.Gather(id, in, out, from, false))
}

// TestGatherShrinksFirst takes a diagonal of a set that is widened too: the other way round is a hundred times the work.
func TestGatherShrinksFirst(t *testing.T) {
	p := NewPool()
	in, out := Shape{500, 500, 2}, Shape{500, 5000}
	id := p.FromCells([]uint64{0, 1, 501*2 + 1, 502 * 2}, in.Len())
	from := []Source{{Axis: 0}, {Axis: 0}, {Items: make([]int32, 5000), Axes: []int{1}}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := p.Gather(id, in, out, from, false)
	runtime.ReadMemStats(&after)
	require.Equal(t, p.FromRuns([]Run{{0, 5000}}, out.Len()), got)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20))
}

func TestReduce(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for i := range rounds {
		p := NewPool()
		in := randomShape(r, 8000)
		set := randomSet(r, in.Len())
		axes := someAxes(r, len(in))
		got := p.Reduce(p.FromWords(set.words(), in.Len()), in, axes)
		requireSet(t, p, reduceTwin(set, in, axes), got, "round %d: %v over %v", i, in, axes)
	}
	p := NewPool()
	require.Equal(t, Full, p.Reduce(Empty, Shape{3, 0}, []int{1}), "true over an axis without items")
	require.Equal(t, Full, p.Reduce(Empty, Shape{3, 0}, []int{0}), "a space without cells")
	require.Equal(t, Empty, p.Reduce(Empty, Shape{3, 2}, []int{0, 1}))
}

func TestPrefix(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for i := range rounds {
		p := NewPool()
		in := append(randomShape(r, 400), 1+r.IntN(20))
		axis := r.IntN(len(in))
		set := randomSet(r, in.Len())
		got := p.Prefix(p.FromWords(set.words(), in.Len()), in, axis)
		requireSet(t, p, prefixTwin(set, in, axis), got, "round %d: %v along %d", i, in, axis)
	}
}

func TestReduceBy(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for i := range rounds {
		p := NewPool()
		by := By{Loop: randomShape(r, 3000), Target: r.IntN(70)}
		by.In, by.ItemAxes = someAxes(r, len(by.Loop)), someAxes(r, len(by.Loop))
		by.Out = append(someAxes(r, len(by.Loop)), -1)
		slices.SortFunc(by.Out, func(a, b int) int { return r.IntN(3) - 1 })
		in, _ := project(by.Loop, make([]int, len(by.Loop)), by.In)
		mapped, _ := project(by.Loop, make([]int, len(by.Loop)), by.ItemAxes)
		by.Items = randomItems(r, mapped.Len(), by.Target)
		if by.out().Len() > 100000 {
			continue
		}
		set := randomSet(r, in.Len())
		got := p.ReduceBy(p.FromWords(set.words(), in.Len()), in, by)
		requireSet(t, p, byTwin(set, in, by), got, "round %d: %v by %+v", i, in, by)
	}
}

// TestReduceByRegions is the total of SPEC 4.2: a region is held where all its countries are.
func TestReduceByRegions(t *testing.T) {
	p := NewPool()
	by := By{Loop: Shape{4, 2}, In: []int{0, 1}, Items: []int32{0, 0, 1, -1}, ItemAxes: []int{0}, Target: 3, Out: []int{-1, 1}}
	countries := p.FromCells([]uint64{0, 2, 3, 4, 5}, 8) // country 0: month 0; countries 1, 2: all; country 3: none
	require.Equal(t, p.FromCells([]uint64{0, 2, 3, 4, 5}, 6), p.ReduceBy(countries, Shape{4, 2}, by),
		"region 0 lacks month 1, region 1 and the unused region 2 are held, country 3 is in no region")
}

// The words of an intersection end with the set that ends first, which may be all ones up to there.
func TestAndOfSetsThatEndEarly(t *testing.T) {
	for _, n := range []uint64{65, 96, 128, 129, 200} {
		for _, end := range []uint64{1, 63, 64, 65, 128, 192} {
			if end+1 >= n {
				continue
			}
			p := NewPool()
			a := p.FromRuns([]Run{{0, end}}, n)
			b := p.FromRuns([]Run{{0, end + 1}}, n)
			require.Equal(t, a, p.And(n, a, b), "%d of %d", end, n)
		}
	}
}
