package engine

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
)

// What a tally may take: steps in all, and remembered counts for each axis (8 bytes each).
const (
	maxTallySteps    = 1 << 35
	maxTallyRemember = 1 << 22
)

// tally counts the cells that several factors all have, without making their product. One axis after the other is fixed
// to each of its items; what is left falls apart into parts that share no axis, which are counted by themselves and
// multiplied. The last axis of each factor is never gone through bit by bit: its rows are ANDed and their ones
// counted. A part's count depends only on the items of the axes that its factors share with those above, and is
// remembered by these. That is the elimination of variables that one would do by hand: it takes as many steps as the
// widest bundle of axes that must be fixed at once has cells, and a 64th of that along the last.
//
// Counts are of cells of the block, of which there are fewer than 2^62, so nothing overflows.
type tally struct {
	block   *cube.Block
	sizes   []uint64 // by axis
	factors []tallyFactor
	best    map[axisSet]axisChoice
	limits  tallyLimits
}

// tallyLimits are the most steps that there may be, and the most counts that are remembered for an axis.
type tallyLimits struct{ steps, remember float64 }

// tallyFactor is a factor and its axes as a set.
type tallyFactor struct {
	factor
	over axisSet
}

// axisSet is a set of a block's axes: a block has at most cube.MaxDimensions.
type axisSet uint32

func (s axisSet) has(axis int) bool { return s>>axis&1 != 0 }

func (s axisSet) without(axis int) axisSet { return s &^ (1 << axis) }

// all yields the axes in order.
func (s axisSet) all(yield func(int) bool) {
	for ; s != 0; s &= s - 1 {
		if !yield(bits.TrailingZeros32(uint32(s))) {
			return
		}
	}
}

func newTally(b *cube.Block, limits tallyLimits) *tally {
	t := &tally{block: b, best: map[axisSet]axisChoice{}, limits: limits}
	for _, d := range b.Dims {
		t.sizes = append(t.sizes, uint64(d.Len()))
	}
	return t
}

// add adds a factor that is neither full nor empty.
func (t *tally) add(f factor) {
	over := axisSet(0)
	for _, a := range f.axes {
		over |= 1 << a
	}
	t.factors = append(t.factors, tallyFactor{f, over})
}

// parts are the axes of the factors, cut into sets between which there is no factor.
func (t *tally) parts() []axisSet {
	all := axisSet(0)
	for _, f := range t.factors {
		all |= f.over
	}
	return t.split(all)
}

// split cuts axes into sets between which there is no factor.
func (t *tally) split(axes axisSet) []axisSet {
	var parts []axisSet
	for axes != 0 {
		part := axes & -axes
		for grown := axisSet(0); part != grown; {
			grown = part
			for _, f := range t.factors {
				if f.over&part != 0 {
					part |= f.over & axes
				}
			}
		}
		parts = append(parts, part)
		axes &^= part
	}
	return parts
}

// cells is the number of cells over axes, or nearly.
func (t *tally) cells(axes axisSet) float64 {
	n := 1.0
	for a := range axes.all {
		n *= float64(t.sizes[a])
	}
	return n
}

// above are the axes outside of a part that its factors have: what its count depends on.
func (t *tally) above(part axisSet) axisSet {
	all := axisSet(0)
	for _, f := range t.factors {
		if f.over&part != 0 {
			all |= f.over
		}
	}
	return all &^ part
}

// axisChoice is the axis of a part to fix first, and the steps that its count then takes.
type axisChoice struct {
	axis  int
	steps float64
}

// maxSearched is how many axes a part may have for every order to be looked at.
const maxSearched = 8

// choose is the best axis of a part to fix first, of which all ways are tried: parts have few axes. Of a large one it
// is the axis that most factors have.
func (t *tally) choose(part axisSet) axisChoice {
	if c, ok := t.best[part]; ok {
		return c
	}
	best := axisChoice{steps: math.Inf(1)}
	few := bits.OnesCount32(uint32(part)) <= maxSearched
	most := -1
	for a := range part.all {
		if !few {
			n := 0
			for _, f := range t.factors {
				if f.over.has(a) {
					n++
				}
			}
			if n > most {
				most, best = n, axisChoice{axis: a}
			}
			continue
		}
		if c := t.from(part, a); c.steps < best.steps {
			best = c
		}
	}
	if !few {
		best = t.from(part, best.axis)
	}
	t.best[part] = best
	return best
}

// from is the choice of an axis, with its steps where everything is remembered.
func (t *tally) from(part axisSet, axis int) axisChoice {
	rest := part.without(axis)
	steps := t.cells(t.above(part)) * t.work(part, axis)
	for _, next := range t.split(rest) {
		steps += t.choose(next).steps
	}
	return axisChoice{axis, steps}
}

// work is the steps for one axis, its items above being fixed.
func (t *tally) work(part axisSet, axis int) float64 {
	steps := 1.0
	for _, f := range t.factors {
		if f.over&part == 1<<axis {
			steps += float64(t.sizes[axis])/64 + 1
		}
	}
	if part != 1<<axis {
		steps += float64(t.sizes[axis])
	}
	return steps
}

// fixing is one axis on the way of a count: the factors of which it is the last axis, and the parts that are left.
type fixing struct {
	axis   int
	size   uint64
	rows   []tallyRows
	rest   []*fixing
	row    []uint64 // room for one row of the axis
	above  []int    // what the count depends on, with
	weight []uint64 // the places of their items in
	known  []uint64 // one more than the counts that were found; nil: they are not remembered
}

// tallyRows is a factor's words, an axis at last: where its rows begin.
type tallyRows struct {
	words   []uint64
	above   []int
	strides []uint64
}

