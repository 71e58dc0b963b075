package bitmap

import (
	"context"
	"math"
	"math/bits"
	"slices"
)

// Factor is a set over some axes of a larger space.
type Factor struct {
	Axes []int // increasing; none: one bit for all cells
	Set  Set
}

// Region is the cells of a space that all factors have. It is never built: factors that share no axis are worked on by
// themselves, and those that do are taken apart axis by axis, so that Space may have far more cells than a set. It has
// at most 32 axes.
//
// Items whose cells are the same in all factors are gone through once, and what is left of a region depends only on
// what its own factors tell apart. That takes as many steps as the widest bundle of axes that must be fixed at once has
// different items, and a 64th of that along the last; no more room than the factors and 32 MiB for each axis.
type Region struct {
	Space   Shape
	Factors []Factor
}

// regionLimits bound the work on a region. A step takes a few nanoseconds at most.
type regionLimits struct {
	steps    float64 // that it may surely be done within
	tried    float64 // that are tried where it is not sure, and for a bound after that; 0: neither
	remember float64 // the most results that are remembered for an axis
	merge    float64 // the steps from which on it is worth while to look for items that are the same
}

func allowed() regionLimits {
	return regionLimits{steps: 1 << 35, tried: 1 << 27, remember: 1 << 22, merge: 1 << 12}
}

// Count is how many cells the region has. Where that would take too long, or is not below 2^64, it is not exact but as
// many at most: what fewer of the factors leave. It fails only where ctx is done.
func (r Region) Count(ctx context.Context) (n uint64, exact bool, err error) {
	return r.count(ctx, allowed())
}

func (r Region) count(ctx context.Context, limits regionLimits) (n uint64, exact bool, err error) {
	parts, free, none := r.parts()
	if none {
		return 0, true, nil
	}
	n, exact = 1, true
	for _, a := range free {
		n, exact = upTo(n, uint64(r.Space[a]), exact)
	}
	for _, t := range parts {
		m, ok, err := t.count(ctx, limits)
		if err != nil {
			return 0, false, err
		}
		if m == 0 {
			return 0, true, nil // whatever the others have
		}
		n, exact = upTo(n, m, exact && ok)
	}
	return n, exact, nil
}

// upTo is a product, as large as can be where it overflows, and whether it is exact if its parts were.
func upTo(a, b uint64, exact bool) (uint64, bool) {
	hi, lo := bits.Mul64(a, b)
	if hi != 0 {
		return math.MaxUint64, false
	}
	return lo, exact
}

// Along says of each item of an axis whether the region has any cell there. Where that would take too long it is not
// exact: all that can have some.
func (r Region) Along(ctx context.Context, axis int) (items []bool, exact bool, err error) {
	return r.along(ctx, axis, allowed())
}

func (r Region) along(ctx context.Context, axis int, limits regionLimits) (items []bool, exact bool, err error) {
	items, exact = make([]bool, r.Space[axis]), true
	parts, _, none := r.parts()
	if none {
		return items, true, nil
	}
	own := slices.Repeat([]bool{true}, len(items)) // of an axis that no factor has
	for _, t := range parts {
		if t.axes().has(axis) {
			some, ok, err := t.along(ctx, axis, limits)
			if err != nil {
				return nil, false, err
			}
			own, exact = some, exact && ok
			continue
		}
		n, ok, err := t.count(ctx, limits)
		if err != nil {
			return nil, false, err
		}
		if n == 0 {
			return items, true, nil
		}
		exact = exact && ok
	}
	return own, exact, nil
}

// Find is one cell of the region, an item of each axis: the first on the way through it or, for last, the last. Nil
// where it has none, and where searching for one takes too long: it is not sure then.
func (r Region) Find(ctx context.Context, last bool) (cell []int, sure bool, err error) {
	return r.find(ctx, last, allowed())
}

func (r Region) find(ctx context.Context, last bool, limits regionLimits) (cell []int, sure bool, err error) {
	parts, free, none := r.parts()
	if none {
		return nil, true, nil
	}
	cell = make([]int, len(r.Space))
	for _, a := range free {
		if last {
			cell[a] = r.Space[a] - 1
		}
	}
	sure = true
	for _, t := range parts {
		found, ok, err := t.find(ctx, cell, last, limits)
		if err != nil {
			return nil, false, err
		}
		if ok && !found {
			return nil, true, nil
		}
		sure = sure && ok
	}
	if !sure {
		return nil, false, nil
	}
	return cell, true, nil
}

// parts are the region's factors, put into groups between which no axis is shared, those on the same axes ANDed; free
// are the axes without a factor. None says that there is no cell.
func (r Region) parts() (parts []*tally, free []int, none bool) {
	var all []tallyFactor
	for _, f := range r.Factors {
		over := axesOf(f.Axes)
		i := slices.IndexFunc(all, func(o tallyFactor) bool { return o.over == over })
		switch {
		case f.Set.full:
		case i < 0:
			all = append(all, tallyFactor{Factor: f, over: over})
		default:
			all[i].Set = all[i].Set.And(f.Set)
		}
	}
	taken := axisSet(0)
	for _, f := range all {
		taken |= f.over
		none = none || f.Set.IsEmpty()
	}
	none = none || slices.Contains(r.Space, 0)
	if none {
		return nil, nil, true
	}
	for a := range r.Space {
		if !taken.has(a) {
			free = append(free, a)
		}
	}
	for _, part := range split(all, taken) {
		parts = append(parts, r.tally(part, all))
	}
	return parts, free, false
}

// tally is what counts the factors over some axes.
func (r Region) tally(axes axisSet, factors []tallyFactor) *tally {
	t := &tally{space: r.Space}
	for _, n := range r.Space {
		t.sizes = append(t.sizes, uint64(n))
	}
	for _, f := range factors {
		if f.over&axes != 0 {
			t.factors = append(t.factors, f)
		}
	}
	return t
}
