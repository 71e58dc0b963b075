package bitmap

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// twin is a set as the tests keep it: one bool a cell.
type twin []bool

func (t twin) words() []uint64 {
	words := make([]uint64, WordsFor(uint64(len(t))))
	for c, in := range t {
		if in {
			words[c/64] |= 1 << (c % 64)
		}
	}
	return words
}

// requireSet checks that id is the one id of the twin's content, through every way of reading it.
func requireSet(t *testing.T, p *Pool, want twin, id SetID, msg string, args ...any) {
	t.Helper()
	n := uint64(len(want))
	if words := want.words(); !slices.Equal(words, p.Words(id, n)) { // much faster than require.Equal
		require.Equal(t, words, p.Words(id, n), append([]any{msg}, args...)...)
	}
	require.Equal(t, p.FromWords(want.words(), n), id, append([]any{msg}, args...)...)
	if !slices.Contains(want, false) {
		require.Equal(t, Full, id, append([]any{msg}, args...)...)
	} else if !slices.Contains(want, true) {
		require.Equal(t, Empty, id, append([]any{msg}, args...)...)
	}
}

// randomSet is a set that is full, empty, sparse, dense or made of long runs.
func randomSet(r *rand.Rand, n uint64) twin {
	set := make(twin, n)
	kind := r.IntN(8)
	for c := range set {
		switch kind {
		case 0:
		case 1:
			set[c] = true
		case 2:
			set[c] = r.IntN(20) == 0
		case 3:
			set[c] = r.IntN(20) != 0
		case 4:
			set[c] = c > 0 && set[c-1] != (r.IntN(30) == 0)
		case 5:
			set[c] = r.IntN(400) != 0
		default:
			set[c] = r.IntN(2) == 0
		}
	}
	return set
}

// randomShape is a shape of up to five axes and limit cells. One in twenty is without cells.
func randomShape(r *rand.Rand, limit uint64) Shape {
	shape := make(Shape, r.IntN(6))
	for {
		for i := range shape {
			switch r.IntN(8) {
			case 0:
				shape[i] = 1
			case 1:
				shape[i] = 63 + r.IntN(3)
			case 2:
				shape[i] = 1 + r.IntN(200)
			default:
				shape[i] = 1 + r.IntN(9)
			}
		}
		if shape.Len() <= limit {
			break
		}
	}
	if len(shape) > 0 && r.IntN(20) == 0 {
		shape[r.IntN(len(shape))] = 0
	}
	return shape
}

// each calls f with the items of every cell of the shape, in cell order.
func each(shape Shape, f func(cell uint64, items []int)) {
	items := make([]int, len(shape))
	for cell, n := uint64(0), shape.Len(); cell < n; cell++ {
		f(cell, items)
		for k := len(items) - 1; k >= 0; k-- {
			if items[k]++; items[k] < shape[k] {
				break
			}
			items[k] = 0
		}
	}
}

// cellOf is the cell of a shape at items.
func cellOf(shape Shape, items []int) uint64 {
	cell := uint64(0)
	for k, size := range shape {
		cell = cell*uint64(size) + uint64(items[k])
	}
	return cell
}

// project is the items, and the sizes, of some axes.
func project(shape Shape, items, axes []int) (Shape, []int) {
	sizes, at := make(Shape, len(axes)), make([]int, len(axes))
	for i, k := range axes {
		sizes[i], at[i] = shape[k], items[k]
	}
	return sizes, at
}

func gatherTwin(set twin, in, out Shape, from []Source, blank bool) twin {
	res := make(twin, out.Len())
	each(out, func(cell uint64, items []int) {
		at := make([]int, len(in))
		for i, s := range from {
			at[i] = -1
			if s.Items == nil {
				at[i] = items[s.Axis]
			} else if item := s.Items[cellOf(project(out, items, s.Axes))]; item >= 0 {
				at[i] = int(item)
			}
		}
		if slices.Contains(at, -1) {
			res[cell] = blank
		} else {
			res[cell] = set[cellOf(in, at)]
		}
	})
	return res
}

func reduceTwin(set twin, in Shape, axes []int) twin {
	var keep []int
	for k := range in {
		if !slices.Contains(axes, k) {
			keep = append(keep, k)
		}
	}
	sizes, _ := project(in, make([]int, len(in)), keep)
	res := make(twin, sizes.Len())
	for c := range res {
		res[c] = true
	}
	each(in, func(cell uint64, items []int) {
		if !set[cell] {
			res[cellOf(project(in, items, keep))] = false
		}
	})
	return res
}

func prefixTwin(set twin, in Shape, axis int) twin {
	res := make(twin, len(set))
	each(in, func(cell uint64, items []int) {
		res[cell] = true
		before := slices.Clone(items)
		for i := 0; i <= items[axis]; i++ {
			before[axis] = i
			res[cell] = res[cell] && set[cellOf(in, before)]
		}
	})
	return res
}

func byTwin(set twin, in Shape, by By) twin {
	out := by.out()
	res := make(twin, out.Len())
	for c := range res {
		res[c] = true
	}
	each(by.Loop, func(_ uint64, items []int) {
		_, factor := project(by.Loop, items, by.In)
		target := by.Items[cellOf(project(by.Loop, items, by.ItemAxes))]
		if target < 0 || set[cellOf(in, factor)] {
			return
		}
		at := make([]int, len(out))
		for i, k := range by.Out {
			at[i] = int(target)
			if k >= 0 {
				at[i] = items[k]
			}
		}
		res[cellOf(out, at)] = false
	})
	return res
}
