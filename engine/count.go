package engine

import (
	"fmt"
	"slices"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
)

// Count is how many cells of a slice of the block have a category, and how many cells the slice has. At holds an item
// for each dimension of the block, NoItem meaning all its items; nil means the whole block. The slice is never built:
// factors that share no dimension are counted by themselves and multiplied, those that do are gone through dimension
// by dimension. That takes no more room than the factors and 32 MiB for each dimension, however many cells they span
// together; it fails where more than 2^35 steps of a few nanoseconds would be needed, before the first of them.
func (v *View) Count(c Category, at []cube.ItemID) (granted, cells uint64, err error) {
	if v.grant == nil {
		return 0, 0, nil
	}
	return v.slice(at).count(c, v.denies(c))
}

func (s blockSlice) count(c Category, denied bool) (granted, cells uint64, err error) {
	cells = s.cells()
	if cells == 0 || denied {
		return 0, cells, nil
	}
	t, none := s.tally(c)
	if none {
		return 0, cells, nil
	}
	granted = cells
	for _, part := range t.parts() {
		n, of, err := t.count(part)
		if err != nil {
			return 0, cells, err
		}
		granted = granted / of * n
	}
	return granted, cells, nil
}

// Items are the items of one dimension (by its place in the block) that have any cell with a category in a slice, in
// list order; At and the error are as in Count.
func (v *View) Items(c Category, axis int, at []cube.ItemID) ([]cube.ItemID, error) {
	if v.grant == nil || v.denies(c) {
		return nil, nil
	}
	return v.slice(at).items(c, axis)
}

func (s blockSlice) items(c Category, axis int) ([]cube.ItemID, error) {
	if s.cells() == 0 {
		return nil, nil
	}
	t, none := s.tally(c)
	if none {
		return nil, nil
	}
	has := func(uint64) bool { return true }
	for _, part := range t.parts() {
		if part.has(axis) {
			found, err := t.along(part, axis)
			if err != nil {
				return nil, err
			}
			has = func(i uint64) bool { return found[i] }
			continue
		}
		if n, _, err := t.count(part); n == 0 || err != nil {
			return nil, err
		}
	}
	var items []cube.ItemID
	for i := range s.grant.ref.Block.Dims[axis].Len() {
		if (s.at[axis] < 0 || s.at[axis] == cube.ItemID(i)) && has(uint64(i)) {
			items = append(items, cube.ItemID(i))
		}
	}
	return items, nil
}

// blockSlice is a slice of a grant's block.
type blockSlice struct {
	grant  *grant
	at     []cube.ItemID
	limits tallyLimits
}

func (v *View) slice(at []cube.ItemID) blockSlice {
	dims := v.grant.ref.Block.Dims
	if at == nil {
		at = slices.Repeat([]cube.ItemID{cube.NoItem}, len(dims))
	}
	if len(at) != len(dims) {
		panic(fmt.Sprintf("engine: %s has %d dimensions, asked with %d items", v.grant.ref.Block, len(dims), len(at)))
	}
	return blockSlice{v.grant, at, tallyLimits{steps: maxTallySteps, remember: maxTallyRemember}}
}

func (s blockSlice) cells() uint64 {
	n := uint64(1)
	for i, d := range s.grant.ref.Block.Dims {
		if s.at[i] < 0 {
			n *= uint64(d.Len())
		}
	}
	return n
}

// tally is the count of the slice's cells, with the factors of a category over the axes that the slice leaves open; none
// says that there are no cells.
func (s blockSlice) tally(c Category) (t *tally, none bool) {
	t = newTally(s.grant.ref.Block, s.limits)
	for _, f := range s.grant.combined(c) {
		f = s.cut(f)
		switch {
		case f.set.IsEmpty():
			return nil, true
		case f.set.Len() < f.set.Cells():
			t.add(f)
		}
	}
	return t, false
}

// cut reads a factor at the fixed items.
func (s blockSlice) cut(f factor) factor {
	if f.set.IsEmpty() || !slices.ContainsFunc(f.axes, func(a int) bool { return s.at[a] >= 0 }) {
		return f
	}
	var open []int
	from := make([]bitmap.Source, len(f.axes))
	for i, a := range f.axes {
		if s.at[a] >= 0 {
			from[i] = bitmap.Source{Items: []int32{int32(s.at[a])}}
			continue
		}
		from[i] = bitmap.Source{Axis: len(open)}
		open = append(open, a)
	}
	return factor{axes: open, set: f.set.Gather(s.grant.shape(f.axes), s.grant.shape(open), from, true)}
}
