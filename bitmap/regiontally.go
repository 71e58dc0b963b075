package bitmap

import (
	"context"
	"math"
	"math/bits"
	"slices"
)

// tally counts the cells of a region whose factors hang together. One axis after the other is fixed to each of its
// items; what is left falls apart into parts that share no axis, which are counted by themselves and multiplied. The
// last axis of each factor is never gone through bit by bit: its rows are ANDed and their ones counted. A part's count
// depends only on the items of the axes that its factors share with those above, and is remembered by what these
// factors tell apart. That is the elimination of variables that one would do by hand.
type tally struct {
	space   Shape
	sizes   []uint64 // by axis: its items or, where these are merged, its classes
	factors []tallyFactor
	merged  []*merger // by axis; none where nothing is merged
	none    bool      // merging found that there is no cell
	best    map[axisSet]axisChoice
	apart   map[contextKey]grouping
	limits  regionLimits
}

// tallyFactor is a factor, its axes as a set, and which of their items it tells apart.
type tallyFactor struct {
	Factor
	over axisSet
	own  map[int]grouping // by axis, of its items now; nil: not known
}

// axisSet is a set of a region's axes.
type axisSet uint32

func axesOf(axes []int) axisSet {
	s := axisSet(0)
	for _, a := range axes {
		s |= 1 << a
	}
	return s
}

func (s axisSet) has(axis int) bool { return s>>axis&1 != 0 }

func (s axisSet) without(axis int) axisSet { return s &^ (1 << axis) }

func (s axisSet) len() int { return bits.OnesCount32(uint32(s)) }

// all yields the axes in order.
func (s axisSet) all(yield func(int) bool) {
	for ; s != 0; s &= s - 1 {
		if !yield(bits.TrailingZeros32(uint32(s))) {
			return
		}
	}
}

