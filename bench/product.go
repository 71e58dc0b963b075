package bench

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// product is the cells of a block that a view reads, as one roaring bitmap: what an engine keeps for each member that
// does not keep factors apart. It adds ranges along the last dimension, the quickest way to build one.
func product(v *engine.View) *roaring.Bitmap {
	out := roaring.New()
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
		v.Space().At(first, items)
		if slices.ContainsFunc(outer, func(t bitTable) bool { return !t.has(t.at(items)) }) {
			continue
		}
		if len(along) == 0 {
			out.AddRange(first, first+inner)
			continue
		}
		from := inner // where the current run began; inner: there is none
		for k := range inner {
			ok := true
			for _, t := range along {
				ok = ok && t.has(t.at(items)+k)
			}
			switch {
			case ok && from == inner:
				from = k
			case !ok && from != inner:
				out.AddRange(first+from, first+k)
				from = inner
			}
		}
		if from != inner {
			out.AddRange(first+from, first+inner)
		}
	}
	return out
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
