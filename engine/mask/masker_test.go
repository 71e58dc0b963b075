package mask

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench/fewest"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine/mask/masktest"
)

// cityWorld has Revenue over City and Month; bo reads Oslo, reads and writes Rome, and may not see the item Rome.
func cityWorld(t testing.TB) *world {
	w := newWorld(t)
	city, month := w.list("City", "Oslo", "Rome", "Lima"), w.list("Month", "Jan", "Feb")
	m := w.metric("Revenue", city, month)
	w.app.AddMetric("Twin", cube.Type{Kind: cube.Item, List: city}, month)
	w.rule("Access", cube.OnMetrics, []*cube.Block{m}, func(_ cube.ItemID, items []cube.ItemID) cube.Rights {
		return []cube.Rights{cube.Read, cube.Read | cube.Write, 0}[items[0]]
	}, city)
	w.rule("Items", cube.OnItems, []*cube.Block{city.ItemSet}, func(_ cube.ItemID, items []cube.ItemID) cube.Rights {
		if items[0] == 1 {
			return 0
		}
		return cube.Read | cube.Write
	}, city)
	return w
}

// lines writes a batch as CSV-like lines, nulls as "-".
func lines(b arrow.RecordBatch) []string {
	var out []string
	for i := range int(b.NumRows()) {
		var cells []string
		for _, c := range b.Columns() {
			s := "-"
			if !masktest.LogicallyNull(c, i) {
				s = c.ValueStr(i)
			}
			cells = append(cells, s)
		}
		out = append(out, strings.Join(cells, ","))
	}
	return out
}

func cityBatch(mem memory.Allocator) arrow.RecordBatch {
	return batchOf(
		field{"City", texts(mem, "Lima", "Rome", "Oslo", "", "Rome", "Oslo", "Paris")},
		field{"Month", texts(mem, "Feb", "Feb", "Feb", "Jan", "Jan", "Jan", "Jan")},
		field{"Revenue", floats(mem, 1, 2, 3, 4, 5, 6, 7)},
	)
}

func TestRowsAreDroppedAndSorted(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	w := cityWorld(t)
	batch := cityBatch(mem)
	defer batch.Release()
	for _, c := range []struct {
		opt  Options
		want []string
	}{
		{Options{}, []string{"Lima,Feb,-", "-,Feb,2", "Oslo,Feb,3", "-,Jan,-", "-,Jan,5", "Oslo,Jan,6", "-,Jan,-"}},
		{Options{DropRows: true}, []string{"-,Feb,2", "Oslo,Feb,3", "-,Jan,5", "Oslo,Jan,6"}},
		{Options{Sort: true}, []string{"Oslo,Jan,6", "Oslo,Feb,3", "Lima,Feb,-", "-,Feb,2", "-,Jan,-", "-,Jan,5", "-,Jan,-"}},
		{Options{DropRows: true, Sort: true, Locks: true, Readable: true}, []string{
			"Oslo,Jan,6,true,true", "Oslo,Feb,3,true,true", "-,Feb,2,true,false", "-,Jan,5,true,false",
		}},
	} {
		c.opt.Allocator = mem
		m, err := New(w.member("bo"), batch.Schema(), c.opt)
		require.NoError(t, err)
		out, report, err := m.MaskReport(0, batch)
		require.NoError(t, err)
		require.Equal(t, c.want, lines(out))
		require.Equal(t, MeasureReport{Rows: 7, Hidden: 3, Locked: 5, Unplaced: 2}, report.Block["Revenue"])
		require.Equal(t, DimensionReport{Hidden: 3}, report.Dimensions["City"])
		require.Equal(t, c.opt.DropRows && c.opt.Sort, report.Note() == "")
		for _, col := range out.Columns() {
			require.NoError(t, array.ValidateFull(col))
		}
		out.Release()
	}
}

