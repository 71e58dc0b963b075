package bench

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/mask"
)

// The opponent gives the same answers.
func TestProductIsTheView(t *testing.T) {
	for _, months := range []int{5, 64, 70} {
		testProduct(t, Company{Members: 60, Countries: 12, Departments: 20, Months: months, Employees: 30})
	}
}

func testProduct(t *testing.T, c Company) {
	ws, err := c.Workspace()
	require.NoError(t, err)
	r, err := engine.Compile(t.Context(), ws, engine.Options{})
	require.NoError(t, err)
	ref := deepest(r)
	some, words := 0, make([]uint64, (ref.Block.Dims[0].Len()*ref.Block.Dims[1].Len()*ref.Block.Dims[2].Len()+63)/64)
	for _, g := range r.Groups() {
		v, err := r.MemberAt(g[0]).Block(ref)
		require.NoError(t, err)
		got := product(v, words)
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

// The plain loop over bits finds what Decide finds.
func TestBitLoopDecidesTheSame(t *testing.T) {
	for _, table := range []Table{{Rows: 5000, Hidden: 10}, {Rows: 5000, Hidden: 30, Factors: 6}, {Rows: 70, Hidden: 50, Dims: 4, Factors: 7}} {
		loop, err := newBitLoop(t.Context(), table)
		require.NoError(t, err)
		loop.run()
		table.Type = nulls
		s, err := table.Sheet(t.Context())
		require.NoError(t, err)
		s.Options.Readable = true
		m, err := mask.New(s.Member, s.Batch.Schema(), s.Options)
		require.NoError(t, err)
		out, err := m.Mask(s.Batch)
		require.NoError(t, err)
		readable := out.Column(int(out.NumCols()) - 1).(*array.Boolean)
		some := 0
		for r := range table.Rows {
			got := loop.words[r>>6]>>(r&63)&1 != 0
			require.Equal(t, readable.Value(r), got, "row %d", r)
			if got {
				some++
			}
		}
		require.Positive(t, some)
		require.Less(t, some, table.Rows)
	}
}
