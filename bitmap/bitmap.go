// Package bitmap holds sets of cells over cell spaces: the bits of a factor (SPEC 4), without names. Sets are interned
// in a Pool: equal content has one SetID, and an id never changes its content. At rest a set is a few bytes in an
// arena; every operation works on dense 64-bit words and interns its result.
//
// Cell c of a set is bit c%64 of word c/64. The cells of a space are numbered with the last axis fastest. A Region is the
// cells that sets over some axes of one space all have: counted, and searched, without being built.
//
// The functions panic where the caller broke a contract that no data can break: an axis that does not exist, an
// item past the end of its axis, more than MaxCells cells, an id of another pool or of a larger space.
package bitmap

import (
	"fmt"
	"math"
	"math/bits"
)

// SetID is an interned set of cells. Every id but Empty and Full belongs to the pool that gave it and is never given
// twice in a process, so that it may be a key of caches. Equal ids of one pool are equal sets, and different ids
// are different sets within one space. An id is used with the space that it was made for.
type SetID uint64

// The sets that are the same in every space. In a space without cells every set is Full.
const (
	Empty SetID = 0
	Full  SetID = 1
)

// MaxCells is the most cells that the space of a set may have (SPEC 2). Callers check it: the functions panic.
const MaxCells = 1 << 32

// Shape is the sizes of the axes of a space, the last fastest. Shape{} has one cell.
type Shape []int

// Len is the number of cells; math.MaxUint64 where they are more than that. It panics on a negative size.
func (s Shape) Len() uint64 {
	n, over := uint64(1), false
	for _, size := range s {
		if size < 0 {
			panic(fmt.Sprintf("bitmap: an axis of %d items", size))
		}
		if size == 0 {
			return 0
		}
		hi, lo := bits.Mul64(n, uint64(size))
		n, over = lo, over || hi != 0
	}
	if over {
		return math.MaxUint64
	}
	return n
}

// cells is Len for spaces that sets may have.
func (s Shape) cells() uint64 {
	n := s.Len()
	checkCells(n)
	return n
}

// sizes are the sizes of the axes as the kernels take them.
func (s Shape) sizes() []uint64 {
	sizes := make([]uint64, len(s))
	for i, size := range s {
		sizes[i] = uint64(size)
	}
	return sizes
}

// strides are the distances in cells between neighbours along each axis.
func strides(sizes []uint64) []uint64 {
	st := make([]uint64, len(sizes))
	n := uint64(1)
	for i := len(sizes) - 1; i >= 0; i-- {
		st[i] = n
		n *= sizes[i]
	}
	return st
}

func product(sizes []uint64) uint64 {
	n := uint64(1)
	for _, size := range sizes {
		n *= size
	}
	return n
}

func checkCells(n uint64) {
	if n > MaxCells {
		panic(fmt.Sprintf("bitmap: a space of %d cells, of at most %d", n, uint64(MaxCells)))
	}
}
