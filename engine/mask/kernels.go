package mask

import "encoding/binary"

// The hot loops over rows: free functions over slices that the caller owns.

// setTable writes to dst the table's byte for each code. It is false where a code is outside the table.
func setTable[T uint8 | uint16 | uint32](dst []byte, codes []T, table []byte) bool {
	inside := true
	codes = codes[:len(dst)]
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
	inside := true
	codes = codes[:len(dst)]
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

// transpose8 turns eight rows of eight bits: bit j of byte k comes from bit k of byte j.
func transpose8(x uint64) uint64 {
	t := (x ^ x>>7) & 0x00aa00aa00aa00aa
	x ^= t ^ t<<7
	t = (x ^ x>>14) & 0x0000cccc0000cccc
	x ^= t ^ t<<14
	t = (x ^ x>>28) & 0x00000000f0f0f0f0
	return x ^ t ^ t<<28
}

// spread splits bytes of eight lanes' bits, one byte a row, into words by lane: word w of lane k at out[k][w]. The
// rows are whole words.
func spread(out [][]uint64, rows []byte) {
	for w := range len(rows) / 64 {
		var acc [lanesPerGroup]uint64
		for j := range 8 {
			x := transpose8(binary.LittleEndian.Uint64(rows[w*64+8*j:]))
			for k := range out {
				acc[k&(lanesPerGroup-1)] |= x >> (8 * k & 63) & 0xff << (8 * j)
			}
		}
		for k := range out {
			out[k][w] = acc[k]
		}
	}
}

// addCells adds to each row's cell stride times the item of its code: places says the item, or, where it is nil, the code
// itself is it, if it is less than items. What is no item counts as item 0: some other condition denies the row.
func addCells[T uint8 | uint16 | uint32](cells []uint64, codes []T, places []uint32, items, stride uint64) {
	codes = codes[:len(cells)]
	if places == nil {
		for i, c := range codes {
			item := uint64(c)
			if item >= items {
				item = 0
			}
			cells[i] += item * stride
		}
		return
	}
	for i, c := range codes {
		if uint(c) < uint(len(places)) {
			cells[i] += uint64(places[c]) * stride
		}
	}
}

// andCells clears the bits of words whose cell, one for each row, is not in bits.
func andCells(words []uint64, cells []uint64, bits []uint64) {
	for w := range words {
		if words[w] == 0 {
			continue
		}
		rows := cells[w*64 : min(w*64+64, len(cells))]
		var found uint64
		for j, c := range rows {
			found |= bits[c>>6] >> (c & 63) & 1 << j
		}
		words[w] &= found
	}
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
