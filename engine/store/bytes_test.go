package store_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
	"github.com/cubeward/cubeward/engine/enginetest"
	"github.com/cubeward/cubeward/engine/store"
)

// same says where two files differ, and prints neither.
func same(t *testing.T, want, got []byte, format string, args ...any) {
	t.Helper()
	if bytes.Equal(want, got) {
		return
	}
	i := 0
	for i < len(want) && i < len(got) && want[i] == got[i] {
		i++
	}
	t.Errorf(format+": %d and %d bytes, other ones from byte %d on", append(args, len(want), len(got), i)...)
}

// The bytes are the same for any number of workers, after whatever was asked, for a model that was loaded anew, and for
// rights that came from a file.
func TestBytesFollowTheModelAlone(t *testing.T) {
	ctx := context.Background()
	for seed := range models(t, 40) {
		dir, moved := folder(t, seed+1), folder(t, seed+1)
		r, again := compiled(t, dir), compiled(t, dir)
		want := written(t, r, store.WriteOptions{})
		for _, workers := range []int{1, 3, 8} {
			other, err := engine.Compile(ctx, again.Workspace(), engine.Options{Workers: workers})
			require.NoError(t, err)
			require.NoError(t, audit.Summarize(ctx, other, nil, nil, func(audit.Row) error { return nil }))
			same(t, want, written(t, other, store.WriteOptions{}), "seed %d, %d workers", seed+1, workers)
		}
		same(t, want, written(t, reopened(t, r), store.WriteOptions{}), "seed %d", seed+1)
		same(t, written(t, r, store.WriteOptions{Folder: dir}), written(t, compiled(t, moved), store.WriteOptions{Folder: moved + "/"}), "seed %d", seed+1)
	}
}

// A generation that changes made is written as the model that it is now, and answers from its file as that model does.
func TestBytesOfUpdatedRights(t *testing.T) {
	ctx := context.Background()
	made := 0
	for seed := range models(t, 25) {
		r := generated(t, seed+1)
		random := rand.New(rand.NewPCG(seed, 5))
		for step := range 5 {
			now, err := r.Current()
			require.NoError(t, err)
			next, err := r.Update(ctx, enginetest.RandomChanges(random, now, 2)...)
			if err != nil {
				var mistakes cube.Errors
				require.ErrorAs(t, err, &mistakes)
				continue
			}
			made++
			now, err = next.Current()
			require.NoError(t, err)
			anew, err := engine.Compile(ctx, now, engine.Options{})
			require.NoError(t, err)
			same(t, written(t, anew, store.WriteOptions{}), written(t, next, store.WriteOptions{}), "seed %d, step %d", seed+1, step)
			if step == 3 {
				differences, _, err := enginetest.CompareModel(now, reopened(t, next))
				require.NoError(t, err)
				require.Empty(t, differences)
			}
			r = next
		}
	}
	require.Positive(t, made)
}

// shardsOf are rights of a workspace in n files.
func shardsOf(t *testing.T, ws *cube.Workspace, n int, inputs ...store.Input) []*store.File {
	t.Helper()
	var out []*store.File
	for i := range n {
		r, err := engine.Compile(context.Background(), ws, engine.Options{Members: store.ShardMembers(i+1, n, ws.Users.Len())})
		require.NoError(t, err)
		f := file(t, written(t, r, store.WriteOptions{Shard: i + 1, Shards: n, Inputs: inputs}))
		shard, of := f.Shard()
		require.Equal(t, []int{i + 1, n}, []int{shard, of})
		out = append(out, f)
	}
	return out
}

func merged(t *testing.T, shards ...*store.File) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, store.Merge(context.Background(), &b, shards...))
	return b.Bytes()
}

// Merged shards are the bytes of one run, however many they are and in whatever order they come.
func TestMergeIsOneRun(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for seed := range models(t, 40) {
		r := generated(t, seed+1)
		want := written(t, r, store.WriteOptions{})
		for _, n := range []int{1, 2, 3, 40} {
			shards := shardsOf(t, r.Workspace(), n)
			random.Shuffle(n, func(i, j int) { shards[i], shards[j] = shards[j], shards[i] })
			same(t, want, merged(t, shards...), "seed %d, %d shards", seed+1, n)
		}
	}
	ws, err := bench.Company{Members: 3000}.Workspace()
	require.NoError(t, err)
	r, err := engine.Compile(context.Background(), ws, engine.Options{})
	require.NoError(t, err)
	same(t, written(t, r, store.WriteOptions{}), merged(t, shardsOf(t, ws, 7)...), "company")
}

func TestMergeRefuses(t *testing.T) {
	ws := generated(t, 7).Workspace()
	shards := shardsOf(t, ws, 3)
	whole := file(t, written(t, compiled(t, example), store.WriteOptions{}))
	other := shardsOf(t, generated(t, 8).Workspace(), 3)
	inputs := shardsOf(t, ws, 3, store.Input{Path: "model.yaml", Size: 3})
	for text, files := range map[string][]*store.File{
		"nothing to merge":        {},
		"shard 2 of 3 is missing": {shards[0], shards[2]},
		"stands twice":            {shards[0], shards[1], shards[1]},
		"is no shard":             {whole},
		"file 2 is no shard":      {shards[0], whole, shards[1]},
		"of 2, others are of 3":   {shards[0], shards[1], shardsOf(t, ws, 2)[1]},
		"4 files for 3 shards":    {shards[0], shards[1], shards[2], shards[0]},
		"of another model":        {shards[0], shards[1], other[2]},
		"inputs differ":           {shards[0], inputs[1], shards[2]},
	} {
		var b bytes.Buffer
		err := store.Merge(context.Background(), &b, files...)
		var refused *store.MergeError
		require.ErrorAs(t, err, &refused, text)
		require.ErrorContains(t, err, text)
		require.Zero(t, b.Len(), text)
	}
}

