package mask

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/engine/mask/masktest"
)

// requireClean says that no marker is in reach of an array, its spare memory included, and that nothing leads to wider memory.
func requireClean(t *testing.T, d arrow.ArrayData, msg string) {
	t.Helper()
	masktest.EachBuffer(d, func(b *memory.Buffer) {
		require.Nil(t, b.Parent(), msg)
		whole := b.Buf()[:cap(b.Buf())]
		require.False(t, masktest.Marked(whole), "%s: a marker in %x", msg, whole)
		for _, x := range whole[b.Len():] {
			require.Zero(t, x, msg)
		}
	})
}

// testCase is an input and what of it may be seen.
type testCase struct {
	rows []masktest.State
	keep []uint64
}

func newCase(rng *rand.Rand, n int) testCase {
	c := testCase{rows: make([]masktest.State, n), keep: fullWords(n)}
	odds := [][2]int{{0, 0}, {10, 0}, {3, 0}, {1, 0}, {0, 3}, {3, 3}, {10, 2}, {2, 9}}[rng.IntN(8)]
	for i := range c.rows {
		switch {
		case odds[0] > 0 && rng.IntN(odds[0]) == 0:
			c.rows[i] = masktest.Hidden
			clearRange(c.keep, i, i+1)
		case odds[1] > 0 && rng.IntN(odds[1]) == 0:
			c.rows[i] = masktest.Null
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

func TestHiddenValuesLeaveNothing(t *testing.T) { withSIMD(t, hiddenValuesLeaveNothing) }

func hiddenValuesLeaveNothing(t *testing.T) {
	seeds := uint64(6)
	if vectors != bestSIMD() {
		seeds = 2
	}
	for k, dt := range masktest.Types() {
		out, err := outputType(dt)
		require.NoError(t, err, dt.String())
		for seed := range seeds {
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
	a := masktest.New(seed, 1).Array(dt, c.rows, true)
	b := masktest.New(seed, 2).Array(dt, c.rows, true)
	before := masktest.Snapshot(a)
	got, other := redacted(t, mem, a, out, s, msg), redacted(t, mem, b, out, s, msg)
	defer got.Release()
	defer other.Release()

	require.True(t, slices.EqualFunc(before, masktest.Snapshot(a), bytes.Equal), "the input changed: %s", msg)
	require.NoError(t, array.ValidateFull(got), msg)
	x, y := masktest.Snapshot(got.Data()), masktest.Snapshot(other.Data())
	require.True(t, slices.EqualFunc(x, y, bytes.Equal), "the output tells what is hidden: %s\n%x\n%x", msg, x, y)
	requireClean(t, got.Data(), msg)

	in := array.MakeFromData(a)
	defer in.Release()
	for i := range s.n {
		kept := s.keep == nil || hasBit(s.keep, i)
		if !kept && !masktest.LogicallyNull(got, i) {
			require.Fail(t, "a hidden row is not null", "%s row %d", msg, i)
		}
		if !kept || !arrow.TypeEqual(dt, out) {
			continue
		}
		require.True(t, masktest.Same(got, i, in, source(i)), "%s row %d: %s, want row %d of %s", msg, i, got, source(i), in)
	}
}

func TestStreamOfHiddenValuesHoldsNoMarker(t *testing.T) {
	for k, dt := range masktest.Types() {
		out, err := outputType(dt)
		require.NoError(t, err)
		rng := rand.New(rand.NewPCG(7, uint64(k)))
		c := newCase(rng, 70)
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		got := redacted(t, mem, masktest.New(3, 4).Array(dt, c.rows, true), out, selection{n: 70, keep: c.keep}, dt.String())
		schema := arrow.NewSchema([]arrow.Field{{Name: "x", Type: out, Nullable: true}}, nil)
		batch := array.NewRecordBatch(schema, []arrow.Array{got}, 70)
		requireClean(t, got.Data(), dt.String())
		var buf bytes.Buffer
		w := ipc.NewWriter(&buf, ipc.WithSchema(schema))
		require.NoError(t, w.Write(batch), dt.String())
		require.NoError(t, w.Close())
		require.False(t, masktest.Marked(buf.Bytes()), dt.String())
		batch.Release()
		got.Release()
		mem.AssertSize(t, 0)
	}
}

func describe(dt arrow.DataType, seed uint64) string { return fmt.Sprintf("%s, seed %d", dt, seed) }
