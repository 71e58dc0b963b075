package cube

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func lists(t *testing.T, sizes ...int) []*List {
	t.Helper()
	app := NewWorkspace("W").AddApplication("A")
	out := make([]*List, len(sizes))
	for i, n := range sizes {
		out[i] = app.AddList(string(rune('A' + i)))
		for k := range n {
			require.NoError(t, out[i].Append(string(rune('a'+k))))
		}
	}
	return out
}

func TestSpaceNumbersCellsLastFastest(t *testing.T) {
	l := lists(t, 3, 4, 5)
	s, err := NewSpace(l...)
	require.NoError(t, err)
	require.EqualValues(t, 60, s.Len())
	items := make([]ItemID, 3)
	for c := range s.Len() {
		s.At(c, items)
		require.Equal(t, c, s.Cell(items))
		require.EqualValues(t, c%5, items[2])
	}
	require.Equal(t, 1, s.Axis(l[1]))
	require.Equal(t, -1, s.Axis(lists(t, 1)[0]))
}

func TestSpaceEdges(t *testing.T) {
	var zero Space
	require.EqualValues(t, 1, zero.Len())
	none, err := NewSpace()
	require.NoError(t, err)
	require.EqualValues(t, 1, none.Len())
	empty, err := NewSpace(lists(t, 3, 0)...)
	require.NoError(t, err)
	require.Zero(t, empty.Len())
	wide := lists(t, 20)[0]
	dims := make([]*List, 15)
	for i := range dims {
		dims[i] = wide
	}
	_, err = NewSpace(dims...)
	require.ErrorContains(t, err, "2^62")
}

func TestListAppend(t *testing.T) {
	l := lists(t, 2)[0]
	require.Error(t, l.Append("c", "a", "d"))
	require.Equal(t, []string{"a", "b", "c"}, l.Items(), "what stands before the failing one is kept")
	require.Error(t, l.Append(""))
	id, ok := l.Find("c")
	require.True(t, ok)
	require.Equal(t, "c", l.Item(id))
	require.Empty(t, l.Item(NoItem))
}

func TestValues(t *testing.T) {
	require.True(t, NumberValue(math.Inf(1)).IsBlank())
	require.True(t, NumberValue(math.NaN()).IsBlank())
	require.False(t, math.Signbit(NumberValue(math.Copysign(0, -1)).Float()))
	require.True(t, ItemValue(NoItem).IsBlank())
	require.Equal(t, NoItem, Value{}.Item())
	require.False(t, TextValue("").IsBlank())
	require.Equal(t, Rights(0), Value{}.Rights(), "BLANK grants nothing")
	for r, s := range map[Rights]string{0: "none", Read: "r", Write: "w", Read | Write: "rw"} {
		require.Equal(t, s, r.String())
	}
}

func TestDates(t *testing.T) {
	for _, s := range []string{"1970-01-01", "1969-12-31", "0001-01-01", "9999-12-31", "2024-02-29"} {
		days, err := ParseDate(s)
		require.NoError(t, err)
		require.Equal(t, s, FormatDate(days))
	}
	for _, s := range []string{"2023-02-29", "2024-2-9", "24-02-09", "", "2024-02-09T00:00:00Z"} {
		_, err := ParseDate(s)
		require.Error(t, err, s)
	}
}

func TestColumnBuilder(t *testing.T) {
	space, err := NewSpace(lists(t, 4, 4)...)
	require.NoError(t, err)
	for _, n := range []int{0, 1, 3, 4, 16} {
		b := NewColumnBuilder(Type{Kind: Text}, space)
		for c := n - 1; c >= 0; c-- {
			b.Set(uint64(c), TextValue(string(rune('a'+c%3))))
		}
		col, err := b.Column()
		require.NoError(t, err)
		if n >= 4 {
			require.Equal(t, Dense, col.Form())
		} else {
			require.Equal(t, Sparse, col.Form())
		}
		for c := range space.Len() {
			want := Value{}
			if int(c) < n {
				want = TextValue(string(rune('a' + c%3)))
			}
			require.Equal(t, want, col.Value(c))
		}
	}
	b := NewColumnBuilder(Type{Kind: Boolean}, space)
	b.Set(3, Value{})
	b.Set(1, BooleanValue(true))
	b.Set(3, BooleanValue(true))
	_, err = b.Column()
	var twice *DuplicateCellError
	require.ErrorAs(t, err, &twice)
	require.Equal(t, DuplicateCellError{0, 2}, *twice)
}

func TestErrors(t *testing.T) {
	var es Errors
	require.NoError(t, es.Err())
	for i := range 3 * MaxErrors {
		es.Add(Position{"f", 100 - i, 1}, "mistake %d", i)
	}
	es.Add(Position{"f", 41, 1}, "mistake 59")
	err := es.Err()
	require.Len(t, err, MaxErrors)
	require.Regexp(t, `^f:41:1: mistake 59\nf:42:1: mistake 58\n`, err.Error())
	require.Equal(t, "f", Position{File: "f"}.String())
	require.Equal(t, "f:3", Position{File: "f", Line: 3}.String())
	require.Equal(t, "oops", Errorf(Position{}, "oops").Error())
}