// Rows that hide a dimension of another measure than the first come last too, even where rows are sorted by nothing.
func TestSortedBeyondTheFirstMeasure(t *testing.T) {
	w := cityWorld(t)
	w.metric("Price", w.app.List("Month"))
	w.metric("Total")
	mem := memory.NewGoAllocator()
	city := field{"City", texts(mem, "Rome", "Oslo", "Paris", "Lima")}
	month := field{"Month", texts(mem, "Feb", "Feb", "Jan", "Jan")}
	revenue := field{"Revenue", floats(mem, 1, 2, 3, 4)}
	for _, c := range []struct {
		batch arrow.RecordBatch
		want  []string
	}{
		{batchOf(field{"Price", floats(mem, 5, 6, 7, 8)}, revenue, city, month), []string{"8,-,Lima,Jan", "6,2,Oslo,Feb", "5,1,-,Feb", "7,-,-,Jan"}},
		{batchOf(field{"Total", floats(mem, 5, 6, 7, 8)}, revenue, city, month), []string{"6,2,Oslo,Feb", "8,-,Lima,Jan", "5,1,-,Feb", "7,-,-,Jan"}},
	} {
		m, err := New(w.member("bo"), c.batch.Schema(), Options{Sort: true})
		require.NoError(t, err)
		out, err := m.Mask(c.batch)
		require.NoError(t, err)
		require.Equal(t, c.want, lines(out))
	}
}

func TestDroppedRowsOfDimensionsAlone(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	w := cityWorld(t)
	batch := batchOf(field{"c", texts(mem, "Lima", "Rome", "", "Oslo", "Paris")}, field{"n", texts(mem, "a", "b", "c", "d", "e")})
	defer batch.Release()
	opt := Options{DropRows: true, Sort: true, Dims: map[string]string{"c": "City"}, Pass: []string{"n"}, Allocator: mem}
	m, err := New(w.member("bo"), batch.Schema(), opt)
	require.NoError(t, err)
	out, err := m.Mask(batch)
	require.NoError(t, err)
	require.Equal(t, []string{"Oslo,d", "Lima,a"}, lines(out))
	requireNoText(t, out, "b", "e", "Rome", "Paris")
	out.Release()
}

// requireNoText says that no buffer of a batch holds the texts.
func requireNoText(t *testing.T, b arrow.RecordBatch, texts ...string) {
	t.Helper()
	for _, c := range b.Columns() {
		masktest.EachBuffer(c.Data(), func(buf *memory.Buffer) {
			for _, s := range texts {
				require.NotContains(t, string(buf.Buf()[:cap(buf.Buf())]), s)
			}
		})
	}
}

func TestRefusal(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	w := cityWorld(t)
	check := func(batch arrow.RecordBatch, opt Options, column string, row int) {
		t.Helper()
		defer batch.Release()
		opt.Refuse, opt.Allocator = true, mem
		m, err := New(w.member("bo"), batch.Schema(), opt)
		require.NoError(t, err)
		out, err := m.Mask(batch)
		if column == "" {
			require.NoError(t, err)
			out.Release()
			return
		}
		var refused *RefusedError
		require.True(t, errors.As(err, &refused))
		require.Equal(t, RefusedError{column, row}, *refused)
		require.Nil(t, out)
		require.Zero(t, m.Report().Block["Revenue"].Rows, "what was refused is not counted")
	}
	month := map[string]string{"Month": "Jan"}
	check(batchOf(field{"City", texts(mem, "Oslo", "Oslo")}, field{"Revenue", floats(mem, 1, 2)}), Options{At: month}, "", 0)
	check(batchOf(field{"City", texts(mem, "Oslo", "Lima")}, field{"Revenue", floats(mem, 1, 2)}), Options{At: month}, "Revenue", 1)
	check(batchOf(field{"City", texts(mem, "Oslo", "Rome")}, field{"Revenue", floats(mem, 1, 2)}), Options{At: month}, "City", 1)
	check(batchOf(field{"City", texts(mem, "")}, field{"Revenue", floats(mem, 1)}), Options{At: month}, "Revenue", 0)
	check(batchOf(field{"Twin", texts(mem, "", "Oslo")}), Options{At: month}, "", 0)
	check(batchOf(field{"Twin", texts(mem, "", "Oslo", "Rome")}), Options{At: month}, "Twin", 2)
	check(batchOf(field{"Twin", texts(mem, "Paris")}), Options{At: month}, "Twin", 0)
}

