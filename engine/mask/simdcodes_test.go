package mask

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/stretchr/testify/require"
)

func TestKernelLookUp(t *testing.T) {
	withSIMD(t, func(t *testing.T) {
		testLookUp[uint8](t, 1, 2, 63, 64, 65, 200, 255, 256, 300)
		testLookUp[uint16](t, 1, 64, 257, 500, 512, 513, 1000, 1024, 1025, 2048, 3000, 9000, maxLongTested, maxLongTested+1, 65536)
		testLookUp[uint32](t, 1, 64, 257, 500, 512, 513, 1000, 1024, 1025, 2048, 3000, 9000, maxLongTested, maxLongTested+1, 65536, 100_000)
	})
}

// maxLongTested is where tables begin to be gathered from.
const maxLongTested = 24 << 10

func testLookUp[T uint8 | uint16 | uint32](t *testing.T, sizes ...int) {
	rng := rand.New(rand.NewPCG(4, 5))
	var zero T
	width := len(arrow.GetBytes([]T{zero}))
	from, mask, tables := newGuarded(t, 8192*4), newGuarded(t, 8192/8), newGuarded(t, 100_000/8+8)
	scratch := make([]byte, 8192)
	for _, size := range sizes {
		for _, n := range rowCounts() {
			for _, atEnd := range []bool{false, true} {
				table := bitTable{copyWords(tables, randomWords(rng, size), atEnd), size}
				codes := arrow.GetData[T](from.bytes(n*width, atEnd))
				for i := range codes {
					codes[i] = T(rng.IntN(size))
				}
				before := randomWords(rng, n)
				words := copyWords(mask, before, atEnd)
				want := make([]uint64, len(before))
				for i, c := range codes {
					if hasBit(before, i) && hasBit(table.bits, int(c)) {
						setBit(want, i)
					}
				}
				require.True(t, andBits(words, codes, table, scratch), "%d rows, %d bits", n, size)
				require.True(t, slices.Equal(want, words), "%T, %d rows, %d bits", codes, n, size)
				if n == 0 || uint64(size) > uint64(^T(0)) {
					continue
				}
				codes[rng.IntN(n)] = []T{T(size), ^T(0), T(uint64(size) + rng.Uint64N(uint64(^T(0))-uint64(size)+1))}[rng.IntN(3)]
				require.False(t, andBits(words, codes, table, scratch), "a code outside: %d rows, %d bits", n, size)
			}
		}
	}
}

func FuzzKernelLookUp(f *testing.F) {
	f.Add(uint32(300), uint16(200), uint64(1), uint32(300))
	f.Fuzz(func(t *testing.T, size uint32, rows uint16, seed uint64, most uint32) {
		n := int(rows) % 5000
		size = size%200_000 + 1
		rng := rand.New(rand.NewPCG(seed, 2))
		table := bitTable{randomWords(rng, int(size)), int(size)}
		var codes8 []uint8
		var codes16 []uint16
		var codes32 []uint32
		for range n {
			c := rng.Uint32() % (most%size + 1)
			codes8, codes16, codes32 = append(codes8, uint8(c)), append(codes16, uint16(c)), append(codes32, c)
		}
		if n > 0 && rng.IntN(3) == 0 {
			codes32[rng.IntN(n)] = rng.Uint32()
		}
		before := randomWords(rng, n)
		fuzzLookUp(t, before, codes8, table)
		fuzzLookUp(t, before, codes16, table)
		fuzzLookUp(t, before, codes32, table)
	})
}

func fuzzLookUp[T uint8 | uint16 | uint32](t *testing.T, before []uint64, codes []T, table bitTable) {
	want, inside := make([]uint64, len(before)), true
	for i, c := range codes {
		if int(c) >= table.size {
			inside = false
		} else if hasBit(before, i) && hasBit(table.bits, int(c)) {
			setBit(want, i)
		}
	}
	best := bestSIMD()
	defer func() { vectors = best }()
	for vectors = portable; vectors <= best; vectors++ {
		words := slices.Clone(before)
		require.Equal(t, inside, andBits(words, codes, table, make([]byte, 64*len(words))), "%s", vectors)
		if inside {
			require.Equal(t, want, words, "%s", vectors)
		}
	}
}

func TestKernelTables(t *testing.T) {
	withSIMD(t, func(t *testing.T) {
		testTables[uint8](t, 1, 100, 127, 128, 129, 255, 256, 600)
		testTables[uint16](t, 1, 64, 128, 129, 255, 256, 257, 500, 511, 512, 513, 640, 1000, 4096, 5000)
		testTables[uint32](t, 1, 64, 128, 129, 255, 256, 257, 500, 511, 512, 513, 640, 1000, 4096, 5000)
	})
}

