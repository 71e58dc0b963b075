package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"
)

// asCSV is a table of any format as CSV.
func asCSV(t testing.TB, path string) string {
	t.Helper()
	in, err := openBatches(path, nil, defaultMemory)
	require.NoError(t, err)
	defer in.Close()
	return batchesAsCSV(t, in)
}

func batchesAsCSV(t testing.TB, in batchReader) string {
	t.Helper()
	var buf bytes.Buffer
	out, err := newCSVWriter(&buf, in.Schema(), nil)
	require.NoError(t, err)
	for {
		b, err := in.Next()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		require.NoError(t, out.Write(b))
		b.Release()
	}
	require.NoError(t, out.Close())
	return buf.String()
}

func TestResultsAreTheSameInEveryFormat(t *testing.T) {
	for _, args := range [][]string{
		{"rights", "-m", "testdata/shop", "-u", "ann", "-b", "Sales"},
		{"rights", "-m", "testdata/shop", "-u", "ann", "-b", "Total"},
		{"rights", "-m", "testdata/shop", "-u", "ann", "-b", "Nothing"},
		{"values", "-m", "testdata/shop", "-b", "Sales"},
		{"values", "-m", "testdata/shop", "-b", "Total"},
		{"values", "-m", "testdata/shop", "-b", "Best market"},
		{"values", "-m", "testdata/shop", "-b", "Access"},
		{"values", "-m", "testdata/shop", "-b", "Market.Since"},
		{"values", "-m", "testdata/shop", "-b", "Market.Open"},
		{"values", "-m", "testdata/shop", "-b", "Market.Note"},
	} {
		want := call(t, args...)
		require.Equal(t, statusDone, want.status, want.stderr)
		for _, ext := range []string{"csv", "arrow", "arrows", "parquet", "CSV"} {
			path := filepath.Join(t.TempDir(), "out."+ext)
			got := call(t, append(args, "-o", path)...)
			require.Equal(t, outcome{}, got, "%q %s", args, ext)
			require.Equal(t, want.stdout, asCSV(t, path), "%q %s", args, ext)
			again := filepath.Join(t.TempDir(), "out."+ext)
			require.Equal(t, outcome{}, call(t, append(args, "-o", again)...))
			one, err := os.ReadFile(path)
			require.NoError(t, err)
			two, err := os.ReadFile(again)
			require.NoError(t, err)
			require.Equal(t, one, two, "the same input gives the same bytes")
		}
		stream := call(t, append(args, "-o", "-")...)
		require.Equal(t, statusDone, stream.status)
		in, err := openBatches("-", strings.NewReader(stream.stdout), defaultMemory)
		require.NoError(t, err)
		require.Equal(t, want.stdout, batchesAsCSV(t, in))
	}
}

func TestResultColumnsHaveTypes(t *testing.T) {
	for block, want := range map[string]string{"Sales": "float64", "Market.Since": "date32", "Market.Open": "bool", "Market.Note": "utf8"} {
		path := filepath.Join(t.TempDir(), "x.arrow")
		require.Equal(t, statusDone, call(t, "values", "-m", "testdata/shop", "-b", block, "-o", path).status)
		in, err := openBatches(path, nil, defaultMemory)
		require.NoError(t, err)
		fields := in.Schema().Fields()
		require.Equal(t, want, fields[len(fields)-1].Type.String())
		require.Equal(t, arrow.DICTIONARY, fields[0].Type.ID())
		require.NoError(t, in.Close())
	}
}

// A block of more cells than a batch or a run holds, with a dimension longer than a run.
func TestManyCells(t *testing.T) {
	items := make([]string, runLength+11)
	for i := range items {
		items[i] = fmt.Sprintf("i%d", i)
	}
	model := write(t, "model.yaml", fmt.Sprintf(`cubeward: 1
application: Many
members: {items: [ann]}
lists: {Few: {items: [%s]}, Long: {items: [%s]}}
metrics:
  M: {type: number, dimensions: [Few, Long], formula: "1[ADD: Few, Long]"}
  A: {type: access_rights, dimensions: [User, Long], formula: "ACCESSRIGHTS(TRUE, Long = Long.\"i7\")[ADD: User]"}
  B: {type: access_rights, dimensions: [User, Few], formula: "ACCESSRIGHTS(Few <> Few.\"i3\", TRUE)[ADD: User]"}
user_roles: {ann: Admin}
rules:
  - {name: a, metric: A, on: {metrics: [M]}}
  - {name: b, metric: B, on: {metrics: [M]}}
`, strings.Join(items[:20], ","), strings.Join(items, ",")))
	got := call(t, "rights", "-m", model, "-u", "ann", "-b", "M")
	require.Equal(t, statusDone, got.status, got.stderr)
	var want strings.Builder
	want.WriteString("Few,Long,read,write\n")
	for _, few := range items[:20] {
		for _, long := range items {
			fmt.Fprintf(&want, "%s,%s,%t,%t\n", few, long, few != "i3", few != "i3" && long == "i7")
		}
	}
	require.True(t, want.String() == got.stdout)
	values := lines(call(t, "values", "-m", model, "-b", "M").stdout)
	require.Len(t, values, 1+20*len(items))
	require.Equal(t, "i0,i1,1", values[2])
}

