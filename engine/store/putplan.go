package store

import (
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/inherit"
)

// plan is the content of the section: the access-rights metrics that profiles have rows of, the shapes of expressions,
// nodes, the membership of each application, and the state of each block that is not reserved.
func (p *modelPut) plan(s *engine.Snapshot) []byte {
	p.put = put{}
	p.int(len(s.Metrics))
	for _, m := range s.Metrics {
		p.int(int(m.ID))
	}
	p.int(len(s.Plan.Exprs))
	for _, e := range s.Plan.Exprs {
		if e.List == nil {
			p.int(0)
		} else {
			p.int(int(e.List.ID) + 1)
		}
		p.lists(e.Dims)
	}
	p.int(len(s.Plan.Nodes))
	for i := range s.Plan.Nodes {
		p.node(&s.Plan.Nodes[i])
	}
	for _, n := range s.Plan.Reserved {
		p.int(int(n[0]))
		p.int(int(n[1]))
	}
	for _, st := range s.Plan.States {
		if st != nil {
			p.state(st)
		}
	}
	return p.b
}

func (p *modelPut) nodes(ids []inherit.NodeID) {
	p.int(len(ids))
	for _, id := range ids {
		p.int(int(id))
	}
}

func (p *modelPut) node(n *inherit.Node) {
	p.byte(uint8(n.Kind))
	p.flags(n.Category == cube.Write, n.Scenario, n.Blank)
	p.int(p.apps[n.Origin])
	p.lists(n.Dims)
	switch n.Kind {
	case inherit.Membership, inherit.RoleDefault, inherit.Permission, inherit.Scenario:
		return // of their origin
	case inherit.Metric:
		p.int(int(n.Metric.ID))
		return
	}
	p.nodes(n.Inputs)
	p.int(len(n.From))
	for _, s := range n.From {
		p.source(s)
	}
	p.lists(n.Lists)
	p.lists(n.Over)
}

func (p *modelPut) source(s inherit.Source) {
	p.byte(uint8(s.Form))
	switch s.Form {
	case inherit.FromDim:
		p.int(int(s.Dim.ID))
	case inherit.FromExpr:
		p.int(int(s.Expr))
	case inherit.FromItem:
		p.int(int(s.Item))
	case inherit.FromShift:
		p.int(int(s.Dim.ID))
		p.flags(s.Shift < 0)
		p.int(max(s.Shift, -s.Shift))
	}
}

func (p *modelPut) state(s *inherit.State) {
	p.nodes(s.Read)
	p.nodes(s.Write)
	p.int(len(s.Direct))
	for _, d := range s.Direct {
		p.direct(d)
	}
	p.int(len(s.Lifted))
	for _, l := range s.Lifted {
		p.direct(l.Direct)
		p.ruleNumbers(l.By)
	}
}

func (p *modelPut) direct(d inherit.Direct) {
	p.int(int(d.Node))
	p.byte(uint8(d.Kind))
	p.flags(d.Items)
	p.ruleNumbers(d.Rules)
}

func (p *modelPut) ruleNumbers(rules []*cube.Rule) {
	p.int(len(rules))
	for _, r := range rules {
		p.int(p.rules[r])
	}
}
