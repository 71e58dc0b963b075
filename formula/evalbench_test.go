package formula

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/cubeward/cubeward/cube"
)

// benchWorld is a model over User, Country, Department and Employee.
type benchWorld struct {
	ws     *cube.Workspace
	app    *cube.Application
	values map[*cube.Block]*cube.Column
}

func newBenchWorld(tb testing.TB, users, countries, departments, employees int) *benchWorld {
	w := &benchWorld{ws: cube.NewWorkspace("bench"), values: map[*cube.Block]*cube.Column{}}
	w.app = w.ws.AddApplication("HR")
	w.grow(tb, w.ws.Users, "u", users)
	country, department := w.app.AddList("Country"), w.app.AddList("Department")
	employee := w.app.AddList("Employee")
	w.grow(tb, country, "c", countries)
	w.grow(tb, department, "d", departments)
	w.grow(tb, employee, "e", employees)
	item := func(l *cube.List) cube.Type { return cube.Type{Kind: cube.Item, List: l} }
	number, boolean := cube.Type{Kind: cube.Number}, cube.Type{Kind: cube.Boolean}
	w.dense(w.ws.AddProperty(w.ws.Users, "Country", item(country)))
	w.dense(w.ws.AddProperty(w.ws.Users, "Department", item(department)))
	w.dense(w.ws.AddProperty(w.ws.Users, "Level", number))
	w.dense(w.ws.AddProperty(employee, "Department", item(department)))
	w.dense(w.ws.AddProperty(employee, "Country", item(country)))
	w.dense(w.ws.AddProperty(employee, "Manager", item(employee)))
	w.dense(w.ws.AddProperty(employee, "Account", item(w.ws.Users)))
	w.dense(w.ws.AddProperty(employee, "Active", boolean))
	w.dense(w.ws.AddProperty(department, "Country", item(country)))
	w.dense(w.app.AddMetric("Rate", number, country))
	return w
}

func (w *benchWorld) grow(tb testing.TB, l *cube.List, prefix string, n int) {
	for i := range n {
		if err := l.Append(fmt.Sprintf("%s%d", prefix, i)); err != nil {
			tb.Fatal(err)
		}
	}
}

// dense gives a block values in each cell, drawn evenly.
func (w *benchWorld) dense(b *cube.Block) {
	space, err := b.Space()
	if err != nil {
		panic(err)
	}
	rng := rand.New(rand.NewPCG(uint64(b.ID), 7))
	v := cube.NewVector(b.Type.Kind, int(space.Len()))
	for i := range v.N {
		switch b.Type.Kind {
		case cube.Number:
			v.Numbers[i] = float64(rng.IntN(1000)) / 8
		case cube.Item:
			v.Ints[i] = int32(rng.IntN(b.Type.List.Len()))
		default:
			v.Bytes[i] = uint8(rng.IntN(2))
		}
	}
	w.values[b] = cube.NewDense(b.Type, space, v)
}

// metric adds a metric with random values in each cell.
func (w *benchWorld) metric(name string, dims ...string) {
	lists := make([]*cube.List, len(dims))
	for i, d := range dims {
		lists[i] = w.app.List(d)
	}
	w.dense(w.app.AddMetric(name, cube.Type{Kind: cube.Number}, lists...))
}

func (w *benchWorld) check(tb testing.TB, text string) *Expr {
	n, err := Parse(text)
	if err != nil {
		tb.Fatal(err)
	}
	e, err := Check(w.ws, w.app, n, Target{AnyDims: true, Rights: true})
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

func BenchmarkEval(b *testing.B) {
	cubes := newBenchWorld(b, 2000, 200, 50, 1000)
	cubes.metric("Revenue", "User", "Country", "Department")
	cubes.metric("Cost", "User", "Country", "Department")
	cubes.metric("Turned", "Department", "User", "Country")
	joins := newBenchWorld(b, 100_000, 200, 10_000, 100_000)
	for _, bench := range []struct {
		name  string
		world *benchWorld
		text  string
	}{
		{"op=arithmetic/cells=20M", cubes, "(Revenue - Cost) * Rate + 1"},
		{"op=if/cells=20M", cubes, "IF(User.Country = Country AND Revenue > 10, Revenue * Rate - Cost, 0)"},
		{"op=rights/cells=20M", cubes, "IF(User.Country = Department.Country OR User.Level > Rate, ACCESSRIGHTS(TRUE, Revenue > Cost))"},
		{"op=remove/cells=20M", cubes, "(Revenue - Cost)[REMOVE: Department]"},
		{"op=by/cells=20M", cubes, "Cost[REMOVE: Country][BY: User.Country]"},
		{"op=spread/cells=10M", cubes, "Cost[REMOVE: User][BY: Employee.Department]"},
		{"op=cumulate/cells=20M", cubes, "CUMULATE(Revenue, Country)"},
		{"op=transposed/cells=20M", cubes, "Revenue + Turned"},
		{"op=join/cells=10G", joins, "IF(User.Department = Employee.Department, ACCESSRIGHTS(TRUE, TRUE))"},
		{"op=joinand/cells=10G", joins, "IF(User.Department = Employee.Department AND (Employee.Active OR User.Level > 100), ACCESSRIGHTS(TRUE, FALSE))"},
		{"op=joinor/cells=10G", joins, "IF(User.Department = Employee.Department OR Employee.Account = User OR User = User.\"u7\", ACCESSRIGHTS(TRUE, FALSE))"},
		{"op=chain/cells=10G", joins, "IF(Employee.Manager.Manager.Account = User, ACCESSRIGHTS(TRUE, NOT Employee.Active))"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			e := bench.world.check(b, bench.text)
			ev := evaluatorOf(bench.world.values)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ev.Eval(context.Background(), e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
