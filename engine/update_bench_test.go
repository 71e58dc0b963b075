package engine_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// updating is changes of one sort, each another one: what is measured is never a change that was made before.
type updating struct {
	rights *engine.Rights
	n      int
	names  func(i int) string // members
	make   func(u *updating, i int) engine.Change
}

var updates = map[string]func(u *updating, i int) engine.Change{
	"role": func(u *updating, i int) engine.Change {
		roles := []string{"Reader", "Modeler", "Designer", "Contributor"}
		return setRole("Planning", u.names(i*7919), roles[i%4])
	},
	"attribute": func(u *updating, i int) engine.Change {
		country := u.rights.Workspace().Application("Planning").List("Country")
		return setProperty("User", u.names(i*7919), "Country", cube.TextValue(country.Item(cube.ItemID(i%country.Len()))))
	},
	"cell": func(u *updating, i int) engine.Change {
		country := u.rights.Workspace().Application("Planning").List("Country")
		return setCell("Countries given", cube.RightsValue(cube.Rights(i%4)), u.names(i*7919), country.Item(cube.ItemID(i%country.Len())))
	},
}

func newUpdating(tb testing.TB, members int, change string) *updating {
	tb.Helper()
	ws, err := bench.Company{Members: members}.Workspace()
	require.NoError(tb, err)
	r, err := engine.Compile(context.Background(), ws, engine.Options{})
	require.NoError(tb, err)
	u := &updating{rights: r, make: updates[change]}
	u.names = func(i int) string { return ws.Users.Item(cube.ItemID(1 + i%(members-1))) } // all but the owner
	u.step(tb)
	return u
}

func (u *updating) step(tb testing.TB) {
	r, err := u.rights.Update(context.Background(), u.make(u, u.n))
	if err != nil {
		tb.Fatal(err)
	}
	u.rights = r
	u.n++
}

func BenchmarkUpdate(b *testing.B) {
	for _, change := range []string{"role", "attribute", "cell"} {
		for _, members := range []int{10_000, 100_000, 1_000_000} {
			name := fmt.Sprintf("change=%s/members=%dk", change, members/1000)
			b.Run(name, func(b *testing.B) {
				u := newUpdating(b, members, change)
				b.ReportAllocs()
				for b.Loop() {
					u.step(b)
				}
			})
		}
	}
}

var _ = slices.Sort[[]int]
