package main

import (
	"bytes"
	"io"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/engine/mask/masktest"
)

// Dictionaries of floating-point values that are nearly those of the batch before are written all the same, bit by bit.
func TestStreamsOfNearlyEqualDictionaries(t *testing.T) {
	dt := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.PrimitiveTypes.Float64}
	schema := arrow.NewSchema([]arrow.Field{{Name: "x", Type: dt}, {Name: "y", Type: arrow.ListOf(dt)}}, nil)
	values := []float64{1, 1.000001, math.Copysign(0, -1), 0, 1e-9, 2e-9, math.NaN()}
	batch := func(v float64) arrow.RecordBatch {
		b := array.NewFloat64Builder(memory.DefaultAllocator)
		b.Append(v)
		i := array.NewInt8Builder(memory.DefaultAllocator)
		i.Append(0)
		x := array.NewDictionaryArray(dt, i.NewArray(), b.NewArray())
		offsets := memory.NewBufferBytes(arrow.Int32Traits.CastToBytes([]int32{0, 1}))
		y := array.MakeFromData(array.NewData(arrow.ListOf(dt), 1, []*memory.Buffer{nil, offsets}, []arrow.ArrayData{x.Data()}, 0, 0))
		return array.NewRecordBatch(schema, []arrow.Array{x, y}, 1)
	}
	var out bytes.Buffer
	w := newStreamWriter(&out, schema)
	for _, v := range values {
		require.NoError(t, w.Write(batch(v)))
	}
	require.NoError(t, w.Close())
	r, err := ipc.NewReader(&out)
	require.NoError(t, err)
	valueOf := func(a arrow.Array) uint64 {
		d := a.(*array.Dictionary)
		return math.Float64bits(d.Dictionary().(*array.Float64).Value(d.GetValueIndex(0)))
	}
	for _, v := range values {
		require.True(t, r.Next())
		require.Equal(t, math.Float64bits(v), valueOf(r.RecordBatch().Column(0)), "%v", v)
		require.Equal(t, math.Float64bits(v), valueOf(r.RecordBatch().Column(1).(*array.List).ListValues()), "%v", v)
	}
	require.False(t, r.Next())
	require.NoError(t, r.Err())
	for want, s := range map[bool]*arrow.Schema{true: schema, false: arrow.NewSchema([]arrow.Field{{Name: "f", Type: arrow.PrimitiveTypes.Float64}}, nil)} {
		require.Equal(t, want, hasInexactDictionary(s))
	}
}

// What masked batches hold comes back from every container that can be read again, value by value.
func TestContainersHoldTheValues(t *testing.T) {
	ann := canaryMember(t)
	compared := map[string]int{}
	for i, dt := range masktest.Types() {
		if i >= len(masktest.Leaves()) && i%11 != 0 {
			continue
		}
		for _, ext := range []string{"arrow", "arrows", "parquet"} {
			batches := maskedCanaries(t, ann, 4, 1, dt)
			path := filepath.Join(t.TempDir(), "x."+ext)
			other := ext == "parquet" && (dt.ID() == arrow.DATE64 || strings.HasSuffix(dt.String(), "[s]"))
			if other || !keptIn(t, path, batches) {
				continue // the container has no form for the type, or keeps it in another unit
			}
			in, err := openBatches(path, nil, defaultMemory)
			if err != nil {
				continue // nor has its reader
			}
			// Whoever makes dictionaries one may have done so in the batches themselves.
			if compareRows(t, maskedCanaries(t, ann, 4, 1, dt), in, dt.String()+" in "+ext) {
				compared[ext]++
			}
			require.NoError(t, in.Close())
		}
	}
	t.Log(compared)
	for _, ext := range []string{"arrow", "arrows", "parquet"} {
		require.Greater(t, compared[ext], 25, ext)
	}
}

// keptIn writes batches to a file; it is false where its format cannot.
func keptIn(t *testing.T, path string, batches []arrow.RecordBatch) bool {
	t.Helper()
	out, err := (&tool{files: &fileSet{}}).createTable(path, batches[0].Schema(), tableForm{limit: defaultMemory})
	if err != nil {
		return false
	}
	err = guard(func() error {
		for _, b := range batches {
			if err := out.Write(b); err != nil {
				return err
			}
		}
		return out.finish()
	})
	if err != nil {
		out.file.set.discardAll()
		return false
	}
	require.NoError(t, out.publish())
	return true
}

// compareRows compares the second column row by row; it is false where the reader has no form for its type.
func compareRows(t *testing.T, batches []arrow.RecordBatch, in batchReader, msg string) bool {
	t.Helper()
	var read []arrow.Array
	for {
		b, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return false
		}
		if !arrow.TypeEqual(b.Column(1).DataType(), batches[0].Column(1).DataType()) {
			return false
		}
		read = append(read, b.Column(1))
	}
	k, at := 0, 0
	for _, b := range batches {
		for row := range int(b.NumRows()) {
			for k < len(read) && at == read[k].Len() {
				k, at = k+1, 0
			}
			require.Less(t, k, len(read), msg)
			require.True(t, masktest.Same(b.Column(1), row, read[k], at), "%s: row %d", msg, row)
			at++
		}
	}
	return true
}
