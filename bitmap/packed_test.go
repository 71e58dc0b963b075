package bitmap

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/stretchr/testify/require"
)

// TestPackIsOneForm packs contents around every choice between the forms, with and without the library's help: the
// bytes must be the same, and the form must be the smaller one.
func TestPackIsOneForm(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for i := range 2000 {
		// Runs of length and gap on average: from single cells far apart to nearly full.
		length, gap := 1+r.IntN(1<<r.IntN(8)), 1+r.IntN(1<<r.IntN(10))
		set := make(twin, 1+r.IntN(1<<(4+r.IntN(14))))
		for c := r.IntN(len(set)); c < len(set); c += 1 + r.IntN(2*gap) {
			for end := c + 1 + r.IntN(2*length); c < end && c < len(set); c++ {
				set[c] = true
			}
		}
		set[len(set)-1] = true
		data := pack(set.words())
		require.Equal(t, packRoaring(roaring.BitmapOf(shorts(set)...), nil), data, "round %d", i)
		require.LessOrEqual(t, len(data), max(alwaysDense, len(set)/8+1)+1)
		require.Equal(t, uint64(len(set)), data.end())
		require.Equal(t, set.words(), data.words(0, uint64(len(set))))
	}
}

// TestRunsOrWords is at the number of runs where roaring changes from runs to words.
func TestRunsOrWords(t *testing.T) {
	for runs := 2030; runs < 2070; runs++ {
		set := make(twin, 1<<16)
		for c := range runs * 30 {
			set[c] = c%30 < 20
		}
		require.Equal(t, packRoaring(roaring.BitmapOf(shorts(set)...), nil), pack(set.words()), "%d runs", runs)
	}
}

func shorts(set twin) []uint32 {
	var cells []uint32
	for _, c := range set.cells() {
		cells = append(cells, uint32(c))
	}
	return cells
}

// TestDirectory reads formats with and without runs, of few and of many containers, in place.
func TestDirectory(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 60 {
		set := make(twin, 0, 7<<16)
		for range 1 + r.IntN(7) {
			set = append(set, randomSet(r, 1<<16)...)
		}
		set[r.IntN(len(set))] = true
		rb := roaring.BitmapOf(shorts(set)...)
		if r.IntN(2) == 0 {
			rb.RunOptimize()
		}
		bytes, err := rb.ToBytes()
		require.NoError(t, err)
		data := append(packed{roaringTag}, bytes...)
		require.Equal(t, uint64(rb.Maximum())+1, data.end())
		require.Equal(t, rb.GetCardinality(), data.len())
		words := set.words()
		require.Equal(t, words, data.words(0, uint64(len(set))))
		for range 30 {
			c := r.IntN(len(set))
			require.Equal(t, set[c], data.contains(uint64(c)))
			n := r.IntN(len(set) - c)
			want := make([]uint64, WordsFor(uint64(n)))
			copyBits(want, 0, words, uint64(c), uint64(n))
			require.True(t, slices.Equal(want, data.words(uint64(c), uint64(n))), "%d from %d", n, c)
		}
		require.False(t, data.contains(MaxCells+uint64(rb.Maximum())))
	}
}
