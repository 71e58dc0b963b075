package audit_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
	"github.com/cubeward/cubeward/inherit"
)

// slice calls each with the cells of a block where every dimension has one of the items named, or any where none is.
func slice(b *cube.Block, where [][]cube.ItemID, each func([]cube.ItemID)) {
	space, err := b.Space()
	if err != nil {
		panic(err)
	}
	items := make([]cube.ItemID, len(b.Dims))
	for cell := range space.Len() {
		space.At(cell, items)
		in := true
		for i, w := range where {
			in = in && (len(w) == 0 || slices.Contains(w, items[i]))
		}
		if in {
			each(items)
		}
	}
}

// tally counts cell by cell: readable, writable and locked ones, and all.
func tally(t *testing.T, v *engine.View, where [][]cube.ItemID) (has [3]uint64, cells uint64) {
	t.Helper()
	slice(v.Ref().Block, where, func(items []cube.ItemID) {
		d := v.Decide(items...)
		for a, yes := range []bool{d.Read, d.Write, d.Locked} {
			if yes {
				has[a]++
			}
		}
		cells++
	})
	return has, cells
}

// randomWhere is a slice with some items of some dimensions.
func randomWhere(rnd *rand.Rand, b *cube.Block) [][]cube.ItemID {
	where := make([][]cube.ItemID, len(b.Dims))
	for i, d := range b.Dims {
		for item := range d.Len() {
			if rnd.IntN(3) == 0 {
				where[i] = append(where[i], cube.ItemID(item))
			}
		}
	}
	return where
}

// Expectations hold exactly where counting says so, and those that do not are explained by a cell that is otherwise.
func TestCheckIsCounting(t *testing.T) {
	ctx := context.Background()
	outcomes := map[bool]int{}
	for seed := range models {
		r, rnd := generated(t, seed), rand.New(rand.NewPCG(uint64(seed), 1))
		var tests []audit.Expectation
		var want []bool
		for range 60 {
			refs := audit.Blocks(r.Workspace())
			ref := refs[rnd.IntN(len(refs))]
			m := r.MemberAt(cube.ItemID(rnd.IntN(r.Workspace().Users.Len())))
			v, err := m.Block(ref)
			require.NoError(t, err)
			x := audit.Expectation{Members: []*engine.Member{m}, Ref: ref, Where: randomWhere(rnd, ref.Block)}
			has, cells := tally(t, v, x.Where)
			a := rnd.IntN(3)
			amount := audit.Amount(1 + rnd.IntN(3))
			holds := map[audit.Amount]bool{audit.NoCells: has[a] == 0, audit.SomeCells: has[a] > 0 && has[a] < cells, audit.AllCells: has[a] == cells}[amount]
			if rnd.IntN(3) > 0 {
				x.Expect[a] = amount
			} else {
				n := has[a] + uint64(rnd.IntN(2))
				x.Counts[a], holds = &n, n == has[a]
			}
			tests, want = append(tests, x), append(want, holds)
		}
		results, err := audit.Check(ctx, r, tests)
		require.NoError(t, err)
		for i, res := range results {
			require.Equal(t, want[i], res.OK, "seed %d: %s %+v: %s", seed, tests[i].Ref, tests[i], res.Message)
			require.Equal(t, res.OK, res.Message == "")
			outcomes[res.OK]++
			if res.Why != nil {
				require.False(t, res.OK)
				in := false
				slice(tests[i].Ref.Block, tests[i].Where, func(items []cube.ItemID) { in = in || slices.Equal(items, res.Why.Cell) })
				require.True(t, in)
			}
		}
	}
	require.NotZero(t, outcomes[true])
	require.NotZero(t, outcomes[false])
}

// Only holds where exactly the members named have a cell of the slice.
func TestOnlyIsCounting(t *testing.T) {
	for seed := range models {
		r, rnd := generated(t, seed), rand.New(rand.NewPCG(uint64(seed), 2))
		for _, ref := range audit.Blocks(r.Workspace()) {
			where := randomWhere(rnd, ref.Block)
			for a := range 2 {
				has := []cube.ItemID{}
				for id := range r.Workspace().Users.Len() {
					v, err := r.MemberAt(cube.ItemID(id)).Block(ref)
					require.NoError(t, err)
					if n, _ := tally(t, v, where); n[a] > 0 {
						has = append(has, cube.ItemID(id))
					}
				}
				x := audit.Expectation{Ref: ref, Where: where}
				x.Only[a] = &has
				require.True(t, one(t, r, x).OK)
				other := slices.Clone(has)
				if i := slices.Index(other, 0); i >= 0 {
					other = slices.Delete(other, i, i+1)
				} else {
					other = append(other, 0)
				}
				x.Only[a] = &other
				res := one(t, r, x)
				require.False(t, res.OK)
				require.Contains(t, res.Message, r.Workspace().Users.Item(0))
			}
		}
	}
}

