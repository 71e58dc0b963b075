package store_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
	"github.com/cubeward/cubeward/engine/enginetest"
	"github.com/cubeward/cubeward/engine/store"
)

const example = "../../examples/us-budget"

// models is how many generated models tests look at: CUBEWARD_MODELS, or n.
func models(t *testing.T, n uint64) uint64 {
	t.Helper()
	if s := os.Getenv("CUBEWARD_MODELS"); s != "" {
		var err error
		n, err = strconv.ParseUint(s, 10, 64)
		require.NoError(t, err)
	}
	if testing.Short() {
		n = min(n, 20)
	}
	return n
}

// generated is a generated model, compiled.
func generated(t testing.TB, seed uint64) *engine.Rights {
	t.Helper()
	return compiled(t, folder(t, seed))
}

// folder is a generated model in files.
func folder(t testing.TB, seed uint64) string {
	t.Helper()
	dir := t.TempDir()
	size := enginetest.Medium()
	if seed%3 == 0 {
		size = enginetest.Small()
	}
	require.NoError(t, enginetest.Generate(seed, size).Write(dir))
	return dir
}

func compiled(t testing.TB, dir string) *engine.Rights {
	t.Helper()
	ws, err := modelfile.Load(dir, modelfile.Options{})
	require.NoError(t, err)
	r, err := engine.Compile(context.Background(), ws, engine.Options{})
	require.NoError(t, err)
	return r
}

// file is a rights file in memory.
func file(t testing.TB, data []byte) *store.File {
	t.Helper()
	f, err := store.New(bytes.NewReader(data), int64(len(data)), store.OpenOptions{})
	require.NoError(t, err)
	return f
}

// reopened is rights from a file of r.
func reopened(t testing.TB, r *engine.Rights) *engine.Rights {
	t.Helper()
	out, err := file(t, written(t, r, store.WriteOptions{})).Rights(context.Background(), engine.Options{})
	require.NoError(t, err)
	return out
}

// Rights from a file are those of the model: the oracle's, cell by cell.
func TestFilesAreTheOracle(t *testing.T) {
	var total enginetest.Mix
	for seed := range models(t, 150) {
		r := generated(t, seed+1)
		differences, mix, err := enginetest.CompareModel(r.Workspace(), reopened(t, r))
		require.NoError(t, err, "seed %d", seed+1)
		require.Empty(t, differences, "seed %d", seed+1)
		total.Add(mix)
	}
	t.Log(total)
}

// Whoever asks a file gets what the model says, in the same words: who, what, summary, explanations, also as a viewer
// may be told.
func TestFilesAnswerAsModels(t *testing.T) {
	asked, kept := 0, 0
	for seed := range models(t, 60) {
		r := generated(t, seed+1)
		s, err := r.Snapshot()
		require.NoError(t, err)
		kept += len(s.Kept)
		want, n := answers(t, r)
		got, _ := answers(t, reopened(t, r))
		require.Equal(t, want, got, "seed %d", seed+1)
		asked += n
	}
	r := compiled(t, example)
	want, n := answers(t, r)
	got, _ := answers(t, reopened(t, r))
	require.Equal(t, want, got)
	t.Logf("%d explanations, %d blocks whose values they read", asked+n, kept)
	require.Positive(t, n)
	require.Positive(t, kept)
}

// The worked models beside the repository, where they are.
func TestFilesOfTheCorpus(t *testing.T) {
	const corpus = "../../../shared/conformance"
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("no corpus beside the repository")
	}
	cases, err := filepath.Glob(filepath.Join(corpus, "*", "*", "expected", "index.json"))
	require.NoError(t, err)
	require.NotEmpty(t, cases, "a corpus without a case")
	for _, index := range cases {
		dir := filepath.Dir(filepath.Dir(index))
		t.Run(filepath.Base(filepath.Dir(dir))+"/"+filepath.Base(dir), func(t *testing.T) {
			r := compiled(t, dir)
			differences, _, err := enginetest.CompareModel(r.Workspace(), reopened(t, r))
			require.NoError(t, err)
			require.Empty(t, differences)
			want, _ := answers(t, r)
			got, _ := answers(t, reopened(t, r))
			require.Equal(t, want, got)
		})
	}
}

