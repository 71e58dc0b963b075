package bitmap

import (
	"fmt"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// Run is the cells from Start up to, but not including, End.
type Run struct{ Start, End uint64 }

// FromWords interns the cells whose bits are set in words, of a space of n cells. Bits past n are ignored. words are
// only read and may be changed afterwards. It panics where words hold fewer than n bits. It reads words about three
// times.
func (p *Pool) FromWords(words []uint64, n uint64) SetID {
	checkCells(n)
	if len(words) < WordsFor(n) {
		panic(fmt.Sprintf("bitmap: %d words for %d cells", len(words), n))
	}
	words = words[:WordsFor(n)]
	if tail := n & 63; tail != 0 && words[len(words)-1]&^low(tail) != 0 {
		words = append([]uint64(nil), words...)
		words[len(words)-1] &= low(tail)
	}
	return p.internWords(words, n)
}

// internWords is FromWords for words with zeros past n. They may end before n: what is not there is zero.
func (p *Pool) internWords(words []uint64, n uint64) SetID {
	if len(words) >= WordsFor(n) && AllWords(words, n) {
		return Full // also where n is 0
	}
	if words = trim(words); len(words) == 0 {
		return Empty
	}
	return p.intern(pack(words))
}

// FromCells interns cells of a space of n cells. They ascend; a cell may stand more than once. It panics where they
// do not ascend or are not in the space. The cost follows the number of cells, not of the space.
func (p *Pool) FromCells(cells []uint64, n uint64) SetID {
	checkCells(n)
	distinct := uint64(0)
	for i, c := range cells {
		if c >= n || i > 0 && c < cells[i-1] {
			panic("bitmap: cells out of order or space")
		}
		if i == 0 || c > cells[i-1] {
			distinct++
		}
	}
	switch {
	case distinct == n:
		return Full
	case distinct == 0:
		return Empty
	}
	span := cells[len(cells)-1] + 1
	if span <= 8*alwaysDense || span/64 <= 16*uint64(len(cells)) {
		words := make([]uint64, WordsFor(span))
		for _, c := range cells {
			words[c>>6] |= 1 << (c & 63)
		}
		return p.intern(pack(words))
	}
	short := make([]uint32, len(cells))
	for i, c := range cells {
		short[i] = uint32(c)
	}
	return p.intern(packRoaring(roaring.BitmapOf(short...), nil))
}

// FromRuns interns the cells of runs in a space of n cells. The runs ascend and do not overlap; they may touch or be
// empty. It panics where they do not ascend or are not in the space. The cost follows the number of runs and, with
// a small factor, the cells that they span.
func (p *Pool) FromRuns(runs []Run, n uint64) SetID {
	checkCells(n)
	at, cells, span := uint64(0), uint64(0), uint64(0)
	for _, r := range runs {
		if r.Start < at || r.End < r.Start || r.End > n {
			panic("bitmap: runs out of order or space")
		}
		at, cells = r.End, cells+r.End-r.Start
		if r.End > r.Start {
			span = r.End
		}
	}
	switch {
	case cells == n:
		return Full
	case cells == 0:
		return Empty
	}
	// Adding a run to a roaring bitmap costs about as much as filling some thousand words.
	if span/64 <= 4096*uint64(len(runs)) {
		words := make([]uint64, WordsFor(span))
		for _, r := range runs {
			fillBits(words, r.Start, r.End-r.Start)
		}
		return p.intern(pack(words))
	}
	rb := roaring.New()
	for _, r := range runs {
		rb.AddRange(r.Start, r.End)
	}
	return p.intern(packRoaring(rb, nil))
}

// Words is the set as fresh words, WordsFor(n) of them: the caller's to change. Bits past n are zero.
func (p *Pool) Words(id SetID, n uint64) []uint64 {
	checkCells(n)
	return p.words(id, 0, n, n)
}

// words is n cells from first on of a set in a space of all cells.
func (p *Pool) words(id SetID, first, n, all uint64) []uint64 {
	switch id {
	case Empty:
		return make([]uint64, WordsFor(n))
	case Full:
		words := make([]uint64, WordsFor(n))
		fillBits(words, 0, n)
		return words
	}
	return p.inSpace(id, all).words(first, n)
}

// Contains says whether the set has the cell, which is in the set's space. It decodes nothing and allocates nothing,
// but is for single questions: where many cells are asked for, ask Words once.
func (p *Pool) Contains(id SetID, cell uint64) bool {
	if id == Empty || id == Full {
		return id == Full
	}
	return p.packed(id).contains(cell)
}

// Count is the number of cells of the set, in a space of n cells. It decodes nothing.
func (p *Pool) Count(id SetID, n uint64) uint64 {
	checkCells(n)
	switch id {
	case Empty:
		return 0
	case Full:
		return n
	}
	return p.inSpace(id, n).len()
}

// And interns the cells that every set has, in a space of n cells: Full for no sets. The cost follows the set that
// ends first, and where all are sparse their cells alone.
func (p *Pool) And(n uint64, ids ...SetID) SetID {
	checkCells(n)
	if n == 0 {
		return Full
	}
	only, sets, end := Full, []packed(nil), n
	for i, id := range ids {
		if id == Empty {
			return Empty
		}
		if id == Full || slices.Contains(ids[:i], id) {
			continue
		}
		data := p.inSpace(id, n)
		only, sets, end = id, append(sets, data), min(end, data.end())
	}
	if len(sets) < 2 {
		return only
	}
	if sparse(sets, end) {
		bitmaps := make([]*roaring.Bitmap, len(sets))
		for i, data := range sets {
			bitmaps[i] = data.roaring()
		}
		all := roaring.FastAnd(bitmaps...)
		if all.IsEmpty() {
			return Empty
		}
		return p.intern(packRoaring(all, nil)) // not Full: each set lacks a cell
	}
	words, other := sets[0].words(0, end), make([]uint64, WordsFor(end))
	for _, data := range sets[1:] {
		clear(other)
		data.decode(other, 0, end)
		AndWords(words, other)
	}
	return p.internWords(words, n)
}

// sparse says whether the sets are so small that to intersect them as roaring bitmaps beats n bits of words.
func sparse(sets []packed, n uint64) bool {
	bytes := 0
	for _, data := range sets {
		if data[0] == denseTag && len(data) > alwaysDense+1 {
			return false
		}
		bytes += len(data)
	}
	return uint64(bytes)*32 < uint64(len(sets))*n/8
}
