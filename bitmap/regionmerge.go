package bitmap

import (
	"math/bits"
	"slices"
)

// grouping puts the items of an axis into groups, numbered by the first item of each; of nil means that each is alone.
type grouping struct {
	of    []int32
	n     int
	empty int32 // the group of the items where a factor has nothing; -1 where there is none
}

// contextKey is some of the factors, by their places, and an axis.
type contextKey struct {
	factors uint64
	axis    int
}

// merger is an axis whose items were merged: those that no factor tells apart. Those where a factor has nothing are gone.
type merger struct {
	of    []int32  // by item; -1: gone
	items []uint64 // how many each stands for
	bits  [][]uint64
}

// item is an item of a class: the first or the last.
func (m *merger) item(class uint64, last bool) int {
	if last {
		for i, c := range slices.Backward(m.of) {
			if uint64(c) == class {
				return i
			}
		}
	}
	return slices.Index(m.of, int32(class))
}

// count is how many items the classes of a row stand for: bit by bit of their numbers, the classes that have that bit.
func (m *merger) count(row []uint64) uint64 {
	n := uint64(0)
	for k, have := range m.bits {
		sum := 0
		for i, w := range row {
			sum += bits.OnesCount64(w & have[i])
		}
		n += uint64(sum) << k
	}
	return n
}

// merge puts items together that no factor tells apart, drops those where some factor has nothing, and notes which
// items each factor tells apart by itself. An axis may lose all its items.
func (t *tally) merge() {
	t.merged = make([]*merger, len(t.sizes))
	for again := true; again; { // what is dropped along one axis may leave nothing along another
		again = false
		for a := range t.axes().all {
			t.forget()
			for i := range t.factors {
				if f := &t.factors[i]; f.over.has(a) {
					if f.own == nil {
						f.own = map[int]grouping{}
					}
					f.own[a] = t.rowGroups(*f, a)
				}
			}
			all, dropped := t.alive(a)
			if all.n == 0 {
				t.none = true
				return
			}
			if all.n < int(t.sizes[a]) {
				t.keep(a, all)
			}
			again = again || dropped
		}
	}
	t.forget()
}

// alive groups the items of an axis, those in no group where some factor has nothing, and says whether there are such.
func (t *tally) alive(axis int) (all grouping, dropped bool) {
	all = t.together(t.having(axis), axis)
	of := make([]int32, t.sizes[axis])
	for i := range of {
		if of[i] = int32(i); all.of != nil {
			of[i] = all.of[i]
		}
	}
	for _, f := range t.factors {
		own := f.own[axis]
		for i := range of {
			if f.over.has(axis) && own.of[i] == own.empty {
				of[i], dropped = -1, true
			}
		}
	}
	return grouping{of: of}.renumbered(), dropped
}

// renumbered is the groups that items are in, the others being gone.
func (g grouping) renumbered() grouping {
	out := grouping{of: make([]int32, len(g.of)), empty: -1}
	known := map[int32]int32{}
	for i, k := range g.of {
		if k < 0 {
			out.of[i] = -1
			continue
		}
		n, ok := known[k]
		if !ok {
			n = int32(len(known))
			known[k] = n
		}
		if out.of[i] = n; k == g.empty {
			out.empty = n
		}
	}
	out.n = len(known)
	return out
}

// having are the factors with an axis.
func (t *tally) having(axis int) uint64 {
	s := uint64(0)
	for i, f := range t.factors {
		if f.over.has(axis) {
			s |= 1 << i
		}
	}
	return s
}

// rowGroups groups the items of an axis by what a factor has there.
func (t *tally) rowGroups(f tallyFactor, axis int) grouping {
	order := append([]int{axis}, slices.DeleteFunc(slices.Clone(f.Axes), func(a int) bool { return a == axis })...)
	words := t.arranged(f, order)
	n := t.sizes[axis]
	row := t.shape(order).Len() / n
	g := grouping{of: make([]int32, n), empty: -1}
	var firsts []uint64
	known := map[uint64][]int32{} // groups by hash
	for i := range n {
		h, at := uint64(0), i*row
		for done := uint64(0); done < row; done += 64 {
			h = (h ^ loadBits(words, at+done, min(64, row-done))) * 0x9E3779B97F4A7C15
			h ^= h >> 29
		}
		group := int32(-1)
		for _, k := range known[h] {
			if sameBits(words, firsts[k]*row, at, row) {
				group = k
				break
			}
		}
		if group < 0 {
			group = int32(len(firsts))
			firsts = append(firsts, i)
			known[h] = append(known[h], group)
			if firstOne(words, at, row) == row {
				g.empty = group
			}
		}
		g.of[i] = group
	}
	g.n = len(firsts)
	return g
}

