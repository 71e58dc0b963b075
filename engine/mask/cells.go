package mask

import "math"

// Cells of several columns are numbered by adding up what each code stands for.

// steps are what the codes of a column add to the number of a cell: stride times the item of each.
type steps struct {
	of     []uint32
	items  []uint16 // by code; nil where they are too large
	stride uint32
	linear int // of so many codes, from the first on, the item is the code
}

// newSteps takes the items by code.
func newSteps(items []uint32, stride uint32) steps {
	o := steps{of: make([]uint32, len(items)), items: make([]uint16, len(items)), stride: stride}
	for i, item := range items {
		o.of[i] = stride * item
		if item == uint32(i) && o.linear == i {
			o.linear++
		}
		if item > math.MaxUint16 {
			o.items = nil
		}
		if o.items != nil {
			o.items[i] = uint16(item)
		}
	}
	return o
}

// cut is the offsets of the first n codes.
func (o steps) cut(n int) steps {
	o.of, o.linear = o.of[:n], min(o.linear, n)
	if o.items != nil {
		o.items = o.items[:n]
	}
	return o
}

// setCells writes to cells the offset of each code. It is false where a code has none.
func setCells[T uint8 | uint16 | uint32](cells []uint32, codes []T, o *steps) bool {
	cells, codes, ok := cellsAtOnce(cells, codes, o, false)
	of, codes := o.of, codes[:len(cells)]
	for i := range cells {
		c := codes[i]
		if uint(c) >= uint(len(of)) {
			return false
		}
		cells[i] = of[c]
	}
	return ok
}

// addToCells adds to cells the offset of each code. It is false where a code has none.
func addToCells[T uint8 | uint16 | uint32](cells []uint32, codes []T, o *steps) bool {
	cells, codes, ok := cellsAtOnce(cells, codes, o, true)
	of, codes := o.of, codes[:len(cells)]
	for i := range cells {
		c := codes[i]
		if uint(c) >= uint(len(of)) {
			return false
		}
		cells[i] += of[c]
	}
	return ok
}

// cellsAtOnce is setCells and addToCells for the first codes; it is followed by those that are left, and false where a code has no offset.
func cellsAtOnce[T uint8 | uint16 | uint32](cells []uint32, codes []T, o *steps, add bool) (leftCells []uint32, left []T, ok bool) {
	codes = codes[:len(cells)]
	done, most := cellWords(cells, codes, o, add)
	return cells[done:], codes[done:], done == 0 || uint64(most) < uint64(len(o.of))
}
