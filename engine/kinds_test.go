package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/enginetest"
)

// A formula over kinds of members is the formula over members, whatever it reads from them.
func TestKindsAreMembers(t *testing.T) {
	ctx := context.Background()
	formulas, shared := 0, 0
	for seed := range 150 {
		dir := t.TempDir()
		require.NoError(t, enginetest.Generate(uint64(seed)+5000, enginetest.Small()).Write(dir))
		ws, err := modelfile.Load(dir, modelfile.Options{})
		require.NoError(t, err)
		r, err := engine.Compile(ctx, ws, engine.Options{})
		require.NoError(t, err)
		for _, b := range ws.Blocks() {
			e := r.Plan().Formula(b)
			if e == nil || !slices.Contains(e.Dims, ws.Users) {
				continue
			}
			formulas++
			want, err := r.Whole(ctx, e)
			require.NoError(t, err)
			got, kindOf, err := r.Narrowed(ctx, e)
			require.NoError(t, err)
			if k := got.Space().Dims()[0].Len(); k < ws.Users.Len() {
				shared++
			}
			n := want.Space().Len() / uint64(ws.Users.Len())
			for cell := range want.Space().Len() {
				kind := uint64(kindOf[cell/n])
				a, b := want.Value(cell), got.Value(kind*n+cell%n)
				if e.Type.Kind == cube.AccessRights { // none decides as BLANK does
					require.Equal(t, a.Rights(), b.Rights(), "seed %d, cell %d", seed, cell)
					continue
				}
				require.Equal(t, a, b, "seed %d, cell %d", seed, cell)
			}
		}
	}
	require.NotZero(t, formulas)
	require.NotZero(t, shared)
}

// Members who differ in nothing that a formula reads are one kind; the cost of rights follows the kinds.
func TestKindsAreFew(t *testing.T) {
	ws := cube.NewWorkspace("W")
	const members, countries = 5000, 7
	app := ws.AddApplication("A")
	country := app.AddList("Country")
	for i := range countries {
		require.NoError(t, country.Append(fmt.Sprint("c", i)))
	}
	home := ws.AddProperty(ws.Users, "Country", cube.Type{Kind: cube.Item, List: country})
	vec := cube.NewVector(cube.Item, members)
	for i := range members {
		require.NoError(t, ws.Users.Append(fmt.Sprint("m", i)))
		vec.Ints[i] = int32(i % countries)
		app.SetRoleOf(cube.ItemID(i), cube.ItemID(i%2))
	}
	space, err := cube.NewSpace(ws.Users)
	require.NoError(t, err)
	home.Input = cube.NewDense(home.Type, space, vec)
	ar := app.AddMetric("AR", cube.Type{Kind: cube.AccessRights}, ws.Users, country)
	ar.Formula = &cube.Formula{Text: "IF(User.Country = Country, ACCESSRIGHTS(TRUE, 'Users roles' = Role.\"Admin\"))", Author: cube.NoItem}
	m := app.AddMetric("M", cube.Type{Kind: cube.Number}, country)
	app.Rules = []*cube.Rule{{Name: "r", Metric: ar, Categories: cube.Read | cube.Write, Target: cube.OnMetrics, Blocks: []*cube.Block{m}}}
	r, err := engine.Compile(context.Background(), ws, engine.Options{})
	require.NoError(t, err)
	_, kindOf, err := r.Narrowed(context.Background(), r.Plan().Formula(ar))
	require.NoError(t, err)
	require.Equal(t, int32(2*countries-1), slices.Max(kindOf))
	groups := r.Groups()
	require.Len(t, groups, 2*countries)
	for _, g := range groups {
		for _, id := range g {
			v, err := r.MemberAt(id).Block(engine.Ref{App: app, Block: m})
			require.NoError(t, err)
			for c := range countries {
				d := v.Decide(cube.ItemID(c))
				require.Equal(t, int(id)%countries == c, d.Read)
				require.Equal(t, int(id)%countries == c && id%2 == 0, d.Write)
			}
		}
	}
}

// Each part of a chain of properties is a mapping of its own; a chain is worked out in one go, and not from its
// beginning for each.
func TestLongChains(t *testing.T) {
	p := newPair(t)
	next := p.ws.AddProperty(p.country, "Next", cube.Type{Kind: cube.Item, List: p.country})
	space, err := next.Space()
	require.NoError(t, err)
	next.Input = cube.NewDense(next.Type, space, cube.Vector{Kind: cube.Item, Ints: []int32{1, 0}, N: 2})
	ar := p.app.Rules[0].Metric
	p.app.Rules = append(p.app.Rules, &cube.Rule{Name: "n", Metric: ar, Categories: cube.Read, Target: cube.OnProperties, Blocks: []*cube.Block{next}})
	last := p.app.AddMetric("Last", next.Type, p.country)
	const steps = 5001
	last.Formula = &cube.Formula{Text: "Country" + strings.Repeat(".Next", steps), Author: cube.NoItem}
	start := time.Now()
	r := p.compile(t)
	require.Less(t, time.Since(start), 30*time.Second) // minutes where each part is evaluated from the beginning
	col, err := r.Values(context.Background(), last)
	require.NoError(t, err)
	require.EqualValues(t, 1, col.Value(0).Item())
	require.False(t, view(t, r, "cy", "Last").Read(0), "it reads Next of France and of Japan, in turn")
}
