package audit_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
	"github.com/cubeward/cubeward/engine/enginetest"
)

const models = 25

func generated(t *testing.T, seed int) *engine.Rights {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, enginetest.Generate(uint64(seed)+1000, enginetest.Small()).Write(dir))
	ws, err := modelfile.Load(dir, modelfile.Options{})
	require.NoError(t, err, "seed %d", seed)
	r, err := engine.Compile(context.Background(), ws, engine.Options{})
	require.NoError(t, err, "seed %d", seed)
	return r
}

// cells calls each with every member, block and cell, cells past the first few hundred of a block thinned out.
func cells(t *testing.T, r *engine.Rights, each func(*engine.View, []cube.ItemID)) {
	for id := range r.Workspace().Users.Len() {
		for _, ref := range audit.Blocks(r.Workspace()) {
			v, err := r.MemberAt(cube.ItemID(id)).Block(ref)
			require.NoError(t, err)
			items := make([]cube.ItemID, len(ref.Block.Dims))
			step := 1 + v.Space().Len()/40
			for cell := uint64(0); cell < v.Space().Len(); cell += step {
				v.Space().At(cell, items)
				each(v, items)
			}
		}
	}
}

// An explanation says what was decided: a category holds where every factor with a say in it grants it; so every no
// has a denier, and without all deniers there would be none.
func TestExplanationsAgreeWithDecisions(t *testing.T) {
	denials, cuts, sources := 0, 0, 0
	for seed := range models {
		cells(t, generated(t, seed), func(v *engine.View, items []cube.ItemID) {
			e, err := audit.Explain(context.Background(), v, items...)
			require.NoError(t, err)
			read, write := true, true
			for _, f := range e.Factors {
				read = read && f.Read != audit.No
				write = write && f.Write != audit.No
				if len(f.Via) == 0 {
					require.Empty(t, f.At)
				} else {
					require.Same(t, f.Source, f.Via[len(f.Via)-1].Block)
				}
				sources += len(f.At)
				require.LessOrEqual(t, len(f.At), 20)
			}
			require.Equal(t, v.Read(items...), read, "%s %s %v", v.Member().Name(), v.Ref(), items)
			require.Equal(t, v.Write(items...), read && write, "%s %s %v", v.Member().Name(), v.Ref(), items)
			if !read {
				require.True(t, e.Factors[0].Denies())
				denials++
			}
			cuts += len(e.Cut)
		})
	}
	require.NotZero(t, denials)
	require.NotZero(t, cuts)
	require.NotZero(t, sources)
}

// Who agrees with the rights of every member, for cells, and for slices with one dimension open.
func TestWhoAgreesWithRights(t *testing.T) {
	for seed := range models {
		r := generated(t, seed)
		users := r.Workspace().Users.Len()
		for _, ref := range audit.Blocks(r.Workspace()) {
			for open := -1; open < len(ref.Block.Dims); open++ {
				checkWho(t, r, ref, open, users)
			}
		}
	}
}

func checkWho(t *testing.T, r *engine.Rights, ref engine.Ref, open, users int) {
	at := make([]cube.ItemID, len(ref.Block.Dims))
	n := 1
	for i, d := range ref.Block.Dims {
		if d.Len() == 0 {
			return
		}
		at[i] = cube.ItemID(d.Len() / 2)
	}
	if open >= 0 {
		n = ref.Block.Dims[open].Len()
		at[open] = cube.NoItem
	}
	a, err := audit.Who(context.Background(), r, ref, at)
	require.NoError(t, err)
	require.Equal(t, uint64(n), a.Cells)
	for id := range users {
		v, err := r.MemberAt(cube.ItemID(id)).Block(ref)
		require.NoError(t, err)
		reads, writes := 0, 0
		items := slices.Clone(at)
		for k := range n {
			if open >= 0 {
				items[open] = cube.ItemID(k)
			}
			d := v.Decide(items...)
			if d.Read {
				reads++
			}
			if d.Write {
				writes++
			}
		}
		m := cube.ItemID(id)
		require.Equal(t, reads == n, slices.Contains(a.Read, m))
		require.Equal(t, reads > 0, slices.Contains(a.ReadSome, m))
		require.Equal(t, writes == n, slices.Contains(a.Write, m))
		require.Equal(t, writes > 0, slices.Contains(a.WriteSome, m))
	}
}

