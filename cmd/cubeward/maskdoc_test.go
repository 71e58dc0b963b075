package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/engine/mask/masktest"
)

const maskingDoc = "../../docs/masking.md"

// layoutRow is one way in which Arrow lays values out: what docs/masking.md says of it. What the columns of containers
// say is found out.
type layoutRow struct {
	types                []arrow.DataType
	hidden, goes, shared string
}

func layoutRows() []layoutRow {
	p, f := arrow.PrimitiveTypes, arrow.FixedWidthTypes
	text, codes := arrow.BinaryTypes.String, []arrow.UnionTypeCode{0, 1}
	fields := []arrow.Field{{Name: "a", Type: text, Nullable: true}, {Name: "b", Type: p.Int64, Nullable: true}}
	var fixed, extensions, dictionaries []arrow.DataType
	for _, dt := range masktest.Leaves() {
		_, ok := dt.(arrow.FixedWidthDataType)
		_, ext := dt.(arrow.ExtensionType)
		switch {
		case ext:
			extensions = append(extensions, dt)
		case ok && dt.ID() != arrow.BOOL:
			fixed = append(fixed, dt)
		}
	}
	for _, index := range []arrow.DataType{p.Int8, p.Uint8, p.Int16, p.Uint16, p.Int32, p.Uint32, p.Int64, p.Uint64} {
		dictionaries = append(dictionaries, &arrow.DictionaryType{IndexType: index, ValueType: text})
	}
	return []layoutRow{
		{fixed, "zero bytes", "its bytes", "values"},
		{[]arrow.DataType{f.Boolean}, "a zero bit", "its bit", "nothing: a byte at the edge holds neighbours' bits"},
		{[]arrow.DataType{text, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.Binary, arrow.BinaryTypes.LargeBinary}, "empty", "its bytes; offsets count anew", "values; offsets that start at 0"},
		{[]arrow.DataType{arrow.BinaryTypes.StringView, arrow.BinaryTypes.BinaryView}, "an empty view", "its view, prefix and padding; what no visible view points at", "data of which every byte is used; views are made anew"},
		{[]arrow.DataType{arrow.Null}, "null, as all rows are", "nothing is there", "nothing"},
		{[]arrow.DataType{arrow.ListOf(text), arrow.LargeListOf(text), arrow.MapOf(text, p.Int64)}, "an empty list", "its elements; offsets count anew", "elements; offsets that start at 0"},
		{[]arrow.DataType{arrow.ListViewOf(text), arrow.LargeListViewOf(text)}, "an empty list", "elements that no visible row points at", "elements in one stretch; offsets and sizes are made anew"},
		{[]arrow.DataType{arrow.FixedSizeListOf(3, text)}, "null elements", "its elements, as their type says", "elements"},
		{[]arrow.DataType{arrow.StructOf(fields...)}, "null fields", "its fields, as their types say", "fields"},
		{[]arrow.DataType{arrow.SparseUnionOf(fields, codes)}, "a null of the first child that may be null (else of the first, which then may be)", "its value, its type, and what other children hold at the row", "nothing with more than one child"},
		{[]arrow.DataType{arrow.DenseUnionOf(fields, codes)}, "a null of the first child that may be null (else of the first, which then may be)", "its value, its type; values that no visible row points at", "nothing: children are packed"},
		{dictionaries, "a null index of 0", "entries that no visible row uses; the others are numbered by first use, in an ordered dictionary by its order", "all, where every entry is used"},
		{[]arrow.DataType{arrow.RunEndEncodedOf(p.Int16, text), arrow.RunEndEncodedOf(p.Int32, text), arrow.RunEndEncodedOf(p.Int64, text)}, "a null run, one with hidden neighbours", "its run, and where hidden runs ended", "values in one stretch; ends are made anew"},
		{extensions, "as its storage", "as its storage", "as its storage"},
	}
}

// typeName is a type as the table has it, without its children.
func typeName(dt arrow.DataType) string {
	switch dt := dt.(type) {
	case *arrow.DictionaryType:
		return fmt.Sprintf("dictionary<%s>", dt.IndexType)
	case *arrow.RunEndEncodedType:
		return fmt.Sprintf("run_end_encoded<%s>", dt.RunEnds())
	case arrow.ExtensionType:
		return dt.ExtensionName()
	case *arrow.Decimal128Type:
		return "decimal128"
	}
	return dt.Name()
}

