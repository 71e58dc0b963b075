package mask

import (
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench/fewest"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// rowLoop is what one writes who knows nothing of masks: row by row, each factor asked in turn until one denies. It
// starts from item numbers and tables of booleans, which Mask must first make.
func rowLoop(items [3][]int32, factors []func(i [3]int32) bool, values, out []float64, valid []byte) {
rows:
	for r, v := range values {
		at := [3]int32{items[0][r], items[1][r], items[2][r]}
		for _, f := range factors {
			if !f(at) {
				out[r] = 0
				bitutil.ClearBit(valid, r)
				continue rows
			}
		}
		out[r] = v
		bitutil.SetBit(valid, r)
	}
}

// A million rows in three dimensions under four factors go at least four times as fast as the loop over rows.
func TestGuardRowsAgainstRowLoop(t *testing.T) {
	guard(t)
	const rows = 1 << 20
	w, lists := benchWorld(t, 4, 10)
	batch := indexedBatch(lists, rows)
	member := w.member("bo")
	m, err := New(member, batch.Schema(), Options{Workers: 1})
	require.NoError(t, err)

	var items [3][]int32
	for i := range items {
		items[i] = batch.Column(i).(*array.Dictionary).Indices().(*array.Int32).Int32Values()
	}
	values := batch.Column(3).(*array.Float64).Float64Values()
	var factors []func([3]int32) bool
	for _, table := range w.view(member, w.app.Metric("Revenue")).Tables(engine.Readable) {
		factors = append(factors, plainFactor(table, lists))
	}
	require.GreaterOrEqual(t, len(factors), 3)
	out, valid := make([]float64, rows), make([]byte, rows/8)
	rowLoop(items, factors, values, out, valid)
	masked, err := m.Mask(batch)
	require.NoError(t, err)
	require.Equal(t, masked.Column(3).(*array.Float64).Float64Values(), out)
	require.Equal(t, rows-masked.Column(3).NullN(), bitutil.CountSetBits(valid, 0, rows))

	d := fight(15, func() {
		out, err := m.Mask(batch)
		if err != nil {
			t.Fatal(err)
		}
		out.Release()
	}, func() { rowLoop(items, factors, values, out, valid) })
	t.Logf("%.1f million rows/s", rows/d.ours/1e6)
	d.require(t, 4)
}

// plainFactor is a table of rights as booleans.
func plainFactor(table engine.Table, lists []*cube.List) func([3]int32) bool {
	n := 1
	var strides [3]int32
	for k := len(table.Axes) - 1; k >= 0; k-- {
		strides[table.Axes[k]] = int32(n)
		n *= lists[table.Axes[k]].Len()
	}
	allowed := make([]bool, n)
	for i := range allowed {
		allowed[i] = hasBit(table.Bits, i)
	}
	return func(at [3]int32) bool { return allowed[at[0]*strides[0]+at[1]*strides[1]+at[2]*strides[2]] }
}

// Where nothing is hidden, values of a kilobyte cost what values of eight bytes cost: they are not touched.
func TestGuardVisibleValuesAreNotTouched(t *testing.T) {
	guard(t)
	const rows = 1 << 18
	w, lists := benchWorld(t, 4, 0)
	wide, m := wideBatch(t, w, lists, rows, 1024)
	narrow, n := wideBatch(t, w, lists, rows, 8)
	run := func(m *Masker, batch arrow.RecordBatch) func() {
		return func() {
			out, err := m.Mask(batch)
			if err != nil {
				t.Fatal(err)
			}
			out.Release()
		}
	}
	fight(15, run(m, wide), run(n, narrow)).require(t, 0.9)
}

// What a call allocates does not depend on the bytes of visible values either, nor on the rows; a further column costs a
// few allocations more.
func TestAllocationsOfVisibleValues(t *testing.T) {
	w, lists := benchWorld(t, 4, 0)
	bytes := func(rows, width int) float64 {
		batch, m := wideBatch(t, w, lists, rows, width)
		defer batch.Release()
		return fewest.Bytes(30, func() {
			out, err := m.Mask(batch)
			require.NoError(t, err)
			out.Release()
		})
	}
	narrow, wide := bytes(1<<16, 8), bytes(1<<16, 4096)
	t.Logf("%v bytes for 512 KB of values, %v for 256 MB", narrow, wide)
	require.Less(t, wide, narrow+1<<10)
}

// wideBatch has values of so many bytes, none of which is hidden.
func wideBatch(t *testing.T, w *world, lists []*cube.List, rows, width int) (arrow.RecordBatch, *Masker) {
	t.Helper()
	cells := indexedBatch(lists, rows)
	rng := rand.New(rand.NewPCG(9, 9))
	data := make([]byte, rows*width)
	for i := 0; i < len(data); i += 512 {
		data[i] = byte(rng.Uint32())
	}
	dt := &arrow.FixedSizeBinaryType{ByteWidth: width}
	values := array.MakeFromData(array.NewData(dt, rows, []*memory.Buffer{nil, memory.NewBufferBytes(data)}, nil, 0, 0))
	fields := []field{{"Revenue", values}}
	for i, l := range lists {
		cells.Column(i).Retain()
		fields = append(fields, field{l.Name, cells.Column(i)})
	}
	batch := batchOf(fields...)
	m, err := New(w.member("bo"), batch.Schema(), Options{Workers: 1})
	require.NoError(t, err)
	return batch, m
}
