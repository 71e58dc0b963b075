package engine_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// crowd is a model of so many countries and metrics over them, with a member of each country, whose country alone they read.
func crowd(tb testing.TB, countries, metrics int) *cube.Workspace {
	tb.Helper()
	ws := cube.NewWorkspace("W")
	app := ws.AddApplication("A")
	country := app.AddList("Country")
	home := ws.AddProperty(ws.Users, "Country", cube.Type{Kind: cube.Item, List: country})
	vec := cube.NewVector(cube.Item, countries)
	for i := range countries {
		require.NoError(tb, country.Append(fmt.Sprintf("c%05d", i)))
		require.NoError(tb, ws.Users.Append(fmt.Sprintf("m%05d", i)))
		vec.Ints[i] = int32(i)
		app.SetRoleOf(cube.ItemID(i), 0)
	}
	space, err := cube.NewSpace(ws.Users)
	require.NoError(tb, err)
	home.Input = cube.NewDense(home.Type, space, vec)
	ar := app.AddMetric("AR", cube.Type{Kind: cube.AccessRights}, ws.Users, country)
	ar.Formula = &cube.Formula{Text: "IF(User.Country = Country, ACCESSRIGHTS(TRUE, FALSE))", Author: cube.NoItem}
	app.Rules = []*cube.Rule{{Name: "r", Metric: ar, Categories: cube.Read | cube.Write, Target: cube.OnDimensions, Dims: []*cube.List{country}}}
	for i := range metrics {
		m := app.AddMetric(fmt.Sprintf("M%03d", i), cube.Type{Kind: cube.Number}, country)
		if i > 0 {
			m.Formula = &cube.Formula{Text: fmt.Sprintf("M%03d + 1", i-1), Author: cube.NoItem}
		}
	}
	return ws
}

// BenchmarkViewHit asks for a view that is remembered: one goroutine; all, for the same view; all, for many views.
func BenchmarkViewHit(b *testing.B) {
	ws := crowd(b, 256, 4)
	r, err := engine.Compile(context.Background(), ws, engine.Options{})
	require.NoError(b, err)
	ref, err := r.Find("M003", "")
	require.NoError(b, err)
	for _, name := range ws.Users.Items() {
		m, err := r.Member(name)
		require.NoError(b, err)
		v, err := m.Block(ref)
		require.NoError(b, err)
		v.Tables(engine.Readable)
	}
	ask := func(name string) {
		m, err := r.Member(name)
		if err != nil {
			panic(err)
		}
		if _, err := m.Block(ref); err != nil {
			panic(err)
		}
	}
	names := ws.Users.Items()
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ask("m00077")
		}
	})
	for _, many := range []bool{false, true} {
		b.Run(fmt.Sprintf("parallel/many=%t", many), func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for i := 77; pb.Next(); {
					ask(names[i&255])
					if many {
						i++
					}
				}
			})
		})
	}
}
