package modelfile

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
)

// batch makes a record batch of columns in JSON, one array each.
func batch(t testing.TB, mem memory.Allocator, fields []arrow.Field, columns ...string) arrow.RecordBatch {
	t.Helper()
	arrays := make([]arrow.Array, len(fields))
	for i, f := range fields {
		a, _, err := array.FromJSON(mem, f.Type, strings.NewReader(columns[i]))
		require.NoError(t, err)
		defer a.Release()
		arrays[i] = a
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), arrays, -1)
}

// arrowFile writes batches as an IPC file or stream, by the extension.
func arrowFile(t testing.TB, file string, batches []arrow.RecordBatch, options ...ipc.Option) {
	t.Helper()
	f, err := os.Create(file)
	require.NoError(t, err)
	defer f.Close()
	options = append(options, ipc.WithSchema(batches[0].Schema()))
	var w interface {
		Write(arrow.RecordBatch) error
		Close() error
	}
	if strings.HasSuffix(file, ".arrows") {
		w = ipc.NewWriter(f, options...)
	} else {
		w, err = ipc.NewFileWriter(f, options...)
		require.NoError(t, err)
	}
	for _, b := range batches {
		require.NoError(t, w.Write(b))
	}
	require.NoError(t, w.Close())
}

func field1(name string, t arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: t, Nullable: true}
}

var dictionary = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}

// arrowCases are columns of three rows: what a property of a type reads of them, or the mistakes.
var arrowCases = []struct {
	name, typ string
	arrow     arrow.DataType
	json      string
	want      string
}{
	{"utf8", "text", arrow.BinaryTypes.String, `["x", null, ""]`, `"x" - ""`},
	{"large", "list:L", arrow.BinaryTypes.LargeString, `[" b", null, ""]`, "b - -"},
	{"view", "date", arrow.BinaryTypes.StringView, `["2024-02-29", null, ""]`, "2024-02-29 - -"},
	{"dictionary", "list:L", dictionary, `["b", null, "b"]`, "b - b"},
	{"dictionary of text", "text", dictionary, `["b", null, ""]`, `"b" - ""`},
	{"text numbers", "number", arrow.BinaryTypes.String, `["-1e2", null, "+1"]`, `3:2: property "L.P": "+1" is not a number: [-]digits[.digits][(e|E)[+|-]digits]`},
	{"text booleans", "boolean", arrow.BinaryTypes.String, `["TRUE", null, "no"]`, `3:2: property "L.P": "no" is not true or false`},
	{"unknown item", "list:L", arrow.BinaryTypes.String, `["a", null, "x"]`, `3:2: property "L.P": list "L" has no item "x"`},
	{"int8", "number", arrow.PrimitiveTypes.Int8, `[-1, null, 3]`, "-1 - 3"},
	{"int16", "number", arrow.PrimitiveTypes.Int16, `[-1, null, 3]`, "-1 - 3"},
	{"int32", "number", arrow.PrimitiveTypes.Int32, `[-1, null, 3]`, "-1 - 3"},
	{"int64", "text", arrow.PrimitiveTypes.Int64, `[-9223372036854775808, null, 3]`, `"-9223372036854775808" - "3"`},
	{"uint8", "number", arrow.PrimitiveTypes.Uint8, `[255, null, 3]`, "255 - 3"},
	{"uint16", "number", arrow.PrimitiveTypes.Uint16, `[1, null, 3]`, "1 - 3"},
	{"uint32", "list:N", arrow.PrimitiveTypes.Uint32, `[2024, null, 7]`, "2024 - 7"},
	{"uint64", "number", arrow.PrimitiveTypes.Uint64, `[4294967296, null, 3]`, "4.294967296e+09 - 3"},
	{"int64 numbers", "number", arrow.PrimitiveTypes.Int64, `[1, null, 3]`, "1 - 3"},
	{"half", "number", arrow.FixedWidthTypes.Float16, `[0.5, null, 3]`, "0.5 - 3"},
	{"float", "number", arrow.PrimitiveTypes.Float32, `[0.5, null, 3]`, "0.5 - 3"},
	{"double", "number", arrow.PrimitiveTypes.Float64, `[0.1, null, -0]`, "0.1 - 0"},
	{"decimal", "number", &arrow.Decimal128Type{Precision: 10, Scale: 2}, `["-12.34", null, "1"]`, "-12.34 - 1"},
	{"date32", "date", arrow.FixedWidthTypes.Date32, `["2024-02-29", null, "1969-12-31"]`, "2024-02-29 - 1969-12-31"},
	{"date32 items", "list:N", arrow.FixedWidthTypes.Date32, `["2024-02-29", null, "2024-02-29"]`, "2024-02-29 - 2024-02-29"},
	{"date32 out of range", "date", arrow.FixedWidthTypes.Date32, `["2024-02-29", null, 2147483647]`, "3:2: the date is not of the years 0 to 9999"},
	{"date64", "date", arrow.FixedWidthTypes.Date64, `["2024-02-29", null, 1]`, "3:2: the date is not of the years 0 to 9999"},
	{"boolean", "boolean", arrow.FixedWidthTypes.Boolean, `[true, null, false]`, "true - false"},
	{"null", "number", arrow.Null, `[null, null, null]`, "- - -"},
	{"float items", "list:L", arrow.PrimitiveTypes.Float64, `[1, 2, 3]`, `model.yaml:1:88: t.arrow: column "P" is of the Arrow type float64, which holds no values of type list`},
	{"boolean numbers", "number", arrow.FixedWidthTypes.Boolean, `[true, true, true]`, `model.yaml:1:88: t.arrow: column "P" is of the Arrow type bool, which holds no values of type number`},
	{"binary", "text", arrow.BinaryTypes.Binary, `["eA==", null, null]`, `model.yaml:1:88: t.arrow: column "P" is of the Arrow type binary, which holds no values of type text`},
	{"timestamp", "date", arrow.FixedWidthTypes.Timestamp_s, `[null, null, null]`, `model.yaml:1:88: t.arrow: column "P" is of the Arrow type timestamp[s, tz=UTC], which holds no values of type date`},
}