func TestShardMembers(t *testing.T) {
	for _, members := range []int{0, 1, 2, 10, 11, 12} {
		for _, n := range []int{1, 2, 3, 11} {
			var all []cube.ItemID
			for i := range n {
				part := store.ShardMembers(i+1, n, members)
				require.NotNil(t, part) // nil would mean everyone
				require.InDelta(t, float64(members)/float64(n), len(part), 1)
				all = append(all, part...)
			}
			require.Len(t, all, members)
			require.True(t, slices.IsSorted(all))
		}
	}
	require.Panics(t, func() { store.ShardMembers(0, 1, 1) })
	require.Panics(t, func() { store.ShardMembers(3, 2, 1) })
}

// A file of some members tells their rights, and is no answer about others.
func TestFilesOfSomeMembers(t *testing.T) {
	ctx := context.Background()
	whole := compiled(t, example)
	ws := whole.Workspace()
	some := []cube.ItemID{1, 3}
	part, err := engine.Compile(ctx, ws, engine.Options{Members: some})
	require.NoError(t, err)
	f := file(t, written(t, part, store.WriteOptions{}))
	held, all := f.Members()
	require.Equal(t, []int{2, ws.Users.Len()}, []int{held, all})
	r, err := f.Rights(ctx, engine.Options{})
	require.NoError(t, err)
	narrower, err := file(t, written(t, whole, store.WriteOptions{})).Rights(ctx, engine.Options{Members: some})
	require.NoError(t, err)
	for _, r := range []*engine.Rights{part, r, narrower} {
		var missing *engine.NotHeldError
		require.ErrorAs(t, r.Complete(), &missing)
		_, err = audit.Who(ctx, r, audit.Blocks(r.Workspace())[0], make([]cube.ItemID, len(audit.Blocks(r.Workspace())[0].Block.Dims)))
		require.ErrorAs(t, err, &missing)
		require.ErrorAs(t, audit.Summarize(ctx, r, nil, nil, nil), &missing)
		for m := range cube.ItemID(ws.Users.Len()) {
			name := ws.Users.Item(m)
			got, err := r.Member(name)
			ref := engine.Ref{App: r.Workspace().Applications[0], Block: r.Workspace().Applications[0].Metrics[0]}
			if !slices.Contains(some, m) {
				require.ErrorAs(t, err, &missing)
				require.Equal(t, name, missing.Name)
				_, err := r.MemberAt(m).Block(ref)
				require.ErrorAs(t, err, &missing)
				continue
			}
			require.NoError(t, err)
			v, err := got.Block(ref)
			require.NoError(t, err)
			want, err := whole.MemberAt(m).Block(engine.Ref{App: ws.Applications[0], Block: ws.Applications[0].Metrics[0]})
			require.NoError(t, err)
			require.Equal(t, want.Tables(engine.Readable), v.Tables(engine.Readable))
			require.Equal(t, want.Tables(engine.Writable), v.Tables(engine.Writable))
		}
	}
	var refused *store.MergeError
	require.ErrorAs(t, store.Merge(ctx, &bytes.Buffer{}, f), &refused)
	require.Error(t, store.Write(ctx, &bytes.Buffer{}, part, store.WriteOptions{Shard: 1, Shards: 2}))
	require.Error(t, store.Write(ctx, &bytes.Buffer{}, whole, store.WriteOptions{Shard: 3, Shards: 2}))
	_, err = engine.Compile(ctx, ws, engine.Options{Members: []cube.ItemID{-1}})
	require.Error(t, err)
}

func TestInputs(t *testing.T) {
	in := []store.Input{{Path: "b.csv", Size: 12, SHA256: [32]byte{1, 2}}, {Path: "a/model.yaml"}}
	f := file(t, written(t, compiled(t, example), store.WriteOptions{Inputs: in}))
	require.Equal(t, []store.Input{in[1], in[0]}, f.Inputs())
	require.True(t, f.Current())
	require.NoError(t, f.Verify(context.Background()))
	require.Error(t, store.Write(context.Background(), &bytes.Buffer{}, compiled(t, example), store.WriteOptions{Inputs: []store.Input{in[0], in[0]}}))
}

// Many goroutines ask one file at once, which reads its parts as they ask.
func TestAskedByMany(t *testing.T) {
	r := generated(t, 11)
	want, _ := answers(t, r)
	got := reopened(t, r)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for m := range cube.ItemID(got.Workspace().Users.Len()) {
				for _, ref := range audit.Blocks(got.Workspace()) {
					v, err := got.MemberAt(m).Block(ref)
					if err != nil {
						t.Error(err)
						return
					}
					v.Tables(engine.Readable)
					if _, err := v.Trace(context.Background()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	again, _ := answers(t, got)
	require.Equal(t, want, again)
}
