package mask

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/cubeward/cubeward/cube"
)

// A factor over three dimensions of which one is fixed is asked at the item that it is fixed to, by whatever way.
func TestFixedDimensionOfACoupledFactor(t *testing.T) {
	withSIMD(t, func(t *testing.T) {
		w := newWorld(t)
		lists := []*cube.List{w.list("A", names("a ", 5)...), w.list("B", names("b ", 7)...), w.list("C", names("c ", 4)...)}
		m := w.metric("Revenue", lists...)
		rng := rand.New(rand.NewPCG(31, 1))
		w.rule("R", cube.OnMetrics, []*cube.Block{m}, func(cube.ItemID, []cube.ItemID) cube.Rights {
			return []cube.Rights{0, cube.Read, cube.Read | cube.Write}[rng.IntN(3)]
		}, lists...)
		view := w.view(w.member("bo"), m)
		const rows = 3000 // enough for tables that are made once they pay
		a, b := make([]string, rows), make([]string, rows)
		items := make([][2]cube.ItemID, rows)
		for i := range rows {
			items[i] = [2]cube.ItemID{cube.ItemID(rng.IntN(5)), cube.ItemID(rng.IntN(7))}
			a[i], b[i] = lists[0].Item(items[i][0]), lists[1].Item(items[i][1])
		}
		batch := batchOf(field{"A", texts(memory.DefaultAllocator, a...)}, field{"B", texts(memory.DefaultAllocator, b...)}, field{"Revenue", randomFloats(rows)})
		for c := range lists[2].Len() {
			masker, err := New(w.member("bo"), batch.Schema(), Options{At: map[string]string{"C": lists[2].Item(cube.ItemID(c))}})
			require.NoError(t, err)
			for range 3 {
				out, err := masker.Mask(batch)
				require.NoError(t, err)
				for i := range rows {
					require.Equal(t, view.Read(items[i][0], items[i][1], cube.ItemID(c)), out.Column(2).IsValid(i), "row %d at item %d", i, c)
				}
				out.Release()
			}
		}
	})
}
