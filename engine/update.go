package engine

import (
	"context"

	"github.com/cubeward/cubeward/cube"
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
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	edits, single, err := r.edits(changes)
	if err != nil {
		return nil, err
	}
	if single {
		if next, err := r.edited(ctx, edits); next != nil || err != nil {
			return next, err
		}
	}
	return r.changed(ctx, changes)
}

// changed is a generation with a workspace of its own.
func (r *Rights) changed(ctx context.Context, changes []Change) (*Rights, error) {
	ws, err := r.Current()
	if err != nil {
		return nil, err
	}
	c := &changing{ws: ws}
	if err := c.make(changes); err != nil {
		return nil, err
	}
	opt := r.opt
	opt.Since = r
	opt.Members = r.heldIn(ws)
	return Compile(ctx, ws, opt)
}

// heldIn are the members whose rights are held, by their places in a later workspace; nil where all are. Who was added
// is not among them.
func (r *Rights) heldIn(ws *cube.Workspace) []cube.ItemID {
	if r.held == nil {
		return nil
	}
	members := []cube.ItemID{}
	for m, held := range r.held {
		if id, ok := ws.Users.Find(r.ws.Users.Item(cube.ItemID(m))); held && ok {
			members = append(members, id)
		}
	}
	return members
}

// Current is the model as of this generation, as a workspace of its own: Workspace may be of an older one, as far as
// given cells of members and their roles go. It costs as much as there are blocks and what changed in them holds. It
// fails for restored rights, which do not hold given values.
func (r *Rights) Current() (*cube.Workspace, error) {
	if r.stored != nil {
		return nil, &NotHeldError{What: "update"}
	}
	ws := r.ws.Clone()
	for id, g := range r.inputs {
		col, err := g.column(r.ws.Blocks()[id])
		if err != nil {
			return nil, err
		}
		ws.Give(ws.Blocks()[id], col)
	}
	for i, app := range r.ws.Applications {
		if r.values.base == nil {
			break
		}
		for m, p := range r.of.all {
			if p != nobody {
				ws.Applications[i].SetRoleOf(cube.ItemID(m), r.profiles[p].roles[i])
			}
		}
		if err := setUsersRoles(ws.Applications[i]); err != nil {
			return nil, placed(app.UsersRoles, err)
		}
	}
	return ws, nil
}
