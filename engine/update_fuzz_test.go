package engine_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// decoder reads changes from bytes: each choice takes one, and what is behind the end is zero.
type decoder struct{ data []byte }

func (d *decoder) n(limit int) int {
	if len(d.data) == 0 {
		return 0
	}
	b := d.data[0]
	d.data = d.data[1:]
	return int(b) % limit
}

func (d *decoder) pick(from ...string) string { return from[d.n(len(from))] }

func (d *decoder) app() string    { return d.pick("HR", "", "XX") }
func (d *decoder) member() string { return d.pick("cy", "ada", "bo", "di", "ed", "nobody", "") }
func (d *decoder) role() string {
	return d.pick("Modeler", "", "Admin", "Reader", "HR::Admin", "Chief")
}

func (d *decoder) list() string {
	return d.pick("Country", "User", "HR::Version", "Role", "Lists", "AR")
}

func (d *decoder) item() string {
	return d.pick("France", "Japan", "Draft", "Final", "cy", "Peru", " x", "", "Peru'", "Admin")
}

func (d *decoder) block() string {
	return d.pick("AR", "Revenue", "Sum", "HR::AR", "Country", "Users roles", "Country.Region", "User.Home", "''", "HR::")
}

func (d *decoder) value() cube.Value {
	switch d.n(6) {
	case 0:
		return cube.RightsValue(cube.Rights(d.n(4)))
	case 1:
		return cube.NumberValue(float64(d.n(9)) - 4)
	case 2:
		return cube.TextValue(d.item())
	case 3:
		return cube.BooleanValue(d.n(2) == 0)
	case 4:
		return cube.ItemValue(cube.ItemID(d.n(9)))
	}
	return cube.Value{}
}

func (d *decoder) names(pick func() string) []string {
	var out []string
	for range d.n(4) {
		out = append(out, pick())
	}
	return out
}

func (d *decoder) formula() string {
	return d.pick("Revenue[REMOVE: Country]", "RESETACCESSRIGHTS(Revenue[REMOVE: Country])", "Sum", "1", "", "(((", "User = User.\"cy\"",
		"IF(User.Home = Country, ACCESSRIGHTS(TRUE, TRUE))", "Revenue[SELECT: Country.\"France\"]", "ACCESSRIGHTS('Users roles' = Role.\"Admin\", User.Home = Country)")
}

func (d *decoder) change() engine.Change {
	switch d.n(10) {
	case 0:
		return engine.SetRole{Application: d.app(), Member: d.member(), Role: d.role()}
	case 1:
		return engine.SetCell{Metric: d.block(), Items: append([]string{d.member()}, d.names(d.item)...), Value: d.value()}
	case 2:
		return engine.SetProperty{List: d.list(), Item: d.member(), Property: d.pick("Home", "Region"), Value: d.value()}
	case 3:
		return engine.SetProperty{List: d.list(), Item: d.item(), Property: d.pick("Region", "Home"), Value: d.value()}
	case 4:
		return engine.AddMember{
			Name: d.member(), Account: cube.AccountType(d.n(7)), Attributes: map[string]cube.Value{d.pick("Home", "X"): d.value()},
			Roles: map[string]string{d.app(): d.role()},
		}
	case 5:
		return engine.RemoveMember{Name: d.member()}
	case 6:
		return engine.AppendItem{List: d.list(), Item: d.item(), Properties: map[string]cube.Value{d.pick("Region", "Y"): d.value()}}
	case 7:
		return d.rule()
	case 8:
		return engine.RemoveRule{Application: d.app(), Name: d.pick("r", "s", "t")}
	}
	return engine.SetFormula{Block: d.block(), Formula: d.formula(), Author: d.pick("", "ada", "cy", "nobody")}
}

func (d *decoder) rule() engine.Change {
	r := engine.SetRule{
		Application: d.app(), Name: d.pick("r", "s", "", "Users roles", "a::b"), Metric: d.block(), Access: cube.Rights(d.n(6)), Ignore: d.n(3) == 0,
	}
	switch d.n(6) {
	case 0:
		r.Everything = true
	case 1:
		r.Metrics = d.names(d.block)
	case 2:
		r.Dimensions = d.names(d.list)
	case 3:
		r.Items = d.names(d.list)
	case 4:
		r.Properties = map[string][]string{d.list(): {d.pick("Region", "Home")}}
	}
	if d.n(3) == 0 {
		r.Replace = map[string]string{d.list(): d.formula()}
	}
	return r
}

// Whatever the changes, an update either makes a generation that decides as the changed model does, or says what is
// wrong and leaves everything as it was.
func FuzzUpdate(f *testing.F) {
	f.Add([]byte{0, 0, 3, 2, 1, 0, 3, 1, 1, 0, 3})
	f.Add([]byte{1, 0, 0, 1, 1, 0, 2, 5, 0, 6, 0, 5, 0, 0, 2})
	f.Add([]byte{4, 4, 0, 0, 2, 0, 0, 1, 5, 0, 7, 1, 0, 0, 0, 1, 0, 0, 0, 0, 3})
	f.Add([]byte{9, 2, 1, 1, 9, 2, 2, 0, 9, 0, 7, 0, 2, 1, 0, 0, 2, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		p := newPair(t)
		home := p.ws.AddProperty(p.ws.Users, "Home", cube.Type{Kind: cube.Item, List: p.country})
		home.Input = nil
		p.ws.AddProperty(p.country, "Region", cube.Type{Kind: cube.Number})
		r := p.compile(t)
		d := &decoder{data[:min(len(data), 400)]}
		for range 6 {
			changes := make([]engine.Change, d.n(4))
			for i := range changes {
				changes[i] = d.change()
			}
			before := everything(t, r)
			next, err := r.Update(context.Background(), changes...)
			require.Equal(t, before, everything(t, r), "%#v", changes)
			if err != nil {
				var mistakes cube.Errors
				require.ErrorAs(t, err, &mistakes)
				continue
			}
			now, err := next.Current()
			require.NoError(t, err)
			fresh, err := engine.Compile(context.Background(), now, engine.Options{})
			require.NoError(t, err, "%#v", changes)
			require.Equal(t, everything(t, fresh), everything(t, next), "%#v", changes)
			for range next.Changed() {
			}
			r = next
		}
	})
}

// everything is what all members read and write of all blocks, by number.
func everything(t *testing.T, r *engine.Rights) [][]engine.Table {
	var out [][]engine.Table
	for m := range cube.ItemID(r.Workspace().Users.Len()) {
		for _, b := range r.Workspace().Blocks() {
			v, err := r.MemberAt(m).Block(engine.Ref{App: r.Workspace().Applications[0], Block: b})
			require.NoError(t, err)
			out = append(out, v.Tables(engine.Readable), v.Tables(engine.Writable))
		}
	}
	return out
}
