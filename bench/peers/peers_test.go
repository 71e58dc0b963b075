package peers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench"
)

// maskers are the peers that mask whole tables, deciders those that are asked for each cell.
func maskers(ctx context.Context, tb testing.TB, q *question) []*peer {
	us, err := cubeward(q)
	require.NoError(tb, err)
	return []*peer{us, goMaps(q), roarings(q), arrowCompute(ctx, q), arrowFilter(ctx, q)}
}

func deciders(tb testing.TB, q *question) []*peer {
	c, err := casbins(q)
	require.NoError(tb, err)
	d, err := cedars(q)
	require.NoError(tb, err)
	return []*peer{cubewardDecide(q), c, d}
}

// withPostgres starts a server for a test, and skips where there is none.
func withPostgres(tb testing.TB, q *question) *peer {
	s, err := startPostgres(tb.Context())
	if errors.Is(err, errNoPostgres) {
		tb.Skip(err)
	}
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.stop()) })
	p, err := postgresRows(tb.Context(), s, q)
	require.NoError(tb, err)
	return p
}

func agree(t *testing.T, q *question, p *peer) {
	t.Helper()
	require.NoError(t, p.do())
	want := q.readable()
	require.True(t, slices.Contains(want, true) && slices.Contains(want, false), "the question has only one answer")
	got := p.readable()
	require.Len(t, got, len(want))
	for r := range want {
		require.Equal(t, want[r], got[r], "%s, row %d", p.name, r)
	}
}

// Every peer gives the same answer for each cell.
func TestPeersAgree(t *testing.T) {
	for _, table := range []bench.Table{{Rows: 3000, Hidden: 10}, {Rows: 3000, Hidden: 60, Factors: 3, Seed: 5}} {
		q, err := ask(t.Context(), table)
		require.NoError(t, err)
		for _, p := range maskers(t.Context(), t, q) {
			agree(t, q, p)
		}
		few, err := ask(t.Context(), bench.Table{Rows: 200, Hidden: table.Hidden, Factors: table.Factors, Seed: table.Seed})
		require.NoError(t, err)
		for _, p := range deciders(t, few) {
			agree(t, few, p)
		}
	}
}

func TestPostgresAgrees(t *testing.T) {
	q, err := ask(t.Context(), bench.Table{Rows: 3000, Hidden: 10})
	require.NoError(t, err)
	agree(t, q, withPostgres(t, q))
}

func run(b *testing.B, p *peer) {
	require.NoError(b, p.do())
	b.ReportAllocs()
	for b.Loop() {
		if err := p.do(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(p.rows), "ns/cell")
}

func BenchmarkMask(b *testing.B) {
	q, err := ask(b.Context(), bench.Table{Rows: 1 << 20, Hidden: 10})
	require.NoError(b, err)
	for _, p := range maskers(b.Context(), b, q) {
		b.Run(fmt.Sprintf("layout=columns/rows=1Mi/dims=3/factors=2/hidden=10/peer=%s", p.name), func(b *testing.B) { run(b, p) })
	}
	b.Run("layout=columns/rows=64Ki/dims=3/factors=2/hidden=10", func(b *testing.B) {
		q, err := ask(b.Context(), bench.Table{Rows: 1 << 16, Hidden: 10})
		require.NoError(b, err)
		us, err := cubeward(q)
		require.NoError(b, err)
		b.Run("peer=cubeward", func(b *testing.B) { run(b, us) })
		b.Run("peer=postgres", func(b *testing.B) { run(b, withPostgres(b, q)) })
	})
}

func BenchmarkDecide(b *testing.B) {
	q, err := ask(b.Context(), bench.Table{Rows: 200, Hidden: 10})
	require.NoError(b, err)
	for _, p := range deciders(b, q) {
		b.Run(fmt.Sprintf("cells=200/peer=%s", p.name), func(b *testing.B) { run(b, p) })
	}
}
