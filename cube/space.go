package cube

import (
	"fmt"
	"math/bits"
	"strings"
)

// MaxDimensions is the most dimensions a block may have (SPEC 2).
const MaxDimensions = 16

// Space is the cells over an ordered list of dimensions, numbered from 0 with the last dimension fastest ("cell
// order"). The zero Space has no dimensions and one cell. A Space is a value: copy it freely.
type Space struct {
	dims    []*List
	strides []uint64
	length  uint64
	some    bool // set by NewSpace: a Space without dimensions has one cell
}

// NewSpace is the space over dims. It fails where its cells cannot be numbered in 62 bits.
func NewSpace(dims ...*List) (Space, error) {
	s := Space{dims: dims, strides: make([]uint64, len(dims)), length: 1, some: true}
	empty := false
	for i := len(dims) - 1; i >= 0; i-- {
		s.strides[i] = s.length
		n := uint64(dims[i].Len())
		if n == 0 {
			empty = true
			n = 1
		}
		hi, lo := bits.Mul64(s.length, n)
		if hi != 0 || lo >= 1<<62 {
			return Space{}, fmt.Errorf("the space %s has more than 2^62 cells", s)
		}
		s.length = lo
	}
	if empty {
		s.length = 0
	}
	return s, nil
}

// Dims are the dimensions in order. The slice belongs to the space: do not change it.
func (s Space) Dims() []*List { return s.dims }

// Len is the number of cells: 1 without dimensions, 0 where a dimension has no items.
func (s Space) Len() uint64 {
	if !s.some {
		return 1
	}
	return s.length
}

// Stride is how far apart in cell numbers two neighbours along dimension i are.
func (s Space) Stride(i int) uint64 { return s.strides[i] }

// Axis is where the dimension stands in the space, -1 where it does not.
func (s Space) Axis(l *List) int {
	for i, d := range s.dims {
		if d == l {
			return i
		}
	}
	return -1
}

// Cell is the number of the cell at items, one for each dimension in order.
func (s Space) Cell(items []ItemID) uint64 {
	var c uint64
	for i, it := range items {
		c += uint64(it) * s.strides[i]
	}
	return c
}

// At writes the items of a cell into items, which has one place for each dimension.
func (s Space) At(cell uint64, items []ItemID) {
	for i, st := range s.strides {
		items[i] = ItemID(cell / st)
		cell %= st
	}
}

// String lists the dimensions with their sizes: "Country 200 × Month 36".
func (s Space) String() string {
	parts := make([]string, len(s.dims))
	for i, d := range s.dims {
		parts[i] = fmt.Sprintf("%s %d", d.Name, d.Len())
	}
	return strings.Join(parts, " × ")
}
