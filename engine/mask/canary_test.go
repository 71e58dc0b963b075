package mask

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"
)

// eachBuffer visits all buffers that an array leads to.
func eachBuffer(d arrow.ArrayData, f func(*memory.Buffer)) {
	for _, b := range d.Buffers() {
		if b != nil {
			f(b)
		}
	}
	for _, c := range d.Children() {
		eachBuffer(c, f)
	}
	if dict, ok := d.Dictionary().(*array.Data); ok && dict != nil {
		eachBuffer(dict, f)
	}
}

// snapshot is all that an array's buffers hold, lengths and offsets included.
func snapshot(d arrow.ArrayData) [][]byte {
	shape := []byte{}
	var walk func(arrow.ArrayData)
	walk = func(d arrow.ArrayData) {
		for _, n := range []int{d.Len(), d.Offset(), len(d.Buffers()), len(d.Children())} {
			shape = append(shape, byte(n), byte(n>>8), byte(n>>16))
		}
		for _, b := range d.Buffers() {
			shape = append(shape, map[bool]byte{true: 1}[b != nil])
		}
		for _, c := range d.Children() {
			walk(c)
		}
		if dict, ok := d.Dictionary().(*array.Data); ok && dict != nil {
			walk(dict)
		}
	}
	walk(d)
	all := [][]byte{shape}
	eachBuffer(d, func(b *memory.Buffer) { all = append(all, bytes.Clone(b.Bytes())) })
	return all
}

// requireClean says that no marker is in reach of an array, its spare memory included, and that nothing leads to wider memory.
func requireClean(t *testing.T, d arrow.ArrayData, msg string) {
	t.Helper()
	eachBuffer(d, func(b *memory.Buffer) {
		require.Nil(t, b.Parent(), msg)
		whole := b.Buf()[:cap(b.Buf())]
		require.False(t, bytes.Contains(whole, bytes.Repeat([]byte{marker}, 3)), "%s: a marker in %x", msg, whole)
		for _, x := range whole[b.Len():] {
			require.Zero(t, x, msg)
		}
	})
}

// testCase is an input and what of it may be seen.
type testCase struct {
	rows []state
	keep []uint64
}

func newCase(rng *rand.Rand, n int) testCase {
	c := testCase{rows: make([]state, n), keep: fullWords(n)}
	odds := [][2]int{{0, 0}, {10, 0}, {3, 0}, {1, 0}, {0, 3}, {3, 3}, {10, 2}, {2, 9}}[rng.IntN(8)]
	for i := range c.rows {
		switch {
		case odds[0] > 0 && rng.IntN(odds[0]) == 0:
			c.rows[i] = hidden
			clearRange(c.keep, i, i+1)
		case odds[1] > 0 && rng.IntN(odds[1]) == 0:
			c.rows[i] = null
		}
	}
	if countBits(c.keep) == n {
		c.keep = nil
	}
	return c
}

// redacted runs a redaction; the result is the caller's.
func redacted(t *testing.T, mem memory.Allocator, d *array.Data, out arrow.DataType, s selection, msg string) arrow.Array {
	t.Helper()
	r := redactor{mem: mem}
	defer r.release()
	p, err := whole(d)
	require.NoError(t, err, msg)
	got, err := r.column(p, out, s)
	require.NoError(t, err, msg)
	return array.MakeFromData(got)
}

func TestHiddenValuesLeaveNothing(t *testing.T) {
	for k, dt := range allTypes() {
		out, err := outputType(dt)
		require.NoError(t, err, dt.String())
		for seed := range uint64(6) {
			msg := describe(dt, seed)
			rng := rand.New(rand.NewPCG(seed, uint64(k)))
			c := newCase(rng, []int{0, 1, 7, 64, 70, 200}[rng.IntN(6)])
			s := selection{n: len(c.rows), keep: c.keep}
			source := func(i int) int { return i }
			if seed%4 == 3 && dt.ID() != arrow.DENSE_UNION {
				s = taken(rng, c)
				source = func(i int) int { return s.rows[i] }
			}
			checkRedaction(t, dt, out, c, s, source, seed, msg)
		}
	}
}

// taken is a selection of some of the rows in another order.
func taken(rng *rand.Rand, c testCase) selection {
	rows := rng.Perm(len(c.rows))
	rows = rows[:rng.IntN(len(rows)+1)]
	s := selection{n: len(rows), rows: rows}
	if c.keep != nil {
		s.keep = make([]uint64, wordsFor(len(rows)))
		for i, row := range rows {
			if hasBit(c.keep, row) {
				setBit(s.keep, i)
			}
		}
	}
	return s
}

