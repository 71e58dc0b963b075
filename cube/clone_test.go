package cube

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// grid is a workspace with a metric of each form over User and two lists, in every place that User may stand.
func grid(t *testing.T, seed uint64) *Workspace {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 1))
	ws := NewWorkspace("W")
	require.NoError(t, ws.Users.Append("ada", "bo", "cy", "di"))
	ws.Accounts = []AccountType{PrimaryOwner, Standard, SecurityAdmin}
	a := ws.AddApplication("A")
	a.Owner = 0
	country, month := a.AddList("Country"), a.AddList("Month")
	require.NoError(t, country.Append("France", "Japan", "Peru"))
	require.NoError(t, month.Append("May", "June"))
	for i, dims := range [][]*List{{ws.Users, country, month}, {country, ws.Users, month}, {country, month, ws.Users}, {ws.Users}, {country}} {
		for _, typ := range []Type{{Number, nil}, {Text, nil}, {AccessRights, nil}, {Item, ws.Users}, {Date, nil}, {Boolean, nil}} {
			if typ.Kind == AccessRights && !slices.Contains(dims, ws.Users) {
				continue
			}
			for _, share := range []int{0, 20, 90} {
				m := a.AddMetric(fmt.Sprintf("M%d %s %d", i, typ.Kind, share), typ, dims...)
				space, err := m.Space()
				require.NoError(t, err)
				b := NewColumnBuilder(typ, space)
				for cell := range space.Len() {
					if random.IntN(100) < share {
						b.Set(cell, someValue(random, typ))
					}
				}
				m.Input, err = b.Column()
				require.NoError(t, err)
			}
		}
	}
	p := ws.AddProperty(ws.Users, "Level", Type{Number, nil})
	space, err := p.Space()
	require.NoError(t, err)
	p.Input = NewConstant(p.Type, space, NumberValue(7))
	sum := a.AddMetric("Sum", Type{Number, nil})
	sum.Formula = &Formula{Text: "1", Author: 2}
	a.Rules = []*Rule{{Name: "r", Metric: a.Metrics[6], Categories: Read, Target: OnMetrics, Blocks: []*Block{sum}, Dims: []*List{country}}}
	a.Scenarios = &Scenarios{List: month, Access: map[ScenarioKey]Access{{0, 0}: AccessRead}, ReadOnly: map[ItemID]bool{1: true}}
	for m := range ItemID(4) {
		a.SetRoleOf(m, m%3)
	}
	return ws
}

func someValue(random *rand.Rand, t Type) Value {
	switch t.Kind {
	case Number:
		return NumberValue(float64(random.IntN(5)))
	case Text:
		return TextValue([]string{"", "a", "b"}[random.IntN(3)])
	case Date:
		return DateValue(int32(random.IntN(9)))
	case Boolean:
		return BooleanValue(random.IntN(2) == 0)
	case Item:
		return ItemValue(ItemID(random.IntN(2) * 2)) // ada and cy
	}
	return RightsValue(Rights(random.IntN(4)))
}

// told is all given values of a workspace, by names.
func told(ws *Workspace) map[string]string {
	out := map[string]string{}
	for _, b := range ws.Blocks() {
		if b.Input == nil {
			continue
		}
		items := make([]ItemID, len(b.Dims))
		for cell := range b.Input.Space().Len() {
			b.Input.Space().At(cell, items)
			key := b.String()
			for i, d := range b.Dims {
				key += " " + d.Item(items[i])
			}
			if v := b.Input.Value(cell); v.Kind() == Item {
				out[key] = b.Type.List.Item(v.Item())
			} else if !v.IsBlank() {
				out[key] = fmt.Sprint(v)
			}
		}
	}
	return out
}

func TestClone(t *testing.T) {
	ws := grid(t, 1)
	require.NoError(t, ws.Validate())
	before := told(ws)
	c := ws.Clone()
	require.NoError(t, c.Validate())
	require.Equal(t, before, told(c))
	for i, b := range ws.Blocks() {
		require.NotSame(t, b, c.Blocks()[i])
		require.Equal(t, b.String(), c.Blocks()[i].String())
	}
	// Nothing that is done to a clone, or a clone of it, is seen elsewhere.
	a := c.Applications[0]
	require.Same(t, c.Applications[0].List("Country"), a.Rules[0].Dims[0])
	require.NoError(t, c.Grow(a.List("Country"), "Chile"))
	require.NoError(t, c.Grow(c.Users, "ed"))
	a.SetRoleOf(1, NoItem)
	a.Rules[0].Name = "other"
	a.Scenarios.ReadOnly[0] = true
	a.Metric("Sum").Formula.Text = "2"
	grown := told(c)
	second := c.Clone()
	require.NoError(t, second.Grow(second.Users, "flo"))
	require.NoError(t, second.RemoveMember(1))
	require.Equal(t, grown, told(c))
	require.Equal(t, before, told(ws))
	_, ok := ws.Users.Find("ed")
	require.False(t, ok)
	_, ok = c.Users.Find("flo")
	require.False(t, ok)
	id, ok := second.Users.Find("flo")
	require.True(t, ok)
	require.EqualValues(t, 4, id)
	require.EqualValues(t, 1, ws.Applications[0].RoleOf(1))
	require.Equal(t, "r", ws.Applications[0].Rules[0].Name)
	require.False(t, ws.Applications[0].Scenarios.ReadOnly[0])
	require.Equal(t, "1", ws.Applications[0].Metric("Sum").Formula.Text)
}

