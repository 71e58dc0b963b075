package bench

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

// Run measures a workload as a Go benchmark: time, allocations, and the workload's own figures. x-copy is how often
// Go's copy of the values would go into the time of the work; the copy is timed after the work, best of 15.
func Run(b *testing.B, w Workload) {
	b.Helper()
	stage := NewStage("")
	b.Cleanup(func() {
		if err := stage.Close(); err != nil {
			b.Error(err)
		}
	})
	ctx := b.Context()
	op, err := w.Prepare(ctx, stage)
	if errors.Is(err, ErrSkip) {
		b.Skip(err)
	}
	if err != nil {
		b.Fatal(err)
	}
	if err := op.Do(ctx); err != nil { // caches are filled, pages are mapped
		b.Fatal(err)
	}
	b.ReportAllocs()
	if op.Bytes > 0 {
		b.SetBytes(op.Bytes)
	}
	for b.Loop() {
		if err := op.Do(ctx); err != nil {
			b.Fatal(err)
		}
	}
	values, err := op.values(ctx, b.Elapsed().Seconds()/float64(b.N), op.bestCopy(15))
	if err != nil {
		b.Fatal(err)
	}
	for _, v := range values {
		b.ReportMetric(v.Value, v.Unit)
	}
}

// values are the figures of an operation that takes so many seconds, and its copy so many.
func (op *Op) values(ctx context.Context, seconds, copied float64) ([]Value, error) {
	var out []Value
	if seconds > 0 && op.Cells > 0 {
		out = append(out, Value{float64(op.Cells) / seconds, "cells/s"}, Value{1e9 * seconds / float64(op.Cells), "ns/cell"})
	}
	if seconds > 0 && op.Members > 1 {
		out = append(out, Value{1e9 * seconds / float64(op.Members), "ns/user"})
	}
	if copied > 0 {
		out = append(out, Value{seconds / copied, "x-copy"})
	}
	if op.Own == nil {
		return out, nil
	}
	own, err := op.Own(ctx)
	return slices.Concat(out, own), err
}

// bestCopy is the shortest of n times of the copy, in seconds; 0 where the operation has none.
func (op *Op) bestCopy(n int) float64 {
	if op.Copy == nil {
		return 0
	}
	best := time.Duration(1<<63 - 1)
	for range n {
		start := time.Now()
		op.Copy()
		best = min(best, time.Since(start))
	}
	return best.Seconds()
}
