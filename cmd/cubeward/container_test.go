package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/mask"
	"github.com/cubeward/cubeward/engine/mask/masktest"
	"github.com/cubeward/cubeward/engine/parquetio"
)

// A city that ann sees, and one whose name and figures are hidden. The hidden name holds a marker of masktest.
const hiddenCityModel = `cubeward: 1
application: Canary
members: {items: [ann]}
lists: {City: {items: [open, WWWW]}}
metrics:
  M: {type: number, dimensions: [City]}
  Access: {type: access_rights, dimensions: [User, City], cells: [[ann, open, rw], [ann, WWWW, none]]}
user_roles: {ann: Modeler}
rules:
  - {name: figures, metric: Access, on: {metrics: [M]}}
  - {name: names, metric: Access, on: {items: [City]}}
`

func canaryMember(t testing.TB) *engine.Member {
	t.Helper()
	ws, err := modelfile.Load(write(t, "model.yaml", hiddenCityModel), modelfile.Options{})
	require.NoError(t, err)
	rights, err := engine.Compile(t.Context(), ws, engine.Options{})
	require.NoError(t, err)
	ann, err := rights.Member("ann")
	require.NoError(t, err)
	return ann
}

// canaryBatch has a column of each type, named M0, M1 …, and what is hidden in them comes from its own seed.
func canaryBatch(shown, hidden uint64, types ...arrow.DataType) arrow.RecordBatch {
	rng := rand.New(rand.NewPCG(shown, 8))
	rows := make([]masktest.State, 70)
	names := array.NewStringBuilder(memory.DefaultAllocator)
	for i := range rows {
		rows[i] = []masktest.State{masktest.Shown, masktest.Shown, masktest.Null, masktest.Hidden}[rng.IntN(4)]
		names.Append(map[masktest.State]string{masktest.Hidden: "WWWW"}[rows[i]] + map[bool]string{true: "open"}[rows[i] != masktest.Hidden])
	}
	columns := []arrow.Array{names.NewArray()}
	secret := arrow.MetadataFrom(map[string]string{"secret": "WWWW"})
	fields := []arrow.Field{{Name: "City", Type: arrow.BinaryTypes.String, Metadata: secret}}
	g := masktest.New(shown, hidden)
	for i, dt := range types {
		columns = append(columns, array.MakeFromData(g.Array(dt, rows, true)))
		fields = append(fields, arrow.Field{Name: fmt.Sprint("M", i), Type: dt, Nullable: true, Metadata: secret})
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, &secret), columns, 70)
}

// maskedCanaries are two masked batches of the types, made for who sees one city. What they hide comes from hidden.
func maskedCanaries(t testing.TB, ann *engine.Member, shown, hidden uint64, types ...arrow.DataType) []arrow.RecordBatch {
	t.Helper()
	var out []arrow.RecordBatch
	opt := mask.Options{Columns: map[string]string{}, Locks: true}
	for i := range types {
		opt.Columns[fmt.Sprint("M", i)] = "M"
	}
	for k := range uint64(2) {
		in := canaryBatch(2*shown+k, hidden, types...)
		m, err := mask.New(ann, in.Schema(), opt)
		require.NoError(t, err)
		b, err := m.Mask(in)
		require.NoError(t, err)
		out = append(out, b)
	}
	return out
}

// container is a form that masked batches may travel in.
type container struct {
	name   string
	open   func(io.Writer, *arrow.Schema) (batchWriter, error)
	reveal func(data []byte) ([][]byte, error) // all bytes that a reader may come by, decompressed
}

func containers() []container {
	ipcStream := func(opt ...ipc.Option) func(io.Writer, *arrow.Schema) (batchWriter, error) {
		return func(w io.Writer, s *arrow.Schema) (batchWriter, error) {
			return ipc.NewWriter(w, append(opt, ipc.WithSchema(s))...), nil
		}
	}
	return []container{
		{"CSV", func(w io.Writer, s *arrow.Schema) (batchWriter, error) { return newCSVWriter(w, s, nil) }, revealNothing},
		{"Arrow stream", func(w io.Writer, s *arrow.Schema) (batchWriter, error) { return newStreamWriter(w, s), nil }, revealStream},
		{"Arrow stream, zstd", ipcStream(ipc.WithZstd()), revealStream},
		{"Arrow stream, lz4", ipcStream(ipc.WithLZ4()), revealStream},
		{"Arrow file", func(w io.Writer, s *arrow.Schema) (batchWriter, error) {
			return newFileWriter(w, s, tableForm{limit: defaultMemory})
		}, revealFile},
		{"Arrow file, zstd", func(w io.Writer, s *arrow.Schema) (batchWriter, error) {
			return ipc.NewFileWriter(w, ipc.WithSchema(s), ipc.WithZstd())
		}, revealFile},
		{"Parquet", func(w io.Writer, s *arrow.Schema) (batchWriter, error) { return newParquetWriter("x", w, s) }, revealParquet},
		{"Parquet, all indexes", openFullParquet, revealParquet},
	}
}

