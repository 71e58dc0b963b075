package masktest

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

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
