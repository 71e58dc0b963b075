package formula

import (
	"slices"
	"sort"

	"github.com/cubeward/cubeward/cube"
)

// cursor says which cells of space a program works on: n cells from lo on, or, where list is set, the cells
// list[lo:lo+n], which is sorted.
type cursor struct {
	space  cube.Space
	lo     uint64
	n      int
	list   []uint64
	items  [][]int32
	have   []bool // which of items are those of this block
	places []int
}

// rangeCursor goes over all cells of space.
func (s *session) rangeCursor(space cube.Space) *cursor {
	return &cursor{space: space, places: make([]int, min(uint64(s.block), space.Len()))}
}

// listCursor goes over the sorted cells of a list.
func (s *session) listCursor(space cube.Space, list []uint64) *cursor {
	n := len(space.Dims())
	return &cursor{space: space, list: list, items: make([][]int32, n), have: make([]bool, n), places: make([]int, min(s.block, len(list)))}
}

// room is the most cells that a block has.
func (cur *cursor) room() int { return len(cur.places) }

// move sets the block.
func (cur *cursor) move(lo uint64, n int) {
	cur.lo, cur.n = lo, n
	clear(cur.have)
}

func (cur *cursor) listed() bool { return cur.items != nil }

// cells are the cells of the block where they are listed.
func (cur *cursor) cells() []uint64 { return cur.list[cur.lo : cur.lo+uint64(cur.n)] }

// axis is the items of the block's cells along dimension d.
func (cur *cursor) axis(d int) []int32 {
	if !cur.have[d] {
		if cur.items[d] == nil {
			cur.items[d] = make([]int32, cur.room())
		}
		st, size := cur.space.Stride(d), uint64(cur.space.Dims()[d].Len())
		items := cur.items[d][:cur.n]
		switch {
		case d == 0:
			for i, c := range cur.cells() {
				items[i] = int32(c / st)
			}
		case st == 1:
			for i, c := range cur.cells() {
				items[i] = int32(c % size)
			}
		default:
			for i, c := range cur.cells() {
				items[i] = int32(c / st % size)
			}
		}
		cur.have[d] = true
	}
	return cur.items[d][:cur.n]
}

// reach is where the values for the cells of a cursor stand: offset plus item times stride for each dimension.
// Neighbouring dimensions that can be walked as one are one in sizes and steps (outermost first, at least one).
type reach struct {
	offset  int
	strides []int // by dimension of the cursor's space
	sizes   []uint64
	steps   []int
	direct  bool // the value of cell c is at offset + c
}

// newReach is how to find, from the cells of space, what stands at strides along dims.
func newReach(space cube.Space, dims []*cube.List, strides []int, offset int) reach {
	r := reach{offset: offset, strides: make([]int, len(space.Dims()))}
	for i, d := range dims {
		if a := space.Axis(d); a >= 0 {
			r.strides[a] = strides[i]
		}
	}
	for i, d := range space.Dims() {
		n, step := uint64(d.Len()), r.strides[i]
		last := len(r.sizes) - 1
		switch {
		case n == 1:
		case last >= 0 && r.steps[last] == step*int(n):
			r.sizes[last], r.steps[last] = r.sizes[last]*n, step
		default:
			r.sizes, r.steps = append(r.sizes, n), append(r.steps, step)
		}
	}
	if len(r.sizes) == 0 {
		r.sizes, r.steps = []uint64{1}, []int{1}
	}
	r.direct = len(r.sizes) == 1 && r.steps[0] == 1
	return r
}

// runs calls yield for each run of the cells lo … lo+n: m cells from at on (counted from lo) whose values stand step
// apart from place on.
func (r *reach) runs(lo uint64, n int, yield func(at, m, place, step int)) {
	last := len(r.sizes) - 1
	var items [2*cube.MaxDimensions + 1]uint64 // a mapping may have dimensions of its own
	place, rest := r.offset, lo
	for i := last; i >= 0; i-- {
		items[i] = rest % r.sizes[i]
		rest /= r.sizes[i]
		place += int(items[i]) * r.steps[i]
	}
	step := r.steps[last]
	for at := 0; at < n; {
		m := int(min(uint64(n-at), r.sizes[last]-items[last]))
		yield(at, m, place, step)
		at += m
		place += m * step
		items[last] += uint64(m)
		for i := last; i > 0 && items[i] == r.sizes[i]; i-- {
			place += r.steps[i-1] - int(r.sizes[i])*r.steps[i]
			items[i] = 0
			items[i-1]++
		}
	}
}

