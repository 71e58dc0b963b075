package mask

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/engine/mask/masktest"
)

// usedMemory is an allocator whose memory was used before.
type usedMemory struct{ memory.GoAllocator }

func (u *usedMemory) Allocate(n int) []byte {
	b := u.GoAllocator.Allocate(n)
	for i := range b {
		b[i] = 0xa5
	}
	return b
}

func (u *usedMemory) Reallocate(n int, b []byte) []byte {
	moved := u.Allocate(n)
	copy(moved, b)
	return moved
}

// What memory held before is nowhere in the output: every byte of it is written.
func TestUsedMemoryDoesNotShow(t *testing.T) { withSIMD(t, usedMemoryDoesNotShow) }

func usedMemoryDoesNotShow(t *testing.T) {
	for k, dt := range masktest.Types() {
		out, err := outputType(dt)
		require.NoError(t, err, dt.String())
		for seed := range uint64(4) {
			if seed < 3 && vectors != bestSIMD() {
				continue
			}
			msg := describe(dt, seed)
			rng := rand.New(rand.NewPCG(seed, uint64(k)+100))
			c := newCase(rng, []int{1, 70, 200, 1500}[seed])
			s := selection{n: len(c.rows), keep: c.keep}
			a := masktest.New(seed, 1).Array(dt, c.rows, true)
			want := redacted(t, memory.NewGoAllocator(), a, out, s, msg)
			got := redacted(t, &usedMemory{}, a, out, s, msg)
			require.True(t, slices.EqualFunc(masktest.Snapshot(want.Data()), masktest.Snapshot(got.Data()), bytes.Equal), msg)
			requireClean(t, got.Data(), msg)
		}
	}
}

func TestMemoryIsUsedAgain(t *testing.T) {
	r := new(recycler)
	for _, size := range []int{0, 1, 63, 4095, 4096, 4097, 5120, 1 << 20, 1<<20 + 64} {
		b := r.Allocate(size)
		require.Len(t, b, size)
		require.Equal(t, size, cap(b[:len(b):cap(b)]), "spare memory would show what it held")
		r.Free(b)
		again := r.Allocate(size)
		require.Len(t, again, size)
		longer := r.Reallocate(size+5000, again)
		require.Len(t, longer, size+5000)
		require.Equal(t, make([]byte, 5000), longer[size:])
	}
}

// A Masker that is given no allocator masks batch after batch into the same memory, and what is kept stays as it is.
func TestBatchesDoNotShareReleasedMemory(t *testing.T) {
	w, lists := benchWorld(t, 4, 10)
	batch := benchBatch("columns", lists, 20_000)
	fresh, err := New(w.member("bo"), batch.Schema(), Options{Allocator: memory.NewGoAllocator(), Locks: true})
	require.NoError(t, err)
	reusing, err := New(w.member("bo"), batch.Schema(), Options{Locks: true})
	require.NoError(t, err)
	want, err := fresh.Mask(batch)
	require.NoError(t, err)
	kept, err := reusing.Mask(batch)
	require.NoError(t, err)
	for _, n := range []int64{20_000, 7000, 19_000, 164} {
		piece := batch.NewSlice(100, n)
		out, err := reusing.Mask(piece)
		require.NoError(t, err)
		same, err := fresh.Mask(piece)
		require.NoError(t, err)
		require.True(t, array.RecordEqual(same, out))
		for _, c := range out.Columns() {
			requireClean(t, c.Data(), "")
		}
		out.Release()
	}
	require.True(t, array.RecordEqual(want, kept))
}