func TestImpersonationLocksAll(t *testing.T) {
	w := cityWorld(t)
	w.member("bo")
	m, err := w.rights.Impersonate("ada", "bo")
	require.NoError(t, err)
	batch := cityBatch(memory.DefaultAllocator)
	masker, err := New(m, batch.Schema(), Options{Locks: true})
	require.NoError(t, err)
	out, report, err := masker.MaskReport(0, batch)
	require.NoError(t, err)
	require.Equal(t, "-,Feb,2,true", lines(out)[1])
	require.Equal(t, MeasureReport{Rows: 7, Hidden: 3, Locked: 7, Unplaced: 2}, report.Block["Revenue"])
}

func TestItemsOfReservedListsNeedMembership(t *testing.T) {
	w := newWorld(t)
	m := w.metric("Grade", w.ws.Users)
	w.app.AddMetric("Boss", cube.Type{Kind: cube.Item, List: w.ws.Users}, w.ws.Users)
	_ = m
	batch := batchOf(
		field{"User", texts(memory.DefaultAllocator, "ada", "cy", "zoe")},
		field{"Grade", floats(memory.DefaultAllocator, 1, 2, 3)},
		field{"Boss", texts(memory.DefaultAllocator, "cy", "zoe", "ada")},
	)
	for member, want := range map[string][]string{"bo": {"ada,1,cy", "cy,2,-", "-,-,-"}, "cy": {"-,-,-", "-,-,-", "-,-,-"}} {
		masker, err := New(w.member(member), batch.Schema(), Options{})
		require.NoError(t, err)
		out, err := masker.Mask(batch)
		require.NoError(t, err)
		require.Equal(t, want, lines(out), member)
	}
}

func TestBatchOfAnotherSchema(t *testing.T) {
	w := cityWorld(t)
	batch := cityBatch(memory.DefaultAllocator)
	m, err := New(w.member("bo"), batch.Schema(), Options{})
	require.NoError(t, err)
	_, err = m.Mask(nil)
	require.Error(t, err)
	_, err = m.Mask(batchOf(field{"City", texts(memory.DefaultAllocator, "Oslo")}))
	require.ErrorContains(t, err, "another schema")
	_, err = m.MaskAt(1, batch)
	require.ErrorContains(t, err, "no first cell")
	_, err = m.Stream(nil)
	require.Error(t, err)
	sorting, err := New(w.member("bo"), batch.Schema(), Options{Sort: true})
	require.NoError(t, err)
	in, err := array.NewRecordReader(batch.Schema(), nil)
	require.NoError(t, err)
	_, err = sorting.Stream(in)
	require.ErrorContains(t, err, "cannot be sorted")
}

// TestSharingLeadsNowhere masks a slice in which nothing is hidden: values are shared, and no more than the slice.
func TestSharingLeadsNowhere(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	w := cityWorld(t)
	whole := batchOf(
		field{"City", texts(mem, "Lima", "Rome", "Oslo", "Oslo", "Lima")},
		field{"Month", texts(mem, "Feb", "Feb", "Feb", "Jan", "Jan")},
		field{"Revenue", floats(mem, 1, 2, 3, 4, 5)},
	)
	defer whole.Release()
	batch := whole.NewSlice(2, 4)
	defer batch.Release()
	m, err := New(w.member("bo"), batch.Schema(), Options{Allocator: mem})
	require.NoError(t, err)
	out, err := m.Mask(batch)
	require.NoError(t, err)
	defer out.Release()
	require.Equal(t, []string{"Oslo,Feb,3", "Oslo,Jan,4"}, lines(out))
	requireNoText(t, out, "Lima", "Rome")
	values := out.Column(2).Data().Buffers()[1]
	require.Same(t, &batch.Column(2).Data().Buffers()[1].Bytes()[16], &values.Bytes()[0], "no copy")
	require.Equal(t, 16, cap(values.Buf()))
	require.Nil(t, values.Parent())
	require.False(t, values.Mutable())
}

func TestManyGoroutinesShareAMasker(t *testing.T) {
	rng := rand.New(rand.NewPCG(50, 51))
	w := randomWorld(t, rng)
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	batch, opt, _, _ := randomBatch(w, rng, mem, 40_000)
	defer batch.Release()
	opt.Workers = 4
	m, err := New(w.member("bo"), batch.Schema(), opt)
	require.NoError(t, err)
	want, err := m.Mask(batch)
	require.NoError(t, err)
	defer want.Release()
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			got, err := m.Mask(batch)
			if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Error("goroutines disagree")
				return
			}
			got.Release()
		})
	}
	wg.Wait()
	require.Equal(t, uint64(7*40_000), m.Report().Block["M0"].Rows)
}

