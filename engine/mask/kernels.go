package mask

import (
	"encoding/binary"

	"github.com/apache/arrow-go/v18/arrow"
)

// The hot loops over rows: free functions over slices that the caller owns.

// setTable writes to dst the table's byte for each code. It is false where a code is outside the table.
func setTable[T uint8 | uint16 | uint32](dst []byte, codes []T, table []byte) bool {
	codes = codes[:len(dst)]
	done, most := tableBytes(dst, codes, table, false)
	inside := done == 0 || uint64(most) < uint64(len(table))
	dst, codes = dst[done:], codes[done:]
	for i := range dst {
		if c := codes[i]; uint(c) < uint(len(table)) {
			dst[i] = table[c]
		} else {
			inside = false
			dst[i] = 0
		}
	}
	return inside
}

// andTable is setTable onto what dst holds.
func andTable[T uint8 | uint16 | uint32](dst []byte, codes []T, table []byte) bool {
	codes = codes[:len(dst)]
	done, most := tableBytes(dst, codes, table, true)
	inside := done == 0 || uint64(most) < uint64(len(table))
	dst, codes = dst[done:], codes[done:]
	for i := range dst {
		if c := codes[i]; uint(c) < uint(len(table)) {
			dst[i] &= table[c]
		} else {
			inside = false
			dst[i] = 0
		}
	}
	return inside
}

// setTables is setTable and andTable of two columns at once. Where a code is outside its table it stops, and is false.
func setTables[A, B uint8 | uint16 | uint32](dst []byte, a []A, ta []byte, b []B, tb []byte) bool {
	if tablesAreWide(len(ta), len(tb)) {
		return setTable(dst, a, ta) && andTable(dst, b, tb)
	}
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		x, y := a[i], b[i]
		if uint(x) >= uint(len(ta)) || uint(y) >= uint(len(tb)) {
			return false
		}
		dst[i] = ta[x] & tb[y]
	}
	return true
}

// andCouple clears the bits that the table lacks at the sum of two columns' offsets. Where a code is outside its
// offsets it stops, and is false.
func andCouple[A, B uint8 | uint16 | uint32](dst []byte, a []A, oa []uint32, b []B, ob []uint32, table []byte) bool {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		x, y := a[i], b[i]
		if uint(x) >= uint(len(oa)) || uint(y) >= uint(len(ob)) {
			return false
		}
		at := oa[x] + ob[y]
		if uint(at) >= uint(len(table)) {
			return false
		}
		dst[i] &= table[at]
	}
	return true
}

// allBelow says whether every number is below n, and not negative.
func allBelow[T index](v []T, n uint64) bool {
	if len(v) == 0 {
		return true
	}
	b := arrow.GetBytes(v)
	width := len(b) / len(v)
	if width < 8 && n > 0 {
		top := uint64(1) << (8*width - 1)
		switch unsigned := ^T(0) > 0; {
		case !unsigned: // A negative one, taken for an unsigned one, is a large one.
			n = min(n, top)
		case n >= 2*top:
			return true
		}
		done, below := allBelowWide(b, n, width)
		if !below {
			return false
		}
		v = v[done:]
		b = b[done*width:]
		head := len(b) &^ 31
		if !allBelowPacked(b[:head], n, 8*width) {
			return false
		}
		v = v[head/width:]
	}
	for _, x := range v {
		if uint64(x) >= n {
			return false
		}
	}
	return true
}

// allBelowWide looks at the first numbers of so many bytes, unsigned ones, with vector instructions, and says how many those are.
func allBelowWide(b []byte, n uint64, width int) (done int, below bool) {
	var most uint32
	switch width {
	case 1:
		done, most = largestOf(b)
	case 2:
		done, most = largestOf(arrow.GetData[uint16](b))
	case 4:
		done, most = largestOf(arrow.GetData[uint32](b))
	}
	return done, done == 0 || uint64(most) < n
}

// allBelowPacked looks at unsigned numbers of so many bits, packed in whole quarters of 32 bytes, several at a time. n is less than what
// they can tell apart.
func allBelowPacked(b []byte, n uint64, width int) bool {
	ones := ^uint64(0) / (1<<width - 1) // the lowest bit of each number
	tops := ones << (width - 1)
	top := uint64(1) << (width - 1)
	var seen uint64
	if n <= top {
		// A number with its top bit clear is below n where adding the rest up to the top bit leaves that clear. A sum that
		// carries into the next number comes of one with its top bit set, which is seen itself.
		add := ones * (top - n)
		for ; len(b) >= 32; b = b[32:] {
			q := (*[32]byte)(b)
			x, y := binary.NativeEndian.Uint64(q[0:]), binary.NativeEndian.Uint64(q[8:])
			z, w := binary.NativeEndian.Uint64(q[16:]), binary.NativeEndian.Uint64(q[24:])
			seen |= x | y | z | w | (x + add) | (y + add) | (z + add) | (w + add)
		}
		return seen&tops == 0
	}
	// Only numbers with their top bit set can be too large: those where the rest, with what n lacks of all numbers, sets it again.
	add := ones * (2*top - n)
	for ; len(b) >= 32; b = b[32:] {
		q := (*[32]byte)(b)
		x, y := binary.NativeEndian.Uint64(q[0:]), binary.NativeEndian.Uint64(q[8:])
		z, w := binary.NativeEndian.Uint64(q[16:]), binary.NativeEndian.Uint64(q[24:])
		seen |= x&(x&^tops+add) | y&(y&^tops+add) | z&(z&^tops+add) | w&(w&^tops+add)
	}
	return seen&tops == 0
}

// pack gathers bit k of each row's byte into words. The rows are whole words.
func pack(out []uint64, rows []byte, k int) {
	if packWords(out, rows, k) {
		return
	}
	for w := range out {
		out[w] = packWord((*[64]byte)(rows[64*w:]), k)
	}
}

// packWord gathers bit k of 64 bytes.
func packWord(r *[64]byte, k int) uint64 {
	const low = 0x0101010101010101
	var word uint64
	for j := 0; j < 64; j += 8 {
		// The product moves the lowest bit of byte i to bit 56+i.
		word |= (binary.LittleEndian.Uint64(r[j:j+8]) >> (k & 63) & low) * 0x0102040810204080 >> 56 << j
	}
	return word
}

// equalBits sets the bits of rows whose code is code.
func equalBits(words []uint64, codes []uint32, code uint32) {
	clear(words)
	for i, c := range codes {
		if c == code {
			words[i>>6] |= 1 << (i & 63)
		}
	}
}
