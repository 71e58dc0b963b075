package arrow17

import (
	"github.com/apache/arrow-go/v18/arrow"
	arrow17 "github.com/apache/arrow/go/v17/arrow"
)

// twin is a type without parameters in both versions.
type twin struct {
	old arrow17.DataType
	new arrow.DataType
}

func twins() []twin {
	p, q := arrow17.PrimitiveTypes, arrow.PrimitiveTypes
	f, g := arrow17.FixedWidthTypes, arrow.FixedWidthTypes
	b, c := arrow17.BinaryTypes, arrow.BinaryTypes
	return []twin{
		{arrow17.Null, arrow.Null},
		{f.Boolean, g.Boolean},
		{p.Int8, q.Int8},
		{p.Int16, q.Int16},
		{p.Int32, q.Int32},
		{p.Int64, q.Int64},
		{p.Uint8, q.Uint8},
		{p.Uint16, q.Uint16},
		{p.Uint32, q.Uint32},
		{p.Uint64, q.Uint64},
		{f.Float16, g.Float16},
		{p.Float32, q.Float32},
		{p.Float64, q.Float64},
		{f.Date32, g.Date32},
		{f.Date64, g.Date64},
		{f.MonthInterval, g.MonthInterval},
		{f.DayTimeInterval, g.DayTimeInterval},
		{f.MonthDayNanoInterval, g.MonthDayNanoInterval},
		{b.String, c.String},
		{b.LargeString, c.LargeString},
		{b.StringView, c.StringView},
		{b.Binary, c.Binary},
		{b.LargeBinary, c.LargeBinary},
		{b.BinaryView, c.BinaryView},
	}
}

func plainFromV17(id arrow17.Type) arrow.DataType {
	for _, t := range twins() {
		if t.old.ID() == id {
			return t.new
		}
	}
	return nil
}

func plainToV17(id arrow.Type) arrow17.DataType {
	for _, t := range twins() {
		if t.new.ID() == id {
			return t.old
		}
	}
	return nil
}

// Where a type of the other version has no name here, its field says it, as in IPC.
const (
	extensionName = "ARROW:extension:name"
	extensionData = "ARROW:extension:metadata"
)

// mapFromV17 is a map type of v18 with these fields.
func mapFromV17(key, item arrow.Field) *arrow.MapType { return arrow.MapOfFields(key, item) }

// mapToV17 is a map type of v17, which cannot be made of fields, with what of them it can have.
func mapToV17(key, item arrow17.Field) *arrow17.MapType {
	m := arrow17.MapOfWithMetadata(key.Type, key.Metadata, item.Type, item.Metadata)
	m.SetItemNullable(item.Nullable)
	return m
}
