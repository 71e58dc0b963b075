package arrow17

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/endian"
	"github.com/apache/arrow-go/v18/arrow/memory"
	arrow17 "github.com/apache/arrow/go/v17/arrow"
	array17 "github.com/apache/arrow/go/v17/arrow/array"
	memory17 "github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/engine/mask/masktest"
)

// batchOf is a batch of one column, with metadata.
func batchOf(dt arrow.DataType, a arrow.Array) arrow.RecordBatch {
	md := arrow.MetadataFrom(map[string]string{"k": "v"})
	schema := arrow.NewSchema([]arrow.Field{{Name: "x", Type: dt, Nullable: true, Metadata: md}}, &md)
	return array.NewRecordBatch(schema, []arrow.Array{a}, int64(a.Len()))
}

// Every type goes to v17 and back: equal row by row, the same memory, and all of it let go.
func TestThereAndBack(t *testing.T) {
	rows := make([]masktest.State, 40)
	for i := range rows {
		rows[i] = []masktest.State{masktest.Shown, masktest.Null, masktest.Shown, masktest.Hidden}[i%4]
	}
	missing := 0
	for k, dt := range masktest.Types() {
		msg := fmt.Sprint(dt)
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		in := owned(mem, masktest.New(uint64(k), 1).Array(dt, rows, true))
		batch := batchOf(dt, in)
		old, err := ToV17(batch)
		if err != nil {
			require.Regexp(t, `decimal(32|64)`, msg, "%v", err)
			missing++
		} else {
			require.EqualValues(t, 40, old.NumRows(), msg)
			require.Equal(t, "v", old.Schema().Metadata().ToMap()["k"])
			back, err := FromV17(old)
			require.NoError(t, err, msg)
			old.Release()
			checkBack(t, batch, back, msg)
			back.Release()
		}
		batch.Release()
		in.Release()
		mem.AssertSize(t, 0)
	}
	require.Less(t, missing, len(masktest.Types())/10)
}

// owned is an array whose buffers an allocator knows.
func owned(mem memory.Allocator, d arrow.ArrayData) arrow.Array {
	var own func(d arrow.ArrayData) *array.Data
	own = func(d arrow.ArrayData) *array.Data {
		var buffers []*memory.Buffer
		for _, b := range d.Buffers() {
			var c *memory.Buffer
			if b != nil {
				c = memory.NewResizableBuffer(mem)
				c.Resize(b.Len())
				copy(c.Bytes(), b.Bytes())
				defer c.Release()
			}
			buffers = append(buffers, c)
		}
		var children []arrow.ArrayData
		for _, c := range d.Children() {
			child := own(c)
			defer child.Release()
			children = append(children, child)
		}
		out := array.NewData(d.DataType(), d.Len(), buffers, children, d.NullN(), d.Offset())
		if dict, ok := d.Dictionary().(*array.Data); ok && dict != nil {
			entries := own(dict)
			defer entries.Release()
			out.SetDictionary(entries)
		}
		return out
	}
	data := own(d)
	defer data.Release()
	return array.MakeFromData(data)
}

func checkBack(t *testing.T, in, back arrow.RecordBatch, msg string) {
	t.Helper()
	a, b := in.Column(0), back.Column(0)
	require.Equal(t, a.Len(), b.Len(), msg)
	shared, own := masktest.Shared(b.Data(), a.Data())
	require.Zero(t, own, "%s: copied", msg)
	all := 0
	masktest.EachBuffer(a.Data(), func(buf *memory.Buffer) { all += buf.Len() })
	require.Equal(t, all, shared, msg)
	masktest.EachBuffer(b.Data(), func(buf *memory.Buffer) { require.Equal(t, buf.Len(), cap(buf.Buf()), msg) })
	// An extension type in a dictionary or in runs, which have no fields to name it, comes back as its storage. (TypeEqual
	// finds some equal types different.)
	same := a.DataType().String() == b.DataType().String()
	require.True(t, same || strings.Contains(msg, "=extension") || strings.Contains(msg, "values: extension"), "%s is not %s", b.DataType(), msg)
	for i := range a.Len() {
		require.True(t, masktest.Same(a, i, b, i), "%s row %d", msg, i)
	}
	require.Equal(t, "v", back.Schema().Metadata().ToMap()["k"])
	require.Equal(t, in.Schema().Field(0).Name, back.Schema().Field(0).Name)
}

