package bitmap

import (
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// randomBits are n bits from at on, in words with noise before and after them, unless clean is set.
func randomBits(r *rand.Rand, at, n uint64, clean bool) []uint64 {
	words := make([]uint64, WordsFor(at+n)+1)
	kind := r.IntN(3)
	for i := range words {
		switch {
		case clean:
		case kind == 0:
			words[i] = r.Uint64()
		case kind == 1:
			words[i] = r.Uint64() | r.Uint64() | r.Uint64() | r.Uint64()
		default:
			words[i] = ^uint64(0)
		}
	}
	return words
}

func bools(words []uint64) []bool {
	res := make([]bool, 64*len(words))
	for c := range res {
		res[c] = bitAt(words, uint64(c)) == 1
	}
	return res
}

func randomLength(r *rand.Rand) uint64 {
	return []uint64{0, 1, 63, 64, 65, 127, 128, 129, r.Uint64N(64), r.Uint64N(1000)}[r.IntN(10)]
}

func TestBitKernels(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		at, from, n := r.Uint64N(200), r.Uint64N(200), randomLength(r)
		src := randomBits(r, from, n, false)

		dst := randomBits(r, at, n, true)
		want := bools(dst)
		dst[0] |= 1 // outside or inside: OR keeps it
		want[0] = true
		for i := range n {
			want[at+i] = want[at+i] || bools(src)[from+i]
		}
		if at > 0 {
			copyBits(dst, at, src, from, n)
			require.Equal(t, want, bools(dst), "copyBits %d %d %d", at, from, n)
		}

		dst = randomBits(r, at, n, false)
		want = bools(dst)
		for i := range n {
			want[at+i] = want[at+i] && bools(src)[from+i]
		}
		andBits(dst, at, src, from, n)
		require.Equal(t, want, bools(dst), "andBits %d %d %d", at, from, n)

		for i := range n {
			want[at+i] = true
		}
		fillBits(dst, at, n)
		require.Equal(t, want, bools(dst), "fillBits %d %d", at, n)

		zero, one := n, n
		for i := n; i > 0; i-- {
			if bools(src)[from+i-1] {
				one = i - 1
			} else {
				zero = i - 1
			}
		}
		require.Equal(t, zero, firstZero(src, from, n))
		require.Equal(t, one, firstOne(src, from, n))
	}
}

func TestRepeatBits(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 1500 {
		at, block, times := r.Uint64N(130), 1+randomLength(r), 1+r.Uint64N(40)
		src := randomBits(r, 0, block, false)
		dst := make([]uint64, WordsFor(at+block*times))
		copyBits(dst, at, src, 0, block)
		repeatBits(dst, at, block, times)
		want := make([]bool, 64*len(dst))
		for i := range block * times {
			want[at+i] = bitAt(src, i%block) == 1
		}
		require.Equal(t, want, bools(dst), "%d %d %d", at, block, times)
	}
	// Longer than what is copied at a time.
	block := uint64(repeatCached/2 + 13)
	dst := make([]uint64, WordsFor(block*7))
	fillBits(dst, 0, 5)
	repeatBits(dst, 0, block, 7)
	require.Equal(t, uint64(35), CountWords(dst))
	require.Equal(t, uint64(31), loadBits(dst, 6*block, 10))
}

func TestTranspose(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, n := range []int{1, 2, 4, 8, 16, 32, 64} {
		var a, want [64]uint64
		for j := range n {
			a[j] = r.Uint64() & low(uint64(n))
			for i := range n {
				want[i] |= a[j] >> i & 1 << j
			}
		}
		transpose(&a, n)
		require.Equal(t, want, a, "side %d", n)
	}
	require.Equal(t, 1, side(1, 1))
	require.Equal(t, 4, side(3, 1))
	require.Equal(t, 64, side(1, 33))
	require.Equal(t, 64, side(64, 64))
}

func TestWordHelpers(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 500 {
		n := randomLength(r)
		words := randomBits(r, 0, n, false)
		OnesWords(words, n)
		require.Equal(t, n, CountWords(words))
		require.True(t, AllWords(words, n))
		require.False(t, AllWords(words, n+1))
		if n > 0 {
			words[(n-1)/64] &^= 1 << ((n - 1) % 64)
			require.False(t, AllWords(words, n))
		}
		a, b := randomBits(r, 0, n, false), randomBits(r, 0, n, false)
		want := make([]uint64, len(a))
		for i := range a {
			if i < len(b)-1 {
				want[i] = a[i] & b[i]
			}
		}
		AndWords(a, b[:len(b)-1])
		require.Equal(t, want, a, "words past the end of the second are cleared")
	}
	require.Equal(t, 0, WordsFor(0))
	require.Equal(t, 1, WordsFor(64))
	require.Equal(t, 2, WordsFor(65))
	require.Equal(t, 1<<26, WordsFor(MaxCells))
	require.Equal(t, 3, bits.OnesCount64(low(3)))
	require.Equal(t, ^uint64(0), low(64))
}