// find writes the places of the cursor's cells.
func (r *reach) find(cur *cursor, out []int) {
	if !cur.listed() {
		r.runs(cur.lo, cur.n, func(at, m, place, step int) {
			for i := at; i < at+m; i++ {
				out[i] = place
				place += step
			}
		})
		return
	}
	fillWith(out[:cur.n], r.offset)
	for d, s := range r.strides {
		if s == 0 {
			continue
		}
		for i, item := range cur.axis(d) {
			out[i] += int(item) * s
		}
	}
}

// load copies the values of the cursor's cells from src to out, or gives the window of src that holds them.
func (r *reach) load(cur *cursor, src, out lane) lane {
	switch {
	case cur.listed():
		r.find(cur, cur.places)
		out.gather(src, cur.places[:cur.n])
	case r.direct:
		at := r.offset + int(cur.lo)
		return src.window(at, at+cur.n)
	case out.num != nil:
		loadRuns(r, cur, src.num, out.num)
	case out.ints != nil:
		loadRuns(r, cur, src.ints, out.ints)
	default:
		loadRuns(r, cur, src.bytes, out.bytes)
	}
	return out.window(0, cur.n)
}

func loadRuns[T any](r *reach, cur *cursor, src, out []T) {
	r.runs(cur.lo, cur.n, func(at, m, place, step int) {
		run := out[at : at+m]
		switch step {
		case 0:
			fillWith(run, src[place])
		case 1:
			copy(run, src[place:place+m])
		default:
			for i := range run {
				run[i] = src[place]
				place += step
			}
		}
	})
}

// sparseReach finds the values of a sparse column from the cells of a cursor.
type sparseReach struct {
	column *column
	same   bool // the cursor's space is the column's
	reach  reach
}

func newSparseReach(space cube.Space, c *column) *sparseReach {
	r := &sparseReach{column: c, same: slices.Equal(space.Dims(), c.dims)}
	if !r.same {
		r.reach = newReach(space, c.dims, stridesIn(c.space, c.dims), 0)
	}
	return r
}

// load writes the values of the cursor's cells: those of base where the column keeps none.
func (r *sparseReach) load(cur *cursor, base, out lane) lane {
	c := r.column
	if cur.listed() && r.same && sameCells(cur.list, c.cells) {
		return c.vals.window(int(cur.lo), int(cur.lo)+cur.n)
	}
	out.copyFrom(0, base, 0, cur.n)
	switch {
	case !cur.listed():
		hi := cur.lo + uint64(cur.n)
		for i := searchCells(c.cells, cur.lo); i < len(c.cells) && c.cells[i] < hi; i++ {
			out.copyFrom(int(c.cells[i]-cur.lo), c.vals, i, 1)
		}
	case r.same:
		r.walk(cur, out)
	default:
		r.reach.find(cur, cur.places)
		for k, cell := range cur.places[:cur.n] {
			r.pick(k, uint64(cell), out)
		}
	}
	return out.window(0, cur.n)
}

func (r *sparseReach) pick(k int, cell uint64, out lane) {
	if i, ok := slices.BinarySearch(r.column.cells, cell); ok {
		out.copyFrom(k, r.column.vals, i, 1)
	}
}

// walk goes through the sorted cells of cursor and column side by side.
func (r *sparseReach) walk(cur *cursor, out lane) {
	want := cur.cells()
	have := r.column.cells
	at := searchCells(have, want[0])
	end := at + searchCells(have[at:], want[len(want)-1]+1)
	have = have[at:end]
	if len(have) > 16*len(want) {
		for k, cell := range want {
			r.pick(k, cell, out)
		}
		return
	}
	for i, k := 0, 0; i < len(have); i++ {
		for k < len(want) && want[k] < have[i] {
			k++
		}
		if k < len(want) && want[k] == have[i] {
			out.copyFrom(k, r.column.vals, at+i, 1)
		}
	}
}

// searchCells is the place of the first of cells that is at least cell.
func searchCells(cells []uint64, cell uint64) int {
	return sort.Search(len(cells), func(i int) bool { return cells[i] >= cell })
}