func checkRedaction(t *testing.T, dt, out arrow.DataType, c testCase, s selection, source func(int) int, seed uint64, msg string) {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	a := newGenerator(seed, 1).array(dt, c.rows, true)
	b := newGenerator(seed, 2).array(dt, c.rows, true)
	before := snapshot(a)
	got, other := redacted(t, mem, a, out, s, msg), redacted(t, mem, b, out, s, msg)
	defer got.Release()
	defer other.Release()

	require.True(t, slices.EqualFunc(before, snapshot(a), bytes.Equal), "the input changed: %s", msg)
	require.NoError(t, array.ValidateFull(got), msg)
	x, y := snapshot(got.Data()), snapshot(other.Data())
	require.True(t, slices.EqualFunc(x, y, bytes.Equal), "the output tells what is hidden: %s\n%x\n%x", msg, x, y)
	requireClean(t, got.Data(), msg)

	in := array.MakeFromData(a)
	defer in.Release()
	for i := range s.n {
		kept := s.keep == nil || hasBit(s.keep, i)
		if !kept && !logicallyNull(got, i) {
			require.Fail(t, "a hidden row is not null", "%s row %d", msg, i)
		}
		if !kept || !arrow.TypeEqual(dt, out) {
			continue
		}
		require.True(t, sameValue(got, i, in, source(i)), "%s row %d: %s, want row %d of %s", msg, i, got, source(i), in)
	}
}

// sameValue compares two values by Arrow's equality, whatever dictionaries and runs they stand in.
func sameValue(a arrow.Array, i int, b arrow.Array, j int) bool {
	if logicallyNull(a, i) || logicallyNull(b, j) {
		return logicallyNull(a, i) && logicallyNull(b, j)
	}
	switch x := a.(type) {
	case *array.Dictionary:
		y := b.(*array.Dictionary)
		return sameValue(x.Dictionary(), x.GetValueIndex(i), y.Dictionary(), y.GetValueIndex(j))
	case *array.RunEndEncoded:
		y := b.(*array.RunEndEncoded)
		return sameValue(x.Values(), x.GetPhysicalIndex(i), y.Values(), y.GetPhysicalIndex(j))
	case *array.Struct:
		for k := range x.NumField() {
			if !sameValue(x.Field(k), i, b.(*array.Struct).Field(k), j) {
				return false
			}
		}
		return true
	case *array.SparseUnion:
		y := b.(*array.SparseUnion)
		return x.TypeCode(i) == y.TypeCode(j) && sameValue(x.Field(x.ChildID(i)), i, y.Field(y.ChildID(j)), j)
	case *array.DenseUnion:
		y := b.(*array.DenseUnion)
		return x.TypeCode(i) == y.TypeCode(j) &&
			sameValue(x.Field(x.ChildID(i)), int(x.ValueOffset(i)), y.Field(y.ChildID(j)), int(y.ValueOffset(j)))
	case array.ListLike:
		y := b.(array.ListLike)
		from, to := x.ValueOffsets(i)
		other, end := y.ValueOffsets(j)
		if to-from != end-other {
			return false
		}
		for k := range to - from {
			if !sameValue(x.ListValues(), int(from+k), y.ListValues(), int(other+k)) {
				return false
			}
		}
		return true
	}
	x, y := array.NewSlice(a, int64(i), int64(i+1)), array.NewSlice(b, int64(j), int64(j+1))
	defer x.Release()
	defer y.Release()
	return array.Equal(x, y)
}

// logicallyNull says whether row i is null, for types whose nulls stand in their children too.
func logicallyNull(a arrow.Array, i int) bool {
	switch a := a.(type) {
	case *array.SparseUnion:
		return logicallyNull(a.Field(a.ChildID(i)), i)
	case *array.DenseUnion:
		return logicallyNull(a.Field(a.ChildID(i)), int(a.ValueOffset(i)))
	case *array.RunEndEncoded:
		return logicallyNull(a.Values(), a.GetPhysicalIndex(i))
	case *array.Null:
		return true
	case *array.Dictionary:
		return a.IsNull(i) || logicallyNull(a.Dictionary(), a.GetValueIndex(i))
	case array.ExtensionArray:
		return logicallyNull(a.Storage(), i)
	}
	return a.IsNull(i)
}

func TestStreamOfHiddenValuesHoldsNoMarker(t *testing.T) {
	pattern := bytes.Repeat([]byte{marker}, 3)
	for k, dt := range allTypes() {
		out, err := outputType(dt)
		require.NoError(t, err)
		rng := rand.New(rand.NewPCG(7, uint64(k)))
		c := newCase(rng, 70)
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		got := redacted(t, mem, newGenerator(3, 4).array(dt, c.rows, true), out, selection{n: 70, keep: c.keep}, dt.String())
		schema := arrow.NewSchema([]arrow.Field{{Name: "x", Type: out, Nullable: true}}, nil)
		batch := array.NewRecordBatch(schema, []arrow.Array{got}, 70)
		requireClean(t, got.Data(), dt.String())
		var buf bytes.Buffer
		w := ipc.NewWriter(&buf, ipc.WithSchema(schema))
		require.NoError(t, w.Write(batch), dt.String())
		require.NoError(t, w.Close())
		require.False(t, bytes.Contains(buf.Bytes(), pattern), dt.String())
		batch.Release()
		got.Release()
		mem.AssertSize(t, 0)
	}
}
