package mask

import (
	"slices"
	"sync"
	"sync/atomic"
)

// A laneTable is the answer of a lane for every cell of the columns that its conditions are about: what a row then costs
// does not depend on how many conditions there are. It is made when the rows seen so far would have paid for it.
type laneTable struct {
	axes   []int
	dense  denseTable // the sizes of the columns; it has no bits
	conds  []condition
	cells  int
	saving int // by row, in steps
	cost   int // of making it, in steps

	seen atomic.Int64 // rows that were decided without it
	once sync.Once
	made atomic.Bool
	bits []uint64
}

// The cost rule counts steps: what a loop over rows takes for one of them, a quarter of a nanosecond where it was
// measured. A row's way through conditions over two columns takes coupleSteps by a table of bytes, and for more one step a column
// and one for the bit; a condition on one column singleSteps of two. A table takes one step a column and one for the bit, or farSteps
// where it outgrows the second cache, and is never made where it would outgrow the third. To make it takes, for each
// condition, stretchSteps for each stretch of rows that fare alike, and wordSteps for 64 cells.
const (
	coupleSteps  = 2
	farSteps     = 3
	stretchSteps = 40
	wordSteps    = 4
	nearCells    = 1 << 22
	maxCells     = 1 << 26
)

// bindTables prepares tables for the lanes that more conditions ask about than a table takes steps.
func (m *Masker) bindTables() {
	m.tables = make([]*laneTable, len(m.lanes))
	for i := range m.lanes {
		if l := &m.lanes[i]; !l.never && len(l.coupled) > 0 {
			m.tables[i] = m.newTable(l)
		}
	}
}

// newTable is nil where the lane has no use for a table.
func (m *Masker) newTable(l *lane) *laneTable {
	t := &laneTable{conds: slices.Concat(l.folded, l.coupled), cells: 1}
	var columns []int
	steps := len(l.folded) / 2
	for _, c := range t.conds {
		columns = append(columns, c.columns...)
		if n := len(c.columns); n == 2 && !m.wide {
			steps += coupleSteps
		} else if n > 1 {
			steps += n + 1
		}
	}
	slices.Sort(columns)
	columns = slices.Compact(columns)
	for _, col := range columns {
		n := m.items[col].list.Len()
		if n == 0 || t.cells > maxCells/n {
			return nil
		}
		t.cells *= n
		t.dense.sizes = append(t.dense.sizes, uint64(n))
	}
	t.saving = steps - len(columns) - 1
	if t.cells > nearCells {
		t.saving -= farSteps - 1
	}
	if t.saving <= 0 {
		return nil
	}
	stride := 1
	t.axes = make([]int, len(columns))
	for i, col := range slices.Backward(columns) {
		t.axes[i] = m.axis(axis{column: col, stride: uint32(stride)})
		stride *= m.items[col].list.Len()
	}
	for i := range t.conds {
		d := t.along(&t.conds[i], columns)
		t.cost += t.cells/int(d.stretch)*stretchSteps + t.cells/64*wordSteps
	}
	return t
}

// along is a condition as a table over all the columns.
func (t *laneTable) along(c *condition, columns []int) denseTable {
	d := denseTable{bits: c.bits, sizes: t.dense.sizes, strides: make([]uint64, len(columns))}
	for i, col := range columns {
		if k := slices.Index(c.columns, col); k >= 0 {
			d.strides[i] = c.strides[k]
		}
	}
	d.cut()
	return d
}

// serves says whether the table answers for a batch of n rows, and makes it once it pays.
func (t *laneTable) serves(m *Masker, n int) bool {
	if t == nil {
		return false
	}
	if !t.made.Load() {
		if !t.pays(t.seen.Add(int64(n))) {
			return false
		}
		t.make(m)
	}
	return true
}

// pays says whether to decide so many rows by the table saves what it costs to make.
func (t *laneTable) pays(rows int64) bool { return rows*int64(t.saving) >= int64(t.cost) }

// make fills the table, once.
func (t *laneTable) make(m *Masker) {
	t.once.Do(func() {
		var columns []int
		for _, a := range t.axes {
			columns = append(columns, m.axes[a].column)
		}
		bits := fullWords(t.cells)
		for i := range t.conds {
			d := t.along(&t.conds[i], columns)
			d.and(bits, 0, t.cells, t.conds[i].base)
		}
		t.bits = bits
		t.made.Store(true)
	})
}
