package engine_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench"
	"github.com/cubeward/cubeward/bench/fewest"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
)

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// openAll opens each block for each member, and expands tables where asked to.
func openAll(t *testing.T, r *engine.Rights, refs []engine.Ref, tables bool) {
	t.Helper()
	for m := range r.Workspace().Users.Len() {
		for _, ref := range refs {
			v, err := r.MemberAt(cube.ItemID(m)).Block(ref)
			require.NoError(t, err)
			if tables {
				v.Tables(engine.Readable)
				v.Tables(engine.Unlocked)
			}
		}
	}
}

// What the caches say they hold is what they hold.
func TestCachesCountWhatTheyHold(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector takes memory of its own")
	}
	ws := crowd(t, 1500, 6)
	for _, tables := range []bool{false, true} {
		r, err := engine.Compile(t.Context(), ws, engine.Options{ViewBytes: 1 << 40, MemoBytes: 1 << 40})
		require.NoError(t, err)
		refs := audit.Blocks(ws)
		before, first := heap(), r.Stats()
		openAll(t, r, refs, tables)
		held := heap() - before
		s := r.Stats()
		said := s.Views.Bytes - first.Views.Bytes + s.Memo.Bytes - first.Memo.Bytes
		t.Logf("tables %t: %d views, said %d + %d bytes, held %d", tables, s.Views.Entries, s.Views.Bytes, s.Memo.Bytes, held)
		require.InEpsilon(t, held, said, 0.2)
		runtime.KeepAlive(r)
	}
}

// The cache never holds more than its budget, whatever is asked, and answers from what it holds.
func TestViewBudget(t *testing.T) {
	ws := crowd(t, 200, 6)
	refs := audit.Blocks(ws)
	whole, err := engine.Compile(t.Context(), ws, engine.Options{})
	require.NoError(t, err)
	openAll(t, whole, refs, true)
	all := whole.Stats().Views
	require.Equal(t, uint64(all.Entries), all.Misses)
	require.Zero(t, all.Evictions)
	openAll(t, whole, refs, true)
	again := whole.Stats().Views
	require.Equal(t, all.Misses, again.Misses)
	require.Equal(t, all.Hits+uint64(200*len(refs)), again.Hits)
	require.Equal(t, all.Bytes, again.Bytes)
	for _, budget := range []int64{1, 500, 5_000, 50_000, all.Bytes - 1, all.Bytes} {
		r, err := engine.Compile(t.Context(), ws, engine.Options{ViewBytes: budget})
		require.NoError(t, err)
		for m := range 200 {
			for _, ref := range refs {
				v, err := r.MemberAt(cube.ItemID(m)).Block(ref)
				require.NoError(t, err)
				v.Tables(engine.Readable)
				v.Tables(engine.Unlocked)
				s := r.Stats().Views
				require.LessOrEqual(t, s.Bytes, budget)
				require.Equal(t, s.Bytes == 0, s.Entries == 0)
			}
		}
		s := r.Stats().Views
		require.Equal(t, uint64(200*len(refs)), s.Hits+s.Misses)
		if budget >= 50_000 && budget < all.Bytes {
			require.NotZero(t, s.Evictions)
			require.Greater(t, s.Bytes, budget/2, "room is used")
		}
		if budget >= all.Bytes {
			require.Zero(t, s.Evictions)
		}
	}
}

// A view that is remembered costs the Member and the View, and nothing else.
func TestViewHitAllocates(t *testing.T) {
	ws := crowd(t, 20, 2)
	r, err := engine.Compile(t.Context(), ws, engine.Options{})
	require.NoError(t, err)
	ref, err := r.Find("M001", "")
	require.NoError(t, err)
	allocs := fewest.Allocations(100, func() {
		m, err := r.Member("m00007")
		if err == nil {
			_, err = m.Block(ref)
		}
		if err != nil {
			panic(err)
		}
	})
	require.LessOrEqual(t, allocs, 2.0)
}

// A view that is larger than the budget is not remembered, and throws nothing out.
func TestLargeViews(t *testing.T) {
	ws := crowd(t, 60_000, 2)
	r, err := engine.Compile(t.Context(), ws, engine.Options{ViewBytes: 6000})
	require.NoError(t, err)
	item := engine.Ref{App: ws.Applications[0], Block: ws.Applications[0].List("Role").ItemSet}
	large, err := r.Find("M001", "")
	require.NoError(t, err)
	for m := range 5 {
		_, err := r.MemberAt(cube.ItemID(m)).Block(item)
		require.NoError(t, err)
	}
	before := r.Stats().Views
	require.Equal(t, 5, before.Entries)
	v, err := r.MemberAt(9).Block(large)
	require.NoError(t, err)
	require.Equal(t, 6, r.Stats().Views.Entries)
	require.True(t, inTables(v, v.Tables(engine.Readable), []cube.ItemID{9}))
	after := r.Stats().Views
	require.Equal(t, 5, after.Entries, "the large one alone is gone")
	require.Equal(t, before.Bytes, after.Bytes)
	require.Equal(t, uint64(1), after.Evictions)
	require.True(t, v.Read(9))
	require.False(t, v.Read(8))
}

// The memo forgets all at once where it is full, and its budget holds.
func TestMemoBudget(t *testing.T) {
	ws, err := bench.Company{Members: 400, Kinds: 200, Depth: 12, Blocks: 52}.Workspace()
	require.NoError(t, err)
	refs := audit.Blocks(ws)
	calm, err := engine.Compile(t.Context(), ws, engine.Options{})
	require.NoError(t, err)
	openAll(t, calm, refs, false)
	all := calm.Stats().Memo
	require.Zero(t, all.Evictions)
	require.NotZero(t, all.Entries)
	r, err := engine.Compile(t.Context(), ws, engine.Options{MemoBytes: 200_000, ViewBytes: 1})
	require.NoError(t, err)
	for m := range ws.Users.Len() {
		for _, ref := range refs {
			v, err := r.MemberAt(cube.ItemID(m)).Block(ref)
			require.NoError(t, err)
			other, err := calm.MemberAt(cube.ItemID(m)).Block(ref)
			require.NoError(t, err)
			require.Equal(t, other.Tables(engine.Unlocked), v.Tables(engine.Unlocked))
		}
		s := r.Stats().Memo
		require.LessOrEqual(t, s.Bytes, s.Budget)
	}
	require.NotZero(t, r.Stats().Memo.Evictions)
	require.Greater(t, all.Bytes, int64(200_000))
}
