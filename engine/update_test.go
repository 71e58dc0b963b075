package engine_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

func updated(t *testing.T, r *engine.Rights, changes ...engine.Change) *engine.Rights {
	t.Helper()
	out, err := r.Update(context.Background(), changes...)
	require.NoError(t, err)
	return out
}

func setRole(app, member, role string) engine.Change {
	return engine.SetRole{Application: app, Member: member, Role: role}
}

func setCell(metric string, v cube.Value, items ...string) engine.Change {
	return engine.SetCell{Metric: metric, Items: items, Value: v}
}

func setProperty(list, item, property string, v cube.Value) engine.Change {
	return engine.SetProperty{List: list, Item: item, Property: property, Value: v}
}

// Each kind of change does what it says, and the generation before goes on as it was.
func TestUpdate(t *testing.T) {
	rw := cube.RightsValue(cube.Read | cube.Write)
	old := newPair(t).compile(t)
	for name, c := range map[string]struct {
		changes []engine.Change
		member  string
		block   string
		cell    []cube.ItemID
		before  bool // ada, where the member is new
		after   bool
	}{
		"a role given":   {[]engine.Change{setRole("HR", "di", "Admin"), setCell("AR", rw, "di", "Japan")}, "di", "Revenue", []cube.ItemID{1, 0}, false, true},
		"a role taken":   {[]engine.Change{setRole("", "cy", "")}, "cy", "Revenue", []cube.ItemID{0, 0}, true, false},
		"a cell":         {[]engine.Change{setCell("HR::AR", rw, "cy", "Japan")}, "cy", "Revenue", []cube.ItemID{1, 0}, false, true},
		"a cell to none": {[]engine.Change{setCell("AR", cube.Value{}, "cy", "France")}, "cy", "Revenue", []cube.ItemID{0, 0}, true, false},
		"a new member": {[]engine.Change{
			engine.AddMember{Name: "ed", Roles: map[string]string{"HR": "Reader"}}, setCell("AR", rw, "ed", "Japan"),
		}, "ed", "Revenue", []cube.ItemID{1, 1}, false, true},
		"a member gone":  {[]engine.Change{engine.RemoveMember{Name: "ada"}}, "cy", "Revenue", []cube.ItemID{0, 0}, true, true},
		"a rule gone":    {[]engine.Change{engine.RemoveRule{Application: "HR", Name: "r"}}, "cy", "Revenue", []cube.ItemID{1, 0}, false, true},
		"a rule lifted":  {[]engine.Change{engine.SetRule{Name: "i", Metric: "AR", Ignore: true, Everything: true}}, "cy", "Revenue", []cube.ItemID{1, 0}, false, true},
		"a rule changed": {[]engine.Change{engine.SetRule{Name: "r", Metric: "AR", Access: cube.Write, Dimensions: []string{"Country"}}}, "cy", "Revenue", []cube.ItemID{1, 0}, false, true},
		"a formula":      {[]engine.Change{engine.SetFormula{Block: "Sum", Formula: `Revenue[SELECT: Country."France"]`}}, "cy", "Sum", []cube.ItemID{0}, false, true},
		"an item":        {[]engine.Change{engine.AppendItem{List: "Country", Item: "Peru"}}, "cy", "Revenue", []cube.ItemID{0, 0}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := updated(t, old, c.changes...)
			require.Equal(t, c.after, view(t, r, c.member, c.block).Read(c.cell...), "after")
			if _, ok := old.Workspace().Users.Find(c.member); ok {
				require.Equal(t, c.before, view(t, old, c.member, c.block).Read(c.cell...), "before")
			}
		})
	}
	r := updated(t, old, engine.AppendItem{List: "Country", Item: "Peru"})
	require.False(t, view(t, r, "cy", "Revenue").Read(2, 0), "nothing is given for a new item")
	require.Equal(t, 2, old.Workspace().Application("HR").List("Country").Len())
}

