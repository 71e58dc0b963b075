package audit

import (
	"context"
	"errors"
	"math/bits"
	"slices"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
)

// constraint is a set over some axes of a comparison's space, increasing; none: one bit for all cells.
type constraint struct {
	axes []int
	set  bitmap.SetID
}

// region is the cells of a comparison's space where every constraint holds. No two constraints have the same axes, and
// none holds everywhere.
type region []constraint

// regions works with regions of one space, without ever building the space. Sets of equal content have equal numbers.
type regions struct {
	pool  *bitmap.Pool
	sizes []int // of the space's axes, none of them 0
}

func (s *regions) shape(axes []int) bitmap.Shape {
	shape := make(bitmap.Shape, len(axes))
	for i, a := range axes {
		shape[i] = s.sizes[a]
	}
	return shape
}

// and is the cells of both regions.
func (s *regions) and(a, b region) region {
	out := slices.Clone(a)
	for _, c := range b {
		i := slices.IndexFunc(out, func(o constraint) bool { return slices.Equal(o.axes, c.axes) })
		switch {
		case c.set == bitmap.Full:
		case i < 0:
			out = append(out, c)
		default:
			out[i].set = s.pool.And(s.shape(c.axes).Len(), out[i].set, c.set)
		}
	}
	slices.SortFunc(out, func(x, y constraint) int { return slices.Compare(x.axes, y.axes) })
	return out
}

// not is where a constraint does not hold.
func (s *regions) not(c constraint) constraint {
	n := s.shape(c.axes).Len()
	words := s.pool.Words(c.set, n)
	for i := range words {
		words[i] = ^words[i]
	}
	if tail := n & 63; tail != 0 {
		words[len(words)-1] &= 1<<tail - 1
	}
	return constraint{c.axes, s.pool.FromWords(words, n)}
}

// equal says whether two regions are stated alike, and so hold the same cells.
func (r region) equal(o region) bool {
	return slices.EqualFunc(r, o, func(a, b constraint) bool { return a.set == b.set && slices.Equal(a.axes, b.axes) })
}

// nowhere says whether a constraint denies every cell.
func (r region) nowhere() bool {
	return slices.ContainsFunc(r, func(c constraint) bool { return c.set == bitmap.Empty })
}

// count is how many cells a region has. Conditions that share no axis are counted by themselves and multiplied; where
// some do, an axis is walked, item by item, until what is left shares none or all. It fails where that takes too long,
// and where ctx is done.
func (s *regions) count(ctx context.Context, r region) (uint64, error) {
	if r.nowhere() {
		return 0, nil
	}
	w, n := s.walk(ctx, r), uint64(1)
	for _, a := range w.free {
		n *= uint64(s.sizes[a])
	}
	n *= w.count(w.top)
	return n, w.err
}

// some is one cell of a region: the first that walking it meets or, for last, the last; nil where it has none.
func (s *regions) some(ctx context.Context, r region, last bool) ([]cube.ItemID, error) {
	if r.nowhere() {
		return nil, nil
	}
	w := s.walk(ctx, r)
	w.last, w.cell = last, make([]cube.ItemID, len(s.sizes))
	for _, a := range w.free {
		if last {
			w.cell[a] = cube.ItemID(s.sizes[a] - 1)
		}
	}
	if found := w.find(w.top, func() bool { return true }); !found || w.err != nil {
		return nil, w.err
	}
	return w.cell, nil
}

// maxSteps is how long a region may be walked, in words: some minutes.
const maxSteps = 1 << 35

// errEntangled says that conditions share dimensions in such a way that cells cannot be counted in time.
var errEntangled = errors.New("its conditions share dimensions in too many ways to be counted")

// step counts words, and stops a walk that takes too long. Counts are meaningless then.
func (w *walker) step(words uint64) bool {
	before := w.steps
	w.steps += words
	if w.steps>>20 != before>>20 && w.err == nil {
		if w.err = w.ctx.Err(); w.err == nil && w.steps > maxSteps {
			w.err = errEntangled
		}
	}
	return w.err == nil
}

// part is one piece of how a region is walked. It has an axis whose items are gone through, or parts that share no axis,
// or it is over the same axes as all its tables.
type part struct {
	loop   int     // the axis gone through; -1 where there is none
	axes   []int   // of the tables, where it has no parts
	cells  uint64  // of those axes
	tables []int   // that have the axis, or the axes
	parts  []*part // one of a loop
}

// walker walks one region.
type walker struct {
	ctx     context.Context // of the call that walks
	steps   uint64
	err     error
	sizes   []int
	words   [][]uint64 // of each constraint, its axes in the order in which they are met
	strides [][]uint64 // of each constraint, by axis
	at      []uint64   // of each constraint: the bit that the items gone to lead to
	free    []int      // axes that no constraint has
	top     *part
	last    bool
	cell    []cube.ItemID
}

