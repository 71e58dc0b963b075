package enginetest

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/store"
)

// filed is rights as a rights file holds them, opened again, and the file.
func filed(ctx context.Context, r *engine.Rights, opt store.WriteOptions) (*engine.Rights, []byte, error) {
	var out bytes.Buffer
	if err := store.Write(ctx, &out, r, opt); err != nil {
		return nil, nil, err
	}
	f, err := store.New(bytes.NewReader(out.Bytes()), int64(out.Len()), store.OpenOptions{})
	if err != nil {
		return nil, nil, err
	}
	got, err := f.Rights(ctx, engine.Options{})
	return got, out.Bytes(), err
}

// fileTally is what was compared.
type fileTally struct{ lines, values, held, updates int }

// throughFile compares what a generated model answers with what its rights file does, as it is, in shards, and after
// changes. It returns what differs, "" where nothing does.
func throughFile(ctx context.Context, seed uint64) (tally fileTally, differs string, err error) {
	dir, err := os.MkdirTemp("", "model")
	if err != nil {
		return tally, "", err
	}
	defer os.RemoveAll(dir)
	if err := Generate(seed, sizeOf(seed)).Write(dir); err != nil {
		return tally, "", err
	}
	ws, err := modelfile.Load(dir, modelfile.Options{})
	if err != nil {
		return tally, "", err
	}
	r, err := engine.Compile(ctx, ws, engine.Options{})
	if err != nil {
		return tally, "", err
	}
	whole, differs, err := tally.same(ctx, r, seed)
	if err != nil || differs != "" {
		return tally, "of the model: " + differs, err
	}
	if seed%2 == 0 {
		if differs, err := shards(ctx, ws, whole, seed); err != nil || differs != "" {
			return tally, "in shards: " + differs, err
		}
	}
	random := rand.New(rand.NewPCG(seed, 0xf11e))
	for range 2 {
		now, err := r.Current()
		if err != nil {
			return tally, "", err
		}
		next, err := r.Update(ctx, RandomChanges(random, now, 3)...)
		if err != nil { // changes that the model does not allow
			continue
		}
		tally.updates++
		r = next
		file, differs, err := tally.same(ctx, r, seed)
		if err != nil || differs != "" {
			return tally, "after changes: " + differs, err
		}
		if now, err = r.Current(); err != nil {
			return tally, "", err
		}
		fresh, err := engine.Compile(ctx, now, engine.Options{})
		if err != nil {
			return tally, "", err
		}
		_, again, err := filed(ctx, fresh, store.WriteOptions{})
		if err != nil || !bytes.Equal(file, again) {
			return tally, "the file of a generation is not that of its model", err
		}
	}
	return tally, "", nil
}

// same compares rights with what their file answers.
func (t *fileTally) same(ctx context.Context, r *engine.Rights, seed uint64) (file []byte, differs string, err error) {
	opened, file, err := filed(ctx, r, store.WriteOptions{})
	if err != nil {
		return nil, "", err
	}
	a, err := askEverything(ctx, r, seed)
	if err != nil {
		return nil, "", fmt.Errorf("compiled: %w", err)
	}
	b, err := askEverything(ctx, opened, seed)
	if err != nil {
		return nil, "", fmt.Errorf("from a file: %w", err)
	}
	t.lines, t.values, t.held = t.lines+len(a.lines), t.values+len(a.values), t.held+len(b.values)
	return file, a.differs(b), nil
}

// shards compares the shards of a model's rights with their files, and the files put together, in any order, with the
// whole one.
func shards(ctx context.Context, ws *cube.Workspace, whole []byte, seed uint64) (differs string, err error) {
	n := 2 + int(seed/2%7) // some have no members
	var files []*store.File
	for i := range n {
		part, err := engine.Compile(ctx, ws, engine.Options{Members: store.ShardMembers(i+1, n, ws.Users.Len())})
		if err != nil {
			return "", err
		}
		opened, file, err := filed(ctx, part, store.WriteOptions{Shard: i + 1, Shards: n})
		if err != nil {
			return "", err
		}
		a, err := askEverything(ctx, part, seed)
		if err != nil {
			return "", fmt.Errorf("shard %d, compiled: %w", i+1, err)
		}
		b, err := askEverything(ctx, opened, seed)
		if err != nil {
			return "", fmt.Errorf("shard %d, from a file: %w", i+1, err)
		}
		if differs := a.differs(b); differs != "" {
			return differs, nil
		}
		f, err := store.New(bytes.NewReader(file), int64(len(file)), store.OpenOptions{})
		if err != nil {
			return "", err
		}
		files = append(files, f)
	}
	rand.New(rand.NewPCG(seed, 0x5a)).Shuffle(n, func(i, j int) { files[i], files[j] = files[j], files[i] })
	var merged bytes.Buffer
	if err := store.Merge(ctx, &merged, files...); err != nil {
		return "", err
	}
	if !bytes.Equal(whole, merged.Bytes()) {
		return "the merged file is not the whole one", nil
	}
	return "", nil
}

// What a model answers, its rights file answers: all cells, explanations, who, what, summaries, expectations, masks and
// the values that it holds; so do shards, and generations after changes. 60 models, or as many as CUBEWARD_FILES says,
// from seed CUBEWARD_FIRST on.
func TestFilesAnswerAsModels(t *testing.T) {
	var total fileTally
	all := seeds(t, "CUBEWARD_FILES", 300_000, 60, 20)
	forEach(t, all, func(seed uint64) func() {
		tally, differs, err := throughFile(t.Context(), seed)
		return func() {
			if err != nil || differs != "" {
				t.Errorf("seed %d: %v\n%s", seed, err, differs)
			}
			total.lines, total.values, total.held, total.updates = total.lines+tally.lines, total.values+tally.values, total.held+tally.held, total.updates+tally.updates
		}
	})
	t.Logf("%d answers; files held the values of %d of %d blocks; %d updates", total.lines, total.held, total.values, total.updates)
	require.Positive(t, total.held)
	require.Less(t, total.held, total.values)
	require.Greater(t, total.updates, len(all)/2)
}