func sameBits(w []uint64, a, b, n uint64) bool {
	for done := uint64(0); done < n; done += 64 {
		k := min(64, n-done)
		if loadBits(w, a+done, k) != loadBits(w, b+done, k) {
			return false
		}
	}
	return true
}

// together are the items of an axis that some of the factors tell apart, when these are asked together.
func (t *tally) together(factors uint64, axis int) grouping {
	key := contextKey{factors, axis}
	if g, ok := t.apart[key]; ok {
		return g
	}
	out := grouping{n: int(t.sizes[axis]), empty: -1}
	for i, f := range t.factors {
		if factors>>i&1 == 0 || !f.over.has(axis) {
			continue
		}
		own, ok := f.own[axis]
		switch {
		case !ok || own.n == int(t.sizes[axis]):
			out = grouping{n: int(t.sizes[axis]), empty: -1}
			t.apart[key] = out
			return out
		case out.of == nil:
			out = own
		default:
			out = out.and(own)
		}
	}
	t.apart[key] = out
	return out
}

// and tells apart what either does. It says nothing of empty groups.
func (g grouping) and(o grouping) grouping {
	known := map[uint64]int32{}
	out := grouping{of: make([]int32, len(g.of)), empty: -1}
	for i, a := range g.of {
		pair := uint64(a)<<32 | uint64(o.of[i])
		k, ok := known[pair]
		if !ok {
			k = int32(len(known))
			known[pair] = k
		}
		out.of[i] = k
	}
	out.n = len(known)
	return out
}

// told are the items of an axis above a part that the part's factors tell apart.
func (t *tally) told(part axisSet, axis int) grouping {
	if t.merged == nil {
		return grouping{n: int(t.sizes[axis]), empty: -1}
	}
	s := uint64(0)
	for i, f := range t.factors {
		if f.over&part != 0 && f.over.has(axis) {
			s |= 1 << i
		}
	}
	return t.together(s, axis)
}

// keep keeps one item of each group of an axis.
func (t *tally) keep(axis int, g grouping) {
	m := &merger{of: g.of, items: make([]uint64, g.n)}
	firsts := make([]int32, 0, g.n)
	for i, k := range g.of {
		if k < 0 {
			continue
		}
		if int(k) == len(firsts) {
			firsts = append(firsts, int32(i))
		}
		m.items[k] += t.items(axis, i)
	}
	if was := t.merged[axis]; was != nil {
		m.of = make([]int32, len(was.of))
		for i, k := range was.of {
			if m.of[i] = -1; k >= 0 {
				m.of[i] = g.of[k]
			}
		}
	}
	most := slices.Max(m.items)
	m.bits = make([][]uint64, bits.Len64(most))
	for b := range m.bits {
		m.bits[b] = make([]uint64, WordsFor(uint64(g.n)))
		for k, n := range m.items {
			m.bits[b][k>>6] |= n >> b & 1 << (k & 63)
		}
	}
	before := t.shapesOf()
	t.sizes[axis] = uint64(g.n)
	for i := range t.factors {
		f := &t.factors[i]
		if !f.over.has(axis) {
			continue
		}
		from := make([]Source, len(f.Axes))
		for k, a := range f.Axes {
			from[k] = Source{Axis: k}
			if a == axis {
				from[k] = Source{Items: firsts, Axes: []int{k}}
			}
		}
		f.Set = f.Set.Gather(before[i], t.shape(f.Axes), from, true)
		f.own[axis] = f.own[axis].at(firsts)
	}
	t.merged[axis] = m
	t.forget()
}

// items is how many items one of an axis stands for.
func (t *tally) items(axis, item int) uint64 {
	if t.merged == nil || t.merged[axis] == nil {
		return 1
	}
	return t.merged[axis].items[item]
}

// at is the grouping of some of the items.
func (g grouping) at(items []int32) grouping {
	out := grouping{of: make([]int32, len(items)), empty: g.empty}
	for i, item := range items {
		out.of[i] = g.of[item]
	}
	return out.renumbered()
}

func (t *tally) shapesOf() []Shape {
	out := make([]Shape, len(t.factors))
	for i, f := range t.factors {
		out[i] = t.shape(f.Axes)
	}
	return out
}