// TestSlicesAreMaskedAlike is the law that how rows are cut into batches changes nothing.
func TestSlicesAreMaskedAlike(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 60))
		w := randomWorld(t, rng)
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		batch, opt, _, _ := randomBatch(w, rng, mem, 200)
		m, err := New(w.member("bo"), batch.Schema(), opt)
		require.NoError(t, err)
		whole, err := m.Mask(batch)
		require.NoError(t, err)
		for range 5 {
			from := rng.Int64N(201)
			to := from + rng.Int64N(201-from)
			part := batch.NewSlice(from, to)
			got, err := m.Mask(part)
			require.NoError(t, err)
			require.Equal(t, strings.Join(lines(whole)[from:to], "\n"), strings.Join(lines(got), "\n"), "seed %d", seed)
			got.Release()
			part.Release()
		}
		whole.Release()
		batch.Release()
		mem.AssertSize(t, 0)
	}
}

func TestAllocationsDoNotGrowWithRows(t *testing.T) {
	w, lists := benchWorld(t, 4, 10)
	count := func(rows int) float64 {
		batch := benchBatch("columns", lists, rows)
		m, err := New(w.member("bo"), batch.Schema(), Options{Workers: 1, Locks: true})
		require.NoError(t, err)
		return fewest.Allocations(30, func() {
			out, err := m.Mask(batch)
			require.NoError(t, err)
			out.Release()
		})
	}
	few, many := count(10_000), count(80_000)
	t.Logf("%v allocations for 10,000 rows, %v for 80,000", few, many)
	require.LessOrEqual(t, many, few+4)
}

// A batch whose schema is made again is one of the schema that was bound, as long as its metadata say the same where they
// are trusted.
func TestBatchOfAnEqualSchema(t *testing.T) {
	w := twoApps(t)
	month := w.app.List("Month")
	index := array.NewInt8Builder(memory.DefaultAllocator)
	index.AppendValues([]int8{0, 1}, nil)
	items := index.NewArray()
	batch := func(digest, dense string, price arrow.DataType) arrow.RecordBatch {
		b := array.NewBuilder(memory.DefaultAllocator, price)
		b.AppendNulls(2)
		fields := []arrow.Field{
			{Name: "Month", Type: arrow.PrimitiveTypes.Int8, Metadata: arrow.MetadataFrom(map[string]string{MetadataEncoding: "index", MetadataDigest: digest})},
			{Name: "Price", Type: price, Nullable: true},
		}
		md := arrow.MetadataFrom(map[string]string{"note": digest})
		if dense != "" {
			md = arrow.MetadataFrom(map[string]string{MetadataDense: dense})
		}
		return array.NewRecordBatch(arrow.NewSchema(fields, &md), []arrow.Array{items, b.NewArray()}, 2)
	}
	plain := arrow.LargeListOf(arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int8))
	var buf bytes.Buffer
	stream := ipc.NewWriter(&buf, ipc.WithSchema(arrow.NewSchema([]arrow.Field{{Name: "x", Type: plain}}, nil)))
	require.NoError(t, stream.Close())
	r, err := ipc.NewReader(&buf)
	require.NoError(t, err)
	read := r.Schema().Field(0).Type
	require.False(t, arrow.TypeEqual(plain, read), "sameType may go")
	good := Digest(month)
	m, err := New(w.member("ada"), batch(good, "", plain).Schema(), Options{Application: "App", TrustMetadata: true})
	require.NoError(t, err)
	out, err := m.Mask(batch(good, "", read))
	require.NoError(t, err)
	require.EqualValues(t, 2, out.NumRows())
	for _, b := range []arrow.RecordBatch{
		batch(Digest(w.app.List("Year")), "", plain), batch(good, "Price", plain), batch(good, "", arrow.LargeListOf(arrow.BinaryTypes.String)),
	} {
		_, err = m.Mask(b)
		require.ErrorContains(t, err, "another schema")
	}
}
