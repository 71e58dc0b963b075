package formula_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
)

// Types that tests ask for.
var (
	anyValue  = cube.Type{}
	numbers   = cube.Type{Kind: cube.Number}
	texts     = cube.Type{Kind: cube.Text}
	booleans  = cube.Type{Kind: cube.Boolean}
	dates     = cube.Type{Kind: cube.Date}
	rights    = cube.Type{Kind: cube.AccessRights}
	anyTarget = formula.Target{AnyDims: true, Rights: true}
)

// world is a small workspace with something of every kind.
type world struct {
	ws      *cube.Workspace
	hr, fin *cube.Application
}

func newWorld(t testing.TB) world {
	t.Helper()
	w := world{ws: cube.NewWorkspace("Acme")}
	w.hr, w.fin = w.ws.AddApplication("HR"), w.ws.AddApplication("Fin & Co")
	list := func(app *cube.Application, name string, items ...string) *cube.List {
		l := app.AddList(name)
		require.NoError(t, l.Append(items...))
		return l
	}
	itemOf := func(l *cube.List) cube.Type { return cube.Type{Kind: cube.Item, List: l} }
	zone := list(w.hr, "Zone", "North", "South")
	region := list(w.hr, "Region", "EMEA", "APAC")
	country := list(w.hr, "Country", "France", "Germany", "Japan")
	month := list(w.hr, "Month", "Jan", "Feb", "Mar")
	employee := list(w.hr, "Employee", "Ann", "Bob")
	not := list(w.hr, "Not", "a")
	account := list(w.fin, "Account", "Sales", "Costs")
	require.NoError(t, w.ws.Users.Append("ada", "bo"))

	w.ws.AddProperty(w.ws.Users, "Country", itemOf(country))
	w.ws.AddProperty(region, "Zone", itemOf(zone))
	w.ws.AddProperty(country, "Region", itemOf(region))
	w.ws.AddProperty(country, "Area", numbers)
	w.ws.AddProperty(country, "Code", texts)
	w.ws.AddProperty(employee, "Country", itemOf(country))
	w.ws.AddProperty(employee, "Born", dates)
	w.ws.AddProperty(account, "Home", itemOf(country))

	w.hr.AddMetric("Revenue", numbers, month, country) // not in the order of ListID
	w.hr.AddMetric("Cost", numbers, country, month)
	w.hr.AddMetric("Rate", numbers)
	w.hr.AddMetric("Note", texts, country)
	w.hr.AddMetric("Open", booleans, country)
	w.hr.AddMetric("Start", dates, country)
	w.hr.AddMetric("Home", itemOf(country), employee, month)
	w.hr.AddMetric("Zones", itemOf(zone), employee, zone)
	w.hr.AddMetric("Pay", numbers, employee)
	w.hr.AddMetric("AR", rights, w.ws.Users, country)
	w.hr.AddMetric("Odd", booleans, not)
	w.fin.AddMetric("Revenue", numbers, account, country)
	for i := range 9 {
		a, b := list(w.hr, fmt.Sprint("D", i), "x"), list(w.hr, fmt.Sprint("E", i), "x")
		w.hr.AddMetric(fmt.Sprint("W", i), numbers, a, b)
	}
	return w
}

func (w world) check(text string, target formula.Target) (*formula.Expr, error) {
	n, err := formula.Parse(text)
	if err != nil {
		return nil, err
	}
	return formula.Check(w.ws, w.hr, n, target)
}

// signature writes the type and the dimensions of an expression.
func (w world) signature(e *formula.Expr) string {
	out := e.Type.Kind.String()
	if e.Type.Kind == cube.Item {
		out += ":" + e.Type.List.NameIn(w.hr)
	}
	for _, d := range e.Dims {
		out += " " + d.NameIn(w.hr)
	}
	return out
}

// requireSound asks of every part what Expr promises.
func requireSound(t require.TestingT, e *formula.Expr) {
	seen := map[*formula.Expr]bool{}
	var visit func(e *formula.Expr)
	visit = func(e *formula.Expr) {
		if seen[e] {
			return
		}
		seen[e] = true
		require.True(t, slices.IsSortedFunc(e.Dims, func(a, b *cube.List) int { return int(a.ID) - int(b.ID) }))
		require.Len(t, slices.Compact(slices.Clone(e.Dims)), len(e.Dims))
		require.LessOrEqual(t, len(e.Dims), cube.MaxDimensions)
		require.Equal(t, e.Type.Kind == cube.Item, e.Type.List != nil)
		for _, a := range e.Args {
			require.NotNil(t, a)
			visit(a)
		}
		switch e.Op {
		case formula.OpConst:
			require.Empty(t, e.Dims)
			require.True(t, e.Value.IsBlank() || e.Value.Kind() == e.Type.Kind)
		case formula.OpIf:
			require.Equal(t, booleans, e.Args[0].Type)
			require.Equal(t, e.Type, e.Args[len(e.Args)-1].Type)
		case formula.OpIfBlank, formula.OpMin, formula.OpMax:
			require.Equal(t, e.Args[0].Type, e.Args[1].Type)
			require.Equal(t, e.Type, e.Args[1].Type)
		case formula.OpReset, formula.OpBroadcast, formula.OpSelect, formula.OpShift, formula.OpFilter, formula.OpExclude, formula.OpSpread:
			require.Equal(t, e.Type, e.Args[0].Type)
		case formula.OpEq, formula.OpNe, formula.OpLt, formula.OpLe, formula.OpGt, formula.OpGe, formula.OpIn:
			require.Equal(t, e.Args[0].Type, e.Args[1].Type)
		case formula.OpRemove, formula.OpAggregate:
			require.NotEqual(t, formula.NoMethod, e.Method)
		}
	}
	visit(e)
}
