package mask

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/cubeward/cubeward/cube"
)

// itemLayouts makes columns of a list's items in any layout that names them, or counts them, nested twice at most: plain
// values, dictionaries with entries that are null, repeated, unused or no items, runs; each a window of a wider array.
type itemLayouts struct {
	rng   *rand.Rand
	list  *cube.List
	index bool // positions
}

// itemType is a type that can hold items of the list; rows bounds how many.
func (g *itemLayouts) itemType(depth, rows int) arrow.DataType {
	indexes := []arrow.DataType{
		arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Uint16,
		arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Uint64,
	}
	if 2*g.list.Len()+20 < 127 {
		indexes = append(indexes, arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Uint8)
	}
	index := indexes[g.rng.IntN(len(indexes))]
	if !g.index && depth < 2 {
		switch g.rng.IntN(5) {
		case 0, 1:
			return &arrow.DictionaryType{IndexType: index, ValueType: g.itemType(depth+1, 300), Ordered: g.rng.IntN(4) == 0}
		case 2:
			ends := []arrow.DataType{arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64}
			if rows < 30_000 {
				ends = append(ends, arrow.PrimitiveTypes.Int16)
			}
			return arrow.RunEndEncodedOf(ends[g.rng.IntN(len(ends))], g.itemType(depth+1, rows))
		}
	}
	plain := []arrow.DataType{arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.StringView}
	whole := append(indexes[:6:6], arrow.PrimitiveTypes.Int8)
	if g.list.Len() < 200 { // else every number may stand for an item
		whole = append(whole, arrow.PrimitiveTypes.Uint8)
	}
	switch {
	case g.index:
		plain = whole
	case g.list.Name == "Numbers":
		plain = append(plain, whole...)
	case g.list.Name == "Days":
		plain = append(plain, arrow.FixedWidthTypes.Date32)
	}
	return plain[g.rng.IntN(len(plain))]
}

// leaf is the type that values of dt have in the end.
func leaf(dt arrow.DataType) arrow.DataType {
	switch t := dt.(type) {
	case *arrow.DictionaryType:
		return leaf(t.ValueType)
	case *arrow.RunEndEncodedType:
		return leaf(t.Encoded())
	}
	return dt
}

// number is how an item stands in a column of numbers; false where it cannot.
func (g *itemLayouts) number(dt arrow.DataType, item int) (uint64, bool) {
	if g.index {
		return uint64(item), fitsNumber(dt, uint64(item), false)
	}
	name := g.list.Item(cube.ItemID(item))
	if dt.ID() == arrow.DATE32 {
		days, err := cube.ParseDate(name)
		return uint64(int64(days)), err == nil
	}
	if v, err := strconv.ParseInt(name, 10, 64); err == nil && strconv.FormatInt(v, 10) == name {
		return uint64(v), fitsNumber(dt, uint64(v), v < 0)
	}
	v, err := strconv.ParseUint(name, 10, 64)
	return v, err == nil && strconv.FormatUint(v, 10) == name && fitsNumber(dt, v, false)
}

func fitsNumber(dt arrow.DataType, v uint64, negative bool) bool {
	bits := 8 * dt.(arrow.FixedWidthDataType).Bytes()
	if arrow.IsSignedInteger(dt.ID()) {
		if negative {
			return int64(v) >= -1<<(bits-1)
		}
		return v < 1<<(bits-1)
	}
	return !negative && (bits == 64 || v < 1<<bits)
}

func isText(dt arrow.DataType) bool {
	return dt.ID() == arrow.STRING || dt.ID() == arrow.LARGE_STRING || dt.ID() == arrow.STRING_VIEW
}

// nameable are the items that a column of the type can hold.
func (g *itemLayouts) nameable(dt arrow.DataType) []int {
	var out []int
	for i := range g.list.Len() {
		ok := isText(dt)
		if !ok {
			_, ok = g.number(dt, i)
		}
		if ok {
			out = append(out, i)
		}
	}
	return out
}

// text is a name, or one that is near to an item's and is none.
func (g *itemLayouts) text(item int) string {
	if item >= 0 {
		return g.list.Item(cube.ItemID(item))
	}
	near := "no item of it"
	if n := g.list.Len(); n > 0 {
		near = g.list.Item(cube.ItemID(g.rng.IntN(n)))
	}
	for _, x := range []string{near + " ", " " + near, near + "\x00", near[:len(near)-1], near + near, "\ufeff" + near, "", "ａ" + near}[g.rng.IntN(8):] {
		if _, ok := g.list.Find(x); !ok {
			return x
		}
	}
	return "no item of it at all"
}

