package bench

import (
	"context"
	"flag"
	"fmt"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// Guards look at ratios within one run and at counts of allocations, never at seconds; `make guard` runs them, one
// package at a time, and those of masking once more with the tag purego.

// guard skips where figures would mean nothing: with the race detector, and among other tests.
func guard(t *testing.T) {
	t.Helper()
	if raceDetector {
		t.Skip("the race detector slows down what is measured")
	}
	if !strings.Contains(flag.Lookup("test.run").Value.String(), "Guard") {
		t.Skip("guards need the machine for themselves: make guard")
	}
}

// TestGuardTargets holds the targets that are met, and tells how far the others are from being met.
func TestGuardTargets(t *testing.T) {
	guard(t)
	for _, target := range Targets() {
		t.Run(testName(target.Name), func(t *testing.T) { target.Guard(t) })
	}
}

func testName(s string) string {
	return strings.NewReplacer(", ", "-", " ", "-", "%", "percent").Replace(s)
}

// prepared is the operation of a workload.
func prepared(t *testing.T, w Workload) *Op {
	t.Helper()
	op, err := w.Prepare(t.Context(), NewStage(""))
	require.NoError(t, err)
	return op
}

// Allocations are as many for a million rows as for a few thousand, and grow with columns alone.
func TestGuardAllocationsPerBatch(t *testing.T) {
	guard(t)
	var tables []Table
	for _, layout := range []Layout{Columns, Text, Index, Dense} {
		tables = append(tables, Table{Layout: layout, Hidden: 10}, Table{Layout: layout, Hidden: 10, Locks: true})
	}
	for _, typ := range []string{"int32", "bool", "text", "decimal", "list"} {
		tables = append(tables, Table{Hidden: 10, Type: typ})
	}
	for _, table := range tables {
		name := table.Model()
		allocs := func(rows, measures int) float64 {
			table.Rows, table.Measures = rows, measures
			op := prepared(t, table.Mask())
			return testing.AllocsPerRun(5, func() { require.NoError(t, op.Do(t.Context())) })
		}
		few, many, wide := allocs(1<<13, 1), allocs(1<<18, 1), allocs(1<<13, 9)
		t.Logf("%-70s %4.0f, with 32 times the rows %4.0f, for each further measure %.1f", name, few, many, (wide-few)/8)
		require.LessOrEqual(t, many, few+8, name)
		require.LessOrEqual(t, (wide-few)/8, 30.0, name)
	}
}

// Rights are small: what a compiled company holds on to.
func TestGuardLiveHeap(t *testing.T) {
	guard(t)
	ws, err := Company{Members: 100_000}.Workspace()
	require.NoError(t, err)
	heap, err := compileOp(ws, engine.Options{}).Heap(t.Context())
	require.NoError(t, err)
	target := heapTarget(ws)
	members := float64(ws.Users.Len())
	t.Logf("%.1f MB live, %.1f bytes a member; target %.1f MB and the sets", heap/1e6, heap/members, target/1e6)
	require.LessOrEqual(t, heap, target/0.6)
}

// heapTarget is 32 MB, eight times the input, and 16 bytes a member and application. The sets may come on top.
func heapTarget(ws *cube.Workspace) float64 {
	input := 0.0
	for _, b := range ws.Blocks() {
		if b.Input != nil {
			v := b.Input.Vector()
			input += float64(8*len(b.Input.Cells()) + 8*len(v.Numbers) + 4*len(v.Ints) + len(v.Bytes))
		}
	}
	return float64(32<<20) + 8*input + float64(16*ws.Users.Len()*len(ws.Applications))
}

// User times Employee by equality is a join, not a product: 10 billion cells fit into little.
func TestGuardJoinHeap(t *testing.T) {
	guard(t)
	ws, err := Join{100_000}.workspace()
	require.NoError(t, err)
	peak := peakHeap(func() {
		_, err := engine.Compile(t.Context(), ws, engine.Options{})
		require.NoError(t, err)
	})
	t.Logf("at most %.0f MB in use while 100,000 members times 100,000 employees are compiled; target 2 GB", peak/1e6)
	require.LessOrEqual(t, peak, 2e9)
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

// Nothing that is meant to be linear, or flat, becomes worse.
func TestGuardGrowth(t *testing.T) {
	guard(t)
	for _, c := range Curves() {
		t.Run(testName(c.Name), func(t *testing.T) {
			points, err := c.Measure(t.Context(), 7)
			require.NoError(t, err)
			var line strings.Builder
			worst := 0.0
			for _, p := range points {
				fmt.Fprintf(&line, "%d: %.3g ms, ", p.Size, 1e3*p.Seconds)
				worst = max(worst, p.Spread)
			}
			e, heap := Exponents(points)
			fmt.Fprintf(&line, "exponent %.2f, meant %.3g, guarded at %.3g", e, c.Meant, c.Most)
			if points[0].Heap > 0 { // no noise in it: it is held to the same exponent
				fmt.Fprintf(&line, "; %.3g to %.3g MB held, exponent %.2f", points[0].Heap/1e6, points[len(points)-1].Heap/1e6, heap)
				require.LessOrEqual(t, heap, c.Meant+0.25, line.String())
			}
			if first := points[0].Spread; first > tooNoisy && e > c.Most {
				t.Skipf("skipped, as the first point itself varied by %.0f %%: %s", 100*first, line.String())
			}
			if c.Known != "" {
				line.WriteString("; " + c.Known)
			}
			t.Log(line.String())
			require.LessOrEqual(t, e, c.Most, line.String())
		})
	}
}

// The harness costs less than 2 % of what it measures: a sample against the bare loop, long enough that the cost does
// not drown in noise.
func TestGuardHarnessCost(t *testing.T) {
	guard(t)
	op := prepared(t, Table{Layout: Dense, Rows: 1 << 16}.Mask())
	const times = 20000
	s := series{op: op, n: times}
	ctx := t.Context()
	d, err := Target{Times: 31, Prepare: func(context.Context, *Stage) (Pair, error) {
		return Pair{Ours: func(ctx context.Context) error { _, err := s.time(ctx); return err }, Theirs: repeated(times, op.Do)}, nil
	}}.Measure(ctx)
	require.NoError(t, err)
	line := fmt.Sprintf("%s: %.2f %%", d, 100*(d.Ratio()-1))
	if v := Spread(d.Theirs); v > tooNoisy {
		t.Skipf("skipped, as the bare loop itself varied by %.0f %%: %s", 100*v, line)
	}
	t.Log(line)
	require.Less(t, d.Ratio(), 1.02, line)
}

func TestExponents(t *testing.T) {
	var linear, square, flat []Point
	for _, n := range []int{1, 10, 100} {
		linear = append(linear, Point{Size: n, Seconds: 3 * float64(n)})
		square = append(square, Point{Size: n, Seconds: 5 * float64(n) * float64(n)})
		flat = append(flat, Point{Size: n, Seconds: 7, Heap: float64(n)})
	}
	for e, points := range map[float64][]Point{1: linear, 2: square, 0: flat} {
		seconds, _ := Exponents(points)
		require.InDelta(t, e, seconds, 1e-9)
	}
	_, heap := Exponents(flat)
	require.InDelta(t, 1, heap, 1e-9)
	require.InDelta(t, 0.5, Spread([]float64{4, 3, 5, 4, 6, 4, 2, 4}), 0.26)
}
