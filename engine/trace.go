package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/inherit"
)

// Trace is every stated factor of a view's block by itself, those that were cut too, with what each says to the
// view's member. It is for explanations: it costs far more than a View, remembers nothing for others, and is not to
// be used by several goroutines at once.
type Trace struct {
	Factors []inherit.Factor

	view *View
	plan *inherit.Plan
	walk *walk
}

// Trace follows the factors of the view's block from where the model states them (SPEC 4.1). It fails where a mapping
// that only cut factors take cannot be evaluated, and where ctx is done.
func (v *View) Trace(ctx context.Context) (*Trace, error) {
	if v.grant == nil {
		return nil, errors.New("engine: the zero View has no factors")
	}
	r := v.member.rights
	t := r.plan.Trace(v.grant.ref.App, v.grant.ref.Block)
	maps, err := r.mapMore(ctx, r.mappings, t.Plan())
	if err != nil {
		return nil, err
	}
	return &Trace{Factors: t.Factors, view: v, plan: t.Plan(), walk: r.walk(r.of[v.member.id], t.Plan(), maps)}, nil
}

// Category is the category that factor i has a say in.
func (t *Trace) Category(i int) cube.Rights { return t.plan.Node(t.Factors[i].Over).Category }

// Origin is the application whose rules factor i comes from.
func (t *Trace) Origin(i int) *cube.Application { return t.plan.Node(t.Factors[i].Over).Origin }

// Dims are the dimensions that factor i has over its source block, those of the cells that Sources gives.
func (t *Trace) Dims(i int) []*cube.List { return t.plan.Node(t.Factors[i].At).Dims }

// Holds says whether factor i, cut or not, grants its category at a cell of the view's block.
func (t *Trace) Holds(i int, items ...cube.ItemID) bool {
	at := t.cell(items)
	return t.holds(t.Factors[i].Over, at)
}

// cell is a cell of the view's block as items by dimension.
func (t *Trace) cell(items []cube.ItemID) map[*cube.List]cube.ItemID {
	dims := t.view.grant.ref.Block.Dims
	if len(items) != len(dims) {
		panic(fmt.Sprintf("engine: %s has %d dimensions, asked with %d items", t.view.grant.ref.Block, len(dims), len(items)))
	}
	at := make(map[*cube.List]cube.ItemID, len(dims))
	for i, d := range dims {
		at[d] = items[i]
	}
	return at
}

func (t *Trace) holds(id inherit.NodeID, at map[*cube.List]cube.ItemID) bool {
	set := t.walk.set(id)
	switch set {
	case bitmap.Full:
		return true
	case bitmap.Empty:
		return false
	}
	return t.view.member.rights.pool.Contains(set, cellOf(t.plan.Node(id).Dims, at))
}

func cellOf(dims []*cube.List, at map[*cube.List]cube.ItemID) uint64 {
	var cell uint64
	for _, d := range dims {
		cell = cell*uint64(d.Len()) + uint64(at[d])
	}
	return cell
}

// Sources are the cells of factor i's source block, over Dims(i), that decide what it says at a cell of the view's
// block: those that deny where it denies, else those that it looked at. At most limit are given, in cell order of
// where they were found; none where nothing was looked at (a BLANK on the way, a reduction over nothing).
func (t *Trace) Sources(i, limit int, items ...cube.ItemID) [][]cube.ItemID {
	f := t.Factors[i]
	s := &sourceFinder{Trace: t, goal: f.At, want: t.Holds(i, items...), limit: limit}
	s.visit(f.Over, t.cell(items))
	return s.found
}

// sourceFinder walks from a node's cell back to the cells of the stated factor that decided it.
type sourceFinder struct {
	*Trace
	goal  inherit.NodeID
	want  bool // look for cells where the condition holds, else for those where it does not
	limit int
	found [][]cube.ItemID
}

func (s *sourceFinder) visit(id inherit.NodeID, at map[*cube.List]cube.ItemID) {
	if len(s.found) >= s.limit || s.holds(id, at) != s.want {
		return
	}
	n := s.plan.Node(id)
	if id == s.goal {
		s.add(n.Dims, at)
		return
	}
	switch n.Kind {
	case inherit.And:
		for _, in := range n.Inputs {
			s.visit(in, at)
		}
	case inherit.Gather:
		s.gather(n, at)
	case inherit.Reduce:
		s.each(n.Lists, at, func() { s.visit(n.Inputs[0], at) })
	case inherit.Prefix:
		last := at[n.Lists[0]]
		for item := cube.ItemID(0); item <= last && len(s.found) < s.limit; item++ {
			at[n.Lists[0]] = item
			s.visit(n.Inputs[0], at)
		}
		at[n.Lists[0]] = last
	case inherit.ReduceBy:
		m := s.walk.maps[n.From[0].Expr]
		target := at[n.Lists[0]]
		s.each(n.Over, at, func() {
			if m.items[cellOf(m.dims, at)] == int32(target) {
				s.visit(n.Inputs[0], at)
			}
		})
	}
}

func (s *sourceFinder) add(dims []*cube.List, at map[*cube.List]cube.ItemID) {
	cell := make([]cube.ItemID, len(dims))
	for i, d := range dims {
		cell[i] = at[d]
	}
	if !slices.ContainsFunc(s.found, func(c []cube.ItemID) bool { return slices.Equal(c, cell) }) {
		s.found = append(s.found, cell)
	}
}

// gather visits the one cell that a Gather read.
func (s *sourceFinder) gather(n *inherit.Node, at map[*cube.List]cube.ItemID) {
	in := s.plan.Node(n.Inputs[0])
	from := make(map[*cube.List]cube.ItemID, len(in.Dims))
	for i, d := range in.Dims {
		item := cube.NoItem
		switch src := n.From[i]; src.Form {
		case inherit.FromDim:
			item = at[src.Dim]
		case inherit.FromItem:
			item = src.Item
		case inherit.FromShift:
			if to := int(at[src.Dim]) + src.Shift; to >= 0 && to < src.Dim.Len() {
				item = cube.ItemID(to)
			}
		case inherit.FromExpr:
			m := s.walk.maps[src.Expr]
			item = cube.ItemID(m.items[cellOf(m.dims, at)])
		}
		if item < 0 {
			return
		}
		from[d] = item
	}
	s.visit(n.Inputs[0], from)
}

// each calls visit with every combination of items of lists in at, in cell order, and puts at back.
func (s *sourceFinder) each(lists []*cube.List, at map[*cube.List]cube.ItemID, visit func()) {
	if len(s.found) >= s.limit {
		return
	}
	if len(lists) == 0 {
		visit()
		return
	}
	old, had := at[lists[0]]
	for item := range lists[0].Len() {
		at[lists[0]] = cube.ItemID(item)
		s.each(lists[1:], at, visit)
	}
	if had {
		at[lists[0]] = old
	} else {
		delete(at, lists[0])
	}
}
