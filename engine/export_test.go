package engine

import (
	"context"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
	"github.com/cubeward/cubeward/inherit"
)

// Narrowed evaluates a formula over kinds of members however many there are, for tests.
func (r *Rights) Narrowed(ctx context.Context, e *formula.Expr) (col *cube.Column, kindOf []int32, err error) {
	inputs := userInputs(r.ws.Users, e)
	cols := make([]*cube.Column, len(inputs))
	for i, in := range inputs {
		c, err := r.values.eval.Eval(ctx, in)
		if err != nil {
			return nil, nil, err
		}
		if cols[i], err = usersFirst(r.ws.Users, c); err != nil {
			return nil, nil, err
		}
	}
	r.read = readKinds{by: map[int]func() kinds{}}
	k, err := r.sorted(ctx, e, inputs, cols)
	if err != nil {
		return nil, nil, err
	}
	col, err = r.narrowed(ctx, e, inputs, cols, k)
	return col, k.of, err
}

// Whole evaluates a formula over User as it stands, User first, for tests.
func (r *Rights) Whole(ctx context.Context, e *formula.Expr) (*cube.Column, error) {
	col, err := r.values.eval.Eval(ctx, e)
	if err != nil {
		return nil, err
	}
	return usersFirst(r.ws.Users, col)
}

// Worked is what a generation worked out instead of taking it over: rows of single members, whole metrics, mappings.
func (r *Rights) Worked() [3]int { return [3]int{r.work.rows, r.work.metrics, r.work.mappings} }

// Compacted and Forked are the same rights in another lineage, as it is made where theirs is crowded.
func (r *Rights) Compacted() *Rights { return r.compacted() }

// Forked: see Compacted.
func (r *Rights) Forked() *Rights { return r.forked() }

// Crowd makes the lineage look as if it held much that no member has any more.
func (r *Rights) Crowd() { r.line.table.live = -spareProfiles }

// Pool is the pool of the sets, to tell whether another one was begun.
func (r *Rights) Pool() *bitmap.Pool { return r.pool }

// Reaching is what Ways and Suppose take a node to lie on a way of factor i by.
func (t *Trace) Reaching(i int) func(inherit.NodeID) bool { return t.reaching(i) }
