package audit_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
	"github.com/cubeward/cubeward/engine/enginetest"
	"github.com/cubeward/cubeward/formula"
	"github.com/cubeward/cubeward/inherit"
)

// What an explanation says of a factor is so: where its source cells are said to deny, the source block denies them
// too; what its metric is said to lack, it lacks; each block of the way is read by the formula before it.
func TestExplanationsAreSo(t *testing.T) {
	sources, needs, steps, blank := 0, 0, 0, 0
	for seed := range models {
		r := generated(t, seed)
		cells(t, r, func(v *engine.View, items []cube.ItemID) {
			e, err := audit.Explain(context.Background(), v, items...)
			require.NoError(t, err)
			for _, f := range slices.Concat(e.Factors, e.Cut) {
				steps += checkWay(t, r, v.Ref().Block, &f)
				if f.Denies() {
					sources += checkSources(t, v.Member(), &f)
				} else {
					require.Empty(t, f.Needs)
				}
				if f.Denies() && f.Kind == inherit.Metric {
					require.NotEmpty(t, f.Needs, "%s %s", v.Ref(), f.Rules[0].Name)
				}
				for _, n := range f.Needs {
					needs++
					if slices.Contains(n.Items, cube.NoItem) {
						blank++
						continue
					}
					require.Zero(t, metricAt(t, r, f.Metric, n.Items)&n.Rights)
				}
			}
		})
	}
	require.NotZero(t, sources)
	require.NotZero(t, needs)
	require.NotZero(t, steps)
	require.NotZero(t, blank)
}

func metricAt(t *testing.T, r *engine.Rights, metric *cube.Block, items []cube.ItemID) cube.Rights {
	t.Helper()
	col, err := r.Values(context.Background(), metric)
	require.NoError(t, err)
	v := col.Value(col.Space().Cell(items))
	if v.IsBlank() {
		return 0
	}
	return v.Rights()
}

// checkSources counts the source cells of a factor that denies, and checks that its source denies them. What was lifted
// from the source does not deny there.
func checkSources(t *testing.T, m *engine.Member, f *audit.Factor) int {
	t.Helper()
	if f.Cut == inherit.ByIgnore || f.Cut == inherit.ByPublic || len(f.At) == 0 {
		return 0
	}
	source, err := m.Block(engine.Ref{App: f.Application, Block: f.Source})
	require.NoError(t, err)
	category := engine.Readable
	if f.Write == audit.No {
		category = engine.Writable
	}
	for _, c := range f.At {
		at := slices.Repeat([]cube.ItemID{cube.NoItem}, len(f.Source.Dims))
		for i, d := range c.Dims {
			at[slices.Index(f.Source.Dims, d)] = c.Items[i]
		}
		n, _, err := source.Count(category, at)
		require.NoError(t, err)
		require.Zero(t, n, "%s at %v", f.Source, c.Items)
	}
	return len(f.At)
}

// checkWay counts the steps of a factor's way, and checks that each is read by the formula before it.
func checkWay(t *testing.T, r *engine.Rights, reader *cube.Block, f *audit.Factor) int {
	t.Helper()
	for _, s := range f.Via {
		e := r.Plan().Formula(reader)
		require.NotNil(t, e)
		require.True(t, reads(e, s.Block, map[*formula.Expr]bool{}), "%s does not read %s", reader, s.Block)
		reader = s.Block
	}
	require.Same(t, f.Source, reader)
	return len(f.Via)
}

func reads(e *formula.Expr, b *cube.Block, seen map[*formula.Expr]bool) bool {
	if seen[e] {
		return false
	}
	seen[e] = true
	if e.Block == b || e.Op == formula.OpList && e.List.ItemSet == b || e.Op == formula.OpFindItem && e.Block == nil && e.List.ItemSet == b {
		return true
	}
	return slices.ContainsFunc(e.Args, func(a *formula.Expr) bool { return reads(a, b, seen) })
}