// strange is a number that stands for no item.
func (g *itemLayouts) strange(dt arrow.DataType) uint64 {
	known := map[uint64]bool{}
	for i := range g.list.Len() {
		if v, ok := g.number(dt, i); ok {
			known[v] = true
		}
	}
	bits := 8 * dt.(arrow.FixedWidthDataType).Bytes()
	tries := []uint64{math.MaxUint64, uint64(g.list.Len()), uint64(g.list.Len() + 1), 1 << (bits - 1), 1<<(bits-1) - 1, 200, 100, g.rng.Uint64()}
	g.rng.Shuffle(len(tries), func(i, j int) { tries[i], tries[j] = tries[j], tries[i] })
	for v := uint64(0); ; v++ {
		tries = append(tries, v)
		x := tries[0]
		tries = tries[1:]
		wide := x << (64 - bits) >> (64 - bits)
		if arrow.IsSignedInteger(dt.ID()) || dt.ID() == arrow.DATE32 {
			wide = uint64(int64(x<<(64-bits)) >> (64 - bits))
		}
		if !known[wide] {
			return wide
		}
	}
}

// column is a window of an array that holds the items.
func (g *itemLayouts) column(dt arrow.DataType, items []int) *array.Data {
	front, back := g.rng.IntN(12), g.rng.IntN(12)
	can := append(g.nameable(leaf(dt)), someoneElse, nothing)
	all := make([]int, 0, front+len(items)+back)
	for range front {
		all = append(all, can[g.rng.IntN(len(can))])
	}
	all = append(all, items...)
	for range back {
		all = append(all, can[g.rng.IntN(len(can))])
	}
	return array.NewSliceData(g.layout(dt, all), int64(front), int64(front+len(items))).(*array.Data)
}

func (g *itemLayouts) layout(dt arrow.DataType, items []int) *array.Data {
	switch t := dt.(type) {
	case *arrow.DictionaryType:
		return g.dictionary(t, items)
	case *arrow.RunEndEncodedType:
		return g.runs(t, items)
	}
	buffers := []*memory.Buffer{g.validity(items)}
	if isText(dt) {
		buffers = append(buffers, g.texts(dt, items)...)
	} else {
		buffers = append(buffers, memory.NewBufferBytes(g.numbers(dt, items)))
	}
	return array.NewData(dt, len(items), buffers, nil, nullCount(buffers[0], items), 0)
}

func nullCount(valid *memory.Buffer, items []int) int {
	if valid == nil {
		return 0
	}
	if len(items)%2 == 0 {
		return array.UnknownNullCount
	}
	n := 0
	for _, item := range items {
		if item == nothing {
			n++
		}
	}
	return n
}

func (g *itemLayouts) validity(items []int) *memory.Buffer {
	if !slices.Contains(items, nothing) && g.rng.IntN(2) == 0 {
		return nil
	}
	b := make([]byte, (len(items)+7)/8+g.rng.IntN(3))
	for i := range b {
		b[i] = byte(g.rng.Uint32())
	}
	for i, item := range items {
		b[i/8] |= 1 << (i % 8)
		if item == nothing {
			b[i/8] &^= 1 << (i % 8)
		}
	}
	return memory.NewBufferBytes(b)
}

// under is what lies under a null: as often as not an item.
func (g *itemLayouts) under(item int) int {
	if n := g.list.Len(); item == nothing && n > 0 {
		return g.rng.IntN(n)
	}
	return item
}

func (g *itemLayouts) texts(dt arrow.DataType, items []int) []*memory.Buffer {
	if dt.ID() == arrow.STRING_VIEW {
		return g.views(items)
	}
	b := []byte("front"[:g.rng.IntN(6)])
	offsets := []int{len(b)}
	for _, item := range items {
		b = append(b, g.text(g.under(item))...)
		offsets = append(offsets, len(b))
	}
	b = append(b, "behind"[:g.rng.IntN(7)]...)
	var o []byte
	for _, x := range offsets {
		if dt.ID() == arrow.STRING {
			o = binary.NativeEndian.AppendUint32(o, uint32(x))
		} else {
			o = binary.NativeEndian.AppendUint64(o, uint64(x))
		}
	}
	return []*memory.Buffer{memory.NewBufferBytes(o), memory.NewBufferBytes(b)}
}