const arrowModel = `lists: {N: {items: [2024, 7, 2024-02-29]}, L: {file: t.arrow, key: " Id", properties: {P: {type: "TYPE"}}}}
metrics: {}
`

// TestArrow reads a list with a property from a file and from a stream, in one batch and in three.
func TestArrow(t *testing.T) {
	for _, c := range arrowCases {
		t.Run(c.name, func(t *testing.T) {
			mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer mem.AssertSize(t, 0)
			b := batch(t, mem, []arrow.Field{field1("Id ", arrow.BinaryTypes.String), field1("P", c.arrow)}, `["a", "b", "c"]`, c.json)
			defer b.Release()
			var parts []arrow.RecordBatch
			for i := range b.NumRows() {
				part := b.NewSlice(i, i+1)
				defer part.Release()
				parts = append(parts, part)
			}
			for _, name := range []string{"t.arrow", "t.arrows"} {
				for _, batches := range [][]arrow.RecordBatch{{b}, parts} {
					if _, ok := c.arrow.(*arrow.DictionaryType); ok && len(batches) > 1 {
						continue // slices of one dictionary are written as replacements, which a file may not have
					}
					text := strings.ReplaceAll(strings.ReplaceAll(arrowModel, "t.arrow", name), "TYPE", c.typ)
					dir := writeFiles(t, text)
					arrowFile(t, filepath.Join(dir, name), batches, ipc.WithLZ4())
					ws, err := Load(dir, Options{})
					if got := mistakes(t, dir); got != "none\n" {
						got, _, _ = strings.Cut(got, "\n")
						want := c.want
						if !strings.HasPrefix(want, "model") {
							want = name + ":" + want
						}
						want = strings.Replace(strings.Replace(want, ":88: t.arrow", ":"+column(text, `P: {`)+": "+name, 1), "t.arrows.", "t.", 1)
						require.Equal(t, want, got)
						continue
					}
					require.NoError(t, err)
					require.Equal(t, []string{"a", "b", "c"}, ws.Applications[0].List("L").Items())
					require.Equal(t, c.want, texts(t, ws.Applications[0].List("L").Property("P")))
				}
			}
		})
	}
}

