package bench

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Guards stand at 0.6 of a target: a ratio that may be 3 is let be up to 5. They look at ratios within one run and at
// counts of allocations, never at seconds; `make guard` runs them, one package at a time.

// tooNoisy is how far the opponent's quartiles may be apart, in parts of the median, before a ratio means nothing.
const tooNoisy = 0.20

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
		t.Run(testName(target.Name), func(t *testing.T) {
			d, err := target.Measure(t.Context())
			require.NoError(t, err)
			line := fmt.Sprintf("%s: ratio %.3g, target %.3g", d, d.Ratio(), target.AtMost)
			if target.Short != "" {
				t.Logf("%s: reported, not guarded: %s", line, target.Short)
				return
			}
			line += fmt.Sprintf(", guarded at %.3g", target.AtMost/0.6)
			if s := Spread(d.Theirs); s > tooNoisy {
				t.Skipf("skipped, as the opponent itself varied by %.0f %%: %s", 100*s, line)
			}
			t.Log(line)
			require.LessOrEqual(t, d.Ratio(), target.AtMost/0.6, line)
		})
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
	own, err := heapOf(t.Context(), ws)
	require.NoError(t, err)
	input := 0.0
	for _, b := range ws.Blocks() {
		if b.Input != nil {
			v := b.Input.Vector()
			input += float64(8*len(b.Input.Cells()) + 8*len(v.Numbers) + 4*len(v.Ints) + len(v.Bytes))
		}
	}
	members := float64(ws.Users.Len())
	heap, target := own[0].Value*members, float64(32<<20)+8*input+16*members
	t.Logf("%.1f MB live, %.1f bytes a member; target %.1f MB", heap/1e6, own[0].Value, target/1e6)
	require.LessOrEqual(t, heap, target/0.6)
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
			e := Exponent(points)
			fmt.Fprintf(&line, "exponent %.2f, meant %.3g, guarded at %.3g", e, c.Meant, c.Most)
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
	d, err := Target{Times: 31, Prepare: func(context.Context, *Stage) (a, b func(context.Context) error, scale float64, err error) {
		return func(ctx context.Context) error { _, err := s.time(ctx); return err }, repeated(times, op.Do), 1, nil
	}}.Measure(ctx)
	require.NoError(t, err)
	line := fmt.Sprintf("%s: %.2f %%", d, 100*(d.Ratio()-1))
	if v := Spread(d.Theirs); v > tooNoisy {
		t.Skipf("skipped, as the bare loop itself varied by %.0f %%: %s", 100*v, line)
	}
	t.Log(line)
	require.Less(t, d.Ratio(), 1.02, line)
}

func TestExponent(t *testing.T) {
	var linear, square, flat []Point
	for _, n := range []int{1, 10, 100} {
		linear = append(linear, Point{n, 3 * float64(n), 0})
		square = append(square, Point{n, 5 * float64(n) * float64(n), 0})
		flat = append(flat, Point{n, 7, 0})
	}
	require.InDelta(t, 1, Exponent(linear), 1e-9)
	require.InDelta(t, 2, Exponent(square), 1e-9)
	require.InDelta(t, 0, Exponent(flat), 1e-9)
	require.InDelta(t, 0.5, Spread([]float64{4, 3, 5, 4, 6, 4, 2, 4}), 0.26)
}