// split cuts axes into sets between which there is no factor.
func split(factors []tallyFactor, axes axisSet) []axisSet {
	var parts []axisSet
	for axes != 0 {
		part := axes & -axes
		for grown := axisSet(0); part != grown; {
			grown = part
			for _, f := range factors {
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

func (t *tally) split(axes axisSet) []axisSet { return split(t.factors, axes) }

func (t *tally) axes() axisSet {
	all := axisSet(0)
	for _, f := range t.factors {
		all |= f.over
	}
	return all
}

// count counts the cells over the axes of the factors; where it is not exact there are so many at most.
func (t *tally) count(ctx context.Context, limits regionLimits) (n uint64, exact bool, err error) {
	if len(t.factors) == 1 {
		return t.factors[0].Set.Len(), true, nil
	}
	s, err := t.begin(ctx, limits, t.root)
	if err != nil {
		return 0, false, err
	}
	switch {
	case t.none:
		return 0, true, nil
	case s.budget == 0:
		return math.MaxUint64, false, nil
	}
	if n := s.top.count(s); !s.stopped {
		return n, n < math.MaxUint64, nil
	}
	if s.err != nil || limits.tried == 0 {
		return math.MaxUint64, false, s.err
	}
	n, err = t.most(ctx, limits)
	return n, false, err
}

// root is the axis to begin with.
func (t *tally) root() int { return t.choose(t.axes()).axis }

// along says of each item of an axis whether it has any cell.
func (t *tally) along(ctx context.Context, axis int, limits regionLimits) (items []bool, exact bool, err error) {
	s, err := t.begin(ctx, limits, func() int { return axis })
	if err != nil {
		return nil, false, err
	}
	if t.none {
		return make([]bool, t.space[axis]), true, nil
	}
	items = make([]bool, t.sizes[axis])
	s.top.fill(s)
	for i := range s.top.size {
		if s.at[axis] = i; bitAt(s.top.row, i) != 0 {
			items[i] = s.top.allHave(s)
		}
	}
	if s.err != nil {
		return nil, false, s.err
	}
	if s.stopped { // those that all its own factors can have
		for i := range items {
			items[i] = true
		}
	}
	if t.merged != nil && t.merged[axis] != nil {
		all := make([]bool, len(t.merged[axis].of))
		for i, c := range t.merged[axis].of {
			all[i] = c >= 0 && items[c]
		}
		items = all
	}
	return items, !s.stopped, nil
}

// find goes to a cell and says whether there is one; not ok where that is not sure.
func (t *tally) find(ctx context.Context, cell []int, last bool, limits regionLimits) (found, ok bool, err error) {
	s, err := t.begin(ctx, limits, t.root)
	if err != nil {
		return false, false, err
	}
	if t.none {
		return false, true, nil
	}
	s.last = last
	found = s.top.find(s)
	if s.err != nil || s.stopped {
		return false, false, s.err
	}
	for a := range t.axes().all {
		cell[a] = int(s.at[a])
		if t.merged != nil && t.merged[a] != nil {
			cell[a] = t.merged[a].item(s.at[a], last)
		}
	}
	return found, true, nil
}

// begin plans a walk that begins with an axis. Where that looks like many steps, items that no factor tells apart are
// merged first.
func (t *tally) begin(ctx context.Context, limits regionLimits, axis func() int) (*regionWalk, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if t.limits = limits; t.best == nil {
		t.forget()
	}
	all := t.axes()
	if t.merged == nil && t.total(all, axis(), 1) >= limits.merge {
		t.merge()
	}
	if t.none {
		return nil, nil
	}
	first := axis()
	s := &regionWalk{ctx: ctx, at: make([]uint64, len(t.sizes)), budget: limits.steps}
	if t.total(all, first, 1) > limits.steps {
		s.budget = min(limits.tried, limits.steps)
	}
	s.top = t.fix(all, first, 1)
	return s, nil
}

func (t *tally) forget() { t.best, t.apart = map[axisSet]axisChoice{}, map[contextKey]grouping{} }

// most is how many cells there are at most, where they are not counted in time: as many as without one of the factors, of
// those the one that has most of its cells, or without more of them.
func (t *tally) most(ctx context.Context, limits regionLimits) (uint64, error) {
	few := limits
	few.steps = limits.tried
	for fewer := t; len(fewer.factors) > 1; {
		var loosest, easiest *tally
		dense, least := -1.0, math.Inf(1)
		for i, f := range fewer.factors {
			next := fewer.without(i, few)
			steps := 0.0
			for _, part := range next.split(next.axes()) {
				steps += next.total(part, next.choose(part).axis, 1)
			}
			if d := float64(f.Set.Len()) / float64(f.Set.Cells()); steps <= few.steps && d > dense {
				loosest, dense = next, d
			}
			if steps < least {
				easiest, least = next, steps
			}
		}
		if loosest != nil {
			return loosest.weighed(ctx, t.axes(), few)
		}
		fewer = easiest
	}
	return math.MaxUint64, nil
}

// without is the same but a factor.
func (t *tally) without(i int, limits regionLimits) *tally {
	out := &tally{space: t.space, sizes: t.sizes, merged: t.merged, limits: limits}
	out.factors = slices.Delete(slices.Clone(t.factors), i, i+1)
	out.forget()
	return out
}

// weighed counts the cells over axes where not all of these have a factor, and the factors may hang together no more.
func (t *tally) weighed(ctx context.Context, axes axisSet, limits regionLimits) (uint64, error) {
	n := uint64(1)
	for a := range (axes &^ t.axes()).all {
		sum := uint64(0)
		for i := range int(t.sizes[a]) {
			sum += t.items(a, i)
		}
		n, _ = upTo(n, sum, true)
	}
	for _, axes := range t.split(t.axes()) {
		part := &tally{space: t.space, sizes: t.sizes, merged: t.merged, factors: t.within(axes)}
		s, err := part.begin(ctx, limits, part.root)
		if err != nil {
			return 0, err
		}
		m := s.top.count(s)
		if s.stopped {
			return math.MaxUint64, s.err
		}
		n, _ = upTo(n, m, true)
	}
	return n, nil
}
