package enginetest

import (
	"math/rand/v2"
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// RandomChanges makes up to most changes of a model, of every kind, as Rights.Update takes them. They are mostly, but
// not always, such as the model allows. The workspace is only read: see Rights.Current.
func RandomChanges(random *rand.Rand, ws *cube.Workspace, most int) []engine.Change {
	x := &changer{random, ws}
	changes := make([]engine.Change, 1+x.IntN(most))
	for i := range changes {
		changes[i] = x.change()
	}
	return changes
}

type changer struct {
	*rand.Rand
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
	switch n := x.IntN(20); {
	case n < 4:
		return engine.SetRole{Application: app.Name, Member: x.item(x.ws.Users), Role: x.role(app)}
	case n < 9:
		return x.cell(app)
	case n < 11:
		return x.property(x.ws.Users)
	case n < 13:
		return x.property(one(x, app.Lists))
	case n == 13:
		return engine.AddMember{
			Name: x.fresh(x.ws.Users), Account: cube.AccountType(x.IntN(5)), Attributes: x.properties(x.ws.Users),
			Roles: map[string]string{app.Name: x.role(app)},
		}
	case n == 14:
		return engine.RemoveMember{Name: x.item(x.ws.Users)}
	case n == 15:
		l := one(x, app.Lists)
		return engine.AppendItem{List: l.String(), Item: x.fresh(l), Properties: x.properties(l)}
	case n == 16:
		if len(app.Rules) > 0 {
			return engine.RemoveRule{Application: app.Name, Name: one(x, app.Rules).Name}
		}
		return x.rule(app)
	case n == 17:
		return x.rule(app)
	}
	return x.formula(app)
}

func (x *changer) item(l *cube.List) string { return one(x, l.Items()) }

// fresh is a name that the list lacks.
func (x *changer) fresh(l *cube.List) string {
	name := "new"
	for _, taken := l.Find(name); taken; _, taken = l.Find(name) {
		name += "'"
	}
	return name
}

func (x *changer) role(app *cube.Application) string {
	if x.IntN(5) == 0 {
		return ""
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
		return cube.TextValue([]string{"", "a", "B b", "München"}[x.IntN(4)])
	case cube.Boolean:
		return cube.BooleanValue(x.IntN(2) == 0)
	case cube.Date:
		return cube.DateValue(int32(x.IntN(40000)))
	case cube.Item:
		if t.List.Len() == 0 {
			return cube.Value{}
		}
		return cube.TextValue(x.item(t.List))
	}
	return cube.RightsValue(cube.Rights(x.IntN(4)))
}

func (x *changer) property(l *cube.List) engine.Change {
	p := one(x, slices.DeleteFunc(slices.Clone(l.Properties), func(p *cube.Block) bool { return p.Formula != nil }))
	if p == nil || l.Len() == 0 {
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
		return m.Formula != nil && !m.Overridable || slices.ContainsFunc(m.Dims, func(l *cube.List) bool { return l.Len() == 0 })
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

func (x *changer) rule(app *cube.Application) engine.Change {
	metrics := slices.DeleteFunc(slices.Clone(app.Metrics), func(m *cube.Block) bool { return m.Type.Kind != cube.AccessRights })
	if len(metrics) == 0 {
		return x.change()
	}
	m := one(x, metrics)
	r := engine.SetRule{
		Application: app.Name, Name: "new rule", Metric: m.Name, Access: cube.Rights(x.IntN(4)), Ignore: x.IntN(3) == 0,
	}
	if len(app.Rules) > 0 && x.IntN(2) == 0 {
		r.Name = one(x, app.Rules).Name
	}
	var named []string
	for _, l := range m.Dims {
		if l != x.ws.Users {
			named = append(named, l.String())
		}
	}
	if len(named) > 0 && x.IntN(2) == 0 {
		r.Dimensions = named
	} else {
		r.Everything = true
	}
	return r
}

// formula is another formula: one that says the same in other words, or that of another block.
func (x *changer) formula(app *cube.Application) engine.Change {
	var blocks []*cube.Block
	for _, b := range x.ws.Blocks() {
		if b.App == app && b.Formula != nil {
			blocks = append(blocks, b)
		}
	}
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
