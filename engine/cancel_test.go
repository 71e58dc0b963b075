package engine_test

import (
	"context"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// Compile stops soon after its context does, whatever it is at, and leaves no goroutine behind.
func TestCompileStopsSoon(t *testing.T) {
	members, times := 100_000, 40
	if testing.Short() || raceDetector {
		members, times = 10_000, 10
	}
	ws, err := bench.Company{Members: members, Kinds: 300}.Workspace()
	require.NoError(t, err)
	before := runtime.NumGoroutine()
	r := rand.New(rand.NewPCG(1, 2))
	soon := false
	for rounds := 0; rounds < 5 && !soon; rounds++ { // what else the machine does may come between once, and not each time
		whole, mean := stops(t, ws, r, times)
		// Who never looked would go on for half of the time. Seconds alone mean nothing where other tests run too.
		soon = mean < max(25*time.Millisecond, whole/8)
	}
	require.True(t, soon)
	for deadline := time.Now().Add(time.Minute); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		require.True(t, time.Now().Before(deadline), "goroutines are left")
	}
}

// stops is how long compiling takes, and how long it goes on, on average, after it was cancelled at some moment.
func stops(t *testing.T, ws *cube.Workspace, r *rand.Rand, times int) (whole, mean time.Duration) {
	start := time.Now()
	_, err := engine.Compile(t.Context(), ws, engine.Options{})
	require.NoError(t, err)
	whole = time.Since(start)
	var worst, sum time.Duration
	n := 0
	for n == 0 { // compiling may have become faster meanwhile
		for range times {
			ctx, cancel := context.WithCancel(t.Context())
			after := time.Duration(r.Int64N(int64(whole)))
			var cancelled time.Time
			timer := time.AfterFunc(after, func() { cancelled = time.Now(); cancel() })
			_, err := engine.Compile(ctx, ws, engine.Options{})
			ended := time.Now()
			if !timer.Stop() && err != nil {
				require.ErrorIs(t, err, context.Canceled)
				took := ended.Sub(cancelled)
				worst, sum, n = max(worst, took), sum+took, n+1
			}
			cancel()
		}
	}
	mean = sum / time.Duration(n)
	t.Logf("compiling takes %v; %d times it stopped after %v, at most %v", whole, n, mean, worst)
	return whole, mean
}
