package bench

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// The opponent gives the same answers.
func TestProductIsTheView(t *testing.T) {
	ws, err := Company{Members: 60, Countries: 12, Departments: 20, Months: 5, Employees: 30}.Workspace()
	require.NoError(t, err)
	r, err := engine.Compile(t.Context(), ws, engine.Options{})
	require.NoError(t, err)
	ref := deepest(r)
	some := 0
	for _, g := range r.Groups() {
		v, err := r.MemberAt(g[0]).Block(ref)
		require.NoError(t, err)
		got := product(v)
		items := make([]cube.ItemID, len(ref.Block.Dims))
		for cell := range v.Space().Len() {
			v.Space().At(cell, items)
			require.Equal(t, v.Read(items...), got.Contains(uint32(cell)))
		}
		if n := got.GetCardinality(); n > 0 && n < v.Space().Len() {
			some++
		}
	}
	require.Positive(t, some, "no member reads a part")
}
