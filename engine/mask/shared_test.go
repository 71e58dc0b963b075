package mask

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/engine/mask/masktest"
)

// Where all rows are hidden nothing of the input is kept, so that it can be let go.
func TestAllHiddenKeepsNothing(t *testing.T) {
	rows := make([]masktest.State, 100)
	for i := range rows {
		rows[i] = masktest.Hidden
	}
	for k, dt := range masktest.Types() {
		out, err := outputType(dt)
		require.NoError(t, err)
		in := masktest.New(uint64(k), 9).Array(dt, rows, true)
		got := redacted(t, memory.DefaultAllocator, in, out, selection{n: 100, keep: make([]uint64, 2)}, dt.String())
		shared, _ := masktest.Shared(got.Data(), in)
		require.Zero(t, shared, dt.String())
		requireClean(t, got.Data(), dt.String())
	}
}

// Where nothing is hidden the values are shared: what is made anew does not grow with their bytes.
func TestNothingHiddenSharesValues(t *testing.T) {
	rows := make([]masktest.State, 400)
	for _, dt := range masktest.Leaves() {
		out, err := outputType(dt)
		require.NoError(t, err)
		in := masktest.New(1, 9).Array(dt, rows, false)
		got := redacted(t, memory.DefaultAllocator, in, out, selection{n: 400}, dt.String())
		shared, own := masktest.Shared(got.Data(), in)
		switch storage(dt).ID() {
		case arrow.NULL:
			require.Zero(t, own)
		case arrow.BOOL: // edge bytes hold neighbours' bits
			require.Equal(t, []int{0, 50}, []int{shared, own})
		case arrow.STRING_VIEW, arrow.BINARY_VIEW: // what stands beside a view in its header is its producer's word
			require.GreaterOrEqual(t, own, 400*viewSize)
		case arrow.STRING, arrow.BINARY:
			require.Positive(t, shared, dt.String())
			require.LessOrEqual(t, own, 401*4, "%s: at most the offsets", dt)
		case arrow.LARGE_STRING, arrow.LARGE_BINARY:
			require.Positive(t, shared, dt.String())
			require.LessOrEqual(t, own, 401*8, "%s: at most the offsets", dt)
		default:
			require.Zero(t, own, dt.String())
			require.Positive(t, shared, dt.String())
		}
	}
}
