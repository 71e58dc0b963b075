package mask

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func randomWords(rng *rand.Rand, n int) []uint64 {
	words := make([]uint64, wordsFor(n))
	for i := range words {
		switch rng.IntN(4) {
		case 0:
		case 1:
			words[i] = ^uint64(0)
		case 2:
			words[i] = rng.Uint64()
		case 3:
			words[i] = rng.Uint64() & rng.Uint64() & rng.Uint64()
		}
	}
	if len(words) > 0 {
		words[len(words)-1] &= lastWord(n)
	}
	return words
}

func TestLoadAndStoreBitsAsBitByBit(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		off, n := rng.IntN(80), rng.IntN(300)
		src := make([]byte, (off+n+7)/8)
		for i := range src {
			src[i] = byte(rng.Uint32())
		}
		words := make([]uint64, wordsFor(n))
		loadBits(words, src, off, n)
		for i := range n {
			require.Equal(t, src[(off+i)/8]>>((off+i)%8)&1 == 1, hasBit(words, i), "off %d n %d bit %d", off, n, i)
		}
		if n > 0 {
			require.Zero(t, words[len(words)-1]&^lastWord(n))
		}
		require.Equal(t, countBits(words) == n, allBits(src, off, n))
		for i := range src {
			src[i] = 0xff
		}
		require.True(t, allBits(src, off, n))
		if n > 0 {
			k := off + rng.IntN(n)
			src[k/8] &^= 1 << (k % 8)
			require.False(t, allBits(src, off, n))
		}
		dst := make([]byte, (n+7)/8)
		storeBits(dst, words, n)
		for i := range len(dst) * 8 {
			require.Equal(t, i < n && hasBit(words, i), dst[i/8]>>(i%8)&1 == 1)
		}
	}
}

func TestRunsAreTheSetBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		n := rng.IntN(400)
		words := randomWords(rng, n)
		got, last := make([]uint64, wordsFor(n)), -1
		for from, to := range runs(words, n) {
			require.Less(t, last, from, "runs do not touch")
			require.Less(t, from, to)
			for i := from; i < to; i++ {
				setBit(got, i)
			}
			last = to
		}
		require.Equal(t, words, got)
		k := 1 + rng.IntN(5)
		repeated := repeatBits(words, n, k)
		for i := range n * k {
			require.Equal(t, hasBit(words, i/k), hasBit(repeated, i))
		}
	}
	for from, to := range runs(nil, 5) {
		require.Equal(t, [2]int{0, 5}, [2]int{from, to})
	}
	require.Nil(t, repeatBits(nil, 5, 2))
}

func TestRangesOfBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 3000 {
		n := 1 + rng.IntN(300)
		from := rng.IntN(n + 1)
		to := from + rng.IntN(n-from+1)
		set, cleared := make([]uint64, wordsFor(n)), fullWords(n)
		setRange(set, from, to)
		clearRange(cleared, from, to)
		words, src := randomWords(rng, n), randomWords(rng, 200+n)
		pos := rng.IntN(200)
		anded := append([]uint64(nil), words...)
		andRange(anded, from, to, src, uint64(pos))
		for i := range n {
			in := i >= from && i < to
			require.Equal(t, in, hasBit(set, i))
			require.Equal(t, !in, hasBit(cleared, i))
			require.Equal(t, hasBit(words, i) && (!in || hasBit(src, pos+i-from)), hasBit(anded, i))
		}
	}
}

func TestPackAsBitByBit(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	rows := make([]byte, 64*5)
	for i := range rows {
		rows[i] = byte(rng.Uint32())
	}
	out := make([][]uint64, 7)
	for k := range out {
		out[k] = make([]uint64, 5)
	}
	for k := range out {
		pack(out[k], rows, k)
	}
	for k := range out {
		for i, b := range rows {
			require.Equal(t, b>>k&1 == 1, hasBit(out[k], i), "lane %d row %d", k, i)
		}
	}
}

func TestTablesAsLookups(t *testing.T) {
	table := []byte{0xf0, 0x3c, 0xff, 0}
	codes := []uint16{0, 1, 2, 3, 1}
	rows := make([]byte, len(codes))
	require.True(t, setTable(rows, codes, table))
	require.Equal(t, []byte{0xf0, 0x3c, 0xff, 0, 0x3c}, rows)
	require.True(t, andTable(rows, []uint16{1, 1, 1, 2, 0}, table))
	require.Equal(t, []byte{0x30, 0x3c, 0x3c, 0, 0x30}, rows)
	require.False(t, setTable(rows, []uint16{0, 4, 0, 0, 0}, table), "a code outside the table")
	require.False(t, andTable(rows, []uint16{0, 0, 0, 0, 65535}, table))
	require.Zero(t, rows[4])
}

// maskBytesPlain is the twin of maskBytes.
func maskBytesPlain(dst, src []byte, words []uint64, n, width int) {
	for i := range n {
		for k := range width {
			dst[i*width+k] = 0
			if words == nil || hasBit(words, i) {
				dst[i*width+k] = src[i*width+k]
			}
		}
	}
}

func TestMaskBytesAsPlain(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for _, width := range []int{1, 2, 3, 4, 7, 8, 16, 32} {
		for range 200 {
			n := rng.IntN(300)
			src := make([]byte, n*width)
			for i := range src {
				src[i] = byte(rng.Uint32())
			}
			words := randomWords(rng, n)
			got, want := make([]byte, len(src)), make([]byte, len(src))
			for i := range got {
				got[i] = 0xee
			}
			maskBytes(got, src, words, n, width)
			maskBytesPlain(want, src, words, n, width)
			require.Equal(t, want, got, "width %d n %d", width, n)

			rows := rng.Perm(n)
			takeBytes(got, src, words, rows, width)
			for i, row := range rows {
				value := make([]byte, width)
				if hasBit(words, i) {
					value = src[row*width : (row+1)*width]
				}
				require.Equal(t, value, got[i*width:(i+1)*width])
			}
		}
	}
}

func TestSpansPackOnceWithoutGaps(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	for range 1000 {
		src := make([]byte, 100)
		binary.LittleEndian.PutUint64(src, rng.Uint64())
		for i := range src {
			src[i] = byte(rng.Uint32())
		}
		type view struct{ from, n int }
		var views []view
		var s spans
		used := map[int]bool{}
		for range rng.IntN(8) {
			v := view{rng.IntN(100), 0}
			v.n = rng.IntN(100 - v.from + 1)
			views = append(views, v)
			s.add(v.from, v.n)
			for i := range v.n {
				used[v.from+i] = true
			}
		}
		s.pack()
		require.Equal(t, len(used), s.size, fmt.Sprint(views))
		var packed []byte
		for _, x := range s.list {
			packed = append(packed, src[x.from:x.to]...)
		}
		for _, v := range views {
			if v.n > 0 {
				require.Equal(t, src[v.from:v.from+v.n], packed[s.at(v.from):s.at(v.from)+v.n])
			}
		}
	}
}
