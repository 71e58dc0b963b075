package main

import (
	"context"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// cellBatchRows is the number of cells in a batch of a result, but the last and where a run ends beyond it.
const cellBatchRows = 64 << 10

// cellTable makes batches whose first columns are the items of cells: numbers into the items of each dimension, so
// that no cell needs a string of its own.
type cellTable struct {
	schema *arrow.Schema
	types  []*arrow.DictionaryType
	items  []arrow.Array // the items of each dimension
	at     [][]int32     // the cells of the next batch, by dimension
	rows   int
}

func newCellTable(ref engine.Ref, more ...arrow.Field) *cellTable {
	t := &cellTable{at: make([][]int32, len(ref.Block.Dims))}
	var fields []arrow.Field
	for i, name := range dimensionNames(ref) {
		dt, items := itemDictionary(ref.Block.Dims[i])
		t.types, t.items = append(t.types, dt), append(t.items, items)
		fields = append(fields, arrow.Field{Name: name, Type: dt})
	}
	t.schema = arrow.NewSchema(append(fields, more...), nil)
	return t
}

// itemDictionary is the items of a list as a dictionary, and the type of columns that point into it.
func itemDictionary(l *cube.List) (*arrow.DictionaryType, arrow.Array) {
	return dictionaryOf(l.Items())
}

func dictionaryOf(entries []string) (*arrow.DictionaryType, arrow.Array) {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.AppendValues(entries, nil)
	return &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}, b.NewArray()
}

// pointInto is a column of numbers of dictionary entries.
func pointInto(dt *arrow.DictionaryType, dictionary arrow.Array, at []int32) arrow.Array {
	b := array.NewInt32Builder(memory.DefaultAllocator)
	defer b.Release()
	b.AppendValues(at, nil)
	numbers := b.NewArray()
	defer numbers.Release()
	return array.NewDictionaryArray(dt, numbers, dictionary)
}

// add appends n neighbours along the last dimension, the first at items.
func (t *cellTable) add(n int, items ...cube.ItemID) {
	for i, item := range items {
		step := int32(0)
		if i == len(items)-1 {
			step = 1
		}
		for k := range int32(n) {
			t.at[i] = append(t.at[i], int32(item)+k*step)
		}
	}
	t.rows += n
}

// batch is the batch of what was added since the last one, with more columns, which it takes over.
func (t *cellTable) batch(more ...arrow.Array) arrow.RecordBatch {
	columns := make([]arrow.Array, 0, len(t.at)+len(more))
	for i, at := range t.at {
		columns = append(columns, pointInto(t.types[i], t.items[i], at))
		t.at[i] = at[:0]
	}
	columns = append(columns, more...)
	b := array.NewRecordBatch(t.schema, columns, int64(t.rows))
	t.rows = 0
	for _, c := range columns {
		c.Release()
	}
	return b
}

// dimensionNames are the names of a block's dimensions as its application writes them (SPEC 6).
func dimensionNames(ref engine.Ref) []string {
	app := ref.Block.App
	if app == nil {
		app = ref.App
	}
	names := make([]string, len(ref.Block.Dims))
	for i, d := range ref.Block.Dims {
		names[i] = d.NameIn(app)
	}
	return names
}

// writeBatches writes a result to a file or, where name is empty, as CSV to standard output. It releases the batches.
func (t *tool) writeBatches(ctx context.Context, name string, schema *arrow.Schema, batches iter.Seq[arrow.RecordBatch]) error {
	out, err := t.createTable(name, schema, tableForm{limit: defaultMemory, fixed: true})
	if err != nil {
		return err
	}
	for b := range batches {
		err := ctx.Err()
		if err == nil {
			err = out.Write(b)
		}
		b.Release()
		if err != nil {
			return err
		}
	}
	if err := out.finish(); err != nil {
		return err
	}
	return out.publish()
}
