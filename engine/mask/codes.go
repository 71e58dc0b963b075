package mask

import (
	"bytes"

	"github.com/apache/arrow-go/v18/arrow"
)

// codes are numbers of rows in the width that they have where they stand; one of the slices is used, none where there
// are no numbers to use. Kernels are chosen by the width here, once for a stretch of rows.
type codes struct {
	bytes  []uint8
	shorts []uint16
	words  []uint32
}

// codesIn are the numbers of so many bytes each that b holds.
func codesIn(b []byte, width int) codes {
	switch width {
	case 1:
		return codes{bytes: b}
	case 2:
		return codes{shorts: arrow.GetData[uint16](b)}
	case 4:
		return codes{words: arrow.GetData[uint32](b)}
	}
	return codes{}
}

func codesOf(v []uint32) codes { return codes{words: v} }

func (c *codes) none() bool { return c.bytes == nil && c.shorts == nil && c.words == nil }

// cut are the codes of the rows [lo,hi).
func (c *codes) cut(lo, hi int) codes {
	switch {
	case c.words != nil:
		return codes{words: c.words[lo:hi]}
	case c.shorts != nil:
		return codes{shorts: c.shorts[lo:hi]}
	}
	return codes{bytes: c.bytes[lo:hi]}
}

func (c *codes) at(i int) uint32 {
	switch {
	case c.words != nil:
		return c.words[i]
	case c.shorts != nil:
		return uint32(c.shorts[i])
	}
	return uint32(c.bytes[i])
}

// inside says whether all codes are below n.
func (c *codes) inside(n int) bool {
	switch {
	case c.words != nil:
		return allBelow(c.words, uint64(n))
	case c.shorts != nil:
		return allBelow(c.shorts, uint64(n))
	}
	return allBelow(c.bytes, uint64(n))
}

// clamp writes the codes to out, n for those that are larger.
func (c *codes) clamp(out []uint32, n int) {
	switch {
	case c.words != nil:
		codePositions(out, c.words, uint64(n))
	case c.shorts != nil:
		codePositions(out, c.shorts, uint64(n))
	default:
		codePositions(out, c.bytes, uint64(n))
	}
}

// same says whether the codes of the rows [lo,hi) are all the first.
func (c *codes) same(lo, hi int) bool {
	switch {
	case c.words != nil:
		return allSame(c.words[lo:hi])
	case c.shorts != nil:
		return allSame(c.shorts[lo:hi])
	}
	return allSame(c.bytes[lo:hi])
}

// allSame says whether all codes are the first.
func allSame[T index](v []T) bool {
	if v[0] != v[len(v)-1] {
		return false
	}
	b := arrow.GetBytes(v)
	width := len(b) / len(v)
	return bytes.Equal(b[width:], b[:len(b)-width]) // as fast as memory is read, where a loop over the codes is not
}

// Rows are looked at in stretches of runRows to see whether they hold the same.
const (
	runRows    = 256
	runSamples = 16
)

// clustered says whether rows next to each other seem to have the same code, by looking at a few of n.
func (c *codes) clustered(n int) bool {
	runs, same := n/runRows, 0
	samples := min(runs, runSamples)
	for i := range samples {
		at := i * runs / samples * runRows
		if first := c.at(at); first == c.at(at+runRows-1) && first == c.at(at+runRows/2) {
			same++
		}
	}
	return same > 0 && 4*same >= samples
}

// setTable writes to rows the table's byte for each code. It is false where a code is outside the table.
func (c *codes) setTable(rows, table []byte) bool {
	switch {
	case c.words != nil:
		return setTable(rows, c.words, table)
	case c.shorts != nil:
		return setTable(rows, c.shorts, table)
	}
	return setTable(rows, c.bytes, table)
}

// andTable is setTable onto what rows hold.
func (c *codes) andTable(rows, table []byte) bool {
	switch {
	case c.words != nil:
		return andTable(rows, c.words, table)
	case c.shorts != nil:
		return andTable(rows, c.shorts, table)
	}
	return andTable(rows, c.bytes, table)
}

// setTables is setTable and andTable of two columns at once.
func (c *codes) setTables(rows, table []byte, d *codes, other []byte) bool {
	switch {
	case c.words != nil:
		return setWith(rows, c.words, table, d, other)
	case c.shorts != nil:
		return setWith(rows, c.shorts, table, d, other)
	}
	return setWith(rows, c.bytes, table, d, other)
}

func setWith[T uint8 | uint16 | uint32](rows []byte, v []T, table []byte, d *codes, other []byte) bool {
	switch {
	case d.words != nil:
		return setTables(rows, v, table, d.words, other)
	case d.shorts != nil:
		return setTables(rows, v, table, d.shorts, other)
	}
	return setTables(rows, v, table, d.bytes, other)
}

// andBits clears the bits of words whose code is not in the table.
func (c *codes) andBits(words []uint64, table bitTable, scratch []byte) bool {
	switch {
	case c.words != nil:
		return andBits(words, c.words, table, scratch)
	case c.shorts != nil:
		return andBits(words, c.shorts, table, scratch)
	}
	return andBits(words, c.bytes, table, scratch)
}

// setCells writes to cells the offset of each code, addToCells adds it. They are false where a code has none.
func (c *codes) setCells(cells []uint32, o *steps) bool {
	switch {
	case c.words != nil:
		return setCells(cells, c.words, o)
	case c.shorts != nil:
		return setCells(cells, c.shorts, o)
	}
	return setCells(cells, c.bytes, o)
}

func (c *codes) addToCells(cells []uint32, o *steps) bool {
	switch {
	case c.words != nil:
		return addToCells(cells, c.words, o)
	case c.shorts != nil:
		return addToCells(cells, c.shorts, o)
	}
	return addToCells(cells, c.bytes, o)
}

// andCouple clears the bits of rows that the table lacks at the sum of two columns' offsets.
func (c *codes) andCouple(rows []byte, offsets []uint32, d *codes, others []uint32, table []byte) bool {
	switch {
	case c.words != nil:
		return coupleWith(rows, c.words, offsets, d, others, table)
	case c.shorts != nil:
		return coupleWith(rows, c.shorts, offsets, d, others, table)
	}
	return coupleWith(rows, c.bytes, offsets, d, others, table)
}

func coupleWith[T uint8 | uint16 | uint32](rows []byte, v []T, offsets []uint32, d *codes, others []uint32, table []byte) bool {
	switch {
	case d.words != nil:
		return andCouple(rows, v, offsets, d.words, others, table)
	case d.shorts != nil:
		return andCouple(rows, v, offsets, d.shorts, others, table)
	}
	return andCouple(rows, v, offsets, d.bytes, others, table)
}
