package parquetio

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
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
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube/modelfile"
)

func fromJSON(t testing.TB, schema *arrow.Schema, rows string) arrow.RecordBatch {
	t.Helper()
	b, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(rows))
	require.NoError(t, err)
	return b
}

func written(t testing.TB, schema *arrow.Schema, batches ...arrow.RecordBatch) []byte {
	t.Helper()
	var buf bytes.Buffer
	w, err := NewWriter(&buf, schema)
	require.NoError(t, err)
	for _, b := range batches {
		require.NoError(t, w.Write(b))
	}
	require.NoError(t, w.Close())
	return buf.Bytes()
}

func readAll(data []byte, opt Options) ([]arrow.RecordBatch, error) {
	r, err := NewReader(bytes.NewReader(data), opt)
	if err != nil {
		return nil, err
	}
	defer r.Release()
	var out []arrow.RecordBatch
	for r.Next() {
		b := r.RecordBatch()
		b.Retain()
		out = append(out, b)
	}
	return out, r.Err()
}

func column(batches []arrow.RecordBatch, i int) []string {
	var out []string
	for _, b := range batches {
		for row := range int(b.NumRows()) {
			out = append(out, b.Column(i).ValueStr(row))
		}
	}
	return out
}

func TestRoundTripOfTypes(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "text", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "number", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "day", Type: arrow.FixedWidthTypes.Date32, Nullable: true},
		{Name: "flag", Type: arrow.FixedWidthTypes.Boolean},
		{Name: "list", Type: arrow.ListOf(arrow.PrimitiveTypes.Int64), Nullable: true},
	}, nil)
	b := fromJSON(t, schema, `[
		{"text": "a", "number": 1.5, "day": "2026-02-03", "flag": true, "list": [1, 2]},
		{"text": null, "number": null, "day": null, "flag": false, "list": null}]`)
	got, err := readAll(written(t, schema, b, b), Options{})
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, []string{"a", "(null)", "a", "(null)"}, column(got, 0))
	require.Equal(t, []string{"1.5", "(null)", "1.5", "(null)"}, column(got, 1))
	require.Equal(t, []string{"2026-02-03", "(null)", "2026-02-03", "(null)"}, column(got, 2))
	require.Equal(t, []string{"true", "false", "true", "false"}, column(got, 3))
	require.Equal(t, []string{"[1,2]", "(null)", "[1,2]", "(null)"}, column(got, 4))
	require.True(t, arrow.TypeEqual(arrow.FixedWidthTypes.Date32, got[0].Schema().Field(2).Type))
}

// Batches may each have a dictionary of their own.
func TestDictionariesThatChange(t *testing.T) {
	dt := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	schema := arrow.NewSchema([]arrow.Field{{Name: "d", Type: dt, Nullable: true}}, nil)
	one := fromJSON(t, schema, `[{"d": "a"}, {"d": "b"}, {"d": null}]`)
	two := fromJSON(t, schema, `[{"d": "c"}, {"d": "b"}, {"d": "a"}]`)
	got, err := readAll(written(t, schema, one, two, one), Options{})
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "(null)", "c", "b", "a", "a", "b", "(null)"}, column(got, 0))
	require.True(t, arrow.TypeEqual(dt, got[0].Schema().Field(0).Type), "%s", got[0].Schema())
}

func TestManyRowsComeInBatchesAndGroups(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)
	const rows = groupRows + batchRows + 7
	build := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for i := range rows {
		build.Field(0).(*array.Int64Builder).Append(int64(i))
	}
	got, err := readAll(written(t, schema, build.NewRecordBatch()), Options{})
	require.NoError(t, err)
	next := int64(0)
	for _, b := range got {
		require.LessOrEqual(t, b.NumRows(), int64(batchRows))
		for _, n := range b.Column(0).(*array.Int64).Int64Values() {
			require.Equal(t, next, n)
			next++
		}
	}
	require.EqualValues(t, rows, next)
}

func TestNoRows(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)
	data := written(t, schema)
	got, err := readAll(data, Options{})
	require.NoError(t, err)
	require.Empty(t, got)
	r, err := NewReader(bytes.NewReader(data), Options{})
	require.NoError(t, err)
	require.Equal(t, "n", r.Schema().Field(0).Name)
	require.False(t, r.Next())
	require.NoError(t, r.Err())
	r.Release()
}

func TestSameBytes(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}, {Name: "s", Type: arrow.BinaryTypes.String}}, nil)
	b := fromJSON(t, schema, `[{"n": 1, "s": "x"}, {"n": 2, "s": "y"}]`)
	require.Equal(t, written(t, schema, b), written(t, schema, b))
}

func TestTypesWithoutAForm(t *testing.T) {
	_, err := NewWriter(io.Discard, arrow.NewSchema([]arrow.Field{{Name: "r", Type: arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int32, arrow.BinaryTypes.String)}}, nil))
	require.Error(t, err)
}

func TestMemoryLimit(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "s", Type: arrow.BinaryTypes.String}}, nil)
	b := fromJSON(t, schema, fmt.Sprintf(`[{"s": %q}]`, strings.Repeat("x", 1<<20)))
	data := written(t, schema, b)
	_, err := readAll(data, Options{MemoryLimit: 64 << 10})
	require.Error(t, err)
	_, err = readAll(data, Options{MemoryLimit: 64 << 20})
	require.NoError(t, err)
	_, err = readAll(data, Options{MemoryLimit: -1})
	require.ErrorContains(t, err, "MemoryLimit")
}

func TestFailingWriter(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)
	b := fromJSON(t, schema, `[{"n": 1}]`)
	r, w := io.Pipe()
	require.NoError(t, r.Close())
	to, err := NewWriter(w, schema)
	if err == nil {
		err = to.Write(b)
	}
	if err == nil {
		err = to.Close()
	}
	require.ErrorIs(t, err, io.ErrClosedPipe)
}

