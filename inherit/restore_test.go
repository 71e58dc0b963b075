package inherit

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
)

// rich is a plan with nodes of every kind, sources of every form, and factors that were lifted.
func rich(t *testing.T) (*model, *Plan) {
	m := newModel(t)
	m.ws.AddProperty(m.country, "Next", cube.Type{Kind: cube.Item, List: m.country})
	m.hr.Scenarios = &cube.Scenarios{List: m.month}
	byRegion := m.hr.AddMetric("AR region", cube.Type{Kind: cube.AccessRights}, m.ws.Users, m.region)
	sum := m.metric("Sum", "Revenue[REMOVE: Country]", m.month)
	region := m.metric("By region", "Revenue[BY: Country.Region]", m.region, m.month)
	m.metric("So far", "CUMULATE(Revenue, Month)", m.country, m.month)
	m.metric("Before", "Revenue[SELECT: Month - 1]", m.country, m.month)
	m.metric("One", `Revenue[SELECT: Month."Feb"]`, m.country)
	m.metric("Spread", "'By region'[BY: Country.Region]", m.country, m.month)
	m.metric("Found", "Country.Next.Priority", m.country)
	m.metric("Cut", "RESETACCESSRIGHTS(Revenue[BY: Country.Next.Region])", m.region, m.month)
	public := m.metric("Public", "", m.country)
	public.Public = true
	m.rule("by region", byRegion, region)
	m.hr.Rules = append(m.hr.Rules, &cube.Rule{
		Name: "replaced", Metric: byRegion, Categories: cube.Read, Target: cube.OnMetrics, Blocks: []*cube.Block{m.revenue},
		Replace: []cube.Replacement{{List: m.region, Formula: cube.Formula{Text: "Country.Region", Author: cube.NoItem}}},
	}, &cube.Rule{Name: "lift", Metric: m.hr.UsersRoles, Categories: cube.Write, Ignore: true, Target: cube.OnMetrics, Blocks: []*cube.Block{sum}})
	p := m.plan()
	kinds := map[NodeKind]bool{}
	for _, n := range p.nodes {
		kinds[n.Kind] = true
	}
	require.Len(t, kinds, int(Prefix)+1)
	return m, p
}

// copied is a snapshot that shares no slice with its plan.
func copied(s Snapshot) Snapshot {
	s.Nodes, s.States, s.Exprs, s.Reserved = slices.Clone(s.Nodes), slices.Clone(s.States), slices.Clone(s.Exprs), slices.Clone(s.Reserved)
	for i, n := range s.Nodes {
		n.Dims, n.Inputs, n.From = slices.Clone(n.Dims), slices.Clone(n.Inputs), slices.Clone(n.From)
		n.Lists, n.Over = slices.Clone(n.Lists), slices.Clone(n.Over)
		s.Nodes[i] = n
	}
	for i, st := range s.States {
		if st == nil {
			continue
		}
		c := *st
		c.Read, c.Write, c.Direct, c.Lifted = slices.Clone(st.Read), slices.Clone(st.Write), slices.Clone(st.Direct), slices.Clone(st.Lifted)
		s.States[i] = &c
	}
	return s
}

func TestRestore(t *testing.T) {
	m, p := rich(t)
	r, err := Restore(m.ws, copied(p.Snapshot()))
	require.NoError(t, err)
	require.Equal(t, p.Len(), r.Len())
	require.Equal(t, p.Exprs(), r.Exprs())
	for _, b := range m.ws.Blocks() {
		require.Equal(t, p.Text(m.hr, b), r.Text(m.hr, b))
	}
	require.NoError(t, r.Check())
	for _, b := range m.ws.Blocks() {
		require.Equal(t, p.Formula(b) != nil, r.Formula(b) != nil)
		require.Equal(t, len(p.Trace(m.hr, b).Factors), len(r.Trace(m.hr, b).Factors))
	}
	require.Equal(t, p.Order(), r.Order())
	for _, rule := range m.hr.Rules {
		governed, passed := p.Governed(rule)
		again, also := r.Governed(rule)
		require.Equal(t, []int{governed, passed}, []int{again, also})
	}
}

// A plan that the formulas do not say decides what it says, and explains nothing.
func TestCheckNoticesAnotherPlan(t *testing.T) {
	m, p := rich(t)
	s := copied(p.Snapshot())
	st := s.States[m.revenue.ID]
	st.Read = slices.DeleteFunc(st.Read, func(id NodeID) bool { return len(s.Nodes[id].Dims) > 0 })
	r, err := Restore(m.ws, s)
	require.NoError(t, err)
	require.ErrorIs(t, r.Check(), errOther)
	require.Nil(t, r.Formula(m.ws.Blocks()[len(m.ws.Blocks())-1]))
	require.Empty(t, r.Order())
	require.Empty(t, r.Trace(m.hr, m.revenue).Factors)
	require.Empty(t, r.Reading(m.hr).All())
	bad := m.metric("Bad", "Nothing", m.country)
	s = copied(p.Snapshot())
	s.States = append(s.States, &State{Block: bad, App: m.hr, Read: s.States[m.revenue.ID].Read[:1], Write: s.States[m.revenue.ID].Write[:1]})
	r, err = Restore(m.ws, s)
	require.NoError(t, err)
	require.ErrorContains(t, r.Check(), "unknown name")
}

