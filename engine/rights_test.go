package engine_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// pair is a model in Go: two countries, a metric that a rule governs, and members in different positions.
type pair struct {
	ws               *cube.Workspace
	app              *cube.Application
	country, version *cube.List
	revenue, sum     *cube.Block
}

func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{ws: cube.NewWorkspace("W")}
	require.NoError(t, p.ws.Users.Append("ada", "bo", "cy", "di"))
	p.ws.Accounts = []cube.AccountType{cube.PrimaryOwner, cube.SecurityAdmin}
	p.app = p.ws.AddApplication("HR")
	p.country = p.app.AddList("Country")
	require.NoError(t, p.country.Append("France", "Japan"))
	p.version = p.app.AddList("Version")
	require.NoError(t, p.version.Append("Draft", "Final"))
	number := cube.Type{Kind: cube.Number}
	p.revenue = p.app.AddMetric("Revenue", number, p.country, p.version)
	p.sum = p.app.AddMetric("Sum", number, p.version)
	p.sum.Formula = &cube.Formula{Text: "Revenue[REMOVE: Country]", Author: cube.NoItem}
	ar := p.app.AddMetric("AR", cube.Type{Kind: cube.AccessRights}, p.ws.Users, p.country)
	space, err := ar.Space()
	require.NoError(t, err)
	b := cube.NewColumnBuilder(ar.Type, space)
	b.Set(space.Cell([]cube.ItemID{2, 0}), cube.RightsValue(cube.Read|cube.Write))
	b.Set(space.Cell([]cube.ItemID{2, 1}), cube.RightsValue(cube.Write))
	ar.Input, err = b.Column()
	require.NoError(t, err)
	p.app.Rules = []*cube.Rule{{
		Name: "r", Metric: ar, Categories: cube.Read | cube.Write, Target: cube.OnMetrics, Blocks: []*cube.Block{p.revenue},
	}}
	p.app.Scenarios = &cube.Scenarios{List: p.version, ReadOnly: map[cube.ItemID]bool{1: true}}
	modeler, _ := p.app.RoleList.Find("Modeler")
	p.app.SetRoleOf(0, modeler)
	p.app.SetRoleOf(2, modeler)
	return p
}

func (p *pair) compile(t *testing.T) *engine.Rights {
	t.Helper()
	r, err := engine.Compile(context.Background(), p.ws, engine.Options{})
	require.NoError(t, err)
	return r
}

func view(t *testing.T, r *engine.Rights, member, block string) *engine.View {
	t.Helper()
	m, err := r.Member(member)
	require.NoError(t, err)
	ref, err := r.Find(block, "")
	require.NoError(t, err)
	v, err := m.Block(ref)
	require.NoError(t, err)
	return v
}

// SPEC 1.2: the reasons, in their order.
func TestDecide(t *testing.T) {
	r := newPair(t).compile(t)
	for _, c := range []struct {
		member, block string
		cell          []cube.ItemID
		read, write   bool
		reasons       []engine.Reason
	}{
		{"cy", "Revenue", []cube.ItemID{0, 0}, true, true, nil},
		{"cy", "Revenue", []cube.ItemID{0, 1}, true, false, []engine.Reason{engine.ScenarioReadOnly}},
		{"cy", "Revenue", []cube.ItemID{1, 0}, false, false, []engine.Reason{engine.NoRead}},
		{"di", "Revenue", []cube.ItemID{0, 0}, false, false, []engine.Reason{engine.NoMembership, engine.NoRead, engine.NoWrite}},
		{"cy", "Sum", []cube.ItemID{0}, false, false, []engine.Reason{engine.NoRead, engine.Calculated}},
		{"ada", "Revenue", []cube.ItemID{0, 0}, false, false, []engine.Reason{engine.NoRead, engine.NoWrite}},
		{"cy", "Revenue", []cube.ItemID{7, 0}, false, false, []engine.Reason{engine.NoRead, engine.NoWrite}},
		{"cy", "Revenue", []cube.ItemID{cube.NoItem, 0}, false, false, []engine.Reason{engine.NoRead, engine.NoWrite}},
	} {
		d := view(t, r, c.member, c.block).Decide(c.cell...)
		require.Equal(t, engine.Decision{Read: c.read, Write: c.write, Locked: len(c.reasons) > 0, Reasons: c.reasons}, d, "%s %s %v", c.member, c.block, c.cell)
	}
}