func testTables[T uint8 | uint16 | uint32](t *testing.T, sizes ...int) {
	rng := rand.New(rand.NewPCG(11, 5))
	width := len(arrow.GetBytes(make([]T, 1)))
	from, to, tables := newGuarded(t, 8192*4), newGuarded(t, 8192), newGuarded(t, 5000)
	for _, size := range sizes {
		for _, n := range rowCounts() {
			for _, atEnd := range []bool{false, true} {
				table, codes, dst := tables.bytes(size, atEnd), arrow.GetData[T](from.bytes(n*width, atEnd)), to.bytes(n, atEnd)
				fillRandom(rng, table)
				want := make([]byte, n)
				for i := range codes {
					codes[i] = T(rng.IntN(size))
					want[i] = table[codes[i]]
				}
				fillRandom(rng, dst)
				require.True(t, setTable(dst, codes, table))
				require.True(t, bytes.Equal(want, dst), "%d rows, %d bytes", n, size)
				fillRandom(rng, dst)
				for i := range want {
					want[i] &= dst[i]
				}
				require.True(t, andTable(dst, codes, table))
				require.True(t, bytes.Equal(want, dst), "%d rows, %d bytes", n, size)
				if n == 0 || uint64(size) > uint64(^T(0)) {
					continue
				}
				codes[rng.IntN(n)] = []T{T(size), ^T(0), T(uint64(size) + rng.Uint64N(uint64(^T(0))-uint64(size)+1))}[rng.IntN(3)]
				require.False(t, setTable(dst, codes, table), "a code outside: %d rows, %d bytes", n, size)
				require.False(t, andTable(dst, codes, table), "a code outside: %d rows, %d bytes", n, size)
			}
		}
	}
}

func FuzzKernelTables(f *testing.F) {
	f.Add(uint16(300), uint16(200), uint64(1))
	f.Fuzz(func(t *testing.T, size, rows uint16, seed uint64) {
		n, entries := int(rows)%5000, int(size)%6000+1
		rng := rand.New(rand.NewPCG(seed, 2))
		table, codes, before := randomBytes8(rng, entries), randomCodes[uint32](rng, n, entries), randomBytes8(rng, n)
		outside := n > 0 && rng.IntN(3) == 0
		if outside {
			codes[rng.IntN(n)] = uint32(entries) + rng.Uint32()>>16
		}
		want := slices.Clone(before)
		for i, c := range codes {
			if int(c) < entries {
				want[i] &= table[c]
			}
		}
		best := bestSIMD()
		defer func() { vectors = best }()
		for vectors = portable; vectors <= best; vectors++ {
			got := slices.Clone(before)
			require.Equal(t, !outside, andTable(got, codes, table), "%s", vectors)
			if !outside {
				require.True(t, bytes.Equal(want, got), "%s", vectors)
			}
		}
	})
}

func TestKernelCells(t *testing.T) {
	withSIMD(t, func(t *testing.T) {
		testCells[uint8](t)
		testCells[uint16](t)
		testCells[uint32](t)
	})
}

func testCells[T uint8 | uint16 | uint32](t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 5))
	width := len(arrow.GetBytes(make([]T, 1)))
	from, to, tables := newGuarded(t, 8192*4), newGuarded(t, 8192*4), newGuarded(t, 8192)
	for _, n := range rowCounts() {
		for _, atEnd := range []bool{false, true} {
			size, stride := 1+rng.IntN(int(min(uint64(^T(0))+1, 3000))), rng.Uint32N(5000)
			items := make([]uint32, size)
			for i := range items {
				items[i] = uint32(i)
				if n%3 == 0 {
					items[i] = rng.Uint32N(1 << 16)
				}
				if n%9 == 0 && i%7 == 0 {
					items[i] = rng.Uint32()
				}
			}
			offsets := newSteps(items, stride)
			if offsets.items != nil {
				guarded := arrow.GetData[uint16](tables.bytes(2*size, atEnd))
				copy(guarded, offsets.items)
				offsets.items = guarded
			}
			codes, cells := arrow.GetData[T](from.bytes(n*width, atEnd)), arrow.GetData[uint32](to.bytes(4*n, atEnd))
			want := make([]uint32, n)
			for i := range codes {
				codes[i], cells[i] = T(rng.IntN(size)), rng.Uint32()
				want[i] = stride * items[codes[i]]
			}
			require.True(t, setCells(cells, codes, &offsets))
			require.True(t, slices.Equal(want, cells), "%d rows", n)
			require.True(t, addToCells(cells, codes, &offsets))
			for i := range want {
				want[i] *= 2
			}
			require.True(t, slices.Equal(want, cells), "%d rows", n)
			if n > 0 && uint64(size) <= uint64(^T(0)) {
				codes[rng.IntN(n)] = T(size)
				require.False(t, setCells(cells, codes, &offsets))
				require.False(t, addToCells(cells, codes, &offsets))
			}
		}
	}
}

func TestKernelAllBelow(t *testing.T) {
	withSIMD(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(7, 5))
		testAllBelow[int8](t, rng)
		testAllBelow[int16](t, rng)
		testAllBelow[int32](t, rng)
		testAllBelow[int64](t, rng)
		testAllBelow[uint8](t, rng)
		testAllBelow[uint16](t, rng)
		testAllBelow[uint32](t, rng)
		testAllBelow[uint64](t, rng)
		from := newGuarded(t, 8192*4)
		for _, n := range rowCounts() {
			for _, atEnd := range []bool{false, true} {
				for _, width := range []int{1, 2, 4} {
					b := from.bytes(n*width, atEnd)
					for i := range b {
						b[i] = 0
						if i%width == 0 {
							b[i] = byte(rng.IntN(100))
						}
					}
					below := func() bool {
						switch width {
						case 1:
							return allBelow(b, 100)
						case 2:
							return allBelow(arrow.GetData[uint16](b), 100)
						}
						return allBelow(arrow.GetData[uint32](b), 100)
					}
					require.True(t, below(), "%d numbers of %d bytes", n, width)
					if n > 0 {
						b[rng.IntN(n)*width] = 100
						require.False(t, below(), "%d numbers of %d bytes", n, width)
					}
				}
			}
		}
	})
}
