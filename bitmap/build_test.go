package bitmap

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func (t twin) cells() []uint64 {
	var cells []uint64
	for c, in := range t {
		if in {
			cells = append(cells, uint64(c))
		}
	}
	return cells
}

func (t twin) runs() []Run {
	var runs []Run
	for c, in := range t {
		switch last := len(runs) - 1; {
		case !in:
		case last >= 0 && runs[last].End == uint64(c):
			runs[last].End++
		default:
			runs = append(runs, Run{uint64(c), uint64(c) + 1})
		}
	}
	return runs
}

// largeSet is a set of up to four roaring containers, each empty, full, sparse, dense or of runs.
func largeSet(r *rand.Rand) twin {
	set := make(twin, 1+r.IntN(4<<16))
	for first := 0; first < len(set); first += 1 << 16 {
		part := randomSet(r, uint64(min(1<<16, len(set)-first)))
		copy(set[first:], part)
	}
	return set
}

// TestOneIDForOneContent makes each content in every way there is.
func TestOneIDForOneContent(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	p := NewPool()
	for i := range 1500 {
		set := randomSet(r, uint64(r.IntN(700)))
		if i%30 == 0 {
			set = largeSet(r)
		}
		n := uint64(len(set))
		id := p.FromWords(set.words(), n)
		requireSet(t, p, set, id, "round %d", i)
		require.Equal(t, id, p.FromCells(set.cells(), n), "cells, round %d", i)
		require.Equal(t, id, p.FromRuns(set.runs(), n), "runs, round %d", i)
		require.Equal(t, id, p.And(n, id, Full, id), "and, round %d", i)
		require.Equal(t, uint64(len(set.cells())), p.Count(id, n))
		for range 20 {
			if n > 0 {
				c := r.Uint64N(n)
				require.Equal(t, set[c], p.Contains(id, c))
			}
		}
	}
}

func TestSetsAreOfAnySpace(t *testing.T) {
	p := NewPool()
	id := p.FromCells([]uint64{0, 2}, 5)
	require.Equal(t, id, p.FromCells([]uint64{0, 0, 2}, 500), "a cell may stand twice, and the space may be larger")
	require.Equal(t, id, p.FromRuns([]Run{{0, 0}, {0, 1}, {1, 1}, {2, 3}, {3, 3}}, 4), "empty and touching runs")
	require.Equal(t, id, p.FromWords([]uint64{5 | 1<<40, 99}, 4), "bits past the space are ignored")
	require.Equal(t, Full, p.FromCells([]uint64{0}, 1))
	require.Equal(t, p.FromRuns([]Run{{0, 1}}, 2), p.FromCells([]uint64{0, 0}, 2), "two mentions are not two cells")
	require.Equal(t, Full, p.FromCells(nil, 0))
	require.Equal(t, Full, p.FromRuns(nil, 0))
	require.Equal(t, Full, p.FromWords(nil, 0))
	require.Equal(t, Full, p.FromRuns([]Run{{0, MaxCells}}, MaxCells))
	require.Equal(t, Empty, p.FromCells(nil, MaxCells))
	require.Equal(t, []uint64{7}, p.Words(Full, 3))
	require.Equal(t, []uint64{0}, p.Words(Empty, 3))
	require.Empty(t, p.Words(Full, 0))
	require.Equal(t, uint64(0), p.Count(Full, 0))
	require.Equal(t, uint64(9), p.Count(Full, 9))
	require.True(t, p.Contains(Full, 8))
	require.False(t, p.Contains(Empty, 8))
	require.False(t, p.Contains(id, 1<<40))
}

func TestFromWordsKeepsItsInput(t *testing.T) {
	p := NewPool()
	words := []uint64{0xF0, 0xFF}
	id := p.FromWords(words, 68)
	require.Equal(t, []uint64{0xF0, 0xFF}, words)
	words[0] = 1
	require.Equal(t, []uint64{0xF0, 0xF}, p.Words(id, 68))
	p.Words(id, 68)[0] = 3
	require.Equal(t, []uint64{0xF0, 0xF}, p.Words(id, 68), "words are the caller's own")
}

func TestAnd(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	p := NewPool()
	for i := range 1500 {
		n := uint64(r.IntN(300))
		if i%30 == 0 {
			n = uint64(r.IntN(200000))
		}
		want := make(twin, n)
		for c := range want {
			want[c] = true
		}
		var ids []SetID
		for range r.IntN(4) {
			set := randomSet(r, n)
			if i%60 == 0 && n > 0 { // sparse enough to stay roaring
				set = make(twin, n)
				for range 50 {
					set[r.Uint64N(min(n, 100))], set[r.Uint64N(n)], set[n-1] = true, true, true
				}
			}
			ids = append(ids, p.FromWords(set.words(), n))
			for c := range want {
				want[c] = want[c] && set[c]
			}
		}
		requireSet(t, p, want, p.And(n, ids...), "round %d", i)
	}
	require.Equal(t, Full, p.And(0, Empty))
	require.Equal(t, Full, p.And(7))
	require.Equal(t, Empty, p.And(7, Full, Empty))
}

// TestAndSparse intersects sets whose space could not be decoded in a test.
func TestAndSparse(t *testing.T) {
	p := NewPool()
	a := p.FromCells([]uint64{1, 5 << 20, 1 << 31}, MaxCells)
	b := p.FromRuns([]Run{{5 << 20, 1<<31 + 1}}, MaxCells)
	require.Equal(t, p.FromCells([]uint64{5 << 20, 1 << 31}, MaxCells), p.And(MaxCells, a, b))
	require.Equal(t, Empty, p.And(MaxCells, p.FromCells([]uint64{3 << 30}, MaxCells), a))
}

