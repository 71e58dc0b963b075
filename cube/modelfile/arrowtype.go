package modelfile

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/cubeward/cubeward/cube"
)

// The days of the years 0 to 9999, as CSV can write them.
const (
	minDay = -719528
	maxDay = 2932896
)

const millisecondsPerDay = 24 * 60 * 60 * 1000

// decodable says whether a column of an Arrow type can hold values of a kind: texts hold all as CSV does; integers
// numbers, and items and texts by their decimal text; other numbers numbers; dates dates, and items and texts by
// their ISO text; booleans booleans. Dictionary and run-end encoding change nothing.
func decodable(t arrow.DataType, k cube.Kind) bool {
	switch t := t.(type) {
	case *arrow.DictionaryType:
		return decodable(t.ValueType, k)
	case *arrow.RunEndEncodedType:
		return decodable(t.Encoded(), k)
	}
	switch id := t.ID(); {
	case id == arrow.NULL || id == arrow.STRING || id == arrow.LARGE_STRING || id == arrow.STRING_VIEW:
		return true
	case arrow.IsInteger(id):
		return k == cube.Number || k == cube.Item || k == cube.Text
	case arrow.IsFloating(id) || arrow.IsDecimal(id):
		return k == cube.Number
	case id == arrow.DATE32 || id == arrow.DATE64:
		return k == cube.Date || k == cube.Item || k == cube.Text
	case id == arrow.BOOL:
		return k == cube.Boolean
	}
	return false
}

// decoder reads a value of a column, which may be null.
type decoder func(i int, f *field)

// newDecoder reads the values of a decodable column.
func newDecoder(column arrow.Array, k cube.Kind) decoder {
	read := newValueDecoder(column, k)
	return func(i int, f *field) {
		if !column.IsNull(i) {
			read(i, f)
		}
	}
}

func newValueDecoder(column arrow.Array, k cube.Kind) decoder {
	switch a := column.(type) {
	case *array.Dictionary:
		read := newDecoder(a.Dictionary(), k)
		return func(i int, f *field) { read(a.GetValueIndex(i), f) }
	case *array.RunEndEncoded:
		read := newDecoder(a.Values(), k)
		return func(i int, f *field) { read(a.GetPhysicalIndex(i), f) }
	case *array.Null:
		return func(int, *field) {}
	case *array.Boolean:
		return func(i int, f *field) { f.kind, f.flag = booleanField, a.Value(i) }
	case *array.Date32:
		return dateDecoder(k, func(i int) (int64, bool) { return int64(a.Value(i)), true })
	case *array.Date64:
		return dateDecoder(k, func(i int) (int64, bool) {
			ms := int64(a.Value(i))
			return ms / millisecondsPerDay, ms%millisecondsPerDay == 0
		})
	case interface{ Value(int) string }:
		// The array's memory may be its reader's, so what is kept is copied.
		if k == cube.Text {
			return func(i int, f *field) { f.kind, f.text = textField, strings.Clone(a.Value(i)) }
		}
		return func(i int, f *field) { f.kind, f.text = textField, a.Value(i) }
	}
	if k == cube.Number {
		if read := numberDecoder(column); read != nil {
			return func(i int, f *field) { f.kind, f.number = numberField, read(i) }
		}
	}
	// Integers, and decimals, whose text is a number's.
	return func(i int, f *field) { f.kind, f.text = textField, column.ValueStr(i) }
}

// dateDecoder reads dates, as texts where items or texts are wanted. Days that are none are put out of range.
func dateDecoder(k cube.Kind, day func(int) (int64, bool)) decoder {
	return func(i int, f *field) {
		d, ok := day(i)
		if !ok || d < minDay || d > maxDay {
			d = maxDay + 1
		}
		f.kind, f.days = dateField, int32(d)
		if k != cube.Date && d <= maxDay {
			f.kind, f.text = textField, cube.FormatDate(f.days)
		}
	}
}

// numberDecoder reads the values of integers and floating-point numbers; nil for other types.
func numberDecoder(column arrow.Array) func(int) float64 {
	switch a := column.(type) {
	case *array.Float64:
		return a.Value
	case *array.Float32:
		return func(i int) float64 { return float64(a.Value(i)) }
	case *array.Float16:
		return func(i int) float64 { return float64(a.Value(i).Float32()) }
	case *array.Int8:
		return func(i int) float64 { return float64(a.Value(i)) }
	case *array.Int16:
		return func(i int) float64 { return float64(a.Value(i)) }
	case *array.Int32:
		return func(i int) float64 { return float64(a.Value(i)) }
	case *array.Int64:
		return func(i int) float64 { return float64(a.Value(i)) }
	case *array.Uint8:
		return func(i int) float64 { return float64(a.Value(i)) }
	case *array.Uint16:
		return func(i int) float64 { return float64(a.Value(i)) }
	case *array.Uint32:
		return func(i int) float64 { return float64(a.Value(i)) }
	case *array.Uint64:
		return func(i int) float64 { return float64(a.Value(i)) }
	}
	return nil
}
