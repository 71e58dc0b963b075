package mask

import (
	"fmt"
	"math/rand/v2"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/extensions"
)

// leafTypes are all types without children.
func leafTypes() []arrow.DataType {
	return []arrow.DataType{
		arrow.FixedWidthTypes.Boolean, arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Int16,
		arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Int64,
		arrow.PrimitiveTypes.Uint64, arrow.FixedWidthTypes.Float16, arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64,
		&arrow.Decimal32Type{Precision: 9, Scale: 2}, &arrow.Decimal64Type{Precision: 18, Scale: 2},
		&arrow.Decimal128Type{Precision: 38, Scale: 2}, &arrow.Decimal256Type{Precision: 76, Scale: 2},
		arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Date64, arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Time64ns,
		arrow.FixedWidthTypes.Timestamp_us, &arrow.TimestampType{Unit: arrow.Second}, arrow.FixedWidthTypes.Duration_ms,
		arrow.FixedWidthTypes.MonthInterval, arrow.FixedWidthTypes.DayTimeInterval, arrow.FixedWidthTypes.MonthDayNanoInterval,
		&arrow.FixedSizeBinaryType{ByteWidth: 3}, &arrow.FixedSizeBinaryType{ByteWidth: 16},
		arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.Binary, arrow.BinaryTypes.LargeBinary,
		arrow.BinaryTypes.StringView, arrow.BinaryTypes.BinaryView, arrow.Null, extensions.NewUUIDType(),
	}
}

// nestings are all ways to put types into another.
func nestings(a, b arrow.DataType) []arrow.DataType {
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

// allTypes are the leaves, each in every nesting, and types nested more deeply.
func allTypes() []arrow.DataType {
	rng := rand.New(rand.NewPCG(20, 21))
	leaves := leafTypes()
	types := append([]arrow.DataType(nil), leaves...)
	pick := func() arrow.DataType { return leaves[rng.IntN(len(leaves))] }
	for _, leaf := range leaves {
		types = append(types, nestings(leaf, pick())...)
	}
	for _, once := range nestings(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64) {
		types = append(types, nestings(once, pick())...)
	}
	for _, once := range nestings(arrow.BinaryTypes.StringView, arrow.FixedWidthTypes.Boolean) {
		types = append(types, nestings(nestings(once, pick())[rng.IntN(8)], pick())...)
	}
	return types
}

func describe(dt arrow.DataType, seed uint64) string { return fmt.Sprintf("%s, seed %d", dt, seed) }