// A list that grows clone by clone finds every name, and no other's.
func TestCloneGrows(t *testing.T) {
	ws := NewWorkspace("W")
	all := []*Workspace{ws}
	for i := range 300 {
		c := all[len(all)-1].Clone()
		require.NoError(t, c.Grow(c.Users, fmt.Sprint("m", i)))
		all = append(all, c)
	}
	for n, c := range all {
		require.Equal(t, n, c.Users.Len())
		for _, i := range []int{0, n / 2, n - 1, n, n + 1} {
			id, ok := c.Users.Find(fmt.Sprint("m", i))
			require.Equal(t, i >= 0 && i < n, ok)
			if ok {
				require.EqualValues(t, i, id)
			}
		}
		if n > 0 {
			require.Error(t, all[n].Clone().Users.Append("m0"))
		}
	}
}

// Values keep their places by name where lists change.
func TestGrowAndRemove(t *testing.T) {
	for seed := range uint64(10) {
		ws := grid(t, seed)
		want := told(ws)
		require.NoError(t, ws.Grow(ws.Users, "ed", "flo"))
		require.NoError(t, ws.Grow(ws.Applications[0].List("Country"), "Chile"))
		require.NoError(t, ws.Validate())
		require.Equal(t, want, told(ws))
		require.ErrorContains(t, ws.RemoveMember(0), "owner")
		require.ErrorContains(t, ws.RemoveMember(2), "the member is ")
		ws.Applications[0].Owner, ws.Applications[0].Metric("Sum").Formula.Author = 3, 4
		require.ErrorContains(t, ws.RemoveMember(2), "value")
		require.NoError(t, ws.RemoveMember(1))
		require.NoError(t, ws.Validate())
		for key := range want {
			if slices.Contains(splitNames(key), "bo") {
				delete(want, key)
			}
		}
		require.Equal(t, want, told(ws))
		require.Equal(t, []string{"ada", "cy", "di", "ed", "flo"}, ws.Users.Items())
		require.Equal(t, []ItemID{2, 3}, []ItemID{ws.Applications[0].Owner, ws.Applications[0].Metric("Sum").Formula.Author})
		require.Equal(t, []ItemID{0, 2, 0}, []ItemID{ws.Applications[0].RoleOf(0), ws.Applications[0].RoleOf(1), ws.Applications[0].RoleOf(2)})
		require.Equal(t, []AccountType{PrimaryOwner, SecurityAdmin, Standard}, []AccountType{ws.Account(0), ws.Account(1), ws.Account(2)})
	}
}

func splitNames(key string) []string {
	var out []string
	for _, name := range []string{"ada", "bo", "cy", "di"} {
		if len(key) > len(name) && slices.Contains([]byte(key), ' ') {
			for i := range key {
				if key[i] == ' ' && len(key[i+1:]) >= len(name) && key[i+1:i+1+len(name)] == name && (i+1+len(name) == len(key) || key[i+1+len(name)] == ' ') {
					out = append(out, name)
				}
			}
		}
	}
	return out
}

func TestColumnWith(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		ws := grid(t, random.Uint64())
		for _, b := range ws.Blocks() {
			if b.Input == nil || b.Type.Kind == Item {
				continue
			}
			want := map[uint64]Value{}
			for cell := range b.Input.Space().Len() {
				want[cell] = b.Input.Value(cell)
			}
			var cells []uint64
			var values []Value
			for cell := range b.Input.Space().Len() {
				if random.IntN(4) == 0 {
					v := someValue(random, b.Type)
					switch random.IntN(5) {
					case 0:
						v = Value{}
					case 1:
						if b.Type.Kind == Text {
							v = TextValue("new")
						}
					}
					cells, values = append(cells, cell), append(values, v)
					want[cell] = v
				}
			}
			before := b.Input.Form()
			got := b.Input.With(cells, values)
			for cell, v := range want {
				require.Equal(t, v, got.Value(cell), "%s, %d", b, cell)
			}
			require.Equal(t, before, b.Input.Form())
			require.Equal(t, b.Type, got.Type())
		}
	}
}
