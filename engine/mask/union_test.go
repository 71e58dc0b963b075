package mask

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/engine/mask/masktest"
)

// Rows of a dense union may share a value, so that its child is far shorter than it is. Its hidden rows share their nulls; where the
// child still gets more rows than its run ends can count, that is an error and not an array that contradicts its type.
func TestUnionsOfShortRuns(t *testing.T) {
	runs := array.NewRunEndEncodedBuilder(memory.DefaultAllocator, arrow.PrimitiveTypes.Int16, arrow.BinaryTypes.String)
	runs.Append(3)
	require.NoError(t, runs.ValueBuilder().AppendValueFromString("abc"))
	child := runs.NewArray()
	dt := arrow.DenseUnionOf([]arrow.Field{{Name: "a", Type: child.DataType(), Nullable: true}}, []arrow.UnionTypeCode{0})
	const n = 40_000
	d := array.NewData(dt, n, []*memory.Buffer{nil, memory.NewBufferBytes(make([]byte, n)), memory.NewBufferBytes(make([]byte, 4*n))},
		[]arrow.ArrayData{child.Data()}, 0, 0)
	out, err := outputType(dt)
	require.NoError(t, err)
	for _, every := range []int{1, 2, 3, 1000} {
		keep := make([]uint64, wordsFor(n))
		for i := 0; i < n; i += every {
			setBit(keep, i)
		}
		r := redactor{mem: memory.DefaultAllocator}
		p, err := whole(d)
		require.NoError(t, err)
		got, err := r.column(p, out, selection{n: n, keep: keep})
		if every == 2 {
			require.ErrorIs(t, err, errShape)
			continue
		}
		require.NoError(t, err)
		a := array.MakeFromData(got)
		require.NoError(t, array.ValidateFull(a))
		for i := range n {
			require.Equal(t, i%every != 0, masktest.LogicallyNull(a, i), "%d of %d", i, every)
		}
		r.release()
	}
}
