package masktest

import (
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Shared counts the bytes that an array leads to: those that stand in the memory of another array, and its own.
func Shared(out, in arrow.ArrayData) (shared, own int) {
	type stretch struct{ from, to uintptr }
	var theirs []stretch
	at := func(b *memory.Buffer) stretch {
		p := uintptr(unsafe.Pointer(unsafe.SliceData(b.Buf())))
		return stretch{p, p + uintptr(cap(b.Buf()))}
	}
	EachBuffer(in, func(b *memory.Buffer) { theirs = append(theirs, at(b)) })
	EachBuffer(out, func(b *memory.Buffer) {
		x := at(b)
		for _, y := range theirs {
			if b.Len() > 0 && x.from < y.to && y.from < x.to {
				shared += b.Len()
				return
			}
		}
		own += b.Len()
	})
	return shared, own
}
