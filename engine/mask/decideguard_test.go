package mask

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench/fewest"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// plainBits is the plain loop that decisions are measured against: factor by factor, row by row, a bit of a table that is
// already by item number.
func plainBits(words []uint64, items [3][]int32, tables []engine.Table, sizes [3]int32) {
	for i := range words {
		words[i] = ^uint64(0)
	}
	for _, t := range tables {
		switch len(t.Axes) {
		case 1:
			a := items[t.Axes[0]]
			for row, item := range a {
				bit := t.Bits[item>>6] >> (item & 63) & 1
				words[row>>6] &^= (bit ^ 1) << (row & 63)
			}
		case 2:
			a, b, size := items[t.Axes[0]], items[t.Axes[1]], sizes[t.Axes[1]]
			for row, item := range a {
				cell := item*size + b[row]
				bit := t.Bits[cell>>6] >> (cell & 63) & 1
				words[row>>6] &^= (bit ^ 1) << (row & 63)
			}
		}
	}
}

// decideFight is deciding a hot batch of 64 Ki rows against the plain loop.
func decideFight(t *testing.T, factors int) duel {
	const rows = 1 << 16
	w, lists := benchWorld(t, factors, 10)
	batch := indexedBatch(lists, rows)
	member := w.member("bo")
	m, err := New(member, batch.Schema(), Options{Workers: 1})
	require.NoError(t, err)
	tables := w.view(member, w.app.Metric("Revenue")).Tables(engine.Readable)
	require.GreaterOrEqual(t, len(tables), 2)
	var items [3][]int32
	var sizes [3]int32
	for i := range items {
		items[i] = batch.Column(i).(*array.Dictionary).Indices().(*array.Int32).Int32Values()
		sizes[i] = int32(lists[i].Len())
	}
	words := make([]uint64, rows/64)
	decide := func() []uint64 {
		p := m.newPass()
		p.batch, p.n, p.workers = batch, rows, 1
		if _, err := p.decide(); err != nil {
			t.Fatal(err)
		}
		lane := p.d.lanes[m.measures[0].readable]
		p.release()
		return lane
	}
	for range 40 { // until tables that pay are made
		decide()
	}
	plainBits(words, items, tables, sizes)
	require.Equal(t, words, append([]uint64{}, decide()...))
	return fight(101, func() { decide() }, func() { plainBits(words, items, tables, sizes) })
}

func TestGuardDecideAgainstThePlainLoop(t *testing.T) {
	guard(t)
	for _, x := range []struct {
		factors int
		targets [3]float64 // by instructions
	}{{2, [...]float64{portable: 1.5, avx2: 5, avx512: 10}}, {6, [...]float64{portable: 1.5, avx2: 3.5, avx512: 4}}} {
		eachSIMD(func(s simd) { decideFight(t, x.factors).require(t, x.targets[s]) })
	}
}

// Rows of texts go faster than a map alone takes to find their items.
func TestGuardTextsAgainstAMap(t *testing.T) {
	guard(t)
	w, lists := benchWorld(t, 2, 10)
	batch := benchBatch("text", lists, 1<<16)
	m, err := New(w.member("bo"), batch.Schema(), Options{Workers: 1})
	require.NoError(t, err)
	found := make([]int32, batch.NumRows())
	maps := make([]map[string]int32, len(lists))
	for k, l := range lists {
		maps[k] = map[string]int32{}
		for i, name := range l.Items() {
			maps[k][name] = int32(i)
		}
	}
	fight(31, func() {
		out, err := m.Mask(batch)
		if err != nil {
			t.Fatal(err)
		}
		out.Release()
	}, func() {
		for k := range maps {
			texts := batch.Column(k).(*array.String)
			for i := range found {
				found[i] = maps[k][texts.Value(i)]
			}
		}
	}).require(t, 1.25)
}

