package bitmap

import (
	"bytes"
	"io"
	"iter"
	"math/bits"

	"github.com/RoaringBitmap/roaring/v2"
)

// Set is an immutable set of the cells of a space, for use outside of the pool that it came from: it stays valid when
// the pool is gone and may be shared by all goroutines. The zero Set is of a space without cells.
type Set struct {
	cells uint64
	full  bool
	data  packed // nil where full is set or the set is empty
}

// Set is the set of an id, in a space of n cells. It copies nothing and keeps the pool's arena that holds the set.
func (p *Pool) Set(id SetID, n uint64) Set {
	checkCells(n)
	s := Set{cells: n, full: id == Full && n > 0}
	if id != Full && id != Empty {
		s.data = p.inSpace(id, n)
	}
	return s
}

// Cells is the number of cells of the space.
func (s Set) Cells() uint64 { return s.cells }

// Len is the number of cells in the set. It decodes nothing.
func (s Set) Len() uint64 {
	switch {
	case s.full:
		return s.cells
	case s.data == nil:
		return 0
	}
	return s.data.len()
}

// Contains says whether the set holds the cell: false for cells past the space. It decodes nothing.
func (s Set) Contains(cell uint64) bool {
	if cell >= s.cells {
		return false
	}
	return s.full || s.data != nil && s.data.contains(cell)
}

// Equal says whether the sets hold the same cells of spaces of the same size; their pools may differ.
func (s Set) Equal(other Set) bool {
	return s.cells == other.cells && s.full == other.full && bytes.Equal(s.data, other.data)
}

// Words is the set as fresh words, WordsFor(Cells()) of them: the caller's to change. Bits past the space are zero.
func (s Set) Words() []uint64 {
	if s.data != nil {
		return s.data.words(0, s.cells)
	}
	words := make([]uint64, WordsFor(s.cells))
	if s.full {
		fillBits(words, 0, s.cells)
	}
	return words
}

// runWords is how many words Runs decodes at a time.
const runWords = 1024

// Runs yields the cells of the set as runs, as long as can be, in order. It decodes the set piece by piece.
func (s Set) Runs() iter.Seq[Run] {
	return func(yield func(Run) bool) {
		if s.full {
			yield(Run{0, s.cells})
			return
		}
		if s.data == nil {
			return
		}
		var run Run // the last one found: the next piece may lengthen it
		var piece [runWords]uint64
		for first, end := uint64(0), s.data.end(); first < end; first += runWords * 64 {
			clear(piece[:])
			n := min(runWords*64, end-first)
			s.data.decode(piece[:], first, n)
			for at := uint64(0); at < n; {
				at += firstOne(piece[:], at, n-at)
				k := firstZero(piece[:], at, n-at)
				if k == 0 {
					break
				}
				if first+at != run.End || run.End == 0 {
					if run.End > 0 && !yield(run) {
						return
					}
					run.Start = first + at
				}
				at += k
				run.End = first + at
			}
		}
		yield(run)
	}
}

// firstOne is the place of the first one in n bits from at, counted from at; n where there is none.
func firstOne(w []uint64, at, n uint64) uint64 {
	for done := uint64(0); done < n; {
		k := min(64-(at+done)&63, n-done)
		if x := w[(at+done)>>6] >> ((at + done) & 63) & low(k); x != 0 {
			return done + uint64(bits.TrailingZeros64(x))
		}
		done += k
	}
	return n
}

// WriteTo writes the set in the portable format of 32-bit roaring bitmaps
// (https://github.com/RoaringBitmap/RoaringFormatSpec). Equal sets are equal bytes. It fails only where w does.
func (s Set) WriteTo(w io.Writer) (int64, error) {
	var rb *roaring.Bitmap
	switch {
	case s.full:
		rb = roaring.New()
		rb.AddRange(0, s.cells)
	case s.data == nil:
		rb = roaring.New()
	case s.data[0] == roaringTag:
		n, err := w.Write(s.data[1:])
		return int64(n), err
	default:
		rb = s.data.roaring()
	}
	rb.RunOptimize()
	return rb.WriteTo(w)
}

// setOf is the set of words with zeros past n.
func setOf(words []uint64, n uint64) Set {
	if len(words) >= WordsFor(n) && AllWords(words, n) {
		return Set{cells: n, full: n > 0}
	}
	if words = trim(words); len(words) == 0 {
		return Set{cells: n}
	}
	return Set{cells: n, data: pack(words)}
}

// IsEmpty says whether the set has no cell, in constant time.
func (s Set) IsEmpty() bool { return !s.full && s.data == nil }

// Size is the bytes that the set's content takes: none where it has all cells or none.
func (s Set) Size() int { return len(s.data) }

// Clone is the set with its content by itself: it keeps no arena of a pool.
func (s Set) Clone() Set {
	s.data = bytes.Clone(s.data)
	return s
}

// Gather is what Pool.Gather makes of the set, which is one over in, without a pool: the result stands by itself.
func (s Set) Gather(in, out Shape, from []Source, blank bool) Set {
	given := inWords
	switch {
	case s.full || s.cells == 0:
		given = isFull
	case s.data == nil:
		given = isEmpty
	}
	n := out.cells()
	words, known := gather(given, in, out, from, blank, func(first, n, _ uint64) []uint64 { return s.data.words(first, n) })
	switch known {
	case isFull:
		return Set{cells: n, full: n > 0}
	case isEmpty:
		return Set{cells: n}
	case asGiven:
		return s
	}
	return setOf(words, n)
}

// And is the cells that the set and another one of the same space have, without a pool.
func (s Set) And(other Set) Set {
	switch {
	case s.cells != other.cells:
		panic("bitmap: sets of different spaces")
	case s.full || other.IsEmpty():
		return other
	case other.full || s.IsEmpty():
		return s
	}
	words, more := s.data.words(0, s.cells), other.data.words(0, s.cells)
	AndWords(words, more)
	return setOf(words, s.cells)
}
