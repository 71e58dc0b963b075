package engine

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
)

// Every array that with made goes on to hold what it held.
func TestChunks(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, leafSize - 1, leafSize, leafSize + 1, 3*leafSize*branchSize + 7} {
		plain := make([]int32, n)
		for i := range plain {
			plain[i] = int32(random.IntN(100))
		}
		all := []chunks[int32]{chunksOf(plain)}
		plains := [][]int32{plain}
		for range 60 {
			k, i, x := random.IntN(len(all)), random.IntN(n), int32(random.IntN(100))
			all = append(all, all[k].with(i, x))
			next := append([]int32(nil), plains[k]...)
			next[i] = x
			plains = append(plains, next)
		}
		for k := range all {
			require.Equal(t, n, all[k].len())
			for i, x := range all[k].all {
				require.Equal(t, plains[k][i], x)
			}
		}
		require.Panics(t, func() { all[0].at(n) })
		require.Panics(t, func() { all[0].at(-1) })
		require.Panics(t, func() { all[0].with(n, 1) })
	}
	none := newChunks[*int](100_000)
	one := 1
	some := none.with(70_000, &one)
	require.Nil(t, some.at(1))
	found := 0
	for i, p := range some.set {
		if p != nil {
			require.Equal(t, 70_000, i)
			found++
		}
	}
	require.Equal(t, 1, found)
	empty := newChunks[int32](0)
	for range empty.all {
		t.Fatal("there is nothing")
	}
}

// Given cells hold what was set last, also once patches were made one with their column, in each generation its own.
func TestGivenCells(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, place := range []int{0, 1, 2} { // where User stands
		ws := cube.NewWorkspace("W")
		for i := range 40 {
			require.NoError(t, ws.Users.Append("m"+string(rune('A'+i))))
		}
		app := ws.AddApplication("A")
		x, y := app.AddList("X"), app.AddList("Y")
		for i := range 17 {
			require.NoError(t, x.Append(string(rune('a'+i))))
		}
		for i := range 13 {
			require.NoError(t, y.Append(string(rune('a'+i))))
		}
		dims := [][]*cube.List{{ws.Users, x, y}, {y, ws.Users, x}, {y, x, ws.Users}}[place]
		b := app.AddMetric("AR", cube.Type{Kind: cube.AccessRights}, dims...)
		g, err := newGivenCells(b, ws.Users)
		require.NoError(t, err)
		want := map[[3]int]cube.Value{}
		folded := false
		row, err := cube.NewSpace(kindList(1), x, y)
		require.NoError(t, err)
		for range 7000 {
			m, i, k := random.IntN(40), random.IntN(17), random.IntN(13)
			v := cube.RightsValue(cube.Rights(random.IntN(4)))
			if random.IntN(5) == 0 {
				v = cube.Value{}
			}
			before := g
			g = g.with(cube.ItemID(m), uint64(i*13+k), v)
			folded = folded || g.patched < before.patched
			want[[3]int{m, i, k}] = v
			require.Equal(t, v, g.row(cube.ItemID(m), row).Value(uint64(i*13+k)))
		}
		require.True(t, folded)
		col, err := g.column(b)
		require.NoError(t, err)
		for at, v := range want {
			items := make([]cube.ItemID, 3)
			for n, d := range dims {
				items[n] = cube.ItemID(map[*cube.List]int{ws.Users: at[0], x: at[1], y: at[2]}[d])
			}
			require.Equal(t, v, col.Value(col.Space().Cell(items)))
			require.Equal(t, v, g.row(cube.ItemID(at[0]), row).Value(uint64(at[1]*13+at[2])))
		}
	}
}
