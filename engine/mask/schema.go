package mask

import (
	"errors"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
)

// Metadata keys of our own (SPEC 5). They place columns only where Options.TrustMetadata says so.
const (
	MetadataBlock    = "cubeward.block"       // of a field: the block that it measures, as in Options.Columns
	MetadataList     = "cubeward.list"        // of a field: the list whose items it holds, as in Options.Dims
	MetadataEncoding = "cubeward.encoding"    // of a field: "index", its values are positions of items
	MetadataDigest   = "cubeward.list_digest" // of a field: the Digest of the list that its positions count in
	MetadataDense    = "cubeward.dense"       // of a schema: the block whose cells the rows are, as in Options.Dense
)

func ownKeys() []string {
	return []string{MetadataBlock, MetadataList, MetadataEncoding, MetadataDigest, MetadataDense}
}

// keptMetadata is what is left of metadata: our own keys and those that the caller keeps.
func keptMetadata(md arrow.Metadata, keep []string, drop ...string) arrow.Metadata {
	var keys, values []string
	for i, k := range md.Keys() {
		if (slices.Contains(ownKeys(), k) || slices.Contains(keep, k)) && !slices.Contains(drop, k) {
			keys, values = append(keys, k), append(values, md.Values()[i])
		}
	}
	return arrow.NewMetadata(keys, values)
}

// outputSchema is the schema of what is handed out: the input's columns, then the flags that the options ask for.
func (b *binder) outputSchema() *arrow.Schema {
	fields := make([]arrow.Field, 0, b.schema.NumFields()+2*len(b.measures))
	for i, f := range b.schema.Fields() {
		f.Type = b.types[i]
		f.Nullable = f.Nullable || b.columns[i].role != passed
		f.Metadata = keptMetadata(f.Metadata, b.opt.KeepMetadata)
		fields = append(fields, f)
	}
	for _, m := range b.measures {
		for _, suffix := range b.opt.flags() {
			name := b.schema.Field(m.field).Name + suffix
			if slices.ContainsFunc(fields, func(f arrow.Field) bool { return f.Name == name }) {
				b.problem("column %q: the output's own column of that name would clash with it; rename the column", name)
			}
			fields = append(fields, arrow.Field{Name: name, Type: arrow.FixedWidthTypes.Boolean})
		}
	}
	var drop []string
	if b.opt.DropRows { // The rows are then no longer the cells of a block.
		drop = append(drop, MetadataDense)
	}
	md := keptMetadata(b.schema.Metadata(), b.opt.KeepMetadata, drop...)
	return arrow.NewSchema(fields, &md)
}

// maxDepth bounds how deep types nest.
const maxDepth = 64

// outputType is the type that masked values of dt have: dt itself, but without metadata inside, and nullable where a
// hidden row needs a null below the top. It fails for a type that has no redaction.
func outputType(dt arrow.DataType) (arrow.DataType, error) { return outputTypeAt(dt, 0) }

func outputTypeAt(dt arrow.DataType, depth int) (arrow.DataType, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("its type nests deeper than %d", maxDepth)
	}
	if width, ok := fixedWidth(dt); ok {
		if width <= 0 {
			return nil, fmt.Errorf("values of type %s cannot be redacted", dt)
		}
		return dt, nil
	}
	switch dt := dt.(type) {
	case *arrow.NullType, *arrow.BooleanType, *arrow.StringType, *arrow.LargeStringType, *arrow.StringViewType,
		*arrow.BinaryType, *arrow.LargeBinaryType, *arrow.BinaryViewType:
		return dt, nil
	case arrow.ExtensionType:
		return extensionOutput(dt, depth)
	case *arrow.DictionaryType:
		values, err := outputTypeAt(dt.ValueType, depth+1)
		if err != nil || !arrow.IsInteger(dt.IndexType.ID()) {
			return nil, errors.Join(err, intIndex(dt))
		}
		return &arrow.DictionaryType{IndexType: dt.IndexType, ValueType: values, Ordered: dt.Ordered}, nil
	case *arrow.RunEndEncodedType:
		values, err := outputTypeAt(dt.Encoded(), depth+1)
		if err != nil {
			return nil, err
		}
		if !dt.ValidRunEndsType(dt.RunEnds()) {
			return nil, fmt.Errorf("values of type %s cannot be redacted", dt)
		}
		return arrow.RunEndEncodedOf(dt.RunEnds(), values), nil
	case arrow.NestedType:
		return nestedOutput(dt, depth)
	}
	return nil, fmt.Errorf("values of type %s cannot be redacted", dt)
}

