package enginetest

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
)

// TestLoadReadsWhatWasWritten: the engine and the oracle see a model through the same loader, so what it reads is held
// against what the generator meant: every item, value, formula, role and rule.
func TestLoadReadsWhatWasWritten(t *testing.T) {
	values := 0
	for seed := range uint64(300) {
		g := generate(seed+1, sizeOf(seed+1))
		dir := t.TempDir()
		require.NoError(t, Model{Files: g.files}.Write(dir))
		ws, err := modelfile.Load(dir, modelfile.Options{})
		require.NoError(t, err, "seed %d", seed+1)
		values += g.requireRead(t, ws)
	}
	require.Greater(t, values, 10_000)
}

func (g *generator) requireRead(t *testing.T, ws *cube.Workspace) (values int) {
	require.Equal(t, g.reset, ws.ResetAcrossApplications)
	require.Equal(t, g.users.items, ws.Users.Items())
	values += requireProperties(t, g.users, ws.Users)
	for i, m := range g.users.items {
		account := g.accounts[m]
		if account == "" {
			account = "standard"
		}
		require.Equal(t, account, ws.Account(cube.ItemID(i)).String())
	}
	require.Len(t, ws.Applications, len(g.apps))
	for _, a := range g.apps {
		app := ws.Application(a.name)
		require.NotNil(t, app, a.name)
		values += g.requireApplication(t, a, app)
	}
	return values
}

func (g *generator) requireApplication(t *testing.T, a *genApp, app *cube.Application) (values int) {
	require.Equal(t, a.inherit, app.InheritWithin)
	require.Equal(t, a.owner, app.Workspace().Users.Item(app.Owner))
	require.Len(t, app.Lists, len(a.lists))
	for i, l := range a.lists {
		require.Equal(t, l.name, app.Lists[i].Name)
		require.Equal(t, l.items, append([]string(nil), app.Lists[i].Items()...))
		values += requireProperties(t, l, app.Lists[i])
	}
	require.Len(t, app.Metrics, len(a.metrics))
	for i, m := range a.metrics {
		values += requireBlock(t, m, app.Metrics[i])
	}
	require.Equal(t, a.roleList.items, app.RoleList.Items())
	for i, r := range a.roles {
		require.Equal(t, []bool{r.read, r.write}, []bool{app.Roles[i].Read, app.Roles[i].Write}, r.name)
		if i >= 5 || r.name == "Reader" {
			require.Equal(t, r.secure(), app.Roles[i].Has(cube.DefineApplicationSecurity), r.name)
		}
	}
	for i, m := range g.users.items {
		require.Equal(t, a.roleOf[m], app.RoleList.Item(app.RoleOf(cube.ItemID(i))), m)
	}
	requireScenarios(t, a, app)
	require.Len(t, app.Rules, len(a.rules))
	for i, r := range a.rules {
		got := app.Rules[i]
		require.Equal(t, r.name, got.Name)
		require.Equal(t, r.metric, got.Metric.Name)
		require.Equal(t, r.scope == "ignore", got.Ignore)
		require.Equal(t, map[string]cube.Rights{"": all, "read_write": all, "read": cube.Read, "write": cube.Write}[r.access], got.Categories)
		key := [...]string{"", "metrics", "dimensions", "properties", "items", "everything"}[got.Target]
		require.Equal(t, key, r.on.key)
		switch key {
		case onMetrics, onItems, onProperties:
			require.Len(t, got.Blocks, len(r.on.names))
		case onDimensions:
			require.Len(t, got.Dims, len(r.on.names))
		}
		require.Len(t, got.Replace, len(r.replace))
	}
	return values
}

func requireScenarios(t *testing.T, a *genApp, app *cube.Application) {
	if a.scenarios == nil {
		require.Nil(t, app.Scenarios)
		return
	}
	s := app.Scenarios
	require.Equal(t, a.scenarios.list.name, s.List.Name)
	for i, item := range a.scenarios.list.items {
		for j, role := range a.roleList.items {
			access, ok := a.scenarios.access[item][role]
			if !ok {
				access = "write"
			}
			for _, only := range a.scenarios.readOnly {
				if only == item && access == "write" {
					access = "read"
				}
			}
			want := map[string]cube.Rights{"none": 0, "read": cube.Read, "write": all}[access]
			require.Equal(t, want, s.Rights(cube.ItemID(i), cube.ItemID(j)), "%s %s", item, role)
		}
	}
}

func requireProperties(t *testing.T, l *genList, got *cube.List) (values int) {
	require.Len(t, got.Properties, len(l.props))
	for i, p := range l.props {
		values += requireBlock(t, p, got.Properties[i])
	}
	return values
}

// requireBlock compares a metric or property with what was meant, value by value.
func requireBlock(t *testing.T, b *genBlock, got *cube.Block) (values int) {
	require.Equal(t, b.name, got.Name)
	require.Equal(t, b.public, got.Public)
	require.Equal(t, b.overridable, got.Overridable)
	require.Len(t, got.Dims, len(b.order))
	for i, d := range b.order {
		require.Equal(t, d.name, got.Dims[i].Name)
	}
	if b.formula != "" {
		require.Equal(t, b.formula, got.Formula.Text)
	} else {
		require.Nil(t, got.Formula)
	}
	err := cells(got, func(items []cube.ItemID) error {
		var names []string
		for i, d := range got.Dims {
			names = append(names, d.Item(items[i]))
		}
		want := ""
		if v, ok := b.given[strings.Join(names, itemSep)]; ok && !v.blank {
			want = v.text
			values++
		}
		var v cube.Value
		if got.Input != nil {
			v = got.Input.Value(got.Input.Space().Cell(items))
		}
		if b.typ.kind == cube.Number && want != "" {
			f, err := strconv.ParseFloat(want, 64)
			require.NoError(t, err)
			require.Equal(t, cube.NumberValue(f), v)
			return nil
		}
		require.Equal(t, want, show(got.Type, v), "%s at %v", got, names)
		return nil
	})
	require.NoError(t, err)
	return values
}
