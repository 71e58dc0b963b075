package mask

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func randomCodes[T uint8 | uint16 | uint32](rng *rand.Rand, n, below int) []T {
	codes := make([]T, n)
	for i := range codes {
		codes[i] = T(rng.IntN(below))
	}
	return codes
}

func randomBytes8(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

func TestTwoTablesAsOneByOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		n := rng.IntN(200)
		a, b := randomCodes[uint8](rng, n, 17), randomCodes[uint32](rng, n, 900)
		ta, tb := randomBytes8(rng, 17), randomBytes8(rng, 900)
		got, want := make([]byte, n), make([]byte, n)
		require.True(t, setTables(got, a, ta, b, tb))
		for i := range want {
			want[i] = ta[a[i]] & tb[b[i]]
		}
		require.Equal(t, want, got)
		if n > 0 {
			a[rng.IntN(n)] = 17
			require.False(t, setTables(got, a, ta, b, tb))
			require.False(t, setTables(got, b, tb, a, ta))
		}
	}
}

func TestCouplesAsOneByOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 200 {
		n := rng.IntN(200)
		a, b := randomCodes[uint16](rng, n, 7), randomCodes[uint8](rng, n, 9)
		oa, ob := []uint32{0, 20, 40, 10, 0, 30, 50}, []uint32{0, 1, 2, 3, 9, 8, 7, 6, 5}
		table, got := randomBytes8(rng, 60), randomBytes8(rng, n)
		want := append([]byte{}, got...)
		require.True(t, andCouple(got, a, oa, b, ob, table))
		for i := range want {
			want[i] &= table[oa[a[i]]+ob[b[i]]]
		}
		require.Equal(t, want, append([]byte{}, got...))
		if n > 0 {
			b[rng.IntN(n)] = 9
			require.False(t, andCouple(got, a, oa, b, ob, table))
			require.False(t, andCouple(got, b, ob, a, oa, table))
		}
	}
	require.False(t, andCouple([]byte{1}, []uint8{0}, []uint32{5}, []uint8{0}, []uint32{1}, make([]byte, 6)), "past the table")
}

// The tables of couples say what their conditions say, whichever column stands first.
func TestTablesOfCouplesAsConditions(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	items := [][2]int{{5, 9}, {9, 5}}
	for range 50 {
		c := &couple{columns: [2]int{0, 1}, size: [2]int{5, 9}}
		for k := range 3 {
			cond := condition{bits: randomWords(rng, 5*9*4), base: uint64(rng.IntN(3))}
			if order := rng.IntN(2); order == 0 {
				cond.columns, cond.strides = []int{0, 1}, []uint64{uint64(items[order][1]) * 4, 4}
			} else {
				cond.columns, cond.strides = []int{1, 0}, []uint64{uint64(items[order][1]) * 4, 4}
			}
			c.lanes, c.conds = append(c.lanes, 2*k), append(c.conds, cond)
		}
		c.make()
		for i := range 5 {
			for j := range 9 {
				want := byte(0xff)
				for k, cond := range c.conds {
					at := [2]uint64{uint64(i), uint64(j)}
					if !cond.has(cond.base + at[cond.columns[0]]*cond.strides[0] + at[cond.columns[1]]*cond.strides[1]) {
						want &^= 1 << c.lanes[k]
					}
				}
				require.Equal(t, want, c.table[i*9+j])
			}
		}
	}
}

func TestAllBelowAsOneByOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	testAllBelow[int8](t, rng)
	testAllBelow[int16](t, rng)
	testAllBelow[int32](t, rng)
	testAllBelow[int64](t, rng)
	testAllBelow[uint8](t, rng)
	testAllBelow[uint16](t, rng)
	testAllBelow[uint32](t, rng)
	testAllBelow[uint64](t, rng)
}

func testAllBelow[T index](t *testing.T, rng *rand.Rand) {
	for range 500 {
		limit := []uint64{0, 1, 2, 100, 127, 128, 129, 200, 255, 256, 257, 1 << 15, 1<<15 + 1, 40_000, 1 << 16, 1 << 31, 1<<31 + 1, 3 << 30, 1 << 32}[rng.IntN(19)]
		v := make([]T, rng.IntN(700))
		for i := range v {
			if limit > 0 {
				v[i] = T(rng.Uint64N(limit))
			}
		}
		want := func() bool {
			for _, x := range v {
				if uint64(x) >= limit { // A negative number, too, is past everything.
					return false
				}
			}
			return true
		}
		require.Equal(t, want(), allBelow(v, limit), "%T %v below %d", v, v, limit)
		if len(v) > 0 {
			v[rng.IntN(len(v))] = T(limit + rng.Uint64N(3))
			require.Equal(t, want(), allBelow(v, limit), "%T %v below %d", v, v, limit)
			v[rng.IntN(len(v))] = ^T(0)
			require.Equal(t, want(), allBelow(v, limit), "%T %v below %d", v, v, limit)
		}
	}
}

// Of several numbers at a time, none spoils what is seen of its neighbours.
func TestAllBelowOfEveryByte(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 7))
	b := make([]byte, 32)
	for n := 1; n < 256; n++ {
		for x := range 256 {
			for i := range b {
				b[i] = byte(rng.IntN(n))
			}
			b[rng.IntN(len(b))] = byte(x)
			require.Equal(t, x < n, allBelowPacked(b, uint64(n), 8), "%d below %d", x, n)
		}
	}
}

func TestLongMasksAsPlain(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for _, width := range []int{1, 2, 4, 8} {
		for range 60 {
			n := rng.IntN(5000)
			src := randomBytes8(rng, n*width)
			words := make([]uint64, wordsFor(n))
			odds := []int{0, 1, 5, 16, 40, 63, 64}[rng.IntN(7)]
			for i := range n {
				if rng.IntN(64) >= odds {
					setBit(words, i)
				}
			}
			if from := rng.IntN(n + 1); rng.IntN(2) == 0 {
				clearRange(words, from, rng.IntN(n+1))
			} else {
				setRange(words, from, rng.IntN(n+1))
			}
			got, want := randomBytes8(rng, n*width), make([]byte, n*width)
			maskBytes(got, src, words, n, width)
			maskBytesPlain(want, src, words, n, width)
			require.Equal(t, want, got, "width %d n %d odds %d", width, n, odds)
		}
	}
}

func TestAllBitsAsBitByBit(t *testing.T) { withSIMD(t, allBitsAsBitByBit) }

func allBitsAsBitByBit(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	for range 500 {
		off, n := rng.IntN(70), rng.IntN(9000)
		b := make([]byte, (off+n+7)/8)
		for i := off; i < off+n; i++ {
			b[i>>3] |= 1 << (i & 7)
		}
		require.True(t, allBits(b, off, n), "from %d, %d", off, n)
		if n > 0 {
			at := off + rng.IntN(n)
			b[at>>3] &^= 1 << (at & 7)
			require.False(t, allBits(b, off, n), "from %d, %d, without %d", off, n, at)
		}
	}
}
