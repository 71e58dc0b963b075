package engine

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
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

// Members whose stored rights are the same cell by cell are one kind, and no others; also where all hashes are equal.
func TestRowKinds(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for round := range 200 {
		members, row := 1+rng.IntN(80), 1+rng.IntN(6)
		ws := cube.NewWorkspace("W")
		list := ws.AddApplication("A").AddList("L")
		for m := range members {
			require.NoError(t, ws.Users.Append(fmt.Sprint("m", m)))
		}
		for i := range row {
			require.NoError(t, list.Append(fmt.Sprint("l", i)))
		}
		space, err := cube.NewSpace(ws.Users, list)
		require.NoError(t, err)
		var cells []uint64
		vec := cube.Vector{Kind: cube.AccessRights}
		rows := make([]string, members)
		for m := range members {
			for i := range row {
				if rng.IntN(3) != 0 {
					continue
				}
				cells, vec.Bytes = append(cells, uint64(m*row+i)), append(vec.Bytes, uint8(rng.IntN(3)))
				rows[m] += fmt.Sprint(i, vec.Bytes[len(cells)-1], ";")
			}
		}
		vec.N = len(cells)
		k := newRowKinds(members, cube.NewSparse(cube.Type{Kind: cube.AccessRights}, space, cells, vec))
		k.slots = k.slots[:2]
		if round%2 == 0 {
			k.seeds = [2]uint64{} // then a hash is what the cells make of it by themselves
		}
		got := k.sort(t.Context())
		known, first := map[string]int32{}, []int32(nil)
		for m, content := range rows {
			id, ok := known[content]
			if !ok {
				id = int32(len(first))
				known[content], first = id, append(first, int32(m))
			}
			require.Equal(t, id, got.of[m], "member %d", m)
		}
		require.Equal(t, first, got.first)
	}
}
