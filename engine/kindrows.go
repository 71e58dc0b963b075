package engine

import (
	"context"
	"slices"
	"strconv"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
)

// kindList is a list of n kinds, with the number of the list User.
func kindList(n int) *cube.List {
	l := cube.NewWorkspace("").Users
	for i := range n {
		if err := l.Append(strconv.Itoa(i)); err != nil {
			panic(err) // numbers are distinct, and there are no more kinds than members
		}
	}
	return l
}

// usersFirst is a column with users as its first dimension, where it has them, and the others by ListID.
func usersFirst(users *cube.List, col *cube.Column) (*cube.Column, error) {
	dims := slices.Clone(col.Space().Dims())
	slices.SortFunc(dims, func(a, b *cube.List) int { return int(a.ID) - int(b.ID) })
	if i := slices.Index(dims, users); i > 0 {
		dims = slices.Insert(slices.Delete(dims, i, i+1), 0, users)
	}
	if slices.Equal(dims, col.Space().Dims()) {
		return col, nil
	}
	space, err := cube.NewSpace(dims...)
	if err != nil {
		return nil, err
	}
	return formula.Broadcast(col, space)
}

// firstRows keeps of a column, users first, the row of the first member of each kind.
func firstRows(ctx context.Context, col *cube.Column, k kinds, list *cube.List) (*cube.Column, error) {
	dims := slices.Clone(col.Space().Dims())
	dims[0] = list
	space, err := cube.NewSpace(dims...)
	if err != nil {
		return nil, err
	}
	vec := col.Vector()
	if col.Form() == cube.Constant {
		return cube.NewConstant(col.Type(), space, vec.Value(0)), nil
	}
	n := uint64(1)
	if len(k.of) > 0 {
		n = col.Space().Len() / uint64(len(k.of))
	}
	if col.Form() == cube.Dense {
		out := cube.NewVector(vec.Kind, int(space.Len()))
		out.Dict = vec.Dict
		for i, m := range k.first {
			if i&0xff == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			copyCells(&out, i*int(n), vec, int(uint64(m)*n), int(n))
		}
		return cube.NewDense(col.Type(), space, out), nil
	}
	var places []int
	var kept []uint64
	cells := col.Cells()
	for i, m := range k.first {
		if i&0xff == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		lo, _ := slices.BinarySearch(cells, uint64(m)*n)
		for ; lo < len(cells) && cells[lo] < uint64(m+1)*n; lo++ {
			kept = append(kept, cells[lo]-uint64(m)*n+uint64(i)*n)
			places = append(places, lo)
		}
	}
	return cube.NewSparse(col.Type(), space, kept, vec.Take(places)), nil
}

// copyCells copies n values from one vector to another one of its kind.
func copyCells(to *cube.Vector, at int, from *cube.Vector, first, n int) {
	switch {
	case from.Numbers != nil:
		copy(to.Numbers[at:at+n], from.Numbers[first:])
	case from.Ints != nil:
		copy(to.Ints[at:at+n], from.Ints[first:])
	case from.Bytes != nil:
		copy(to.Bytes[at:at+n], from.Bytes[first:])
	}
}
