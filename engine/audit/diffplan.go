package audit

import (
	"cmp"
	"math"
	"slices"
)

// plan takes tables apart by the axes that they have left, and notes the order in which each meets its axes.
func (w *walker) plan(tables []int, left, met [][]int) *part {
	if len(tables) == 0 {
		return &part{loop: -1, cells: 1}
	}
	if groups := apart(tables, left); len(groups) != 1 {
		out := &part{loop: -1}
		for _, g := range groups {
			out.parts = append(out.parts, w.plan(g, left, met))
		}
		slices.SortStableFunc(out.parts, func(a, b *part) int { return cmp.Compare(len(a.parts), len(b.parts)) })
		return out
	}
	axes := left[tables[0]]
	if !slices.ContainsFunc(tables, func(t int) bool { return !slices.Equal(left[t], axes) }) {
		out := &part{loop: -1, axes: axes, cells: 1, tables: tables}
		for _, a := range axes {
			out.cells *= uint64(w.sizes[a])
		}
		for _, t := range tables {
			met[t] = append(met[t], axes...)
		}
		return out
	}
	out := &part{loop: w.cheapest(tables, left)}
	for _, t := range tables {
		if i := slices.Index(left[t], out.loop); i >= 0 {
			left[t] = slices.Delete(slices.Clone(left[t]), i, i+1)
			met[t] = append(met[t], out.loop)
			out.tables = append(out.tables, t)
		}
	}
	out.parts = []*part{w.plan(tables, left, met)}
	return out
}

// apart groups tables that share an axis, directly or over others.
func apart(tables []int, left [][]int) [][]int {
	var groups [][]int
	for _, t := range tables {
		one := []int{t}
		groups = slices.DeleteFunc(groups, func(g []int) bool {
			for _, o := range g {
				if slices.ContainsFunc(left[o], func(a int) bool { return slices.Contains(left[t], a) }) {
					one = append(one, g...)
					return true
				}
			}
			return false
		})
		slices.Sort(one)
		groups = append(groups, one)
	}
	return groups
}

// cheapest is the axis to go through: the one that leaves the least to do, as far as one look ahead tells.
func (w *walker) cheapest(tables []int, left [][]int) int {
	best, least := -1, math.Inf(1)
	for a, size := range w.sizes {
		without, has := make([][]int, len(left)), false
		for _, t := range tables {
			i := slices.Index(left[t], a)
			without[t] = left[t]
			if i >= 0 {
				has = true
				without[t] = slices.Delete(slices.Clone(left[t]), i, i+1)
			}
		}
		if !has {
			continue
		}
		work := 0.0
		for _, g := range apart(tables, without) {
			work += w.work(g, without)
		}
		if work *= float64(size); work < least {
			best, least = a, work
		}
	}
	return best
}

// work is about how much there is to do for tables that share axes: 64 cells at once where all have the same.
func (w *walker) work(tables []int, left [][]int) float64 {
	var axes []int
	same := true
	for _, t := range tables {
		axes = append(axes, left[t]...)
		same = same && slices.Equal(left[t], left[tables[0]])
	}
	slices.Sort(axes)
	n := 1.0
	for _, a := range slices.Compact(axes) {
		n *= float64(w.sizes[a])
	}
	if same {
		return 1 + n/64
	}
	return 1 + n
}
