package mask

import (
	"sync"
	"sync/atomic"
)

// A couple is the conditions of a group's lanes on the same two item columns, as one table with a byte a pair of items.
// A row then costs one more load, for all lanes at once, where each condition's bits would cost a gather each. Making
// the table costs as much as deciding about as many rows as it has pairs, so batches far shorter do without it until a longer
// one has made it; and a table that outgrows the second cache is never made.
const (
	maxCouple  = 1 << 20 // pairs
	pairsByRow = 4       // a batch makes tables of up to so many pairs for each of its rows
)

type couple struct {
	id      int // among the Masker's
	columns [2]int
	size    [2]int
	lanes   []int // the bit of each condition's lane
	conds   []condition
	once    sync.Once
	made    atomic.Bool
	table   []byte
}

// boundCouple is a couple for one batch: offsets are, by column and code, what to add up to find the pair.
type boundCouple struct {
	*couple
	offsets [2][]uint32
}

// foldCouples makes the couples of a group and tells the conditions of them. Their ids start at next.
func foldCouples(ls lanes, ids []int, items []itemColumn, next int) []*couple {
	var out []*couple
	for k, id := range ids {
		for i := range ls[id].coupled {
			c := &ls[id].coupled[i]
			if len(c.columns) != 2 {
				continue
			}
			at := [2]int{c.columns[0], c.columns[1]}
			size := [2]int{items[at[0]].list.Len(), items[at[1]].list.Len()}
			if at[0] == at[1] || size[0]*size[1] > maxCouple {
				continue
			}
			if at[0] > at[1] {
				at[0], at[1], size[0], size[1] = at[1], at[0], size[1], size[0]
			}
			var into *couple
			for _, o := range out {
				if o.columns == at {
					into = o
				}
			}
			if into == nil {
				into = &couple{id: next + len(out), columns: at, size: size}
				out = append(out, into)
			}
			into.lanes, into.conds = append(into.lanes, k), append(into.conds, *c)
			c.couple = into
		}
	}
	return out
}

// make fills the table, once.
func (c *couple) make() {
	c.once.Do(func() {
		t := make([]byte, c.size[0]*c.size[1])
		for i := range t {
			t[i] = 0xff
		}
		for k, cond := range c.conds {
			slow, fast := cond.strides[0], cond.strides[1]
			if cond.columns[0] != c.columns[0] {
				slow, fast = fast, slow
			}
			for i := range c.size[0] {
				row, cell := t[i*c.size[1]:(i+1)*c.size[1]], cond.base+uint64(i)*slow
				for j := range row {
					if !cond.has(cell) {
						row[j] &^= 1 << c.lanes[k]
					}
					cell += fast
				}
			}
		}
		c.table = t
		c.made.Store(true)
	})
}

// bindCouples are the couples that serve a batch of n rows, by id; nil for those whose conditions are looked up by bit.
func (m *Masker) bindCouples(n int, cols []*coded) []*boundCouple {
	var out []*boundCouple
	for k := range m.groups {
		for _, c := range m.groups[k].couples {
			out = append(out, nil)
			if c.size[0]*c.size[1] > n*pairsByRow && !c.made.Load() {
				continue
			}
			c.make()
			out[c.id] = &boundCouple{c, [2][]uint32{cols[c.columns[0]].offsets(c.size[1]), cols[c.columns[1]].offsets(1)}}
		}
	}
	return out
}

// offsets are stride times the item of each code; 0 for what is no item.
func (c *coded) offsets(stride int) []uint32 {
	out := make([]uint32, c.entries+extraSlots)
	for i := range c.entries {
		if item := c.item(uint32(i)); item > 0 {
			out[i] = uint32(item) * uint32(stride)
		}
	}
	return out
}

// and clears the bits of the rows [lo,hi) whose pair lacks them; xs and ys are the codes of columns that are not direct.
func (b *boundCouple) and(rows []byte, x, y *coded, xs, ys []uint32, lo, hi int) bool {
	switch a := x.direct.(type) {
	case []uint8:
		return coupleWith(rows, a[lo:hi], b, y, ys, lo, hi)
	case []uint16:
		return coupleWith(rows, a[lo:hi], b, y, ys, lo, hi)
	case []uint32:
		return coupleWith(rows, a[lo:hi], b, y, ys, lo, hi)
	}
	return coupleWith(rows, xs, b, y, ys, lo, hi)
}

func coupleWith[A uint8 | uint16 | uint32](rows []byte, a []A, b *boundCouple, y *coded, ys []uint32, lo, hi int) bool {
	switch c := y.direct.(type) {
	case []uint8:
		return andCouple(rows, a, b.offsets[0], c[lo:hi], b.offsets[1], b.table)
	case []uint16:
		return andCouple(rows, a, b.offsets[0], c[lo:hi], b.offsets[1], b.table)
	case []uint32:
		return andCouple(rows, a, b.offsets[0], c[lo:hi], b.offsets[1], b.table)
	}
	return andCouple(rows, a, b.offsets[0], ys, b.offsets[1], b.table)
}
