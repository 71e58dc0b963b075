package audit_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
)

// knotted is the rights to a block over five lists of which rules tie each two together, in ways of their own, and to a
// plain one; without the rules of some numbers.
func knotted(t *testing.T, without int) *engine.Rights {
	t.Helper()
	const n = 210
	r := rand.New(rand.NewPCG(1, 2))
	ws := cube.NewWorkspace("")
	require.NoError(t, ws.Users.Append("ann"))
	app := ws.AddApplication("Knot")
	app.SetRoleOf(0, 0)
	var lists []*cube.List
	for i := range 5 {
		l := app.AddList(fmt.Sprint("L", i))
		for k := range n {
			require.NoError(t, l.Append(fmt.Sprint(k)))
		}
		lists = append(lists, l)
	}
	hard := app.AddMetric("Hard", cube.Type{Kind: cube.Number}, lists...)
	app.AddMetric("Plain", cube.Type{Kind: cube.Number}, lists[0], lists[1])
	for a := range lists {
		for b := range a {
			ar := app.AddMetric(fmt.Sprint("AR", a, b), cube.Type{Kind: cube.AccessRights}, ws.Users, lists[b], lists[a])
			vec := cube.NewVector(cube.AccessRights, n*n)
			for c := range vec.Bytes {
				vec.Bytes[c] = uint8([]cube.Rights{cube.Read, cube.Read | cube.Write, 0, cube.Read | cube.Write}[r.IntN(4)])
			}
			space, err := ar.Space()
			require.NoError(t, err)
			ar.Input = cube.NewDense(ar.Type, space, vec)
			if len(app.Rules) != without {
				rule := &cube.Rule{Name: ar.Name, Metric: ar, Categories: cube.Read | cube.Write, Target: cube.OnMetrics, Blocks: []*cube.Block{hard}}
				app.Rules = append(app.Rules, rule)
			} else {
				without = -1
			}
		}
	}
	rights, err := engine.Compile(t.Context(), ws, engine.Options{})
	require.NoError(t, err)
	return rights
}

// A block that is too entangled to be counted has a bound in the answers, and no other block suffers.
func TestAnswersAboutWhatIsTooEntangled(t *testing.T) {
	r := knotted(t, -1)
	rows := map[string]audit.Row{}
	require.NoError(t, audit.Summarize(t.Context(), r, nil, nil, func(row audit.Row) error {
		rows[row.Ref.Block.Name] = row
		return nil
	}))
	hard, plain := rows["Hard"], rows["Plain"]
	require.True(t, hard.ReadAtMost)
	require.True(t, hard.WriteAtMost)
	require.Equal(t, audit.Partial, hard.Read())
	require.Less(t, hard.Readable, hard.Cells)
	require.LessOrEqual(t, hard.Writable, hard.Readable)
	require.False(t, plain.ReadAtMost)
	require.Equal(t, audit.Full, plain.Read())
	reach, err := audit.What(t.Context(), r.MemberAt(0))
	require.NoError(t, err)
	require.True(t, reach[0].AtMost)
	require.Equal(t, hard.Readable, reach[0].Readable)

	d, err := audit.Diff(t.Context(), r, knotted(t, 9), audit.DiffOptions{})
	require.NoError(t, err)
	require.Len(t, d.Changes, 1)
	c := d.Changes[0]
	require.True(t, c.ReadGained.AtMost)
	require.Positive(t, c.ReadGained.Cells)
	require.Zero(t, c.ReadLost)
	require.Equal(t, []audit.Why{{Kind: audit.RuleChange, Application: "Knot", Old: "AR4 3"}}, c.Why)
	require.Len(t, c.Parts, 1)
	require.NotEmpty(t, c.Examples)
	require.NotEmpty(t, c.Parts[0].Examples)
}
