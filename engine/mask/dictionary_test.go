package mask

import (
	"fmt"
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
	for i := range 2000 {
		size, n := 1+rng.IntN(40), rng.IntN(800)
		if i%100 == 0 {
			size, n = maxMarked-1+rng.IntN(3), 12*maxMarked
		}
		rows, distinct := make([]int16, n), map[int16]bool{}
		for k := range rows {
			rows[k] = int16(rng.IntN(size))
			distinct[rows[k]] = true
		}
		require.Equal(t, len(distinct) == size && size <= maxMarked, usesAll(rows, size), "%d values, %d rows", size, n)
	}
}

// An index outside its dictionary is refused, however late it comes and whatever all others use.
func TestIndicesOutsideAreRefused(t *testing.T) {
	w := newWorld(t)
	list := w.list("Product", names("p", 40)...)
	w.metric("Revenue", list)
	for _, width := range []arrow.DataType{arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint64} {
		for _, n := range []int{41, 700, 4096, 4097} {
			for _, at := range []int{0, 40, n - 1} {
				for _, wrong := range []string{"40", "-1", "127"} {
					if wrong == "-1" && arrow.IsUnsignedInteger(width.ID()) {
						continue
					}
					indices := array.NewBuilder(memory.DefaultAllocator, width)
					for i := range n {
						value := fmt.Sprint(i % 40)
						if i == at {
							value = wrong
						}
						require.NoError(t, indices.AppendValueFromString(value))
					}
					dt := &arrow.DictionaryType{IndexType: width, ValueType: arrow.BinaryTypes.String}
					rows, values := indices.NewArray(), texts(memory.DefaultAllocator, list.Items()...)
					data := array.NewDataWithDictionary(dt, n, rows.Data().Buffers(), 0, 0, values.Data().(*array.Data))
					column := array.NewDictionaryData(data)
					for _, opt := range []Options{{Dims: map[string]string{"Product": "Product"}}, {Pass: []string{"Other"}}} {
						name := "Product"
						if opt.Pass != nil {
							name = opt.Pass[0]
						}
						batch := batchOf(field{name, column})
						m, err := New(w.member("bo"), batch.Schema(), opt)
						require.NoError(t, err)
						_, err = m.Mask(batch)
						require.ErrorIs(t, err, errShape, "%s of %d rows: %s in row %d", width, n, wrong, at)
					}
				}
			}
		}
	}
}

// A dictionary that is used as a whole is handed out again where another batch brings the same, by what it holds and not by
// where it lies; and whoever lets go of one too often takes nothing from others.
func TestWholeDictionariesAreHandedOutAgain(t *testing.T) {
	w := newWorld(t)
	list := w.list("Product", "a0", "a1", "a2", "a3")
	w.metric("Revenue", list)
	dt := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	data, offsets := []byte("a1a3a2a0"), arrow.GetBytes([]int32{0, 2, 4, 6, 8})
	batch := func() arrow.RecordBatch {
		values := array.NewData(dt.ValueType, 4, []*memory.Buffer{nil, memory.NewBufferBytes(offsets), memory.NewBufferBytes(data)}, nil, 0, 0)
		rows := memory.NewBufferBytes(arrow.GetBytes([]int32{3, 1, 2, 0, 0}))
		return batchOf(field{"Product", array.NewDictionaryData(array.NewDataWithDictionary(dt, 5, []*memory.Buffer{nil, rows}, 0, 0, values))})
	}
	for _, own := range []bool{false, true} {
		opt := Options{Dims: map[string]string{"Product": "Product"}}
		if own {
			opt.Allocator = memory.NewGoAllocator()
		}
		m, err := New(w.member("bo"), batch().Schema(), opt)
		require.NoError(t, err)
		masked := func() arrow.Array {
			out, err := m.Mask(batch())
			require.NoError(t, err)
			return out.Column(0).(*array.Dictionary).Dictionary()
		}
		texts := func(a arrow.Array) []byte { return a.Data().Buffers()[2].Bytes() }
		copy(data, "a1a3a2a0")
		masked() // from now on it is kept
		first := masked()
		require.Equal(t, own, &texts(first)[0] == &data[0], "who gives an allocator gets no memory but of it or of the input")
		again := masked()
		require.Same(t, &texts(first)[0], &texts(again)[0])
		for range 5 {
			again.Data().Release()
		}
		require.Equal(t, `["a1" "a3" "a2" "a0"]`, fmt.Sprint(masked()))
		copy(data, "a2") // The producer uses its memory again.
		require.Equal(t, `["a2" "a3" "a2" "a0"]`, fmt.Sprint(masked()))
		require.Equal(t, `["a2" "a3" "a2" "a0"]`, fmt.Sprint(masked()))
		if !own {
			require.Equal(t, `["a1" "a3" "a2" "a0"]`, fmt.Sprint(first))
		}
	}
}
