package engine

import (
	"bytes"
	"context"
	"math/bits"
	"math/rand/v2"

	"github.com/cubeward/cubeward/cube"
)

// rowKinds sorts members by the rows of a sparse column of bytes, users first: what a metric of stored rights is. A hash
// finds candidates, content decides.
type rowKinds struct {
	kinds
	cells []uint64
	bytes []uint8
	n     uint64 // cells of a row
	from  []int  // of each kind: where the cells of its first member begin
	seeds [2]uint64
	slots []rowSlot // twice as many as kinds or more, a power of two
}

// rowSlot is a kind by the hash of its row; one more than the kind, zero is none.
type rowSlot struct {
	hash uint64
	kind int32
}

func newRowKinds(members int, col *cube.Column) *rowKinds {
	return &rowKinds{
		kinds: kinds{of: make([]int32, members)}, cells: col.Cells(), bytes: col.Vector().Bytes, n: col.Space().Len() / uint64(members),
		// Seeds of its own, so that nobody can make up rows that fall together.
		seeds: [2]uint64{rand.Uint64(), rand.Uint64() | 1}, slots: make([]rowSlot, 1<<10),
	}
}

// sort sorts all members; it stops where ctx ends.
func (k *rowKinds) sort(ctx context.Context) kinds {
	at := 0
	for m := range k.of {
		if m&0xfff == 0 && ctx.Err() != nil {
			break
		}
		lo, first := at, uint64(m)*k.n
		hash := k.seeds[0]
		for ; at < len(k.cells) && k.cells[at] < first+k.n; at++ {
			hash = mixed(hash^(k.cells[at]-first)<<8^uint64(k.bytes[at]), k.seeds[1])
		}
		k.of[m] = k.find(mixed(hash, k.seeds[1]), m, lo, at)
	}
	return k.kinds
}

func mixed(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo ^ a
}

// find is the kind of a member's row, which stands from lo to hi.
func (k *rowKinds) find(hash uint64, m, lo, hi int) int32 {
	mask := uint64(len(k.slots) - 1)
	at := hash & mask
	for ; k.slots[at].kind != 0; at = (at + 1) & mask {
		if s := k.slots[at]; s.hash == hash && k.equal(int(s.kind-1), m, lo, hi) {
			return s.kind - 1
		}
	}
	id := k.add(m)
	k.from = append(k.from, lo)
	k.slots[at] = rowSlot{hash, id + 1}
	if 2*len(k.from) > len(k.slots) {
		k.grow()
	}
	return id
}

// equal says whether a member's row is that of a kind's first member.
func (k *rowKinds) equal(kind, m, lo, hi int) bool {
	from, first := k.from[kind], k.first[kind]
	to := from + hi - lo
	if to > len(k.cells) || !bytes.Equal(k.bytes[from:to], k.bytes[lo:hi]) {
		return false
	}
	apart := uint64(m-int(first)) * k.n
	for i, c := range k.cells[from:to] {
		if c+apart != k.cells[lo+i] {
			return false
		}
	}
	return to == len(k.cells) || k.cells[to] >= uint64(first+1)*k.n // the other row has no more cells
}

func (k *rowKinds) grow() {
	old := k.slots
	k.slots = make([]rowSlot, 2*len(old))
	mask := uint64(len(k.slots) - 1)
	for _, s := range old {
		if s.kind == 0 {
			continue
		}
		at := s.hash & mask
		for k.slots[at].kind != 0 {
			at = (at + 1) & mask
		}
		k.slots[at] = s
	}
}
