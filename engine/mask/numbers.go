package mask

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"
)

// numberCoder codes rows of numbers: positions of items, or numbers that items' names are read as.
type numberCoder[T index] struct {
	plainCoder
	values []T
}

func newNumberCoder[T index](p part, base plainCoder) (coder, bool, error) {
	width := p.data.DataType().(arrow.FixedWidthDataType).Bytes()
	values, err := indices[T](p, width)
	return &numberCoder[T]{base, values}, base.valid != nil, err
}

func (c *numberCoder[T]) code(lo int, out []uint32, _ *book) error {
	values := c.values[lo : lo+len(out)]
	lk := c.lookup
	switch {
	case lk.positions > 0 || lk.slots == nil && lk.sparse == nil:
		codePositions(out, values, uint64(c.n))
	case lk.slots != nil:
		codeDense(out, values, lk.low, lk.slots)
		c.codeLarge(out, values)
	default:
		c.codeSparse(out, values)
	}
	putNulls(out, c.valid, c.off+lo, c.n+nullSlot)
	return nil
}

// stands are the values, where they can serve as codes as they stand: positions that are narrow enough.
func (c *numberCoder[T]) stands() codes {
	if c.lookup.positions == 0 || len(c.values) == 0 {
		return codes{}
	}
	b := arrow.GetBytes(c.values)
	width := len(b) / len(c.values)
	if ^T(0) < 0 && width < 8 && c.n > 1<<(8*width-1) {
		return codes{} // Read without its sign, a negative number could stand for an item.
	}
	return codesIn(b, width)
}

// codePositions makes codes of positions; past the last item lies the slot of what is no item.
func codePositions[T index](out []uint32, values []T, n uint64) {
	values = values[:len(out)]
	for i := range out {
		out[i] = uint32(min(uint64(values[i]), n+unknownSlot))
	}
}

// codeDense makes codes of numbers from low on, by slots, the last of which is that of what is no item.
func codeDense[T index](out []uint32, values []T, low int64, slots []uint32) {
	values = values[:len(out)]
	last := uint64(len(slots) - 1)
	for i := range out {
		out[i] = slots[min(uint64(values[i])-uint64(low), last)] // Differences wrap, but never into the range.
	}
}

func (c *numberCoder[T]) codeSparse(out []uint32, values []T) {
	signed := ^T(0) < 0
	for i, v := range values {
		if signed {
			out[i] = c.slot(c.lookup.number(int64(v)))
		} else {
			out[i] = c.slot(c.lookup.unsigned(uint64(v)))
		}
	}
}

// codeLarge looks up numbers past the largest int64, which codeDense takes for negative ones.
func (c *numberCoder[T]) codeLarge(out []uint32, values []T) {
	if ^T(0) < 0 || uint64(^T(0)) <= math.MaxInt64 {
		return
	}
	for i, v := range values {
		if u := uint64(v); u > math.MaxInt64 {
			out[i] = c.slot(c.lookup.unsigned(u))
		}
	}
}
