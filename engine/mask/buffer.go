package mask

import (
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// buffer is a new buffer of n bytes. The caller writes all of them; the spare capacity is zero.
func (r *redactor) buffer(n int) *memory.Buffer {
	b := memory.NewResizableBuffer(r.mem)
	r.own(b)
	b.Resize(n)
	clear(b.Buf()[n:])
	return b
}

// list is a list of buffers for an array, which keeps it.
func (r *redactor) list(buffers ...*memory.Buffer) []*memory.Buffer {
	n := len(buffers)
	if len(r.lists) < n {
		r.lists = make([]*memory.Buffer, max(n, listsAtFirst))
	}
	out := r.lists[:n:n]
	r.lists = r.lists[n:]
	copy(out, buffers)
	return out
}

// zeroed is a new buffer of n zero bytes.
func (r *redactor) zeroed(n int) *memory.Buffer {
	b := r.buffer(n)
	clear(b.Bytes())
	return b
}

// bitmap is a new buffer with the first n bits of words; nil for nil, as validity bitmaps have it.
func (r *redactor) bitmap(words []uint64, n int) *memory.Buffer {
	if words == nil {
		return nil
	}
	b := r.buffer((n + 7) / 8)
	storeBits(b.Bytes(), words, n)
	return b
}

// share is the bytes [from,to) of an input's buffer, without a copy. A slice of a buffer would still lead to the
// whole of it, through its parent and its capacity; this one leads nowhere.
func (r *redactor) share(b *memory.Buffer, from, to int) *memory.Buffer {
	if from == to {
		return r.buffer(0)
	}
	b.Retain()
	w := memory.NewBufferWithAllocator(b.Bytes()[from:to:to], &window{parent: b})
	r.own(w)
	return w
}

// window is the allocator of one shared buffer: it keeps the parent alive, and lets it go when the buffer is freed.
type window struct {
	parent *memory.Buffer
	freed  atomic.Bool
}

// Allocate gives ordinary memory; it is there for buffers that somebody resizes.
func (w *window) Allocate(size int) []byte { return make([]byte, size) }

// Reallocate moves the bytes to memory of their own, so that nobody writes into the parent.
func (w *window) Reallocate(size int, b []byte) []byte {
	moved := make([]byte, size)
	copy(moved, b)
	w.Free(b)
	return moved
}

// Free lets the parent go, once.
func (w *window) Free([]byte) {
	if w.freed.CompareAndSwap(false, true) {
		w.parent.Release()
	}
}
