package mask

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine/mask/masktest"
)

// fill makes the values of the measures and of columns that are passed through. What the first member does not see comes from
// the hidden seed.
func (e *everything) fill(types []arrow.DataType) {
	for i := range e.columns {
		if c := &e.columns[i]; c.block != nil && c.block.Type.Kind == cube.Item {
			g := &itemLayouts{e.rng, c.block.Type.List, false}
			c.dt = g.itemType(0, e.n+24)
			c.chosen = e.pick(g, c.dt)
			c.values = array.MakeFromData(g.column(c.dt, c.chosen))
		}
	}
	for k := range e.rng.IntN(2) {
		c := everyColumn{name: fmt.Sprint("passed ", k)}
		e.opt.Pass = append(e.opt.Pass, c.name)
		e.columns = append(e.columns, c)
	}
	for i := range e.columns {
		if c := &e.columns[i]; c.values == nil {
			c.dt, c.firm = types[e.rng.IntN(len(types))], e.rng.IntN(4) == 0
		}
	}
}

// again makes other rows in columns of the same types.
func (e *everything) again() *everything {
	o := *e
	o.seed, o.known, o.held, o.columns = e.seed+1<<32, nil, maps.Clone(e.held), slices.Clone(e.columns)
	for i := range o.columns {
		switch c := &o.columns[i]; {
		case c.list != nil:
			_, index := e.opt.DimIndex[c.name]
			_, trusted := c.md.GetValue(MetadataEncoding)
			g := &itemLayouts{o.rng, c.list, index || trusted}
			o.held[c.list] = o.pick(g, c.dt)
			c.values = array.MakeFromData(g.column(c.dt, o.held[c.list]))
		case c.chosen != nil:
			g := &itemLayouts{o.rng, c.block.Type.List, false}
			c.chosen = o.pick(g, c.dt)
			c.values = array.MakeFromData(g.column(c.dt, c.chosen))
		}
	}
	return &o
}

// table is the table's columns in memory of the allocator, with hidden values from a seed.
func (e *everything) table(mem memory.Allocator, hidden uint64) arrow.RecordBatch {
	x := e.expect(e.members[0])
	var fields []arrow.Field
	var columns []arrow.Array
	for i, c := range e.columns {
		d := arrow.ArrayData(nil)
		if c.values != nil {
			d = c.values.Data()
		} else {
			choose := rand.New(rand.NewPCG(e.seed, uint64(i)))
			rows := make([]masktest.State, e.n)
			for row := range rows {
				switch {
				case !x.shown[i][row] || row < e.from || row >= e.to || c.block == nil && !slices.Contains(x.rows, row):
					rows[row] = masktest.Hidden
				case !c.firm && choose.IntN(5) == 0:
					rows[row] = masktest.Null
				}
			}
			d = masktest.New(e.seed+uint64(i), hidden).Array(c.dt, rows, !c.firm)
		}
		copied := in(mem, d)
		fields = append(fields, arrow.Field{Name: c.name, Type: c.dt, Nullable: !c.firm, Metadata: c.md})
		columns = append(columns, array.MakeFromData(copied))
		settle(columns[i]) // goroutines compare with it
		copied.Release()
	}
	b := array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, int64(e.n))
	for _, c := range columns {
		c.Release()
	}
	return b
}

// check compares what came out for a member with what must.
func (e *everything) check(t *testing.T, msg string, x *everyMember, table, out arrow.RecordBatch, rows []int) {
	t.Helper()
	require.EqualValues(t, len(rows), out.NumRows(), msg)
	at := len(e.columns)
	for i, c := range e.columns {
		got := out.Column(i)
		require.NoError(t, array.ValidateFull(got), "%s: %s", msg, c.name)
		require.True(t, out.Schema().Field(i).Nullable || c.block == nil && c.list == nil)
		for k, row := range rows {
			if shown := x.shown[i][row]; !shown && !masktest.LogicallyNull(got, k) || shown && !masktest.Same(got, k, table.Column(i), row) {
				require.Failf(t, "another value", "%s: %s (%s) row %d, of the table %d: %s, shown %v, is %s", msg, c.name, c.dt, k, row, got.ValueStr(k), shown, table.Column(i).ValueStr(row))
			}
		}
		if c.list != nil || c.chosen != nil {
			e.requireNames(t, msg, i, x, out, rows)
		}
	}
	for i, c := range e.columns {
		if c.block == nil {
			continue
		}
		for suffix, want := range map[string][]bool{readableSuffix: x.readable[i], lockedSuffix: x.locked[i]} {
			if suffix == readableSuffix && !e.opt.Readable || suffix == lockedSuffix && !e.opt.Locks {
				continue
			}
			k := out.Schema().FieldIndices(c.name + suffix)[0]
			require.GreaterOrEqual(t, k, at)
			for r, row := range rows {
				if want[row] != out.Column(k).(*array.Boolean).Value(r) {
					require.Failf(t, "another flag", "%s: %s row %d, of the table %d", msg, c.name+suffix, r, row)
				}
			}
		}
	}
}

// requireNames says that no name is in a column's memory but those that come out.
func (e *everything) requireNames(t *testing.T, msg string, i int, x *everyMember, out arrow.RecordBatch, rows []int) {
	t.Helper()
	l, of := e.columns[i].list, e.held[e.columns[i].list]
	if e.columns[i].chosen != nil {
		l, of = e.columns[i].block.Type.List, e.columns[i].chosen
	}
	if l.Name != "Names" {
		return
	}
	seen := map[int]bool{}
	for _, row := range rows {
		if x.shown[i][row] {
			seen[of[row]] = true
		}
	}
	masktest.EachBuffer(out.Column(i).Data(), func(b *memory.Buffer) {
		whole := b.Buf()[:cap(b.Buf())]
		for item, name := range l.Items() {
			if !seen[item] && bytes.Contains(whole, []byte(name)) {
				require.Failf(t, "a name is still there", "%s: %s", msg, name)
			}
		}
	})
}

