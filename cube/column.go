package cube

import (
	"fmt"
	"slices"
)

// Form is how a Column keeps its values.
type Form uint8

// The forms of columns.
const (
	Constant Form = iota // one value in every cell
	Dense                // one value a cell, in cell order
	Sparse               // values of some cells; the others are BLANK
)

// Column is the values of a block or an expression over a space. Columns are immutable and may be shared by all
// goroutines.
type Column struct {
	typ   Type
	space Space
	form  Form
	cells []uint64 // Sparse: sorted, distinct cell numbers
	vec   Vector   // Constant: 1 value; Dense: space.Len(); Sparse: len(cells)
}

// NewConstant is a column with the same value in every cell of space.
func NewConstant(t Type, space Space, v Value) *Column {
	b := NewVectorBuilder(t.Kind)
	b.Append(v)
	return &Column{typ: t, space: space, form: Constant, vec: b.Vector()}
}

// NewDense is a column with one value a cell, in cell order. It takes over vec and panics where its length is not
// the space's.
func NewDense(t Type, space Space, vec Vector) *Column {
	if uint64(vec.N) != space.Len() {
		panic(fmt.Sprintf("cube: dense column of %d values over %d cells", vec.N, space.Len()))
	}
	return &Column{typ: t, space: space, form: Dense, vec: vec}
}

// NewSparse is a column with values at cells, which are sorted and distinct, and BLANK elsewhere. It takes over both
// slices and panics where their lengths differ.
func NewSparse(t Type, space Space, cells []uint64, vec Vector) *Column {
	if vec.N != len(cells) {
		panic(fmt.Sprintf("cube: sparse column of %d values at %d cells", vec.N, len(cells)))
	}
	return &Column{typ: t, space: space, form: Sparse, cells: cells, vec: vec}
}

// Type is the type of the values.
func (c *Column) Type() Type { return c.typ }

// Space is the space of the cells.
func (c *Column) Space() Space { return c.space }

// Form is how the values are kept: it says what Vector and Cells hold.
func (c *Column) Form() Form { return c.form }

// Vector is the values kept: one where Constant, one a cell where Dense, one for each of Cells where Sparse. It
// belongs to the column: do not change it.
func (c *Column) Vector() *Vector { return &c.vec }

// Cells are the cells that a Sparse column keeps, sorted; nil for other forms. The slice belongs to the column.
func (c *Column) Cells() []uint64 { return c.cells }

// Value is the value of a cell: O(1), or a binary search where Sparse.
func (c *Column) Value(cell uint64) Value {
	switch c.form {
	case Constant:
		return c.vec.Value(0)
	case Dense:
		return c.vec.Value(int(cell))
	}
	if i, ok := slices.BinarySearch(c.cells, cell); ok {
		return c.vec.Value(i)
	}
	return Value{}
}

// With is the column with other values at some cells, which are sorted and distinct; values of another kind than the
// column's are BLANK. It costs as much as the column holds.
func (c *Column) With(cells []uint64, values []Value) *Column {
	b := NewVectorBuilder(c.typ.Kind)
	for _, text := range c.vec.Dict { // so the texts that the column has keep their codes
		b.code(text)
	}
	for _, v := range values {
		b.Append(v)
	}
	given := b.Vector()
	if c.form == Sparse || c.form == Constant && c.vec.Blank(0) {
		return c.merged(cells, &given)
	}
	places := make([]int, c.space.Len())
	if c.form == Dense {
		for i := range places {
			places[i] = i
		}
	}
	vec := c.vec.Take(places)
	vec.Dict = given.Dict
	for i, cell := range cells {
		vec.put(int(cell), &given, i)
	}
	return NewDense(c.typ, c.space, vec)
}

// merged is a sparse column, or one that is BLANK, with other values at some cells.
func (c *Column) merged(cells []uint64, given *Vector) *Column {
	var kept []uint64
	var from []int // the place of each in c or, complemented, in given
	for i, at := 0, 0; i < len(c.cells) || at < len(cells); {
		if at == len(cells) || i < len(c.cells) && c.cells[i] < cells[at] {
			kept, from = append(kept, c.cells[i]), append(from, i)
			i++
			continue
		}
		if i < len(c.cells) && c.cells[i] == cells[at] {
			i++
		}
		if !given.Blank(at) {
			kept, from = append(kept, cells[at]), append(from, ^at)
		}
		at++
	}
	vec := NewVector(c.typ.Kind, len(kept))
	vec.Dict = given.Dict
	for i, f := range from {
		if f < 0 {
			vec.put(i, given, ^f)
		} else {
			vec.put(i, &c.vec, f)
		}
	}
	return NewSparse(c.typ, c.space, kept, vec)
}
