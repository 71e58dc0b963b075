package main

import (
	"iter"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// runLength is how many cells one step of a walk over rights holds at most.
const runLength = 4096

// rightsRun is some neighbouring cells of a block: the items of all dimensions but the last, and from first on the
// items of the last. A block without dimensions has one run of one cell.
type rightsRun struct {
	outer       []cube.ItemID
	first       cube.ItemID
	read, write []bool
}

// rightsRuns are the cells of a block in cell order. The run belongs to the walk: it is good until the next one.
func rightsRuns(space cube.Space, readable, writable []engine.Table) iter.Seq[*rightsRun] {
	return func(yield func(*rightsRun) bool) {
		if space.Len() == 0 {
			return
		}
		dims := space.Dims()
		outer, last := dims, 1
		if len(dims) > 0 {
			outer, last = dims[:len(dims)-1], dims[len(dims)-1].Len()
		}
		n := min(last, runLength)
		run := &rightsRun{outer: make([]cube.ItemID, len(outer))}
		read, write := make([]bool, n), make([]bool, n)
		readers, writers := cursors(dims, readable), cursors(dims, writable)
		for {
			for first := 0; first < last; first += n {
				n := min(n, last-first)
				run.first, run.read, run.write = cube.ItemID(first), read[:n], write[:n]
				decide(readers, run.outer, first, run.read)
				decide(writers, run.outer, first, run.write)
				if !yield(run) {
					return
				}
			}
			if !advance(run.outer, outer) {
				return
			}
		}
	}
}

// advance steps items to the next ones in cell order; false past the end.
func advance(items []cube.ItemID, dims []*cube.List) bool {
	for i := len(items) - 1; i >= 0; i-- {
		items[i]++
		if int(items[i]) < dims[i].Len() {
			return true
		}
		items[i] = 0
	}
	return false
}

// cursor reads one table of rights at items of the block.
type cursor struct {
	bits    []uint64
	strides []uint64 // by dimension of the block, 0 where the table lacks it
}

func cursors(dims []*cube.List, tables []engine.Table) []cursor {
	out := make([]cursor, len(tables))
	for i, t := range tables {
		c := cursor{bits: t.Bits, strides: make([]uint64, len(dims))}
		stride := uint64(1)
		for k := len(t.Axes) - 1; k >= 0; k-- {
			c.strides[t.Axes[k]] = stride
			stride *= uint64(dims[t.Axes[k]].Len())
		}
		out[i] = c
	}
	return out
}

// decide sets out to the AND of the tables at outer and the items of the last dimension from first on.
func decide(tables []cursor, outer []cube.ItemID, first int, out []bool) {
	for i := range out {
		out[i] = true
	}
	for _, t := range tables {
		var at, step uint64
		for i, item := range outer {
			at += uint64(item) * t.strides[i]
		}
		if len(t.strides) > len(outer) {
			step = t.strides[len(outer)]
		}
		at += uint64(first) * step
		for i := range out {
			out[i] = out[i] && t.bits[at>>6]>>(at&63)&1 == 1
			at += step
		}
	}
}

// cellValues are the cells of a column that are not BLANK, in cell order.
func cellValues(c *cube.Column) iter.Seq2[uint64, cube.Value] {
	return func(yield func(uint64, cube.Value) bool) {
		vec, cells := c.Vector(), c.Cells()
		switch c.Form() {
		case cube.Constant:
			v := vec.Value(0)
			for cell := uint64(0); !v.IsBlank() && cell < c.Space().Len(); cell++ {
				if !yield(cell, v) {
					return
				}
			}
		case cube.Dense:
			for i := range vec.N {
				if !vec.Blank(i) && !yield(uint64(i), vec.Value(i)) {
					return
				}
			}
		case cube.Sparse:
			for i, cell := range cells {
				if !vec.Blank(i) && !yield(cell, vec.Value(i)) {
					return
				}
			}
		}
	}
}
