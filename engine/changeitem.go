package engine

import (
	"fmt"
	"maps"
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// place is the given cell that a SetProperty or a SetCell is about.
type place struct {
	block *cube.Block
	items []cube.ItemID // by dimension of the block
	value cube.Value
}

func (p place) cell() uint64 {
	var cell uint64
	for i, d := range p.block.Dims {
		cell = cell*uint64(d.Len()) + uint64(p.items[i])
	}
	return cell
}

func (x SetRole) what() string { return fmt.Sprintf("the role of %q", x.Member) }

func (x SetRole) apply(c *changing) {
	if app, member, role, ok := x.find(c); ok {
		app.SetRoleOf(member, role)
		c.roles[app] = true
	}
}

func (x SetRole) find(c *changing) (app *cube.Application, member, role cube.ItemID, ok bool) {
	member, ok = c.member(x.Member)
	if app = c.application(x.Application); app == nil {
		return nil, 0, 0, false
	}
	role, known := c.role(app, x.Role)
	return app, member, role, ok && known
}

func (x SetProperty) what() string { return fmt.Sprintf("%q of %q", x.List+"."+x.Property, x.Item) }

func (x SetProperty) apply(c *changing) {
	if p, ok := x.find(c); ok {
		c.set(p.block, p.cell(), p.value)
	}
}

func (x SetProperty) find(c *changing) (place, bool) {
	l := c.list(x.List, "")
	if l == nil {
		return place{}, false
	}
	item, known := c.item(l, x.Item)
	p := c.property(l, x.Property)
	if p == nil {
		return place{}, false
	}
	if p.Formula != nil {
		c.fail("%s has a formula: its values cannot be set", p.Describe())
		return place{}, false
	}
	v, ok := c.value(p, x.Value)
	return place{p, []cube.ItemID{item}, v}, ok && known
}

func (x SetCell) what() string { return fmt.Sprintf("a cell of %q", x.Metric) }

func (x SetCell) apply(c *changing) {
	if p, ok := x.find(c); ok {
		c.set(p.block, p.cell(), p.value)
	}
}

func (x SetCell) find(c *changing) (place, bool) {
	m := c.metric(x.Metric, "")
	switch {
	case m == nil:
		return place{}, false
	case m.Reserved():
		c.fail("the roles of members are set with SetRole")
		return place{}, false
	case m.Formula != nil && !m.Overridable:
		c.fail("%s has a formula: its cells cannot be set unless it is overridable", m.Describe())
		return place{}, false
	case len(x.Items) != len(m.Dims):
		c.fail("%s has %d dimensions, the cell %d items", m.Describe(), len(m.Dims), len(x.Items))
		return place{}, false
	}
	p, all := place{m, make([]cube.ItemID, len(m.Dims)), cube.Value{}}, true
	for i, d := range m.Dims {
		var ok bool
		p.items[i], ok = c.item(d, x.Items[i])
		all = all && ok
	}
	v, ok := c.value(m, x.Value)
	p.value = v
	return p, ok && all
}

func (x AddMember) what() string { return fmt.Sprintf("the new member %q", x.Name) }

func (x AddMember) apply(c *changing) {
	if x.Account > cube.PrimaryOwner {
		c.fail("there is no account type %d", x.Account)
		return
	}
	if !c.name(c.ws.Users, x.Name) || !c.grow(c.ws.Users, x.Name) {
		return
	}
	id, _ := c.ws.Users.Find(x.Name)
	if x.Account != cube.Standard {
		for len(c.ws.Accounts) <= int(id) {
			c.ws.Accounts = append(c.ws.Accounts, cube.Standard)
		}
		c.ws.Accounts[id] = x.Account
	}
	c.properties(c.ws.Users, id, x.Attributes)
	given := map[*cube.Application]bool{}
	for _, name := range slices.Sorted(maps.Keys(x.Roles)) {
		app := c.application(name)
		switch {
		case app == nil:
			continue
		case given[app]: // once by its name and once by none
			c.fail("%q is named twice", app.Name)
		}
		given[app] = true
		role, _ := c.role(app, x.Roles[name])
		app.SetRoleOf(id, role)
	}
	for _, app := range c.ws.Applications {
		c.roles[app] = true
	}
}

// grow appends an item to a list. What was set before has its place in the old spaces.
func (c *changing) grow(l *cube.List, item string) bool {
	c.flush()
	if err := c.ws.Grow(l, item); err != nil {
		c.fail("%s", err)
		return false
	}
	return true
}

func (c *changing) properties(l *cube.List, item cube.ItemID, values map[string]cube.Value) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		p := c.property(l, name)
		switch {
		case p == nil:
		case p.Formula != nil:
			c.fail("%s has a formula: its values cannot be set", p.Describe())
		default:
			if v, ok := c.value(p, values[name]); ok {
				c.set(p, uint64(item), v)
			}
		}
	}
}

func (x RemoveMember) what() string { return fmt.Sprintf("the member %q to be removed", x.Name) }

func (x RemoveMember) apply(c *changing) {
	id, ok := c.member(x.Name)
	if !ok {
		return
	}
	c.flush()
	if err := c.ws.RemoveMember(id); err != nil {
		c.fail("%s", err)
	}
}

func (x AppendItem) what() string { return fmt.Sprintf("the new item %q of %q", x.Item, x.List) }

func (x AppendItem) apply(c *changing) {
	l := c.list(x.List, "")
	switch {
	case l == nil:
		return
	case l == c.ws.Users:
		c.fail("members are added with AddMember")
		return
	case l.Reserved:
		c.fail("no items can be added to the list %q", l.Name)
		return
	}
	if c.name(l, x.Item) && c.grow(l, x.Item) {
		id, _ := l.Find(x.Item)
		c.properties(l, id, x.Properties)
	}
}
