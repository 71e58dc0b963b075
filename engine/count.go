package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
)

// EntangledError says that the factors of a member's rights to a block share dimensions in so many ways that its cells
// cannot be counted in time. It holds no cell and no value.
type EntangledError struct {
	Block  *cube.Block
	AtMost uint64 // how many there are at most; those of the slice where nothing better is known
}

// Error names the block.
func (e *EntangledError) Error() string {
	return fmt.Sprintf("%s: the factors of its rights are so entangled that its cells cannot be counted in time; ask for a smaller slice", e.Block)
}

// Count is how many cells of a slice of the block have a category, and how many cells the slice has. At holds an item
// for each dimension of the block, NoItem meaning all its items; nil means the whole block. The slice is never built:
// factors that share no dimension are counted by themselves and multiplied, those that do are gone through dimension
// by dimension, items that they do not tell apart once. That takes no more room than the factors and 32 MiB for each
// dimension, however many cells they span together. It fails with an *EntangledError, which says how many there are at
// most, where too many steps would be needed: 2^35 of a few nanoseconds where that can be told before the first, else
// 2^27.
func (v *View) Count(c Category, at []cube.ItemID) (granted, cells uint64, err error) {
	if v.grant == nil {
		return 0, 0, nil
	}
	s := v.slice(at)
	cells = s.cells()
	if cells == 0 || v.denies(c) {
		return 0, cells, nil
	}
	granted, exact, err := s.region(c).Count(context.Background())
	if err == nil && !exact {
		return 0, cells, &EntangledError{s.grant.ref.Block, min(granted, cells)}
	}
	return granted, cells, err
}

// Any says whether any cell of a slice of the block has a category; At is as in Count. It asks for less than Count does:
// the first cell found is enough. It fails with an *EntangledError where none was found in time.
func (v *View) Any(c Category, at []cube.ItemID) (bool, error) {
	if v.grant == nil || v.denies(c) {
		return false, nil
	}
	s := v.slice(at)
	cell, sure, err := s.region(c).Find(context.Background(), false)
	if err == nil && !sure {
		return false, &EntangledError{s.grant.ref.Block, s.cells()}
	}
	return cell != nil, err
}

// Items are the items of one dimension (by its place in the block) that have any cell with a category in a slice, in
// list order; At and the error are as in Count.
func (v *View) Items(c Category, axis int, at []cube.ItemID) ([]cube.ItemID, error) {
	if v.grant == nil || v.denies(c) {
		return nil, nil
	}
	s := v.slice(at)
	has, exact, err := s.region(c).Along(context.Background(), axis)
	if err == nil && !exact {
		err = &EntangledError{s.grant.ref.Block, s.cells()}
	}
	if err != nil {
		return nil, err
	}
	var items []cube.ItemID
	for i, some := range has {
		switch {
		case !some:
		case s.at[axis] >= 0: // the only one of its axis
			items = append(items, s.at[axis])
		default:
			items = append(items, cube.ItemID(i))
		}
	}
	return items, nil
}

// blockSlice is a slice of a grant's block.
type blockSlice struct {
	grant *grant
	at    []cube.ItemID
}

func (v *View) slice(at []cube.ItemID) blockSlice {
	dims := v.grant.ref.Block.Dims
	if at == nil {
		at = slices.Repeat([]cube.ItemID{cube.NoItem}, len(dims))
	}
	if len(at) != len(dims) {
		panic(fmt.Sprintf("engine: %s has %d dimensions, asked with %d items", v.grant.ref.Block, len(dims), len(at)))
	}
	return blockSlice{v.grant, at}
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

// region is the cells of the slice that have a category, along fixed dimensions over the one item.
func (s blockSlice) region(c Category) bitmap.Region {
	dims := s.grant.ref.Block.Dims
	r := bitmap.Region{Space: make(bitmap.Shape, len(dims))}
	for i, d := range dims {
		if r.Space[i] = 1; s.at[i] < 0 {
			r.Space[i] = d.Len()
		}
	}
	for _, f := range s.grant.combined(c) {
		f = s.cut(f)
		r.Factors = append(r.Factors, bitmap.Factor{Axes: f.axes, Set: f.set})
	}
	return r
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
