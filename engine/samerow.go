package engine

import (
	"bytes"
	"slices"
	"sort"

	"github.com/cubeward/cubeward/cube"
)

// rowCursor reads the rows of a column, of which User is the first dimension, best in the order of members.
type rowCursor struct {
	col  *cube.Column
	n    uint64 // cells of a row
	next int    // Sparse: the first cell at or behind those of the members before
	last int    // one more than the last member
}

// rowPart is where a row stands in the values of a column.
type rowPart struct {
	col    *cube.Column
	first  uint64 // its first cell
	lo, hi int    // its values
}

func (c *rowCursor) at(member int) rowPart {
	first := uint64(member) * c.n
	p := rowPart{c.col, first, int(first), int(first + c.n)}
	switch c.col.Form() {
	case cube.Constant:
		p.lo, p.hi = 0, 1
	case cube.Sparse:
		cells := c.col.Cells()
		if member < c.last {
			c.next = sort.Search(len(cells), func(i int) bool { return cells[i] >= first })
		}
		for c.next < len(cells) && cells[c.next] < first {
			c.next++
		}
		p.lo = c.next
		for c.next < len(cells) && cells[c.next] < first+c.n {
			c.next++
		}
		p.hi, c.last = c.next, member+1
	}
	return p
}

// sameRow says whether two rows hold the same values in the same form; texts are compared as such, for each column
// numbers its own.
func sameRow(a, b rowPart) bool {
	x, y := a.col.Vector(), b.col.Vector()
	if a.col.Form() != b.col.Form() || x.Kind != y.Kind || a.hi-a.lo != b.hi-b.lo {
		return false
	}
	if a.col.Form() == cube.Sparse {
		for i, cell := range a.col.Cells()[a.lo:a.hi] {
			if cell-a.first != b.col.Cells()[b.lo+i]-b.first {
				return false
			}
		}
	}
	switch x.Kind {
	case cube.Number:
		return sameNumbers(x.Numbers[a.lo:a.hi], y.Numbers[b.lo:b.hi])
	case cube.Date, cube.Item:
		return slices.Equal(x.Ints[a.lo:a.hi], y.Ints[b.lo:b.hi])
	case cube.Text:
		return slices.EqualFunc(x.Ints[a.lo:a.hi], y.Ints[b.lo:b.hi], func(i, j int32) bool {
			if i == cube.BlankInt || j == cube.BlankInt {
				return i == j
			}
			return x.Dict[i] == y.Dict[j]
		})
	}
	return bytes.Equal(x.Bytes[a.lo:a.hi], y.Bytes[b.lo:b.hi])
}
