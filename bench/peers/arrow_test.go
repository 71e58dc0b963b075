package peers

import (
	"context"
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench"
)

// arrowTarget is Cubeward against arrow-go's kernels, which work out the rows to keep (take, and) and keep them
// (filter). What they begin with, tables of the readable items, Cubeward must first make.
func arrowTarget() bench.Target {
	return bench.Target{
		Name: "mask 1 Mi rows by columns, against arrow-go's compute (take, and, filter)", AtMost: 1.0 / 8,
		Prepare: func(ctx context.Context, _ *bench.Stage) (bench.Pair, error) {
			q, err := ask(ctx, bench.Table{Rows: 1 << 20, Hidden: 10})
			if err != nil {
				return bench.Pair{}, err
			}
			us, err := cubeward(q)
			if err != nil {
				return bench.Pair{}, err
			}
			do := func(p *peer) func(context.Context) error {
				return func(context.Context) error { return p.do() }
			}
			return bench.Pair{Ours: do(us), Theirs: do(arrowFilter(ctx, q))}, nil
		},
	}
}

func TestGuardArrow(t *testing.T) {
	if !strings.Contains(flag.Lookup("test.run").Value.String(), "Guard") {
		t.Skip("guards need the machine for themselves: make guard")
	}
	arrowTarget().Guard(t)
}

// BenchmarkArrow is the target as a benchmark: x-theirs is our time as a multiple of theirs, in turns.
func BenchmarkArrow(b *testing.B) {
	b.Run("layout=columns/rows=1Mi/dims=3/factors=2/hidden=10", func(b *testing.B) {
		var all bench.Duel
		for b.Loop() {
			d, err := arrowTarget().Measure(b.Context())
			require.NoError(b, err)
			all.Ours, all.Theirs = slices.Concat(all.Ours, d.Ours), slices.Concat(all.Theirs, d.Theirs)
		}
		b.ReportMetric(all.Ratio(), "x-theirs")
		b.ReportMetric(100*bench.Spread(all.Theirs), "%spread")
	})
}
