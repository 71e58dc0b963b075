package inherit

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// ending is a context that ends after it was looked at so many times.
type ending struct {
	context.Context
	looks int
}

func (e *ending) Err() error {
	if e.looks--; e.looks < 0 {
		return context.Canceled
	}
	return nil
}

// Wherever its context ends, resolving stops with its error, and never with a plan or with mistakes that are none.
func TestResolveStops(t *testing.T) {
	ws := newModel(t).ws
	stopped := 0
	for looks := 0; ; looks++ {
		ctx := &ending{t.Context(), looks}
		plan, err := ResolveContext(ctx, ws)
		if ctx.looks >= 0 {
			require.NoError(t, err)
			break
		}
		require.ErrorIs(t, err, context.Canceled)
		require.Nil(t, plan)
		stopped++
	}
	require.Greater(t, stopped, 10)
}
