package mask

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// Tests gather where it can be done, whether it pays or not.
func TestMain(m *testing.M) {
	gathers = func() bool { return true }
	os.Exit(m.Run())
}

// eachSIMD calls f with every kind of instructions that this machine has, plain Go first.
func eachSIMD(f func(s simd)) {
	best := bestSIMD()
	defer func() { vectors = best }()
	for vectors = portable; vectors <= best; vectors++ {
		f(vectors)
	}
}

// fewer is n for the best instructions that this machine has, and a part of it for the others, where tests of whole batches
// would take long.
func fewer(n, part uint64) uint64 {
	if vectors == bestSIMD() {
		return n
	}
	return n / part
}

// Where gathers do not pay, nothing is gathered, and rows are decided as anywhere else.
func TestWithoutGathers(t *testing.T) {
	defer func(before func() bool) { gathers = before }(gathers)
	asked := 0
	gathers = func() bool { asked++; return false }
	withSIMD(t, func(t *testing.T) {
		asked = 0
		testLookUp[uint16](t, 513, 7200, 65536)
		testLookUp[uint32](t, 513, 7200, maxLongTested+1, 100_000)
		require.Equal(t, vectors != portable, asked > 0)
		everyWayDecidesAlike(t)
	})
}

// Whichever way is found to be faster, finding out does no harm.
func TestGathersAreMeasured(t *testing.T) {
	eachSIMD(func(s simd) { t.Logf("%s: gathers pay: %t", s, measureGathers()) })
	vectors = portable
	defer func() { vectors = bestSIMD() }()
	require.False(t, measureGathers())
}
