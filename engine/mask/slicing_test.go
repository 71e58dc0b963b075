package mask

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/stretchr/testify/require"
)

// How a table is cut into batches changes nothing: each piece comes out as the same rows of the whole do.
func TestSlicingChangesNothing(t *testing.T) {
	for seed := range uint64(25) {
		rng := rand.New(rand.NewPCG(seed, 90))
		w, lists := coupledWorld(t, rng)
		n := 1 + rng.IntN(9000)
		batch, opt, _ := placedBatch(rng, w, lists, n)
		m, err := New(w.member("bo"), batch.Schema(), opt)
		require.NoError(t, err)
		whole, err := m.Mask(batch)
		require.NoError(t, err)
		for from := 0; from < n; {
			to := min(n, from+1+rng.IntN(3000))
			piece := batch.NewSlice(int64(from), int64(to))
			out, err := m.Mask(piece)
			require.NoError(t, err)
			want := whole.NewSlice(int64(from), int64(to))
			for i, c := range out.Columns() {
				// Dictionaries and runs may be cut differently; what the rows hold may not.
				for row := range c.Len() {
					if c.ValueStr(row) != want.Column(i).ValueStr(row) {
						require.Failf(t, "another value", "seed %d, rows %d to %d, %s row %d", seed, from, to, out.ColumnName(i), row)
					}
				}
				require.NoError(t, array.ValidateFull(c), fmt.Sprint(seed))
			}
			want.Release()
			out.Release()
			piece.Release()
			from = to
		}
		whole.Release()
		batch.Release()
	}
}
