package formula

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
)

func TestNumbers(t *testing.T) {
	app := cube.NewWorkspace("W").AddApplication("A")
	l := app.AddList("L")
	require.NoError(t, l.Append("a", "b"))
	app.AddMetric("M", cube.Type{Kind: cube.Number}, l)
	check := func(text string) *Expr {
		n, err := Parse(text)
		require.NoError(t, err)
		e, err := Check(app.Workspace(), app, n, Target{AnyDims: true})
		require.NoError(t, err)
		return e
	}
	var n Numbers
	same := n.Of(check("M + 1"))
	require.Equal(t, same, n.Of(check("( M )+1.0 // again")))
	seen := map[int]string{same: "M + 1"}
	for _, text := range []string{"M + 2", "1 + M", "M - 1", "M", `L."a"`, `L."b"`, "L", "M[SELECT: L - 1]", "M[SELECT: L + 1]", `"1"`, "1", "BLANK", "M[REMOVE: L]", "M[REMOVE MAX: L]"} {
		id := n.Of(check(text))
		require.Empty(t, seen[id], text)
		seen[id] = text
	}
}
