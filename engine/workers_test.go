package engine_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
	"github.com/cubeward/cubeward/engine/enginetest"
)

// Everything that rights hold and answer is the same, byte by byte, however many goroutines work.
func TestWorkersChangeNothing(t *testing.T) {
	var spaces []*cube.Workspace
	for seed := range uint64(12) {
		dir := t.TempDir()
		require.NoError(t, enginetest.Generate(seed+12000, enginetest.Medium()).Write(dir))
		ws, err := modelfile.Load(dir, modelfile.Options{})
		require.NoError(t, err)
		spaces = append(spaces, ws)
	}
	for _, c := range []bench.Company{{Members: 1500, Kinds: 700}, {Members: 600, Kinds: 600, Depth: 3, Blocks: 30}} {
		ws, err := c.Workspace()
		require.NoError(t, err)
		spaces = append(spaces, ws)
	}
	for i, ws := range spaces {
		var want []byte
		for _, workers := range []int{1, 2, 8} {
			r, err := engine.Compile(t.Context(), ws, engine.Options{Workers: workers})
			require.NoError(t, err)
			got := exported(t, r)
			if want == nil {
				want = got
			}
			require.Equal(t, want, got, "model %d, %d workers", i, workers)
		}
	}
}

// exported is a digest of profiles, statistics, the tables of every view of each profile, and the values of blocks.
func exported(t *testing.T, r *engine.Rights) []byte {
	t.Helper()
	h := sha256.New()
	stats := r.Stats()
	fmt.Fprintln(h, stats.Profiles, stats.Kinds, stats.Nodes, stats.Sets, stats.Bytes)
	refs := audit.Blocks(r.Workspace())
	for i, group := range r.Groups() {
		fmt.Fprintln(h, group)
		if i >= 40 {
			continue
		}
		for _, ref := range refs {
			v, err := r.MemberAt(group[0]).Block(ref)
			require.NoError(t, err)
			for _, c := range categories {
				writeTables(h, v.Tables(c))
			}
			if v.Space().Len() < 1<<16 && i < 3 {
				set, err := v.Set(t.Context(), engine.Writable)
				require.NoError(t, err)
				var b bytes.Buffer
				_, err = set.WriteTo(&b)
				require.NoError(t, err)
				h.Write(b.Bytes())
			}
		}
	}
	for _, b := range r.Workspace().Blocks() {
		if b.Kind == cube.ItemSet {
			continue
		}
		col, err := r.Values(t.Context(), b)
		require.NoError(t, err)
		vec := col.Vector()
		fmt.Fprintln(h, col.Form(), len(col.Cells()), len(vec.Numbers), len(vec.Ints), len(vec.Bytes), vec.Dict)
		for _, part := range []any{col.Cells(), vec.Numbers, vec.Ints, vec.Bytes} {
			require.NoError(t, binary.Write(h, binary.LittleEndian, part))
		}
	}
	return h.Sum(nil)
}

func writeTables(h hash.Hash, tables []engine.Table) {
	fmt.Fprintln(h, len(tables))
	for _, tab := range tables {
		fmt.Fprintln(h, tab.Axes, len(tab.Bits))
		if err := binary.Write(h, binary.LittleEndian, tab.Bits); err != nil {
			panic(err)
		}
	}
}