func TestRoles(t *testing.T) {
	ws := NewWorkspace("W")
	require.NoError(t, ws.Users.Append("ada"))
	a := ws.AddApplication("A")
	require.Equal(t, []string{"Admin", "Modeler", "Designer", "Contributor", "Reader"}, a.RoleList.Items())
	require.True(t, a.Roles[0].HasAll())
	require.False(t, a.Roles[1].Has(DefineApplicationSecurity))
	require.False(t, a.Roles[4].Write)
	a.SetRole(&Role{Name: "Modeler"})
	require.False(t, a.Roles[1].Read, "a role of the same name replaces one whole")
	require.Equal(t, 5, a.RoleList.Len())
	require.Equal(t, NoItem, a.RoleOf(0))
	a.SetRoleOf(0, 2)
	require.EqualValues(t, 2, a.RoleOf(0))
	require.Equal(t, NoItem, a.RoleOf(NoItem))
}

func TestScenarioRights(t *testing.T) {
	s := Scenarios{Access: map[ScenarioKey]Access{{0, 1}: AccessNone, {1, 1}: AccessRead}, ReadOnly: map[ItemID]bool{2: true}}
	require.Equal(t, Rights(0), s.Rights(0, 1))
	require.Equal(t, Read, s.Rights(1, 1))
	require.Equal(t, Read, s.Rights(2, 1), "nobody writes it")
	require.Equal(t, Read|Write, s.Rights(0, 0))
}

// What the loader refuses with a place, a model built in Go is refused for too.
func TestValidate(t *testing.T) {
	type model struct {
		ws    *Workspace
		app   *Application
		list  *List
		m, ar *Block
		rule  *Rule
	}
	valid := func() *model {
		x := &model{ws: NewWorkspace("W")}
		require.NoError(t, x.ws.Users.Append("ada"))
		x.app = x.ws.AddApplication("A")
		x.list = x.app.AddList("L")
		require.NoError(t, x.list.Append("a", "b"))
		x.m = x.app.AddMetric("M", Type{Kind: Number}, x.list)
		x.ar = x.app.AddMetric("AR", Type{Kind: AccessRights}, x.ws.Users, x.list)
		x.rule = &Rule{Name: "r", Metric: x.ar, Categories: Read, Target: OnMetrics, Blocks: []*Block{x.m}}
		x.app.Rules = []*Rule{x.rule}
		return x
	}
	require.NoError(t, valid().ws.Validate())
	number := Type{Kind: Number}
	for want, spoil := range map[string]func(*model){
		`list "L" stands twice`:               func(x *model) { x.app.AddList("L") },
		`metric "L" stands twice`:             func(x *model) { x.app.AddMetric("L", number) },
		`list "User" stands twice`:            func(x *model) { x.app.AddList("User") },
		`metric "a::b"`:                       func(x *model) { x.app.AddMetric("a::b", number) },
		`metric ""`:                           func(x *model) { x.app.AddMetric("", number) },
		`application "A" stands twice`:        func(x *model) { x.ws.AddApplication("A") },
		`metric "\xff": a name must be UTF-8`: func(x *model) { x.app.AddMetric("\xff", number) },
		`inheritance within an application is only left out where`: func(x *model) { x.app.InheritWithin = false },
		`has the dimension "L" twice`:                              func(x *model) { x.m.Dims = append(x.m.Dims, x.list) },
		`is no list of this workspace`:                             func(x *model) { x.m.Dims = []*List{lists(t, 2)[0]} },
		`its type is none`:                                         func(x *model) { x.m.Type = Type{Kind: Item} },
		`not of its type`:                                          func(x *model) { x.m.Input = NewConstant(number, Space{}, NumberValue(1)) },
		`no formula to override`:                                   func(x *model) { x.m.Overridable = true },
		`needs the dimension User`:                                 func(x *model) { x.ar.Dims = x.ar.Dims[1:] },
		`neither public nor overridable`:                           func(x *model) { x.ar.Public = true },
		`cannot be of type access_rights`:                          func(x *model) { x.ws.AddProperty(x.list, "P", Type{Kind: AccessRights}) },
		`can only ignore Users roles`:                              func(x *model) { x.rule.Metric = x.app.UsersRoles },
		`not number`:                                               func(x *model) { x.rule.Metric = x.m },
		`needs a metric`:                                           func(x *model) { x.rule.Metric = nil },
		`reading, writing or both`:                                 func(x *model) { x.rule.Categories = 0 },
		`targets nothing`:                                          func(x *model) { x.rule.Target = OnNothing },
		`cannot target metric "AR"`:                                func(x *model) { x.rule.Blocks = []*Block{x.ar} },
		`cannot target list "User"`:                                func(x *model) { x.rule.Target, x.rule.Blocks = OnItems, []*Block{x.ws.Users.ItemSet} },
		`nothing to replace`:                                       func(x *model) { x.rule.Ignore, x.rule.Replace = true, make([]Replacement, 1) },
		`a list of its own`:                                        func(x *model) { x.app.Scenarios = &Scenarios{List: x.ws.Users} },
		`given to SetRoleOf`:                                       func(x *model) { x.app.SetRoleOf(0, 99) },
		`properties of members have no`:                            func(x *model) { x.ws.AddProperty(x.ws.Users, "P", number).Formula = &Formula{Text: "1"} },
		`has values and a formula`: func(x *model) {
			x.m.Input, x.m.Formula = NewConstant(number, mustSpace(t, x.list), Value{}), &Formula{}
		},
	} {
		x := valid()
		spoil(x)
		require.ErrorContains(t, x.ws.Validate(), want)
	}
}

func mustSpace(t *testing.T, dims ...*List) Space {
	t.Helper()
	s, err := NewSpace(dims...)
	require.NoError(t, err)
	return s
}
