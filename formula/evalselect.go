package formula

import (
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// slice is c at an item of l, without that dimension. Of dense values it is a view, of lazy ones an operation on
// slices: what lies outside the slice is not computed.
func (s *session) slice(c *column, l *cube.List, item cube.ItemID) (*column, error) {
	return s.sliced(c, l, item, map[*column]*column{})
}

func (s *session) sliced(c *column, l *cube.List, item cube.ItemID, done map[*column]*column) (*column, error) {
	axis := slices.Index(c.dims, l)
	if axis < 0 {
		return c, nil
	}
	if d := done[c]; d != nil {
		return d, nil
	}
	dims := slices.Delete(slices.Clone(c.dims), axis, axis+1)
	space, err := cube.NewSpace(dims...)
	if err != nil {
		return nil, err
	}
	var out *column
	switch c.form {
	case denseForm:
		out = sliceDense(c, space, axis, item)
	case sparseForm:
		var base *column
		if base, err = s.sliced(c.base, l, item, done); err == nil {
			out = sliceSparse(c, space, axis, item, base)
		}
	default:
		out, err = s.sliceLazy(c, l, item, done)
	}
	done[c] = out
	return out, err
}

func sliceDense(c *column, space cube.Space, axis int, item cube.ItemID) *column {
	offset := c.offset + int(item)*c.strides[axis]
	if len(space.Dims()) == 0 {
		return constantColumn(c.kind, c.dict, c.vals.raw(offset))
	}
	strides := slices.Delete(slices.Clone(c.strides), axis, axis+1)
	return &column{kind: c.kind, dims: space.Dims(), space: space, form: denseForm, vals: c.vals, dict: c.dict, offset: offset, strides: strides}
}

func sliceSparse(c *column, space cube.Space, axis int, item cube.ItemID, base *column) *column {
	st, n := c.space.Stride(axis), uint64(c.dims[axis].Len())
	var cells []uint64
	var places []int
	for i, cell := range c.cells {
		if cell/st%n == uint64(item) {
			cells = append(cells, cell/(st*n)*st+cell%st)
			places = append(places, i)
		}
	}
	return sparseColumn(space, cells, c.vals.keep(places), base)
}

func (s *session) sliceLazy(c *column, l *cube.List, item cube.ItemID, done map[*column]*column) (*column, error) {
	args := make([]*column, len(c.args))
	for i, a := range c.args {
		var err error
		if args[i], err = s.sliced(a, l, item, done); err != nil {
			return nil, err
		}
	}
	o := c.what
	if o.table == nil {
		return s.apply(o, args...)
	}
	target, table := o.table.dims[o.axis], o.table
	if target != l { // else it is the argument that has the dimension
		var err error
		if table, err = s.sliced(table, l, item, done); err != nil {
			return nil, err
		}
	}
	return s.spread(table, args[0], target)
}

// shift is c read n items further along l: BLANK past the ends.
func (s *session) shift(c *column, l *cube.List, n int) (*column, error) {
	if n == 0 {
		return c, nil
	}
	size := l.Len()
	if n >= size || -n >= size {
		return blankColumn(c.kind), nil
	}
	inside, err := s.inside(l, n)
	if err != nil {
		return nil, err
	}
	axis := slices.Index(c.dims, l)
	switch {
	case axis < 0:
		return s.choose(inside, c, blankColumn(c.kind))
	case c.form == sparseForm && c.base.form == constantForm:
		return s.shiftSparse(c, axis, n, inside)
	}
	vals, err := s.copied(c, c.space)
	if err != nil {
		return nil, err
	}
	inner := int(c.space.Stride(axis))
	block, moved := inner*size, inner*(size-max(n, -n))
	raw := blankRaw(c.storage())
	for lo := 0; lo < int(c.size()); lo += block {
		if n > 0 {
			vals.copyFrom(lo, vals, lo+n*inner, moved)
			vals.fill(lo+moved, lo+block, raw)
			continue
		}
		vals.copyFrom(lo-n*inner, vals, lo, moved)
		vals.fill(lo, lo-n*inner, raw)
	}
	return denseColumn(c.kind, c.dict, c.space, vals), nil
}

// inside is where an item of l has one n items further.
func (s *session) inside(l *cube.List, n int) (*column, error) {
	items, err := s.items(l)
	if err != nil {
		return nil, err
	}
	mask := makeLane(inBytes, l.Len())
	for i := range mask.bytes {
		mask.bytes[i] = truth(i+n >= 0 && i+n < l.Len())
	}
	return denseColumn(cube.Boolean, nil, items.space, mask), nil
}

func (s *session) shiftSparse(c *column, axis, n int, inside *column) (*column, error) {
	st, size := c.space.Stride(axis), c.dims[axis].Len()
	var cells []uint64
	var places []int
	for i, cell := range c.cells {
		if item := int(cell/st%uint64(size)) - n; item >= 0 && item < size {
			cells = append(cells, uint64(int(cell)-n*int(st)))
			places = append(places, i)
		}
	}
	base, err := s.choose(inside, c.base, blankColumn(c.kind))
	if err != nil {
		return nil, err
	}
	if base.form == sparseForm { // the ends alone: a base is to be simple
		if base, err = s.contiguous(base); err != nil {
			return nil, err
		}
	}
	return sparseColumn(c.space, cells, c.vals.keep(places), base), nil
}

// cumulate is the running sum of c along l: BLANK until the first value.
func (s *session) cumulate(c *column, l *cube.List) (*column, error) {
	c = coerce(c, cube.Number)
	if c.isBlank() {
		return c, nil
	}
	space, err := cube.NewSpace(unionDims(c.dims, []*cube.List{l})...)
	if err != nil {
		return nil, err
	}
	axis := space.Axis(l)
	if c.sparseOverBlank() && slices.Contains(c.dims, l) {
		if out, err := s.cumulateSparse(c, axis); out != nil || err != nil {
			return out, err
		}
	}
	vals, err := s.copied(c, space)
	if err != nil {
		return nil, err
	}
	sum, st, block := vals.num, int(space.Stride(axis)), int(space.Stride(axis))*l.Len()
	for lo := 0; lo < len(sum); lo += block {
		for i := lo + st; i < lo+block; i++ {
			before := sum[i-st]
			switch {
			case sum[i] != sum[i]:
				sum[i] = before
			case before == before:
				sum[i] += before
			}
		}
	}
	for i, x := range sum { // an infinite sum stays so, and is made BLANK only now
		sum[i] = finite(x)
	}
	return denseColumn(cube.Number, nil, space, vals), nil
}

// cumulateSparse is nil where the sums have too many cells to be kept sparse.
func (s *session) cumulateSparse(c *column, axis int) (*column, error) {
	st, size := c.space.Stride(axis), uint64(c.dims[axis].Len())
	first := make(map[uint64]uint64) // by cell at the first item: the item of the first value
	for i, cell := range c.cells {
		item := cell / st % size
		line := cell - item*st
		if _, ok := first[line]; !ok && !c.vals.blank(i) {
			first[line] = item
		}
	}
	count := 0.0
	for _, item := range first {
		count += float64(size - item)
	}
	if !s.worthSparse(count, c.space, inNums) {
		return nil, nil
	}
	cells := make([]uint64, 0, int(count))
	for line, item := range first {
		for ; item < size; item++ {
			cells = append(cells, line+item*st)
		}
	}
	slices.Sort(cells)
	sums := makeLane(inNums, len(cells))
	running := make(map[uint64]float64, len(first))
	at := 0
	for i, cell := range cells {
		for at < len(c.cells) && c.cells[at] < cell {
			at++ // only BLANKs before the first value of a line
		}
		line := cell - cell/st%size*st
		if at < len(c.cells) && c.cells[at] == cell && !c.vals.blank(at) {
			running[line] += c.vals.num[at]
		}
		sums.num[i] = finite(running[line])
	}
	return sparseColumn(c.space, cells, sums, c.base), nil
}
