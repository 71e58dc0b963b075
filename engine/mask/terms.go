package mask

import "slices"

// A term is a condition over several item columns, as a set of cells; lanes with the same condition share it. Terms
// over the same columns share the numbers of their rows' cells, a grid's, which then look up bits like codes of one column.

// axis is an item column in a grid: an item's offset is item·stride, and base once for the grid.
type axis struct {
	column       int
	base, stride uint32
}

// grid numbers cells over several item columns: a cell is the sum of its items' offsets.
type grid struct {
	axes  []int // numbers of Masker.axes
	terms []term
}

// term is a set of cells of a grid, and the lanes that ask whether a row's cell is in it.
type term struct {
	table   bitTable
	lanes   []int
	couples []*couple // by lane: what may answer in the term's place, or nil
}

// bindTerms makes the terms of all lanes' conditions over several columns.
func (m *Masker) bindTerms() {
	m.groupOf = slices.Repeat([]int{-1}, len(m.lanes))
	for k := range m.groups {
		for _, id := range m.groups[k].lanes {
			m.groupOf[id] = k
		}
	}
	for id := range m.lanes {
		if m.lanes[id].never {
			continue
		}
		for i := range m.lanes[id].coupled {
			m.addTerm(&m.lanes[id].coupled[i], id)
		}
	}
}

func (m *Masker) addTerm(c *condition, lane int) {
	var axes []int
	for k, column := range c.columns {
		a := axis{column: column, stride: uint32(c.strides[k])}
		if k == 0 {
			a.base = uint32(c.base)
		}
		axes = append(axes, m.axis(a))
	}
	g := slices.IndexFunc(m.grids, func(g grid) bool { return slices.Equal(g.axes, axes) })
	if g < 0 {
		g = len(m.grids)
		m.grids = append(m.grids, grid{axes: axes})
	}
	terms := &m.grids[g].terms
	for i := range *terms {
		if sameBits((*terms)[i].table.bits, c.bits) {
			t := &(*terms)[i]
			t.lanes, t.couples = append(t.lanes, lane), append(t.couples, c.couple)
			return
		}
	}
	*terms = append(*terms, term{bitTable{c.bits, 64 * len(c.bits)}, []int{lane}, []*couple{c.couple}})
}

// axis numbers an axis; equal ones once.
func (m *Masker) axis(a axis) int {
	if i := slices.Index(m.axes, a); i >= 0 {
		return i
	}
	m.axes = append(m.axes, a)
	return len(m.axes) - 1
}

func sameBits(a, b []uint64) bool { return len(a) == len(b) && (&a[0] == &b[0] || slices.Equal(a, b)) }

// decideGrid clears the bits of the stretch's rows whose cell a term of the grid lacks. It is false where an index is
// outside its dictionary.
func (x *stretch) decideGrid(g *grid) bool {
	cells := room(&x.s.cells, x.hi-x.lo)
	var fixed uint32 // what fixed dimensions add, and columns that hold one item
	filled := false
	for _, a := range g.axes {
		v := &x.s.views[x.m.axes[a].column]
		fixed += x.m.axes[a].base
		if v.alike {
			fixed += v.offsets(a).of[v.code]
			continue
		}
		v.checked = true
		codes, offsets := x.codes(a)
		if !filled && !codes.setCells(cells, &offsets) || filled && !codes.addToCells(cells, &offsets) {
			return false
		}
		filled = true
	}
	if !filled {
		x.decideCell(g, fixed)
		return true
	}
	if fixed != 0 {
		for i := range cells {
			cells[i] += fixed
		}
	}
	for i := range g.terms {
		if !x.decideTerm(&g.terms[i], cells) {
			return false
		}
	}
	return true
}

// codes are those of the stretch's rows along an axis, and what they add to a cell.
func (x *stretch) codes(axis int) (codes, steps) {
	col := x.m.axes[axis].column
	v := &x.s.views[col]
	if v.codes.none() { // a run of the chunk, which nobody wrote out
		out := room(&x.s.codes[col], x.to-x.from)
		for i := range out {
			out[i] = v.code
		}
		v.codes = codesOf(out)
	}
	return v.codes.cut(x.lo-x.from, x.hi-x.from), v.offsets(axis)
}

// decideCell answers the terms of a grid where all rows are of one cell.
func (x *stretch) decideCell(g *grid, cell uint32) {
	for i := range g.terms {
		if hasBit(g.terms[i].table.bits, int(cell)) {
			continue
		}
		for _, lane := range g.terms[i].lanes {
			clear(x.words(x.d.lanes[lane]))
		}
	}
}

// decideTerm clears the bits of rows, in the lanes that ask, whose cell the term lacks.
func (x *stretch) decideTerm(t *term, cells []uint32) bool {
	if len(t.lanes) == 1 {
		return andBits(x.words(x.d.lanes[t.lanes[0]]), cells, t.table, x.s.bytes)
	}
	words := x.s.words[:wordsFor(len(cells))]
	fill(words, len(cells))
	if !andBits(words, cells, t.table, x.s.bytes) {
		return false
	}
	for _, id := range t.lanes {
		lane := x.words(x.d.lanes[id])
		for i, w := range words {
			lane[i] &= w
		}
	}
	return true
}

// decideCouple clears the bits of the stretch's rows whose pair of items the couple lacks; keep loses those that no row
// has. It is false where an index is outside its dictionary.
func (x *stretch) decideCouple(c *couple, rows []byte, keep *byte) bool {
	a, b := &x.s.views[c.columns[0]], &x.s.views[c.columns[1]]
	if a.alike && b.alike {
		*keep &= c.table[a.offsets(c.axes[0]).of[a.code]+b.offsets(c.axes[1]).of[b.code]]
		return true
	}
	a.checked, b.checked = true, true
	p, po := x.codes(c.axes[0])
	q, qo := x.codes(c.axes[1])
	return p.andCouple(rows, po.of, &q, qo.of, c.table)
}
