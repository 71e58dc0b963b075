package mask

import (
	"sync"
	"sync/atomic"
)

// A couple is the conditions of a group's lanes on the same two item columns, as one table with a byte a pair of items.
// A row then costs one more load, for all lanes at once, where each condition's bits would cost the row's cell first.
// Making the table costs as much as deciding about as many rows as it has pairs, so batches far shorter do without it until a longer
// one has made it; and a table that outgrows the second cache is never made, nor one where bits are looked up several rows at once.
const (
	maxCouple  = 1 << 19 // pairs
	pairsByRow = 4       // a batch makes tables of up to so many pairs for each of its rows
)

type couple struct {
	axes    [2]int
	columns [2]int
	size    [2]int
	lanes   []int // the bit of each condition's lane
	conds   []condition
	once    sync.Once
	made    atomic.Bool
	table   []byte
}

// bindCouples makes the couples of all groups.
func (m *Masker) bindCouples() {
	for k := range m.groups {
		g := &m.groups[k]
		for bit, id := range g.lanes {
			for i := range m.lanes[id].coupled {
				c := &m.lanes[id].coupled[i]
				if c.couple = m.coupleOf(g, c); c.couple != nil {
					c.couple.lanes, c.couple.conds = append(c.couple.lanes, bit), append(c.couple.conds, *c)
				}
			}
		}
	}
}

// coupleOf is the couple of a group that a condition belongs into; nil where there can be none.
func (m *Masker) coupleOf(g *group, c *condition) *couple {
	if len(c.columns) != 2 || c.columns[0] == c.columns[1] {
		return nil
	}
	at := [2]int{min(c.columns[0], c.columns[1]), max(c.columns[0], c.columns[1])}
	size := [2]int{m.items[at[0]].list.Len(), m.items[at[1]].list.Len()}
	if size[0]*size[1] > maxCouple {
		return nil
	}
	for _, o := range g.couples {
		if o.columns == at {
			return o
		}
	}
	axes := [2]int{m.axis(axis{column: at[0], stride: uint32(size[1])}), m.axis(axis{column: at[1], stride: 1})}
	g.couples = append(g.couples, &couple{axes: axes, columns: at, size: size})
	return g.couples[len(g.couples)-1]
}

// serves says whether the couple answers for a batch of n rows; its conditions' terms do otherwise.
func (c *couple) serves(m *Masker, n int) bool {
	if m.wide || c.size[0]*c.size[1] > n*pairsByRow && !c.made.Load() {
		return false
	}
	c.make()
	return true
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
