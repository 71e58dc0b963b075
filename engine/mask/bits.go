package mask

// A code looks up a bit: the loops over rows that answer one question at a time, where those of kernels.go answer eight.

// bitTable is a set of numbers below size, bit by bit.
type bitTable struct {
	bits []uint64
	size int
}

// wideBits says that andBits looks up several rows at once, so that to ask questions one at a time costs less than to
// look up bytes that answer eight.
func wideBits() bool { return vectors == avx512 || vectors == avx2 && gathers() }

// andBits clears the bits of words, one a code, whose code is not in the table; bits past the last code become zero.
// scratch has room for 64 bytes or a multiple of that, the more the better. Where a code is not below the table's size it is false, and words hold anything.
func andBits[T uint8 | uint16 | uint32](words []uint64, codes []T, table bitTable, scratch []byte) bool {
	done, most := lookUpWords(words, codes, table)
	if done > 0 && uint64(most) >= uint64(table.size) {
		return false
	}
	words, codes = words[done:], codes[64*done:]
	for len(words) > 0 {
		some := words[:min(len(words), len(scratch)/64)]
		rows := scratch[:64*len(some)]
		n := min(len(codes), len(rows))
		if !takeBitBytes(rows[:n], codes, table) {
			return false
		}
		clear(rows[n:])
		packAnd(some, rows)
		words, codes = words[len(some):], codes[n:]
	}
	return true
}

// takeBitBytes writes to dst the table's bit for each code, as the lowest of a byte whose others may hold anything.
func takeBitBytes[T uint8 | uint16 | uint32](dst []byte, codes []T, table bitTable) bool {
	codes = codes[:len(dst)]
	bits := table.bits
	for i := range dst {
		c := uint(codes[i])
		if c >= uint(table.size) || c>>6 >= uint(len(bits)) {
			return false
		}
		dst[i] = byte(bits[c>>6] >> (c & 63))
	}
	return true
}

// packAnd clears the bits of words whose row's byte has its lowest bit clear. The rows are whole words.
func packAnd(words []uint64, rows []byte) {
	for w := range words {
		words[w] &= packWord((*[64]byte)(rows[64*w:]), 0)
	}
}
