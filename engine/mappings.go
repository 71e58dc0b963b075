package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
	"github.com/cubeward/cubeward/inherit"
)

// mapping is the items that an expression gives, with the system's eyes, over its dimensions (last fastest); a
// negative item is BLANK.
type mapping struct {
	dims  []*cube.List
	items []int32
}

// maxMapping is how many items a mapping may hold: 4 bytes each.
const maxMapping = 1 << 31

// mapItems evaluates every expression that the plan reads items from, each once.
func (r *Rights) mapItems(ctx context.Context) error {
	r.progress.begin("mappings", r.plan.Exprs())
	var err error
	r.mappings, err = r.mapMore(ctx, nil, r.plan)
	return err
}

// mapMore evaluates the expressions of a plan behind those of known.
func (r *Rights) mapMore(ctx context.Context, known []mapping, plan *inherit.Plan) ([]mapping, error) {
	m := &mapper{
		plan: plan, cols: make([]*cube.Column, plan.Exprs()), ids: map[int]inherit.ExprID{},
		done: map[*formula.Expr]*formula.Expr{}, held: map[*cube.Block]*cube.Column{},
	}
	for i := range inherit.ExprID(plan.Exprs()) {
		m.ids[m.numbers.Of(plan.Expr(i))] = i
	}
	for i, k := range known {
		if err := m.know(inherit.ExprID(i), k); err != nil {
			return nil, err
		}
	}
	m.eval = formula.NewEvaluator(func(ctx context.Context, b *cube.Block) (*cube.Column, error) {
		if col, ok := m.held[b]; ok {
			return col, nil
		}
		return r.values.of(ctx, b)
	}, r.values.options())
	maps := append(slices.Clip(known), make([]mapping, plan.Exprs()-len(known))...)
	for i := len(known); i < len(maps); i++ {
		if taken, ok := r.takeMapping(plan.Expr(inherit.ExprID(i))); ok {
			if err := m.know(inherit.ExprID(i), taken); err != nil {
				return nil, err
			}
			maps[i] = taken
			r.progress.add(1)
			continue
		}
		col, err := m.column(ctx, inherit.ExprID(i))
		if err != nil {
			return nil, err
		}
		n := col.Space().Len()
		if n > maxMapping {
			return nil, fmt.Errorf("a mapping over %s has more than %d cells", col.Space(), maxMapping)
		}
		maps[i] = mapping{col.Space().Dims(), itemsOf(col, n)}
		r.progress.add(1)
	}
	return maps, nil
}

// takeMapping is a mapping of the rights that these are compiled since, where it is still the same.
func (r *Rights) takeMapping(e *formula.Expr) (mapping, bool) {
	if r.taking == nil {
		return mapping{}, false
	}
	m, ok := r.taking.mapping(e)
	if !ok {
		r.work.mappings++
	}
	return m, ok
}

// mapper evaluates expressions that contain each other: in a chain such as Employee.Manager.Manager.Country each part
// is a mapping of its own, and evaluating every one from its beginning would be quadratic in the length of the chain.
type mapper struct {
	plan *inherit.Plan
	eval *formula.Evaluator

	numbers formula.Numbers

	cols []*cube.Column                  // by ExprID
	ids  map[int]inherit.ExprID          // by number of the expression
	done map[*formula.Expr]*formula.Expr // what stands for an expression within others
	held map[*cube.Block]*cube.Column    // the columns of the blocks that stand for expressions
}

// know takes the items of an expression that was evaluated before as its column.
func (m *mapper) know(id inherit.ExprID, k mapping) error {
	e := m.plan.Expr(id)
	if e.Type.Kind != cube.Item { // a literal BLANK
		return nil
	}
	space, err := cube.NewSpace(k.dims...)
	if err == nil {
		m.cols[id] = cube.NewDense(e.Type, space, cube.Vector{Kind: cube.Item, Ints: k.items, N: len(k.items)})
	}
	return err
}

func (m *mapper) column(ctx context.Context, id inherit.ExprID) (*cube.Column, error) {
	if m.cols[id] != nil {
		return m.cols[id], nil
	}
	e, err := m.within(ctx, m.plan.Expr(id))
	if err != nil {
		return nil, err
	}
	m.cols[id], err = m.eval.Eval(ctx, e)
	return m.cols[id], err
}

// within is an expression whose parts that have columns of their own are replaced by these.
func (m *mapper) within(ctx context.Context, e *formula.Expr) (*formula.Expr, error) {
	out := *e
	out.Args = make([]*formula.Expr, len(e.Args))
	for i, a := range e.Args {
		part, err := m.part(ctx, a)
		if err != nil {
			return nil, err
		}
		out.Args[i] = part
	}
	return &out, nil
}

func (m *mapper) part(ctx context.Context, e *formula.Expr) (*formula.Expr, error) {
	if part, ok := m.done[e]; ok {
		return part, nil
	}
	var part *formula.Expr
	if id, ok := m.ids[m.numbers.Of(e)]; ok {
		col, err := m.column(ctx, id)
		if err != nil {
			return nil, err
		}
		b := &cube.Block{Kind: cube.Metric, Name: "mapping", Type: e.Type, Dims: e.Dims}
		m.held[b] = col
		part = &formula.Expr{Op: formula.OpBlock, Type: e.Type, Dims: e.Dims, Pos: e.Pos, Block: b}
	} else {
		var err error
		if part, err = m.within(ctx, e); err != nil {
			return nil, err
		}
	}
	m.done[e] = part
	return part, nil
}

func itemsOf(col *cube.Column, n uint64) []int32 {
	vec := col.Vector()
	if vec.Kind != cube.Item { // a literal BLANK
		return cube.NewVector(cube.Item, int(n)).Ints
	}
	switch col.Form() {
	case cube.Dense:
		return vec.Ints
	case cube.Constant:
		return slices.Repeat(vec.Ints, int(n))
	}
	items := cube.NewVector(cube.Item, int(n)).Ints
	for i, c := range col.Cells() {
		items[c] = vec.Ints[i]
	}
	return items
}
