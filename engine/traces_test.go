package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/enginetest"
	"github.com/cubeward/cubeward/inherit"
)

// Traces that share what they follow say what each says by itself, for all members and blocks in any order, also while the
// memo is emptied again and again.
func TestTracesShareWhatTheyFollow(t *testing.T) {
	ctx, factors, cut := context.Background(), 0, 0
	for seed := range uint64(60) {
		dir := t.TempDir()
		require.NoError(t, enginetest.Generate(seed+15000, enginetest.Medium()).Write(dir))
		ws, err := modelfile.Load(dir, modelfile.Options{})
		require.NoError(t, err)
		opt := engine.Options{}
		if seed%2 > 0 {
			opt.MemoBytes = 1
		}
		r, err := engine.Compile(ctx, ws, opt)
		require.NoError(t, err)
		traces, random := r.Traces(), rand.New(rand.NewPCG(seed, 1))
		for range 40 {
			b := ws.Blocks()[random.IntN(len(ws.Blocks()))]
			v, err := r.MemberAt(cube.ItemID(random.IntN(ws.Users.Len()))).Block(refOf(ws, b))
			require.NoError(t, err)
			alone, err := v.Trace(ctx)
			require.NoError(t, err)
			shared, err := traces.Of(ctx, v)
			require.NoError(t, err)
			want, got := saying(alone, b), saying(shared, b)
			require.Equal(t, want, got, "seed %d, %s", seed, b)
			factors += len(want)
			for _, f := range alone.Factors {
				if f.Cut != inherit.NotCut {
					cut++
				}
			}
		}
	}
	require.Greater(t, factors, 1000)
	require.Greater(t, cut, 50)
}

// refOf names a block, in its application or the first.
func refOf(ws *cube.Workspace, b *cube.Block) engine.Ref {
	if b.App == nil {
		return engine.Ref{App: ws.Applications[0], Block: b}
	}
	return engine.Ref{App: b.App, Block: b}
}

// saying is all that a trace says of its factors, a line each, in an order of its own.
func saying(t *engine.Trace, b *cube.Block) []string {
	var out []string
	for i, f := range t.Factors {
		set, _ := t.Set(i)
		ways, all := t.Ways(i, 50)
		supposed := t.Suppose(i, holding(t, i), false, nil)
		out = append(out, fmt.Sprint(f.Source, f.Kind, f.Rules, f.Via, f.Cut, f.CutAt, t.Category(i), t.Origin(i), t.Over(i), set.Words(),
			len(ways), all, supposed.Words(), b))
	}
	slices.Sort(out)
	return out
}

// holding is all that the metric of factor i does not hold, to suppose that it did.
func holding(t *engine.Trace, i int) bitmap.Set {
	if len(t.Factors[i].Rules) == 0 {
		return bitmap.Set{}
	}
	_, set, _ := t.Holding(i)
	words := set.Words()
	for k := range words {
		words[k] = ^words[k]
	}
	if left := set.Cells() % 64; left > 0 {
		words[len(words)-1] &= 1<<left - 1
	}
	pool := bitmap.NewPool()
	return pool.Set(pool.FromWords(words, set.Cells()), set.Cells())
}

// What is taken to lie on a way is what does, of the nodes that a factor's own read.
func TestReachingIsLyingOnAWay(t *testing.T) {
	ctx, seen := context.Background(), 0
	for seed := range uint64(60) {
		dir := t.TempDir()
		require.NoError(t, enginetest.Generate(seed+15500, enginetest.Medium()).Write(dir))
		ws, err := modelfile.Load(dir, modelfile.Options{})
		require.NoError(t, err)
		r, err := engine.Compile(ctx, ws, engine.Options{})
		require.NoError(t, err)
		traces := r.Traces()
		for _, b := range ws.Blocks() {
			v, err := r.MemberAt(0).Block(refOf(ws, b))
			require.NoError(t, err)
			trace, err := traces.Of(ctx, v)
			require.NoError(t, err)
			for i, f := range trace.Factors {
				reaching, known := trace.Reaching(i), map[inherit.NodeID]bool{}
				var lies func(id inherit.NodeID) bool
				lies = func(id inherit.NodeID) bool {
					if id == f.At {
						return true
					}
					is, ok := known[id]
					if !ok {
						is = slices.ContainsFunc(trace.Plan().Node(id).Inputs, lies)
						known[id] = is
					}
					return is
				}
				require.True(t, lies(f.Over))
				for id := range known {
					if !known[id] {
						continue
					}
					for _, in := range trace.Plan().Node(id).Inputs {
						require.Equal(t, lies(in), reaching(in), "seed %d, %s, factor %d, node %d of %d", seed, b, i, in, id)
						seen++
					}
				}
			}
		}
	}
	require.Greater(t, seen, 10_000)
}
