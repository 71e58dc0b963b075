package engine_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/enginetest"
	"github.com/cubeward/cubeward/engine/store"
)

func company(t testing.TB, members int) *engine.Rights {
	t.Helper()
	ws, err := bench.Company{Members: members}.Workspace()
	require.NoError(t, err)
	r, err := engine.Compile(context.Background(), ws, engine.Options{})
	require.NoError(t, err)
	return r
}

// Only the sets reached are worked out again. The company has 20 rights metrics, all of which rules apply.
func TestOnlyWhatIsReached(t *testing.T) {
	old := company(t, 1000)
	member := old.Workspace().Users.Item(400)
	worked := func(changes ...engine.Change) [3]int { return updated(t, old, changes...).Worked() }
	for _, c := range []struct {
		what                    string
		rows, metrics, mappings int
		changes                 []engine.Change
	}{
		{"nothing", 0, 0, 0, nil},
		{"a role: one metric reads roles", 1, 0, 0, []engine.Change{setRole("", member, "Modeler")}},
		{"a role taken", 1, 0, 0, []engine.Change{setRole("", member, "")}},
		{"a cell", 1, 0, 0, []engine.Change{setCell("Countries given", cube.RightsValue(cube.Read), member, "country-0007")}},
		{"two cells of a member", 1, 0, 0, []engine.Change{
			setCell("Countries given", cube.RightsValue(cube.Read), member, "country-0007"),
			setCell("Countries given", cube.RightsValue(cube.Read), member, "country-0008"),
		}},
		{"an attribute that four metrics read", 4, 0, 0, []engine.Change{setProperty("User", member, "Country", cube.TextValue("country-0001"))}},
		{"one that none reads", 0, 0, 0, []engine.Change{setProperty("User", member, "Name", cube.TextValue("Zoe"))}},
		{"a role and an attribute of two members", 5, 0, 0, []engine.Change{
			setRole("", member, "Modeler"), setProperty("User", old.Workspace().Users.Item(7), "Country", cube.TextValue("country-0001")),
		}},
		{"a new member", 20, 0, 0, []engine.Change{engine.AddMember{Name: "new"}}},
		{"a member gone", 0, 0, 0, []engine.Change{engine.RemoveMember{Name: member}}},
		{"a rule gone", 0, 0, 0, []engine.Change{engine.RemoveRule{Name: "Rule 01"}}},
		{"a rule more", 0, 0, 0, []engine.Change{engine.SetRule{Name: "more", Metric: "Levels", Everything: true}}},
		{"a formula of a metric without rights", 0, 0, 0, []engine.Change{engine.SetProperty{List: "Employee", Item: "employee-00000007", Property: "Pay", Value: cube.NumberValue(1)}}},
		{"a formula", 0, 1, 0, []engine.Change{engine.SetFormula{Block: "Levels", Formula: "ACCESSRIGHTS(User.Level > 1, TRUE)"}}},
		{"a month: three metrics are over months", 0, 3, 0, []engine.Change{engine.AppendItem{List: "Month", Item: "2030-01"}}},
		{"a property of a month", 0, 1, 0, []engine.Change{setProperty("Month", "2024-0001", "Closed", cube.BooleanValue(false))}},
		{"an employee's manager: a metric and a mapping", 0, 1, 1, []engine.Change{setProperty("Employee", "employee-00000007", "Manager", cube.TextValue("manager-00001"))}},
		{"an employee's department: a metric and two mappings", 0, 1, 2, []engine.Change{
			setProperty("Employee", "employee-00000007", "Department", cube.TextValue("department-0001")),
		}},
		{"a role and a rule", 1, 0, 0, []engine.Change{setRole("", member, "Modeler"), engine.RemoveRule{Name: "Rule 01"}}},
	} {
		require.Equal(t, [3]int{c.rows, c.metrics, c.mappings}, worked(c.changes...), c.what)
	}
}

// Where a formula looks along User, a change of one member may reach all: such a metric is worked out whole, and the rows
// of the others still by themselves.
func TestReachesAll(t *testing.T) {
	old := updated(t, company(t, 1000), engine.SetFormula{Block: "Levels", Formula: "ACCESSRIGHTS(User.Level > User.Level[REMOVE AVG: User], User.Level > 1)"})
	member := old.Workspace().Users.Item(400)
	r := updated(t, old, setProperty("User", member, "Level", cube.NumberValue(9000)))
	require.Equal(t, [3]int{8, 1, 0}, r.Worked(), "nine metrics read levels")
	require.NotSame(t, old.Workspace(), r.Workspace())
	other, levels := old.Workspace().Users.Item(9), 0
	for members := range r.Changed() {
		levels += len(members)
	}
	require.Greater(t, levels, 30, "the average is above the levels of all others")
	r = updated(t, r, setProperty("User", other, "Country", cube.TextValue("country-0001")))
	require.Equal(t, [3]int{4, 0, 0}, r.Worked())
	now, err := r.Current()
	require.NoError(t, err)
	fresh, err := engine.Compile(context.Background(), now, engine.Options{})
	require.NoError(t, err)
	require.Equal(t, fresh.Groups(), r.Groups())
}