// SPEC 1.3.
func TestImpersonate(t *testing.T) {
	r := newPair(t).compile(t)
	m, err := r.Impersonate("bo", "cy")
	require.NoError(t, err)
	require.Equal(t, []string{"cy", "bo"}, []string{m.Name(), m.Admin()})
	ref, err := r.Find("Revenue", "")
	require.NoError(t, err)
	v, err := m.Block(ref)
	require.NoError(t, err)
	require.Equal(t, engine.Decision{Read: true, Locked: true, Reasons: []engine.Reason{engine.Impersonation}}, v.Decide(0, 0))
	require.Empty(t, v.Tables(engine.Unlocked)[0].Axes)
	granted, cells, err := v.Count(engine.Writable, nil)
	require.NoError(t, err)
	require.Equal(t, []uint64{0, 4}, []uint64{granted, cells})
	for _, refused := range [][2]string{{"cy", "di"}, {"bo", "bo"}, {"bo", "ada"}} {
		_, err := r.Impersonate(refused[0], refused[1])
		var no *engine.RefusedError
		require.ErrorAs(t, err, &no, "%v", refused)
	}
	_, err = r.Impersonate("bo", "nobody")
	var unknown *engine.UnknownError
	require.ErrorAs(t, err, &unknown)
}

func TestZeroValuesDeny(t *testing.T) {
	var v engine.View
	require.False(t, v.Read())
	require.True(t, v.Decide().Locked)
	require.Equal(t, []engine.Table{{Bits: []uint64{0}}}, v.Tables(engine.Readable))
	granted, _, err := v.Count(engine.Readable, nil)
	require.NoError(t, err)
	require.Zero(t, granted)
	var m engine.Member
	_, err = m.Block(engine.Ref{})
	require.Error(t, err)
}

func TestFind(t *testing.T) {
	p := newPair(t)
	other := p.ws.AddApplication("It's")
	odd := other.AddList("My. list")
	prop := p.ws.AddProperty(odd, "a:b", cube.Type{Kind: cube.Number})
	colon := p.ws.AddApplication("A:").AddMetric(":x", cube.Type{Kind: cube.Number})
	r := p.compile(t)
	for ref, want := range map[string]*cube.Block{
		"A::::x": colon, "'A:'::':x'": colon,
		"HR::Revenue": p.revenue, "HR::Country": p.country.ItemSet, "It's::My. list": odd.ItemSet, "'It''s'::'My. list'.'a:b'": prop,
		"HR::User": p.ws.Users.ItemSet, "HR::Users roles": p.app.UsersRoles, "HR::'Users roles'": p.app.UsersRoles,
	} {
		got, err := r.Find(ref, "")
		require.NoError(t, err, ref)
		require.Same(t, want, got.Block, ref)
	}
	got, err := r.Find("Revenue", "HR")
	require.NoError(t, err)
	require.Same(t, p.revenue, got.Block)
	for _, bad := range []string{"Revenue", "HR::Revenu", "XX::Revenue", "HR::Country.Nothing", "", "HR::", "'"} {
		_, err := r.Find(bad, "")
		var unknown *engine.UnknownError
		require.ErrorAs(t, err, &unknown, bad)
	}
}

// A cache that holds next to nothing forgets, and never answers for somebody else.
func TestSmallCache(t *testing.T) {
	p := newPair(t)
	r, err := engine.Compile(context.Background(), p.ws, engine.Options{ViewBytes: 1})
	require.NoError(t, err)
	for range 3 {
		require.True(t, view(t, r, "cy", "Revenue").Read(0, 0))
		require.False(t, view(t, r, "di", "Revenue").Read(0, 0))
		require.False(t, view(t, r, "ada", "Revenue").Read(0, 0))
	}
}

func TestOptionsValidate(t *testing.T) {
	_, err := engine.Compile(context.Background(), newPair(t).ws, engine.Options{Workers: -1, ViewBytes: -1})
	require.ErrorContains(t, err, "Workers")
	require.ErrorContains(t, err, "ViewBytes")
}

func TestCompileIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := engine.Compile(ctx, newPair(t).ws, engine.Options{})
	require.ErrorIs(t, err, context.Canceled)
}
