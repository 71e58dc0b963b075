package mask

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// benchmarkKernel runs a kernel with each kind of instructions that this machine has. x-memcpy is its time as a multiple of Go's
// copy of the bytes that it works on, whose best of many turns is taken in the same run.
func benchmarkKernel(b *testing.B, name string, bytes int, kernel func()) {
	best := bestSIMD()
	for s := portable; s <= best; s++ {
		b.Run(fmt.Sprintf("%s/simd=%s", name, s), func(b *testing.B) {
			defer func() { vectors = best }()
			vectors = s
			from, to := make([]byte, bytes), make([]byte, bytes)
			copied := time.Duration(1 << 62)
			for range 20 {
				start := time.Now()
				for range max(1, 1<<20/bytes) {
					copy(to, from)
				}
				copied = min(copied, time.Since(start)/time.Duration(max(1, 1<<20/bytes)))
			}
			kernel()
			b.SetBytes(int64(bytes))
			for b.Loop() {
				kernel()
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(copied), "x-memcpy")
		})
	}
}

func BenchmarkKernelRedact(b *testing.B) {
	for _, width := range []int{1, 2, 4, 8, 16} {
		for _, rows := range []int{4096, 1 << 16, 10 << 20} {
			if rows > 1<<20 && width != 8 {
				continue
			}
			for _, hidden := range []int{10, 50} {
				rng := rand.New(rand.NewPCG(1, 1))
				words := make([]uint64, rows/64)
				for i := range rows {
					if rng.IntN(100) >= hidden {
						setBit(words, i)
					}
				}
				src, dst := randomBytes8(rng, rows*width), make([]byte, rows*width)
				benchmarkKernel(b, fmt.Sprintf("width=%d/rows=%d/hidden=%d", width, rows, hidden), len(src), func() {
					maskBytes(dst, src, words, rows, width)
				})
			}
		}
	}
}

func BenchmarkKernelLookUp(b *testing.B) {
	benchmarkLookUp[uint8](b, 200)
	benchmarkLookUp[uint16](b, 500, 1000, 7200, 18_000, 60_000)
	benchmarkLookUp[uint32](b, 36, 500, 1000, 2000, 7200, 12_000, 18_000, 24_000, 60_000, 100_000)
}

func benchmarkLookUp[T uint8 | uint16 | uint32](b *testing.B, sizes ...int) {
	const rows = 4096
	rng := rand.New(rand.NewPCG(1, 1))
	for _, size := range sizes {
		table := bitTable{randomWords(rng, size), size}
		codes, words, scratch := randomCodes[T](rng, rows, size), fullWords(rows), make([]byte, rows)
		var width T
		benchmarkKernel(b, fmt.Sprintf("codes=%T/bits=%d", width, size), rows*len(bytesOf(width)), func() {
			if !andBits(words, codes, table, scratch) {
				b.Fatal("a code is outside")
			}
		})
	}
}

func BenchmarkKernelTables(b *testing.B) {
	const rows = 4096
	rng := rand.New(rand.NewPCG(1, 1))
	for _, size := range []int{36, 500, 1000, 2000, 4000} {
		table, dst := randomBytes8(rng, size), make([]byte, rows)
		longs, shorts := randomCodes[uint32](rng, rows, size), randomCodes[uint16](rng, rows, size)
		benchmarkKernel(b, fmt.Sprintf("codes=uint32/entries=%d", size), 4*rows, func() { andTable(dst, longs, table) })
		benchmarkKernel(b, fmt.Sprintf("codes=uint16/entries=%d", size), 2*rows, func() { andTable(dst, shorts, table) })
	}
	longs, shorts, dst := randomCodes[uint32](rng, rows, 500), randomCodes[uint32](rng, rows, 200), make([]byte, rows)
	table := randomBytes8(rng, 500)
	benchmarkKernel(b, "two", 8*rows, func() { setTables(dst, longs, table, shorts, table[:200]) })
}

func bytesOf[T uint8 | uint16 | uint32](x T) []byte {
	switch any(x).(type) {
	case uint8:
		return make([]byte, 1)
	case uint16:
		return make([]byte, 2)
	}
	return make([]byte, 4)
}

func BenchmarkKernelCells(b *testing.B) {
	const rows = 4096
	rng := rand.New(rand.NewPCG(1, 1))
	codes, cells := randomCodes[uint32](rng, rows, 200), make([]uint32, rows)
	for _, size := range []int{200, 500, 1000, 2000} {
		items := make([]uint32, size)
		for i := range items {
			items[i] = uint32(i)
		}
		o := newSteps(items, 36)
		benchmarkKernel(b, fmt.Sprintf("items=linear/entries=%d", size), 4*rows, func() { addToCells(cells, codes, &o) })
		items[3] = 7
		any := newSteps(items, 36)
		benchmarkKernel(b, fmt.Sprintf("items=any/entries=%d", size), 4*rows, func() { addToCells(cells, codes, &any) })
	}
}

func BenchmarkKernelAllBelow(b *testing.B) {
	for _, rows := range []int{4096, 10 << 20} {
		codes := randomCodes[uint32](rand.New(rand.NewPCG(1, 1)), rows, 200)
		benchmarkKernel(b, fmt.Sprintf("codes=uint32/rows=%d", rows), 4*rows, func() { allBelow(codes, 200) })
	}
}

func BenchmarkKernelAllBits(b *testing.B) {
	for _, n := range []int{1 << 12, 1 << 16, 10 << 20} {
		set := slices.Repeat([]byte{0xff}, n/8)
		benchmarkKernel(b, fmt.Sprintf("bits=%d", n), len(set), func() { allBits(set, 0, n) })
	}
}

func BenchmarkKernelBits(b *testing.B) {
	for _, n := range []int{1024, 160_000} {
		rng := rand.New(rand.NewPCG(1, 1))
		words, from := randomWords(rng, 64*n), randomWords(rng, 64*(n+1))
		benchmarkKernel(b, fmt.Sprintf("kernel=count/words=%d", n), 8*n, func() { countBits(words) })
		benchmarkKernel(b, fmt.Sprintf("kernel=both/words=%d", n), 8*n, func() { countBoth(words, from[:n]) })
		benchmarkKernel(b, fmt.Sprintf("kernel=shifted/words=%d", n), 8*n, func() { andShifted(words, from, 7) })
		benchmarkKernel(b, fmt.Sprintf("kernel=fill/words=%d", n), 8*n, func() { fill(words, 64*n) })
	}
	rows, words := make([]byte, 4096), make([]uint64, 64)
	benchmarkKernel(b, "kernel=pack/words=64", len(rows), func() { pack(words, rows, 3) })
}
