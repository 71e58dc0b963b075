package engine_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
)

// What a company was made with is what its rights count.
func TestStats(t *testing.T) {
	ws, err := bench.Company{Members: 2000, Kinds: 60}.Workspace()
	require.NoError(t, err)
	r, err := engine.Compile(t.Context(), ws, engine.Options{ViewBytes: 1 << 20, MemoBytes: 1 << 21})
	require.NoError(t, err)
	s := r.Stats()
	require.Equal(t, []int{2000, 1, 60, len(r.Groups()), r.Plan().Len(), r.Plan().Exprs()},
		[]int{s.Members, s.Applications, s.Profiles, s.Profiles, s.Nodes, s.Mappings})
	require.Len(t, s.Kinds, 20)
	most := 0
	for _, k := range s.Kinds {
		require.LessOrEqual(t, k.Kinds, 60)
		require.Positive(t, k.Kinds)
		most = max(most, k.Kinds)
	}
	require.Greater(t, most, 50, "what is drawn for each kind is distinct")
	require.Positive(t, s.Sets)
	require.Equal(t, engine.CacheStats{Budget: 1 << 20}, s.Views)
	require.Equal(t, int64(1<<21), s.Memo.Budget)
	for _, part := range []int64{s.Bytes.Sets, s.Bytes.Profiles, s.Bytes.Plan, s.Bytes.Mappings, s.Bytes.Inputs, s.Bytes.Names} {
		require.Positive(t, part)
	}
	names := int64(0)
	for _, l := range ws.Lists() {
		for _, name := range l.Items() {
			names += int64(len(name))
		}
	}
	require.Greater(t, s.Bytes.Names, names)
	ref := audit.Blocks(ws)[5]
	for range 3 {
		_, err := r.MemberAt(7).Block(ref)
		require.NoError(t, err)
	}
	after := r.Stats()
	require.Equal(t, []uint64{2, 1, 0, 1}, []uint64{after.Views.Hits, after.Views.Misses, after.Views.Evictions, uint64(after.Views.Entries)})
	require.Equal(t, after.Views.Bytes, after.Bytes.Views)
	require.Equal(t, s.Sets, after.Sets, "views leave the metrics' sets alone")
	m, err := r.Find("Level 01.000", "")
	require.NoError(t, err)
	_, err = r.Values(t.Context(), m.Block)
	require.NoError(t, err)
	require.Greater(t, r.Stats().Bytes.Values, after.Bytes.Values)
}

// The keys of the JSON form are part of the interface.
func TestStatsKeys(t *testing.T) {
	text, err := json.Marshal(newPair(t).compile(t).Stats())
	require.NoError(t, err)
	var got map[string]any
	require.NoError(t, json.Unmarshal(text, &got))
	keys := func(v any) (out []string) {
		for k := range v.(map[string]any) {
			out = append(out, k)
		}
		return out
	}
	require.ElementsMatch(t, []string{"members", "applications", "profiles", "kinds", "nodes", "mappings", "sets", "bytes", "views", "memo"}, keys(got))
	require.ElementsMatch(t, []string{"sets", "profiles", "plan", "mappings", "values", "views", "memo", "inputs", "names"}, keys(got["bytes"]))
	for _, cache := range []string{"views", "memo"} {
		require.ElementsMatch(t, []string{"hits", "misses", "evictions", "entries", "bytes", "budget"}, keys(got[cache]))
	}
	require.ElementsMatch(t, []string{"metric", "kinds"}, keys(got["kinds"].([]any)[0]))
}