// checkEverything masks one batch in every way that the API has.
func checkEverything(t *testing.T, types []arrow.DataType, seed uint64) {
	e := newEverything(t, seed)
	if e.n > 1000 {
		types = masktest.Leaves()
	}
	e.fill(types)
	msg := fmt.Sprintf("seed %d, rows %d to %d of %d, %s", seed, e.from, e.to, e.n, e.members[0].Name())
	var snapshots [2][][]byte
	for hidden := range uint64(2) {
		mem := newPoison()
		table := e.table(memory.NewGoAllocator(), hidden)
		batch := e.window(table, mem)
		opt := e.opt
		if opt.Allocator = mem; e.seed%4 == 0 {
			opt.Allocator = nil
		}
		var log auditLog
		opt.Audit = log.add
		m, err := New(e.members[0], batch.Schema(), opt)
		require.NoError(t, err, msg)
		outs := e.maskOnce(t, msg, m, table, batch)
		if x := e.expect(e.members[0]); x.refused == nil {
			require.Equal(t, e.times(x.report, 3), m.Report(), msg)
			log.requireReport(t, e.members[0].Name(), 3*uint64(e.to-e.from), m.Report(), msg)
		}
		if hidden == 0 {
			e.checkStreams(t, msg, table, batch, opt)
			e.checkFans(t, msg, table, batch, opt)
			e.checkProposals(t, msg, batch, opt)
		}
		batch.Release()
		for range 2 { // other rows, where the batch was in memory
			other := e.again()
			table := other.table(memory.NewGoAllocator(), hidden)
			batch := other.window(table, mem)
			for _, out := range other.maskOnce(t, msg+", other rows", m, table, batch) {
				out.Release()
			}
			batch.Release()
		}
		for i, out := range outs { // the batch is gone: what came of it is there all the same
			e.check(t, msg+", the batch released", e.expect(e.members[0]), table, out, e.expect(e.members[0]).rows)
			for k, c := range out.Columns() {
				if i == 0 {
					snapshots[hidden] = append(snapshots[hidden], masktest.Snapshot(c.Data())...)
				}
				requireNoneLeft(t, c.Data(), fmt.Sprint(msg, out.Schema().Field(k)))
			}
			out.Release()
		}
		mem.AssertSize(t, 0)
	}
	require.True(t, slices.EqualFunc(snapshots[0], snapshots[1], bytes.Equal), "%s: the output tells what is hidden", msg)
}

// requireNoneLeft is requireClean where bitmaps are long enough to look like a marker.
func requireNoneLeft(t *testing.T, d arrow.ArrayData, msg string) {
	t.Helper()
	masktest.EachBuffer(d, func(b *memory.Buffer) {
		require.Nil(t, b.Parent(), msg)
		whole := b.Buf()[:cap(b.Buf())]
		for _, marker := range []byte{0xd7, 'W'} {
			require.False(t, bytes.Contains(whole, bytes.Repeat([]byte{marker}, 8)), "%s: a marker in %x", msg, whole)
		}
		require.Zero(t, bytes.Count(whole[b.Len():], []byte{0})-cap(whole)+b.Len(), msg)
	})
}

// window is the batch's rows of the table, in memory of the allocator.
func (e *everything) window(table arrow.RecordBatch, mem memory.Allocator) arrow.RecordBatch {
	columns := make([]arrow.Array, table.NumCols())
	for i, c := range table.Columns() {
		d := in(mem, c.Data())
		columns[i] = array.MakeFromData(d)
		d.Release()
	}
	all := array.NewRecordBatch(table.Schema(), columns, table.NumRows())
	for _, c := range columns {
		c.Release()
	}
	defer all.Release()
	return all.NewSlice(int64(e.from), int64(e.to))
}

func (e *everything) cellOf(row int) uint64 {
	if e.dense == nil {
		return 0
	}
	return e.first + uint64(row)
}

// maskOnce masks three times, so that what pays later is used too.
func (e *everything) maskOnce(t *testing.T, msg string, m *Masker, table, batch arrow.RecordBatch) []arrow.RecordBatch {
	t.Helper()
	x := e.expect(e.members[0])
	var outs []arrow.RecordBatch
	for range 3 {
		out, report, err := m.MaskReport(e.cellOf(e.from), batch)
		if x.refused != nil {
			require.Equal(t, x.refused, err, msg)
			continue
		}
		require.NoError(t, err, msg)
		require.Equal(t, x.report, report, msg)
		e.check(t, msg, x, table, out, x.rows)
		outs = append(outs, out)
	}
	return outs
}

func (e *everything) times(r *Report, n uint64) *Report {
	out := &Report{Member: r.Member, shown: r.shown, Block: map[string]MeasureReport{}, Dimensions: map[string]DimensionReport{}}
	for name, x := range r.Block {
		out.Block[name] = MeasureReport{n * x.Rows, n * x.Hidden, n * x.Locked, n * x.Unplaced}
	}
	for name, x := range r.Dimensions {
		out.Dimensions[name] = DimensionReport{n * x.Hidden}
	}
	return out
}

// Whatever is asked for at once, of whatever data, comes out as it does row by row.
func TestEverythingAtOnce(t *testing.T) {
	types := masktest.Types()
	best := bestSIMD()
	defer func() { vectors = best }()
	for seed := range uint64(60) {
		vectors = best - simd(seed%uint64(best+1))
		checkEverything(t, types, seed)
		if t.Failed() {
			return
		}
	}
}
