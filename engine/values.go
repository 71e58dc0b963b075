package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
	"github.com/cubeward/cubeward/inherit"
)

// values holds the columns of blocks, each worked out when it is first asked for.
type values struct {
	plan   *inherit.Plan
	stored *stored                      // where restored rights read given values; nil for compiled ones, whose blocks have them
	inputs map[cube.BlockID]*givenCells // as in Rights
	roles  roleFinder                   // of the generation; nil: the workspace has them
	base   *values                      // what holds the blocks that slots has no place for; nil: all have one
	eval   *formula.Evaluator
	grant  *formula.Evaluator // for rights alone, where the right none decides as BLANK does
	mu     sync.Mutex
	slots  map[cube.BlockID]*slot
}

// slot is one block's column. Its own lock is held while the column is worked out, so that nobody does it twice;
// blocks read each other without circles, so nobody waits for themselves.
type slot struct {
	mu  sync.Mutex
	col *cube.Column
}

func newValues(plan *inherit.Plan) *values {
	v := &values{plan: plan, slots: map[cube.BlockID]*slot{}}
	v.eval = formula.NewEvaluator(v.of, v.options())
	v.grant = v.granting(v.of)
	return v
}

// over is the values of a later generation of the same workspace. Those of blocks that changed are worked out when
// somebody asks, those of others that are not base's are shared with v.
func (v *values) over(inputs map[cube.BlockID]*givenCells, changed []cube.BlockID) *values {
	out := &values{plan: v.plan, base: v.base, inputs: inputs}
	if v.base == nil {
		out.base, out.slots = v, make(map[cube.BlockID]*slot, len(changed))
	} else {
		v.mu.Lock()
		out.slots = maps.Clone(v.slots)
		v.mu.Unlock()
	}
	for _, id := range changed {
		out.slots[id] = &slot{}
	}
	out.eval = formula.NewEvaluator(out.of, out.options())
	out.grant = out.granting(out.of)
	return out
}

func (v *values) options() formula.EvalOptions { return formula.EvalOptions{Formula: v.formula} }

// formula is the formula of a block that nothing is given for.
func (v *values) formula(b *cube.Block) *formula.Expr {
	if v.gives(b) || int(b.ID) >= len(v.plan.Workspace().Blocks()) || v.plan.Workspace().Blocks()[b.ID] != b {
		return nil
	}
	return v.plan.Formula(b)
}

// gives says whether values are given for a block.
func (v *values) gives(b *cube.Block) bool {
	if v.inputs[b.ID] != nil {
		return true
	}
	if v.stored == nil {
		return b.Input != nil
	}
	_, given := v.stored.given[b.ID]
	return given
}

// input is what is given for a block; nil where all cells are BLANK.
func (v *values) input(b *cube.Block) (*cube.Column, error) {
	if g := v.inputs[b.ID]; g != nil {
		return g.column(b)
	}
	if v.stored == nil {
		return b.Input, nil
	}
	return v.stored.input(b)
}

// granting is an evaluator for rights, given the values of blocks.
func (v *values) granting(of func(context.Context, *cube.Block) (*cube.Column, error)) *formula.Evaluator {
	opt := v.options()
	opt.NoneIsBlank = true
	return formula.NewEvaluator(of, opt)
}

func (v *values) of(ctx context.Context, b *cube.Block) (*cube.Column, error) {
	if b.Kind == cube.ItemSet {
		return nil, fmt.Errorf("%s is a list: it has rights, but no values", b)
	}
	v.mu.Lock()
	s := v.slots[b.ID]
	if s == nil {
		if v.base != nil {
			v.mu.Unlock()
			return v.base.of(ctx, b)
		}
		s = &slot{}
		v.slots[b.ID] = s
	}
	v.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.col == nil {
		col, err := v.work(ctx, b)
		if err != nil {
			return nil, err
		}
		s.col = col
	}
	return s.col, nil
}

// work evaluates a block. A given cell that is not BLANK wins over the formula (SPEC 2.4).
func (v *values) work(ctx context.Context, b *cube.Block) (*cube.Column, error) {
	space, err := b.Space()
	if err != nil {
		return nil, placed(b, err)
	}
	input, err := v.input(b)
	if err != nil {
		return nil, err
	}
	e := v.plan.Formula(b)
	if e == nil {
		return v.given(b, input, space), nil
	}
	col, err := v.eval.Eval(ctx, e)
	if err != nil {
		return nil, placed(b, err)
	}
	if col, err = formula.Broadcast(col, space); err != nil {
		return nil, placed(b, err)
	}
	if input == nil {
		return col, nil
	}
	if col, err = formula.Overlay(input, col); err != nil {
		return nil, placed(b, err)
	}
	return col, nil
}

// given is the column of a block without a formula.
func (v *values) given(b *cube.Block, input *cube.Column, space cube.Space) *cube.Column {
	switch {
	case b == usersRoles(b) && v.roles != nil:
		return roleColumn(b, space, v.roles(b.App))
	case b == usersRoles(b):
		return roleColumn(b, space, b.App.RoleOf)
	case input != nil:
		return input
	}
	return cube.NewConstant(b.Type, space, cube.Value{})
}

func usersRoles(b *cube.Block) *cube.Block {
	if b.App == nil {
		return nil
	}
	return b.App.UsersRoles
}

// roleColumn is the metric Users roles: the role of each member (SPEC 2.5).
func roleColumn(b *cube.Block, space cube.Space, of func(cube.ItemID) cube.ItemID) *cube.Column {
	vec := cube.NewVector(cube.Item, int(space.Len()))
	for i := range vec.Ints {
		if role := of(cube.ItemID(i)); role >= 0 {
			vec.Ints[i] = int32(role)
		}
	}
	return cube.NewDense(b.Type, space, vec)
}

// placed says of which block an evaluation failed, and where its formula stands. What is no mistake of the model is
// passed on as it is: cancelling, and values that cannot be read.
func placed(b *cube.Block, err error) error {
	var es cube.Errors
	var unread *unreadError
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &es) || errors.As(err, &unread) {
		return err
	}
	pos := b.Pos
	if b.Formula != nil {
		pos = b.Formula.Pos
	}
	return cube.Errors{cube.Errorf(pos, "%s: %s", b.Describe(), err)}
}
