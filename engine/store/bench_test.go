package store_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/store"
)

// sizes are the companies that the benchmarks keep, by name.
var sizes = []struct {
	name    string
	members int
}{{"1k", 1000}, {"10k", 10_000}, {"100k", 100_000}, {"1M", 1_000_000}}

// company is the compiled rights of a planning company, and its file.
func company(tb testing.TB, members int) (*engine.Rights, string) {
	tb.Helper()
	ws, err := bench.Company{Members: members}.Workspace()
	require.NoError(tb, err)
	r, err := engine.Compile(context.Background(), ws, engine.Options{})
	require.NoError(tb, err)
	path := filepath.Join(tb.TempDir(), "company.cwr")
	require.NoError(tb, os.WriteFile(path, written(tb, r, store.WriteOptions{}), 0o600))
	return r, path
}

// written is what Write writes.
func written(tb testing.TB, r *engine.Rights, opt store.WriteOptions) []byte {
	tb.Helper()
	var b bytes.Buffer
	require.NoError(tb, store.Write(context.Background(), &b, r, opt))
	return b.Bytes()
}

func eachSize(b *testing.B, run func(b *testing.B, members int)) {
	for _, s := range sizes {
		if s.members > 100_000 && testing.Short() {
			continue
		}
		b.Run("members="+s.name, func(b *testing.B) { run(b, s.members) })
	}
}

func BenchmarkWrite(b *testing.B) {
	eachSize(b, func(b *testing.B, members int) {
		r, path := company(b, members)
		info, err := os.Stat(path)
		require.NoError(b, err)
		b.ReportAllocs()
		for b.Loop() {
			require.NoError(b, store.Write(context.Background(), io.Discard, r, store.WriteOptions{}))
		}
		b.ReportMetric(float64(info.Size())/float64(members), "B/member")
	})
}

// BenchmarkOpen is from the file's path to rights that can be asked.
func BenchmarkOpen(b *testing.B) {
	eachSize(b, func(b *testing.B, members int) {
		_, path := company(b, members)
		b.ReportAllocs()
		for b.Loop() {
			_, f := opened(b, path)
			require.NoError(b, f.Close())
		}
	})
}

// BenchmarkFirstAnswer is from the file's path to one decision for a member who is named.
func BenchmarkFirstAnswer(b *testing.B) {
	eachSize(b, func(b *testing.B, members int) {
		r, path := company(b, members)
		name := r.Workspace().Users.Item(cube.ItemID(members / 2))
		b.ReportAllocs()
		for b.Loop() {
			got, f := opened(b, path)
			answer(b, got, name)
			require.NoError(b, f.Close())
		}
	})
}

func opened(tb testing.TB, path string) (*engine.Rights, *store.File) {
	f, err := store.Open(path, store.OpenOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	r, err := f.Rights(context.Background(), engine.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	return r, f
}

func answer(tb testing.TB, r *engine.Rights, name string) engine.Decision {
	m, err := r.Member(name)
	if err != nil {
		tb.Fatal(err)
	}
	ref, err := r.Find("Input 000", "")
	if err != nil {
		tb.Fatal(err)
	}
	v, err := m.Block(ref)
	if err != nil {
		tb.Fatal(err)
	}
	return v.Decide(1, 2, 3)
}
