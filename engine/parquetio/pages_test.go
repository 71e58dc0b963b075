package parquetio

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime/metrics"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

func codecs() map[string]compress.Compression {
	return map[string]compress.Compression{
		"none": compress.Codecs.Uncompressed, "snappy": compress.Codecs.Snappy, "gzip": compress.Codecs.Gzip,
		"brotli": compress.Codecs.Brotli, "zstd": compress.Codecs.Zstd, "lz4": compress.Codecs.Lz4Raw,
	}
}

// someRows has text that repeats, numbers that do not, lists and structs.
func someRows(t testing.TB, rows int) arrow.RecordBatch {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "text", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "number", Type: arrow.PrimitiveTypes.Float64},
		{Name: "list", Type: arrow.ListOf(arrow.PrimitiveTypes.Int64), Nullable: true},
		{Name: "struct", Type: arrow.StructOf(arrow.Field{Name: "a", Type: arrow.FixedWidthTypes.Boolean, Nullable: true}), Nullable: true},
	}, nil)
	var text bytes.Buffer
	for i := range rows {
		list, row := "null", fmt.Sprintf(`{"a": %t}`, i%2 == 0)
		if i%3 > 0 {
			list = fmt.Sprintf("[%d, null, %d]", i, i*i)
		}
		if i%5 == 0 {
			row = "null"
		}
		fmt.Fprintf(&text, `,{"text": "city %d", "number": %d.5, "list": %s, "struct": %s}`, i%7, i, list, row)
	}
	return fromJSON(t, schema, "["+text.String()[1:]+"]")
}

func writtenWith(t testing.TB, b arrow.RecordBatch, opt ...parquet.WriterProperty) []byte {
	t.Helper()
	var buf bytes.Buffer
	w, err := pqarrow.NewFileWriter(b.Schema(), &buf, parquet.NewWriterProperties(opt...), pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
	require.NoError(t, err)
	require.NoError(t, w.Write(b))
	require.NoError(t, w.Close())
	return buf.Bytes()
}

// What is checked before the library reads it is never more than what writers write.
func TestFilesOfEveryKind(t *testing.T) {
	batch := someRows(t, 500)
	for name, codec := range codecs() {
		for _, version := range []parquet.DataPageVersion{parquet.DataPageV1, parquet.DataPageV2} {
			for _, dictionary := range []bool{true, false} {
				data := writtenWith(t, batch, parquet.WithCompression(codec), parquet.WithDataPageVersion(version), parquet.WithDictionaryDefault(dictionary),
					parquet.WithPageIndexEnabled(dictionary), parquet.WithBloomFilterEnabled(!dictionary), parquet.WithMaxBloomFilterBytes(128),
					parquet.WithDataPageSize(200), parquet.WithBatchSize(50), parquet.WithMaxRowGroupLength(190))
				got, err := readAll(data, Options{MemoryLimit: 1 << 20})
				require.NoError(t, err, "%s, version %d, dictionary %t", name, version, dictionary)
				table := array.NewTableFromRecords(got[0].Schema(), got)
				whole, err := array.Concatenate(table.Column(2).Data().Chunks(), memory.DefaultAllocator)
				require.NoError(t, err)
				require.True(t, array.Equal(batch.Column(2), whole), name)
				var rows int64
				for _, b := range got {
					rows += b.NumRows()
				}
				require.EqualValues(t, 500, rows)
			}
		}
	}
}

func allocated() int64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}

// TestClaimedSizes writes large numbers, as Thrift and the codecs have them, over every place of a file: whatever they
// come to stand for, reading takes no more than it may.
func TestClaimedSizes(t *testing.T) {
	batch := someRows(t, 20)
	step := 2
	if testing.Short() {
		step = 11
	}
	for name, codec := range codecs() {
		data := writtenWith(t, batch, parquet.WithCompression(codec))
		for _, claim := range [][]byte{{0xff, 0xff, 0xff, 0xff, 0x0f}, {0xff, 0xff, 0xff, 0x7f}, {0, 0, 0, 0x40, 0, 0, 0, 0}} {
			for i := 0; i+len(claim) <= len(data); i += step {
				bad := bytes.Clone(data)
				copy(bad[i:], claim)
				before := allocated()
				_, _ = readAll(bad, Options{MemoryLimit: 1 << 20})
				require.Less(t, allocated()-before, int64(16<<20), "%s: %x at %d", name, claim, i)
			}
		}
	}
}