// restored are the rights as a file gives them back.
func restored(t *testing.T, r *engine.Rights) *engine.Rights {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, store.Write(context.Background(), &b, r, store.WriteOptions{}))
	f, err := store.New(bytes.NewReader(b.Bytes()), int64(b.Len()), store.OpenOptions{})
	require.NoError(t, err)
	out, err := f.Rights(context.Background(), engine.Options{})
	require.NoError(t, err)
	return out
}

// Restored rights hold no values: digests say what is the same, metric by metric.
func TestSinceRestored(t *testing.T) {
	old := company(t, 1000)
	old = updated(t, old, setRole("", old.Workspace().Users.Item(400), "Modeler"))
	file := restored(t, old)
	for _, c := range []struct {
		what    string
		worked  [3]int // of 20 metrics and 4 mappings
		changes []engine.Change
	}{
		{"nothing", [3]int{}, []engine.Change{engine.SetRule{Name: "more", Metric: "Levels", Everything: true}}},
		{"a role", [3]int{0, 1, 0}, []engine.Change{setRole("", old.Workspace().Users.Item(30), "Modeler")}},
		{"a cell", [3]int{0, 1, 0}, []engine.Change{setCell("Countries given", cube.RightsValue(0), old.Workspace().Users.Item(30), "country-0007")}},
		{"an attribute", [3]int{0, 4, 0}, []engine.Change{setProperty("User", old.Workspace().Users.Item(30), "Country", cube.TextValue("country-0001"))}},
		{"a formula", [3]int{0, 1, 0}, []engine.Change{engine.SetFormula{Block: "Levels", Formula: "ACCESSRIGHTS(User.Level > 1, TRUE)"}}},
		{"a month", [3]int{0, 3, 0}, []engine.Change{engine.AppendItem{List: "Month", Item: "2030-01"}}},
		{"a department", [3]int{0, 1, 2}, []engine.Change{setProperty("Employee", "employee-00000007", "Department", cube.TextValue("department-0001"))}},
		{"a member", [3]int{0, 20, 0}, []engine.Change{engine.AddMember{Name: "new"}}},
	} {
		now, err := updated(t, old, c.changes...).Current()
		require.NoError(t, err)
		r, err := engine.Compile(context.Background(), now, engine.Options{Since: file})
		require.NoError(t, err)
		require.Equal(t, c.worked, r.Worked(), c.what)
		fresh, err := engine.Compile(context.Background(), now, engine.Options{})
		require.NoError(t, err)
		require.Equal(t, fresh.Groups(), r.Groups(), c.what)
		for range r.Changed() {
			t.Fatal("there is no generation before")
		}
	}
}

// What is taken over from a file of another state of the model is what would be worked out.
func TestSinceRestoredIsTheOracle(t *testing.T) {
	ctx := context.Background()
	taken := 0
	for seed := range uint64(40) {
		dir := t.TempDir()
		require.NoError(t, enginetest.Generate(seed+300, enginetest.Medium()).Write(dir))
		ws, err := modelfile.Load(dir, modelfile.Options{})
		require.NoError(t, err)
		old, err := engine.Compile(ctx, ws, engine.Options{})
		require.NoError(t, err)
		next, err := old.Update(ctx, enginetest.RandomChanges(rand.New(rand.NewPCG(seed, 9)), ws, 3)...)
		if err != nil {
			continue
		}
		now, err := next.Current()
		require.NoError(t, err)
		r, err := engine.Compile(ctx, now, engine.Options{Since: restored(t, old)})
		require.NoError(t, err)
		if r.Worked()[1] == 0 {
			taken++
		}
		differences, _, err := enginetest.CompareRights(r)
		require.NoError(t, err)
		require.Empty(t, differences, "seed %d", seed)
	}
	require.Greater(t, taken, 5)
}

// A workspace that was made anew is matched with older rights by names and contents.
func TestSince(t *testing.T) {
	old := company(t, 1000)
	old = updated(t, old, setRole("", old.Workspace().Users.Item(400), "Modeler"))
	for _, c := range []struct {
		what   string
		worked [3]int
		change func(*cube.Workspace)
	}{
		{"the role that was changed", [3]int{1, 0, 0}, func(*cube.Workspace) {}},
		{"more members", [3]int{21, 0, 0}, func(ws *cube.Workspace) { require.NoError(t, ws.Grow(ws.Users, "new")) }},
		{"a list", [3]int{1, 3, 0}, func(ws *cube.Workspace) {
			require.NoError(t, ws.Grow(ws.Applications[0].List("Month"), "2030-01"))
		}},
		{"another number of the same lists", [3]int{1, 0, 0}, func(ws *cube.Workspace) { ws.AddApplication("Other").AddList("L") }},
	} {
		ws, err := bench.Company{Members: 1000}.Workspace()
		require.NoError(t, err)
		c.change(ws)
		r, err := engine.Compile(context.Background(), ws, engine.Options{Since: old})
		require.NoError(t, err)
		require.Equal(t, c.worked, r.Worked(), c.what)
		fresh, err := engine.Compile(context.Background(), ws, engine.Options{})
		require.NoError(t, err)
		require.Equal(t, fresh.Groups(), r.Groups(), c.what)
	}
}
