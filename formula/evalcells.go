package formula

import (
	"cmp"
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// Sets of cells are sorted slices of distinct cell numbers. They are never changed once made, so columns share them.

// stridesIn is, for each of dims, its stride in space, 0 where it does not stand there.
func stridesIn(space cube.Space, dims []*cube.List) []int {
	out := make([]int, len(dims))
	for i, d := range dims {
		if a := space.Axis(d); a >= 0 {
			out[i] = int(space.Stride(a))
		}
	}
	return out
}

// translate adds up, for a cell of space, its items times strides, one for each dimension.
func translate(space cube.Space, cell uint64, strides []int) uint64 {
	var out uint64
	for i, s := range strides {
		st := space.Stride(i)
		q := cell / st
		out += q * uint64(s)
		cell -= q * st
	}
	return out
}

// recode numbers cells of one space as cells of another with the same dimensions in another order, sorted; order
// says where each came from, nil where nothing moved.
func recode(cells []uint64, from, to cube.Space) (out []uint64, order []int) {
	if slices.Equal(from.Dims(), to.Dims()) {
		return cells, nil
	}
	strides := stridesIn(to, from.Dims())
	out = make([]uint64, len(cells))
	for i, c := range cells {
		out[i] = translate(from, c, strides)
	}
	if slices.IsSorted(out) {
		return out, nil
	}
	return sortedWith(out)
}

// sortedWith sorts numbers and says where each came from. Equal numbers keep their order.
func sortedWith(cells []uint64) (out []uint64, order []int) {
	type numbered struct {
		cell uint64
		at   int
	}
	pairs := make([]numbered, len(cells))
	for i, c := range cells {
		pairs[i] = numbered{c, i}
	}
	slices.SortFunc(pairs, func(a, b numbered) int {
		return cmp.Or(cmp.Compare(a.cell, b.cell), cmp.Compare(a.at, b.at))
	})
	out, order = make([]uint64, len(cells)), make([]int, len(cells))
	for i, p := range pairs {
		out[i], order[i] = p.cell, p.at
	}
	return out, order
}

// spreadCount is how many cells of to lie over n cells of a space that has only dims of its dimensions.
func spreadCount(n int, dims []*cube.List, to cube.Space) float64 {
	return float64(n) * cellCount(withoutDims(to.Dims(), dims))
}

// spreadCells is the cells of to that lie over cells of from, whose dimensions are some of those of to.
func spreadCells(cells []uint64, from, to cube.Space) []uint64 {
	extra := withoutDims(to.Dims(), from.Dims())
	if len(extra) == 0 {
		return cells
	}
	over, err := cube.NewSpace(extra...)
	if err != nil || over.Len() == 0 {
		return nil // to, which has more cells, could be numbered
	}
	offsets := make([]uint64, over.Len())
	strides := stridesIn(to, extra)
	for i := range offsets {
		offsets[i] = translate(over, uint64(i), strides)
	}
	moved := make([]uint64, len(cells))
	strides = stridesIn(to, from.Dims())
	for i, c := range cells {
		moved[i] = translate(from, c, strides)
	}
	// Cells that agree in the dimensions before the first of extra stay together: so what comes out is sorted, unless
	// dimensions of from stand between those of extra.
	group := to.Len()
	for i, d := range to.Dims() {
		if slices.Contains(extra, d) {
			break
		}
		group = to.Stride(i)
	}
	out := make([]uint64, 0, len(moved)*len(offsets))
	for lo, hi := 0, 0; lo < len(moved); lo = hi {
		end := (moved[lo]/group + 1) * group
		for hi = lo; hi < len(moved) && moved[hi] < end; {
			hi++
		}
		for _, o := range offsets {
			for _, c := range moved[lo:hi] {
				out = append(out, c+o)
			}
		}
	}
	if !slices.IsSorted(out) {
		slices.Sort(out)
	}
	return out
}

// mergeCells is the cells of a or b.
func mergeCells(a, b []uint64) []uint64 {
	if sameCells(a, b) || len(b) == 0 {
		return a
	}
	if len(a) == 0 {
		return b
	}
	out := make([]uint64, 0, len(a)+len(b))
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		x, y := a[i], b[j]
		out = append(out, min(x, y))
		if x <= y {
			i++
		}
		if y <= x {
			j++
		}
	}
	out = append(out, a[i:]...)
	return append(out, b[j:]...)
}

// sameCells says whether two sets are one and the same slice.
func sameCells(a, b []uint64) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}