// answers are the answers to all questions about members and blocks, and of why, for some cells of each block and some
// members. It counts the explanations.
func answers(t *testing.T, r *engine.Rights) (string, int) {
	t.Helper()
	ctx := context.Background()
	var out strings.Builder
	ws := r.Workspace()
	require.NoError(t, audit.Summarize(ctx, r, nil, nil, func(row audit.Row) error {
		fmt.Fprintln(&out, row.Ref, row.Members, row.Cells, row.Readable, row.Writable)
		return nil
	}))
	explained := 0
	for i, ref := range audit.Blocks(ws) {
		all := make([]cube.ItemID, len(ref.Block.Dims))
		for k := range all {
			all[k] = cube.NoItem
		}
		who, err := audit.Who(ctx, r, ref, all)
		require.NoError(t, err)
		fmt.Fprintln(&out, "who", ref, who.Cells, who.Read, who.Write, who.ReadSome, who.WriteSome)
		space, err := ref.Block.Space()
		require.NoError(t, err)
		if space.Len() == 0 || ws.Users.Len() == 0 {
			continue
		}
		for k := range uint64(3) {
			member := r.MemberAt(cube.ItemID((i + 7*int(k)) % ws.Users.Len()))
			cell := make([]cube.ItemID, len(ref.Block.Dims))
			space.At(space.Len()*k/3, cell)
			v, err := member.Block(ref)
			require.NoError(t, err)
			e, err := audit.Explain(ctx, v, cell...)
			require.NoError(t, err)
			explanation(&out, &e)
			viewer := r.MemberAt(cube.ItemID((i + int(k)) % ws.Users.Len()))
			if told, err := e.For(ctx, viewer); err != nil {
				fmt.Fprintln(&out, "untold:", err)
			} else {
				explanation(&out, &told)
			}
			explained++
		}
	}
	for m := range min(ws.Users.Len(), 5) {
		reach, err := audit.What(ctx, r.MemberAt(cube.ItemID(m)))
		require.NoError(t, err)
		for _, x := range reach {
			fmt.Fprintln(&out, "what", m, x.Ref, x.Cells, x.Readable, x.Items)
		}
	}
	return out.String(), explained
}

// explanation writes all that an explanation says.
func explanation(out *strings.Builder, e *audit.Explanation) {
	fmt.Fprintln(out, "explain", e.View.Member().Name(), e.View.Ref(), e.Cell, e.Decision.Read, e.Decision.Write, e.Decision.Reasons)
	for _, part := range [][]audit.Factor{e.Factors, e.Cut} {
		for _, f := range part {
			fmt.Fprint(out, "  ", f.Kind, " ", f.Read, f.Write, f.Items, f.More, f.Cut, f.Hidden)
			if f.Application != nil {
				fmt.Fprint(out, " ", f.Application.Name)
			}
			for _, b := range []*cube.Block{f.Metric, f.Source, f.CutAt} {
				if b != nil {
					fmt.Fprint(out, " ", b)
				}
			}
			for _, r := range append(append([]*cube.Rule(nil), f.Rules...), f.CutBy...) {
				fmt.Fprint(out, " rule ", r.Name, r.Pos)
			}
			for _, s := range f.Via {
				fmt.Fprint(out, " via ", s.Block, s.Operations)
			}
			for _, c := range f.At {
				fmt.Fprint(out, " at ", names(c.Dims, c.Items))
			}
			for _, n := range f.Needs {
				fmt.Fprint(out, " needs ", names(n.Dims, n.Items), n.Rights)
			}
			fmt.Fprintln(out)
		}
	}
	fmt.Fprintln(out, "  ", e.Remedies(cube.Read), e.Remedies(cube.Write))
}

func names(dims []*cube.List, items []cube.ItemID) []string {
	out := make([]string, len(dims))
	for i, d := range dims {
		out[i] = d.String() + "=" + d.Item(items[i])
	}
	return out
}