// A batch made of a record keeps the record's memory until it is released itself, whatever order things are let go in.
func TestLentMemory(t *testing.T) {
	mem17 := memory17.NewCheckedAllocator(memory17.NewGoAllocator())
	b := array17.NewRecordBuilder(mem17, arrow17.NewSchema([]arrow17.Field{
		{Name: "n", Type: arrow17.PrimitiveTypes.Int64, Nullable: true},
		{Name: "d", Type: &arrow17.DictionaryType{IndexType: arrow17.PrimitiveTypes.Int8, ValueType: arrow17.BinaryTypes.String}, Nullable: true},
		{Name: "l", Type: arrow17.ListOf(arrow17.BinaryTypes.String), Nullable: true},
	}, nil))
	require.NoError(t, b.UnmarshalJSON([]byte(`{"n": 1, "d": "a", "l": ["x", "y"]}`)))
	require.NoError(t, b.UnmarshalJSON([]byte(`{"n": null, "d": "b", "l": null}`)))
	require.NoError(t, b.UnmarshalJSON([]byte(`{"n": 3, "d": null, "l": []}`)))
	rec := b.NewRecord()
	b.Release()
	batch, err := FromV17(rec)
	require.NoError(t, err)
	rec.Release()
	require.Positive(t, mem17.CurrentAlloc(), "the batch keeps it")
	for _, c := range batch.Columns() {
		require.NoError(t, array.ValidateFull(c))
	}
	require.Equal(t, `[{"d":"a","l":["x","y"],"n":1},{"d":"b","l":null,"n":null},{"d":null,"l":[],"n":3}]`, compact(t, batch))
	slice := batch.NewSlice(1, 3)
	batch.Release()
	again, err := ToV17(slice)
	require.NoError(t, err)
	slice.Release()
	require.EqualValues(t, 2, again.NumRows())
	require.True(t, again.Column(0).IsNull(0))
	require.EqualValues(t, 3, again.Column(0).(*array17.Int64).Value(1))
	again.Release()
	mem17.AssertSize(t, 0)
}

func compact(t *testing.T, b arrow.RecordBatch) string {
	t.Helper()
	text, err := b.MarshalJSON()
	require.NoError(t, err)
	return strings.Join(strings.Fields(string(text)), "")
}

func TestReader(t *testing.T) {
	mem17 := memory17.NewCheckedAllocator(memory17.NewGoAllocator())
	schema := arrow17.NewSchema([]arrow17.Field{{Name: "n", Type: arrow17.PrimitiveTypes.Int64}}, nil)
	var records []arrow17.Record
	for i := range int64(3) {
		b := array17.NewRecordBuilder(mem17, schema)
		b.Field(0).(*array17.Int64Builder).AppendValues([]int64{i, 10 * i}, nil)
		records = append(records, b.NewRecord())
		b.Release()
	}
	in, err := array17.NewRecordReader(schema, records)
	require.NoError(t, err)
	for _, r := range records {
		r.Release()
	}
	r, err := NewReader(in)
	require.NoError(t, err)
	in.Release()
	r.Retain()
	r.Release()
	require.Equal(t, "n", r.Schema().Field(0).Name)
	next := int64(0)
	for r.Next() {
		require.Equal(t, []int64{next, 10 * next}, r.RecordBatch().Column(0).(*array.Int64).Int64Values())
		require.Same(t, r.Schema(), r.RecordBatch().Schema())
		next++
	}
	require.NoError(t, r.Err())
	require.EqualValues(t, 3, next)
	require.False(t, r.Next())
	r.Release()
	mem17.AssertSize(t, 0)
}

// What contradicts itself is an error, and nothing is kept.
func TestDamage(t *testing.T) {
	list := arrow17.ListOf(arrow17.PrimitiveTypes.Int8)
	schema := arrow17.NewSchema([]arrow17.Field{{Name: "x", Type: list}}, nil)
	good := array17.NewListBuilder(memory17.DefaultAllocator, arrow17.PrimitiveTypes.Int8)
	good.Append(true)
	rec := array17.NewRecord(schema, []arrow17.Array{good.NewArray()}, 1)
	other, err := SchemaFromV17(arrow17.NewSchema([]arrow17.Field{{Name: "x", Type: arrow17.PrimitiveTypes.Int8}}, nil))
	require.NoError(t, err)
	_, err = batchFromV17(rec, other)
	require.ErrorContains(t, err, `arrow17: column "x": an array of type list<item: int8, nullable> where its schema says int8`)
	_, err = batchFromV17(rec, arrow.NewSchema(nil, nil))
	require.ErrorContains(t, err, "1 columns for a schema of 0")
	_, err = SchemaToV17(arrow.NewSchema([]arrow.Field{{Name: "x", Type: &arrow.Decimal32Type{Precision: 5}}}, nil))
	require.ErrorContains(t, err, "arrow17: ")
	_, err = ToV17(batchOf(&arrow.Decimal64Type{Precision: 5}, array.NewDecimal64Builder(memory.DefaultAllocator, &arrow.Decimal64Type{Precision: 5}).NewArray()))
	require.Error(t, err)
}