// Damage never panics, and what is read is whole batches.
func TestDamage(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}, {Name: "s", Type: arrow.BinaryTypes.String, Nullable: true}}, nil)
	data := written(t, schema, fromJSON(t, schema, `[{"n": 1, "s": "abc"}, {"n": 2, "s": null}]`))
	for n := range data {
		_, err := readAll(data[:n], Options{MemoryLimit: 1 << 24})
		require.Error(t, err, "cut at %d", n)
	}
	failed := 0
	for i := range data {
		for _, x := range []byte{0x01, 0x80, 0xff} {
			bad := bytes.Clone(data)
			bad[i] ^= x
			if _, err := readAll(bad, Options{MemoryLimit: 1 << 24}); err != nil {
				failed++
			}
		}
	}
	require.Positive(t, failed)
}

// The stored schema of this message claims a body of 32 GiB, in a way that not every reader notices.
func TestStoredSchemaIsWrittenAnew(t *testing.T) {
	message, err := hex.DecodeString("ffffffffb80000001000000000000b000c000a00090004000a0000001000000000010400080008000000040008000000" +
		"040000000200000050000000140000001000140010000f000e0008000000040010000000100000001400000000000501" +
		"10000000000000000400040004000000010000007300000010001400100000000f000800000004001000000010000000" +
		"18000000000000021c0000000000000008000c0008000700080000000000000140000000010000006e00000000000000" +
		"ffffffff00000000")
	require.NoError(t, err)
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding} {
		md := metadata.NewKeyValueMetadata()
		require.NoError(t, md.Append("ARROW:schema", encoding.EncodeToString(message)))
		if err := rewriteSchema(md); err != nil {
			continue // refusing it is as good
		}
		again, err := base64.StdEncoding.DecodeString(*md.FindValue("ARROW:schema"))
		require.NoError(t, err)
		mem := newBounded(1 << 20)
		r, err := ipc.NewReader(bytes.NewReader(again), ipc.WithAllocator(mem))
		require.NoError(t, err)
		require.Equal(t, 2, r.Schema().NumFields())
		r.Release()
	}
	md := metadata.NewKeyValueMetadata()
	require.NoError(t, md.Append("ARROW:schema", "no base64!"))
	require.Error(t, rewriteSchema(md))
	require.NoError(t, rewriteSchema(nil))
}

// FuzzReader reads damaged files, small ones of every kind to start with. What comes out of them is whole, whatever they claim.
// Coverage differs from run to run, as the library works in goroutines: with the go command's usual minimizing of inputs
// almost all time goes there (see FUZZMINIMIZE in the Makefile).
func FuzzReader(f *testing.F) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}, {Name: "s", Type: arrow.BinaryTypes.String, Nullable: true}}, nil)
	f.Add(written(f, schema, fromJSON(f, schema, `[{"n": 1, "s": "abc"}, {"n": 2, "s": null}]`)))
	one := arrow.NewSchema(schema.Fields()[:1], nil)
	batch, narrow := someRows(f, 6), fromJSON(f, one, `[{"n": 1}, {"n": 2}, {"n": 2}]`)
	for _, codec := range codecs() {
		for _, version := range []parquet.DataPageVersion{parquet.DataPageV1, parquet.DataPageV2} {
			f.Add(writtenWith(f, narrow, parquet.WithCompression(codec), parquet.WithDataPageVersion(version)))
			f.Add(writtenWith(f, batch, parquet.WithCompression(codec), parquet.WithDataPageVersion(version), parquet.WithDictionaryDefault(version == parquet.DataPageV1),
				parquet.WithPageIndexEnabled(true), parquet.WithBloomFilterEnabled(true), parquet.WithMaxBloomFilterBytes(32), parquet.WithMaxRowGroupLength(4)))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := NewReader(bytes.NewReader(data), Options{MemoryLimit: 1 << 22})
		if err != nil {
			return
		}
		defer r.Release()
		for rows := int64(0); rows < 1<<18 && r.Next(); {
			b := r.RecordBatch()
			rows += b.NumRows()
			for i, c := range b.Columns() {
				require.EqualValues(t, b.NumRows(), c.Len())
				require.True(t, arrow.TypeEqual(r.Schema().Field(i).Type, c.DataType()))
				if c.DataType().ID() != arrow.NULL {
					require.NoError(t, array.ValidateFull(c))
				}
			}
		}
	})
}

func TestReadTable(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)
	path := filepath.Join(t.TempDir(), "x.parquet")
	require.NoError(t, os.WriteFile(path, written(t, schema, fromJSON(t, schema, `[{"n": 7}]`)), 0o600))
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	info, err := f.Stat()
	require.NoError(t, err)
	r, err := modelfile.TableReader(ReadTable)(io.NewSectionReader(f, 0, info.Size()))
	require.NoError(t, err)
	require.True(t, r.Next())
	require.Equal(t, "7", r.RecordBatch().Column(0).ValueStr(0))
	require.False(t, r.Next())
	r.Release()
	_, err = f.Seek(0, 0)
	require.NoError(t, err, "the file stays the caller's")
}

// What was read may be let go while more is read: what may be taken is counted right, and by one at a time.
func TestBatchesAreLetGoElsewhere(t *testing.T) {
	mem := newBounded(1 << 20)
	for range 200 {
		taken, done := mem.Allocate(1<<19), make(chan struct{})
		go func() {
			defer close(done)
			mem.Free(taken)
		}()
		mem.Free(mem.Allocate(1 << 19))
		<-done
		require.Equal(t, mem.limit, mem.left.Load())
	}
}
