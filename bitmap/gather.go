package bitmap

import (
	"fmt"
	"slices"
)

// Source says where an axis of a set's space takes its item in a cell of another space, the output.
//
// Where Items is nil the item is the output's own along Axis. Else the item is looked up: Items are over the shape of
// the output's Axes, in that order, the last fastest, and hold one item where there are no Axes. A negative item is
// BLANK.
type Source struct {
	Axis  int
	Items []int32
	Axes  []int
}

// axes are the axes of the output that decide the item.
func (s Source) axes() []int {
	if s.Items == nil {
		return []int{s.Axis}
	}
	return s.Axes
}

// check panics where the source does not fit an axis of size items, or the output.
func (s Source) check(size int, out Shape) {
	for i, k := range s.axes() {
		if k < 0 || k >= len(out) || slices.Contains(s.axes()[:i], k) {
			panic(fmt.Sprintf("bitmap: a source names axis %d of %d, or names it twice", k, len(out)))
		}
	}
	if s.Items == nil {
		if out[s.Axis] > size {
			panic(fmt.Sprintf("bitmap: an axis of %d items cannot serve one of %d", size, out[s.Axis]))
		}
		return
	}
	n := uint64(1)
	for _, k := range s.Axes {
		n *= uint64(out[k])
	}
	if uint64(len(s.Items)) != n {
		panic(fmt.Sprintf("bitmap: a source has %d items for %d cells", len(s.Items), n))
	}
}

// Gather interns the set over out that holds a cell where id, a set over in, holds the cell that from makes of it:
// from[i] says where axis i of in takes its item. Where any item is BLANK the cell is held if blank is set. Axes of
// out that no source names repeat the others: Gather broadcasts, transposes, slices, shifts, spreads and reads through
// mappings (SPEC 4.1).
//
// An output without cells gives Full. An axis of in without items has only BLANK items. Gather panics where it meets
// an item that is not below its axis' size; it need not look at the items where id is Full and blank, or Empty and not.
//
// It works axis by axis, on the smallest space that it can: runs of words where neighbours stay neighbours, 64 × 64
// bits at a time where axes are transposed or the fastest axis is mapped, and single bits only where a mapping has no
// axis beside it. Leading axes that are fixed to an item cost nothing: only their slice is decoded. It allocates the
// output's words and, for each step before, at most as many as the larger of in and out.
func (p *Pool) Gather(id SetID, in, out Shape, from []Source, blank bool) SetID {
	read := func(first, n, all uint64) []uint64 { return p.words(id, first, n, all) }
	words, known := gather(kindOf(id), in, out, from, blank, read)
	switch known {
	case isFull:
		return Full
	case isEmpty:
		return Empty
	case asGiven:
		return id
	}
	return p.internWords(words, out.cells())
}

// gathered is what is known of a set: all of it, where it is one of the constants or the one that was given.
type gathered uint8

const (
	inWords gathered = iota
	isEmpty
	isFull
	asGiven
)

func kindOf(id SetID) gathered {
	switch id {
	case Empty:
		return isEmpty
	case Full:
		return isFull
	}
	return inWords
}

// gather is Gather of the set that read decodes, as words unless the answer says otherwise.
func gather(given gathered, in, out Shape, from []Source, blank bool, read func(first, n, all uint64) []uint64) ([]uint64, gathered) {
	if len(from) != len(in) {
		panic(fmt.Sprintf("bitmap: %d sources for %d axes", len(from), len(in)))
	}
	cells, n := in.cells(), out.cells()
	if n == 0 {
		return nil, isFull
	}
	for i, s := range from {
		s.check(in[i], out)
	}
	if cells == 0 {
		given = isFull
	}
	constant := given != inWords
	switch {
	case constant && (given == isFull) == blank, constant && asIs(in, out, from):
		return nil, given
	case asIs(in, out, from):
		return nil, asGiven
	case constant && !slices.ContainsFunc(from, func(s Source) bool { return s.Items != nil }):
		return nil, given
	}
	g := gathering{in: in, out: out, blank: blank, maps: mappings(in, out, from, constant)}
	if !g.start(given, read) {
		if blank {
			return nil, isFull
		}
		return nil, isEmpty
	}
	return g.run(), inWords
}

// asIs says whether from takes every axis of in as the same axis of out.
func asIs(in, out Shape, from []Source) bool {
	for i, s := range from {
		if s.Items != nil || s.Axis != i {
			return false
		}
	}
	return slices.Equal(in, out)
}

// gathering is a Gather under way: words are a set over slots.
type gathering struct {
	in, out Shape
	blank   bool
	maps    []*mapping
	words   []uint64
	slots   []slot
}

// slot is an axis on the way from in to out: axis in of the input or, done, all that its mapping makes of its axes.
type slot struct {
	m    *mapping
	in   int
	size uint64
	done bool
}

