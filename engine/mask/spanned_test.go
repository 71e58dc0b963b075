package mask

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/engine/mask/masktest"
)

func TestListSpansAsRunByRun(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 1))
	for range 3000 {
		n, share := rng.IntN(200), rng.IntN(11)
		words, o := make([]uint64, wordsFor(n)), []int32{int32(rng.IntN(5))}
		for i := range n {
			if rng.IntN(10) < share {
				setBit(words, i)
			}
			o = append(o, o[i]+int32(rng.IntN(4)))
		}
		want := []span{}
		for from, to := range runs(words, n) {
			want = append(want, span{int(o[from] - o[0]), int(o[to] - o[0])})
		}
		require.Equal(t, want, listSpans(o, words))
		require.Equal(t, []span{{0, int(o[n] - o[0])}}, listSpans(o, nil))
	}
}

// checkSpans copies stretches whose sizes the bytes say, where nothing lies behind the memory.
func checkSpans(t *testing.T, sizes []byte, width int) {
	const most = 1 << 17
	src, dst := newGuarded(t, most), newGuarded(t, most)
	var list []span
	at, total := 0, 0
	for i, size := range sizes {
		if i%2 == 1 {
			list = append(list, span{at, at + int(size)})
			total += int(size)
		}
		at += int(size)
	}
	if at*width > most {
		return
	}
	from, to := src.bytes(at*width, true), dst.bytes(total*width, true)
	for i := range from {
		from[i] = byte(i*7 + i>>8)
	}
	for i := range to {
		to[i] = 0xa5
	}
	var want []byte
	for _, x := range list {
		want = append(want, from[x.from*width:x.to*width]...)
	}
	copySpans(to, from, list, width)
	require.True(t, bytes.Equal(want, to), "%v, %d bytes each", list, width)
}

func TestCopySpans(t *testing.T) {
	rng := rand.New(rand.NewPCG(32, 1))
	for range 500 {
		sizes := make([]byte, rng.IntN(80))
		for i := range sizes {
			sizes[i] = byte(rng.IntN(1 + rng.IntN(30)))
		}
		checkSpans(t, sizes, 1+rng.IntN(17))
	}
}

func FuzzCopySpans(f *testing.F) {
	f.Add([]byte{0, 8, 1, 64, 2, 65, 200, 1}, uint8(8))
	f.Add([]byte{3, 2, 0, 0, 1, 1}, uint8(1))
	f.Fuzz(func(t *testing.T, sizes []byte, width uint8) { checkSpans(t, sizes, int(width%33)+1) })
}

// Stretches come out as their elements do that are picked one by one, byte for byte.
func TestSpannedAsRowByRow(t *testing.T) {
	for k, dt := range masktest.Types() {
		out, err := outputType(dt)
		require.NoError(t, err)
		for seed := range uint64(4) {
			rng := rand.New(rand.NewPCG(seed, uint64(k)))
			n := rng.IntN(150)
			p, err := whole(masktest.New(seed, uint64(k)).Array(dt, make([]masktest.State, n), seed%2 == 0))
			require.NoError(t, err)
			var list []span
			total := 0
			for at := rng.IntN(4); at < n; at += rng.IntN(9) {
				x := span{at, min(n, at+rng.IntN(20))}
				list, total, at = append(list, x), total+x.to-x.from, x.to
			}
			rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			if _, ok := storage(dt).(arrow.UnionType); ok {
				continue // their offsets rise, or they are refused
			}
			r := redactor{mem: memory.NewGoAllocator(), strict: true}
			got, err := r.spanned(p, out, list, total)
			require.NoError(t, err, describe(dt, seed))
			want, err := r.spannedRows(p, out, list, total)
			require.NoError(t, err, describe(dt, seed))
			a, b := array.MakeFromData(got), array.MakeFromData(want)
			require.NoError(t, array.ValidateFull(a), describe(dt, seed))
			require.Equal(t, masktest.Snapshot(want), masktest.Snapshot(got), describe(dt, seed))
			require.Equal(t, b.NullN(), a.NullN())
			r.release()
		}
	}
}

// What stands there more than once may be more than offsets can count.
func TestSpannedOffsetsDoNotWrap(t *testing.T) {
	o := memory.NewBufferBytes(arrow.GetBytes([]int32{0, math.MaxInt32 - 1}))
	p := part{data: array.NewData(arrow.BinaryTypes.Binary, 1, []*memory.Buffer{nil, o, nil}, nil, 0, 0), n: 1}
	r := redactor{mem: memory.NewGoAllocator()}
	_, _, total, err := spannedOffsets[int32](&r, p, math.MaxInt32, []span{{0, 1}}, 1)
	require.NoError(t, err)
	require.Equal(t, math.MaxInt32-1, total)
	_, _, _, err = spannedOffsets[int32](&r, p, math.MaxInt32, []span{{0, 1}, {0, 1}}, 2)
	require.ErrorIs(t, err, errShape)
}
