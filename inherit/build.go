package inherit

import (
	"encoding/binary"
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
	byKey   map[string]NodeID
	room    []byte // for a key
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
		byKey:   map[string]NodeID{},
		exprIDs: map[int]ExprID{},
	}
}

// add returns the node equal to n, which it makes where there is none.
func (b *builder) add(n Node) NodeID {
	b.room = appendNode(b.room[:0], &n)
	if id, ok := b.byKey[string(b.room)]; ok {
		return id
	}
	if _, ok := cells(n.Dims); !ok {
		b.wide = n.Dims
	}
	n.ID = NodeID(len(b.plan.nodes))
	b.plan.nodes = append(b.plan.nodes, n)
	b.byKey[string(b.room)] = n.ID
	return n.ID
}

// appendNode writes all of a node but its number: equal bytes mean equal nodes. It is what tracing a block takes most
// of, which makes a million nodes where hundreds of blocks stand on each other.
func appendNode(key []byte, n *Node) []byte {
	flags := uint64(0)
	for i, is := range []bool{n.Scenario, n.Blank} {
		if is {
			flags |= 1 << i
		}
	}
	for _, x := range []uint64{
		uint64(n.tag), uint64(n.Kind), uint64(n.Category), flags, appKey(n.Origin), appKey(n.App), blockKey(n.Metric), blockKey(n.Block),
		uint64(len(n.Inputs)), uint64(len(n.From)),
	} {
		key = binary.AppendUvarint(key, x)
	}
	for _, in := range n.Inputs {
		key = binary.AppendUvarint(key, uint64(in))
	}
	for _, f := range n.From {
		key = append(key, byte(f.Form))
		key = binary.AppendUvarint(key, listKey(f.Dim))
		for _, x := range []int64{int64(f.Expr), int64(f.Item), int64(f.Shift)} {
			key = binary.AppendVarint(key, x)
		}
	}
	for _, lists := range [][]*cube.List{n.Dims, n.Lists, n.Over} {
		key = binary.AppendUvarint(key, uint64(len(lists)))
		for _, l := range lists {
			key = binary.AppendUvarint(key, listKey(l))
		}
	}
	return key
}

// The keys of what a node refers to: from 1, 0 is nothing. An application goes by its list Role.

func appKey(app *cube.Application) uint64 {
	if app == nil {
		return 0
	}
	return listKey(app.RoleList)
}

func blockKey(b *cube.Block) uint64 {
	if b == nil {
		return 0
	}
	return uint64(b.ID) + 1
}

func listKey(l *cube.List) uint64 {
	if l == nil {
		return 0
	}
	return uint64(l.ID) + 1
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
