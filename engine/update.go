package engine

import (
	"context"
)

// Update is a new generation of rights: those of the same model after changes, made in the given order. All changes
// are made or none. What is wrong with them, or with the model after them, comes as cube.Errors, as many mistakes as
// can be found; the rights that are asked are as they were.
//
// A generation never changes: members, views and whatever else came from this one go on to answer as of it, also while
// others update it. Names mean the same in every generation, but pointers do not: ask each for its own workspace,
// blocks and members.
func (r *Rights) Update(ctx context.Context, changes ...Change) (*Rights, error) {
	if r.stored != nil {
		return nil, &NotHeldError{What: "update"}
	}
	ws := r.ws.Clone()
	c := &changing{ws: ws}
	if err := c.make(changes); err != nil {
		return nil, err
	}
	return Compile(ctx, ws, r.opt)
}
