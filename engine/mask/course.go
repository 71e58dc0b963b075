package mask

import "slices"

// course is how a batch is decided: what is asked, and which way each lane goes. A lane goes through bytes by column, eight
// lanes at once, then through the bits of its conditions over several columns; or through its table alone.
type course struct {
	asked   []byte      // by group: the lanes that go through bytes, as some row may lack them
	needed  []bool      // by group and item column: a lane that is asked may lose rows by it
	couples [][]*couple // by group
	open    []int       // lanes that do not go through bytes, and start with all rows
	empty   []int       // lanes that no row has
	grids   []grid
	flags   [2][]bool // by lane: it goes through its table; no row has it
}

// plan is the course of a batch of n rows whose item columns are cols. Lanes that no row can lack are not asked.
func (c *course) plan(m *Masker, n int, cols []*coded) {
	c.asked, c.needed, c.couples = emptied(c.asked, len(m.groups)), emptied(c.needed, len(m.groups)*len(cols)), emptied(c.couples, len(m.groups))
	c.open, c.empty, c.grids = c.open[:0], c.empty[:0], c.grids[:0]
	for i := range c.flags {
		c.flags[i] = emptied(c.flags[i], len(m.lanes))
	}
	tabled, empty := c.flags[0], c.flags[1]
	for k := range m.groups {
		c.findEmpty(k, m.groups[k].lanes, cols, empty)
	}
	for i, t := range m.tables {
		tabled[i] = !empty[i] && t.serves(m, n)
	}
	for k := range m.groups {
		for _, o := range m.groups[k].couples {
			ask := slices.ContainsFunc(o.lanes, func(bit int) bool {
				id := m.groups[k].lanes[bit]
				return !tabled[id] && !empty[id]
			})
			if ask && o.serves(m, n) {
				c.couples[k] = append(c.couples[k], o)
			}
		}
		for bit, id := range m.groups[k].lanes {
			switch {
			case empty[id]:
			case c.ask(k, bit, cols, tabled[id]):
				c.asked[k] |= 1 << bit
			case len(m.lanes[id].coupled) > 0:
				c.open = append(c.open, id)
			}
		}
	}
	c.addTerms(m, tabled, empty)
}

// findEmpty finds the lanes of a group that no row has, as a column holds no item with them: for those nothing is looked up.
func (c *course) findEmpty(group int, lanes []int, cols []*coded, empty []bool) {
	never := byte(0)
	for _, x := range cols {
		never |= x.settledAs(x.strays).never[group]
	}
	for bit, id := range lanes {
		if never>>bit&1 != 0 {
			empty[id] = true
			c.empty = append(c.empty, id)
		}
	}
}

// ask says whether a lane of a group goes through bytes, and notes which columns it needs.
func (c *course) ask(group, bit int, cols []*coded, tabled bool) bool {
	asked := false
	for i, x := range cols {
		s := x.settledAs(x.strays)
		// A table knows all items, but not what is none.
		if s.always[group]>>bit&1 == 0 && !(tabled && s.whole) {
			c.needed[group*len(cols)+i] = true
			asked = true
		}
	}
	coupled := func(o *couple) bool { return slices.Contains(o.lanes, bit) }
	return asked || !tabled && slices.ContainsFunc(c.couples[group], coupled)
}

// addTerms adds the tables of lanes that go through them, and the terms of those that go through no couple.
func (c *course) addTerms(m *Masker, tabled, empty []bool) {
	for i := range m.grids {
		g := &m.grids[i]
		for k := range g.terms {
			t := &g.terms[k]
			var lanes []int
			for j, id := range t.lanes {
				if group := m.groupOf[id]; !tabled[id] && !empty[id] && !slices.Contains(c.couples[group], t.couples[j]) {
					lanes = append(lanes, id)
				}
			}
			if len(lanes) > 0 {
				c.add(g.axes, term{table: t.table, lanes: lanes})
			}
		}
	}
	for id, t := range m.tables {
		if tabled[id] {
			c.add(t.axes, term{table: bitTable{t.bits, t.cells}, lanes: []int{id}})
		}
	}
}

func (c *course) add(axes []int, t term) {
	for i := range c.grids {
		if slices.Equal(c.grids[i].axes, axes) {
			c.grids[i].terms = append(c.grids[i].terms, t)
			return
		}
	}
	c.grids = append(c.grids, grid{axes, []term{t}})
}
