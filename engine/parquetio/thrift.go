package parquetio

import (
	"encoding/binary"
	"fmt"
)

// thrift reads Thrift's compact protocol, in which Parquet keeps its metadata, from bytes that nobody vouches for. The
// library's reader allocates what the counts in them say; so they are gone through once before, and compared with the
// bytes that there are. Whatever is not well-formed sets bad.
type thrift struct {
	b    []byte
	at   int
	bad  bool
	cost int64 // about how much memory what was read takes once it is parsed
}

// The types of fields that matter here. The others are numbers, which are varints but for bytes and doubles.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
)

// structCost is about what a struct takes in memory, with the pointer to it.
const structCost = 256

// maxThriftDepth bounds how deep structs nest.
const maxThriftDepth = 32

func (t *thrift) byte() byte {
	if t.at >= len(t.b) {
		t.bad = true
		return 0
	}
	t.at++
	return t.b[t.at-1]
}

func (t *thrift) uvarint() uint64 {
	v, n := binary.Uvarint(t.b[min(t.at, len(t.b)):])
	if n <= 0 {
		t.bad = true
		return 0
	}
	t.at += n
	return v
}

// number is a signed number of any size.
func (t *thrift) number() int64 {
	v := t.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

// count is how many elements follow, of at least one byte each.
func (t *thrift) count(n uint64) int {
	if n > uint64(len(t.b)-t.at) {
		t.bad = true
		return 0
	}
	return int(n)
}

// list is the head of a list: how many elements of which type follow.
func (t *thrift) list() (n int, typ byte) {
	h := t.byte()
	size := uint64(h >> 4)
	if size == 15 {
		size = t.uvarint()
	}
	n = t.count(size)
	t.cost += 32 * int64(n)
	return n, h & 0xf
}

// fields walks a struct. A field that read does not read, which it says, is skipped.
func (t *thrift) fields(depth int, read func(id int, typ byte) bool) {
	t.cost += structCost
	if depth > maxThriftDepth {
		t.bad = true
	}
	id := 0
	for !t.bad {
		h := t.byte()
		if h == 0 {
			return
		}
		if step := int(h >> 4); step != 0 {
			id += step
		} else {
			id = int(int16(t.number()))
		}
		if !read(id, h&0xf) {
			t.skip(h&0xf, depth)
		}
	}
}

func skipAll(int, byte) bool { return false }

// skip passes over the value of a field.
func (t *thrift) skip(typ byte, depth int) {
	switch typ {
	case thriftTrue, thriftFalse: // the type says it
	default:
		t.element(typ, depth)
	}
}

// element passes over an element of a list, where booleans have a byte of their own.
func (t *thrift) element(typ byte, depth int) {
	switch typ {
	case thriftTrue, thriftFalse, thriftByte:
		t.byte()
	case thriftDouble:
		t.at += t.count(8)
	case thriftBinary:
		n := t.count(t.uvarint())
		t.at, t.cost = t.at+n, t.cost+int64(n)
	case thriftList, thriftSet:
		n, typ := t.list()
		for i := 0; i < n && !t.bad; i++ {
			t.element(typ, depth+1)
		}
	case thriftMap:
		n := t.count(t.uvarint())
		if n == 0 {
			return
		}
		t.cost += 64 * int64(n)
		types := t.byte()
		for i := 0; i < n && !t.bad; i++ {
			t.element(types>>4, depth+1)
			t.element(types&0xf, depth+1)
		}
	case thriftStruct:
		t.fields(depth+1, skipAll)
	case 4, 5, 6:
		t.uvarint()
	default:
		t.bad = true
	}
}

// checkFooter makes sure that the metadata of a file can be parsed within limit bytes.
func checkFooter(b []byte, limit int64) error {
	t := &thrift{b: b}
	schema, children, length := 0, int64(0), int64(0)
	t.fields(0, func(id int, typ byte) bool {
		if id != 2 || typ != thriftList {
			return false
		}
		var of byte
		schema, of = t.list()
		for i := 0; i < schema && !t.bad; i++ {
			if of != thriftStruct {
				t.bad = true
			}
			t.fields(1, func(id int, typ byte) bool {
				if typ != 5 || id != 2 && id != 5 {
					return false
				}
				switch n := t.number(); {
				case n < 0:
					t.bad = true
				case id == 2:
					length = max(length, n)
				default:
					children += n
				}
				return true
			})
		}
		return true
	})
	switch {
	case t.bad || children >= int64(max(schema, 1)):
		return fmt.Errorf("%w: the metadata", errDamaged)
	case t.cost > limit || length > limit:
		return ErrTooLarge
	}
	return nil
}
