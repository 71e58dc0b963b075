package bitmap

import (
	"math"
	"slices"
)

// axisChoice is the axis of a part to fix first, and the steps that its count then takes.
type axisChoice struct {
	axis  int
	steps float64
}

// maxSearched is how many axes a part may have for every order to be looked at.
const maxSearched = 7

// choose is the best axis of a part to fix first, of which all ways are tried where it has few. Of a large one it is
// the one that is left when the others are summed out one by one, each time the axis that ties together the fewest.
func (t *tally) choose(part axisSet) axisChoice {
	if c, ok := t.best[part]; ok {
		return c
	}
	best := axisChoice{steps: math.Inf(1)}
	if part.len() > maxSearched {
		best = t.from(part, t.lastSummed(part))
	} else {
		for a := range part.all {
			if c := t.from(part, a); c.steps < best.steps {
				best = c
			}
		}
	}
	t.best[part] = best
	return best
}

// from is the choice of an axis, with its steps where everything is remembered.
func (t *tally) from(part axisSet, axis int) axisChoice {
	rest := part.without(axis)
	steps := t.contexts(part) * t.work(part, axis)
	for _, next := range t.split(rest) {
		steps += t.choose(next).steps
	}
	return axisChoice{axis, steps}
}

// lastSummed is the axis of a part that is left when the others are summed out.
func (t *tally) lastSummed(part axisSet) int {
	var over []axisSet
	for _, f := range t.within(part) {
		over = append(over, f.over)
	}
	for part.len() > 1 {
		next, least, joined := 0, math.Inf(1), axisSet(0)
		for a := range part.all {
			all := axisSet(0)
			for _, o := range over {
				if o.has(a) {
					all |= o
				}
			}
			if n := t.cells(all); n < least {
				next, least, joined = a, n, all
			}
		}
		over = append(slices.DeleteFunc(over, func(o axisSet) bool { return o.has(next) }), joined.without(next))
		part = part.without(next)
	}
	for a := range part.all {
		return a
	}
	return 0
}

// cells is the number of cells over axes, or nearly.
func (t *tally) cells(axes axisSet) float64 {
	n := 1.0
	for a := range axes.all {
		n *= float64(t.sizes[a])
	}
	return n
}

// within are the factors of a part.
func (t *tally) within(part axisSet) []tallyFactor {
	return slices.DeleteFunc(slices.Clone(t.factors), func(f tallyFactor) bool { return f.over&part == 0 })
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

// contexts is how many different counts of a part there may be.
func (t *tally) contexts(part axisSet) float64 {
	n := 1.0
	for a := range t.above(part).all {
		n *= float64(t.told(part, a).n)
	}
	return n
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

// total is the most steps that a part takes which is asked for so often, or as often as there is something new to count.
func (t *tally) total(part axisSet, axis int, asked float64) float64 {
	times := t.times(part, asked)
	steps := times * t.work(part, axis)
	for _, next := range t.split(part.without(axis)) {
		steps += t.total(next, t.choose(next).axis, times*float64(t.sizes[axis]))
	}
	return steps
}

func (t *tally) times(part axisSet, asked float64) float64 {
	if different := t.contexts(part); different <= t.limits.remember {
		return min(asked, different)
	}
	return asked
}

// fix plans the steps for a part that is asked for so often.
func (t *tally) fix(part axisSet, axis int, asked float64) *fixing {
	f := &fixing{axis: axis, size: t.sizes[axis], row: make([]uint64, WordsFor(t.sizes[axis]))}
	if t.merged != nil && t.merged[axis] != nil {
		f.merged = t.merged[axis]
	}
	times := t.times(part, asked)
	if times < asked {
		n := uint64(1)
		for a := range t.above(part).all {
			told := t.told(part, a)
			f.above, f.told, f.weight = append(f.above, a), append(f.told, told.of), append(f.weight, n)
			n *= uint64(told.n)
		}
		f.known = make([]uint64, n)
	}
	for _, factor := range t.factors {
		if factor.over&part == 1<<axis {
			f.rows = append(f.rows, t.rows(factor, axis))
		}
	}
	for _, next := range t.split(part.without(axis)) {
		f.rest = append(f.rest, t.fix(next, t.choose(next).axis, times*float64(t.sizes[axis])))
	}
	return f
}

// rows brings an axis of a factor to its end.
func (t *tally) rows(f tallyFactor, axis int) tallyRows {
	order := append(slices.DeleteFunc(slices.Clone(f.Axes), func(a int) bool { return a == axis }), axis)
	r := tallyRows{words: t.arranged(f, order), above: order[:len(order)-1]}
	r.strides = make([]uint64, len(r.above))
	n := t.sizes[axis]
	for i := len(r.above) - 1; i >= 0; i-- {
		r.strides[i] = n
		n *= t.sizes[r.above[i]]
	}
	return r
}

// arranged is the words of a factor, its axes in another order.
func (t *tally) arranged(f tallyFactor, order []int) []uint64 {
	if slices.Equal(order, f.Axes) {
		return f.Set.Words()
	}
	from := make([]Source, len(f.Axes))
	for i, a := range f.Axes {
		from[i] = Source{Axis: slices.Index(order, a)}
	}
	return f.Set.Gather(t.shape(f.Axes), t.shape(order), from, true).Words()
}

func (t *tally) shape(axes []int) Shape {
	s := make(Shape, len(axes))
	for i, a := range axes {
		s[i] = int(t.sizes[a])
	}
	return s
}
