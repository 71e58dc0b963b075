package modelfile

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// withNullBuffers is an array's data in which arrays of nulls, at any depth, have the buffer that they lack after they were read, and
// that arrow-go's own validation misses. The caller releases it.
func withNullBuffers(d arrow.ArrayData) arrow.ArrayData {
	if !holdsNulls(d.DataType()) {
		d.Retain()
		return d
	}
	buffers := d.Buffers()
	if d.DataType().ID() == arrow.NULL && len(buffers) == 0 {
		buffers = []*memory.Buffer{nil}
	}
	children := make([]arrow.ArrayData, len(d.Children()))
	for i, c := range d.Children() {
		children[i] = withNullBuffers(c)
		defer children[i].Release()
	}
	out := array.NewData(d.DataType(), d.Len(), buffers, children, d.NullN(), d.Offset())
	if dict, ok := d.Dictionary().(*array.Data); ok && dict != nil {
		whole := withNullBuffers(dict)
		defer whole.Release()
		out.SetDictionary(whole)
	}
	return out
}

// holdsNulls says whether arrays of a type hold one of nulls alone.
func holdsNulls(dt arrow.DataType) bool {
	switch dt := dt.(type) {
	case *arrow.NullType:
		return true
	case arrow.ExtensionType:
		return holdsNulls(dt.StorageType())
	case *arrow.DictionaryType:
		return holdsNulls(dt.ValueType)
	case arrow.NestedType:
		for _, f := range dt.Fields() {
			if holdsNulls(f.Type) {
				return true
			}
		}
	}
	return false
}
