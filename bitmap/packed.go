package bitmap

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"github.com/RoaringBitmap/roaring/v2"
)

// packed is a set at rest: a tag, then the words as little-endian bytes up to the last that is not zero, or the
// portable roaring format. Which of them depends on the content alone, so equal sets are equal bytes. A packed set is
// never empty and never written after it was made.
type packed []byte

const (
	denseTag   = 0
	roaringTag = 1
)

// alwaysDense is the size in bytes up to which a dense set is not asked whether roaring would be smaller: decoding
// it is a copy.
const alwaysDense = 64

// pack packs the cells of words, at least one; words are only read.
func pack(words []uint64) packed {
	words = trim(words)
	size := denseSize(words)
	if size <= alwaysDense {
		return packDense(words, size)
	}
	if len(words) <= containerWords { // the usual case: spare it the library's containers
		cells, runs := countRuns(words)
		runsSize := 2 + 4*runs
		if size <= 8+min(2*cells, runsSize) { // roaring needs more than 8 bytes around them
			return packDense(words, size)
		}
		if runsSize < 2*cells && runsSize < 8*containerWords { // where roaring keeps runs
			return packRuns(words, cells, runs, size)
		}
	}
	return packRoaring(roaring.FromDense(words, false), words)
}

// countRuns is the number of cells of words, and of the runs that they make.
func countRuns(words []uint64) (cells, runs int) {
	before := uint64(0)
	for _, w := range words {
		cells += bits.OnesCount64(w)
		runs += bits.OnesCount64(w &^ (w<<1 | before)) // each run begins once
		before = w >> 63
	}
	return cells, runs
}

// packRuns is packRoaring for one container that keeps runs.
func packRuns(words []uint64, cells, runs, size int) packed {
	if size <= 11+4*runs {
		return packDense(words, size)
	}
	data := make(packed, 0, 12+4*runs)
	data = append(data, roaringTag)
	data = binary.LittleEndian.AppendUint32(data, runCookie) // one container,
	data = append(data, 1)                                   // of runs,
	data = binary.LittleEndian.AppendUint16(data, 0)         // of key 0
	data = binary.LittleEndian.AppendUint16(data, uint16(cells-1))
	data = binary.LittleEndian.AppendUint16(data, uint16(runs))
	for at, n := uint64(0), uint64(len(words))<<6; runs > 0; runs-- {
		at += firstOne(words, at, n-at)
		length := firstZero(words, at, n-at)
		data = binary.LittleEndian.AppendUint16(data, uint16(at))
		data = binary.LittleEndian.AppendUint16(data, uint16(length-1))
		at += length
	}
	return data
}

// packRoaring packs the cells of rb, at least one, and may change how rb keeps them. words are the same cells, or nil.
func packRoaring(rb *roaring.Bitmap, words []uint64) packed {
	rb.RunOptimize()
	size, rsize := int(rb.Maximum()/8)+1, int(rb.GetSerializedSizeInBytes())
	if size <= alwaysDense || size <= rsize {
		if words == nil {
			words = rb.ToDense()
		}
		return packDense(words, size)
	}
	buf := bytes.NewBuffer(make([]byte, 0, rsize+1))
	buf.WriteByte(roaringTag)
	if _, err := rb.WriteTo(buf); err != nil {
		panic(err) // a bytes.Buffer does not fail
	}
	return buf.Bytes()
}

func packDense(words []uint64, size int) packed {
	data := make(packed, 1, 1+8*len(words))
	data[0] = denseTag
	for _, w := range words {
		data = binary.LittleEndian.AppendUint64(data, w)
	}
	return data[:1+size]
}

// trim cuts zero words off the end.
func trim(words []uint64) []uint64 {
	for len(words) > 0 && words[len(words)-1] == 0 {
		words = words[:len(words)-1]
	}
	return words
}

// denseSize is the number of bytes up to the last that is not zero, of trimmed words.
func denseSize(words []uint64) int {
	return 8*len(words) - bits.LeadingZeros64(words[len(words)-1])/8
}

// end is one past the last cell.
func (p packed) end() uint64 {
	if p[0] == denseTag {
		last := len(p) - 1
		return uint64(last-1)*8 + uint64(bits.Len8(p[last]))
	}
	d := p.directory()
	last := d.count - 1
	return uint64(d.key(last))<<16 + uint64(d.last(last)) + 1
}

// contains says whether the cell is in the set, without decoding it.
func (p packed) contains(cell uint64) bool {
	if p[0] == denseTag {
		at := 1 + cell>>3
		return at < uint64(len(p)) && p[at]>>(cell&7)&1 == 1
	}
	if cell >= MaxCells {
		return false
	}
	d, key := p.directory(), uint16(cell>>16)
	i := d.find(key)
	return i < d.count && d.key(i) == key && d.contains(i, uint16(cell))
}

// len is the number of cells. It decodes nothing.
func (p packed) len() uint64 {
	n := 0
	if p[0] == denseTag {
		data := p[1:]
		for ; len(data) >= 8; data = data[8:] {
			n += bits.OnesCount64(binary.LittleEndian.Uint64(data))
		}
		for _, b := range data {
			n += bits.OnesCount8(b)
		}
		return uint64(n)
	}
	d := p.directory()
	for i := range d.count {
		n += d.card(i)
	}
	return uint64(n)
}

// decode writes the cells of [first, first+n) to dst, cell first as bit 0. first is a multiple of 64, and dst is
// zeroed and has the words for n cells.
func (p packed) decode(dst []uint64, first, n uint64) {
	dst = dst[:WordsFor(n)]
	if p[0] == denseTag {
		data := p[min(1+first>>3, uint64(len(p))):]
		for i := 0; i < len(dst) && len(data) > 0; i++ {
			if len(data) < 8 {
				var tail [8]byte
				copy(tail[:], data)
				data = tail[:]
			}
			dst[i] = binary.LittleEndian.Uint64(data)
			data = data[8:]
		}
	} else {
		p.directory().decode(dst, first)
	}
	if tail := n & 63; tail != 0 {
		dst[len(dst)-1] &= low(tail)
	}
}

// words is the cells of [first, first+n) as fresh words, cell first as bit 0.
func (p packed) words(first, n uint64) []uint64 {
	skip := first & 63
	words := make([]uint64, WordsFor(n+skip))
	p.decode(words, first-skip, n+skip)
	if skip == 0 {
		return words
	}
	shifted := make([]uint64, WordsFor(n))
	copyBits(shifted, 0, words, skip, n)
	return shifted
}

// roaring is the set as a bitmap, for reading only: it may share the packed bytes.
func (p packed) roaring() *roaring.Bitmap {
	if p[0] == denseTag {
		return roaring.FromDense(p.words(0, p.end()), false)
	}
	rb := roaring.New()
	if _, err := rb.FromBuffer(p[1:]); err != nil {
		panic(err) // we wrote these bytes
	}
	return rb
}