// fullParquet writes all that Parquet can say about values: dictionaries, statistics, page indexes, bloom filters.
type fullParquet struct{ *pqarrow.FileWriter }

func (w fullParquet) Write(b arrow.RecordBatch) error { return w.WriteBuffered(b) }

func openFullParquet(w io.Writer, s *arrow.Schema) (batchWriter, error) {
	props := parquet.NewWriterProperties(parquet.WithPageIndexEnabled(true), parquet.WithBloomFilterEnabled(true),
		parquet.WithDataPageVersion(parquet.DataPageV2), parquet.WithDataPageSize(256), parquet.WithBatchSize(16))
	to, err := pqarrow.NewFileWriter(s, w, props, pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
	return fullParquet{to}, err
}

// contain writes batches in a container; an error says that it has no form for the type.
func contain(c container, batches []arrow.RecordBatch) (data []byte, err error) {
	var buf bytes.Buffer
	err = guard(func() error {
		w, err := c.open(&buf, batches[0].Schema())
		if err != nil {
			return err
		}
		for _, b := range batches {
			if err := w.Write(b); err != nil {
				return err
			}
		}
		return w.Close()
	})
	return buf.Bytes(), err
}

func revealNothing([]byte) ([][]byte, error) { return nil, nil }

func revealStream(data []byte) ([][]byte, error) {
	r, err := ipc.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	defer r.Release()
	var out [][]byte
	for r.Next() {
		out = append(out, buffersOf(r.RecordBatch())...)
	}
	return out, r.Err()
}

func revealFile(data []byte) (out [][]byte, err error) {
	r, err := ipc.NewFileReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	for i := range r.NumRecords() {
		b, err := r.RecordBatchAt(i)
		if err != nil {
			return nil, err
		}
		out = append(out, buffersOf(b)...)
	}
	return out, nil
}

func buffersOf(b arrow.RecordBatch) [][]byte {
	var out [][]byte
	for _, c := range b.Columns() {
		masktest.EachBuffer(c.Data(), func(b *memory.Buffer) { out = append(out, bytes.Clone(b.Bytes())) })
	}
	return out
}

// revealParquet are the pages, dictionaries among them, and what the writer adds: statistics and indexes stand
// uncompressed in the file.
func revealParquet(data []byte) ([][]byte, error) {
	r, err := file.NewParquetReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for g := range r.NumRowGroups() {
		group := r.RowGroup(g)
		for c := range group.NumColumns() {
			pages, err := group.GetColumnPageReader(c)
			if err != nil {
				return nil, err
			}
			for pages.Next() {
				out = append(out, bytes.Clone(pages.Page().Data()))
			}
			if pages.Err() != nil {
				return nil, pages.Err()
			}
		}
	}
	for _, kv := range r.MetaData().KeyValueMetadata() {
		schema, err := base64.StdEncoding.DecodeString(kv.GetValue())
		if kv.Key != "ARROW:schema" || err != nil {
			return nil, fmt.Errorf("the writer adds %s: %w", kv.Key, err)
		}
		out = append(out, schema)
	}
	return out, nil
}

// contained writes columns of a type, until it finds some that the container has a form for, and searches what it wrote.
// It is false where there is none.
func contained(t testing.TB, ann *engine.Member, c container, dt arrow.DataType) bool {
	t.Helper()
	msg := fmt.Sprintf("%s in %s", dt, c.name)
	for shown := range uint64(10) { // some values have no form in Parquet where others of the type do
		data, err := contain(c, maskedCanaries(t, ann, shown, 5, dt))
		if err != nil {
			continue
		}
		other, err := contain(c, maskedCanaries(t, ann, shown, 6, dt))
		require.NoError(t, err, msg)
		require.True(t, bytes.Equal(data, other), "%s: the bytes tell what is hidden", msg)
		require.False(t, masktest.Marked(data), msg)
		inside, err := c.reveal(data)
		if err != nil { // arrow-go does not read again all that it writes as dictionaries
			require.Regexp(t, "dictionary<values=.*(dictionary|union|run_end|extension|null)", dt.String(), "%s: %v", msg, err)
		}
		for _, b := range inside {
			require.False(t, masktest.Marked(b), "%s: %q", msg, b)
		}
		return true
	}
	return false
}

// TestContainersHoldNothingHidden writes masked columns of every type in every container that has a form for it: no
// marker is in the bytes, and the bytes do not depend on what is hidden.
func TestContainersHoldNothingHidden(t *testing.T) {
	ann := canaryMember(t)
	taken := map[string]int{}
	tried := 0
	for i, dt := range masktest.Types() {
		if i >= len(masktest.Leaves()) && i%7 != 0 {
			continue // each nesting comes with some of the leaves
		}
		tried++
		for _, c := range containers() {
			if contained(t, ann, c, dt) {
				taken[c.name]++
			}
		}
	}
	t.Logf("%d types: %v", tried, taken)
	for _, all := range []string{"CSV", "Arrow stream", "Arrow stream, zstd", "Arrow stream, lz4"} {
		require.Equal(t, tried, taken[all], all)
	}
	for _, most := range []string{"Arrow file", "Arrow file, zstd", "Parquet", "Parquet, all indexes"} {
		require.Greater(t, taken[most], tried/6, most)
	}
}

// TestCommandLeavesNothing masks tables of many types from each format to each: the file that comes out is the same
// whatever is hidden in the one that goes in.
func TestCommandLeavesNothing(t *testing.T) {
	model := write(t, "model.yaml", hiddenCityModel)
	all := containers()
	inputs := map[string]container{"csv": all[0], "arrows": all[2], "arrow": all[5], "parquet": all[6]}
	types := slices.DeleteFunc(masktest.Leaves(), func(dt arrow.DataType) bool {
		data, err := contain(all[6], []arrow.RecordBatch{canaryBatch(1, 5, dt)})
		if err != nil {
			return true
		}
		r, err := parquetio.NewReader(bytes.NewReader(data), parquetio.Options{})
		if err != nil {
			return true // arrow-go does not read again all extension types that it writes
		}
		defer r.Release()
		return !r.Next()
	})
	require.Greater(t, len(types), 25)
	for from, c := range inputs {
		var in []string
		for hidden := range uint64(2) {
			data, err := contain(c, []arrow.RecordBatch{canaryBatch(1, hidden, types...), canaryBatch(2, hidden, types...)})
			require.NoError(t, err, from)
			in = append(in, write(t, "in."+from, string(data)))
		}
		require.NotEqual(t, readFile(t, in[0]), readFile(t, in[1]))
		for _, to := range []string{"csv", "arrow", "arrows", "parquet"} {
			msg := from + " to " + to
			var outs []string
			for _, name := range in {
				out := filepath.Join(t.TempDir(), "out."+to)
				args := []string{"mask", "-m", model, "-u", "ann", "-i", name, "-o", out, "--locks"}
				for i := range types {
					args = append(args, "--column", fmt.Sprintf("M%d=M", i))
				}
				got := call(t, args...)
				require.Equal(t, statusDone, got.status, "%s: %s", msg, got.stderr)
				require.False(t, masktest.Marked([]byte(got.stdout+got.stderr)), msg)
				outs = append(outs, readFile(t, out))
			}
			require.True(t, outs[0] == outs[1], "%s: the bytes tell what is hidden", msg)
			require.False(t, masktest.Marked([]byte(outs[0])), msg)
		}
	}
}

// Dictionaries may grow from batch to batch, or be replaced: each batch shows its own values, and no entry but those.
func TestDictionariesThatGrow(t *testing.T) {
	dt := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	schema := arrow.NewSchema([]arrow.Field{{Name: "City", Type: dt}, {Name: "M", Type: dt, Nullable: true}}, nil)
	entries := []string{"open", "WWWW", "one", "two WWW", "three"}
	batch := func(n int, rows string) arrow.RecordBatch {
		names := array.NewStringBuilder(memory.DefaultAllocator)
		names.AppendValues(entries[:n], nil)
		dictionary := names.NewArray()
		var columns []arrow.Array
		for _, half := range strings.Split(rows, "|") {
			index := array.NewInt8Builder(memory.DefaultAllocator)
			for _, r := range half {
				index.Append(int8(r - '0'))
			}
			columns = append(columns, array.NewDictionaryArray(dt, index.NewArray(), dictionary))
		}
		return array.NewRecordBatch(schema, columns, -1)
	}
	for _, deltas := range []bool{false, true} {
		var buf bytes.Buffer
		w := ipc.NewWriter(&buf, ipc.WithSchema(schema), ipc.WithDictionaryDeltas(deltas))
		for _, b := range []arrow.RecordBatch{batch(3, "010|200"), batch(4, "10|32"), batch(5, "00|42")} {
			require.NoError(t, w.Write(b))
		}
		require.NoError(t, w.Close())
		got := callWith(t, buf.Bytes(), "mask", "-m", write(t, "model.yaml", hiddenCityModel), "-u", "ann", "-i", "-", "-o", "-")
		require.Equal(t, statusDone, got.status, got.stderr)
		require.False(t, masktest.Marked([]byte(got.stdout)))
		in, err := openBatches("-", strings.NewReader(got.stdout), defaultMemory)
		require.NoError(t, err)
		require.Equal(t, "City,M\nopen,one\n,\nopen,open\n,\nopen,one\nopen,three\nopen,one\n", batchesAsCSV(t, in))
	}
}
