package inherit

import (
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
)

// transport works out T(e) of SPEC 4.1 for the formulas of one application.
type transport struct {
	*builder
	app  *cube.Application
	memo map[*formula.Expr]state
	// blockState is the factors of a block that a formula reads; cut is asked for each factor that RESETACCESSRIGHTS
	// takes away, and says which remains in its place, if any.
	blockState func(*cube.Block) state
	cut        func(NodeID) (NodeID, bool)
}

func (b *builder) transport(app *cube.Application) *transport {
	t := &transport{builder: b, app: app, memo: map[*formula.Expr]state{}}
	t.blockState = t.planned
	t.cut = func(NodeID) (NodeID, bool) { return 0, false }
	return t
}

// of is T(e). The result belongs to the memo: callers do not change it.
func (t *transport) of(e *formula.Expr) state {
	if s, ok := t.memo[e]; ok {
		return s
	}
	s := t.work(e)
	t.memo[e] = s
	return s
}

func (t *transport) work(e *formula.Expr) state {
	switch e.Op {
	case formula.OpConst:
		return nil
	case formula.OpBlock:
		return t.blockState(e.Block)
	case formula.OpList:
		return t.blockState(e.List.ItemSet)
	case formula.OpProperty, formula.OpFindItem:
		return t.lookup(e)
	case formula.OpReset:
		return t.reset(t.of(e.Args[0]))
	case formula.OpRemove:
		return t.each(t.of(e.Args[0]), e.Lists, func(id NodeID, dims []*cube.List) NodeID {
			gone := slices.DeleteFunc(slices.Clone(e.Lists), func(l *cube.List) bool { return !slices.Contains(dims, l) })
			return t.derive(id, Node{Kind: Reduce, Dims: without(dims, gone...), Lists: gone})
		})
	case formula.OpCumulate:
		return t.each(t.of(e.Args[0]), []*cube.List{e.List}, func(id NodeID, dims []*cube.List) NodeID {
			return t.derive(id, Node{Kind: Prefix, Dims: dims, Lists: []*cube.List{e.List}})
		})
	case formula.OpSelect:
		return t.read(t.of(e.Args[0]), e.List, nil, Source{Form: FromItem, Item: e.Item})
	case formula.OpShift:
		return t.read(t.of(e.Args[0]), e.List, []*cube.List{e.List}, Source{Form: FromShift, Dim: e.List, Shift: e.N})
	case formula.OpAggregate:
		return t.aggregate(e)
	case formula.OpSpread:
		m := e.Args[1]
		return t.union(t.read(t.of(e.Args[0]), e.List, m.Dims, t.source(m)), t.of(m))
	}
	parts := make([]state, len(e.Args))
	for i, a := range e.Args {
		parts[i] = t.of(a)
	}
	return t.union(parts...)
}

// planned is all factors of a block, direct and inherited, as the formulas of the transport's application name it.
func (t *transport) planned(b *cube.Block) state {
	st := t.plan.State(t.app, b)
	s := state{}
	for _, id := range slices.Concat(st.Read, st.Write) {
		s[t.keyOf(id)] = id
	}
	return s
}

func (t *transport) union(parts ...state) state {
	out := state{}
	for _, p := range parts {
		t.joinAll(out, p)
	}
	return out
}

// each applies an operation that works along lists to every factor that has one of them; others are unchanged by it
// (SPEC 4.1: which dimensions a factor has is structural).
func (t *transport) each(s state, along []*cube.List, op func(NodeID, []*cube.List) NodeID) state {
	out := state{}
	for _, id := range sortedNodes(s) {
		if dims := t.plan.nodes[id].Dims; meets(dims, along) {
			id = op(id, dims)
		}
		t.join(out, id)
	}
	return out
}

// read reads every factor that has list at the item that from gives, over dims, true where it is BLANK.
func (t *transport) read(s state, list *cube.List, dims []*cube.List, from Source) state {
	if from.Form == FromDim && from.Dim == list {
		return s
	}
	return t.each(s, []*cube.List{list}, func(id NodeID, have []*cube.List) NodeID {
		return t.derive(id, t.gather(have, map[*cube.List]reading{list: {from, dims}}, true))
	})
}

type reading struct {
	from Source
	dims []*cube.List
}

// gather is a Gather of an input over dims whose items along some lists are read elsewhere.
func (b *builder) gather(dims []*cube.List, at map[*cube.List]reading, blank bool) Node {
	n := Node{Kind: Gather, Blank: blank}
	for _, d := range dims {
		r, ok := at[d]
		if !ok {
			r = reading{Source{Form: FromDim, Dim: d}, []*cube.List{d}}
		}
		n.From = append(n.From, r.from)
		n.Dims = append(n.Dims, r.dims...)
	}
	n.Dims = sortDims(n.Dims)
	return n
}

// source says where the items of an expression come from: a list's own item, a constant, or an expression.
func (b *builder) source(e *formula.Expr) Source {
	switch {
	case e.Op == formula.OpList:
		return Source{Form: FromDim, Dim: e.List}
	case e.Op == formula.OpConst && !e.Value.IsBlank():
		return Source{Form: FromItem, Item: e.Value.Item()}
	}
	return Source{Form: FromExpr, Expr: b.exprID(e)}
}

// lookup is T of e.P and of ITEM: T(e), and what is looked up read at the item found.
func (t *transport) lookup(e *formula.Expr) state {
	arg := e.Args[0]
	if e.Op == formula.OpProperty {
		found := t.read(t.blockState(e.Block), e.Block.List, arg.Dims, t.source(arg))
		return t.union(t.of(arg), found)
	}
	b := e.List.ItemSet
	if e.Block != nil {
		b = e.Block
	}
	found := t.read(t.blockState(b), e.List, e.Dims, Source{Form: FromExpr, Expr: t.exprID(e)})
	return t.union(t.of(arg), found)
}

// aggregate is T of a BY that aggregates: the factors of what is aggregated and of the mapping, each the AND over the
// source items mapped to the target.
func (t *transport) aggregate(e *formula.Expr) state {
	m := e.Args[1]
	others := without(m.Dims, e.Lists...)
	both := t.union(t.of(e.Args[0]), t.of(m))
	return t.each(both, e.Lists, func(id NodeID, dims []*cube.List) NodeID {
		return t.derive(id, Node{
			Kind: ReduceBy, Dims: union(without(dims, e.Lists...), []*cube.List{e.List}, others),
			Lists: []*cube.List{e.List}, Over: e.Lists, From: []Source{{Form: FromExpr, Expr: t.exprID(m)}},
		})
	})
}

// reset is T of RESETACCESSRIGHTS: only what comes from other applications stays, and not even that where the
// workspace lets it cut across applications (SPEC 4.3).
func (t *transport) reset(s state) state {
	out := state{}
	for _, id := range sortedNodes(s) {
		if t.plan.nodes[id].Origin == t.app || t.plan.ws.ResetAcrossApplications {
			left, ok := t.cut(id)
			if !ok {
				continue
			}
			id = left
		}
		t.join(out, id)
	}
	return out
}
