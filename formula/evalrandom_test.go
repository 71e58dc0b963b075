package formula

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
)

func evaluatorOf(values map[*cube.Block]*cube.Column) *Evaluator {
	return NewEvaluator(func(_ context.Context, b *cube.Block) (*cube.Column, error) { return values[b], nil }, EvalOptions{})
}

// randomTuning makes small spaces go every way that large ones can go.
func randomTuning(rng *rand.Rand) tuning {
	return tuning{
		block:       []int{1, 3, 7, 4096}[rng.IntN(4)],
		sparseShare: []float64{0.1, 0.25, 1, 10}[rng.IntN(4)],
		joinFrom:    []uint64{0, 1 << 10}[rng.IntN(2)],
		joinShare:   0,
		thinFrom:    []uint64{0, 1 << 16}[rng.IntN(2)],
		thinShare:   1,
	}
}

// cellsOf counts the cells that a twin looks at.
func cellsOf(e *Expr) float64 {
	n := 0.0
	for _, a := range e.Args {
		n += cellsOf(a)
	}
	own := 1.0
	switch e.Op {
	case OpRemove, OpAggregate:
		own = cellCount(e.Lists)
	case OpCumulate:
		own = cellCount([]*cube.List{e.List})
	}
	return max(1, own*n)
}

func TestEvalMatchesTwin(t *testing.T) {
	ops := map[Op]int{}
	forms := map[cube.Form]int{}
	trees, first := 30000, 0
	if testing.Short() {
		trees = 3000
	}
	for i := range trees {
		seed := i + first
		rng := rand.New(rand.NewPCG(uint64(seed), 1))
		sizes := make([]int, 2+rng.IntN(3))
		for i := range sizes {
			sizes[i] = []int{0, 1, 2, 2, 3, 3, 4, 5}[rng.IntN(8)]
		}
		w := newEvalWorld(rng, sizes...)
		e := w.expr(w.anyType(), 1+rng.IntN(4))
		if cellsOf(e)*cellCount(e.Dims) > 1e5 {
			continue
		}
		ev := evaluatorOf(w.values)
		ev.tuning = randomTuning(rng)
		got, err := ev.Eval(context.Background(), e)
		require.NoError(t, err, "seed %d", seed)
		requireTwin(t, fmt.Sprintf("seed %d", seed), twin{w.values}, e, got)
		forms[got.Form()]++
		for x := range allExprs(e) {
			ops[x.Op]++
		}
	}
	for op := OpConst; op <= OpSpread; op++ {
		require.Greater(t, ops[op], trees/1000, "operation %d is hardly tested", op)
	}
	for _, f := range []cube.Form{cube.Constant, cube.Dense, cube.Sparse} {
		require.Greater(t, forms[f], trees/100, "form %d", f)
	}
}

// With larger lists and nothing but the usual knobs.
func TestEvalMatchesTwinAtSize(t *testing.T) {
	trees := 150
	if testing.Short() {
		trees = 30
	}
	forms := map[cube.Form]int{}
	for seed := range trees {
		rng := rand.New(rand.NewPCG(uint64(seed), 11))
		w := newEvalWorld(rng, 20+rng.IntN(60), 20+rng.IntN(60), 20+rng.IntN(60))
		var e *Expr
		for e == nil || cellsOf(e) > 1e4 || cellCount(e.Dims) < 1e4 {
			e = w.expr(w.anyType(), 2+rng.IntN(4))
		}
		got, err := evaluatorOf(w.values).Eval(context.Background(), e)
		require.NoError(t, err, "seed %d", seed)
		requireSoundColumn(t, "", got)
		forms[got.Form()]++
		items := make([]cube.ItemID, len(e.Dims))
		for i := range 100 {
			cell := rng.Uint64N(got.Space().Len())
			if i%2 == 0 && len(got.Cells()) > 0 {
				cell = got.Cells()[rng.IntN(len(got.Cells()))]
			}
			got.Space().At(cell, items)
			where := place{}
			for k, d := range e.Dims {
				where[d] = items[k]
			}
			want, have := twin{w.values}.at(e, where), got.Value(cell)
			if want.Kind() == cube.Number && have.Kind() == cube.Number && near(want.Float(), have.Float()) {
				continue
			}
			require.Equal(t, want, have, "seed %d, cell %d, %s", seed, cell, describeExpr(e))
		}
	}
	require.Len(t, forms, 3)
}

func allExprs(e *Expr) map[*Expr]bool {
	all := map[*Expr]bool{}
	var visit func(e *Expr)
	visit = func(e *Expr) {
		if !all[e] {
			all[e] = true
			for _, a := range e.Args {
				visit(a)
			}
		}
	}
	visit(e)
	return all
}

// requireTwin requires that a column is what the twin makes of e, and sound.
func requireTwin(t *testing.T, name string, tw twin, e *Expr, got *cube.Column) {
	t.Helper()
	require.Equal(t, e.Type, got.Type(), name)
	require.Equal(t, len(e.Dims), len(got.Space().Dims()), name)
	for i, d := range e.Dims {
		require.Same(t, d, got.Space().Dims()[i], name)
	}
	requireSoundColumn(t, name, got)
	for cell, want := range tw.column(e) {
		have := got.Value(uint64(cell))
		if want == have || want.Kind() == cube.Number && have.Kind() == cube.Number && near(want.Float(), have.Float()) {
			continue
		}
		require.Equal(t, want, have, "%s, cell %d, %s", name, cell, describeExpr(e))
	}
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a)) }

// requireSoundColumn requires what readers of columns rely on: sorted cells, no BLANK among them, distinct texts, no
// infinite number, no negative zero.
func requireSoundColumn(t *testing.T, name string, c *cube.Column) {
	t.Helper()
	v := c.Vector()
	for i, cell := range c.Cells() {
		require.Less(t, cell, c.Space().Len(), name)
		require.False(t, v.Blank(i), name)
		if i > 0 {
			require.Less(t, c.Cells()[i-1], cell, name)
		}
	}
	for _, x := range v.Numbers {
		require.False(t, math.IsInf(x, 0) || x == 0 && math.Signbit(x), name)
	}
	require.Len(t, codesOf(v.Dict), len(v.Dict), name)
	n := map[cube.Form]int{cube.Constant: 1, cube.Dense: int(c.Space().Len()), cube.Sparse: len(c.Cells())}[c.Form()]
	require.Equal(t, n, v.N, name)
}

func describeExpr(e *Expr) string {
	s := fmt.Sprintf("op%d", e.Op)
	switch {
	case e.Op == OpConst:
		return fmt.Sprintf("%v", e.Value)
	case e.Block != nil:
		s += ":" + e.Block.Label()
	case e.List != nil:
		s += ":" + e.List.Name
	}
	if len(e.Args) > 0 {
		s += "("
		for i, a := range e.Args {
			if i > 0 {
				s += ", "
			}
			s += describeExpr(a)
		}
		s += ")"
	}
	return s
}