// Every part of every node and state is damaged in turn: what Restore takes does not panic when it is walked, and
// what it refuses it names.
func TestRestoreRefusesWhatDoesNotFit(t *testing.T) {
	m, p := rich(t)
	refused := 0
	try := func(what string, change func(*Snapshot)) {
		s := copied(p.Snapshot())
		change(&s)
		if _, err := Restore(m.ws, s); err != nil {
			refused++
			return
		}
		require.Contains(t, what, "may", what)
	}
	other := cube.NewWorkspace("other")
	strange := other.AddApplication("X").AddList("L")
	for i := range p.nodes {
		n := p.nodes[i]
		at := func(what string, change func(*Node)) {
			try(fmt.Sprintf("node %d (%d): %s", i, n.Kind, what), func(s *Snapshot) { change(&s.Nodes[i]) })
		}
		at("id", func(n *Node) { n.ID++ })
		at("kind", func(n *Node) { n.Kind = 99 })
		at("dims", func(n *Node) { n.Dims = append(n.Dims, strange) })
		at("dims", func(n *Node) { n.Dims = append(n.Dims, nil) })
		at("origin", func(n *Node) { n.Origin = nil })
		at("category", func(n *Node) { n.Category = cube.Read | cube.Write })
		at("inputs", func(n *Node) { n.Inputs = append(n.Inputs, n.ID) })
		at("inputs", func(n *Node) { n.Inputs = append(n.Inputs, -1) })
		at("block", func(n *Node) { n.Block = m.revenue })
		at("tag", func(n *Node) { n.tag = 1 })
		at("metric", func(n *Node) { n.Metric = m.revenue })
		if len(n.Inputs) > 0 {
			at("no inputs", func(n *Node) { n.Inputs = nil })
			at("category", func(n *Node) { n.Category ^= cube.Read | cube.Write })
			at("app", func(n *Node) { n.App = m.hr })
		}
		if n.Kind == Metric || n.Kind == Scenario {
			at("dims", func(n *Node) { n.Dims = nil })
		}
		for k := range n.From {
			at("source form", func(n *Node) { n.From[k].Form = 9 })
			at("source", func(n *Node) { n.From[k] = Source{Form: FromItem, Item: 1 << 20} })
			at("source", func(n *Node) { n.From[k] = Source{Form: FromItem, Item: cube.NoItem} })
			at("source", func(n *Node) { n.From[k] = Source{Form: FromExpr, Expr: 1 << 20} })
			at("source", func(n *Node) { n.From[k] = Source{Form: FromExpr, Expr: -1} })
			at("source", func(n *Node) { n.From[k] = Source{Form: FromShift, Dim: strange} })
			at("source", func(n *Node) { n.From[k] = Source{Form: FromDim, Dim: strange} })
		}
		if len(n.Lists) > 0 {
			at("lists", func(n *Node) { n.Lists = nil })
			at("lists", func(n *Node) { n.Lists = append(n.Lists, strange) })
		}
		if len(n.Over) > 0 {
			at("over", func(n *Node) { n.Over = nil })
		}
	}
	for i, st := range p.states {
		if st == nil {
			try("state", func(s *Snapshot) { s.States[i] = &State{} })
			continue
		}
		at := func(what string, change func(*State)) {
			try(fmt.Sprintf("state %d: %s", i, what), func(s *Snapshot) { change(s.States[i]) })
		}
		at("block", func(s *State) { s.Block = nil })
		at("read", func(s *State) { s.Read = nil })
		at("write", func(s *State) { s.Write = nil })
		at("read", func(s *State) { s.Read[0] = NodeID(p.Len()) })
		at("read", func(s *State) { s.Read[0] = -1 })
		at("categories", func(s *State) { s.Read, s.Write = s.Write, s.Read })
		at("direct", func(s *State) { s.Direct[0].Node = -1 })
		at("direct", func(s *State) { s.Direct[0].Kind = Gather })
		at("rules", func(s *State) { s.Direct[0].Rules = []*cube.Rule{nil} })
		try("state", func(s *Snapshot) { s.States[i] = nil })
	}
	try("reserved", func(s *Snapshot) { s.Reserved = nil })
	try("reserved", func(s *Snapshot) { s.Reserved[0][0] = 99 })
	try("reserved", func(s *Snapshot) { s.Reserved[0][0], s.Reserved[0][1] = s.Reserved[0][1], s.Reserved[0][0] })
	try("states", func(s *Snapshot) { s.States = s.States[1:] })
	for i := range p.exprs {
		try("expr", func(s *Snapshot) { s.Exprs[i].List = strange })
		try("expr", func(s *Snapshot) { s.Exprs[i].Dims = []*cube.List{strange} })
	}
	require.Greater(t, refused, 500)
}

// A plan of many ANDs of ANDs, which share their inputs, is checked in the time of its nodes.
func TestRestoreIsLinear(t *testing.T) {
	m, p := rich(t)
	s := copied(p.Snapshot())
	for range 200 {
		last := s.Nodes[len(s.Nodes)-1]
		last.ID = NodeID(len(s.Nodes))
		last.Kind, last.Inputs, last.From, last.Lists, last.Over, last.App, last.Metric, last.Blank = And, []NodeID{last.ID - 1, last.ID - 1}, nil, nil, nil, nil, nil, false
		s.Nodes = append(s.Nodes, last)
	}
	_, err := Restore(m.ws, s)
	require.NoError(t, err)
}
