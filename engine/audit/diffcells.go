package audit

import (
	"context"
	"encoding/binary"
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
	pool   *bitmap.Pool
	sizes  []int             // of the space's axes, none of them 0
	counts map[string]amount // by the region's key
}

// amount is how many cells a region has: if atMost is set not more than that.
type amount struct {
	cells  uint64
	atMost bool
}

func newRegions() *regions {
	return &regions{pool: bitmap.NewPool(), counts: map[string]amount{}}
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
	return slices.EqualFunc(r, o, constraint.equal)
}

func (c constraint) equal(o constraint) bool { return c.set == o.set && slices.Equal(c.axes, o.axes) }

// nowhere says whether a constraint denies every cell.
func (r region) nowhere() bool {
	return slices.ContainsFunc(r, func(c constraint) bool { return c.set == bitmap.Empty })
}

// key tells regions apart.
func (r region) key(to []byte) []byte {
	for _, c := range r {
		for _, a := range c.axes {
			to = append(to, byte(a))
		}
		to = binary.LittleEndian.AppendUint64(append(to, 0xff), uint64(c.set))
	}
	return append(to, 0xfe)
}

// spread is a region as one of sets, which counts its cells.
func (s *regions) spread(r region) bitmap.Region {
	out := bitmap.Region{Space: s.sizes}
	for _, c := range r {
		out.Factors = append(out.Factors, bitmap.Factor{Axes: c.axes, Set: s.pool.Set(c.set, s.shape(c.axes).Len())})
	}
	return out
}

// count is how many cells a region has. It is remembered.
func (s *regions) count(ctx context.Context, r region) (amount, error) {
	if r.nowhere() {
		return amount{}, nil
	}
	key := string(r.key(nil))
	if n, ok := s.counts[key]; ok {
		return n, nil
	}
	n, exact, err := s.spread(r).Count(ctx)
	if err != nil {
		return amount{}, err
	}
	s.counts[key] = amount{n, !exact}
	return s.counts[key], nil
}

// some is one cell of a region: the first on the way through it or, for last, the last; nil where it has none, and where
// none was found in time.
func (s *regions) some(ctx context.Context, r region, last bool) ([]cube.ItemID, error) {
	if r.nowhere() {
		return nil, nil
	}
	cell, _, err := s.spread(r).Find(ctx, last)
	if cell == nil || err != nil {
		return nil, err
	}
	items := make([]cube.ItemID, len(cell))
	for i, item := range cell {
		items[i] = cube.ItemID(item)
	}
	return items, nil
}
