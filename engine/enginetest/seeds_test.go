package enginetest

import (
	"os"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// number is a number from the environment.
func number(t *testing.T, name string, otherwise uint64) uint64 {
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(s, 10, 64)
	require.NoError(t, err, name)
	return n
}

// seeds are those of a seeded test: from first or CUBEWARD_FIRST on, n or as many as the environment says, few in short
// tests. CUBEWARD_SEED is one seed alone.
func seeds(t *testing.T, variable string, first, n, few uint64) []uint64 {
	t.Helper()
	first, n = number(t, "CUBEWARD_FIRST", first), number(t, variable, n)
	if testing.Short() {
		n = min(n, few)
	}
	if seed := number(t, "CUBEWARD_SEED", 0); seed != 0 {
		first, n = seed, 1
	}
	out := make([]uint64, n)
	for i := range out {
		out[i] = first + uint64(i)
	}
	return out
}

// forEach runs a test for some seeds, two at once; what it returns is called for one seed at a time, to tell and to add up.
func forEach(t *testing.T, seeds []uint64, run func(seed uint64) (tell func())) {
	t.Helper()
	var mutex sync.Mutex
	var work errgroup.Group
	work.SetLimit(2)
	for _, seed := range seeds {
		work.Go(func() error {
			tell := run(seed)
			mutex.Lock()
			defer mutex.Unlock()
			tell()
			return nil
		})
	}
	require.NoError(t, work.Wait())
}
