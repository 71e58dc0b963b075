package engine_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// Progress is told by one goroutine at a time, stage after stage, never goes back, ends each stage, and is silent once
// Compile returned.
func TestProgress(t *testing.T) {
	ws, err := bench.Company{Members: 3000, Kinds: 200}.Workspace()
	require.NoError(t, err)
	for _, ws := range []*cube.Workspace{ws, newPair(t).ws, cube.NewWorkspace("nothing")} {
		since, err := engine.Compile(t.Context(), ws, engine.Options{})
		require.NoError(t, err)
		for _, opt := range []engine.Options{{Workers: 1}, {Workers: 8}, {Workers: 2, Since: since}} {
			var told []engine.Progress
			var inside, returned atomic.Bool
			opt.Progress = func(p engine.Progress) {
				if !inside.CompareAndSwap(false, true) || returned.Load() {
					panic("told at the wrong time")
				}
				told = append(told, p)
				inside.Store(false)
			}
			_, err := engine.Compile(t.Context(), ws, opt)
			returned.Store(true)
			require.NoError(t, err)
			var stages []string
			var last engine.Progress
			for _, p := range told {
				if p.Stage != last.Stage {
					require.Equal(t, last.Total, last.Done, "stage %s did not end", last.Stage)
					require.Zero(t, p.Done)
					stages = append(stages, p.Stage)
				} else {
					require.Greater(t, p.Done, last.Done)
					require.Equal(t, last.Total, p.Total)
				}
				last = p
			}
			require.Equal(t, last.Total, last.Done)
			require.Equal(t, []string{"resolve", "mappings", "rows", "profiles"}, stages)
		}
	}
}

// Who cancels from within Progress gets the context's error.
func TestProgressCancels(t *testing.T) {
	ws, err := bench.Company{Members: 3000, Kinds: 200}.Workspace()
	require.NoError(t, err)
	for _, stage := range []string{"resolve", "mappings", "rows", "profiles"} {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := engine.Compile(ctx, ws, engine.Options{Progress: func(p engine.Progress) {
			if p.Stage == stage && p.Done == 0 {
				cancel()
			}
		}})
		require.ErrorIs(t, err, context.Canceled, stage)
	}
}
