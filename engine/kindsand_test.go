package engine

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// Members of one kind in both are one kind, numbered by first members, however many kinds there are and whether one of
// the two tells the other or not.
func TestKindsAnd(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		members := 1 + rng.IntN(60)
		draw := func() kinds {
			keys, limit := make([]uint64, members), uint64(1+rng.IntN(8))
			for m := range keys {
				keys[m] = rng.Uint64N(limit)
			}
			return kindsOf(keys, limit<<(rng.IntN(2)*40)) // by table, and by map
		}
		a, b := draw(), draw()
		if rng.IntN(3) == 0 { // b tells a
			keys := make([]uint64, members)
			for m := range keys {
				keys[m] = uint64(a.of[m])<<8 | uint64(b.of[m])
			}
			b = kindsOf(keys, 1<<40)
		}
		got := a.and(b)
		type pair struct{ a, b int32 }
		known, first := map[pair]int32{}, []int32(nil)
		for m := range members {
			p := pair{a.of[m], b.of[m]}
			id, ok := known[p]
			if !ok {
				id = int32(len(first))
				known[p], first = id, append(first, int32(m))
			}
			require.Equal(t, id, got.of[m])
		}
		require.Equal(t, first, got.first)
		require.Equal(t, got, b.and(a))
	}
}
