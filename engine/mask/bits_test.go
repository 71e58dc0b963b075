package mask

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// plainAndBits is andBits as one would write it first.
func plainAndBits[T uint8 | uint16 | uint32](words []uint64, codes []T, table bitTable) bool {
	for i, c := range codes {
		if int(c) >= table.size {
			return false
		}
		if !hasBit(table.bits, int(c)) {
			words[i>>6] &^= 1 << (i & 63)
		}
	}
	if n := len(codes); n > 0 {
		words[(n-1)>>6] &= lastWord(n)
	}
	return true
}

func checkAndBits[T uint8 | uint16 | uint32](t *testing.T, rng *rand.Rand, size, n int, stray bool) {
	table := bitTable{make([]uint64, wordsFor(size)), size}
	for i := range size {
		if rng.IntN(3) > 0 {
			setBit(table.bits, i)
		}
	}
	codes := make([]T, n)
	for i := range codes {
		codes[i] = T(rng.IntN(min(size, int(^T(0))+1)))
	}
	if stray && n > 0 && size <= int(^T(0)) {
		codes[rng.IntN(n)] = T(size)
	}
	words := make([]uint64, wordsFor(n))
	for i := range words {
		words[i] = rng.Uint64() | rng.Uint64()
	}
	want := append([]uint64{}, words...)
	scratch := make([]byte, 64*len(words))
	for i := range scratch {
		scratch[i] = byte(rng.Uint32())
	}
	ok := plainAndBits(want, codes, table)
	require.Equal(t, ok, andBits(words, codes, table, scratch), "size %d, %d codes", size, n)
	if ok {
		require.Equal(t, want, words, "size %d, %d codes", size, n)
	}
}

func TestAndBitsAsOneByOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 40))
	for _, size := range []int{1, 2, 63, 64, 65, 200, 255, 256, 512, 513, 1024, 5000, 70000} {
		for _, n := range []int{0, 1, 15, 63, 64, 65, 127, 128, 500, 4096} {
			for range 4 {
				checkAndBits[uint8](t, rng, size, n, rng.IntN(4) == 0)
				checkAndBits[uint16](t, rng, size, n, rng.IntN(4) == 0)
				checkAndBits[uint32](t, rng, size, n, rng.IntN(4) == 0)
			}
		}
	}
}

func TestCellsAsOneByOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 41))
	for _, n := range []int{0, 1, 16, 31, 64, 4096} {
		offsets := [2][]uint32{make([]uint32, 200), make([]uint32, 70)}
		for k := range offsets {
			for i := range offsets[k] {
				offsets[k][i] = rng.Uint32()
			}
		}
		a, b := make([]uint8, n), make([]uint32, n)
		want, cells := make([]uint32, n), make([]uint32, n)
		for i := range n {
			a[i], b[i] = uint8(rng.IntN(200)), uint32(rng.IntN(70))
			want[i] = offsets[0][a[i]] + offsets[1][b[i]]
		}
		require.True(t, setCells(cells, a, &steps{of: offsets[0]}))
		require.True(t, addToCells(cells, b, &steps{of: offsets[1]}))
		require.Equal(t, want, cells)
		if n > 0 {
			a[n-1], b[0] = 200, 70
			require.False(t, setCells(cells, a, &steps{of: offsets[0]}))
			require.False(t, addToCells(cells, b, &steps{of: offsets[1]}))
		}
	}
}
