package engine_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// flagged is a workspace of members with two booleans, TRUE, FALSE or BLANK, a level and a country, in all combinations.
func flagged(t *testing.T, countries int) (*cube.Workspace, *cube.List) {
	ws := cube.NewWorkspace("W")
	app := ws.AddApplication("A")
	country := app.AddList("Country")
	for i := range countries {
		require.NoError(t, country.Append(fmt.Sprint("c", i)))
	}
	members := 9 * 3 * countries
	for m := range members {
		require.NoError(t, ws.Users.Append(fmt.Sprint("m", m)))
		app.SetRoleOf(cube.ItemID(m), 0)
	}
	space, err := cube.NewSpace(ws.Users)
	require.NoError(t, err)
	give := func(name string, typ cube.Type, value func(m int) cube.Value) {
		b := cube.NewVectorBuilder(typ.Kind)
		for m := range members {
			b.Append(value(m))
		}
		ws.AddProperty(ws.Users, name, typ).Input = cube.NewDense(typ, space, b.Vector())
	}
	flag := func(n int) cube.Value {
		return []cube.Value{{}, cube.BooleanValue(false), cube.BooleanValue(true)}[n%3]
	}
	boolean := cube.Type{Kind: cube.Boolean}
	give("One", boolean, func(m int) cube.Value { return flag(m) })
	give("Two", boolean, func(m int) cube.Value { return flag(m / 3) })
	give("Level", cube.Type{Kind: cube.Number}, func(m int) cube.Value { return cube.NumberValue(float64(m / 9 % 3)) })
	give("Country", cube.Type{Kind: cube.Item, List: country}, func(m int) cube.Value { return cube.ItemValue(cube.ItemID(m / 27)) })
	return ws, country
}

// What cannot matter any more, as booleans over User alone have decided, does not tell members apart; the answers are
// those of the formula as it stands.
func TestKindsAreWhatMatters(t *testing.T) {
	const n = 6
	for _, c := range []struct {
		text  string
		kinds int
	}{
		{"IF(User.Country = Country, ACCESSRIGHTS(TRUE, TRUE))", n},
		{"IF(User.One OR User.Country = Country, ACCESSRIGHTS(TRUE, TRUE))", 1 + 2*n},
		{"IF(User.Country = Country OR User.One, ACCESSRIGHTS(TRUE, TRUE))", 1 + 2*n},
		{"IF(User.One AND User.Country = Country, ACCESSRIGHTS(TRUE, TRUE))", 1 + 2*n}, // BLANK AND TRUE is FALSE, yet BLANK is not known to be
		{"IF(NOT User.One AND User.Country = Country, ACCESSRIGHTS(TRUE, TRUE))", 1 + n},
		{"IF(User.One, IF(User.Country = Country, ACCESSRIGHTS(TRUE, FALSE)), ACCESSRIGHTS(TRUE, TRUE))", n + 2},
		{"IF(User.One, ACCESSRIGHTS(TRUE, TRUE), IF(User.Two, ACCESSRIGHTS(User.Country = Country, FALSE)))", 3 + 2*2 + 2*n},
		{"ACCESSRIGHTS(User.One OR User.Country = Country, User.Two)", 3 * (1 + 2*n)},
		{"IF(User.Level > 1 OR User.Country = Country OR User.One, ACCESSRIGHTS(TRUE, TRUE))", 3 + 1 + 2*n},
		{"IF(NOT (User.One OR BLANK) AND (User.Two OR User.Country = Country), ACCESSRIGHTS(TRUE, NOT User.Two))", 3 + 1 + 2*n}, // what stands over User alone is read as a whole,
		{"IF(User.Level = 0 AND User.One, ACCESSRIGHTS(User.Country = Country, User.Two AND TRUE))", 2 + 2*n},
		{"IF((User.One OR User.Country = Country) AND NOT (User.Two AND User.Country = Country), ACCESSRIGHTS(TRUE, TRUE))", 1 + 8*n},
	} {
		t.Run(c.text, func(t *testing.T) {
			ws, country := flagged(t, n)
			ar := ws.Applications[0].AddMetric("AR", cube.Type{Kind: cube.AccessRights}, ws.Users, country)
			ar.Formula = &cube.Formula{Text: c.text, Author: cube.NoItem}
			r, err := engine.Compile(t.Context(), ws, engine.Options{})
			require.NoError(t, err)
			e := r.Plan().Formula(ar)
			want, err := r.Whole(t.Context(), e)
			require.NoError(t, err)
			got, kindOf, err := r.Narrowed(t.Context(), e)
			require.NoError(t, err)
			require.Equal(t, c.kinds, got.Space().Dims()[0].Len())
			row := want.Space().Len() / uint64(ws.Users.Len())
			for cell := range want.Space().Len() {
				at := uint64(kindOf[cell/row])*row + cell%row
				require.Equal(t, want.Value(cell).Rights(), got.Value(at).Rights(), "cell %d", cell)
			}
		})
	}
}
