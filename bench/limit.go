package bench

import (
	"context"
	"runtime/metrics"
	"time"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// Limit is an amount of memory that Cubeward is meant to keep below. It says the same on every machine, or nearly.
type Limit struct {
	Name string
	// Measure is how many bytes there are, and how many there may be.
	Measure func(ctx context.Context) (bytes, atMost float64, err error)
}

// Limits are the limits that are watched.
func Limits() []Limit {
	return []Limit{
		{Name: "live heap of the rights of 100,000 members of 300 kinds (32 MB, 8 × the input, 16 bytes a member and application)", Measure: rightsHeap},
		{Name: "heap in use while User × Employee by equality is compiled, 100,000 × 100,000", Measure: joinHeap},
	}
}

// rightsHeap is what a compiled company holds on to. The sets, which may come on top of the limit, are in it.
func rightsHeap(ctx context.Context) (heap, atMost float64, err error) {
	ws, err := Company{Members: 100_000}.Workspace()
	if err != nil {
		return 0, 0, err
	}
	heap, err = compileOp(ws, engine.Options{}).Heap(ctx)
	return heap, float64(32<<20) + 8*inputBytes(ws) + float64(16*ws.Users.Len()*len(ws.Applications)), err
}

// inputBytes is what the given values of a workspace take.
func inputBytes(ws *cube.Workspace) float64 {
	n := 0
	for _, b := range ws.Blocks() {
		if b.Input != nil {
			v := b.Input.Vector()
			n += 8*len(b.Input.Cells()) + 8*len(v.Numbers) + 4*len(v.Ints) + len(v.Bytes)
		}
	}
	return float64(n)
}

// joinHeap is the most that compiling a join takes, the workspace among it.
func joinHeap(ctx context.Context) (heap, atMost float64, err error) {
	ws, err := join{100_000}.workspace()
	if err != nil {
		return 0, 0, err
	}
	heap = peakHeap(func() { _, err = engine.Compile(ctx, ws, engine.Options{}) })
	return heap, 2e9, err
}

// peakHeap is the most that the heap held while f ran, looked at a thousand times a second.
func peakHeap(f func()) float64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	peak, done, over := uint64(0), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		for {
			metrics.Read(sample)
			peak = max(peak, sample[0].Value.Uint64())
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	f()
	close(done)
	<-over
	return float64(peak)
}
