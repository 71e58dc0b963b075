package main

import (
	"context"
	"fmt"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// withinMemory is a context that ends when what is in use passes limit bytes, and the function that ends the watch and
// gives the collector its freedom back. A limit of 0 is none. The collector works the harder the nearer the limit is;
// what counts is what it found to be in use.
func withinMemory(ctx context.Context, limit int64) (context.Context, func()) {
	if limit == 0 {
		return ctx, func() {}
	}
	before := debug.SetMemoryLimit(limit)
	ctx, cancel := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if inUse() > limit {
					cancel(tooMuchMemory(limit))
					return
				}
			}
		}
	})
	return ctx, func() {
		cancel(nil)
		watching.Wait()
		debug.SetMemoryLimit(before)
	}
}

// inUse is what the collector found to be in use when it last looked, in bytes.
func inUse() int64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}

func tooMuchMemory(limit int64) error {
	return &failure{
		status: statusFailed,
		err:    fmt.Errorf("more than --memory %s is needed", sizeText(limit)),
		hint:   "most of it is the tables of the model, which every part of the members (--shard) needs, too",
	}
}
