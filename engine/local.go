package engine

import (
	"context"
	"slices"
	"sync"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
	"github.com/cubeward/cubeward/inherit"
)

// locals are formulas over User rewritten for one member, whichever it is: a list of one item stands for User, and
// blocks for what is read from the member. They belong to a plan and grow as they are asked for.
type locals struct {
	plan  *inherit.Plan
	users *cube.List
	one   *cube.List
	self  *cube.Block // stands for the member as an item of User

	mu       sync.Mutex
	formulas map[*cube.Block]*formula.Expr // by calculated block over User
	stands   map[*cube.Block]*cube.Block   // what stands for a block over User
	real     map[*cube.Block]*cube.Block   // and for which block it does
	inputs   map[*cube.Block]func() (*givenCells, error)
}

func newLocals(plan *inherit.Plan) *locals {
	x := &locals{
		plan: plan, users: plan.Workspace().Users, one: kindList(1), formulas: map[*cube.Block]*formula.Expr{},
		stands: map[*cube.Block]*cube.Block{}, real: map[*cube.Block]*cube.Block{},
		inputs: map[*cube.Block]func() (*givenCells, error){},
	}
	x.self = x.stand(cube.Type{Kind: cube.Item, List: x.users}, []*cube.List{x.users})
	return x
}

// stand is a block for one member's cells.
func (x *locals) stand(t cube.Type, dims []*cube.List) *cube.Block {
	n := narrow{users: x.users, kinds: x.one}
	return &cube.Block{Kind: cube.Metric, Name: "member", Type: t, Dims: n.replace(dims)}
}

// standFor is the block that stands for a member's cells of b. The caller holds the lock.
func (x *locals) standFor(b *cube.Block) *cube.Block {
	s := x.stands[b]
	if s == nil {
		dims := slices.Clone(b.Dims)
		slices.SortFunc(dims, func(a, b *cube.List) int { return int(a.ID) - int(b.ID) })
		s = x.stand(b.Type, dims)
		x.stands[b], x.real[s] = s, b
	}
	return s
}

// dimsOf are the dimensions of a member's cells of a block over User.
func (x *locals) dimsOf(b *cube.Block) []*cube.List {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.standFor(b).Dims
}

// formula is a block's formula for one member.
func (x *locals) formula(b *cube.Block) *formula.Expr {
	x.mu.Lock()
	defer x.mu.Unlock()
	out, ok := x.formulas[b]
	if !ok {
		if e := x.plan.Formula(b); e != nil {
			n := &narrow{users: x.users, kinds: x.one, blocks: map[*formula.Expr]*cube.Block{}, done: map[*formula.Expr]*formula.Expr{}}
			x.leaves(e, n.blocks, map[*formula.Expr]bool{})
			out = n.rewrite(e)
		}
		x.formulas[b] = out
	}
	return out
}

// leaves finds what a formula reads from the member itself, in its smallest parts.
func (x *locals) leaves(e *formula.Expr, to map[*formula.Expr]*cube.Block, seen map[*formula.Expr]bool) {
	if seen[e] || !slices.Contains(e.Dims, x.users) {
		return
	}
	seen[e] = true
	switch {
	case e.Op == formula.OpList:
		to[e] = x.self
	case e.Op == formula.OpBlock || e.Op == formula.OpProperty && e.Block.List == x.users && e.Args[0].Op == formula.OpList:
		to[e] = x.standFor(e.Block)
	default:
		for _, a := range e.Args {
			x.leaves(a, to, seen)
		}
	}
}

// realOf is the block for which s stands, nil for others.
func (x *locals) realOf(s *cube.Block) *cube.Block {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.real[s]
}

// given is what the workspace gives for a block over User.
func (x *locals) given(b *cube.Block) (*givenCells, error) {
	x.mu.Lock()
	f := x.inputs[b]
	if f == nil {
		f = sync.OnceValues(func() (*givenCells, error) { return newGivenCells(b, x.users) })
		x.inputs[b] = f
	}
	x.mu.Unlock()
	return f()
}

// memberEval works out formulas for one member of a generation that is being made.
type memberEval struct {
	*Rights
	member cube.ItemID
	roles  []cube.ItemID // of the member, by application
	rows   map[*cube.Block]*cube.Column
	eval   *formula.Evaluator
	grant  *formula.Evaluator
}

// givenCells is what is given for a block over User, as of this generation.
func (r *Rights) givenCells(b *cube.Block) (*givenCells, error) {
	if g := r.inputs[b.ID]; g != nil {
		return g, nil
	}
	return r.line.locals.given(b)
}

func (r *Rights) forMember(member cube.ItemID, roles []cube.ItemID) *memberEval {
	x := &memberEval{Rights: r, member: member, roles: roles, rows: map[*cube.Block]*cube.Column{}}
	x.eval = formula.NewEvaluator(x.column, r.values.options())
	x.grant = r.values.granting(x.column)
	return x
}

// column is the values of a block: the member's own where it stands for one over User.
func (x *memberEval) column(ctx context.Context, b *cube.Block) (*cube.Column, error) {
	if b == x.line.locals.self {
		space, err := cube.NewSpace(x.line.locals.one)
		return cube.NewConstant(b.Type, space, cube.ItemValue(x.member)), err
	}
	if real := x.line.locals.realOf(b); real != nil {
		return x.rowOf(ctx, real, b.Dims)
	}
	return x.values.of(ctx, b)
}

// rowOf is the member's cells of a block over User, over dims.
func (x *memberEval) rowOf(ctx context.Context, b *cube.Block, dims []*cube.List) (*cube.Column, error) {
	if col := x.rows[b]; col != nil {
		return col, nil
	}
	space, err := cube.NewSpace(dims...)
	if err != nil {
		return nil, err
	}
	col, err := x.work(ctx, b, space)
	if err != nil {
		return nil, err
	}
	x.rows[b] = col
	return col, nil
}

func (x *memberEval) work(ctx context.Context, b *cube.Block, space cube.Space) (*cube.Column, error) {
	if b == usersRoles(b) {
		role := x.roles[slices.Index(x.ws.Applications, b.App)]
		return cube.NewConstant(b.Type, space, cube.ItemValue(role)), nil
	}
	var given *cube.Column
	e := x.line.locals.formula(b)
	if e == nil || b.Input != nil || x.inputs[b.ID] != nil {
		g, err := x.givenCells(b)
		if err != nil {
			return nil, err
		}
		given = g.row(x.member, space)
	}
	if e == nil {
		return given, nil
	}
	col, err := x.eval.Eval(ctx, e)
	if err == nil {
		col, err = formula.Broadcast(col, space)
	}
	if err != nil || given == nil {
		return col, err
	}
	return formula.Overlay(given, col)
}

// metric is what an access-rights metric holds for the member.
func (x *memberEval) metric(ctx context.Context, m *cube.Block) (row, error) {
	col, err := x.access(ctx, m)
	if err != nil {
		return row{}, placed(m, err)
	}
	return x.cutOne(m, col), nil
}

func (x *memberEval) access(ctx context.Context, m *cube.Block) (*cube.Column, error) {
	if e := x.line.locals.formula(m); e != nil {
		col, err := x.grant.Eval(ctx, e)
		if err != nil {
			return nil, err
		}
		return usersFirst(x.line.locals.one, col)
	}
	return x.rowOf(ctx, m, x.line.locals.dimsOf(m))
}
