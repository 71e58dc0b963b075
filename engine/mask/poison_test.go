package mask

import (
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// poison is an allocator that spoils what is freed, so that whoever still looks at it sees that, and hands it out again, so
// that what comes next lies where the last lay.
type poison struct {
	*memory.CheckedAllocator
}

func newPoison() *poison {
	return &poison{memory.NewCheckedAllocator(&spoiler{free: map[int][][]byte{}})}
}

type spoiler struct {
	memory.GoAllocator
	mu   sync.Mutex
	free map[int][][]byte
}

func (s *spoiler) Allocate(n int) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if list := s.free[n]; len(list) > 0 {
		s.free[n] = list[:len(list)-1]
		return list[len(list)-1]
	}
	return s.GoAllocator.Allocate(n)
}

func (s *spoiler) Reallocate(n int, b []byte) []byte {
	moved := s.Allocate(n)
	clear(moved[copy(moved, b):])
	s.Free(b)
	return moved
}

func (s *spoiler) Free(b []byte) {
	for i := range b {
		b[i] = 0xee
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free[len(b)] = append(s.free[len(b)], b)
}

// in is a copy of an array whose memory comes from the allocator.
func in(mem memory.Allocator, d arrow.ArrayData) *array.Data {
	buffers := make([]*memory.Buffer, len(d.Buffers()))
	for i, b := range d.Buffers() {
		if b == nil {
			continue
		}
		buffers[i] = memory.NewResizableBuffer(mem)
		buffers[i].Resize(b.Len())
		copy(buffers[i].Bytes(), b.Bytes())
		for k := range buffers[i].Buf()[b.Len():] { // what is behind a buffer is its owner's
			buffers[i].Buf()[b.Len():][k] = 0xd7
		}
	}
	var children []arrow.ArrayData
	for _, c := range d.Children() {
		children = append(children, in(mem, c))
	}
	out := array.NewData(d.DataType(), d.Len(), buffers, children, d.NullN(), d.Offset())
	if dict, ok := d.Dictionary().(*array.Data); ok && dict != nil {
		copied := in(mem, dict)
		out.SetDictionary(copied)
		copied.Release()
	}
	for _, b := range buffers {
		if b != nil {
			b.Release()
		}
	}
	for _, c := range children {
		c.Release()
	}
	return out
}