func one(t *testing.T, r *engine.Rights, x audit.Expectation) audit.Result {
	t.Helper()
	results, err := audit.Check(context.Background(), r, []audit.Expectation{x})
	require.NoError(t, err)
	require.Len(t, results, 1)
	return results[0]
}

// What a member reads of each block, and which items have a readable cell, is what Decide says.
func TestWhatAgreesWithRights(t *testing.T) {
	for seed := range models {
		r := generated(t, seed)
		for id := range r.Workspace().Users.Len() {
			m := r.MemberAt(cube.ItemID(id))
			reach, err := audit.What(context.Background(), m)
			require.NoError(t, err)
			for _, ref := range audit.Blocks(r.Workspace()) {
				v, err := m.Block(ref)
				require.NoError(t, err)
				items := make([][]cube.ItemID, len(ref.Block.Dims))
				var readable, cells uint64
				slice(ref.Block, nil, func(at []cube.ItemID) {
					cells++
					if !v.Read(at...) {
						return
					}
					readable++
					for i, item := range at {
						if !slices.Contains(items[i], item) {
							items[i] = append(items[i], item)
						}
					}
				})
				i := slices.IndexFunc(reach, func(x audit.Reach) bool { return x.Ref == ref })
				require.Equal(t, readable > 0, i >= 0)
				if i < 0 {
					continue
				}
				require.Equal(t, []uint64{cells, readable}, []uint64{reach[i].Cells, reach[i].Readable})
				for k := range items {
					slices.Sort(items[k])
					require.Equal(t, items[k], reach[i].Items[k])
				}
			}
		}
	}
}

// A slice without cells has none and all of them; a refused member makes an expectation fail.
func TestCheckAtTheEdges(t *testing.T) {
	ws := cube.NewWorkspace("")
	require.NoError(t, ws.Users.Append("ann", "bob"))
	app := ws.AddApplication("A")
	app.SetRoleOf(0, 0)
	metric := app.AddMetric("M", cube.Type{Kind: cube.Number}, app.AddList("Empty"))
	r, err := engine.Compile(context.Background(), ws, engine.Options{})
	require.NoError(t, err)
	for _, amount := range []audit.Amount{audit.NoCells, audit.AllCells} {
		x := audit.Expectation{Members: []*engine.Member{r.MemberAt(0)}, Ref: engine.Ref{App: app, Block: metric}, Where: make([][]cube.ItemID, 1)}
		x.Expect[audit.ReadAspect] = amount
		require.True(t, one(t, r, x).OK)
		x.Expect[audit.ReadAspect] = audit.SomeCells
		require.False(t, one(t, r, x).OK)
		x = audit.Expectation{Refused: []string{"bob may not"}, Ref: x.Ref, Where: x.Where}
		res := one(t, r, x)
		require.False(t, res.OK)
		require.Equal(t, "bob may not", res.Message)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	x := audit.Expectation{Members: []*engine.Member{r.MemberAt(0)}, Ref: engine.Ref{App: app, Block: metric}, Where: make([][]cube.ItemID, 1)}
	x.Expect[audit.ReadAspect] = audit.AllCells
	_, err = audit.Check(ctx, r, []audit.Expectation{x})
	require.ErrorIs(t, err, context.Canceled)
}

// Coverage names the rules and the other conditions that nothing asks about, and no others.
func TestCoverage(t *testing.T) {
	r := compiled(t, "testdata/ways")
	expect := func(block string, a audit.Aspect) audit.Expectation {
		ref, err := r.Find(block, "")
		require.NoError(t, err)
		x := audit.Expectation{Members: []*engine.Member{r.MemberAt(0)}, Ref: ref, Where: make([][]cube.ItemID, len(ref.Block.Dims))}
		x.Expect[a] = audit.AllCells
		return x
	}
	texts := func(c audit.Covered) string {
		var out []string
		for _, rule := range c.Rules {
			out = append(out, "+"+rule.Name)
		}
		for _, rule := range c.Idle {
			out = append(out, "-"+rule.Name)
		}
		for _, f := range c.Factors {
			out = append(out, "-"+map[inherit.NodeKind]string{inherit.Membership: "membership", inherit.RoleDefault: "role", inherit.Permission: "permission", inherit.Scenario: "scenario"}[f.Kind])
		}
		return strings.Join(out, " ")
	}
	require.Equal(t, "-by country -by region -role -permission", texts(audit.Coverage(r, nil)))
	require.Equal(t, "+by country -by region -permission", texts(audit.Coverage(r, []audit.Expectation{expect("Removed", audit.ReadAspect)})))
	require.Equal(t, "+by country +by region", texts(audit.Coverage(r, []audit.Expectation{expect("By region", audit.ReadAspect), expect("AR", audit.WriteAspect)})))
	x := expect("AR", audit.ReadAspect)
	x.Members, x.Expect = nil, [3]audit.Amount{}
	x.Only[audit.ReadAspect] = &[]cube.ItemID{}
	require.Equal(t, "-by country -by region -role", texts(audit.Coverage(r, []audit.Expectation{x})), "an access-rights metric has no role default")
}