// Without all that an explanation names as denying, a no is a yes: the model is compiled again without the rules, with
// role defaults, permissions and scenario access that grant.
func TestWithoutTheNamedDeniersTheAnswerIsYes(t *testing.T) {
	turned := map[inherit.NodeKind]int{}
	for seed := range models {
		dir := t.TempDir()
		require.NoError(t, enginetest.Generate(uint64(seed)+1000, enginetest.Small()).Write(dir))
		load := func() *cube.Workspace {
			ws, err := modelfile.Load(dir, modelfile.Options{})
			require.NoError(t, err)
			return ws
		}
		r, err := engine.Compile(context.Background(), load(), engine.Options{})
		require.NoError(t, err)
		seen := 0
		cells(t, r, func(v *engine.View, items []cube.ItemID) {
			if seen++; seen%17 != 0 {
				return // each costs a compilation
			}
			e, err := audit.Explain(context.Background(), v, items...)
			require.NoError(t, err)
			for _, category := range []cube.Rights{cube.Read, cube.Write} {
				denying := e.Denying(category)
				no := !e.Decision.Read || category == cube.Write && !e.Decision.Write
				require.Equal(t, no, len(denying) > 0)
				if no != (len(e.Remedies(cube.Read)) > 0) && category == cube.Read {
					require.Fail(t, "remedies", "%v %v", no, e.Remedies(cube.Read))
				}
				ws := load()
				if !no || !undeniedBy(ws, denying, v.Member().ID()) {
					continue
				}
				again, err := engine.Compile(context.Background(), ws, engine.Options{})
				require.NoError(t, err)
				ref := engine.Ref{App: ws.Application(v.Ref().App.Name), Block: ws.Blocks()[v.Ref().Block.ID]}
				now, err := again.MemberAt(v.Member().ID()).Block(ref)
				require.NoError(t, err)
				d := now.Decide(items...)
				require.True(t, d.Read && (category == cube.Read || d.Write), "seed %d: %s %s %v", seed, v.Member().Name(), v.Ref(), items)
				for _, f := range denying {
					turned[f.Kind]++
				}
			}
		})
	}
	for _, kind := range []inherit.NodeKind{inherit.RoleDefault, inherit.Permission, inherit.Scenario, inherit.Metric} {
		require.NotZero(t, turned[kind], "kind %d", kind)
	}
}

// undeniedBy takes deniers out of another copy of a model. Membership it leaves: who gets a role changes what formulas
// read. So do the items of Users roles, so that only roles as they are may change.
func undeniedBy(ws *cube.Workspace, denying []audit.Factor, member cube.ItemID) bool {
	for _, f := range denying {
		app := ws.Application(f.Application.Name)
		role := app.RoleOf(member)
		switch f.Kind {
		case inherit.Membership:
			return false
		case inherit.RoleDefault:
			if role < 0 {
				return false
			}
			app.Roles[role].Read, app.Roles[role].Write = true, true
		case inherit.Permission:
			if role < 0 {
				return false
			}
			app.Roles[role].Permissions = cube.Permissions()
		case inherit.Scenario:
			app.Scenarios = nil
		case inherit.Metric:
			app.Rules = slices.DeleteFunc(app.Rules, func(r *cube.Rule) bool {
				return slices.ContainsFunc(f.Rules, func(named *cube.Rule) bool { return named.Name == r.Name })
			})
		}
	}
	return true
}

// The same question has the same answer, whoever else asked before.
func TestExplanationsAreStable(t *testing.T) {
	for seed := range 6 {
		a, b := generated(t, seed), generated(t, seed)
		var first []string
		cells(t, a, func(v *engine.View, items []cube.ItemID) {
			e, err := audit.Explain(context.Background(), v, items...)
			require.NoError(t, err)
			first = append(first, outline(&e))
		})
		i := 0
		cells(t, b, func(v *engine.View, items []cube.ItemID) {
			e, err := audit.Explain(context.Background(), v, items...)
			require.NoError(t, err)
			require.Equal(t, first[i], outline(&e))
			i++
		})
		require.Positive(t, i)
	}
}

// A chain in which each block reads the one before twice has 2^60 ways; a factor is followed once.
func TestManyWaysAreWalkedOnce(t *testing.T) {
	ws := cube.NewWorkspace("")
	require.NoError(t, ws.Users.Append("ann"))
	app := ws.AddApplication("A")
	app.SetRoleOf(0, 0)
	month := app.AddList("Month")
	require.NoError(t, month.Append("Jan", "Feb", "Mar"))
	number := cube.Type{Kind: cube.Number}
	app.AddMetric("M0", number, month)
	metric := app.AddMetric("AR", cube.Type{Kind: cube.AccessRights}, ws.Users, month)
	app.Rules = append(app.Rules, &cube.Rule{Name: "closed", Metric: metric, Categories: cube.Read, Target: cube.OnMetrics, Blocks: []*cube.Block{app.Metric("M0")}})
	last := "M0"
	for i := 1; i <= 60; i++ {
		name := "M" + string(rune('A'+i%26)) + string(rune('a'+i/26))
		m := app.AddMetric(name, number, month)
		m.Formula = &cube.Formula{Text: last + " + " + last + "[SELECT: Month - 1] + CUMULATE(" + last + ", Month)", Author: cube.NoItem}
		last = name
	}
	r, err := engine.Compile(context.Background(), ws, engine.Options{})
	require.NoError(t, err)
	ann, err := r.Member("ann")
	require.NoError(t, err)
	v, err := ann.Block(engine.Ref{App: app, Block: app.Metric(last)})
	require.NoError(t, err)
	e, err := audit.Explain(context.Background(), v, 2)
	require.NoError(t, err)
	require.Equal(t, audit.No, e.Factors[0].Read)
	require.Len(t, e.Factors[0].Via, 60)
}
