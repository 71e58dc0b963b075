package bench

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube/modelfile"
)

// Both files of a stored metric hold the same values, one for each row.
func TestStoredMetrics(t *testing.T) {
	const rows = 3 * storedEmployees * storedMonths
	var hashes []string
	for _, format := range []string{"csv", "arrow"} {
		dir := t.TempDir()
		require.NoError(t, stored{rows, format}.write(dir))
		ws, err := modelfile.Load(dir, modelfile.Options{})
		require.NoError(t, err)
		sold := ws.Applications[0].Metrics[0].Input
		require.Equal(t, rows, sold.Vector().N)
		for i := range uint64(rows) {
			require.False(t, sold.Value(i).IsBlank())
		}
		hashes = append(hashes, hashOf(sold))
	}
	require.Equal(t, hashes[0], hashes[1])
}
