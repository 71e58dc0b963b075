package store

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cubeward/cubeward/cube"
)

// take reads what put writes. After a first mistake it reads nothing but zeros, and err says what was wrong; so whoever
// loops asks ok. Nothing is made for a count before there are bytes for it.
type take struct {
	b    []byte
	size int // of b at first
	err  error
	at   int // where the mistake is
}

func taking(b []byte) *take { return &take{b: b, size: len(b)} }

var (
	errShort = errors.New("it ends too early")
	errLong  = errors.New("a number is too long")
)

func (t *take) fail(err error) {
	if t.err == nil {
		t.err, t.at, t.b = err, t.size-len(t.b), nil
	}
}

func (t *take) ok() bool { return t.err == nil }

// end fails where bytes are left.
func (t *take) end() {
	if t.err == nil && len(t.b) > 0 {
		t.fail(fmt.Errorf("%d bytes too many", len(t.b)))
	}
}

func (t *take) bytes(n uint64) []byte {
	if uint64(len(t.b)) < n {
		t.fail(errShort)
		return nil
	}
	out := t.b[:n:n]
	t.b = t.b[n:]
	return out
}

func (t *take) byte() uint8 {
	if b := t.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (t *take) uint() uint64 {
	n, size := binary.Uvarint(t.b)
	switch {
	case size == 0:
		t.fail(errShort)
		return 0
	case size < 0 || size > 1 && t.b[size-1] == 0: // there is one way to write a number
		t.fail(errLong)
		return 0
	}
	t.b = t.b[size:]
	return n
}

// below reads a number that is less than a limit.
func (t *take) below(limit int, what string) int {
	n := t.uint()
	if n >= uint64(limit) && t.ok() {
		t.fail(fmt.Errorf("there is no %s %d, of %d", what, n, limit))
		return 0
	}
	return int(n)
}

// upTo reads a number that is at most a limit.
func (t *take) upTo(limit int, what string) int { return t.below(limit+1, what) }

// count reads how many things follow, each of at least size bytes.
func (t *take) count(size int) int {
	n := t.uint()
	if n > uint64(len(t.b)/size) {
		t.fail(errShort)
		return 0
	}
	return int(n)
}

func (t *take) text() string { return string(t.bytes(uint64(t.count(1)))) }

// item reads an item of a list of n, or nothing.
func (t *take) item(n int) cube.ItemID {
	i := t.below(n+1, "item")
	if i == 0 {
		return cube.NoItem
	}
	return cube.ItemID(i - 1)
}

// flags reads as many answers as it is given places for, and refuses more.
func (t *take) flags(to ...*bool) {
	b := t.byte()
	for i, f := range to {
		*f = b>>i&1 == 1
	}
	if b>>len(to) != 0 {
		t.fail(fmt.Errorf("unknown flags %#x", b))
	}
}

// numbers is an array that is read in place.
type numbers struct {
	data  []byte
	width int
}

// array reads an array of numbers up to a limit. It looks at each.
func (t *take) array(limit uint64) numbers {
	n := t.uint()
	a := numbers{width: int(t.byte())}
	if a.width != 1 && a.width != 2 && a.width != 4 && a.width != 8 {
		t.fail(fmt.Errorf("numbers of %d bytes", a.width))
		return numbers{width: 1}
	}
	if n > uint64(len(t.b)/a.width) {
		t.fail(errShort)
		return numbers{width: 1}
	}
	a.data = t.bytes(n * uint64(a.width))
	if a.width < 8 && limit >= 1<<(8*a.width)-1 {
		return a
	}
	for i := range a.len() {
		if x := a.at(i); x > limit {
			t.fail(fmt.Errorf("the number %d, of at most %d", x, limit))
			return numbers{width: 1}
		}
	}
	return a
}

func (a numbers) len() int { return len(a.data) / a.width }

func (a numbers) at(i int) uint64 {
	switch a.width {
	case 1:
		return uint64(a.data[i])
	case 2:
		return uint64(binary.LittleEndian.Uint16(a.data[2*i:]))
	case 4:
		return uint64(binary.LittleEndian.Uint32(a.data[4*i:]))
	}
	return binary.LittleEndian.Uint64(a.data[8*i:])
}

// shifted writes the numbers less one to out, as items and profiles are kept: 0 is nothing. There are len(out) of them.
func shifted[T ~int32](a numbers, out []T, nothing T) {
	put := func(i int, x uint64) {
		if x == 0 {
			out[i] = nothing
			return
		}
		out[i] = T(x - 1)
	}
	switch a.width {
	case 1:
		for i, x := range a.data[:len(out)] {
			put(i, uint64(x))
		}
	case 2:
		for i := range out {
			put(i, uint64(binary.LittleEndian.Uint16(a.data[2*i:])))
		}
	default:
		for i := range out {
			put(i, a.at(i))
		}
	}
}
