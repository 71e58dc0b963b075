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
	if size := denseSize(words); size <= alwaysDense {
		return packDense(words, size)
	}
	return packRoaring(roaring.FromDense(words, false))
}

// packRoaring packs the cells of rb, at least one, and may change how rb keeps them.
func packRoaring(rb *roaring.Bitmap) packed {
	rb.RunOptimize()
	size, rsize := int(rb.Maximum()/8)+1, int(rb.GetSerializedSizeInBytes())
	if size <= alwaysDense || size <= rsize {
		words := make([]uint64, rb.DenseSize())
		rb.WriteDenseTo(words)
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
	d := p.directory()
	i := d.find(uint16(min(cell>>16, 1<<16-1)))
	return cell < MaxCells && i < d.count && uint64(d.key(i)) == cell>>16 && d.contains(i, uint16(cell))
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
	if n == 0 {
		return
	}
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