// All changes are made, or none; and what is wrong says so, all of it.
func TestUpdateMistakes(t *testing.T) {
	old := newPair(t).compile(t)
	for message, change := range map[string]engine.Change{
		`change 1, the role of "nobody": unknown member "nobody"`:                                   setRole("HR", "nobody", "Admin"),
		`change 1, the role of "cy": unknown role "Admim" in HR (did you mean "Admin"?)`:            setRole("HR", "cy", "Admim"),
		`change 1, the role of "cy": unknown application "HRX" (did you mean "HR"?)`:                setRole("HRX", "cy", "Admin"),
		`unknown block "ARR" in HR (did you mean "AR"?)`:                                            setCell("ARR", cube.Value{}, "cy", "Japan"),
		`list "Country" has no item "Jappan"`:                                                       setCell("AR", cube.Value{}, "cy", "Jappan"),
		`metric "AR" has 2 dimensions, the cell 1 items`:                                            setCell("AR", cube.Value{}, "cy"),
		`metric "AR" is of type access_rights, the value of type number`:                            setCell("AR", cube.NumberValue(1), "cy", "Japan"),
		`metric "Sum" has a formula: its cells cannot be set unless it is overridable`:              setCell("Sum", cube.NumberValue(1), "Draft"),
		`the roles of members are set with SetRole`:                                                 setCell("Users roles", cube.TextValue("Admin"), "cy"),
		`list "User" has no property "Country"`:                                                     setProperty("User", "cy", "Country", cube.Value{}),
		`a name may not be empty, nor begin or end with a space`:                                    engine.AddMember{Name: " x"},
		`list "User" has an item "cy" already`:                                                      engine.AddMember{Name: "cy"},
		`members are added with AddMember`:                                                          engine.AppendItem{List: "User", Item: "x"},
		`no items can be added to the list "Role"`:                                                  engine.AppendItem{List: "Role", Item: "x"},
		`HR has no such rule (did you mean "r"?)`:                                                   engine.RemoveRule{Application: "HR", Name: "R"},
		`exactly one of Metrics, Dimensions, Properties, Items and Everything must be given, not 0`: engine.SetRule{Name: "x", Metric: "AR"},
		`rule "x" needs a metric of type access_rights, not number`:                                 engine.SetRule{Name: "x", Metric: "Revenue", Everything: true},
		`rule "Users roles" stands twice`:                                                           engine.SetRule{Name: "Users roles", Metric: "AR", Everything: true},
		`metric "Sum": formula 1:1: unknown name "Revenu" (did you mean "Revenue"?)`:                engine.SetFormula{Block: "Sum", Formula: "Revenu[REMOVE: Country]"},
		`metric "Sum": its formula refers to itself: HR::Sum → HR::Sum`:                             engine.SetFormula{Block: "Sum", Formula: "Sum + 1"},
		`its author "cy" has no role in HR that holds define_application_security`:                  engine.SetFormula{Block: "Sum", Formula: "RESETACCESSRIGHTS(Revenue[REMOVE: Country])", Author: "cy"},
		`the new member "\xff": a name must be UTF-8`:                                               engine.AddMember{Name: "\xff"},
		`"HR" is named twice`:               engine.AddMember{Name: "new", Roles: map[string]string{"": "Reader", "HR": "Admin"}},
		`a name must be UTF-8`:              engine.AppendItem{List: "Country", Item: "a\xc3"},
		`rule "\xff": a name must be UTF-8`: engine.SetRule{Name: "\xff", Metric: "AR", Everything: true},
		`list "Country" has no formula`:     engine.SetFormula{Block: "Country", Formula: "1"},
	} {
		_, err := old.Update(context.Background(), setRole("HR", "di", "Admin"), change)
		var es cube.Errors
		require.ErrorAs(t, err, &es, message)
		message = replaceFirst(message)
		require.ErrorContains(t, err, message)
		require.Len(t, es, 1, "%s", err)
	}
	p := newPair(t)
	p.ws.AddProperty(p.country, "Since", cube.Type{Kind: cube.Date})
	p.ws.AddProperty(p.country, "Note", cube.Type{Kind: cube.Text})
	for message, change := range map[string]engine.Change{
		`a text must be UTF-8`:                   setProperty("Country", "Japan", "Note", cube.TextValue("\xff")),
		`the date is not of the years 0 to 9999`: setProperty("Country", "Japan", "Since", cube.DateValue(3_000_000)),
	} {
		_, err := p.compile(t).Update(context.Background(), change)
		require.ErrorContains(t, err, message)
	}
	_, err := old.Update(context.Background(), setRole("HR", "x", "Admin"), setRole("HR", "y", "Admin"))
	require.ErrorContains(t, err, `change 1, the role of "x": unknown member "x"`+"\n"+`change 2, the role of "y": unknown member "y"`)
	require.False(t, view(t, old, "di", "Revenue").Read(0, 0))
	done, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = old.Update(done, setRole("HR", "di", "Admin"))
	require.ErrorIs(t, err, context.Canceled)
}

// replaceFirst is the message of a change that stands second.
func replaceFirst(message string) string {
	if len(message) > 8 && message[:8] == "change 1" {
		return "change 2" + message[8:]
	}
	return message
}