// shapes counts the types that the tests go through in which one of the named stands, at any depth.
func shapes(names []string) int {
	var holds func(arrow.DataType) bool
	holds = func(dt arrow.DataType) bool {
		if slices.Contains(names, typeName(dt)) {
			return true
		}
		switch dt := dt.(type) {
		case *arrow.DictionaryType:
			return holds(dt.ValueType)
		case arrow.ExtensionType:
			return holds(dt.StorageType())
		case arrow.NestedType:
			return slices.ContainsFunc(dt.Fields(), func(f arrow.Field) bool { return holds(f.Type) })
		}
		return false
	}
	n := 0
	for _, dt := range masktest.Types() {
		if holds(dt) {
			n++
		}
	}
	return n
}

// typeTable is the table of types: a line for each layout and set of containers.
func typeTable(t *testing.T) string {
	ann := canaryMember(t)
	shown := map[string]container{}
	for _, c := range containers() {
		shown[c.name] = c
	}
	columns := []string{"Arrow stream", "Arrow file", "Parquet", "CSV"}
	out := "| type | a hidden row holds | what of it goes | shared where nothing is hidden | " + strings.Join(columns, " | ") + " | shapes |\n" +
		strings.Repeat("| --- ", 5+len(columns)) + "|\n"
	for _, row := range layoutRows() {
		var order []string
		byMarks := map[string][]string{}
		for _, dt := range row.types {
			marks := ""
			for _, c := range columns {
				marks += map[bool]string{true: " ✓ |", false: " – |"}[contained(t, ann, shown[c], dt)]
			}
			if !slices.Contains(order, marks) {
				order = append(order, marks)
			}
			if name := typeName(dt); !slices.Contains(byMarks[marks], name) {
				byMarks[marks] = append(byMarks[marks], name)
			}
		}
		for _, marks := range order {
			out += fmt.Sprintf("| %s | %s | %s | %s |%s %d |\n", "`"+strings.Join(byMarks[marks], "` `")+"`", row.hidden, row.goes, row.shared, marks, shapes(byMarks[marks]))
		}
	}
	return out
}

var tableMarks = regexp.MustCompile(`(?s)(<!-- table: types -->\n).*?(<!-- end of table -->\n)`)

// TestGoldenMaskingTable keeps the table of docs/masking.md true: what containers have a form for is tried.
func TestGoldenMaskingTable(t *testing.T) {
	text := readFile(t, maskingDoc)
	require.Len(t, tableMarks.FindAllString(text, -1), 1, "one table between its marks")
	fresh := tableMarks.ReplaceAllString(text, "${1}"+strings.ReplaceAll(typeTable(t), "$", "$$")+"${2}")
	if *update {
		require.NoError(t, os.WriteFile(maskingDoc, []byte(fresh), 0o644))
		return
	}
	require.Equal(t, fresh, text, "docs/masking.md is stale: run `make golden`")
}

// Every type of Arrow stands in the table.
func TestMaskingTableHasEveryType(t *testing.T) {
	var names []string
	for _, row := range layoutRows() {
		for _, dt := range row.types {
			names = append(names, dt.ID().String())
		}
	}
	for id := arrow.NULL; !strings.HasPrefix(id.String(), "Type("); id++ {
		require.Contains(t, names, id.String())
	}
	require.Contains(t, names, "DECIMAL64")
}

// The tests that the documents name exist.
func TestDocumentsNameTests(t *testing.T) {
	found, err := exec.Command("grep", "-rhoE", "--include=*_test.go", `^func (Test|Fuzz|Example|Benchmark)[A-Za-z0-9_]+`, "../..").Output()
	require.NoError(t, err)
	for _, doc := range []string{maskingDoc, "../../docs/security.md"} {
		named := regexp.MustCompile(`\b(Test|Fuzz|Benchmark)[A-Z][A-Za-z0-9_]+`).FindAllString(readFile(t, doc), -1)
		require.NotEmpty(t, named, doc)
		for _, name := range named {
			require.Contains(t, string(found), "func "+name+"\n", doc)
		}
	}
}
