package masktest

import (
	"bytes"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Marked says whether bytes hold some of a hidden value.
func Marked(b []byte) bool {
	return bytes.Contains(b, bytes.Repeat([]byte{byteMarker}, 3)) || bytes.Contains(b, bytes.Repeat([]byte{textMarker}, 3))
}

// EachBuffer visits all buffers that an array leads to.
func EachBuffer(d arrow.ArrayData, f func(*memory.Buffer)) {
	for _, b := range d.Buffers() {
		if b != nil {
			f(b)
		}
	}
	for _, c := range d.Children() {
		EachBuffer(c, f)
	}
	if dict, ok := d.Dictionary().(*array.Data); ok && dict != nil {
		EachBuffer(dict, f)
	}
}

// Snapshot is all that an array's buffers hold, lengths and offsets included.
func Snapshot(d arrow.ArrayData) [][]byte {
	shape := []byte{}
	var walk func(arrow.ArrayData)
	walk = func(d arrow.ArrayData) {
		for _, n := range []int{d.Len(), d.Offset(), len(d.Buffers()), len(d.Children())} {
			shape = append(shape, byte(n), byte(n>>8), byte(n>>16))
		}
		for _, b := range d.Buffers() {
			shape = append(shape, map[bool]byte{true: 1}[b != nil])
		}
		for _, c := range d.Children() {
			walk(c)
		}
		if dict, ok := d.Dictionary().(*array.Data); ok && dict != nil {
			walk(dict)
		}
	}
	walk(d)
	all := [][]byte{shape}
	EachBuffer(d, func(b *memory.Buffer) { all = append(all, bytes.Clone(b.Bytes())) })
	return all
}

// Same compares two values by Arrow's equality, whatever dictionaries and runs they stand in, and whatever extension
// types make of their storage; a NaN is one.
func Same(a arrow.Array, i int, b arrow.Array, j int) bool {
	a, b = stored(a), stored(b)
	if LogicallyNull(a, i) || LogicallyNull(b, j) {
		return LogicallyNull(a, i) && LogicallyNull(b, j)
	}
	switch x := a.(type) {
	case *array.Dictionary:
		y := b.(*array.Dictionary)
		return Same(x.Dictionary(), x.GetValueIndex(i), y.Dictionary(), y.GetValueIndex(j))
	case *array.RunEndEncoded:
		y := b.(*array.RunEndEncoded)
		return Same(x.Values(), x.GetPhysicalIndex(i), y.Values(), y.GetPhysicalIndex(j))
	case *array.Struct:
		for k := range x.NumField() {
			if !Same(x.Field(k), i, b.(*array.Struct).Field(k), j) {
				return false
			}
		}
		return true
	case *array.SparseUnion:
		y := b.(*array.SparseUnion)
		return x.TypeCode(i) == y.TypeCode(j) && Same(x.Field(x.ChildID(i)), i, y.Field(y.ChildID(j)), j)
	case *array.DenseUnion:
		y := b.(*array.DenseUnion)
		return x.TypeCode(i) == y.TypeCode(j) &&
			Same(x.Field(x.ChildID(i)), int(x.ValueOffset(i)), y.Field(y.ChildID(j)), int(y.ValueOffset(j)))
	case array.ListLike:
		y := b.(array.ListLike)
		from, to := x.ValueOffsets(i)
		other, end := y.ValueOffsets(j)
		if to-from != end-other {
			return false
		}
		for k := range to - from {
			if !Same(x.ListValues(), int(from+k), y.ListValues(), int(other+k)) {
				return false
			}
		}
		return true
	}
	x, y := array.NewSlice(a, int64(i), int64(i+1)), array.NewSlice(b, int64(j), int64(j+1))
	defer x.Release()
	defer y.Release()
	return array.Equal(x, y) || a.DataType().ID() == b.DataType().ID() && x.ValueStr(0) == "NaN" && y.ValueStr(0) == "NaN"
}

// LogicallyNull says whether row i is null, for types whose nulls stand in their children too.
func LogicallyNull(a arrow.Array, i int) bool {
	switch a := a.(type) {
	case *array.SparseUnion:
		return LogicallyNull(a.Field(a.ChildID(i)), i)
	case *array.DenseUnion:
		return LogicallyNull(a.Field(a.ChildID(i)), int(a.ValueOffset(i)))
	case *array.RunEndEncoded:
		return LogicallyNull(a.Values(), a.GetPhysicalIndex(i))
	case *array.Null:
		return true
	case *array.Dictionary:
		return a.IsNull(i) || LogicallyNull(a.Dictionary(), a.GetValueIndex(i))
	case array.ExtensionArray:
		return LogicallyNull(a.Storage(), i)
	}
	return a.IsNull(i)
}

// stored is an array without what an extension type makes of it.
func stored(a arrow.Array) arrow.Array {
	for {
		ext, ok := a.(array.ExtensionArray)
		if !ok {
			return a
		}
		a = ext.Storage()
	}
}