// column is where part starts in the first line of text, from 1.
func column(text, part string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strconv.Itoa(strings.Index(line, part) + 1)
}

// TestArrowRunEnds: run-end encoding, of plain values and of a dictionary's, changes nothing.
func TestArrowRunEnds(t *testing.T) {
	mem := memory.NewGoAllocator()
	ends, _, err := array.FromJSON(mem, arrow.PrimitiveTypes.Int32, strings.NewReader(`[2, 3, 5]`))
	require.NoError(t, err)
	values, _, err := array.FromJSON(mem, arrow.PrimitiveTypes.Int64, strings.NewReader(`[7, null, 8]`))
	require.NoError(t, err)
	ids, _, err := array.FromJSON(mem, arrow.BinaryTypes.String, strings.NewReader(`["a", "b", "c", "d", "e"]`))
	require.NoError(t, err)
	ree := array.NewRunEndEncodedArray(ends, values, 5, 0)
	schema := arrow.NewSchema([]arrow.Field{field1("Id", ids.DataType()), field1("P", ree.DataType())}, nil)
	b := array.NewRecordBatch(schema, []arrow.Array{ids, ree}, 5)
	dir := writeFiles(t, "lists: {L: {file: t.arrow, properties: {P: {type: number}}}}\nmetrics: {}")
	arrowFile(t, filepath.Join(dir, "t.arrow"), []arrow.RecordBatch{b})
	ws, err := Load(dir, Options{})
	require.NoError(t, err)
	require.Equal(t, "7 7 - 8 8", texts(t, ws.Applications[0].List("L").Property("P")))
}

// TestArrowCells: cells, their places, and rows that are skipped.
func TestArrowCells(t *testing.T) {
	fields := []arrow.Field{field1("User", dictionary), field1("L", arrow.BinaryTypes.String), field1("AR", arrow.BinaryTypes.String)}
	dir := writeFiles(t, "metrics: {AR: {type: access_rights, dimensions: [User, L], file: t.arrow, on_unknown: skip}}")
	b := batch(t, memory.NewGoAllocator(), fields, `["ada", "eva", "bo"]`, `["a", "a", "b"]`, `["rw", "r", "none"]`)
	arrowFile(t, filepath.Join(dir, "t.arrow"), []arrow.RecordBatch{b}, ipc.WithZstd())
	ws, err := Load(dir, Options{})
	require.NoError(t, err)
	require.Equal(t, "rw - - none", texts(t, ws.Applications[0].Metric("AR")))
	require.Len(t, ws.Warnings, 1)

	b = batch(t, memory.NewGoAllocator(), fields, `["ada", "ada", null]`, `["a", "a", "b"]`, `["rw", "r", "x"]`)
	arrowFile(t, filepath.Join(dir, "t.arrow"), []arrow.RecordBatch{b})
	require.Equal(t, `t.arrow:2:1: metric "AR": the cell ("ada", "a") stands twice, first at t.arrow:1:1
t.arrow:3:1: metric "AR": the item of the dimension "User" is BLANK
t.arrow:3:3: metric "AR": "x" is not one of rw, r, w, none
(workspace)
`, mistakes(t, dir))
}

// TestArrowNotFinite: numbers are finite (SPEC 2.3).
func TestArrowNotFinite(t *testing.T) {
	builder := array.NewFloat64Builder(memory.NewGoAllocator())
	builder.AppendValues([]float64{1, math.NaN(), math.Inf(1)}, nil)
	ids, _, err := array.FromJSON(memory.NewGoAllocator(), arrow.BinaryTypes.String, strings.NewReader(`["a", "b", "c"]`))
	require.NoError(t, err)
	schema := arrow.NewSchema([]arrow.Field{field1("Id", ids.DataType()), field1("P", arrow.PrimitiveTypes.Float64)}, nil)
	dir := writeFiles(t, "lists: {L: {file: t.arrow, properties: {P: {type: number}}}}\nmetrics: {}")
	arrowFile(t, filepath.Join(dir, "t.arrow"), []arrow.RecordBatch{array.NewRecordBatch(schema, []arrow.Array{ids, builder.NewArray()}, 3)})
	require.Equal(t, "t.arrow:2:2: property \"L.P\": NaN is not a finite number\nt.arrow:3:2: property \"L.P\": +Inf is not a finite number\n(workspace)\n", mistakes(t, dir))
}

