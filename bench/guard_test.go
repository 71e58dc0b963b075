package bench

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench/fewest"
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
			return fewest.Allocations(20, func() { require.NoError(t, op.Do(t.Context())) })
		}
		few, many, wide := allocs(1<<13, 1), allocs(1<<18, 1), allocs(1<<13, 9)
		t.Logf("%-70s %4.0f, with 32 times the rows %4.0f, for each further measure %.1f", name, few, many, (wide-few)/8)
		require.LessOrEqual(t, many, few+8, name)
		require.LessOrEqual(t, (wide-few)/8, 20.0, name)
	}
}

// What is held, and what compiling takes, stays below limits.
func TestGuardLimits(t *testing.T) {
	guard(t)
	for _, l := range Limits() {
		heap, most, err := l.Measure(t.Context())
		require.NoError(t, err)
		t.Logf("%s: %.1f MB, at most %.0f MB", l.Name, heap/1e6, most/1e6)
		require.LessOrEqual(t, heap, most, l.Name)
	}
}

// Nothing that is meant to be linear, or flat, becomes worse.
func TestGuardGrowth(t *testing.T) {
	guard(t)
	for _, c := range Curves() {
		t.Run(testName(c.Name), func(t *testing.T) {
			points := measured(t, c)
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

// measured are the points of a curve, each from more turns where it is steeper than it may be.
func measured(t *testing.T, c Curve) []Point {
	points, err := c.Measure(t.Context(), 7)
	require.NoError(t, err)
	for takes := 1; takes < mostTakes; takes++ {
		if e, _ := Exponents(points); e <= c.Most {
			break
		}
		more, err := c.Measure(t.Context(), 7)
		require.NoError(t, err)
		for i := range points {
			points[i].Seconds = min(points[i].Seconds, more[i].Seconds)
			points[i].Spread = max(points[i].Spread, more[i].Spread)
		}
	}
	return points
}

// The harness costs less than 2 % of what it measures: a sample against the bare loop, of a millisecond or two, so that
// some of each are not disturbed.
func TestGuardHarnessCost(t *testing.T) {
	guard(t)
	op := prepared(t, Table{Layout: Dense, Rows: 1 << 16}.Mask())
	const times = 2000
	s := series{op: op, n: times}
	ctx := t.Context()
	both := Target{Times: 301, Prepare: func(context.Context, *Stage) (Pair, error) {
		return Pair{Ours: func(ctx context.Context) error { _, err := s.time(ctx); return err }, Theirs: repeated(times, op.Do)}, nil
	}}
	var d Duel
	for takes := 0; takes == 0 || takes < mostTakes && d.Ratio() >= 1.02; takes++ {
		more, err := both.Measure(ctx)
		require.NoError(t, err)
		d = d.with(more)
	}
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
