package masktest

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

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
