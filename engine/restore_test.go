package engine_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/inherit"
)

// roundTrip is rights made from a snapshot, in the same workspace.
func roundTrip(t testing.TB, r *engine.Rights) *engine.Rights {
	t.Helper()
	s, err := r.Snapshot()
	require.NoError(t, err)
	out, err := engine.Restore(context.Background(), r.Workspace(), s, engine.Options{})
	require.NoError(t, err)
	return out
}

func TestRestore(t *testing.T) {
	r := company(t, 300)
	got := roundTrip(t, r)
	require.Equal(t, r.Groups(), got.Groups())
	for _, b := range r.Workspace().Applications[0].Metrics {
		ref := engine.Ref{App: b.App, Block: b}
		for m := cube.ItemID(0); m < 300; m += 37 {
			want, err := r.MemberAt(m).Block(ref)
			require.NoError(t, err)
			v, err := got.MemberAt(m).Block(ref)
			require.NoError(t, err)
			require.Equal(t, want.Tables(engine.Readable), v.Tables(engine.Readable), "%s", b)
			require.Equal(t, want.Tables(engine.Writable), v.Tables(engine.Writable), "%s", b)
		}
	}
	_, err := got.Update(context.Background(), setRole("", r.Workspace().Users.Item(1), "Modeler"))
	var missing *engine.NotHeldError
	require.ErrorAs(t, err, &missing)
	for _, b := range r.Workspace().Blocks() {
		if b.Kind == cube.ItemSet {
			continue
		}
		want, err := r.Values(context.Background(), b)
		require.NoError(t, err)
		col, err := got.Values(context.Background(), b)
		if errors.As(err, &missing) {
			require.Equal(t, "values", missing.What) // of the block, or of one that it reads
			continue
		}
		require.NoError(t, err)
		require.Equal(t, want.Value(0), col.Value(0))
	}
}

// Restored rights count what is read of them, which Load makes all.
func TestLoad(t *testing.T) {
	r := company(t, 300)
	got := roundTrip(t, r)
	require.Zero(t, got.Stats().Sets)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, got.Load(cancelled), context.Canceled)
	require.NoError(t, got.Load(t.Context()))
	require.Equal(t, r.Stats().Sets, got.Stats().Sets)
	require.Equal(t, r.Stats().Kinds, got.Stats().Kinds)
	require.NoError(t, r.Load(cancelled), "compiled rights have all")
}

// A snapshot that rights cannot have is refused, at once or when the part is asked for; nothing it says is an answer.
func TestRestoreRefuses(t *testing.T) {
	r := company(t, 40)
	boom := errors.New("boom")
	blamed := 0
	for what, change := range map[string]func(*engine.Snapshot){
		"members":        func(s *engine.Snapshot) { s.Of = s.Of[1:] },
		"profile number": func(s *engine.Snapshot) { s.Of[3] = int32(s.Profiles) },
		"negative":       func(s *engine.Snapshot) { s.Of[3] = -2 },
		"profiles":       func(s *engine.Snapshot) { s.Profiles++ },
		"many profiles":  func(s *engine.Snapshot) { s.Profiles = 1 << 30 },
		"roles":          func(s *engine.Snapshot) { s.Of = make([]int32, len(s.Of)); s.Profiles = 1 },
		"metrics":        func(s *engine.Snapshot) { s.Metrics = s.Metrics[1:] },
		"metric twice":   func(s *engine.Snapshot) { s.Metrics[0] = s.Metrics[1] },
		"no metric":      func(s *engine.Snapshot) { s.Metrics[0] = r.Workspace().Blocks()[0] },
		"nil":            func(s *engine.Snapshot) { s.Metrics[0] = nil },
		"kept twice":     func(s *engine.Snapshot) { s.Left = append(s.Left, s.Left[0]) },
		"kept nothing":   func(s *engine.Snapshot) { s.Left = append(s.Left, nil) },
		"profile":        func(s *engine.Snapshot) { s.Profile = func(int) ([]uint32, error) { return nil, boom } },
		"short profile":  func(s *engine.Snapshot) { s.Profile = func(int) ([]uint32, error) { return make([]uint32, 3), nil } },
		"set number":     func(s *engine.Snapshot) { s.Sets = 1 },
		"set":            func(s *engine.Snapshot) { s.Set = func(int) ([]byte, error) { return nil, boom } },
		"no set":         func(s *engine.Snapshot) { s.Set = func(int) ([]byte, error) { return []byte("set"), nil } },
		"mapping":        func(s *engine.Snapshot) { s.Mapping = func(inherit.ExprID) ([]int32, error) { return nil, boom } },
		"short mapping":  func(s *engine.Snapshot) { s.Mapping = func(inherit.ExprID) ([]int32, error) { return []int32{0}, nil } },
		"mapping of item": func(s *engine.Snapshot) {
			get := s.Mapping
			s.Mapping = func(id inherit.ExprID) ([]int32, error) {
				items, err := get(id)
				items = slices.Clone(items)
				items[len(items)-1] = 1 << 20
				return items, err
			}
		},
	} {
		s, err := r.Snapshot()
		require.NoError(t, err)
		s.Of, s.Metrics, s.Left = slices.Clone(s.Of), slices.Clone(s.Metrics), slices.Clone(s.Left)
		s.Blame = func(_ engine.Part, _ int, err error) error {
			blamed++
			return err
		}
		change(&s)
		got, err := engine.Restore(context.Background(), r.Workspace(), s, engine.Options{})
		if err != nil {
			continue
		}
		refused := false
		for m := range cube.ItemID(40) {
			for _, b := range r.Workspace().Blocks() {
				if _, err := got.MemberAt(m).Block(engine.Ref{App: r.Workspace().Applications[0], Block: b}); err != nil {
					refused = true
				}
			}
		}
		require.True(t, refused, what)
		_, err = got.Snapshot()
		require.Error(t, err, what)
	}
	require.Greater(t, blamed, 10)
}
