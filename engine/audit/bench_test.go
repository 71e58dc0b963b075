package audit_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench/fewest"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
)

// crowd is a model of 300 kinds of members, built in Go: 200 countries × 36 months, a rule by country that a total and
// a chain of metrics inherit, and members who have the country of their number.
func crowd(tb testing.TB, members int) *engine.Rights {
	tb.Helper()
	const countries, months, regions, chain = 200, 36, 20, 10
	ws := cube.NewWorkspace("")
	for m := range members {
		require.NoError(tb, ws.Users.Append(fmt.Sprintf("member%d@example.com", m)))
	}
	app := ws.AddApplication("Crowd")
	list := func(name string, n int) *cube.List {
		l := app.AddList(name)
		for i := range n {
			require.NoError(tb, l.Append(fmt.Sprintf("%s %d", name, i)))
		}
		return l
	}
	country, month, region := list("Country", countries), list("Month", months), list("Region", regions)
	property := func(l, of *cube.List) *cube.Block {
		p := ws.AddProperty(l, of.Name, cube.Type{Kind: cube.Item, List: of})
		vec := cube.NewVector(cube.Item, l.Len())
		for i := range vec.Ints {
			vec.Ints[i] = int32(i % of.Len())
		}
		space, err := cube.NewSpace(l)
		require.NoError(tb, err)
		p.Input = cube.NewDense(p.Type, space, vec)
		return p
	}
	property(ws.Users, country)
	property(country, region)
	number := cube.Type{Kind: cube.Number}
	metric := func(name, formula string, dims ...*cube.List) *cube.Block {
		m := app.AddMetric(name, number, dims...)
		m.Formula = &cube.Formula{Text: formula, Author: cube.NoItem}
		return m
	}
	sales := app.AddMetric("Sales", number, country, month)
	metric("By region", "Sales[BY: Country.Region]", region, month)
	metric("Total", "'By region'[REMOVE: Region]", month)
	last := "Total"
	for i := range chain {
		name := fmt.Sprintf("Forecast %d", i)
		metric(name, fmt.Sprintf("'%s'[SELECT: Month - 1] + '%s'", last, last), month)
		last = name
	}
	rights := app.AddMetric("AR Country", cube.Type{Kind: cube.AccessRights}, ws.Users, country)
	rights.Formula = &cube.Formula{Text: "ACCESSRIGHTS(User.Country = Country OR 'Users roles' = Role.\"Admin\", User.Country = Country)", Author: cube.NoItem}
	app.Rules = append(app.Rules, &cube.Rule{Name: "By country", Metric: rights, Categories: cube.Read | cube.Write, Target: cube.OnMetrics, Blocks: []*cube.Block{sales}})
	for m := range members {
		app.SetRoleOf(cube.ItemID(m), cube.ItemID(m%3))
	}
	r, err := engine.Compile(context.Background(), ws, engine.Options{})
	require.NoError(tb, err)
	return r
}

func crowdView(tb testing.TB, r *engine.Rights, block string, member int) *engine.View {
	tb.Helper()
	ref, err := r.Find(block, "")
	require.NoError(tb, err)
	v, err := r.MemberAt(cube.ItemID(member)).Block(ref)
	require.NoError(tb, err)
	return v
}

func BenchmarkExplain(b *testing.B) {
	for _, size := range []struct {
		name    string
		members int
	}{{"members=1k", 1000}, {"members=10k", 10_000}} {
		b.Run(size.name, func(b *testing.B) {
			r := crowd(b, size.members)
			for _, block := range []string{"Sales", "Total", "Forecast 9"} {
				b.Run("block="+block, func(b *testing.B) {
					v := crowdView(b, r, block, 1)
					cell := slices.Repeat([]cube.ItemID{20}, len(v.Ref().Block.Dims))
					b.ReportAllocs()
					for b.Loop() {
						e, err := audit.Explain(context.Background(), v, cell...)
						require.NoError(b, err)
						require.False(b, e.Decision.Read)
					}
				})
			}
		})
	}
}

func BenchmarkWho(b *testing.B) {
	for _, size := range []struct {
		name    string
		members int
	}{{"members=1k", 1000}, {"members=10k", 10_000}} {
		b.Run(size.name, func(b *testing.B) {
			r := crowd(b, size.members)
			for _, ask := range []struct {
				name string
				at   []cube.ItemID
			}{{"cell", []cube.ItemID{20, 20}}, {"slice", []cube.ItemID{20, cube.NoItem}}, {"block", []cube.ItemID{cube.NoItem, cube.NoItem}}} {
				b.Run("of="+ask.name, func(b *testing.B) {
					ref, err := r.Find("Sales", "")
					require.NoError(b, err)
					b.ReportAllocs()
					for b.Loop() {
						_, err := audit.Who(context.Background(), r, ref, ask.at)
						require.NoError(b, err)
					}
				})
			}
		})
	}
}

// Who asks each kind of member once: with ten times the members of the same kinds it allocates hardly more.
func TestGuardWhoFollowsKinds(t *testing.T) {
	allocations := func(members int) float64 {
		r := crowd(t, members)
		ref, err := r.Find("Sales", "")
		require.NoError(t, err)
		return fewest.Allocations(5, func() {
			_, err := audit.Who(context.Background(), r, ref, []cube.ItemID{cube.NoItem, 3})
			require.NoError(t, err)
		})
	}
	few, many := allocations(1200), allocations(12_000)
	require.Less(t, many, 1.5*few)
}