// drain reads everything and is how that ended.
func drain(content []byte, name string) (rows int64, err error) {
	var r array.RecordReader
	if strings.HasSuffix(name, ".arrows") {
		r, err = ReadArrowStream(bytes.NewReader(content), ArrowOptions{})
	} else {
		r, err = ReadArrowFile(bytes.NewReader(content), int64(len(content)), ArrowOptions{})
	}
	if err != nil {
		return 0, err
	}
	defer r.Release()
	for r.Next() {
		rows += r.RecordBatch().NumRows()
		_ = r.RecordBatch().Columns()
	}
	return rows, r.Err()
}

// arrowSamples are a file and a stream with every kind of buffer, compressed and not.
func arrowSamples(t testing.TB) map[string][]byte {
	fields := []arrow.Field{
		field1("Id", dictionary), field1("P", arrow.BinaryTypes.StringView), field1("Q", arrow.PrimitiveTypes.Int64),
		field1("R", arrow.ListOf(arrow.BinaryTypes.String)), field1("S", arrow.Null),
		field1("T", arrow.StructOf(field1("U", arrow.FixedWidthTypes.Boolean))),
	}
	b := batch(t, memory.NewGoAllocator(), fields, `["a", "b", "c"]`, `["a text of more than twelve bytes", null, "x"]`, `[1, 2, null]`,
		`[["x"], [], null]`, `[null, null, null]`, `[{"U": true}, null, {"U": null}]`)
	samples := map[string][]byte{}
	for _, name := range []string{"plain.arrow", "plain.arrows", "lz4.arrow", "lz4.arrows"} {
		file := filepath.Join(t.TempDir(), name)
		var options []ipc.Option
		if strings.HasPrefix(name, "lz4") {
			options = append(options, ipc.WithLZ4())
		}
		arrowFile(t, file, []arrow.RecordBatch{b}, options...)
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		samples[name] = content
	}
	return samples
}

// TestArrowDamaged cuts files and streams at every place, which must be an error, and changes every byte of them, which
// must not panic, hang or exhaust the memory.
func TestArrowDamaged(t *testing.T) {
	for name, whole := range arrowSamples(t) {
		rows, err := drain(whole, name)
		require.NoError(t, err, name)
		require.EqualValues(t, 3, rows)
		for n := range len(whole) {
			_, err := drain(whole[:n], name)
			require.Error(t, err, "%s cut to %d bytes", name, n)
		}
		failed := 0
		for i := range whole {
			for _, bits := range []byte{0xff, 0x80, 1} {
				damaged := bytes.Clone(whole)
				damaged[i] ^= bits
				if _, err := drain(damaged, name); err != nil {
					failed++
				}
			}
		}
		require.Greater(t, failed, 100, name)
	}
}

// TestArrowDamagedFile: what cannot be read is a mistake in the file.
func TestArrowDamagedFile(t *testing.T) {
	for name, whole := range arrowSamples(t) {
		dir := writeFiles(t, "lists: {L: {file: "+name+"}}\nmetrics: {}")
		for _, content := range []string{"", "no Arrow at all", string(whole[:len(whole)/2]), string(whole[:len(whole)-1])} {
			write(t, dir, name, content)
			require.Contains(t, mistakes(t, dir), name+": the table cannot be read: ")
		}
		write(t, dir, name, string(whole))
		require.Equal(t, "none\n", mistakes(t, dir))
	}
}

