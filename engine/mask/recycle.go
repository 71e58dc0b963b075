package mask

import (
	"math/bits"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Memory that is used again costs neither page faults nor zeroing, which take longer than filling it.

// recycler is the allocator of a Masker that was given none: what its batches let go serves its later ones. It never
// serves those of another, so that who wrongly keeps looking at a released batch sees no other member's values. What it
// allocates may hold anything; redactor.buffer sees to it that all of it is written.
type recycler struct {
	pools [lastPower - firstPower + 1]sync.Pool // of *[]byte, by power of two
	boxes sync.Pool                             // of *[]byte that hold nothing
}

// Memory outside these powers of two is not recycled.
const firstPower, lastPower = 12, 34

// pool is nil where memory of the size is not recycled.
func (r *recycler) pool(size int) *sync.Pool {
	if power := bits.Len(uint(size)) - 1; firstPower <= power && power <= lastPower {
		return &r.pools[power-firstPower]
	}
	return nil
}

// Allocate gives size bytes without spare capacity.
func (r *recycler) Allocate(size int) []byte {
	if p := r.pool(size); p != nil {
		if box, ok := p.Get().(*[]byte); ok && cap(*box) >= size {
			b := *box
			*box = nil
			r.boxes.Put(box)
			return b[:size:size]
		}
	}
	return memory.DefaultAllocator.Allocate(size)
}

// Reallocate moves b.
func (r *recycler) Reallocate(size int, b []byte) []byte {
	if size == len(b) {
		return b
	}
	moved := r.Allocate(size)
	clear(moved[copy(moved, b):])
	r.Free(b)
	return moved
}

// Free takes b back.
func (r *recycler) Free(b []byte) {
	if p := r.pool(cap(b)); p != nil {
		box, ok := r.boxes.Get().(*[]byte)
		if !ok {
			box = new([]byte)
		}
		*box = b
		p.Put(box)
	}
}
