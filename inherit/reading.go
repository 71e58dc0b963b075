package inherit

import (
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
)

// Reading is, for expressions and each part of them, under which conditions somebody reads everything that its value
// is worked out from: T of SPEC 4.1 in the category Read, with nothing left out by RESETACCESSRIGHTS or by an option.
// Whoever fulfils them knows the value, whether a formula shows it or not.
type Reading struct {
	plan *Plan
	memo map[*formula.Expr]state
}

// Reading works out the conditions on expressions of formulas of app. It costs as much as they and the plan have
// nodes.
//
// A restored plan must have passed Check; where it did not, there are no conditions, and nothing can be told.
func (p *Plan) Reading(app *cube.Application, exprs ...*formula.Expr) *Reading {
	whole, err := p.whole()
	if err != nil {
		return &Reading{plan: p}
	}
	p = whole
	ext := *p
	ext.nodes, ext.exprs = slices.Clip(p.nodes), slices.Clip(p.exprs)
	b := newBuilder(p.ws)
	b.plan = &ext
	for i, known := range p.exprs {
		b.exprIDs[b.numbers.Of(known)] = ExprID(i)
	}
	t := b.transport(app)
	t.cut = func(id NodeID) (NodeID, bool) { return id, true }
	for _, e := range exprs {
		t.of(e)
	}
	return &Reading{&ext, t.memo}
}

// Plan is the plan with the reading's own nodes and expressions behind its own: numbers below the plan's Len and
// Exprs mean the same in both.
func (r *Reading) Plan() *Plan { return r.plan }

// Nodes are the conditions on an expression or a part of one, over its dimensions or some of them, in ascending order.
func (r *Reading) Nodes(e *formula.Expr) []NodeID {
	return slices.DeleteFunc(sortedNodes(r.memo[e]), func(id NodeID) bool { return r.plan.nodes[id].Category != cube.Read })
}

// All are the conditions on all expressions and parts, in ascending order.
func (r *Reading) All() []NodeID {
	var ids []NodeID
	for e := range r.memo {
		ids = append(ids, r.Nodes(e)...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
