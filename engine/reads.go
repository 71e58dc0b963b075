package engine

import (
	"slices"
	"sync"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
	"github.com/cubeward/cubeward/inherit"
)

// reads is what an access-rights metric, or any formula over User, reads from the members: for one member's value.
type reads struct {
	own   map[*cube.Block]bool // given blocks over User of which it reads the member's own cells
	all   map[*cube.Block]bool // given blocks that are read in any other way, with the system's eyes
	self  bool                 // the member as an item of User is read, too
	along bool                 // an operation looks along User, so that no member's value can be worked out by itself

	sorted []*cube.Block // own, by number, once somebody asked
}

func (x *reads) join(y *reads) {
	for b := range y.own {
		x.own[b] = true
	}
	for b := range y.all {
		x.all[b] = true
	}
	x.self, x.along = x.self || y.self, x.along || y.along
}

// readers knows of a plan who reads what. What it finds out it keeps; the plan never changes.
type readers struct {
	plan    *inherit.Plan
	users   *cube.List
	metrics []*cube.Block // those that rules apply, by their place in profiles

	mu      sync.Mutex
	blocks  map[*cube.Block]*reads        // of calculated blocks over User
	given   map[*cube.Block][]*cube.Block // the given blocks that a block's values are made of
	changes map[*cube.Block]*changeReach
	signed  map[cube.ItemID]bool // authors and owners, on whose roles depends whether the model is valid
}

func newReaders(plan *inherit.Plan, metrics map[cube.BlockID]int) *readers {
	x := &readers{
		plan: plan, users: plan.Workspace().Users, metrics: make([]*cube.Block, len(metrics)),
		blocks: map[*cube.Block]*reads{}, given: map[*cube.Block][]*cube.Block{}, changes: map[*cube.Block]*changeReach{},
	}
	for id, i := range metrics {
		x.metrics[i] = plan.Workspace().Blocks()[id]
	}
	return x
}

// changeReach is what one member's given cells of a block reach.
type changeReach struct {
	// whole says that more than the member's own sets may change: a mapping, or a metric that looks along User.
	whole   bool
	metrics []int          // the access-rights metrics whose row of the member is to be worked out again
	blocks  []cube.BlockID // whose values may change, the block among them
}

// readsOf is what one member's cells of a block over User are made of.
func (x *readers) readsOf(b *cube.Block) *reads {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.of(b)
}

// reach is what a change of one member's cells of a given block over User reaches.
func (x *readers) reach(b *cube.Block) *changeReach {
	x.mu.Lock()
	defer x.mu.Unlock()
	if out := x.changes[b]; out != nil {
		return out
	}
	out := &changeReach{}
	for i, m := range x.metrics {
		r := x.of(m)
		switch {
		case r.all[b] || r.own[b] && r.along:
			out.whole = true
		case r.own[b]:
			out.metrics = append(out.metrics, i)
		}
	}
	for i := range inherit.ExprID(x.plan.Exprs()) {
		if x.reads(x.plan.Expr(i), b) {
			out.whole = true
		}
	}
	for _, other := range x.plan.Workspace().Blocks() {
		if other.Kind != cube.ItemSet && slices.Contains(x.madeOf(other), b) {
			out.blocks = append(out.blocks, other.ID)
		}
	}
	x.changes[b] = out
	return out
}

func (x *readers) reads(e *formula.Expr, given *cube.Block) bool {
	for b := range formula.Blocks(e) {
		if slices.Contains(x.madeOf(b), given) {
			return true
		}
	}
	return false
}

// madeOf are the given blocks that the values of a block are made of, itself among them where it is given.
func (x *readers) madeOf(b *cube.Block) []*cube.Block {
	if out, ok := x.given[b]; ok {
		return out
	}
	var out []*cube.Block
	e := x.plan.Formula(b)
	if e == nil || b.Overridable {
		out = append(out, b)
	}
	if e != nil {
		for other := range formula.Blocks(e) {
			for _, g := range x.madeOf(other) {
				if !slices.Contains(out, g) {
					out = append(out, g)
				}
			}
		}
	}
	x.given[b] = out
	return out
}

// of is what one member's cells of a block over User are made of.
func (x *readers) of(b *cube.Block) *reads {
	if out := x.blocks[b]; out != nil {
		return out
	}
	out := newReads()
	e := x.plan.Formula(b)
	if e == nil || b.Overridable {
		out.own[b] = true
	}
	if e != nil {
		w := readsWalk{readers: x, out: out, seen: map[*formula.Expr]bool{}}
		w.visit(e)
	}
	x.blocks[b] = out
	return out
}

func newReads() *reads { return &reads{own: map[*cube.Block]bool{}, all: map[*cube.Block]bool{}} }

// readsWalk goes through one formula.
type readsWalk struct {
	*readers
	out  *reads
	seen map[*formula.Expr]bool
}

func (w *readsWalk) visit(e *formula.Expr) {
	if w.seen[e] {
		return
	}
	w.seen[e] = true
	if !slices.Contains(e.Dims, w.users) || w.looksAlong(e) {
		w.out.along = w.out.along || slices.Contains(e.Dims, w.users)
		for b := range formula.Blocks(e) {
			w.whole(b)
		}
		return
	}
	switch {
	case e.Op == formula.OpList:
		w.out.self = true
	case e.Op == formula.OpBlock:
		w.out.join(w.of(e.Block))
		return
	case w.attribute(e):
		w.out.own[e.Block] = true
		return
	case e.Block != nil: // a property of another list, or of members found by it
		w.whole(e.Block)
	}
	for _, a := range e.Args {
		w.visit(a)
	}
}

func (w *readsWalk) whole(b *cube.Block) {
	for _, g := range w.madeOf(b) {
		w.out.all[g] = true
	}
}

// attribute says whether an expression is a property of the member itself.
func (x *readers) attribute(e *formula.Expr) bool {
	return e.Op == formula.OpProperty && e.Block.List == x.users && e.Args[0].Op == formula.OpList
}

// looksAlong says whether an expression over User is made by an operation that works along User.
func (x *readers) looksAlong(e *formula.Expr) bool {
	switch e.Op {
	case formula.OpSelect, formula.OpShift, formula.OpCumulate, formula.OpAggregate, formula.OpSpread:
		return e.List == x.users || slices.Contains(e.Lists, x.users)
	case formula.OpRemove:
		return slices.Contains(e.Lists, x.users)
	}
	return false
}

// isSigned says whether a member is an owner or an author: whether the model is valid may hang on their roles.
func (x *readers) isSigned(member cube.ItemID) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.signed == nil {
		x.signed = map[cube.ItemID]bool{}
		ws := x.plan.Workspace()
		for _, b := range ws.Blocks() {
			if b.Formula != nil {
				x.signed[b.Formula.Author] = true
			}
		}
		for _, app := range ws.Applications {
			x.signed[app.Owner] = true
			for _, r := range app.Rules {
				for i := range r.Replace {
					x.signed[r.Replace[i].Formula.Author] = true
				}
			}
		}
	}
	return x.signed[member]
}
