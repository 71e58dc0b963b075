package arrow17

import (
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	arrow17 "github.com/apache/arrow/go/v17/arrow"
)

func fieldsFromV17(fields []arrow17.Field) ([]arrow.Field, error) {
	out := make([]arrow.Field, len(fields))
	for i, f := range fields {
		var err error
		if out[i], err = fieldFromV17(f); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// fieldFromV17 converts a field. An extension type that v18 does not know is kept as its storage, and as metadata; one
// that was kept like that comes back where v18 knows it.
func fieldFromV17(f arrow17.Field) (arrow.Field, error) {
	keys, values := slices.Clone(f.Metadata.Keys()), slices.Clone(f.Metadata.Values())
	dt, err := typeFromV17(f.Type)
	if err != nil {
		return arrow.Field{}, fmt.Errorf("field %q: %w", f.Name, err)
	}
	_, known := dt.(arrow.ExtensionType)
	if ext, ok := f.Type.(arrow17.ExtensionType); ok && !known {
		keys = append(keys, extensionName, extensionData)
		values = append(values, ext.ExtensionName(), ext.Serialize())
	} else if name := slices.Index(keys, extensionName); name >= 0 && !ok {
		data := ""
		if at := slices.Index(keys, extensionData); at >= 0 {
			data = values[at]
		}
		if ext := extensionFromV17(values[name], dt, data); ext != nil {
			dt = ext
			for _, key := range []string{extensionName, extensionData} {
				if at := slices.Index(keys, key); at >= 0 {
					keys, values = slices.Delete(keys, at, at+1), slices.Delete(values, at, at+1)
				}
			}
		}
	}
	return arrow.Field{Name: f.Name, Type: dt, Nullable: f.Nullable, Metadata: arrow.NewMetadata(keys, values)}, nil
}

// extensionFromV17 is the extension type that v18 has registered under a name, nil where it has none for the storage.
func extensionFromV17(name string, storage arrow.DataType, data string) arrow.DataType {
	registered := arrow.GetExtensionType(name)
	if registered == nil {
		return nil
	}
	dt, err := registered.Deserialize(storage, data)
	if err != nil || !arrow.TypeEqual(dt.StorageType(), storage) {
		return nil
	}
	return dt
}

func typeFromV17(dt arrow17.DataType) (arrow.DataType, error) {
	switch dt := dt.(type) {
	case *arrow17.FixedSizeBinaryType:
		return &arrow.FixedSizeBinaryType{ByteWidth: dt.ByteWidth}, nil
	case *arrow17.TimestampType:
		return &arrow.TimestampType{Unit: arrow.TimeUnit(dt.Unit), TimeZone: dt.TimeZone}, nil
	case *arrow17.Time32Type:
		return &arrow.Time32Type{Unit: arrow.TimeUnit(dt.Unit)}, nil
	case *arrow17.Time64Type:
		return &arrow.Time64Type{Unit: arrow.TimeUnit(dt.Unit)}, nil
	case *arrow17.DurationType:
		return &arrow.DurationType{Unit: arrow.TimeUnit(dt.Unit)}, nil
	case *arrow17.Decimal128Type:
		return &arrow.Decimal128Type{Precision: dt.Precision, Scale: dt.Scale}, nil
	case *arrow17.Decimal256Type:
		return &arrow.Decimal256Type{Precision: dt.Precision, Scale: dt.Scale}, nil
	case *arrow17.DictionaryType:
		index, err := typeFromV17(dt.IndexType)
		if err != nil {
			return nil, err
		}
		values, err := typeFromV17(dt.ValueType)
		return &arrow.DictionaryType{IndexType: index, ValueType: values, Ordered: dt.Ordered}, err
	case arrow17.ExtensionType:
		storage, err := typeFromV17(dt.StorageType())
		if err != nil {
			return nil, err
		}
		if ext := extensionFromV17(dt.ExtensionName(), storage, dt.Serialize()); ext != nil {
			return ext, nil
		}
		return storage, nil
	case arrow17.NestedType:
		return nestedFromV17(dt)
	}
	if dt != nil {
		if plain := plainFromV17(dt.ID()); plain != nil {
			return plain, nil
		}
	}
	return nil, fmt.Errorf("the type %v is not of v18", dt)
}

func nestedFromV17(dt arrow17.NestedType) (arrow.DataType, error) {
	if m, ok := dt.(*arrow17.MapType); ok {
		entry, err := fieldsFromV17([]arrow17.Field{m.KeyField(), m.ItemField()})
		if err != nil {
			return nil, err
		}
		out := mapFromV17(entry[0], entry[1])
		out.KeysSorted = m.KeysSorted
		return out, nil
	}
	fields, err := fieldsFromV17(dt.Fields())
	if err != nil {
		return nil, err
	}
	switch dt := dt.(type) {
	case *arrow17.ListType:
		return arrow.ListOfField(fields[0]), nil
	case *arrow17.LargeListType:
		return arrow.LargeListOfField(fields[0]), nil
	case *arrow17.ListViewType:
		return arrow.ListViewOfField(fields[0]), nil
	case *arrow17.LargeListViewType:
		return arrow.LargeListViewOfField(fields[0]), nil
	case *arrow17.FixedSizeListType:
		return arrow.FixedSizeListOfField(dt.Len(), fields[0]), nil
	case *arrow17.StructType:
		return arrow.StructOf(fields...), nil
	case *arrow17.RunEndEncodedType:
		out := arrow.RunEndEncodedOf(fields[0].Type, fields[1].Type)
		out.ValueNullable = dt.ValueNullable
		return out, nil
	case arrow17.UnionType:
		codes := make([]arrow.UnionTypeCode, len(dt.TypeCodes()))
		copy(codes, dt.TypeCodes())
		return arrow.UnionOf(arrow.UnionMode(dt.Mode()), fields, codes), nil
	}
	return nil, fmt.Errorf("the type %v is not of v18", dt)
}
