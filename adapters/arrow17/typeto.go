// Code generated from typefrom.go by go test -run TestTwins -update; DO NOT EDIT.

package arrow17

import (
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	arrow17 "github.com/apache/arrow/go/v17/arrow"
)

func fieldsToV17(fields []arrow.Field) ([]arrow17.Field, error) {
	out := make([]arrow17.Field, len(fields))
	for i, f := range fields {
		var err error
		if out[i], err = fieldToV17(f); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// fieldToV17 converts a field. An extension type that v17 does not know is kept as its storage, and as metadata; one
// that was kept like that comes back where v17 knows it.
func fieldToV17(f arrow.Field) (arrow17.Field, error) {
	keys, values := slices.Clone(f.Metadata.Keys()), slices.Clone(f.Metadata.Values())
	dt, err := typeToV17(f.Type)
	if err != nil {
		return arrow17.Field{}, fmt.Errorf("field %q: %w", f.Name, err)
	}
	_, known := dt.(arrow17.ExtensionType)
	if ext, ok := f.Type.(arrow.ExtensionType); ok && !known {
		keys = append(keys, extensionName, extensionData)
		values = append(values, ext.ExtensionName(), ext.Serialize())
	} else if name := slices.Index(keys, extensionName); name >= 0 && !ok {
		data := ""
		if at := slices.Index(keys, extensionData); at >= 0 {
			data = values[at]
		}
		if ext := extensionToV17(values[name], dt, data); ext != nil {
			dt = ext
			for _, key := range []string{extensionName, extensionData} {
				if at := slices.Index(keys, key); at >= 0 {
					keys, values = slices.Delete(keys, at, at+1), slices.Delete(values, at, at+1)
				}
			}
		}
	}
	return arrow17.Field{Name: f.Name, Type: dt, Nullable: f.Nullable, Metadata: arrow17.NewMetadata(keys, values)}, nil
}

// extensionToV17 is the extension type that v17 has registered under a name, nil where it has none for the storage.
func extensionToV17(name string, storage arrow17.DataType, data string) arrow17.DataType {
	registered := arrow17.GetExtensionType(name)
	if registered == nil {
		return nil
	}
	dt, err := registered.Deserialize(storage, data)
	if err != nil || !arrow17.TypeEqual(dt.StorageType(), storage) {
		return nil
	}
	return dt
}

func typeToV17(dt arrow.DataType) (arrow17.DataType, error) {
	switch dt := dt.(type) {
	case *arrow.FixedSizeBinaryType:
		return &arrow17.FixedSizeBinaryType{ByteWidth: dt.ByteWidth}, nil
	case *arrow.TimestampType:
		return &arrow17.TimestampType{Unit: arrow17.TimeUnit(dt.Unit), TimeZone: dt.TimeZone}, nil
	case *arrow.Time32Type:
		return &arrow17.Time32Type{Unit: arrow17.TimeUnit(dt.Unit)}, nil
	case *arrow.Time64Type:
		return &arrow17.Time64Type{Unit: arrow17.TimeUnit(dt.Unit)}, nil
	case *arrow.DurationType:
		return &arrow17.DurationType{Unit: arrow17.TimeUnit(dt.Unit)}, nil
	case *arrow.Decimal128Type:
		return &arrow17.Decimal128Type{Precision: dt.Precision, Scale: dt.Scale}, nil
	case *arrow.Decimal256Type:
		return &arrow17.Decimal256Type{Precision: dt.Precision, Scale: dt.Scale}, nil
	case *arrow.DictionaryType:
		index, err := typeToV17(dt.IndexType)
		if err != nil {
			return nil, err
		}
		values, err := typeToV17(dt.ValueType)
		return &arrow17.DictionaryType{IndexType: index, ValueType: values, Ordered: dt.Ordered}, err
	case arrow.ExtensionType:
		storage, err := typeToV17(dt.StorageType())
		if err != nil {
			return nil, err
		}
		if ext := extensionToV17(dt.ExtensionName(), storage, dt.Serialize()); ext != nil {
			return ext, nil
		}
		return storage, nil
	case arrow.NestedType:
		return nestedToV17(dt)
	}
	if dt != nil {
		if plain := plainToV17(dt.ID()); plain != nil {
			return plain, nil
		}
	}
	return nil, fmt.Errorf("the type %v is not of v17", dt)
}

func nestedToV17(dt arrow.NestedType) (arrow17.DataType, error) {
	if m, ok := dt.(*arrow.MapType); ok {
		entry, err := fieldsToV17([]arrow.Field{m.KeyField(), m.ItemField()})
		if err != nil {
			return nil, err
		}
		out := mapToV17(entry[0], entry[1])
		out.KeysSorted = m.KeysSorted
		return out, nil
	}
	fields, err := fieldsToV17(dt.Fields())
	if err != nil {
		return nil, err
	}
	switch dt := dt.(type) {
	case *arrow.ListType:
		return arrow17.ListOfField(fields[0]), nil
	case *arrow.LargeListType:
		return arrow17.LargeListOfField(fields[0]), nil
	case *arrow.ListViewType:
		return arrow17.ListViewOfField(fields[0]), nil
	case *arrow.LargeListViewType:
		return arrow17.LargeListViewOfField(fields[0]), nil
	case *arrow.FixedSizeListType:
		return arrow17.FixedSizeListOfField(dt.Len(), fields[0]), nil
	case *arrow.StructType:
		return arrow17.StructOf(fields...), nil
	case *arrow.RunEndEncodedType:
		out := arrow17.RunEndEncodedOf(fields[0].Type, fields[1].Type)
		out.ValueNullable = dt.ValueNullable
		return out, nil
	case arrow.UnionType:
		codes := make([]arrow17.UnionTypeCode, len(dt.TypeCodes()))
		copy(codes, dt.TypeCodes())
		return arrow17.UnionOf(arrow17.UnionMode(dt.Mode()), fields, codes), nil
	}
	return nil, fmt.Errorf("the type %v is not of v17", dt)
}
