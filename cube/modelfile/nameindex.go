package modelfile

import (
	"hash/maphash"
	"math"
	"math/bits"
	"strings"

	"github.com/cubeward/cubeward/cube"
)

// nameIndex finds the items of a list by names that stand in a buffer. It is not changed once it is made: any number
// of goroutines may look names up.
type nameIndex struct {
	text  string   // all names, one after the other
	ends  []uint32 // where each ends
	plain bool     // names stand in CSV as they are, without quotes

	seed  maphash.Seed
	slots []uint64 // half of the hash, then the item + 1; 0 is free
}

// newNameIndex is an index of names that ends cuts a text into, nil where one stands twice.
func newNameIndex(text string, ends []uint32) *nameIndex {
	x := &nameIndex{text: text, ends: ends, seed: maphash.MakeSeed(), plain: !strings.ContainsAny(text, "\",\r\n")}
	x.slots = make([]uint64, 1<<bits.Len(uint(2*len(ends))))
	for i := range ends {
		name := x.name(cube.ItemID(i))
		h := maphash.String(x.seed, name)
		at := x.first(h)
		for ; x.slots[at] != 0; at = x.after(at) {
			if uint32(x.slots[at]>>32) == uint32(h>>32) && x.at(at) == name {
				return nil
			}
		}
		x.slots[at] = h>>32<<32 | uint64(i+1)
	}
	return x
}

func (x *nameIndex) first(h uint64) uint64 { return h & uint64(len(x.slots)-1) }

func (x *nameIndex) after(at uint64) uint64 { return (at + 1) & uint64(len(x.slots)-1) }

// at is the name in a slot.
func (x *nameIndex) at(slot uint64) string { return x.name(cube.ItemID(uint32(x.slots[slot]) - 1)) }

// name is the name of an item.
func (x *nameIndex) name(id cube.ItemID) string {
	start := uint32(0)
	if id > 0 {
		start = x.ends[id-1]
	}
	return x.text[start:x.ends[id]]
}

// find is the item of that exact name.
func (x *nameIndex) find(name []byte) (cube.ItemID, bool) {
	h := maphash.Bytes(x.seed, name)
	for at := x.first(h); x.slots[at] != 0; at = x.after(at) {
		if uint32(x.slots[at]>>32) == uint32(h>>32) && x.at(at) == string(name) {
			return cube.ItemID(uint32(x.slots[at]) - 1), true
		}
	}
	return 0, false
}

// names is an index of the items of a list, all of which are known; nil where there is none.
func (x *list) names() *nameIndex {
	if x.index != nil {
		return x.index
	}
	size := 0
	for _, name := range x.Items() {
		size += len(name)
	}
	if size > math.MaxUint32 {
		return nil
	}
	var text strings.Builder
	text.Grow(size)
	ends := make([]uint32, 0, x.Len())
	for _, name := range x.Items() {
		text.WriteString(name)
		ends = append(ends, uint32(text.Len()))
	}
	x.index = newNameIndex(text.String(), ends)
	return x.index
}