// Pages that expand to more than they say, or than is allowed.
func TestBombs(t *testing.T) {
	var bomb bytes.Buffer
	e, err := zstd.NewWriter(&bomb)
	require.NoError(t, err)
	_, err = e.Write(make([]byte, 64<<20))
	require.NoError(t, err)
	require.NoError(t, e.Close())
	require.Less(t, bomb.Len(), 64<<10)
	const raw, limit = 1 << 10, 1 << 20
	require.ErrorIs(t, checkPacked(compress.Codecs.Zstd, bomb.Bytes(), raw, limit), ErrTooLarge)
	require.ErrorIs(t, checkPacked(compress.Codecs.Zstd, e.EncodeAll(make([]byte, 2<<20), nil), raw, limit), ErrTooLarge, "a size that the frame says")
	require.NoError(t, checkPacked(compress.Codecs.Zstd, e.EncodeAll(make([]byte, raw), nil), raw, limit))
	require.ErrorIs(t, checkPacked(compress.Codecs.Zstd, []byte("no frame"), raw, limit), errDamaged)
	require.ErrorIs(t, checkPacked(compress.Codecs.Snappy, []byte{0xff, 0xff, 0xff, 0xff, 0x0f}, raw, limit), errDamaged)
	require.ErrorIs(t, checkPacked(compress.Codecs.Snappy, []byte{0xff}, raw, limit), errDamaged)
	require.NoError(t, checkPacked(compress.Codecs.Snappy, []byte{0x80, 0x08, 0}, raw, limit))
}

func TestEncryptedFiles(t *testing.T) {
	data := writtenWith(t, someRows(t, 3))
	copy(data[len(data)-4:], "PARE")
	_, err := readAll(data, Options{})
	require.ErrorContains(t, err, "encrypted")
}

// The footer's cost is about what parsing it takes.
func TestFooterCost(t *testing.T) {
	list := append([]byte{0x29, 0xfc, 0x80, 0x80, 0x40}, make([]byte, 1<<20)...) // field 2: a list of 2^20 empty structs
	require.ErrorIs(t, checkFooter(append(list, 0), 64<<20), ErrTooLarge)
	require.NoError(t, checkFooter(append(list, 0), 1<<30))
	require.ErrorIs(t, checkFooter(list[:1000], 1<<30), errDamaged)
	deep := bytes.Repeat([]byte{0x1c}, 1000) // structs in structs
	require.ErrorIs(t, checkFooter(deep, 1<<30), errDamaged)
	for i := range 256 {
		_ = checkFooter([]byte{0x10 | byte(i&0xf), byte(i), 0xff, 0xff, 0xff, 0x0f, 0}, 1<<30)
	}
}

// A short file of very many equal rows is read; one that claims far more is not.
func TestManyEqualRows(t *testing.T) {
	const rows = 3 << 20
	schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil)
	b := array.NewInt64Builder(memory.DefaultAllocator)
	b.AppendNulls(rows)
	data := writtenWith(t, array.NewRecordBatch(schema, []arrow.Array{b.NewArray()}, rows), parquet.WithMaxRowGroupLength(rows))
	require.Less(t, len(data), rows/1000)
	r, err := NewReader(bytes.NewReader(data), Options{})
	require.NoError(t, err)
	defer r.Release()
	n := int64(0)
	for r.Next() {
		n += r.RecordBatch().NumRows()
	}
	require.NoError(t, r.Err())
	require.EqualValues(t, rows, n)
	lying := bytes.ReplaceAll(data, binary.AppendVarint(nil, rows), binary.AppendVarint(nil, 120<<20)) // as many bytes
	require.Len(t, lying, len(data))
	_, err = NewReader(bytes.NewReader(lying), Options{})
	require.ErrorContains(t, err, "more rows than its size allows")
}