func intIndex(dt *arrow.DictionaryType) error {
	if arrow.IsInteger(dt.IndexType.ID()) {
		return nil
	}
	return fmt.Errorf("values of type %s cannot be redacted", dt)
}

func nestedOutput(dt arrow.NestedType, depth int) (arrow.DataType, error) {
	fields := slices.Clone(dt.Fields())
	for i := range fields {
		t, err := outputTypeAt(fields[i].Type, depth+1)
		if err != nil {
			return nil, err
		}
		fields[i].Type, fields[i].Metadata = t, arrow.Metadata{}
	}
	switch dt := dt.(type) {
	case *arrow.ListType:
		return arrow.ListOfField(fields[0]), nil
	case *arrow.LargeListType:
		return arrow.LargeListOfField(fields[0]), nil
	case *arrow.ListViewType:
		return arrow.ListViewOfField(fields[0]), nil
	case *arrow.LargeListViewType:
		return arrow.LargeListViewOfField(fields[0]), nil
	case *arrow.FixedSizeListType:
		return arrow.FixedSizeListOfField(dt.Len(), fields[0]), nil
	case *arrow.StructType:
		return arrow.StructOf(fields...), nil
	case *arrow.MapType:
		entry, ok := fields[0].Type.(*arrow.StructType)
		if !ok || entry.NumFields() != 2 || entry.Field(0).Nullable {
			return nil, fmt.Errorf("values of type %s cannot be redacted", dt)
		}
		out := arrow.MapOfFields(entry.Field(0), entry.Field(1))
		out.KeysSorted = dt.KeysSorted
		return out, nil
	case arrow.UnionType:
		if len(fields) == 0 || len(fields) != len(dt.TypeCodes()) {
			return nil, fmt.Errorf("values of type %s cannot be redacted", dt)
		}
		fields[nullChild(dt)].Nullable = true
		return arrow.UnionOf(dt.Mode(), fields, dt.TypeCodes()), nil
	}
	return nil, fmt.Errorf("values of type %s cannot be redacted", dt)
}

// extensionOutput keeps an extension type whose storage stays as it is, or which accepts the storage as it will be.
func extensionOutput(ext arrow.ExtensionType, depth int) (arrow.DataType, error) {
	st, err := outputTypeAt(ext.StorageType(), depth+1)
	if err != nil {
		return nil, err
	}
	if arrow.TypeEqual(st, ext.StorageType(), arrow.CheckMetadata()) {
		return ext, nil
	}
	out, err := ext.Deserialize(st, ext.Serialize())
	if err != nil || !arrow.TypeEqual(out.StorageType(), st, arrow.CheckMetadata()) {
		return nil, fmt.Errorf("the extension type %s cannot hold masked values", ext.ExtensionName())
	}
	return out, nil
}

// checkUnique reports names that more than one column has.
func (b *binder) checkUnique() {
	seen := map[string]int{}
	for _, f := range b.schema.Fields() {
		if seen[f.Name]++; seen[f.Name] == 2 {
			b.problem("column %q: two columns have this name", f.Name)
		}
	}
}

// sameType says whether two types are equal but for metadata inside. The Arrow library takes some types for different
// of which one has no metadata and the other empty ones.
func sameType(a, b arrow.DataType) bool {
	if arrow.TypeEqual(a, b) {
		return true
	}
	x, errX := outputType(a)
	y, errY := outputType(b)
	return errX == nil && errY == nil && arrow.TypeEqual(x, y)
}

// samePlacement says whether metadata place columns alike.
func samePlacement(a, b arrow.Metadata) bool {
	return !slices.ContainsFunc(ownKeys(), func(key string) bool {
		x, inA := a.GetValue(key)
		y, inB := b.GetValue(key)
		return inA != inB || x != y
	})
}
