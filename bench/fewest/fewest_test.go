package fewest_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench/fewest"
)

var kept [][]byte // so that what is allocated is no local variable

// The cheapest call counts, whatever the first ones and the dearer ones take.
func TestFewest(t *testing.T) {
	calls := 0
	counted := func() {
		calls++
		if calls == 1 || calls%3 != 0 {
			kept = append(kept[:0:0], make([]byte, 5000), make([]byte, 5000))
			return
		}
		kept[0] = make([]byte, 1<<16)
	}
	require.EqualValues(t, 1, fewest.Allocations(10, counted))
	require.Equal(t, 11, calls)
	calls = 0
	require.InDelta(t, 10_400, fewest.Bytes(10, counted), 500)
	require.Zero(t, fewest.Allocations(5, func() {}))
}

// What a pool forgets at random is not counted.
func TestPoolsThatForget(t *testing.T) {
	var pool sync.Pool
	f := func() {
		b, ok := pool.Get().(*[1 << 12]byte)
		if !ok {
			b = new([1 << 12]byte)
		}
		pool.Put(b)
	}
	require.Zero(t, fewest.Allocations(100, f))
	require.Zero(t, fewest.Bytes(100, f))
}
