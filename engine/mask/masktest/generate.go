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
