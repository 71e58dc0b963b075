package arrow17

import (
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// counted is a buffer of either version.
type counted interface {
	Retain()
	Release()
}

// lent is the allocator of one buffer whose bytes are those of another: it keeps that alive, and lets it go when the
// buffer is freed. Both versions take it.
type lent struct {
	from  counted
	freed atomic.Bool
}

// lend gives the bytes of a buffer to one of the other version, without a way to what lies behind them.
func lend(b counted, data []byte) ([]byte, memory.Allocator) {
	b.Retain()
	return data[:len(data):len(data)], &lent{from: b}
}

// Allocate gives ordinary memory; it is there for buffers that somebody resizes.
func (l *lent) Allocate(size int) []byte { return make([]byte, size) }

// Reallocate moves the bytes to memory of their own, so that nobody writes into the lender's.
func (l *lent) Reallocate(size int, b []byte) []byte {
	moved := make([]byte, size)
	copy(moved, b)
	l.Free(b)
	return moved
}

// Free lets the lender go, once.
func (l *lent) Free([]byte) {
	if l.freed.CompareAndSwap(false, true) {
		l.from.Release()
	}
}
