package cube

import (
	"maps"
	"slices"
)

// Clone is a workspace of its own with the same content: lists, blocks, applications and rules are new, under the
// same numbers, and may be changed without anybody noticing in the workspace that they came from. The names of items
// and the values of blocks are shared. It costs as much as there are blocks, rules and members' roles, and nothing for
// items and cells.
func (ws *Workspace) Clone() *Workspace {
	c := &cloner{from: ws, to: &Workspace{
		Name: ws.Name, Accounts: slices.Clone(ws.Accounts), ResetAcrossApplications: ws.ResetAcrossApplications, Warnings: ws.Warnings,
	}}
	c.apps = make(map[*Application]*Application, len(ws.Applications))
	for _, a := range ws.Applications {
		c.apps[a] = &Application{}
		c.to.Applications = append(c.to.Applications, c.apps[a])
	}
	for range ws.lists {
		c.to.lists = append(c.to.lists, &List{})
	}
	for range ws.blocks {
		c.to.blocks = append(c.to.blocks, &Block{})
	}
	c.to.Users = c.list(ws.Users)
	for i, l := range ws.lists {
		c.fillList(c.to.lists[i], l)
	}
	for i, b := range ws.blocks {
		c.fillBlock(c.to.blocks[i], b)
	}
	for _, a := range ws.Applications {
		c.fillApplication(c.apps[a], a)
	}
	return c.to
}

// cloner finds for each part of a workspace the one that stands for it in the clone.
type cloner struct {
	from, to *Workspace
	apps     map[*Application]*Application
}

func (c *cloner) list(l *List) *List {
	if l == nil {
		return nil
	}
	return c.to.lists[l.ID]
}

func (c *cloner) lists(ls []*List) []*List { return cloned(ls, c.list) }

func (c *cloner) block(b *Block) *Block {
	if b == nil {
		return nil
	}
	return c.to.blocks[b.ID]
}

func (c *cloner) blocks(bs []*Block) []*Block { return cloned(bs, c.block) }

func (c *cloner) typ(t Type) Type { return Type{t.Kind, c.list(t.List)} }

func cloned[T any](from []T, each func(T) T) []T {
	if from == nil {
		return nil
	}
	out := make([]T, len(from))
	for i, x := range from {
		out[i] = each(x)
	}
	return out
}

func (c *cloner) fillList(to, from *List) {
	*to = List{
		ID: from.ID, App: c.apps[from.App], Name: from.Name, Pos: from.Pos, ItemSet: c.block(from.ItemSet),
		Properties: c.blocks(from.Properties), Reserved: from.Reserved, names: slices.Clip(from.names), kept: from.kept,
	}
	to.below, to.index = from.frozen()
}

func (c *cloner) fillBlock(to, from *Block) {
	*to = *from
	to.App, to.List, to.Type, to.Dims = c.apps[from.App], c.list(from.List), c.typ(from.Type), c.lists(from.Dims)
	to.Input = c.column(from.Input)
	if from.Formula != nil {
		f := *from.Formula
		to.Formula = &f
	}
}

// Give gives a block of a clone the values of the same block of the workspace that it was cloned from, or of another
// clone of that: a column over that workspace's lists, which have as many items.
func (ws *Workspace) Give(b *Block, col *Column) {
	b.Input = (&cloner{to: ws}).column(col)
}

// column is a column over the lists of the clone, which shares its values.
func (c *cloner) column(col *Column) *Column {
	if col == nil {
		return nil
	}
	out := *col
	out.typ, out.space.dims = c.typ(col.typ), c.lists(col.space.dims)
	return &out
}

func (c *cloner) fillApplication(to, from *Application) {
	*to = *from
	to.Lists, to.Metrics, to.Roles = c.lists(from.Lists), c.blocks(from.Metrics), slices.Clone(from.Roles)
	to.RoleList, to.UsersRoles = c.list(from.RoleList), c.block(from.UsersRoles)
	to.ws, to.roleOf = c.to, slices.Clone(from.roleOf)
	to.lists, to.metrics = make(map[string]*List, len(from.lists)), make(map[string]*Block, len(from.metrics))
	for name, l := range from.lists {
		to.lists[name] = c.list(l)
	}
	for name, m := range from.metrics {
		to.metrics[name] = c.block(m)
	}
	if s := from.Scenarios; s != nil {
		to.Scenarios = &Scenarios{List: c.list(s.List), Access: maps.Clone(s.Access), ReadOnly: maps.Clone(s.ReadOnly), Pos: s.Pos}
	}
	to.Rules = cloned(from.Rules, c.rule)
}

func (c *cloner) rule(from *Rule) *Rule {
	to := *from
	to.Metric, to.Blocks, to.Dims = c.block(from.Metric), c.blocks(from.Blocks), c.lists(from.Dims)
	to.Replace = cloned(from.Replace, func(r Replacement) Replacement { return Replacement{c.list(r.List), r.Formula} })
	return &to
}