// A lent buffer that somebody resizes moves away from its lender.
func TestResizedLoan(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	b := memory.NewResizableBuffer(mem)
	b.Resize(4)
	copy(b.Bytes(), "abcd")
	loan := memory.NewBufferWithAllocator(lend(b, b.Bytes()))
	b.Release()
	require.Positive(t, mem.CurrentAlloc())
	loan.Resize(100)
	mem.AssertSize(t, 0)
	require.Equal(t, "abcd", string(loan.Bytes()[:4]))
	loan.Release()
	mem.AssertSize(t, 0)
}

// A type of v17 that v18 does not know is its storage there, and itself again back in v17.
func TestExtensionOfV17(t *testing.T) {
	require.NoError(t, arrow17.RegisterExtensionType(newCode()))
	t.Cleanup(func() { require.NoError(t, arrow17.UnregisterExtensionType("test.code")) })
	md := arrow17.MetadataFrom(map[string]string{"own": "x"})
	schema := arrow17.NewSchema([]arrow17.Field{
		{Name: "x", Type: newCode(), Metadata: md},
		{Name: "y", Type: arrow17.ListOf(newCode())},
	}, nil)
	got, err := SchemaFromV17(schema)
	require.NoError(t, err)
	require.Equal(t, arrow.BinaryTypes.String, got.Field(0).Type)
	require.Equal(t, map[string]string{"own": "x", "ARROW:extension:name": "test.code", "ARROW:extension:metadata": "v1"}, got.Field(0).Metadata.ToMap())
	require.Equal(t, "list<item: utf8, nullable>", got.Field(1).Type.String())
	back, err := SchemaToV17(got)
	require.NoError(t, err)
	require.True(t, schema.Equal(back), "%s", back)
	require.Equal(t, map[string]string{"own": "x"}, back.Field(0).Metadata.ToMap())

	names := array17.NewStringBuilder(memory17.DefaultAllocator)
	names.AppendValues([]string{"a", "b"}, nil)
	lists := array17.NewListBuilder(memory17.DefaultAllocator, newCode())
	lists.AppendNull()
	lists.AppendNull()
	rec := array17.NewRecord(schema, []arrow17.Array{array17.NewExtensionArrayWithStorage(newCode(), names.NewArray()), lists.NewArray()}, 2)
	batch, err := FromV17(rec)
	require.NoError(t, err)
	require.Equal(t, "b", batch.Column(0).(*array.String).Value(1))
	again, err := ToV17(batch)
	require.NoError(t, err)
	require.Equal(t, "b", again.Column(0).(*code).Storage().ValueStr(1))
}

// code is an extension type of v17 over text.
type (
	codeType struct{ arrow17.ExtensionBase }
	code     struct{ array17.ExtensionArrayBase }
)

func newCode() *codeType {
	return &codeType{arrow17.ExtensionBase{Storage: arrow17.BinaryTypes.String}}
}

func (*codeType) ExtensionName() string   { return "test.code" }
func (*codeType) Serialize() string       { return "v1" }
func (*codeType) ArrayType() reflect.Type { return reflect.TypeFor[code]() }

func (c *codeType) ExtensionEquals(o arrow17.ExtensionType) bool {
	return c.ExtensionName() == o.ExtensionName()
}

func (c *codeType) Deserialize(storage arrow17.DataType, data string) (arrow17.ExtensionType, error) {
	if storage.ID() != arrow17.STRING || data != "v1" {
		return nil, errors.New("no such code")
	}
	return newCode(), nil
}

func TestByteOrder(t *testing.T) {
	foreign := arrow.NewSchemaWithEndian([]arrow.Field{{Name: "x", Type: arrow.PrimitiveTypes.Int8}}, nil, endian.NonNativeEndian)
	old, err := SchemaToV17(foreign)
	require.NoError(t, err)
	require.False(t, old.IsNativeEndian())
	back, err := SchemaFromV17(old)
	require.NoError(t, err)
	require.False(t, back.IsNativeEndian())
	_, err = SchemaFromV17(nil)
	require.ErrorContains(t, err, "arrow17: no schema")
	_, err = SchemaToV17(nil)
	require.Error(t, err)
}

func BenchmarkThereAndBack(b *testing.B) {
	for _, rows := range []int{1, 1 << 16} {
		b.Run(fmt.Sprintf("columns=8/rows=%d", rows), func(b *testing.B) {
			build := array.NewInt64Builder(memory.DefaultAllocator)
			build.AppendValues(make([]int64, rows), nil)
			column := build.NewArray()
			var fields []arrow.Field
			var columns []arrow.Array
			for i := range 8 {
				fields, columns = append(fields, arrow.Field{Name: fmt.Sprint(i), Type: arrow.PrimitiveTypes.Int64}), append(columns, column)
			}
			batch := array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, int64(rows))
			b.ReportAllocs()
			for b.Loop() {
				old, err := ToV17(batch)
				if err != nil {
					b.Fatal(err)
				}
				back, err := FromV17(old)
				if err != nil {
					b.Fatal(err)
				}
				back.Release()
				old.Release()
			}
		})
	}
}
