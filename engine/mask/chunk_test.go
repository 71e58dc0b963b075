package mask

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/stretchr/testify/require"
)

// A batch of several long chunks is masked like its pieces, by any number of workers, with conditions over one column and several.
func TestLongChunksAsShortOnes(t *testing.T) {
	const rows, piece = 2*directRows + 4096 + 100, 3000
	for _, factors := range []int{2, 5} {
		w, lists := benchWorld(t, factors, 20)
		batch := indexedBatch(lists, rows)
		withSIMD(t, func(t *testing.T) {
			for _, workers := range []int{1, 3} {
				m, err := New(w.member("bo"), batch.Schema(), Options{Workers: workers, Locks: true})
				require.NoError(t, err)
				whole, err := m.Mask(batch)
				require.NoError(t, err)
				for from := int64(0); from < rows; from += piece {
					to := min(from+piece, rows)
					in, want := batch.NewSlice(from, to), whole.NewSlice(from, to)
					got, err := m.Mask(in)
					require.NoError(t, err)
					for i := range want.Columns()[len(lists):] { // Pieces of dictionary columns may use fewer values.
						i += len(lists)
						require.True(t, array.Equal(want.Column(i), got.Column(i)), "column %d, rows from %d on", i, from)
					}
					got.Release()
					in.Release()
					want.Release()
				}
				whole.Release()
			}
		})
	}
}
