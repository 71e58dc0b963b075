package modelfile

import (
	"bytes"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"
)

// Nulls alone have no buffers once they were read. That is no damage, at whatever depth they stand.
func TestNullsAtAnyDepthAreRead(t *testing.T) {
	field := arrow.Field{Name: "a", Type: arrow.Null, Nullable: true}
	for _, dt := range []arrow.DataType{
		arrow.Null, arrow.ListOf(arrow.Null), arrow.StructOf(field), arrow.FixedSizeListOf(2, arrow.Null), arrow.ListOf(arrow.StructOf(field)),
		arrow.MapOf(arrow.BinaryTypes.String, arrow.Null), arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int32, arrow.Null),
		arrow.StructOf(field, arrow.Field{Name: "b", Type: arrow.BinaryTypes.String, Nullable: true}),
	} {
		b := array.NewBuilder(memory.DefaultAllocator, dt)
		for range 3 {
			b.AppendEmptyValue()
		}
		b.AppendNull()
		schema := arrow.NewSchema([]arrow.Field{{Name: "x", Type: dt, Nullable: true}}, nil)
		var buf bytes.Buffer
		w := ipc.NewWriter(&buf, ipc.WithSchema(schema))
		require.NoError(t, w.Write(array.NewRecordBatch(schema, []arrow.Array{b.NewArray()}, 4)), "%s", dt)
		require.NoError(t, w.Close())
		r, err := ReadArrowStream(&buf, ArrowOptions{})
		require.NoError(t, err, "%s", dt)
		require.True(t, r.Next(), "%s: %v", dt, r.Err())
		require.EqualValues(t, 4, r.RecordBatch().NumRows())
		require.False(t, r.Next())
		require.NoError(t, r.Err())
		r.Release()
	}
	dictionary := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.Null}
	d := array.NewData(dictionary, 1, []*memory.Buffer{nil, memory.NewBufferBytes([]byte{1})}, nil, 0, 0)
	d.SetDictionary(array.NewData(arrow.Null, 2, nil, nil, 2, 0))
	require.NoError(t, validateColumn(array.MakeFromData(d)))
	text := array.NewData(arrow.BinaryTypes.String, 1, []*memory.Buffer{nil, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes([]int32{0, 1})), memory.NewBufferBytes([]byte{0xff})}, nil, 0, 0)
	s := array.NewData(arrow.StructOf(field, arrow.Field{Name: "b", Type: arrow.BinaryTypes.String}), 1, []*memory.Buffer{nil},
		[]arrow.ArrayData{array.NewData(arrow.Null, 1, nil, nil, 1, 0), text}, 0, 0)
	require.Error(t, validateColumn(array.MakeFromData(s)), "what stands beside nulls is looked at")
}