// start decodes the input. It says false where an item that no axis decides is BLANK: so is every cell.
func (g *gathering) start(given gathered, read func(first, n, all uint64) []uint64) bool {
	byAxis := make([]*mapping, len(g.in))
	fixed := make([]int64, len(g.in))
	for _, m := range g.maps {
		for _, i := range m.in {
			byAxis[i] = m
		}
		if len(m.out) == 0 {
			m.items(0, fixed[m.in[0]:][:1])
			if fixed[m.in[0]] < 0 {
				return false
			}
		}
	}
	if given != inWords { // one cell, and the axes that may be BLANK
		g.words = make([]uint64, 1)
		if given == isFull {
			g.words[0] = 1
		}
		for _, m := range g.maps {
			for _, i := range m.in {
				g.slots = append(g.slots, slot{m: m, in: i, size: 1})
			}
		}
		return true
	}
	sizes := g.in.sizes()
	first, i := uint64(0), 0
	for ; i < len(sizes) && len(byAxis[i].out) == 0; i++ {
		first += uint64(fixed[i]) * product(sizes[i+1:])
		g.maps = slices.DeleteFunc(g.maps, func(m *mapping) bool { return m == byAxis[i] })
	}
	for j := i; j < len(sizes); j++ {
		m := byAxis[j]
		g.slots = append(g.slots, slot{m: m, in: j, size: sizes[j], done: m.identity()})
	}
	g.words = read(first, product(sizes[i:]), product(sizes))
	return true
}

// run takes the words through all steps to the output: what shrinks the set first, what widens it last.
func (g *gathering) run() []uint64 {
	for _, m := range g.maps {
		if len(m.in) == 1 && m.to <= m.from {
			g.choose(m)
		}
	}
	g.slots = slices.DeleteFunc(g.slots, func(s slot) bool { return len(s.m.out) == 0 })
	g.arrange()
	for _, shrink := range []bool{true, false} {
		for i := len(g.maps) - 1; i >= 0; i-- {
			if m := g.maps[i]; (m.to <= m.from) == shrink {
				g.choose(m)
			}
		}
	}
	return g.place()
}

// choose maps the axes of m, which are neighbours, to what m makes of them, unless that is done.
func (g *gathering) choose(m *mapping) {
	i := slices.IndexFunc(g.slots, func(s slot) bool { return s.m == m })
	if i < 0 || g.slots[i].done {
		return
	}
	outer, inner := g.cells(0, i), g.cells(i+len(m.in), len(g.slots))
	g.words = choose(g.words, outer, m, inner, g.blank)
	g.slots = slices.Replace(g.slots, i, i+len(m.in), slot{m: m, in: m.in[0], size: m.to, done: true})
}

// cells is the number of cells over slots i to j.
func (g *gathering) cells(i, j int) uint64 {
	n := uint64(1)
	for _, s := range g.slots[i:j] {
		n *= s.size
	}
	return n
}

// arrange moves the axes of each mapping together, and the mappings into the order of the output.
func (g *gathering) arrange() {
	g.maps = slices.DeleteFunc(g.maps, func(m *mapping) bool { return len(m.out) == 0 })
	slices.SortFunc(g.maps, func(a, b *mapping) int { return a.out[0] - b.out[0] })
	sizes, order, slots := []uint64(nil), []int(nil), []slot(nil)
	for _, s := range g.slots {
		sizes = append(sizes, s.size)
	}
	for _, m := range g.maps {
		for i, s := range g.slots {
			if s.m == m {
				order, slots = append(order, i), append(slots, s)
			}
		}
	}
	g.words, g.slots = permute(g.words, sizes, order), slots
}

// place brings the axes of all mappings into the order of the output and repeats them along its other axes.
func (g *gathering) place() []uint64 {
	var axes []int
	for _, m := range g.maps {
		axes = append(axes, m.out...)
	}
	return spread(g.words, axes, g.out)
}

// spread is a dense set over out, which has no axis without items, made of one over some of its axes, in the order
// given: they are brought into out's order, and along the others the set repeats. Axes of one item may be left out.
func spread(words []uint64, axes []int, out Shape) []uint64 {
	sizes, order := make([]uint64, len(axes)), make([]int, len(axes))
	for i, k := range axes {
		sizes[i], order[i] = uint64(out[k]), i
	}
	slices.SortFunc(order, func(i, j int) int { return axes[i] - axes[j] })
	words = permute(words, sizes, order)
	blocks, block, times := product(sizes), uint64(1), uint64(1)
	for k := len(out) - 1; k >= 0; k-- {
		size := uint64(out[k])
		if size != 1 && !slices.Contains(axes, k) {
			times *= size
			continue
		}
		words = broadcast(words, blocks, times, block)
		block, times = block*times*size, 1
		if slices.Contains(axes, k) {
			blocks /= size
		}
	}
	return broadcast(words, blocks, times, block)
}
