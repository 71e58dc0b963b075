package masktest

import (
	"math/rand/v2"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/extensions"
)

// Leaves are all types without children, and extension types by their storage.
func Leaves() []arrow.DataType {
	return []arrow.DataType{
		arrow.FixedWidthTypes.Boolean, arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Int16,
		arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Int64,
		arrow.PrimitiveTypes.Uint64, arrow.FixedWidthTypes.Float16, arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64,
		&arrow.Decimal32Type{Precision: 9, Scale: 2}, &arrow.Decimal64Type{Precision: 18, Scale: 2},
		&arrow.Decimal128Type{Precision: 38, Scale: 2}, &arrow.Decimal256Type{Precision: 76, Scale: 2},
		arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Date64, arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Time64ns,
		arrow.FixedWidthTypes.Timestamp_us, &arrow.TimestampType{Unit: arrow.Second},
		&arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "Europe/Paris"}, arrow.FixedWidthTypes.Duration_ms,
		arrow.FixedWidthTypes.MonthInterval, arrow.FixedWidthTypes.DayTimeInterval, arrow.FixedWidthTypes.MonthDayNanoInterval,
		&arrow.FixedSizeBinaryType{ByteWidth: 3}, &arrow.FixedSizeBinaryType{ByteWidth: 16},
		arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.Binary, arrow.BinaryTypes.LargeBinary,
		arrow.BinaryTypes.StringView, arrow.BinaryTypes.BinaryView, arrow.Null,
		extensions.NewUUIDType(), extensions.NewBool8Type(), extensions.NewOpaqueType(arrow.BinaryTypes.String, "t", "v"),
	}
}

// Nestings are all ways to put types into another.
func Nestings(a, b arrow.DataType) []arrow.DataType {
	fields := []arrow.Field{{Name: "a", Type: a, Nullable: true}, {Name: "b", Type: b, Nullable: true}}
	codes := []arrow.UnionTypeCode{5, 100}
	list := []arrow.DataType{
		arrow.ListOf(a), arrow.LargeListOf(a), arrow.ListViewOf(a), arrow.LargeListViewOf(a), arrow.FixedSizeListOf(3, a),
		arrow.StructOf(fields...), arrow.SparseUnionOf(fields, codes), arrow.DenseUnionOf(fields, codes),
		arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int16, a), arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int32, a),
		arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int64, a), arrow.ListOfNonNullable(a),
	}
	if a.ID() != arrow.NULL {
		list = append(list, arrow.MapOf(a, b))
	}
	for _, index := range []arrow.DataType{
		arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Uint16,
		arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Uint64,
	} {
		list = append(list, &arrow.DictionaryType{IndexType: index, ValueType: a})
	}
	return append(list, &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: a, Ordered: true})
}

// odd are nested types whose fields may not be null, that hold nothing, or whose storage an extension type keeps.
func odd() []arrow.DataType {
	text, number := arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int32
	firm := []arrow.Field{{Name: "a", Type: text}, {Name: "b", Type: number}}
	codes := []arrow.UnionTypeCode{0, 1}
	return []arrow.DataType{
		arrow.StructOf(firm...), arrow.SparseUnionOf(firm, codes), arrow.DenseUnionOf(firm, codes), arrow.StructOf(),
		arrow.FixedSizeListOfNonNullable(2, text), arrow.LargeListOfNonNullable(text),
		extensions.NewOpaqueType(arrow.ListOf(text), "t", "v"), extensions.NewOpaqueType(arrow.StructOf(firm...), "t", "v"),
		extensions.NewTimestampWithOffsetTypeDictionaryEncoded(arrow.Millisecond, &arrow.Int8Type{}),
		arrow.ListOf(extensions.NewOpaqueType(arrow.ListOf(text), "t", "v")), extensions.NewDefaultVariantType(),
	}
}

// Types are the leaves, each in every nesting, types nested more deeply, and some that are rare.
func Types() []arrow.DataType {
	rng := rand.New(rand.NewPCG(20, 21))
	leaves := Leaves()
	types := append([]arrow.DataType(nil), leaves...)
	pick := func() arrow.DataType { return leaves[rng.IntN(len(leaves))] }
	for _, leaf := range leaves {
		types = append(types, Nestings(leaf, pick())...)
	}
	for _, once := range Nestings(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64) {
		types = append(types, Nestings(once, pick())...)
	}
	for _, once := range Nestings(arrow.BinaryTypes.StringView, arrow.FixedWidthTypes.Boolean) {
		types = append(types, Nestings(Nestings(once, pick())[rng.IntN(8)], pick())...)
	}
	return append(types, odd()...)
}
