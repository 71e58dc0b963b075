package mask

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"
)

// dictionaryWorld is a column of a dictionary for each row's item, and the Masker of its schema.
func dictionaryWorld(t *testing.T) (*Masker, func(entries arrow.Array) part) {
	w := newWorld(t)
	l := w.list("L", "a0", "a1", "a2", "a3")
	w.metric("M", l)
	dt := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	schema := arrow.NewSchema([]arrow.Field{{Name: "L", Type: dt, Nullable: true}}, nil)
	m, err := New(w.member("bo"), schema, Options{Dims: map[string]string{"L": "L"}})
	require.NoError(t, err)
	return m, func(entries arrow.Array) part {
		b := array.NewInt32Builder(memory.DefaultAllocator)
		for i := range entries.Len() {
			b.Append(int32(i))
		}
		p, err := whole(array.NewDictionaryArray(dt, b.NewArray(), entries).Data())
		require.NoError(t, err)
		return p
	}
}

func itemsOf(t *testing.T, c *coded, n int) []int32 {
	codes, items := make([]uint32, n), make([]int32, n)
	require.NoError(t, c.code(0, codes, nil))
	for i, code := range codes {
		items[i] = c.item(code)
	}
	return items
}

// What was made of a dictionary serves others that hold the same, and none that lies where it lay.
func TestTranslationsGoByContent(t *testing.T) {
	m, column := dictionaryWorld(t)
	data := []byte("a1a3zza0")
	offsets := arrow.GetBytes([]int32{0, 2, 4, 6, 8})
	values := func(data []byte) arrow.Array {
		return array.MakeFromData(array.NewData(arrow.BinaryTypes.String, 4, []*memory.Buffer{nil, memory.NewBufferBytes(offsets), memory.NewBufferBytes(data)}, nil, 0, 0))
	}
	first, err := m.newCoded(column(values(data)), 0)
	require.NoError(t, err)
	require.Equal(t, []int32{1, 3, notItem, 0}, itemsOf(t, first, 4))
	again, err := m.newCoded(column(values([]byte("a1a3zza0"))), 0)
	require.NoError(t, err)
	require.Same(t, first.translation, again.translation)

	copy(data, "a2") // The producer uses its memory again.
	after, err := m.newCoded(column(values(data)), 0)
	require.NoError(t, err)
	require.Equal(t, []int32{2, 3, notItem, 0}, itemsOf(t, after, 4))
	require.Equal(t, []int32{1, 3, notItem, 0}, itemsOf(t, first, 4), "what is remembered is a copy")

	whole, err := m.newCoded(column(texts(memory.DefaultAllocator, "a0", "a1", "a2", "a3")), 0)
	require.NoError(t, err)
	require.Same(t, m.itself[0], whole.translation, "entries that are the items need no translation")
	for i := range 2 * maxRemembered {
		_, err := m.newCoded(column(texts(memory.DefaultAllocator, "a0", strconv.Itoa(i))), 0)
		require.NoError(t, err)
	}
	require.Len(t, *m.known[0].recent.Load(), maxRemembered)
}

// Dictionaries that differ in any bit that is read from are told apart.
func TestContentsAreToldApart(t *testing.T) {
	mem := memory.DefaultAllocator
	contents := []arrow.Array{
		texts(mem, "a", "bc"), texts(mem, "ab", "c"), texts(mem, "a", ""), texts(mem, "a", "bc", "d"), texts(mem, "", "bc"), textsAs(mem, arrow.BinaryTypes.LargeString, []string{"a", "bc"}),
		textsAs(mem, arrow.PrimitiveTypes.Int32, []string{"1", "2"}), textsAs(mem, arrow.PrimitiveTypes.Int32, []string{"1", ""}), textsAs(mem, arrow.PrimitiveTypes.Int64, []string{"1", "2"}),
	}
	for i, a := range contents {
		for j, b := range contents {
			p, _ := whole(a.Data())
			q, _ := whole(b.Data())
			x, ok := contentOf(p)
			require.True(t, ok)
			y, ok := contentOf(q)
			require.True(t, ok)
			copied := y.clone()
			require.Equal(t, i == j, x.equal(&copied), "%v %v", a, b)
		}
	}
}

// Numbers are coded as they would be one by one, whatever their width, far out of range or null.
func TestNumbersAsOneByOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 70))
	for _, items := range [][]string{
		{"5", "6", "9", "-3", "0"}, {"9223372036854775807", "9223372036854775806"}, {"-9223372036854775808", "1"}, {"18446744073709551615", "3"}, {"1", "1000000", "x"}, {"x"},
	} {
		w := newWorld(t)
		l := w.list("L", items...)
		for _, index := range []bool{false, true} {
			checkNumbers[int8](t, rng, w, l.Len(), arrow.PrimitiveTypes.Int8, index)
			checkNumbers[int16](t, rng, w, l.Len(), arrow.PrimitiveTypes.Int16, index)
			checkNumbers[int32](t, rng, w, l.Len(), arrow.PrimitiveTypes.Int32, index)
			checkNumbers[int64](t, rng, w, l.Len(), arrow.PrimitiveTypes.Int64, index)
			checkNumbers[uint8](t, rng, w, l.Len(), arrow.PrimitiveTypes.Uint8, index)
			checkNumbers[uint16](t, rng, w, l.Len(), arrow.PrimitiveTypes.Uint16, index)
			checkNumbers[uint32](t, rng, w, l.Len(), arrow.PrimitiveTypes.Uint32, index)
			checkNumbers[uint64](t, rng, w, l.Len(), arrow.PrimitiveTypes.Uint64, index)
		}
	}
}

func checkNumbers[T index](t *testing.T, rng *rand.Rand, w *world, n int, dt arrow.DataType, index bool) {
	l := w.app.List("L")
	lk, err := newLookup(dt, l, index)
	require.NoError(t, err)
	values, valid := make([]T, 200), make([]byte, 25)
	edges := []uint64{1 << 63, 1<<63 - 1, 1 << 31, 127, 128}
	for i := range values {
		values[i] = []T{T(i % 12), ^T(0), T(rng.Uint64()), T(edges[rng.IntN(5)]), T(n)}[rng.IntN(5)]
		if rng.IntN(4) > 0 {
			valid[i/8] |= 1 << (i % 8)
		}
	}
	p, err := whole(array.NewData(dt, 200, []*memory.Buffer{memory.NewBufferBytes(valid), memory.NewBufferBytes(arrow.GetBytes(values))}, nil, 0, 0))
	require.NoError(t, err)
	c, nulls, err := newCoder(p, dt, lk)
	require.NoError(t, err)
	require.True(t, nulls)
	got := make([]uint32, 150)
	require.NoError(t, c.code(37, got, nil))
	for i, code := range got {
		v, want := values[37+i], uint32(n+unknownSlot)
		text := strconv.FormatInt(int64(v), 10)
		if ^T(0) > 0 {
			text = strconv.FormatUint(uint64(v), 10)
		}
		if index {
			if at, err := strconv.ParseUint(text, 10, 64); err == nil && at < uint64(n) {
				want = uint32(at)
			}
		} else if item, ok := l.Find(text); ok {
			want = uint32(item)
		}
		if valid[(37+i)/8]>>((37+i)%8)&1 == 0 {
			want = uint32(n + nullSlot)
		}
		require.Equal(t, want, code, "%s of %s", text, dt)
	}
}

// newCoded is a column of a batch.
func (m *Masker) newCoded(p part, col int) (*coded, error) {
	c := new(coded)
	return c, m.code(c, p, col)
}
