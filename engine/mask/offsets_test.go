package mask

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOffsetsArePackedAsOneByOne(t *testing.T) {
	testPackOffsets[int32](t, math.MaxInt32)
	testPackOffsets[int64](t, math.MaxInt64)
}

func testPackOffsets[O offset](t *testing.T, most O) {
	rng := rand.New(rand.NewPCG(41, 1))
	for range 500 {
		n := rng.IntN(300)
		o := make([]O, n+1)
		o[0] = O(rng.IntN(100))
		for i := range n {
			o[i+1] = o[i] + O(rng.IntN(20))
		}
		if rng.IntN(5) == 0 {
			o[n] = most
		}
		words := randomWords(rng, n)
		if rng.IntN(4) == 0 {
			words = nil
		}
		want := make([]O, n+1)
		for i := range n {
			want[i+1] = want[i]
			if words == nil || hasBit(words, i) {
				want[i+1] += o[i+1] - o[i]
			}
		}
		got := make([]O, n+1)
		require.Equal(t, int(want[n]), packOffsets(got, o, words))
		require.Equal(t, want, got)
	}
}

func BenchmarkPackOffsets(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	o, out, words := make([]int32, 4097), make([]int32, 4097), randomWords(rng, 4096)
	for i := range 4096 {
		o[i+1] = o[i] + rng.Int32N(20)
	}
	for b.Loop() {
		packOffsets(out, o, words)
	}
}
