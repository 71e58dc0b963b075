package inherit

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
)

// key tells apart the factors of a state that may not be combined at once: what RESETACCESSRIGHTS cuts goes by
// origin, where an operation bites goes by dimensions (SPEC 4.1, 4.3).
type key struct {
	dims     string
	origin   *cube.Application
	category cube.Rights
	scenario bool
	tag      tag
}

// state is the factors of an expression: one node for each key.
type state map[key]NodeID

func dimsKey(dims []*cube.List) string {
	b := make([]byte, 0, 4*len(dims))
	for _, d := range dims {
		b = binary.BigEndian.AppendUint32(b, uint32(d.ID))
	}
	return string(b)
}

func (b *builder) keyOf(id NodeID) key {
	n := &b.plan.nodes[id]
	return key{dimsKey(n.Dims), n.Origin, n.Category, n.Scenario, n.tag}
}

// builder makes the nodes of a plan, each distinct one once.
type builder struct {
	plan    *Plan
	errs    cube.Errors
	byText  map[string]NodeID
	numbers formula.Numbers
	exprIDs map[int]ExprID
	wide    []*cube.List // the dimensions of a node past MaxCells, until somebody reports it
}

func newBuilder(ws *cube.Workspace) *builder {
	return &builder{
		plan: &Plan{
			ws: ws, formulas: make([]*formula.Expr, len(ws.Blocks())), states: make([]*State, len(ws.Blocks())),
			reserved: map[*cube.Application]stateNodes{}, passed: map[*cube.Rule]int{}, governed: map[*cube.Rule]int{},
		},
		byText:  map[string]NodeID{},
		exprIDs: map[int]ExprID{},
	}
}

// add returns the node equal to n, which it makes where there is none.
func (b *builder) add(n Node) NodeID {
	text := fmt.Sprintf("%d %d %x %p %d %t %v %p %p %v %x %x %t %p", n.tag, n.Kind, dimsKey(n.Dims), n.Origin, n.Category, n.Scenario, n.Inputs,
		n.App, n.Metric, sourcesKey(n.From), dimsKey(n.Lists), dimsKey(n.Over), n.Blank, n.Block)
	if id, ok := b.byText[text]; ok {
		return id
	}
	if _, ok := cells(n.Dims); !ok {
		b.wide = n.Dims
	}
	n.ID = NodeID(len(b.plan.nodes))
	b.plan.nodes = append(b.plan.nodes, n)
	b.byText[text] = n.ID
	return n.ID
}

func sourcesKey(from []Source) string {
	s := ""
	for _, f := range from {
		dim := cube.ListID(-1)
		if f.Dim != nil {
			dim = f.Dim.ID
		}
		s += fmt.Sprintf("%d,%d,%d,%d,%d;", f.Form, dim, f.Expr, f.Item, f.Shift)
	}
	return s
}

// exprID numbers an expression so that equal expressions, wherever they stand, have one number: their items are
// worked out once.
func (b *builder) exprID(e *formula.Expr) ExprID {
	n := b.numbers.Of(e)
	id, ok := b.exprIDs[n]
	if !ok {
		id = ExprID(len(b.plan.exprs))
		b.plan.exprs = append(b.plan.exprs, e)
		b.exprIDs[n] = id
	}
	return id
}

// leaf makes a leaf about the member's role in app, or app's scenarios.
func (b *builder) leaf(kind NodeKind, app *cube.Application, c cube.Rights) NodeID {
	n := Node{Kind: kind, Origin: app, Category: c, App: app}
	if kind == Scenario {
		n.Dims, n.Scenario = []*cube.List{app.Scenarios.List}, true
	}
	return b.add(n)
}

// join ANDs a node into a state.
func (b *builder) join(s state, id NodeID) {
	k := b.keyOf(id)
	old, ok := s[k]
	if !ok {
		s[k] = id
		return
	}
	if old == id {
		return
	}
	inputs := append(b.conjuncts(old), b.conjuncts(id)...)
	slices.Sort(inputs)
	n := b.plan.nodes[id]
	s[k] = b.add(Node{Kind: And, Dims: n.Dims, Origin: n.Origin, Category: n.Category, Scenario: n.Scenario, Inputs: slices.Compact(inputs), tag: n.tag})
}

// maxFlat is how many inputs an AND may have to be taken apart when it is ANDed again. Without a limit a long chain of
// properties would make an AND of all that came before at each of its steps.
const maxFlat = 16

func (b *builder) conjuncts(id NodeID) []NodeID {
	if n := b.plan.nodes[id]; n.Kind == And && n.tag == untagged && len(n.Inputs) <= maxFlat {
		return slices.Clone(n.Inputs)
	}
	return []NodeID{id}
}

func (b *builder) joinAll(s, other state) {
	for _, id := range sortedNodes(other) {
		b.join(s, id)
	}
}

// sortedNodes are the nodes of a state in an order that never depends on maps.
func sortedNodes(s state) []NodeID {
	ids := make([]NodeID, 0, len(s))
	for _, id := range s {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// derive makes a node that carries another one along: same origin, category and kind of factor.
func (b *builder) derive(from NodeID, n Node) NodeID {
	in := &b.plan.nodes[from]
	n.Origin, n.Category, n.Scenario, n.tag, n.Inputs = in.Origin, in.Category, in.Scenario, in.tag, []NodeID{from}
	return b.add(n)
}

func sortDims(dims []*cube.List) []*cube.List {
	slices.SortFunc(dims, func(a, b *cube.List) int { return int(a.ID) - int(b.ID) })
	return slices.Compact(dims)
}

// union is the sorted union of dimension sets.
func union(sets ...[]*cube.List) []*cube.List {
	return sortDims(slices.Concat(sets...))
}

// without is dims less those of gone.
func without(dims []*cube.List, gone ...*cube.List) []*cube.List {
	return slices.DeleteFunc(slices.Clone(dims), func(d *cube.List) bool { return slices.Contains(gone, d) })
}

func meets(dims, others []*cube.List) bool {
	return slices.ContainsFunc(dims, func(d *cube.List) bool { return slices.Contains(others, d) })
}

func contains(dims, part []*cube.List) bool { return len(without(part, dims...)) == 0 }

// cells is the size of the space over dims, or false where it is past MaxCells.
func cells(dims []*cube.List) (uint64, bool) {
	s, err := cube.NewSpace(dims...)
	return s.Len(), err == nil && s.Len() <= MaxCells
}