// walk plans how a region is walked, and lays out its constraints for that.
func (s *regions) walk(ctx context.Context, r region) *walker {
	w := &walker{ctx: ctx, sizes: s.sizes, at: make([]uint64, len(r))}
	left, met, tables := make([][]int, len(r)), make([][]int, len(r)), make([]int, len(r))
	for i, c := range r {
		left[i], tables[i] = slices.Clone(c.axes), i
	}
	for a := range s.sizes {
		if !slices.ContainsFunc(left, func(axes []int) bool { return slices.Contains(axes, a) }) {
			w.free = append(w.free, a)
		}
	}
	w.top = w.plan(tables, left, met)
	for i, c := range r {
		w.words = append(w.words, s.laid(c, met[i]))
		strides, n := make([]uint64, len(s.sizes)), uint64(1)
		for _, a := range slices.Backward(met[i]) {
			strides[a] = n
			n *= uint64(s.sizes[a])
		}
		w.strides = append(w.strides, strides)
	}
	return w
}

// laid is the words of a constraint, its axes in another order.
func (s *regions) laid(c constraint, order []int) []uint64 {
	shape := s.shape(order)
	if slices.Equal(order, c.axes) {
		return s.pool.Words(c.set, shape.Len())
	}
	from := make([]bitmap.Source, len(c.axes))
	for i, a := range c.axes {
		from[i] = bitmap.Source{Axis: slices.Index(order, a)}
	}
	return s.pool.Words(s.pool.Gather(c.set, s.shape(c.axes), shape, from, true), shape.Len())
}

// move goes to another item along a loop's axis.
func (w *walker) move(s *part, by uint64) {
	for _, t := range s.tables {
		w.at[t] += by * w.strides[t][s.loop] // going back wraps around, as it should
	}
}

func (w *walker) count(s *part) uint64 {
	switch {
	case s.loop >= 0:
		n, size := uint64(0), uint64(w.sizes[s.loop])
		i := uint64(0)
		for ; i < size && w.step(1); i++ {
			n += w.count(s.parts[0])
			w.move(s, 1)
		}
		w.move(s, -i)
		return n
	case s.parts != nil:
		n := uint64(1)
		for _, p := range s.parts {
			if n *= w.count(p); n == 0 {
				break
			}
		}
		return n
	}
	n := uint64(0)
	w.step(s.cells / 64)
	for c := uint64(0); c < s.cells; c += 64 {
		n += uint64(bits.OnesCount64(w.load(s, c)))
	}
	return n
}

// load is up to 64 cells of a part without parts, from one on.
func (w *walker) load(s *part, cell uint64) uint64 {
	x := ^uint64(0)
	if rest := s.cells - cell; rest < 64 {
		x = 1<<rest - 1
	}
	for _, t := range s.tables {
		bit := w.at[t] + cell
		i, off := bit>>6, bit&63
		y := w.words[t][i] >> off
		if off != 0 && i+1 < uint64(len(w.words[t])) {
			y |= w.words[t][i+1] << (64 - off)
		}
		x &= y
	}
	return x
}

// find goes to a cell of a part and on to then, which says whether it found the rest.
func (w *walker) find(s *part, then func() bool) bool {
	switch {
	case s.loop >= 0:
		return w.findAlong(s, then)
	case s.parts != nil:
		for _, p := range s.parts { // one that has no cell would be tried again with each cell of those before it
			if w.count(p) == 0 {
				return false
			}
		}
		for _, p := range s.parts {
			next := then
			then = func() bool { return w.find(p, next) }
		}
		return then()
	}
	n := (s.cells + 63) / 64
	for i := range n {
		if w.last {
			i = n - 1 - i
		}
		x := w.load(s, i*64)
		if x == 0 {
			continue
		}
		bit := bits.TrailingZeros64(x)
		if w.last {
			bit = bits.Len64(x) - 1
		}
		cell := i*64 + uint64(bit)
		for _, a := range slices.Backward(s.axes) {
			w.cell[a] = cube.ItemID(cell % uint64(w.sizes[a]))
			cell /= uint64(w.sizes[a])
		}
		return then() // what else there is does not depend on this cell
	}
	return false
}

func (w *walker) findAlong(s *part, then func() bool) bool {
	size := w.sizes[s.loop]
	for i := range size {
		if w.last {
			i = size - 1 - i
		}
		w.move(s, uint64(i))
		w.cell[s.loop] = cube.ItemID(i)
		found := w.find(s.parts[0], then)
		w.move(s, -uint64(i))
		if found || !w.step(1) {
			return found
		}
	}
	return false
}
