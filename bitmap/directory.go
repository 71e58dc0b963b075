package bitmap

import (
	"encoding/binary"
	"math/bits"
	"sort"
)

// directory reads the portable roaring format in place. The library's own reader makes an object for each container
// and knows no ranges; this one allocates nothing and decodes what is asked for. It trusts the bytes, which are ours.
//
// https://github.com/RoaringBitmap/RoaringFormatSpec
type directory struct {
	data  []byte // the whole format
	heads []byte // key and cardinality-1 of each container, two bytes each
	runs  []byte // a bit for each container: 1 where it keeps runs; nil where none does
	jumps []byte // offset of each container in data, four bytes each; nil where the format leaves them out
	body  int    // where the first container starts
	count int    // the number of containers
}

const (
	runCookie      = 12347 // low half of the first word where some container keeps runs
	fewWithoutJump = 4     // with runs, formats of fewer containers have no offsets
	maxArray       = 4096  // containers of more cells are 1,024 words
	containerWords = 1024
)

func (p packed) directory() directory {
	d := directory{data: p[1:]}
	at := 8
	if le16(d.data) == runCookie {
		d.count = int(le16(d.data[2:])) + 1
		at = 4 + (d.count+7)/8
		d.runs = d.data[4:at]
	} else {
		d.count = int(binary.LittleEndian.Uint32(d.data[4:]))
	}
	d.heads = d.data[at : at+4*d.count]
	at += 4 * d.count
	if d.runs == nil || d.count >= fewWithoutJump {
		d.jumps = d.data[at : at+4*d.count]
		at += 4 * d.count
	}
	d.body = at
	return d
}

func le16(data []byte) uint16 { return binary.LittleEndian.Uint16(data) }

func (d directory) key(i int) uint16 { return le16(d.heads[4*i:]) }

func (d directory) card(i int) int { return int(le16(d.heads[4*i+2:])) + 1 }

func (d directory) isRuns(i int) bool { return d.runs != nil && d.runs[i/8]>>(i%8)&1 == 1 }

// container is what container i holds: its runs (start and length-1, two bytes each), its words, or its cells.
func (d directory) container(i int) []byte {
	at := d.body
	if d.jumps != nil {
		at = int(binary.LittleEndian.Uint32(d.jumps[4*i:]))
	} else {
		for j := range i {
			at += d.size(j, at)
		}
	}
	size := d.size(i, at)
	if d.isRuns(i) {
		return d.data[at+2 : at+size]
	}
	return d.data[at : at+size]
}

// size is the number of bytes of container i, which starts at at.
func (d directory) size(i, at int) int {
	switch {
	case d.isRuns(i):
		return 2 + 4*int(le16(d.data[at:]))
	case d.card(i) > maxArray:
		return 8 * containerWords
	}
	return 2 * d.card(i)
}

// find is the first container whose key is at least key.
func (d directory) find(key uint16) int {
	return sort.Search(d.count, func(i int) bool { return d.key(i) >= key })
}

// last is the last cell of container i.
func (d directory) last(i int) uint16 {
	c := d.container(i)
	switch {
	case d.isRuns(i):
		return le16(c[len(c)-4:]) + le16(c[len(c)-2:])
	case d.card(i) > maxArray:
		at := len(c) - 8
		for binary.LittleEndian.Uint64(c[at:]) == 0 {
			at -= 8
		}
		return uint16(8*at + bits.Len64(binary.LittleEndian.Uint64(c[at:])) - 1)
	}
	return le16(c[len(c)-2:])
}

// contains says whether container i has the cell.
func (d directory) contains(i int, cell uint16) bool {
	c := d.container(i)
	switch {
	case d.isRuns(i):
		r := sort.Search(len(c)/4, func(r int) bool { return le16(c[4*r:]) > cell }) - 1
		return r >= 0 && cell-le16(c[4*r:]) <= le16(c[4*r+2:])
	case d.card(i) > maxArray:
		return c[cell>>3]>>(cell&7)&1 == 1
	}
	r := sort.Search(len(c)/2, func(r int) bool { return le16(c[2*r:]) >= cell })
	return r < len(c)/2 && le16(c[2*r:]) == cell
}

// decode writes the cells from first on, which is below MaxCells, to dst, which is zeroed, as far as it reaches.
func (d directory) decode(dst []uint64, first uint64) {
	end := first + uint64(len(dst))<<6
	for i := d.find(uint16(first >> 16)); i < d.count; i++ {
		base := uint64(d.key(i)) << 16
		if base >= end {
			return
		}
		// The container's part of the range, as cells of the container; both are multiples of 64.
		from, to := max(first, base)-base, min(end-base, 1<<16)
		d.decodeContainer(dst[(base+from-first)>>6:], i, from, to)
	}
}

// decodeContainer writes the cells of [from, to) in container i to dst, cell from as bit 0.
func (d directory) decodeContainer(dst []uint64, i int, from, to uint64) {
	c := d.container(i)
	switch {
	case d.isRuns(i):
		for ; len(c) > 0; c = c[4:] {
			start := uint64(le16(c))
			lo, hi := max(start, from), min(start+uint64(le16(c[2:]))+1, to)
			if lo < hi {
				fillBits(dst, lo-from, hi-lo)
			}
		}
	case d.card(i) > maxArray:
		c = c[from>>3 : to>>3]
		for j := range dst[:len(c)/8] {
			dst[j] = binary.LittleEndian.Uint64(c[8*j:])
		}
	default:
		for ; len(c) > 0; c = c[2:] {
			if cell := uint64(le16(c)) - from; cell < to-from { // cells before from wrap around
				dst[cell>>6] |= 1 << (cell & 63)
			}
		}
	}
}