// The model of the shop may come from Parquet and Arrow files as well.
func TestModelTablesInEveryFormat(t *testing.T) {
	for _, ext := range []string{"csv", "arrow", "arrows", "parquet"} {
		dir := t.TempDir()
		sales := filepath.Join(dir, "sales."+ext)
		require.Equal(t, outcome{}, call(t, "values", "-m", "testdata/shop", "-b", "Sales", "-o", sales))
		model := `cubeward: 1
application: Shop
members: {items: [ann]}
lists: {Market: {items: [Spain, Italy, "Korea, South"]}, Quarter: {items: [Q1, Q2]}}
metrics: {Sales: {type: number, dimensions: [Market, Quarter], file: sales.` + ext + `}}
user_roles: {ann: Admin}
`
		require.NoError(t, os.WriteFile(filepath.Join(dir, "model.yaml"), []byte(model), 0o600))
		got := call(t, "values", "-m", dir, "-b", "Sales")
		require.Equal(t, call(t, "values", "-m", "testdata/shop", "-b", "Sales").stdout, got.stdout, "%s: %s", ext, got.stderr)
	}
}

// salesTable is the shop's sales as typed columns: dictionaries of their own in each batch, numbers, and a view.
func salesTable(t testing.TB) (*arrow.Schema, []arrow.RecordBatch) {
	t.Helper()
	dictionary := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "Market", Type: dictionary, Nullable: true},
		{Name: "Quarter", Type: arrow.BinaryTypes.String},
		{Name: "Sales", Type: arrow.PrimitiveTypes.Float64},
		{Name: "Best market", Type: dictionary, Nullable: true},
	}, nil)
	var out []arrow.RecordBatch
	for _, rows := range []string{
		`[{"Market": "Spain", "Quarter": "Q1", "Sales": 1, "Best market": "Korea, South"}, {"Market": "Korea, South", "Quarter": "Q1", "Sales": 424242, "Best market": null}]`,
		`[{"Market": "Korea, South", "Quarter": "Q2", "Sales": 434343, "Best market": "Spain"}, {"Market": "Italy", "Quarter": "Q2", "Sales": 4, "Best market": "Nowhere!"}]`,
	} {
		b, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(rows))
		require.NoError(t, err)
		out = append(out, b)
	}
	return schema, out
}

func streamOf(t testing.TB, schema *arrow.Schema, batches []arrow.RecordBatch, end bool) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := ipc.NewWriter(&buf, ipc.WithSchema(schema))
	for _, b := range batches {
		require.NoError(t, w.Write(b))
	}
	if end {
		require.NoError(t, w.Close())
	}
	return buf.Bytes()
}

func TestMaskIsTheSameInEveryFormat(t *testing.T) {
	schema, batches := salesTable(t)
	stream := filepath.Join(t.TempDir(), "in.arrows")
	require.NoError(t, os.WriteFile(stream, streamOf(t, schema, batches, true), 0o600))
	const want = `Market,Quarter,Sales,Best market,Sales_locked,Best market_locked
Spain,Q1,1,,false,false
,Q1,,,true,false
,Q2,,Spain,true,false
Italy,Q2,4,,true,false
`
	rule := "rules:\n  - {name: items, metric: Access, on: {items: [Market]}}\n"
	model := write(t, "model.yaml", strings.Replace(readFile(t, "testdata/shop/model.yaml"), "rules:\n", rule, 1))
	formats := []string{"csv", "arrow", "arrows", "parquet"}
	for _, from := range formats {
		in := filepath.Join(t.TempDir(), "in."+from)
		convert(t, stream, in)
		for _, to := range formats {
			out := filepath.Join(t.TempDir(), "out."+to)
			got := call(t, "mask", "-m", model, "-u", "ann", "-i", in, "-o", out, "--locks")
			require.Equal(t, statusDone, got.status, "%s to %s: %s", from, to, got.stderr)
			require.Equal(t, want, asCSV(t, out), "%s to %s", from, to)
			data := readFile(t, out)
			for _, secret := range []string{"424242", "434343", "Nowhere!", "Korea"} {
				require.NotContains(t, data, secret, "%s to %s", from, to)
			}
			for _, secret := range []float64{424242, 434343} {
				require.NotContains(t, data, string(arrow.Float64Traits.CastToBytes([]float64{secret})), "%s to %s", from, to)
			}
		}
	}
}

// convert writes a table in another format, by the writers that are tested against a CSV of it.
func convert(t testing.TB, from, to string) {
	t.Helper()
	in, err := openBatches(from, nil, defaultMemory)
	require.NoError(t, err)
	defer in.Close()
	set := &fileSet{}
	out, err := (&tool{files: set}).createTable(to, in.Schema(), tableForm{limit: defaultMemory})
	require.NoError(t, err)
	for {
		b, err := in.Next()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		require.NoError(t, out.Write(b))
		b.Release()
	}
	require.NoError(t, out.finish())
	require.NoError(t, out.publish())
	require.Equal(t, asCSV(t, from), asCSV(t, to))
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(data)
}
