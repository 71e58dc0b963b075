package bench

import (
	"math"
	"runtime"
	"runtime/metrics"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/engine"
)

// What rights hold for members has no pointers in it: the garbage collector looks at as much for a million members as for
// ten thousand of the same kinds, and stops the program for as long.
func TestGuardCollector(t *testing.T) {
	guard(t)
	few, many := collected(t, 10_000), collected(t, 1_000_000)
	t.Logf("10 k members: %d objects, %d bytes to scan, pauses of %.3g ms", few.objects, few.scanned, 1e3*few.pause)
	t.Logf("1 M members: %d objects, %d bytes to scan, pauses of %.3g ms", many.objects, many.scanned, 1e3*many.pause)
	require.LessOrEqual(t, many.objects, few.objects+few.objects/4+1000)
	require.LessOrEqual(t, many.scanned, few.scanned+few.scanned/4+64<<10)
	for takes := 1; takes < mostTakes && many.pause > 5*few.pause+1e-3; takes++ {
		many.pause = min(many.pause, collected(t, 1_000_000).pause)
	}
	// Pauses are short and noisy: they would be a hundred times as long if they grew with members.
	require.LessOrEqual(t, many.pause, 5*few.pause+1e-3)
}

// collecting is what rights cost the garbage collector.
type collecting struct {
	objects, scanned int64
	pause            float64 // the middle one of some, in seconds
}

// collected compiles a company of 30 kinds and asks every kind for a view. The workspace, with its names, is there before and
// after, and so counts for nothing.
func collected(t *testing.T, members int) collecting {
	ws, err := Company{Members: members, Kinds: 30}.Workspace()
	require.NoError(t, err)
	read := func() (objects, scanned int64) {
		runtime.GC()
		runtime.GC()
		s := []metrics.Sample{{Name: "/gc/heap/objects:objects"}, {Name: "/gc/scan/heap:bytes"}}
		metrics.Read(s)
		return int64(s[0].Value.Uint64()), int64(s[1].Value.Uint64())
	}
	objects, scanned := read()
	r, err := engine.Compile(t.Context(), ws, engine.Options{})
	require.NoError(t, err)
	ref := deepest(r)
	for _, g := range r.Groups() {
		v, err := r.MemberAt(g[0]).Block(ref)
		require.NoError(t, err)
		v.Tables(engine.Readable)
	}
	var c collecting
	c.objects, c.scanned = read()
	c.objects, c.scanned = c.objects-objects, c.scanned-scanned
	before := pauses()
	for range 15 {
		runtime.GC()
	}
	c.pause = middlePause(before, pauses())
	runtime.KeepAlive(r)
	return c
}

func pauses() *metrics.Float64Histogram {
	s := []metrics.Sample{{Name: "/sched/pauses/total/gc:seconds"}}
	metrics.Read(s)
	h := s[0].Value.Float64Histogram()
	return &metrics.Float64Histogram{Counts: append([]uint64(nil), h.Counts...), Buckets: h.Buckets}
}

// middlePause is the median of the pauses that came to a histogram.
func middlePause(before, after *metrics.Float64Histogram) float64 {
	total := uint64(0)
	for i, n := range after.Counts {
		total += n - before.Counts[i]
	}
	seen := uint64(0)
	for i, n := range after.Counts {
		if seen += n - before.Counts[i]; 2*seen >= total && total > 0 {
			if up := after.Buckets[i+1]; !math.IsInf(up, 0) {
				return up
			}
			return after.Buckets[i]
		}
	}
	return 0
}
