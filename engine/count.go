package engine

import (
	"fmt"
	"slices"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
)

// Count is how many cells of a slice of the block have a category, and how many cells the slice has. At holds an item
// for each dimension of the block, NoItem meaning all its items; nil means the whole block. The slice is never built:
// factors that share no dimension are counted by themselves and multiplied. The error says that factors which do
// share dimensions span more cells together than a set may have (2^32).
func (v *View) Count(c Category, at []cube.ItemID) (granted, cells uint64, err error) {
	if v.grant == nil {
		return 0, 0, nil
	}
	s := v.slice(at)
	cells = s.cells()
	if v.denies(c) {
		return 0, cells, nil
	}
	parts, err := s.parts(c)
	if err != nil {
		return 0, cells, err
	}
	granted = cells
	for _, p := range parts {
		n := s.grant.shape(p.axes).Len()
		if n == 0 {
			return 0, cells, nil
		}
		granted = granted / n * s.grant.rights.pool.Count(p.set, n)
	}
	return granted, cells, nil
}

// Items are the items of one dimension (by its place in the block) that have any cell with a category in a slice, in
// list order; At and the error are as in Count.
func (v *View) Items(c Category, axis int, at []cube.ItemID) ([]cube.ItemID, error) {
	if v.grant == nil || v.denies(c) {
		return nil, nil
	}
	s := v.slice(at)
	if s.cells() == 0 {
		return nil, nil
	}
	parts, err := s.parts(c)
	if err != nil {
		return nil, err
	}
	var own *factor
	for i, p := range parts {
		if slices.Contains(p.axes, axis) {
			own = &parts[i]
		} else if p.set == bitmap.Empty {
			return nil, nil
		}
	}
	var items []cube.ItemID
	var has func(cube.ItemID) bool
	if own == nil {
		has = func(cube.ItemID) bool { return true }
	} else {
		has = s.anyAlong(own, axis)
	}
	for i := range v.grant.ref.Block.Dims[axis].Len() {
		id := cube.ItemID(i)
		if (s.at[axis] < 0 || s.at[axis] == id) && has(id) {
			items = append(items, id)
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

// parts are the factors of a category over the axes that the slice leaves open, ANDed until no two share an axis.
func (s blockSlice) parts(c Category) ([]factor, error) {
	var parts []factor
	for _, f := range s.grant.combined(c) {
		next := s.cut(f)
		for {
			i := slices.IndexFunc(parts, func(p factor) bool { return share(p.axes, next.axes) })
			if i < 0 {
				break
			}
			var err error
			if next, err = s.and(parts[i], next); err != nil {
				return nil, err
			}
			parts = slices.Delete(parts, i, i+1)
		}
		parts = append(parts, next)
	}
	return parts, nil
}

func share(a, b []int) bool {
	return slices.ContainsFunc(a, func(x int) bool { return slices.Contains(b, x) })
}

// cut reads a factor at the fixed items.
func (s blockSlice) cut(f factor) factor {
	if !slices.ContainsFunc(f.axes, func(a int) bool { return s.at[a] >= 0 }) {
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
	return factor{axes: open, set: s.grant.rights.pool.Gather(f.set, s.grant.shape(f.axes), s.grant.shape(open), from, true)}
}

// and is two factors over the union of their axes.
func (s blockSlice) and(a, b factor) (factor, error) {
	axes := slices.Concat(a.axes, b.axes)
	slices.Sort(axes)
	axes = slices.Compact(axes)
	n := uint64(1)
	for _, d := range s.grant.shape(axes) {
		if n *= uint64(d); n > bitmap.MaxCells {
			return factor{}, fmt.Errorf("%s: the factors of its rights span more than %d cells together; ask for a smaller slice", s.grant.ref.Block, uint64(bitmap.MaxCells))
		}
	}
	pool := s.grant.rights.pool
	wide := func(f factor) bitmap.SetID {
		from := make([]bitmap.Source, len(f.axes))
		for i, x := range f.axes {
			from[i] = bitmap.Source{Axis: slices.Index(axes, x)}
		}
		return pool.Gather(f.set, s.grant.shape(f.axes), s.grant.shape(axes), from, true)
	}
	return factor{axes: axes, set: pool.And(n, wide(a), wide(b))}, nil
}

// anyAlong says for each item of an axis whether a factor grants any of its cells.
func (s blockSlice) anyAlong(f *factor, axis int) func(cube.ItemID) bool {
	shape := s.grant.shape(f.axes)
	k := slices.Index(f.axes, axis)
	inner := shape[k+1:].Len()
	size := uint64(shape[k])
	words := s.grant.rights.pool.Words(f.set, shape.Len())
	found := make([]bool, size)
	for cell := range shape.Len() {
		if words[cell>>6]>>(cell&63)&1 != 0 {
			found[cell/inner%size] = true
		}
	}
	return func(id cube.ItemID) bool { return found[id] }
}
