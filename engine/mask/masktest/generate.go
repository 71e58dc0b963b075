package masktest

import (
	"bytes"
	"math/rand/v2"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// State is what a generated row is.
type State uint8

// The states of rows.
const (
	Shown  State = iota // may be read, not null
	Null                // may be read, null
	Hidden              // may not be read: whatever it holds comes from the other source
)

// Hidden values are filled with a marker that shown ones never hold: text with one that is text.
const (
	byteMarker = 0xd7
	textMarker = 'W'
)

// Generator makes arrays of any type whose hidden parts, and whatever lies outside their windows, come from a source
// of their own: two generators that differ in it alone make inputs whose masked forms must be the same bytes. It is for
// one goroutine.
type Generator struct {
	vis, hid *rand.Rand
	depth    int
}

// New is a generator whose shown and hidden parts come from the two seeds.
func New(shown, hidden uint64) *Generator {
	return From(rand.NewPCG(shown, 1), rand.NewPCG(hidden, 2))
}

// From is a generator whose shown and hidden parts come from the two sources.
func From(shown, hidden rand.Source) *Generator {
	return &Generator{rand.New(shown), rand.New(hidden), 0}
}

func (g *Generator) source(s State) *rand.Rand {
	if s == Hidden {
		return g.hid
	}
	return g.vis
}

// Array is an array of the given rows that starts somewhere inside its buffers. Where it is not nullable no row may be
// Null.
func (g *Generator) Array(dt arrow.DataType, rows []State, nullable bool) *array.Data {
	g.depth++
	defer func() { g.depth-- }()
	front, back := g.hid.IntN(10), g.hid.IntN(10)
	if g.hid.IntN(3) == 0 {
		front, back = 0, 0
	}
	all := make([]State, 0, front+len(rows)+back)
	for range front {
		all = append(all, Hidden)
	}
	all = append(all, rows...)
	for range back {
		all = append(all, Hidden)
	}
	d := g.layout(dt, all, nullable)
	return array.NewSliceData(d, int64(front), int64(front+len(rows))).(*array.Data)
}

// validity is the bitmap of rows, which may be missing where none is null.
func (g *Generator) validity(rows []State, nullable bool) *memory.Buffer {
	if !nullable {
		return nil
	}
	b := bytes.Repeat([]byte{0xff}, (len(rows)+7)/8+g.hid.IntN(3))
	missing := g.vis.IntN(2) == 0
	for i, s := range rows {
		if s == Null || s == Hidden && g.hid.IntN(4) == 0 {
			b[i/8] &^= 1 << (i % 8)
			missing = missing && s == Hidden
		}
	}
	if missing { // hidden rows count as valid then
		return nil
	}
	return memory.NewBufferBytes(b)
}

// value is n bytes of one row.
func (g *Generator) value(s State, n int) []byte {
	b := bytes.Repeat([]byte{byteMarker}, n)
	if s != Hidden {
		for i := range b {
			b[i] = byte(g.vis.IntN(0x40)) // a finite number in every floating-point type
		}
	} else if n > 0 {
		b[g.hid.IntN(n)] = byte(0x40 + g.hid.IntN(0x40))
		b[0] |= 0x80
	}
	return b
}

// content is value for types of variable size: where they hold text, what is hidden is text too.
func (g *Generator) content(dt arrow.DataType, s State, n int) []byte {
	text := dt.ID() == arrow.STRING || dt.ID() == arrow.LARGE_STRING || dt.ID() == arrow.STRING_VIEW
	if s != Hidden || !text {
		return g.value(s, n)
	}
	b := bytes.Repeat([]byte{textMarker}, n)
	if n > 0 {
		b[g.hid.IntN(n)] = byte(0x40 + g.hid.IntN(0x3f))
	}
	return b
}

// inlineSize is the longest value that stands in a view itself.
const inlineSize = 12

// fixedWidth is the bytes of a value of a type whose only buffer is its values.
func fixedWidth(dt arrow.DataType) (int, bool) {
	switch dt := dt.(type) {
	case *arrow.BooleanType, *arrow.DictionaryType, arrow.ExtensionType:
		return 0, false
	case arrow.FixedWidthDataType:
		return dt.Bytes(), true
	}
	return 0, false
}

func (g *Generator) layout(dt arrow.DataType, rows []State, nullable bool) *array.Data {
	if ext, ok := dt.(arrow.ExtensionType); ok {
		d := g.layout(ext.StorageType(), rows, nullable)
		out := array.NewData(dt, d.Len(), d.Buffers(), d.Children(), d.NullN(), d.Offset())
		out.SetDictionary(d.Dictionary())
		return out
	}
	if width, ok := fixedWidth(dt); ok {
		var b []byte
		for _, s := range rows {
			v := g.value(s, width)
			if s == Shown && dt.ID() == arrow.TIMESTAMP {
				clear(v[5:]) // a time that every unit can hold
			}
			b = append(b, v...)
		}
		return g.data(dt, rows, nullable, b)
	}
	switch dt := dt.(type) {
	case *arrow.NullType:
		return array.NewData(dt, len(rows), []*memory.Buffer{nil}, nil, len(rows), 0)
	case *arrow.BooleanType:
		b := make([]byte, (len(rows)+7)/8)
		for i, s := range rows {
			b[i/8] |= byte(g.source(s).IntN(2)) << (i % 8)
		}
		return g.data(dt, rows, nullable, b)
	case *arrow.StringType, *arrow.BinaryType, *arrow.LargeStringType, *arrow.LargeBinaryType:
		return g.varBinary(dt, rows, nullable)
	case *arrow.StringViewType, *arrow.BinaryViewType:
		return g.views(dt, rows, nullable)
	case *arrow.DictionaryType:
		return g.dictionary(dt, rows, nullable)
	case *arrow.RunEndEncodedType:
		return g.runEnds(dt, rows)
	case arrow.UnionType:
		return g.union(dt, rows)
	}
	return g.nested(dt.(arrow.NestedType), rows, nullable)
}

func (g *Generator) data(dt arrow.DataType, rows []State, nullable bool, buffers ...[]byte) *array.Data {
	all := []*memory.Buffer{g.validity(rows, nullable)}
	for _, b := range buffers {
		all = append(all, memory.NewBufferBytes(b))
	}
	return array.NewData(dt, len(rows), all, nil, nullCount(all[0]), 0)
}

// nullCount is what says to the library that nulls must be counted, where there may be some.
func nullCount(validity *memory.Buffer) int {
	if validity == nil {
		return 0
	}
	return array.UnknownNullCount
}

// offsetsOf are Arrow offsets of 4 or 8 bytes.
func offsetsOf(large bool, o []int) []byte {
	if large {
		b := make([]int64, len(o))
		for i, x := range o {
			b[i] = int64(x)
		}
		return arrow.Int64Traits.CastToBytes(b)
	}
	b := make([]int32, len(o))
	for i, x := range o {
		b[i] = int32(x)
	}
	return arrow.Int32Traits.CastToBytes(b)
}

func (g *Generator) varBinary(dt arrow.DataType, rows []State, nullable bool) *array.Data {
	b := g.content(dt, Hidden, g.hid.IntN(20))
	o := []int{len(b)}
	for _, s := range rows {
		b = append(b, g.content(dt, s, g.source(s).IntN(9))...)
		o = append(o, len(b))
	}
	b = append(b, g.content(dt, Hidden, g.hid.IntN(20))...)
	large := dt.ID() == arrow.LARGE_STRING || dt.ID() == arrow.LARGE_BINARY
	return g.data(dt, rows, nullable, offsetsOf(large, o), b)
}

func (g *Generator) views(dt arrow.DataType, rows []State, nullable bool) *array.Data {
	headers := make([]arrow.ViewHeader, len(rows))
	data := make([][]byte, 2)
	for i, s := range rows {
		src := g.source(s)
		v := g.content(dt, s, src.IntN(30))
		headers[i].SetBytes(v)
		if len(v) <= inlineSize {
			continue
		}
		k := src.IntN(2)
		data[k] = append(data[k], g.content(dt, Hidden, g.hid.IntN(5))...)
		headers[i].SetIndexOffset(int32(k), int32(len(data[k])))
		data[k] = append(data[k], v...)
		if s == Shown && g.vis.IntN(4) == 0 { // a second view into the first
			headers[i].SetBytes(v[1:])
			if len(v) > inlineSize+1 {
				headers[i].SetIndexOffset(int32(k), int32(len(data[k])-len(v)+1))
			}
		}
	}
	return g.data(dt, rows, nullable, arrow.ViewHeaderTraits.CastToBytes(headers), data[0], data[1])
}

func (g *Generator) dictionary(dt *arrow.DictionaryType, rows []State, nullable bool) *array.Data {
	// shown values stand in the order of their first use, hidden ones anywhere between them.
	pool := 1 + g.vis.IntN(6)
	var entries []State
	place, used := map[int]int{}, []int{}
	hide := func() {
		for range g.hid.IntN(3) {
			entries = append(entries, Hidden)
		}
	}
	idx := make([]int, len(rows))
	for i, s := range rows {
		if s != Shown {
			continue
		}
		k := g.vis.IntN(pool)
		if _, ok := place[k]; !ok {
			hide()
			place[k] = len(entries)
			used = append(used, k)
			if g.vis.IntN(6) == 0 {
				entries = append(entries, Null)
			} else {
				entries = append(entries, Shown)
			}
		}
		idx[i] = place[k]
	}
	hide()
	if len(entries) == 0 {
		entries = append(entries, Hidden)
	}
	for i, s := range rows {
		if s == Hidden || s == Null && len(used) == 0 {
			idx[i] = g.hid.IntN(len(entries))
		} else if s == Null {
			idx[i] = place[used[0]]
		}
	}
	d := g.data(dt, rows, nullable, indexBytes(dt.IndexType, idx))
	d.SetDictionary(g.Array(dt.ValueType, entries, true))
	return d
}

func indexBytes(dt arrow.DataType, idx []int) []byte {
	width := dt.(arrow.FixedWidthDataType).Bytes()
	b := make([]byte, len(idx)*width)
	for i, x := range idx {
		for k := range min(width, 4) {
			b[i*width+k] = byte(x >> (8 * k))
		}
	}
	return b
}

func (g *Generator) runEnds(dt *arrow.RunEndEncodedType, rows []State) *array.Data {
	var ends []int
	var runs []State
	for i := 0; i < len(rows); {
		s, j := rows[i], i+1
		// Below the top, which rows are neighbours depends on hidden ones, so there each shown row is a run.
		for j < len(rows) && rows[j] == s && (s == Hidden || g.depth == 1) && g.source(s).IntN(3) > 0 {
			j++
		}
		ends, runs = append(ends, j), append(runs, s)
		i = j
	}
	var children []arrow.ArrayData
	children = append(children, array.NewData(dt.RunEnds(), len(ends), []*memory.Buffer{nil, memory.NewBufferBytes(indexBytes(dt.RunEnds(), ends))}, nil, 0, 0))
	children = append(children, g.Array(dt.Encoded(), runs, true))
	return array.NewData(dt, len(rows), []*memory.Buffer{nil}, children, 0, 0)
}

func (g *Generator) union(dt arrow.UnionType, rows []State) *array.Data {
	codes, of := make([]byte, len(rows)), make([]int, len(rows))
	for i, s := range rows {
		of[i] = g.source(s).IntN(len(dt.Fields()))
		codes[i] = byte(dt.TypeCodes()[of[i]])
	}
	buffers := []*memory.Buffer{nil, memory.NewBufferBytes(codes)}
	var children []arrow.ArrayData
	offs := make([]int, len(rows))
	for k, f := range dt.Fields() {
		var states []State
		if dt.Mode() == arrow.SparseMode {
			states = append(states, rows...)
			for i := range states {
				if of[i] != k {
					states[i] = Hidden
				}
			}
		} else {
			for range g.hid.IntN(3) {
				states = append(states, Hidden)
			}
			for i, s := range rows {
				if of[i] == k {
					offs[i] = len(states)
					states = append(states, s)
				}
			}
		}
		children = append(children, g.Array(f.Type, nullsOnlyIf(f.Nullable, states), f.Nullable))
	}
	if dt.Mode() == arrow.DenseMode {
		buffers = append(buffers, memory.NewBufferBytes(offsetsOf(false, offs)))
	}
	return array.NewData(dt, len(rows), buffers, children, 0, 0)
}

// nullsOnlyIf turns null rows into shown ones where the field has no nulls.
func nullsOnlyIf(nullable bool, rows []State) []State {
	out := append([]State(nil), rows...)
	for i, s := range out {
		if s == Null && !nullable {
			out[i] = Shown
		}
	}
	return out
}

// elements adds n elements of a row to a child's rows.
func (g *Generator) elements(states []State, s State, n int, nullable bool) []State {
	for range n {
		switch {
		case s == Hidden:
			states = append(states, Hidden)
		case nullable && s == Shown && g.vis.IntN(4) == 0:
			states = append(states, Null)
		default:
			states = append(states, Shown)
		}
	}
	return states
}

func (g *Generator) nested(dt arrow.NestedType, rows []State, nullable bool) *array.Data {
	elem := dt.Fields()
	buffers := []*memory.Buffer{g.validity(rows, nullable)}
	var children []arrow.ArrayData
	switch t := dt.(type) {
	case *arrow.StructType:
		for _, f := range elem {
			var states []State
			for _, s := range rows {
				states = g.elements(states, s, 1, f.Nullable)
			}
			children = append(children, g.Array(f.Type, states, f.Nullable))
		}
	case *arrow.FixedSizeListType:
		var states []State
		for _, s := range rows {
			states = g.elements(states, s, int(t.Len()), elem[0].Nullable)
		}
		children = append(children, g.Array(elem[0].Type, states, elem[0].Nullable))
	case *arrow.ListViewType, *arrow.LargeListViewType:
		large := dt.ID() == arrow.LARGE_LIST_VIEW
		var states []State
		starts, sizes := make([]int, len(rows)), make([]int, len(rows))
		last := -1 // the last shown row
		for i, s := range rows {
			states = g.elements(states, Hidden, g.hid.IntN(3), false)
			starts[i], sizes[i] = len(states), g.source(s).IntN(4)
			if s == Shown && last >= 0 && g.vis.IntN(3) == 0 { // shares another row's elements
				starts[i], sizes[i] = starts[last], sizes[last]
				continue
			}
			if s == Shown {
				last = i
			}
			states = g.elements(states, s, sizes[i], elem[0].Nullable)
		}
		buffers = append(buffers, memory.NewBufferBytes(offsetsOf(large, starts)), memory.NewBufferBytes(offsetsOf(large, sizes)))
		children = append(children, g.Array(elem[0].Type, states, elem[0].Nullable))
	default:
		states := g.elements(nil, Hidden, g.hid.IntN(3), false)
		o := []int{len(states)}
		for _, s := range rows {
			states = g.elements(states, s, g.source(s).IntN(4), elem[0].Nullable)
			o = append(o, len(states))
		}
		states = g.elements(states, Hidden, g.hid.IntN(3), false)
		buffers = append(buffers, memory.NewBufferBytes(offsetsOf(dt.ID() == arrow.LARGE_LIST, o)))
		children = append(children, g.Array(elem[0].Type, states, elem[0].Nullable))
	}
	return array.NewData(dt, len(rows), buffers, children, nullCount(buffers[0]), 0)
}