// TestArrowBomb: a small file must not make the reader allocate what it claims to expand to.
func TestArrowBomb(t *testing.T) {
	fields := []arrow.Field{field1("Id", arrow.BinaryTypes.String)}
	b := batch(t, memory.NewGoAllocator(), fields, `["`+strings.Repeat("a", 1<<12)+`"]`)
	dir := writeFiles(t, "lists: {L: {file: t.arrow}}\nmetrics: {}")
	file := filepath.Join(dir, "t.arrow")
	arrowFile(t, file, []arrow.RecordBatch{b}, ipc.WithLZ4())
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	size := binary.LittleEndian.AppendUint64(nil, 1<<12)
	require.Positive(t, bytes.Count(content, size))
	content = bytes.ReplaceAll(content, size, binary.LittleEndian.AppendUint64(nil, 1<<38))
	require.NoError(t, os.WriteFile(file, content, 0o666))
	require.Contains(t, mistakes(t, dir), "the data expand to more than their size allows")
}

// TestTables: tables of other formats are read by the caller's readers, whose errors and panics are mistakes.
func TestTables(t *testing.T) {
	dir := writeFiles(t, "lists: {L: {file: t.Mine}}\nmetrics: {}\n-- t.Mine --\na b")
	released := 0
	reader := func(f *io.SectionReader) (array.RecordReader, error) {
		content, err := io.ReadAll(f)
		if err != nil {
			return nil, err
		}
		items, _ := json.Marshal(strings.Fields(string(content)))
		b := batch(t, memory.NewGoAllocator(), []arrow.Field{field1("Id", arrow.BinaryTypes.String)}, string(items))
		r, err := array.NewRecordReader(b.Schema(), []arrow.RecordBatch{b})
		return countReleases{r, &released}, err
	}
	ws, err := Load(dir, Options{Tables: map[string]TableReader{".mine": reader}})
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, ws.Applications[0].List("L").Items())
	require.Equal(t, 1, released)

	_, err = Load(dir, Options{Tables: map[string]TableReader{".mine": func(*io.SectionReader) (array.RecordReader, error) { return nil, io.ErrUnexpectedEOF }}})
	require.ErrorContains(t, err, "t.Mine: the table cannot be read: unexpected EOF")
	require.IsType(t, cube.Errors{}, err)
	_, err = Load(dir, Options{Tables: map[string]TableReader{".mine": func(*io.SectionReader) (array.RecordReader, error) { panic("no") }}})
	require.ErrorContains(t, err, "t.Mine: the table cannot be read: no")
	_, err = Load(dir, Options{Tables: map[string]TableReader{".parquet": reader}})
	require.ErrorContains(t, err, "tables are read from .arrow, .arrows, .csv, .parquet")
}

type countReleases struct {
	array.RecordReader
	n *int
}

func (r countReleases) Release() {
	*r.n++
	r.RecordReader.Release()
}

// Lists are read for their items and then for their properties: a file that has other rows by then is a mistake, also where
// it has fewer, which would leave properties BLANK.
func TestTablesThatChangeWhileTheyAreRead(t *testing.T) {
	for second, wrong := range map[string]bool{`[{"L":"a","P":1},{"L":"b","P":2}]`: false, `[{"L":"a","P":1}]`: true, `[]`: true, `[{"L":"a","P":1},{"L":"c","P":2}]`: true, `[{"L":"a"},{"L":"b"},{"L":"c"}]`: true} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "l.mine"), []byte("x"), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "model.yaml"), []byte("cubeward: 1\napplication: A\nlists: {L: {file: l.mine, properties: {P: {type: number}}}}\n"), 0o600))
		schema := arrow.NewSchema([]arrow.Field{{Name: "L", Type: arrow.BinaryTypes.String}, {Name: "P", Type: arrow.PrimitiveTypes.Float64, Nullable: true}}, nil)
		asked := 0
		_, err := Load(dir, Options{Tables: map[string]TableReader{".mine": func(*io.SectionReader) (array.RecordReader, error) {
			rows := `[{"L":"a","P":1},{"L":"b","P":2}]`
			if asked++; asked > 1 {
				rows = second
			}
			batch, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(rows))
			if err != nil {
				return nil, err
			}
			return array.NewRecordReader(schema, []arrow.RecordBatch{batch})
		}}})
		if wrong {
			require.ErrorContains(t, err, "the file changed while it was read", second)
		} else {
			require.NoError(t, err)
		}
	}
}
