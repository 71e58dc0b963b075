package bench

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// product is the cells of a block that a view reads, as one roaring bitmap: what an engine keeps for each member that
// does not keep factors apart. It lays out the bits row by row along the last dimension and makes the bitmap of them all
// at once: four times as fast as adding ranges. Words is room for a bit for each cell of the block; it may hold anything.
func product(v *engine.View, words []uint64) *roaring.Bitmap {
	clear(words)
	dims := v.Space().Dims()
	last := len(dims) - 1
	inner := uint64(dims[last].Len())
	var outer, along []bitTable // those without the last dimension, and those with it
	for _, t := range v.Tables(engine.Readable) {
		if b := newBitTable(t, dims); b.strides[last] == 0 {
			outer = append(outer, b)
		} else {
			along = append(along, b)
		}
	}
	items := make([]cube.ItemID, len(dims))
	for first := uint64(0); first < v.Space().Len(); first += inner {
		if !slices.ContainsFunc(outer, func(t bitTable) bool { return !t.has(t.at(items)) }) {
			for k := uint64(0); k < inner; k += 64 {
				row := ^uint64(0) >> (64 - min(64, inner-k))
				for _, t := range along {
					row &= t.word(t.at(items) + k)
				}
				at := first + k
				words[at>>6] |= row << (at & 63)
				if over := row >> 1 >> (63 - at&63); over != 0 {
					words[at>>6+1] |= over
				}
			}
		}
		for i := last - 1; i >= 0; i-- { // the next row
			if items[i]++; int(items[i]) < dims[i].Len() {
				break
			}
			items[i] = 0
		}
	}
	return roaring.FromDense(words, true)
}

// bitTable is a table with strides for all dimensions of a block, 0 for those that it lacks.
type bitTable struct {
	bits    []uint64
	strides []uint64
}

func newBitTable(t engine.Table, dims []*cube.List) bitTable {
	b := bitTable{t.Bits, make([]uint64, len(dims))}
	stride := uint64(1)
	for _, a := range slices.Backward(t.Axes) {
		b.strides[a] = stride
		stride *= uint64(dims[a].Len())
	}
	return b
}

func (t bitTable) at(items []cube.ItemID) uint64 {
	at := uint64(0)
	for i, it := range items {
		at += t.strides[i] * uint64(it)
	}
	return at
}

func (t bitTable) has(at uint64) bool { return t.bits[at>>6]>>(at&63)&1 != 0 }

// word is the 64 bits from a place on; those past the end are clear.
func (t bitTable) word(at uint64) uint64 {
	w := t.bits[at>>6] >> (at & 63)
	if at&63 != 0 && at>>6+1 < uint64(len(t.bits)) {
		w |= t.bits[at>>6+1] << (64 - at&63)
	}
	return w
}
