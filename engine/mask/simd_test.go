package mask

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/stretchr/testify/require"
)

// withSIMD runs a test with every kind of instructions that this machine has, plain Go among them.
func withSIMD(t *testing.T, f func(t *testing.T)) {
	best := bestSIMD()
	defer func() { vectors = best }()
	for s := portable; s <= best; s++ {
		vectors = s
		t.Run(s.String(), f)
	}
}

// Every number of rows up to two words and a bit, and some that fill whole steps of every kernel.
func rowCounts() []int {
	var out []int
	for n := range 131 {
		out = append(out, n)
	}
	return append(out, 191, 192, 256, 257, 511, 512, 640, 4096, 4160, 4200, 8191)
}

func fillRandom(rng *rand.Rand, b []byte) {
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
}

// copyWords writes words where nothing may be touched before or behind them.
func copyWords(g *guarded, words []uint64, atEnd bool) []uint64 {
	out := arrow.GetData[uint64](g.bytes(8*len(words), atEnd))
	copy(out, words)
	return out
}

func TestKernelRedact(t *testing.T) {
	withSIMD(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 3))
		const most = 8192 * 32
		from, to, mask := newGuarded(t, most), newGuarded(t, most), newGuarded(t, most)
		for _, width := range []int{1, 2, 3, 4, 8, 16, 32} {
			for _, n := range rowCounts() {
				for _, atEnd := range []bool{false, true} {
					words := randomWords(rng, n)
					if n > 5000 {
						clear(words[5:120]) // longer than what is left unread
					}
					src, dst := from.bytes(n*width, atEnd), to.bytes(n*width, atEnd)
					fillRandom(rng, src)
					want := make([]byte, n*width)
					maskBytesPlain(want, src, words, n, width)
					for _, past := range []bool{false, true} {
						fillRandom(rng, dst)
						maskInto(dst, src, copyWords(mask, words, atEnd), n, width, past)
						require.True(t, bytes.Equal(want, dst), "width %d, %d rows, past the caches %t", width, n, past)
					}
				}
			}
		}
	})
}

// Outputs and inputs start anywhere, and nothing beside them is written.
func TestKernelRedactAnywhere(t *testing.T) {
	withSIMD(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(2, 3))
		for _, width := range []int{1, 2, 4, 8, 16} {
			for off := 0; off < 130; off += width {
				n := 64 + rng.IntN(140)
				words := randomWords(rng, n)
				src, dst := randomBytes8(rng, n*width+260), randomBytes8(rng, n*width+260)
				want := slices.Clone(dst)
				at := rng.IntN(130/width) * width
				maskBytesPlain(want[off:off+n*width], src[at:at+n*width], words, n, width)
				for _, past := range []bool{false, true} {
					maskInto(dst[off:off+n*width], src[at:at+n*width], words, n, width, past)
					require.True(t, bytes.Equal(want, dst), "width %d from %d", width, off)
				}
			}
		}
	})
}

func FuzzKernelRedact(f *testing.F) {
	f.Add(uint8(3), uint16(200), uint64(1), true)
	f.Fuzz(func(t *testing.T, log uint8, rows uint16, seed uint64, past bool) {
		width, n := 1<<(log%5), int(rows)%5000
		rng := rand.New(rand.NewPCG(seed, 1))
		words, src := randomWords(rng, n), randomBytes8(rng, n*width)
		want := make([]byte, n*width)
		maskBytesPlain(want, src, words, n, width)
		best := bestSIMD()
		defer func() { vectors = best }()
		for vectors = portable; vectors <= best; vectors++ {
			got := randomBytes8(rng, n*width)
			maskInto(got, src, words, n, width, past)
			require.True(t, bytes.Equal(want, got), "%s, width %d, %d rows", vectors, width, n)
		}
	})
}

func TestKernelCounts(t *testing.T) {
	withSIMD(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(8, 5))
		one, other := newGuarded(t, 4096), newGuarded(t, 4096)
		for n := range 140 {
			for _, atEnd := range []bool{false, true} {
				a, b := copyWords(one, randomWords(rng, 64*n), atEnd), copyWords(other, randomWords(rng, 64*n), atEnd)
				set, both := 0, 0
				for i := range 64 * n {
					if hasBit(a, i) {
						set++
						if hasBit(b, i) {
							both++
						}
					}
				}
				require.Equal(t, set, countBits(a), "%d words", n)
				require.Equal(t, both, countBoth(a, b), "%d words", n)
			}
		}
	})
}

func TestKernelShifted(t *testing.T) {
	withSIMD(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(9, 5))
		one, other := newGuarded(t, 4096), newGuarded(t, 4096)
		for n := 1; n < 90; n++ {
			for _, atEnd := range []bool{false, true} {
				shift := []int{0, 1, 63, rng.IntN(64)}[n%4]
				words, from := copyWords(one, randomWords(rng, 64*n), atEnd), copyWords(other, randomWords(rng, 64*(n+1)), atEnd)
				want := make([]uint64, n)
				for i := range 64 * n {
					if hasBit(words, i) && hasBit(from, i+shift) {
						setBit(want, i)
					}
				}
				require.Equal(t, n, andShifted(words, from, uint(shift)))
				require.Equal(t, want, slices.Clone(words), "%d words, shifted by %d", n, shift)
			}
		}
	})
}

func TestKernelPack(t *testing.T) {
	withSIMD(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(10, 5))
		from, to := newGuarded(t, 64*64), newGuarded(t, 4096)
		for n := range 20 {
			for k := range 8 {
				for _, atEnd := range []bool{false, true} {
					rows, words := from.bytes(64*n, atEnd), arrow.GetData[uint64](to.bytes(8*n, atEnd))
					fillRandom(rng, rows)
					pack(words, rows, k)
					for i, b := range rows {
						require.Equal(t, b>>k&1 == 1, hasBit(words, i), fmt.Sprint(n, k, i))
					}
				}
			}
		}
	})
}

// What the machine has is used: a test that never leaves plain Go would say nothing.
func TestKernelsAreThere(t *testing.T) {
	t.Logf("this machine: %s", bestSIMD())
	if bestSIMD() == portable {
		t.Skip("only plain Go here")
	}
	dst, src := make([]byte, 64), make([]byte, 64)
	require.Equal(t, 1, redactWords(dst, src, []uint64{1}, 1, false))
}

// Whichever way is found to be faster, finding out writes only what it should.
func TestUncachedIsMeasured(t *testing.T) {
	withSIMD(t, func(t *testing.T) {
		if vectors == portable {
			require.False(t, pastCaches(1<<40))
			return
		}
		measureUncached(4 << 20)
		require.False(t, pastCaches(uncachedSize-1))
	})
}