func TestMisuse(t *testing.T) {
	p, other := NewPool(), NewPool()
	id := p.FromCells([]uint64{9}, 10)
	items := []int32{0, 3}
	by := By{Loop: Shape{2, 3}, In: []int{0}, Items: items, ItemAxes: []int{0}, Target: 4, Out: []int{1, -1}}
	require.NotPanics(t, func() { p.ReduceBy(Empty, Shape{2}, by) })
	for name, f := range map[string]func(){
		"a set of another pool":          func() { other.Words(id, 10) },
		"a set that was never given":     func() { p.Words(id+1, 10) },
		"a set of a larger space":        func() { p.Words(id, 9) },
		"count, a set of a larger space": func() { p.Count(id, 9) },
		"and, a set of a larger space":   func() { p.And(9, id) },
		"view, a set of a larger space":  func() { p.Set(id, 9) },
		"too many cells":                 func() { p.Words(Empty, MaxCells+1) },
		"too many cells by shape":        func() { p.Reduce(Full, Shape{1 << 16, 1 << 17}, nil) },
		"more cells than can be counted": func() { p.Reduce(Full, Shape{1 << 31, 1 << 31, 1 << 31}, nil) },
		"negative size":                  func() { Shape{2, -1}.Len() },
		"words too short":                func() { p.FromWords(make([]uint64, 1), 65) },
		"cells out of order":             func() { p.FromCells([]uint64{2, 1}, 5) },
		"cells out of space":             func() { p.FromCells([]uint64{5}, 5) },
		"runs that overlap":              func() { p.FromRuns([]Run{{0, 3}, {2, 4}}, 5) },
		"run that ends before its start": func() { p.FromRuns([]Run{{3, 2}}, 5) },
		"run out of space":               func() { p.FromRuns([]Run{{3, 6}}, 5) },
		"reduce: no such axis":           func() { p.Reduce(Full, Shape{2}, []int{1}) },
		"reduce: axis twice":             func() { p.Reduce(Full, Shape{2}, []int{0, 0}) },
		"prefix: no such axis":           func() { p.Prefix(Full, Shape{2}, -1) },
		"gather: too few sources":        func() { p.Gather(id, Shape{10}, Shape{10}, nil, false) },
		"gather: no such axis":           func() { p.Gather(id, Shape{10}, Shape{10}, []Source{{Axis: 1}}, false) },
		"gather: axis too long":          func() { p.Gather(id, Shape{10}, Shape{11}, []Source{{Axis: 0}}, false) },
		"gather: axis named twice": func() {
			p.Gather(id, Shape{10}, Shape{2}, []Source{{Items: make([]int32, 4), Axes: []int{0, 0}}}, false)
		},
		"gather: wrong number of items":       func() { p.Gather(id, Shape{10}, Shape{3}, []Source{{Items: items, Axes: []int{0}}}, false) },
		"gather: item too large":              func() { p.Gather(id, Shape{10}, Shape{}, []Source{{Items: []int32{10}}}, false) },
		"gather: item too large, of Full":     func() { p.Gather(Full, Shape{3}, Shape{2}, []Source{{Items: items, Axes: []int{0}}}, false) },
		"gather: item of an axis without any": func() { p.Gather(Empty, Shape{0}, Shape{2}, []Source{{Items: items, Axes: []int{0}}}, false) },
		"gather: item too large, beside another source": func() {
			p.Gather(id, Shape{3, 10}, Shape{2}, []Source{{Items: items, Axes: []int{0}}, {Axis: 0}}, false)
		},
		"gather: item too large, after another source": func() {
			p.Gather(id, Shape{10, 3}, Shape{2}, []Source{{Axis: 0}, {Items: items, Axes: []int{0}}}, false)
		},
		"by: item too large":        func() { by := by; by.Target = 3; p.ReduceBy(Empty, Shape{2}, by) },
		"by: wrong number of items": func() { by := by; by.ItemAxes = []int{1}; p.ReduceBy(Empty, Shape{2}, by) },
		"by: wrong shape":           func() { p.ReduceBy(Empty, Shape{3}, by) },
		"by: no target":             func() { by := by; by.Out = []int{1}; p.ReduceBy(Empty, Shape{2}, by) },
		"by: axis stays twice":      func() { by := by; by.Out = []int{1, 1, -1}; p.ReduceBy(Empty, Shape{2}, by) },
		"by: no such axis":          func() { by := by; by.In = []int{2}; p.ReduceBy(Empty, Shape{2}, by) },
	} {
		require.Panics(t, f, name)
	}
}

// FuzzWords goes from bytes to words to a set and back, through the roaring format and in pieces.
func FuzzWords(f *testing.F) {
	f.Add([]byte{}, uint16(0))
	f.Add([]byte{255, 255, 1}, uint16(17))
	f.Add(make([]byte, 300), uint16(1000))
	f.Fuzz(func(t *testing.T, data []byte, repeat uint16) {
		set := make(twin, 0, 8*len(data)*(1+int(repeat)%64))
		for range 1 + int(repeat)%64 {
			for _, b := range data {
				for i := range 8 {
					set = append(set, b>>i&1 == 1)
				}
			}
		}
		p, n := NewPool(), uint64(len(set))
		id := p.FromWords(set.words(), n)
		requireSet(t, p, set, id, "words")
		require.Equal(t, id, p.FromCells(set.cells(), n))
		require.Equal(t, id, p.FromRuns(set.runs(), n))
		if id == Empty || id == Full {
			return
		}
		first := uint64(repeat) % n
		want := make([]uint64, WordsFor(n-first))
		copyBits(want, 0, set.words(), first, n-first)
		require.Equal(t, want, p.words(id, first, n-first, n))
	})
}
