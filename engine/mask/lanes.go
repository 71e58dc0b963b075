package mask

import (
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// A lane is one question with one bit a row: is the cell of this measure readable, may the member see this column's
// item … A row's bit is the AND of conditions over the items that its item columns hold. Conditions on one column are
// folded, for eight lanes at once, into one table a column with a byte an item; so a row costs one load and one AND a
// column, however many factors the rights have. The few conditions that couple columns are looked up bit by bit.

// lanesPerGroup is how many lanes share the byte of a table.
const lanesPerGroup = 8

// Slots of a table after those of the items.
const (
	unknownSlot = iota // no item
	nullSlot           // null
	extraSlots
)

// condition is a set of cells over item columns: cell base + Σ item·stride.
type condition struct {
	bits    []uint64
	base    uint64
	columns []int
	strides []uint64
	couple  *couple // the table that it may go into; nil where it goes into none
}

func (c *condition) equal(o *condition) bool {
	return c.base == o.base && slices.Equal(c.columns, o.columns) && slices.Equal(c.strides, o.strides) && sameBits(c.bits, o.bits)
}

func (c *condition) has(cell uint64) bool { return c.bits[cell>>6]>>(cell&63)&1 != 0 }

// lane is a question before it is folded.
type lane struct {
	never   bool
	placed  []int // item columns that must hold an item
	folded  []condition
	coupled []condition
}

// group is up to eight lanes and, for each item column, the byte of each item's bits; nil where no lane asks about the column.
type group struct {
	lanes   []int
	tables  [][]byte
	couples []*couple
}

// needs says whether a lane asks about an item column.
func (l *lane) needs(col int) bool {
	return slices.Contains(l.placed, col) || slices.ContainsFunc(l.folded, func(c condition) bool { return c.columns[0] == col })
}

// equal says that two lanes ask the same.
func (l *lane) equal(o *lane) bool {
	same := func(a, b condition) bool { return a.equal(&b) }
	return l.never == o.never && slices.Equal(l.placed, o.placed) &&
		slices.EqualFunc(l.folded, o.folded, same) && slices.EqualFunc(l.coupled, o.coupled, same)
}

// lanes numbers the lanes that a Masker asks; equal ones once.
type lanes []lane

func (ls *lanes) add(l lane) int {
	for i := range *ls {
		if (*ls)[i].equal(&l) {
			return i
		}
	}
	*ls = append(*ls, l)
	return len(*ls) - 1
}

// laneOf is the lane of a category of a view whose dimensions come from dims. Every dimension that has a column must hold an item.
func laneOf(v *engine.View, c engine.Category, dims []place) lane {
	var l lane
	for _, d := range dims {
		if d.column >= 0 {
			l.placed = append(l.placed, d.column)
		}
	}
	lists := v.Space().Dims()
	if slices.ContainsFunc(lists, func(list *cube.List) bool { return list.Len() == 0 }) {
		return lane{never: true}
	}
	for _, t := range v.Tables(c) {
		cond := condition{bits: t.Bits}
		stride := uint64(1)
		for i := len(t.Axes) - 1; i >= 0; i-- {
			if d := dims[t.Axes[i]]; d.column >= 0 {
				cond.columns, cond.strides = append(cond.columns, d.column), append(cond.strides, stride)
			} else {
				cond.base += uint64(d.item) * stride
			}
			stride *= uint64(lists[t.Axes[i]].Len())
		}
		switch len(cond.columns) {
		case 0:
			if !cond.has(cond.base) {
				return lane{never: true}
			}
		case 1:
			l.folded = append(l.folded, cond)
		default:
			l.coupled = append(l.coupled, cond)
		}
	}
	return l
}

// fold makes the groups of all lanes that some row may pass.
func fold(ls lanes, items []itemColumn) []group {
	var groups []group
	for i := range ls {
		if ls[i].never || len(ls[i].placed)+len(ls[i].folded) == 0 {
			continue
		}
		if n := len(groups); n == 0 || len(groups[n-1].lanes) == lanesPerGroup {
			groups = append(groups, group{tables: make([][]byte, len(items))})
		}
		g := &groups[len(groups)-1]
		g.lanes = append(g.lanes, i)
	}
	for k := range groups {
		g := &groups[k]
		for col := range items {
			g.tables[col] = foldColumn(ls, g.lanes, col, items[col].list.Len())
		}
	}
	return groups
}

// foldColumn is the table of one item column for a group's lanes: a bit is set where the lane's conditions on the column hold.
func foldColumn(ls lanes, ids []int, col, n int) []byte {
	var asked byte
	for k, id := range ids {
		if ls[id].needs(col) {
			asked |= 1 << k
		}
	}
	if asked == 0 {
		return nil
	}
	t := make([]byte, n+extraSlots)
	for i := range n {
		t[i] = 0xff
	}
	t[n+unknownSlot], t[n+nullSlot] = ^asked, ^asked
	for k, id := range ids {
		for _, c := range ls[id].folded {
			if c.columns[0] != col {
				continue
			}
			for i := range n {
				if !c.has(c.base + uint64(i)*c.strides[0]) {
					t[i] &^= 1 << k
				}
			}
		}
	}
	return t
}
