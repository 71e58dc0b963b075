package store_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/store"
)

func TestQuick(t *testing.T) {
	ws, err := modelfile.Load("../../examples/us-budget", modelfile.Options{})
	require.NoError(t, err)
	quick(t, ws)
	ws, err = bench.Company{Members: 100000}.Workspace()
	require.NoError(t, err)
	quick(t, ws)
}

func quick(t *testing.T, ws *cube.Workspace) {
	ctx := context.Background()
	r, err := engine.Compile(ctx, ws, engine.Options{})
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, store.Write(ctx, &b, r, store.WriteOptions{}))
	t.Log(b.Len())
	f, err := store.New(bytes.NewReader(b.Bytes()), int64(b.Len()), store.OpenOptions{})
	require.NoError(t, err)
	got, err := f.Rights(ctx, engine.Options{})
	require.NoError(t, err)
	require.NoError(t, f.Verify(ctx))
	var again bytes.Buffer
	require.NoError(t, store.Write(ctx, &again, got, store.WriteOptions{}))
	require.Equal(t, b.Bytes(), again.Bytes())
	var shards []*store.File
	for i := range 3 {
		part, err := engine.Compile(ctx, ws, engine.Options{Members: store.ShardMembers(i+1, 3, ws.Users.Len())})
		require.NoError(t, err)
		var b bytes.Buffer
		require.NoError(t, store.Write(ctx, &b, part, store.WriteOptions{Shard: i + 1, Shards: 3}))
		f, err := store.New(bytes.NewReader(b.Bytes()), int64(b.Len()), store.OpenOptions{})
		require.NoError(t, err)
		shards = append(shards, f)
	}
	var merged bytes.Buffer
	require.NoError(t, store.Merge(ctx, &merged, shards[2], shards[0], shards[1]))
	require.Equal(t, b.Bytes(), merged.Bytes())
}
