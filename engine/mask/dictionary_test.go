package mask

import (
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/engine/mask/masktest"
)

// TestDictionariesAreNumberedByVisibleUse: that "b" stands before "a" tells that the hidden first row was a "b".
func TestDictionariesAreNumberedByVisibleUse(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	for _, c := range []struct {
		ordered bool
		keep    []uint64
		want    []string
	}{
		{false, []uint64{0b110}, []string{"a", "b"}},
		{true, []uint64{0b110}, []string{"b", "a"}},
		{false, nil, []string{"b", "a"}}, // nothing is hidden, all is used: as it was
		{false, []uint64{0b010}, []string{"a"}},
		{false, []uint64{0}, nil},
	} {
		dt := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint8, ValueType: arrow.BinaryTypes.String, Ordered: c.ordered}
		values := texts(mem, "b", "a")
		idx := array.NewUint8Builder(mem)
		idx.AppendValues([]uint8{0, 1, 0}, nil)
		places := idx.NewArray()
		in := array.NewDictionaryArray(dt, places, values)
		out := redacted(t, mem, in.Data().(*array.Data), dt, selection{n: 3, keep: c.keep}, "")
		var got []string
		dict := out.(*array.Dictionary).Dictionary().(*array.String)
		for i := range dict.Len() {
			got = append(got, dict.Value(i))
		}
		require.Equal(t, c.want, got)
		for i := range 3 {
			if c.keep == nil || hasBit(c.keep, i) {
				require.True(t, masktest.Same(out, i, in, i))
			}
		}
		for _, x := range []interface{ Release() }{values, idx, places, in, out} {
			x.Release()
		}
	}
}

// TestFarLongerDictionaries are looked up row by row, whatever their length says.
func TestFarLongerDictionaries(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	w := cityWorld(t)
	entries := names("nobody ", 5000)
	entries[4321], entries[17] = "Oslo", "Lima"
	values := texts(mem, entries...)
	idx := array.NewInt16Builder(mem)
	idx.AppendValues([]int16{4321, 17, 0, 4321}, nil)
	places := idx.NewArray()
	dt := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: arrow.BinaryTypes.String}
	batch := batchOf(field{"City", array.NewDictionaryArray(dt, places, values)}, field{"Revenue", floats(mem, 1, 2, 3, 4)})
	m, err := New(w.member("bo"), batch.Schema(), Options{At: map[string]string{"Month": "Jan"}, Allocator: mem})
	require.NoError(t, err)
	out, err := m.Mask(batch)
	require.NoError(t, err)
	require.Equal(t, []string{"Oslo,1", "Lima,-", "-,-", "Oslo,4"}, lines(out))
	requireNoText(t, out, "nobody")
	for _, x := range []interface{ Release() }{values, idx, places, batch, out} {
		x.Release()
	}
}

// TestHiddenRunsShareOneNull: where hidden values changed is not seen.
func TestHiddenRunsShareOneNull(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	dt := arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Float64)
	ends := array.NewInt32Builder(mem)
	ends.AppendValues([]int32{3, 5, 6, 9}, nil)
	e, v := ends.NewArray(), floats(mem, 1, 2, 3, 4)
	in := array.NewRunEndEncodedArray(e, v, 9, 0)
	out := redacted(t, mem, in.Data().(*array.Data), dt, selection{n: 9, keep: []uint64{0b110000011}}, "").(*array.RunEndEncoded)
	require.Equal(t, []int32{2, 7, 9}, out.RunEndsArr().(*array.Int32).Int32Values())
	require.Equal(t, []float64{1, 0, 4}, out.Values().(*array.Float64).Float64Values())
	require.True(t, out.Values().IsNull(1))
	for _, x := range []interface{ Release() }{ends, e, v, in, out} {
		x.Release()
	}
}

func TestUsesAllAsOneByOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 1))
	for range 2000 {
		size, n := rng.IntN(40), rng.IntN(800)
		rows := make([]int16, n)
		for i := range rows {
			rows[i] = int16(rng.IntN(size + 1 + rng.IntN(2)))
		}
		if rng.IntN(2) == 0 && size > 0 {
			for i := range rows {
				rows[i] %= int16(size)
			}
		}
		distinct, all := map[int16]bool{}, true
		for _, v := range rows {
			all = all && int(v) < size
			if int(v) < size {
				distinct[v] = true
			}
		}
		used, inside := usesAll(rows, size, false)
		if used {
			require.Len(t, distinct, size)
			require.Equal(t, all, inside)
		} else if all && size > 0 && n >= size {
			require.Less(t, len(distinct), size, "%v", rows)
		}
		known, _ := usesAll(rows, size, true)
		require.Equal(t, used, known)
	}
	used, _ := usesAll([]int8{0, 1, 2, -1}, 3, false)
	require.False(t, used, "a negative index")
}
