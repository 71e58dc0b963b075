package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/metrics"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/mask"
)

// allocated is how many bytes the process has asked for so far, whatever became of them.
func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// maskThrough reads a file as mask does and masks all of it; the error says why it cannot.
func maskThrough(member *engine.Member, path string, opt mask.Options, limit int64) error {
	in, err := openBatches(path, nil, limit)
	if err != nil {
		return err
	}
	defer in.Close()
	m, err := mask.New(member, in.Schema(), opt)
	if err != nil {
		return err
	}
	for {
		b, err := in.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		out, err := m.Mask(b)
		b.Release()
		if err != nil {
			return err
		}
		out.Release()
	}
}

// plainNames is a batch without metadata: damage could make column names of them, which errors do tell.
func plainNames(b arrow.RecordBatch) arrow.RecordBatch {
	fields := b.Schema().Fields()
	for i := range fields {
		fields[i].Metadata = arrow.Metadata{}
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), b.Columns(), b.NumRows())
}

// seedFor is a seed whose values the container has a form for.
func seedFor(t testing.TB, c container, types []arrow.DataType) uint64 {
	for seed := range uint64(100) {
		if _, err := contain(c, []arrow.RecordBatch{canaryBatch(seed, 3, types...)}); err == nil {
			return seed
		}
	}
	require.FailNow(t, "no values have a form")
	return 0
}

// TestEveryByteOfAFile changes every byte of small files, and cuts them at every length: each is an error or a table, none
// takes more memory than allowed, and no error tells a value.
func TestEveryByteOfAFile(t *testing.T) {
	const limit = 1 << 20
	member := canaryMember(t)
	all := containers()
	types := []arrow.DataType{
		arrow.PrimitiveTypes.Float64, arrow.BinaryTypes.String, arrow.FixedWidthTypes.Boolean,
		&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String},
	}
	opt := mask.Options{Columns: map[string]string{}}
	for i := range types {
		opt.Columns[fmt.Sprint("M", i)] = "M"
	}
	in := plainNames(canaryBatch(seedFor(t, all[6], types), 3, types...).NewSlice(10, 16))
	for _, c := range []struct {
		ext string
		in  container
	}{{"arrows", all[1]}, {"arrows", all[2]}, {"arrow", all[4]}, {"arrow", all[5]}, {"parquet", all[6]}} {
		data, err := contain(c.in, []arrow.RecordBatch{in})
		require.NoError(t, err, c.in.name)
		path := filepath.Join(t.TempDir(), "in."+c.ext)
		failed, step := 0, 1
		if testing.Short() {
			step = 17
		}
		try := func(damaged []byte, what string) error {
			require.NoError(t, os.WriteFile(path, damaged, 0o600))
			before := allocated()
			err := maskThrough(member, path, opt, limit)
			require.Less(t, allocated()-before, uint64(24<<20), "%s: %s", c.in.name, what)
			if err != nil {
				failed++
				require.NotContains(t, err.Error(), "WWW", "%s: %s", c.in.name, what)
				require.True(t, statusOf(err) == statusInvalid, "%s: %s: %v", c.in.name, what, err)
			}
			return err
		}
		require.NoError(t, try(data, "whole"), c.in.name)
		for i := 0; i < len(data); i += step {
			x := []byte{0x01, 0x80, 0xff, 0x10}[i%4]
			bad := bytes.Clone(data)
			bad[i] ^= x
			_ = try(bad, fmt.Sprintf("byte %d changed by %#x", i, x))
			if i%4 == 0 {
				require.Error(t, try(data[:i], fmt.Sprintf("cut at %d", i)), "%s: cut at %d", c.in.name, i)
			}
		}
		t.Logf("%s: %d bytes, %d errors", c.in.name, len(data), failed)
		require.Greater(t, failed, len(data)/step/3)
	}
}

// A few bytes may claim any number of rows. They are refused as what they would take.
func TestClaimedRows(t *testing.T) {
	const rows = 1 << 40
	runs := func(dt arrow.DataType, value string) arrow.Array {
		ends := array.NewInt64Builder(memory.DefaultAllocator)
		ends.Append(rows)
		values := array.NewBuilder(memory.DefaultAllocator, dt)
		require.NoError(t, values.AppendValueFromString(value))
		return array.NewRunEndEncodedArray(ends.NewArray(), values.NewArray(), rows, 0)
	}
	columns := []arrow.Array{runs(arrow.BinaryTypes.String, "Spain"), runs(arrow.BinaryTypes.String, "Q1"), runs(arrow.PrimitiveTypes.Float64, "1")}
	var fields []arrow.Field
	for i, name := range []string{"Market", "Quarter", "Sales"} {
		fields = append(fields, arrow.Field{Name: name, Type: columns[i].DataType(), Nullable: true})
	}
	schema := arrow.NewSchema(fields, nil)
	in := streamOf(t, schema, []arrow.RecordBatch{array.NewRecordBatch(schema, columns, rows)}, true)
	require.Less(t, len(in), 4096)
	for _, args := range [][]string{{"mask", "-o", "-"}, {"check-write"}} {
		before := allocated()
		got := callWith(t, in, append(args, "-m", "testdata/shop", "-u", "ann", "-i", "-", "--memory", "64MiB")...)
		require.Equal(t, statusInvalid, got.status, got.stderr)
		require.Contains(t, got.stderr, "batch 1 is larger than --memory 64MiB; give more")
		require.Less(t, allocated()-before, uint64(64<<20))
	}
}
