package cube

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
)

// ColumnBuilder collects the values of cells in any order.
type ColumnBuilder struct {
	typ   Type
	space Space
	parts []part
	cells []uint64 // since the last part
	vals  *VectorBuilder
}

// part is values of cells, one of each cell.
type part struct {
	cells []uint64
	vec   Vector // its Dict is not used: texts have the codes of the builder
}

// NewColumnBuilder is a builder without values.
func NewColumnBuilder(t Type, space Space) *ColumnBuilder {
	return &ColumnBuilder{typ: t, space: space, vals: NewVectorBuilder(t.Kind)}
}

// Set gives a cell a value. A BLANK counts as given: see DuplicateCellError.
func (b *ColumnBuilder) Set(cell uint64, v Value) {
	b.cells = append(b.cells, cell)
	b.vals.Append(v)
}

// SetAll gives cells values, as so many calls of Set do. It takes over both slices, and panics where there are more or
// fewer values than cells, or values of another kind than the builder's.
func (b *ColumnBuilder) SetAll(cells []uint64, values Vector) {
	if values.N != len(cells) || values.Kind != b.typ.Kind {
		panic(fmt.Sprintf("cube: %d values of kind %s for %d cells of kind %s", values.N, values.Kind, len(cells), b.typ.Kind))
	}
	b.cut()
	if values.Kind == Text {
		codes := make([]int32, len(values.Dict))
		for i, text := range values.Dict {
			codes[i] = b.vals.code(text)
		}
		for i, code := range values.Ints {
			if code != BlankInt {
				values.Ints[i] = codes[code]
			}
		}
	}
	b.parts = append(b.parts, part{cells, values})
}

// cut makes a part of what was set one by one since the last.
func (b *ColumnBuilder) cut() {
	if len(b.cells) == 0 {
		return
	}
	vec := b.vals.v
	b.parts = append(b.parts, part{b.cells, vec})
	b.cells, b.vals.v = nil, Vector{Kind: vec.Kind, Dict: vec.Dict}
}

// DuplicateCellError says that one cell was given twice: by the First and the Second call of Set, counted from 0.
type DuplicateCellError struct{ First, Second int }

// Error says that a cell is given twice.
func (e *DuplicateCellError) Error() string {
	return fmt.Sprintf("values %d and %d are for the same cell", e.First+1, e.Second+1)
}

// Column is what was set so far, dense where at least a quarter of the cells have a value. It fails with a
// *DuplicateCellError where a cell was set twice. The builder must not be used again.
//
// Cost: linear, and memory for the column and, where cells were set in another order than their own, for their order.
func (b *ColumnBuilder) Column() (*Column, error) {
	b.cut()
	values, sorted, last := uint64(0), true, int64(-1)
	for i := range b.parts {
		p := &b.parts[i]
		for k, cell := range p.cells {
			sorted = sorted && int64(cell) > last
			last = int64(cell)
			if !p.vec.Blank(k) {
				values++
			}
		}
	}
	if n := b.space.Len(); values >= (n+3)/4 && n < 1<<31 {
		return b.dense(n, sorted)
	}
	if !sorted {
		if err := b.sort(); err != nil {
			return nil, err
		}
	}
	return b.sparse(int(values)), nil
}

// dense is a column of n cells.
func (b *ColumnBuilder) dense(n uint64, sorted bool) (*Column, error) {
	out := NewVector(b.typ.Kind, int(n))
	out.Dict = b.vals.v.Dict
	var seen []uint64
	if !sorted {
		seen = make([]uint64, (n+63)/64)
	}
	for i := range b.parts {
		p := &b.parts[i]
		for k, cell := range p.cells {
			if !sorted {
				if seen[cell/64]>>(cell%64)&1 != 0 {
					return nil, b.sort()
				}
				seen[cell/64] |= 1 << (cell % 64)
			}
			out.put(int(cell), &p.vec, k)
		}
		if sorted { // else whichever cell stands twice is looked for in all
			b.parts[i] = part{}
		}
	}
	return NewDense(b.typ, b.space, out), nil
}

// sparse is a column of so many values. The cells of all parts are sorted.
func (b *ColumnBuilder) sparse(values int) *Column {
	cells, vec := make([]uint64, 0, values), NewVector(b.typ.Kind, values)
	vec.Dict = b.vals.v.Dict
	for i := range b.parts {
		p := &b.parts[i]
		for k, cell := range p.cells {
			if !p.vec.Blank(k) {
				vec.put(len(cells), &p.vec, k)
				cells = append(cells, cell)
			}
		}
		b.parts[i] = part{}
	}
	return NewSparse(b.typ, b.space, cells, vec)
}

// sort puts all parts together in the order of their cells, and says which was set twice.
func (b *ColumnBuilder) sort() error {
	n := 0
	for _, p := range b.parts {
		n += len(p.cells)
	}
	all := part{make([]uint64, 0, n), NewVector(b.typ.Kind, n)}
	order := make([]placed, 0, n)
	for i := range b.parts {
		p := &b.parts[i]
		for k, cell := range p.cells {
			all.vec.put(len(order), &p.vec, k)
			order = append(order, placed{cell, len(order)})
		}
		b.parts[i] = part{}
	}
	order = inOrder(order, b.space.Len())
	places := make([]int, n)
	for i, o := range order {
		if i > 0 && order[i-1].cell == o.cell {
			return &DuplicateCellError{order[i-1].at, o.at}
		}
		all.cells = append(all.cells, o.cell)
		places[i] = o.at
	}
	all.vec = all.vec.Take(places)
	b.parts = []part{all}
	return nil
}

// placed is a cell, and the how manieth it was to be set.
type placed struct {
	cell uint64
	at   int
}

// digit is how many bits of a cell's number are looked at together.
const digit = 11

// inOrder sorts cells of a space of n by their numbers, and equal ones as they stood: many by one digit of the number
// after the other.
func inOrder(cells []placed, n uint64) []placed {
	if len(cells) < 1<<digit {
		slices.SortStableFunc(cells, func(a, b placed) int { return cmp.Compare(a.cell, b.cell) })
		return cells
	}
	other := make([]placed, len(cells))
	for shift := 0; shift < bits.Len64(n); shift += digit {
		var at [1 << digit]int
		for _, c := range cells {
			at[c.cell>>shift&(1<<digit-1)]++
		}
		sum := 0
		for i, k := range at {
			at[i], sum = sum, sum+k
		}
		for _, c := range cells {
			d := c.cell >> shift & (1<<digit - 1)
			other[at[d]] = c
			at[d]++
		}
		cells, other = other, cells
	}
	return cells
}