// A summary is counting, and What lists what a summary finds readable.
func TestSummaryIsCounting(t *testing.T) {
	for seed := range models {
		r := generated(t, seed)
		seen := map[cube.ItemID]bool{}
		readable := map[cube.ItemID]int{}
		err := audit.Summarize(context.Background(), r, nil, nil, func(row audit.Row) error {
			for _, m := range row.Members {
				seen[m] = true
				checkRow(t, r, row, m)
				if row.Readable > 0 {
					readable[m]++
				}
			}
			return nil
		})
		require.NoError(t, err)
		require.Len(t, seen, r.Workspace().Users.Len())
		for id := range r.Workspace().Users.Len() {
			reach, err := audit.What(context.Background(), r.MemberAt(cube.ItemID(id)))
			require.NoError(t, err)
			require.Len(t, reach, readable[cube.ItemID(id)])
		}
	}
}

func checkRow(t *testing.T, r *engine.Rights, row audit.Row, m cube.ItemID) {
	v, err := r.MemberAt(m).Block(row.Ref)
	require.NoError(t, err)
	items := make([]cube.ItemID, len(row.Ref.Block.Dims))
	var reads, writes uint64
	for cell := range v.Space().Len() {
		v.Space().At(cell, items)
		d := v.Decide(items...)
		if d.Read {
			reads++
		}
		if d.Write {
			writes++
		}
	}
	require.Equal(t, []uint64{v.Space().Len(), reads, writes}, []uint64{row.Cells, row.Readable, row.Writable})
}

// outline is an explanation in words, for comparisons.
func outline(e *audit.Explanation) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s %s %v %v\n", e.View.Member().Name(), e.View.Ref(), e.Cell, e.Decision)
	for i, fs := range [][]audit.Factor{e.Factors, e.Cut} {
		for _, f := range fs {
			fmt.Fprintf(&out, "%d %d %v %v %v %v %v", i, f.Kind, f.Read, f.Write, f.Cut, f.Hidden, f.More)
			for _, r := range f.Rules {
				fmt.Fprintf(&out, " %q", r.Name)
			}
			for _, s := range f.Via {
				fmt.Fprintf(&out, " %s%q", s.Block, s.Operations)
			}
			for _, c := range f.At {
				fmt.Fprintf(&out, " %v", c.Items)
			}
			for _, n := range f.Needs {
				fmt.Fprintf(&out, " %v%v", n.Items, n.Rights)
			}
			out.WriteByte('\n')
		}
	}
	fmt.Fprintf(&out, "%q %q\n", e.Remedies(cube.Read), e.Remedies(cube.Write))
	return out.String()
}

// A slice has as many cells where there are no members.
func TestWhoCountsCellsOfNobody(t *testing.T) {
	ws := cube.NewWorkspace("W")
	app := ws.AddApplication("A")
	country, month := app.AddList("Country"), app.AddList("Month")
	require.NoError(t, country.Append("France", "Japan"))
	require.NoError(t, month.Append("Jan", "Feb", "Mar"))
	sales := app.AddMetric("Sales", cube.Type{Kind: cube.Number}, country, month)
	r, err := engine.Compile(context.Background(), ws, engine.Options{})
	require.NoError(t, err)
	for _, c := range []struct {
		at    []cube.ItemID
		cells uint64
	}{{[]cube.ItemID{cube.NoItem, cube.NoItem}, 6}, {[]cube.ItemID{1, cube.NoItem}, 3}, {[]cube.ItemID{1, 2}, 1}} {
		a, err := audit.Who(context.Background(), r, engine.Ref{App: app, Block: sales}, c.at)
		require.NoError(t, err)
		require.Equal(t, audit.Answer{Ref: engine.Ref{App: app, Block: sales}, At: c.at, Cells: c.cells}, a)
	}
}
