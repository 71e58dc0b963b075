package cube

import (
	"fmt"
	"slices"
)

// Grow appends items to a list of a workspace whose blocks have values already, and gives the values of every block
// over the list their places in the larger space; the new cells are BLANK. It fails as List.Append does, and where a
// block's cells cannot be numbered any more: the workspace is of no use then. It costs what the blocks over the list
// hold, but nothing for sparse ones whose first dimension it is.
func (ws *Workspace) Grow(l *List, items ...string) error {
	old := ws.layouts(l)
	if err := l.Append(items...); err != nil {
		return err
	}
	return ws.lay(old, l, func(item ItemID) ItemID { return item })
}

// RemoveMember takes a member out of the list User: the members behind it move up, in the values of blocks, in roles,
// accounts, owners and authors. It fails, and changes nothing, where the member is the value of a cell, the owner of
// an application or the author of a formula. It costs what the blocks over User hold.
func (ws *Workspace) RemoveMember(id ItemID) error {
	if err := ws.needed(id); err != nil {
		return err
	}
	moved := func(item ItemID) ItemID {
		switch {
		case item == id:
			return NoItem
		case item > id:
			return item - 1
		}
		return item
	}
	if err := ws.Users.unkeep(); err != nil {
		return err
	}
	old := ws.layouts(ws.Users)
	names := slices.Delete(slices.Clone(ws.Users.names), int(id), int(id)+1)
	ws.Users.names, ws.Users.below, ws.Users.index = nil, nil, make(map[string]ItemID, len(names))
	if err := ws.Users.Append(names...); err != nil {
		return err
	}
	if int(id) < len(ws.Accounts) {
		ws.Accounts = slices.Delete(ws.Accounts, int(id), int(id)+1)
	}
	for _, a := range ws.Applications {
		if int(id) < len(a.roleOf) {
			a.roleOf = slices.Delete(a.roleOf, int(id), int(id)+1)
		}
		a.Owner = moved(a.Owner)
		for _, r := range a.Rules {
			for i := range r.Replace {
				r.Replace[i].Formula.Author = moved(r.Replace[i].Formula.Author)
			}
		}
	}
	for _, b := range ws.blocks {
		if b.Formula != nil {
			b.Formula.Author = moved(b.Formula.Author)
		}
		if b.Input != nil && b.Type == (Type{Item, ws.Users}) {
			b.Input = b.Input.withInts(func(n int32) int32 { return int32(moved(ItemID(n))) })
		}
	}
	return ws.lay(old, ws.Users, moved)
}

// needed says what still refers to a member.
func (ws *Workspace) needed(id ItemID) error {
	for _, a := range ws.Applications {
		if a.Owner == id {
			return fmt.Errorf("the member is the owner of application %q", a.Name)
		}
		for _, r := range a.Rules {
			for i := range r.Replace {
				if r.Replace[i].Formula.Author == id {
					return fmt.Errorf("the member is the author of a formula of rule %q", r.Name)
				}
			}
		}
	}
	for _, b := range ws.blocks {
		if b.Formula != nil && b.Formula.Author == id {
			return fmt.Errorf("the member is the author of the formula of %s %s; give it another author first", b.kindName(), b)
		}
		if b.Input != nil && b.Type == (Type{Item, ws.Users}) && slices.Contains(b.Input.vec.Ints, int32(id)) {
			return fmt.Errorf("the member is a value of %s %s; give those cells another one first", b.kindName(), b)
		}
	}
	return nil
}

func (c *Column) withInts(each func(int32) int32) *Column {
	out := *c
	out.vec.Ints = make([]int32, len(c.vec.Ints))
	for i, n := range c.vec.Ints {
		out.vec.Ints[i] = each(n)
	}
	return &out
}

// layout is how the values of a block were laid out before a list of it changed.
type layout struct {
	block *Block
	sizes []int // of its dimensions
}

// layouts are those of all blocks with values over a list.
func (ws *Workspace) layouts(l *List) []layout {
	var out []layout
	for _, b := range ws.blocks {
		if b.Input == nil || !slices.Contains(b.Dims, l) {
			continue
		}
		sizes := make([]int, len(b.Dims))
		for i, d := range b.Dims {
			sizes[i] = d.Len()
		}
		out = append(out, layout{b, sizes})
	}
	return out
}

// lay lays out values anew after a list changed. Moved says where each of its old items is now, NoItem where it is
// gone; it keeps their order.
func (ws *Workspace) lay(old []layout, l *List, moved func(ItemID) ItemID) error {
	for _, o := range old {
		space, err := NewSpace(o.block.Dims...)
		if err != nil {
			return fmt.Errorf("%s %s: %w", o.block.kindName(), o.block, err)
		}
		axis := slices.Index(o.block.Dims, l)
		inner := uint64(1)
		for _, n := range o.sizes[axis+1:] {
			inner *= uint64(n)
		}
		o.block.Input = o.block.Input.lay(space, axis, inner, uint64(o.sizes[axis]), moved)
	}
	return nil
}

// lay is a column over the same dimensions, one of which changed from was items: cells stand inner apart along it.
func (c *Column) lay(space Space, axis int, inner, was uint64, moved func(ItemID) ItemID) *Column {
	now := uint64(space.dims[axis].Len())
	to := func(cell uint64) (uint64, bool) {
		item := moved(ItemID(cell / inner % was))
		return (cell/inner/was*now+uint64(item))*inner + cell%inner, item >= 0
	}
	out := &Column{typ: c.typ, space: space, form: Sparse}
	grows := axis == 0 && now > was // at its end, so that no cell moves
	switch {
	case c.form == Constant && c.vec.Blank(0):
		return NewConstant(c.typ, space, Value{})
	case c.form == Dense && grows:
		return NewDense(c.typ, space, c.vec.padded(int(space.length)))
	case c.form == Dense || c.form == Constant:
		places := make([]int, space.Len())
		for i := range places {
			places[i] = -1
		}
		for cell := range c.space.length {
			if at, ok := to(cell); ok {
				places[at] = int(cell)
				if c.form == Constant {
					places[at] = 0
				}
			}
		}
		return NewDense(c.typ, space, c.vec.Take(places))
	case grows:
		out.cells, out.vec = c.cells, c.vec
		return out
	}
	places := make([]int, 0, len(c.cells))
	out.cells = make([]uint64, 0, len(c.cells))
	for i, cell := range c.cells {
		if at, ok := to(cell); ok {
			out.cells, places = append(out.cells, at), append(places, i)
		}
	}
	out.vec = c.vec.Take(places)
	return out
}
