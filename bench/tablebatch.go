package bench

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/cubeward/cubeward/cube"
)

// batch is the table's rows, and how many bytes the values of its measures take.
func (t Table) batch(lists []*cube.List) (batch arrow.RecordBatch, values int64, err error) {
	var fields []arrow.Field
	var cols []arrow.Array
	add := func(name string, a arrow.Array) {
		fields, cols = append(fields, arrow.Field{Name: name, Type: a.DataType(), Nullable: true}), append(cols, a)
	}
	defer func() {
		for _, c := range cols {
			c.Release()
		}
	}()
	if t.Layout != Dense {
		rows := t.items(lists)
		for i, l := range lists {
			a, err := placed(t.Layout, l, rows[i])
			if err != nil {
				return nil, 0, err
			}
			add(l.Name, a)
		}
	}
	for i := range t.Measures {
		a, err := t.measure(newDice(t.Seed, uint64(1000+i)))
		if err != nil {
			return nil, 0, err
		}
		values += bytesOf(a.Data())
		add(measureName(i), a)
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, int64(t.Rows)), values, nil
}

// items draws the cells of the rows: for each dimension the item of each row.
func (t Table) items(lists []*cube.List) [][]int32 {
	d := newDice(t.Seed, 3)
	out := make([][]int32, len(lists))
	for i := range out {
		out[i] = make([]int32, t.Rows)
	}
	for r := range t.Rows {
		for i, l := range lists {
			if r%t.Run == 0 {
				out[i][r] = int32(d.n(l.Len()))
			} else {
				out[i][r] = out[i][r-1]
			}
		}
	}
	return out
}

// placed is a dimension column.
func placed(layout Layout, l *cube.List, items []int32) (arrow.Array, error) {
	mem := memory.DefaultAllocator
	switch layout {
	case Text:
		b := array.NewStringBuilder(mem)
		defer b.Release()
		b.Reserve(len(items))
		for _, it := range items {
			b.Append(l.Item(cube.ItemID(it)))
		}
		return b.NewArray(), nil
	case Columns, Index:
		b := array.NewInt32Builder(mem)
		defer b.Release()
		b.AppendValues(items, nil)
		index := b.NewArray()
		if layout == Index {
			return index, nil
		}
		defer index.Release()
		names := array.NewStringBuilder(mem)
		defer names.Release()
		names.AppendValues(l.Items(), nil)
		dict := names.NewArray()
		defer dict.Release()
		dt := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
		return array.NewDictionaryArray(dt, index, dict), nil
	}
	return nil, fmt.Errorf("bench: no layout %q; there are columns, text, index and dense", layout)
}

// nulls is the type of measures that hold nothing: they are for what is decided about rows, and not for a name.
const nulls = "null"

// measure draws values of the table's type.
func (t Table) measure(d dice) (arrow.Array, error) {
	mem := memory.DefaultAllocator
	build := func(b array.Builder, each func()) arrow.Array {
		defer b.Release()
		b.Reserve(t.Rows)
		for range t.Rows {
			each()
		}
		return b.NewArray()
	}
	switch t.Type {
	case "float64":
		b := array.NewFloat64Builder(mem)
		return build(b, func() { b.Append(d.number()) }), nil
	case "int32":
		b := array.NewInt32Builder(mem)
		return build(b, func() { b.Append(int32(d.n(1 << 30))) }), nil
	case "bool":
		b := array.NewBooleanBuilder(mem)
		return build(b, func() { b.Append(d.n(2) == 1) }), nil
	case "text":
		b := array.NewStringBuilder(mem)
		return build(b, func() { b.Append("a remark, "[:d.n(10)] + "no longer than a short sentence"[:d.n(31)]) }), nil
	case "decimal":
		b := array.NewDecimal128Builder(mem, &arrow.Decimal128Type{Precision: 38, Scale: 2})
		return build(b, func() { b.Append(decimal128.FromI64(int64(d.n(1 << 40)))) }), nil
	case nulls:
		return array.NewNull(t.Rows), nil
	case "list":
		b := array.NewListBuilder(mem, arrow.PrimitiveTypes.Float64)
		of := b.ValueBuilder().(*array.Float64Builder)
		return build(b, func() {
			b.Append(true)
			for range d.n(5) {
				of.Append(d.number())
			}
		}), nil
	}
	return nil, fmt.Errorf("bench: no type %q; there are float64, int32, bool, text, decimal and list", t.Type)
}

// bytesOf is what the buffers of an array hold, validity apart.
func bytesOf(d arrow.ArrayData) int64 {
	n := int64(0)
	for i, b := range d.Buffers() {
		if b != nil && i > 0 {
			n += int64(b.Len())
		}
	}
	for _, c := range d.Children() {
		n += bytesOf(c)
	}
	return n
}
