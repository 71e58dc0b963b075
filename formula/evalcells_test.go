package formula

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
)

// Cells are spread over whichever dimensions are missing, in order.
func TestSpreadCells(t *testing.T) {
	app := cube.NewWorkspace("W").AddApplication("A")
	var dims []*cube.List
	for i, n := range []int{3, 2, 4, 3} {
		l := app.AddList(fmt.Sprint("L", i))
		for k := range n {
			require.NoError(t, l.Append(fmt.Sprint(k)))
		}
		dims = append(dims, l)
	}
	to, err := cube.NewSpace(dims...)
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(1, 1))
	for subset := range 1 << len(dims) {
		var some []*cube.List
		for i, d := range dims {
			if subset>>i&1 != 0 {
				some = append(some, d)
			}
		}
		from, err := cube.NewSpace(some...)
		require.NoError(t, err)
		for range 20 {
			var cells, want []uint64
			for c := range from.Len() {
				if rng.IntN(2) == 0 {
					cells = append(cells, c)
				}
			}
			items := make([]cube.ItemID, len(dims))
			for c := range to.Len() {
				to.At(c, items)
				at := uint64(0)
				for i, d := range dims {
					if subset>>i&1 != 0 {
						at = at*uint64(d.Len()) + uint64(items[i])
					}
				}
				if slices.Contains(cells, at) {
					want = append(want, c)
				}
			}
			require.ElementsMatch(t, want, spreadCells(cells, from, to))
			require.True(t, slices.IsSorted(spreadCells(cells, from, to)))
		}
	}
}