// positionBatch is rows of random cells, by item positions.
func positionBatch(lists []*cube.List, n int) (arrow.RecordBatch, Options) {
	opt := Options{Workers: 1, DimIndex: map[string]string{}}
	from := indexedBatch(lists, n)
	var fields []field
	for i, l := range lists {
		opt.DimIndex[l.Name] = l.Name
		fields = append(fields, field{l.Name, from.Column(i).(*array.Dictionary).Indices()})
	}
	for _, f := range fields {
		f.data.Retain()
	}
	from.Column(len(lists)).Retain()
	return batchOf(append(fields, field{"Revenue", from.Column(len(lists))})...), opt
}

// Positions need no dictionary, and cost little more than rows of one.
func TestGuardPositionsAgainstDictionaries(t *testing.T) {
	guard(t)
	w, lists := benchWorld(t, 2, 10)
	positions, opt := positionBatch(lists, 1<<16)
	byPosition, err := New(w.member("bo"), positions.Schema(), opt)
	require.NoError(t, err)
	dictionaries := indexedBatch(lists, 1<<16)
	byEntry, err := New(w.member("bo"), dictionaries.Schema(), Options{Workers: 1})
	require.NoError(t, err)
	run := func(m *Masker, batch arrow.RecordBatch) func() {
		return func() {
			out, err := m.Mask(batch)
			if err != nil {
				t.Fatal(err)
			}
			out.Release()
		}
	}
	target := 0.95
	if vectors == portable {
		target = 0.7
	}
	fight(51, run(byPosition, positions), run(byEntry, dictionaries)).require(t, target)
}

// Rows cost no allocation, whichever way their items are named.
func TestAllocationsByLayout(t *testing.T) {
	w, lists := benchWorld(t, 4, 10)
	for _, layout := range []string{"text", "dictionaries", "positions", "runs"} {
		count := func(rows int) float64 {
			batch, opt := indexedBatch(lists, rows), Options{Workers: 1}
			switch layout {
			case "text":
				batch = benchBatch("text", lists, rows)
			case "positions":
				batch, opt = positionBatch(lists, rows)
			case "runs":
				batch = runBatch(lists, rows)
			}
			m, err := New(w.member("bo"), batch.Schema(), opt)
			require.NoError(t, err)
			return fewest.Allocations(50, func() {
				out, err := m.Mask(batch)
				if err != nil {
					t.Fatal(err)
				}
				out.Release()
			})
		}
		short, long := count(1<<11), count(1<<15)
		t.Logf("%s: %v allocations for 2 Ki rows, %v for 32 Ki", layout, short, long)
		grow := 4.0
		if layout == "runs" {
			grow = 30 // lists of runs grow by doubling
		}
		require.LessOrEqual(t, long, short+grow, layout)
		require.Less(t, long, 150.0, layout)
	}
}

// runBatch is rows of cells that change every thousand rows, run-end encoded.
func runBatch(lists []*cube.List, n int) arrow.RecordBatch {
	mem := memory.DefaultAllocator
	var fields []field
	for k, l := range lists {
		items := make([]int, n)
		for i := range items {
			items[i] = (i / 1000 * (k + 7)) % l.Len()
		}
		fields = append(fields, field{l.Name, itemsAs(mem, arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int32, arrow.BinaryTypes.String), l, items)})
	}
	return batchOf(append(fields, field{"Revenue", randomFloats(n)})...)
}

// Runs that cover many rows are decided once: nothing is written for their rows.
func TestRunsAreNotWrittenOut(t *testing.T) {
	w, lists := benchWorld(t, 2, 10)
	batch := runBatch(lists, 40_000)
	m, err := New(w.member("bo"), batch.Schema(), Options{Workers: 1})
	require.NoError(t, err)
	p := m.newPass()
	p.batch, p.n, p.workers = batch, 40_000, 1
	cols, err := p.decide()
	require.NoError(t, err)
	s := m.newScratch()
	for i, c := range cols {
		v := &s.views[i]
		require.NoError(t, v.read(c, s, i, 3000, 4000, false))
		require.True(t, v.alike)
		require.Nil(t, s.codes[i])
	}
}