// count counts a part, and its cells without any factor.
func (t *tally) count(part axisSet) (n, of uint64, err error) {
	of = 1
	for a := range part.all {
		of *= t.sizes[a]
	}
	if one := t.within(part); len(one) == 1 {
		return one[0].set.Len(), of, nil
	}
	f, err := t.plan(part, t.choose(part).axis)
	if err != nil {
		return 0, 0, err
	}
	return f.count(make([]uint64, len(t.sizes))), of, nil
}

// along says of each item of an axis of a part whether it has any cell.
func (t *tally) along(part axisSet, axis int) ([]bool, error) {
	f, err := t.plan(part, axis)
	if err != nil {
		return nil, err
	}
	found := make([]bool, t.sizes[axis])
	f.each(make([]uint64, len(t.sizes)), func(i, n uint64) { found[i] = n > 0 })
	return found, nil
}

// within are the factors of a part.
func (t *tally) within(part axisSet) []tallyFactor {
	return slices.DeleteFunc(slices.Clone(t.factors), func(f tallyFactor) bool { return f.over&part == 0 })
}

// plan makes the steps of a count that begins with an axis, unless they are too many.
func (t *tally) plan(part axisSet, axis int) (*fixing, error) {
	if steps := t.total(part, axis, 1); steps > t.limits.steps {
		return nil, fmt.Errorf("%s: the factors of its rights are so entangled that counting their cells would take more than %.0g steps; ask for a smaller slice", t.block, t.limits.steps)
	}
	return t.fix(part, axis, 1), nil
}

// total is the most steps that a part takes which is counted so often, or as often as there is something new to count.
func (t *tally) total(part axisSet, axis int, times float64) float64 {
	times = t.times(part, times)
	steps := times * t.work(part, axis)
	for _, next := range t.split(part.without(axis)) {
		steps += t.total(next, t.choose(next).axis, times*float64(t.sizes[axis]))
	}
	return steps
}

func (t *tally) times(part axisSet, asked float64) float64 {
	if different := t.cells(t.above(part)); different <= t.limits.remember {
		return min(asked, different)
	}
	return asked
}

func (t *tally) fix(part axisSet, axis int, asked float64) *fixing {
	f := &fixing{axis: axis, size: t.sizes[axis], row: make([]uint64, bitmap.WordsFor(t.sizes[axis]))}
	times := t.times(part, asked)
	if times < asked {
		n := uint64(1)
		for a := range t.above(part).all {
			f.above, f.weight = append(f.above, a), append(f.weight, n)
			n *= t.sizes[a]
		}
		f.known = make([]uint64, n)
	}
	for _, factor := range t.factors {
		if factor.over&part == 1<<axis {
			f.rows = append(f.rows, t.rows(factor.factor, axis))
		}
	}
	for _, next := range t.split(part.without(axis)) {
		f.rest = append(f.rest, t.fix(next, t.choose(next).axis, times*float64(t.sizes[axis])))
	}
	return f
}

// rows brings an axis of a factor to its end.
func (t *tally) rows(f factor, axis int) tallyRows {
	order := slices.DeleteFunc(slices.Clone(f.axes), func(a int) bool { return a == axis })
	order = append(order, axis)
	shape := func(axes []int) bitmap.Shape {
		s := make(bitmap.Shape, len(axes))
		for i, a := range axes {
			s[i] = int(t.sizes[a])
		}
		return s
	}
	from := make([]bitmap.Source, len(f.axes))
	for i, a := range f.axes {
		from[i] = bitmap.Source{Axis: slices.Index(order, a)}
	}
	r := tallyRows{words: f.set.Gather(shape(f.axes), shape(order), from, true).Words(), above: order[:len(order)-1]}
	r.strides = make([]uint64, len(r.above))
	n := t.sizes[axis]
	for i := len(r.above) - 1; i >= 0; i-- {
		r.strides[i] = n
		n *= t.sizes[r.above[i]]
	}
	return r
}

// count counts the cells of a part; at is the items of the axes that are fixed.
func (f *fixing) count(at []uint64) uint64 {
	place := uint64(0)
	if f.known != nil {
		for i, a := range f.above {
			place += at[a] * f.weight[i]
		}
		if n := f.known[place]; n != 0 {
			return n - 1
		}
	}
	total := uint64(0)
	if len(f.rest) == 0 {
		f.fill(at)
		total = bitmap.CountWords(f.row)
	} else {
		f.each(at, func(_, n uint64) { total += n })
	}
	if f.known != nil {
		f.known[place] = total + 1
	}
	return total
}

// each yields the items of the axis that have any cell, and how many they have.
func (f *fixing) each(at []uint64, yield func(item, n uint64)) {
	f.fill(at)
	for w, word := range f.row {
		for ; word != 0; word &= word - 1 {
			item, n := uint64(w)<<6+uint64(bits.TrailingZeros64(word)), uint64(1)
			at[f.axis] = item
			for _, next := range f.rest {
				if n *= next.count(at); n == 0 {
					break
				}
			}
			if n > 0 {
				yield(item, n)
			}
		}
	}
}

// fill makes the row of the axis: the items that all factors have of which it is the last axis.
func (f *fixing) fill(at []uint64) {
	bitmap.OnesWords(f.row, f.size)
	for _, r := range f.rows {
		first := uint64(0)
		for i, a := range r.above {
			first += at[a] * r.strides[i]
		}
		words, shift := r.words[first>>6:], first&63
		for i := range f.row {
			if i >= len(words) {
				f.row[i] = 0
				continue
			}
			w := words[i] >> shift
			if shift > 0 && i+1 < len(words) {
				w |= words[i+1] << (64 - shift)
			}
			f.row[i] &= w
		}
	}
}
