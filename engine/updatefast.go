package engine

import (
	"context"
	"maps"
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// edit is one change of a single member: a given cell of a block over User, or a role.
type edit struct {
	block  *cube.Block // Users roles for a role
	member cube.ItemID
	cell   uint64 // of the member's row: see givenCells
	value  cube.Value
}

// edits are changes as edits of single members; false where one is of another kind. The error says what is wrong.
func (r *Rights) edits(changes []Change) ([]edit, bool, error) {
	c := &changing{ws: r.ws}
	out := make([]edit, 0, len(changes))
	for i, change := range changes {
		c.at, c.change = i, change
		e, ok := edit{}, true
		switch x := change.(type) {
		case SetRole:
			app, member, role, found := x.find(c)
			if ok = found; ok {
				e = edit{block: app.UsersRoles, member: member, value: cube.ItemValue(role)}
			}
		case SetProperty:
			if x.List != cube.UserName {
				return nil, false, nil
			}
			e, ok = r.editOf(x.find(c))
		case SetCell:
			p, found := x.find(c)
			if found && !slices.Contains(p.block.Dims, r.ws.Users) {
				return nil, false, nil
			}
			e, ok = r.editOf(p, found)
		default:
			return nil, false, nil
		}
		if ok {
			out = append(out, e)
		}
	}
	return out, true, c.errs.Err()
}

// editOf is a given cell of a block over User as one of a member's row.
func (r *Rights) editOf(p place, ok bool) (edit, bool) {
	if !ok {
		return edit{}, false
	}
	e := edit{block: p.block, value: p.value}
	order := make([]int, len(p.block.Dims))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return int(p.block.Dims[a].ID) - int(p.block.Dims[b].ID) })
	for _, i := range order {
		if d := p.block.Dims[i]; d == r.ws.Users {
			e.member = p.items[i]
		} else {
			e.cell = e.cell*uint64(d.Len()) + uint64(p.items[i])
		}
	}
	return e, true
}

// edited is a generation in which single members changed; nil where the changes reach further than these members' own
// sets, so that it cannot be had so fast.
func (r *Rights) edited(ctx context.Context, edits []edit) (*Rights, error) {
	reached := map[cube.ItemID]*reached{}
	var blocks []cube.BlockID
	for _, e := range edits {
		reach := r.line.readers.reach(e.block)
		isRole := e.block == usersRoles(e.block)
		if reach.whole || !r.Holds(e.member) || isRole && r.line.readers.isSigned(e.member) {
			return nil, nil
		}
		if reached[e.member] == nil {
			reached[e.member] = r.reached(e.member)
		}
		reached[e.member].add(reach.metrics)
		if !slices.Contains(blocks, e.block.ID) {
			blocks = append(blocks, reach.blocks...)
		}
		if isRole {
			reached[e.member].setRole(r, e)
		}
	}
	roomy := r.roomy()
	roomy.line.made.Add(1)
	next, err := roomy.next(edits, blocks)
	if err != nil {
		return nil, err
	}
	if err := next.follow(ctx, reached); err != nil {
		return nil, err
	}
	if roomy != r {
		next.moves, next.before = nil, r.shared()
	}
	return next, nil
}

// reached is what changes of one member reach.
type reached struct {
	roles   []cube.ItemID // by application, as they are now
	metrics []int         // whose row is to be worked out again
}

func (r *Rights) reached(member cube.ItemID) *reached {
	return &reached{roles: r.profiles[r.of.at(int(member))].roles}
}

func (x *reached) add(metrics []int) {
	for _, m := range metrics {
		if !slices.Contains(x.metrics, m) {
			x.metrics = append(x.metrics, m)
		}
	}
}

func (x *reached) setRole(r *Rights, e edit) {
	role := cube.NoItem
	if !e.value.IsBlank() {
		role = e.value.Item()
	}
	x.roles = slices.Clone(x.roles)
	x.roles[slices.Index(r.ws.Applications, e.block.App)] = role
}

// next is a generation with other given cells, whose members' profiles are still those of r. Blocks are those whose
// values may be others.
func (r *Rights) next(edits []edit, blocks []cube.BlockID) (*Rights, error) {
	next := r.shared()
	next.steps++
	cloned := false
	for _, e := range edits {
		if e.block == usersRoles(e.block) {
			continue // profiles hold roles
		}
		g, err := next.givenCells(e.block)
		if err != nil {
			return nil, placed(e.block, err)
		}
		if !cloned {
			next.inputs, cloned = maps.Clone(r.inputs), true
			if next.inputs == nil {
				next.inputs = map[cube.BlockID]*givenCells{}
			}
		}
		next.inputs[e.block.ID] = g.with(e.member, e.cell, e.value)
	}
	next.values = r.values.over(next.inputs, blocks)
	return next, nil
}

// follow gives members the profiles that follow from their roles and from what they read now.
func (r *Rights) follow(ctx context.Context, all map[cube.ItemID]*reached) error {
	for _, m := range slices.Sorted(maps.Keys(all)) {
		from := r.of.at(int(m))
		p := profile{roles: all[m].roles, rows: slices.Clone(r.profiles[from].rows)}
		eval := r.forMember(m, p.roles)
		for _, i := range all[m].metrics {
			one, err := eval.known(ctx, i)
			if err != nil {
				return err
			}
			p.rows[i] = one
			r.work.rows++
		}
		to, profiles := r.line.table.intern(p)
		r.profiles = profiles
		if to != from {
			r.of = r.of.with(int(m), to)
			r.moves = append(r.moves, move{m, from, to})
		}
	}
	r.values.roles = r.roles()
	return nil
}

// move is a member that got another profile.
type move struct {
	member   cube.ItemID
	from, to profileID
}