func (g *itemLayouts) views(items []int) []*memory.Buffer {
	headers := make([]arrow.ViewHeader, len(items))
	data := make([][]byte, 3)
	seen := map[string][2]int{}
	for i, item := range items {
		v := g.text(g.under(item))
		headers[i].SetBytes([]byte(v))
		if headers[i].IsInline() {
			continue
		}
		at, ok := seen[v]
		if !ok || g.rng.IntN(3) == 0 {
			k := g.rng.IntN(3)
			data[k] = append(data[k], "gap"[:g.rng.IntN(4)]...)
			at = [2]int{k, len(data[k])}
			data[k] = append(data[k], v...)
			seen[v] = at
		}
		headers[i].SetIndexOffset(int32(at[0]), int32(at[1]))
		if item == nothing && g.rng.IntN(2) == 0 {
			headers[i].SetIndexOffset(77, 1<<30) // the header of a null may be anything
		}
	}
	out := []*memory.Buffer{memory.NewBufferBytes(arrow.ViewHeaderTraits.CastToBytes(headers))}
	for _, b := range data {
		out = append(out, memory.NewBufferBytes(b))
	}
	return out
}

func (g *itemLayouts) numbers(dt arrow.DataType, items []int) []byte {
	width := dt.(arrow.FixedWidthDataType).Bytes()
	var b []byte
	for _, item := range items {
		var v uint64
		ok := false
		if item = g.under(item); item >= 0 {
			v, ok = g.number(dt, item)
		}
		if !ok {
			v = g.strange(dt)
		}
		b = append(b, binary.LittleEndian.AppendUint64(nil, v)[:width]...)
	}
	return b
}

// dictionary writes entries in any order, some twice, some for nothing, and some that no row uses.
func (g *itemLayouts) dictionary(dt *arrow.DictionaryType, items []int) *array.Data {
	entries := slices.Clone(items)
	slices.Sort(entries)
	entries = slices.Compact(entries)
	can := append(g.nameable(leaf(dt.ValueType)), someoneElse, nothing)
	for range g.rng.IntN(8) {
		entries = append(entries, can[g.rng.IntN(len(can))])
	}
	if len(entries) == 0 {
		entries = append(entries, someoneElse)
	}
	if w := dt.IndexType.(arrow.FixedWidthDataType).Bytes(); w > 2 && len(items) < 3000 && g.rng.IntN(12) == 0 {
		for range 1200 + 4*len(items) { // far longer than its rows
			entries = append(entries, can[g.rng.IntN(len(can))])
		}
	}
	g.rng.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
	places := map[int][]int{}
	for k, item := range entries {
		places[item] = append(places[item], k)
	}
	nulls := make([]int, len(items)) // nothing where the index is null
	width := dt.IndexType.(arrow.FixedWidthDataType).Bytes()
	var b []byte
	for i, item := range items {
		at := places[item]
		k := uint64(at[g.rng.IntN(len(at))])
		if item == nothing && g.rng.IntN(2) == 0 {
			nulls[i], k = nothing, g.rng.Uint64() // an index that is null may be anything
		}
		b = append(b, binary.LittleEndian.AppendUint64(nil, k)[:width]...)
	}
	valid := g.validity(nulls)
	d := array.NewData(dt, len(items), []*memory.Buffer{valid, memory.NewBufferBytes(b)}, nil, nullCount(valid, nulls), 0)
	d.SetDictionary(g.column(dt.ValueType, entries))
	return d
}

func (g *itemLayouts) runs(dt *arrow.RunEndEncodedType, items []int) *array.Data {
	width := dt.RunEnds().(arrow.FixedWidthDataType).Bytes()
	var ends []byte
	var runs []int
	for i := 0; i < len(items); {
		j := i + 1
		for j < len(items) && items[j] == items[i] && g.rng.IntN(20) > 0 {
			j++
		}
		ends = append(ends, binary.LittleEndian.AppendUint64(nil, uint64(j))[:width]...)
		runs = append(runs, items[i])
		i = j
	}
	children := []arrow.ArrayData{
		array.NewData(dt.RunEnds(), len(runs), []*memory.Buffer{nil, memory.NewBufferBytes(ends)}, nil, 0, 0),
		g.column(dt.Encoded(), runs),
	}
	return array.NewData(dt, len(items), []*memory.Buffer{nil}, children, 0, 0)
}
