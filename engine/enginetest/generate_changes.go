package enginetest

import (
	"math/rand/v2"
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// RandomChanges makes up to most changes of a model, of every kind, as Rights.Update takes them. They are mostly, but
// not always, such as the model allows. The workspace is only read: see Rights.Current.
//
// Rules and formulas are such as Generate makes, items and members have names of the pools that it takes them from: so
// what was taken away comes again, and later changes are about what earlier ones added.
func RandomChanges(random *rand.Rand, ws *cube.Workspace, most int) []engine.Change {
	x := &changer{generatorOf(random, ws), ws}
	changes := make([]engine.Change, 1+x.IntN(most))
	for i := range changes {
		changes[i] = x.change()
	}
	return changes
}

// changer makes changes. Its generator knows the workspace, and what the changes add to it and take away.
type changer struct {
	*generator
	ws *cube.Workspace
}

func one[T any](x *changer, from []T) T {
	if len(from) == 0 {
		var none T
		return none
	}
	return from[x.IntN(len(from))]
}

func (x *changer) change() engine.Change {
	app := one(x, x.ws.Applications)
	switch n := x.IntN(24); {
	case n < 4:
		return engine.SetRole{Application: app.Name, Member: x.item(x.ws.Users), Role: x.role(app)}
	case n < 9:
		return x.cell(app)
	case n < 11:
		return x.property(x.ws.Users)
	case n < 13:
		return x.property(one(x, app.Lists))
	case n == 13:
		return x.member()
	case n == 14:
		return x.removed()
	case n < 17:
		l := one(x, app.Lists)
		c := engine.AppendItem{List: l.String(), Item: x.fresh(l, itemNames), Properties: x.properties(l)}
		x.lists[l.ID].items = append(x.lists[l.ID].items, c.Item)
		return c
	case n == 17:
		if len(app.Rules) > 0 {
			return engine.RemoveRule{Application: app.Name, Name: one(x, app.Rules).Name}
		}
		return x.rule(app)
	case n < 20:
		return x.rule(app)
	case n == 20:
		return x.exchanged(app)
	}
	return x.formula(app)
}

func (x *changer) member() engine.Change {
	c := engine.AddMember{
		Name: x.fresh(x.ws.Users, memberNames), Account: cube.AccountType(x.IntN(5)), Attributes: x.properties(x.ws.Users),
		Roles: map[string]string{},
	}
	for _, app := range x.ws.Applications {
		if x.IntN(4) > 0 {
			c.Roles[app.Name] = x.role(app)
		}
	}
	x.users.items = append(x.users.items, c.Name)
	return c
}

func (x *changer) removed() engine.Change {
	name := x.item(x.ws.Users)
	x.users.items = slices.DeleteFunc(slices.Clone(x.users.items), func(m string) bool { return m == name })
	return engine.RemoveMember{Name: name}
}

func (x *changer) item(l *cube.List) string { return one(x, x.lists[l.ID].items) }

// fresh is a name that the list lacks: one of a pool, mostly, where there is one left.
func (x *changer) fresh(l *cube.List, pool []string) string {
	taken := x.lists[l.ID].items
	if name := one(x, pool); !slices.Contains(taken, name) {
		return name
	}
	name := "new"
	for slices.Contains(taken, name) {
		name += "'"
	}
	return name
}

func (x *changer) role(app *cube.Application) string {
	switch x.IntN(10) {
	case 0, 1:
		return ""
	case 2:
		return app.Name + "::" + x.item(app.RoleList)
	}
	return x.item(app.RoleList)
}

// value is any value of a type, now and then BLANK.
func (x *changer) value(t cube.Type) cube.Value {
	if x.IntN(6) == 0 {
		return cube.Value{}
	}
	switch t.Kind {
	case cube.Number:
		return cube.NumberValue(float64(x.IntN(7) - 3))
	case cube.Text:
		return cube.TextValue([]string{"", "a", "B b", "München", "France", "red"}[x.IntN(6)])
	case cube.Boolean:
		return cube.BooleanValue(x.IntN(2) == 0)
	case cube.Date:
		return cube.DateValue(int32(x.IntN(40000)))
	case cube.Item:
		if len(x.lists[t.List.ID].items) == 0 {
			return cube.Value{}
		}
		return cube.TextValue(x.item(t.List))
	}
	return cube.RightsValue(cube.Rights(x.IntN(4)))
}

func (x *changer) property(l *cube.List) engine.Change {
	p := one(x, slices.DeleteFunc(slices.Clone(l.Properties), func(p *cube.Block) bool { return p.Formula != nil }))
	if p == nil || len(x.lists[l.ID].items) == 0 {
		return x.change()
	}
	return engine.SetProperty{List: l.String(), Item: x.item(l), Property: p.Name, Value: x.value(p.Type)}
}

func (x *changer) properties(l *cube.List) map[string]cube.Value {
	out := map[string]cube.Value{}
	for _, p := range l.Properties {
		if p.Formula == nil && x.IntN(3) > 0 {
			out[p.Name] = x.value(p.Type)
		}
	}
	return out
}

// cell is a cell of a metric that holds given values: of an access-rights metric, mostly.
func (x *changer) cell(app *cube.Application) engine.Change {
	metrics := slices.DeleteFunc(slices.Clone(app.Metrics), func(m *cube.Block) bool {
		return m.Formula != nil && !m.Overridable || slices.ContainsFunc(m.Dims, func(l *cube.List) bool { return len(x.lists[l.ID].items) == 0 })
	})
	rights := slices.DeleteFunc(slices.Clone(metrics), func(m *cube.Block) bool { return m.Type.Kind != cube.AccessRights })
	if len(rights) > 0 && x.IntN(4) > 0 {
		metrics = rights
	}
	m := one(x, metrics)
	if m == nil {
		return x.change()
	}
	c := engine.SetCell{Metric: m.String(), Value: x.value(m.Type)}
	for _, l := range m.Dims {
		c.Items = append(c.Items, x.item(l))
	}
	return c
}

// rule is a rule as generated models have them, under a name that is known or that there may have been before.
func (x *changer) rule(app *cube.Application) engine.Change {
	a := x.apps[slices.Index(x.ws.Applications, app)]
	var rule genRule
	if !x.makeRule(a, &rule) {
		return x.formula(app)
	}
	r := engine.SetRule{Application: app.Name, Name: []string{"Rule 1", "Rule 2", "new rule"}[x.IntN(3)], Metric: rule.metric, Ignore: rule.scope == "ignore"}
	if len(app.Rules) > 0 && x.IntN(2) == 0 {
		r.Name = one(x, app.Rules).Name
	}
	r.Access = map[string]cube.Rights{"read": cube.Read, "write": cube.Write, "read_write": all}[rule.access]
	switch on := rule.on; on.key {
	case onMetrics:
		r.Metrics = on.names
	case onDimensions:
		r.Dimensions = on.names
	case onItems:
		r.Items = on.names
	case onEverything:
		r.Everything = true
	case onProperties:
		r.Properties = map[string][]string{}
		for _, l := range on.lists {
			r.Properties[l] = on.of(l)
		}
	}
	for _, p := range rule.replace {
		if r.Replace == nil {
			r.Replace = map[string]string{}
		}
		r.Replace[p[0]] = p[1]
	}
	return r
}

// calculated are the blocks of an application that have a formula.
func (x *changer) calculated(app *cube.Application) []*cube.Block {
	var blocks []*cube.Block
	for _, b := range x.ws.Blocks() {
		if b.App == app && b.Formula != nil {
			blocks = append(blocks, b)
		}
	}
	return blocks
}

// exchanged is a formula that says the same in other words, that cuts what it brings in, or that of another block.
func (x *changer) exchanged(app *cube.Application) engine.Change {
	blocks := x.calculated(app)
	b := one(x, blocks)
	if b == nil {
		return x.change()
	}
	f := engine.SetFormula{Block: reference(b), Formula: "(" + b.Formula.Text + "\n)"}
	switch other := one(x, blocks); x.IntN(4) {
	case 0:
		f.Formula = "RESETACCESSRIGHTS" + f.Formula
	case 1, 2:
		f.Formula = other.Formula.Text
	}
	return f
}

// formula is a new formula for a calculated block, or for one that had none.
func (x *changer) formula(app *cube.Application) engine.Change {
	blocks := x.calculated(app)
	if len(blocks) == 0 || x.IntN(5) == 0 {
		blocks = slices.DeleteFunc(slices.Clone(x.ws.Blocks()), func(b *cube.Block) bool { return b.App != app || b.Reserved() || b.Kind == cube.ItemSet })
	}
	b := one(x, blocks)
	if b == nil {
		return x.change()
	}
	of := x.blockOf(b)
	e := &expressions{generator: x.before(b), app: of.app, depth: 1 + x.IntN(3), access: b.Type.Kind == cube.AccessRights}
	f := engine.SetFormula{Block: reference(b)}
	if e.access && e.chance(60) {
		f.Formula = e.accessFormula(of.dims())
	} else {
		f.Formula = e.whole(of.typ, of.dims())
	}
	if x.IntN(8) == 0 {
		f.Author = x.item(x.ws.Users)
	}
	return f
}

// reference is a block's name in formula syntax, every part quoted.
func reference(b *cube.Block) string {
	quote := func(name string) string { return "'" + doubled(name) + "'" }
	if b.Kind == cube.Property {
		return quote(b.App.Name) + "::" + quote(b.List.Name) + "." + quote(b.Name)
	}
	return quote(b.App.Name) + "::" + quote(b.Name)
}

func doubled(name string) string {
	var out []rune
	for _, r := range name {
		out = append(out, r)
		if r == '\'' {
			out = append(out, r)
		}
	}
	return string(out)
}
