package store

import (
	"fmt"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/inherit"
)

// plan reads what modelPut.plan wrote into s. That it fits together is checked by engine.Restore.
func (t *modelTake) plan(s *engine.Snapshot) {
	for n := t.count(1); n > 0 && t.ok(); n-- {
		s.Metrics = append(s.Metrics, t.anyBlock())
	}
	for n := t.count(2); n > 0 && t.ok(); n-- {
		e := inherit.Shape{}
		if l := t.upTo(len(t.ws.Lists()), "list"); l > 0 {
			e.List = t.ws.Lists()[l-1]
		}
		e.Dims = t.lists()
		s.Plan.Exprs = append(s.Plan.Exprs, e)
	}
	for i, n := 0, t.count(4); i < n && t.ok(); i++ {
		s.Plan.Nodes = append(s.Plan.Nodes, t.node(i, len(s.Plan.Exprs)))
	}
	nodes := len(s.Plan.Nodes)
	for range t.ws.Applications {
		s.Plan.Reserved = append(s.Plan.Reserved, [2]inherit.NodeID{t.nodeID(nodes), t.nodeID(nodes)})
	}
	for _, b := range t.ws.Blocks() {
		var st *inherit.State
		if !b.Reserved() {
			st = t.state(b, nodes)
		}
		s.Plan.States = append(s.Plan.States, st)
	}
	t.end()
}

func (t *modelTake) nodeID(below int) inherit.NodeID { return inherit.NodeID(t.below(below, "node")) }

func (t *modelTake) nodeIDs(below int) []inherit.NodeID {
	var out []inherit.NodeID
	for n := t.count(1); n > 0 && t.ok(); n-- {
		out = append(out, t.nodeID(below))
	}
	return out
}

// node reads node i, whose inputs stand before it.
func (t *modelTake) node(i, exprs int) inherit.Node {
	n := inherit.Node{ID: inherit.NodeID(i), Kind: inherit.NodeKind(t.upTo(int(inherit.Prefix), "kind of node")), Category: cube.Read}
	var write bool
	t.flags(&write, &n.Scenario, &n.Blank)
	if write {
		n.Category = cube.Write
	}
	n.Origin = t.app()
	n.Dims = t.lists()
	switch n.Kind {
	case inherit.Membership, inherit.RoleDefault, inherit.Permission, inherit.Scenario:
		n.App = n.Origin
		return n
	case inherit.Metric:
		n.Metric = t.anyBlock()
		return n
	}
	n.Inputs = t.nodeIDs(i)
	for k := t.count(2); k > 0 && t.ok(); k-- {
		n.From = append(n.From, t.source(exprs))
	}
	n.Lists = t.lists()
	n.Over = t.lists()
	return n
}

func (t *modelTake) source(exprs int) inherit.Source {
	s := inherit.Source{Form: inherit.SourceForm(t.upTo(int(inherit.FromShift), "form of source"))}
	switch s.Form {
	case inherit.FromDim:
		s.Dim = t.list()
	case inherit.FromExpr:
		s.Expr = inherit.ExprID(t.below(exprs, "expression"))
	case inherit.FromItem:
		s.Item = cube.ItemID(t.below(cube.MaxItems-1, "item"))
	case inherit.FromShift:
		s.Dim = t.list()
		var back bool
		t.flags(&back)
		s.Shift = t.below(cube.MaxItems, "shift")
		if back {
			s.Shift = -s.Shift
		}
	}
	return s
}

func (t *modelTake) state(b *cube.Block, nodes int) *inherit.State {
	s := &inherit.State{Block: b, App: b.App, Read: t.nodeIDs(nodes), Write: t.nodeIDs(nodes)}
	for n := t.count(4); n > 0 && t.ok(); n-- {
		s.Direct = append(s.Direct, t.direct(nodes))
	}
	for n := t.count(5); n > 0 && t.ok(); n-- {
		s.Lifted = append(s.Lifted, inherit.Lifted{Direct: t.direct(nodes), By: t.ruleList()})
	}
	return s
}

func (t *modelTake) direct(nodes int) inherit.Direct {
	d := inherit.Direct{Node: t.nodeID(nodes), Kind: inherit.NodeKind(t.upTo(int(inherit.Metric), "kind of factor"))}
	t.flags(&d.Items)
	d.Rules = t.ruleList()
	return d
}

func (t *modelTake) ruleList() []*cube.Rule {
	var out []*cube.Rule
	for n := t.count(1); n > 0 && t.ok(); n-- {
		i := t.below(len(t.rules), "rule")
		if t.ok() {
			out = append(out, t.rules[i])
		}
	}
	return out
}

// failed is what was wrong, where anything was.
func (t *take) failed() error {
	if t.err == nil {
		return nil
	}
	return fmt.Errorf("byte %d of its content: %w", t.at, t.err)
}
