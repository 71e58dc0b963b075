package bitmap

// chosenAtOnce is how many items of a mapping are worked out at a time.
const chosenAtOnce = 1 << 14

// choose replaces an axis of a dense set: the cells of src are outer × m.from × inner, those of the result outer ×
// m.to × inner, item by item as m says; items that are BLANK there are filled with blank.
func choose(src []uint64, outer uint64, m *mapping, inner uint64, blank bool) []uint64 {
	dst := make([]uint64, WordsFor(outer*m.to*inner))
	items := make([]int64, min(m.to, chosenAtOnce))
	var runs []itemRun
	for first := uint64(0); first < m.to; first += chosenAtOnce {
		c := chooser{dst: dst, src: src, from: m.from, to: m.to, first: first, blank: blank}
		c.items = items[:min(m.to-first, chosenAtOnce)]
		m.items(first, c.items)
		n := uint64(len(c.items))
		limit := n
		if inner == 1 {
			limit = n / 8 // shorter runs are no better than single bits
		}
		var ok bool
		runs, ok = itemRuns(c.items, runs[:0], limit)
		switch {
		case ok:
			c.byRuns(runs, outer, inner)
		case outer >= 8 && m.from <= 8*n:
			c.byTiles(outer)
		default:
			c.byBits(outer)
		}
	}
	return dst
}

// chooser is one stretch of choose: items are those of the result from first on.
type chooser struct {
	dst, src        []uint64
	from, to, first uint64
	items           []int64
	blank           bool
}

// itemRun is n items of the result, from at on, that come from neighbours (step 1) or from one item (step 0).
type itemRun struct {
	at, n uint64
	from  int64 // -1: BLANK
	step  int64
}

// itemRuns appends the runs of items, unless they are more than limit.
func itemRuns(items []int64, runs []itemRun, limit uint64) (all []itemRun, ok bool) {
	for i := 0; i < len(items); {
		if uint64(len(runs)) == limit {
			return runs, false
		}
		r := itemRun{at: uint64(i), from: items[i], step: 1}
		if r.from < 0 || i+1 < len(items) && items[i+1] == r.from {
			r.step = 0
		}
		for next := r.from; i < len(items) && items[i] == next; i++ {
			next += r.step
		}
		r.n = uint64(i) - r.at
		runs = append(runs, r)
	}
	return runs, true
}

// byRuns copies whole runs.
func (c *chooser) byRuns(runs []itemRun, outer, inner uint64) {
	for o := range outer {
		row := o*c.to + c.first
		for _, r := range runs {
			at, n := (row+r.at)*inner, r.n*inner
			from := (o*c.from + uint64(r.from)) * inner
			switch {
			case r.from < 0:
				if c.blank {
					fillBits(c.dst, at, n)
				}
			case r.step == 1:
				copyBits(c.dst, at, c.src, from, n)
			case inner == 1:
				if bitAt(c.src, from) == 1 {
					fillBits(c.dst, at, n)
				}
			default:
				copyBits(c.dst, at, c.src, from, inner)
				repeatBits(c.dst, at, inner, r.n)
			}
		}
	}
}

// byBits looks every bit up.
func (c *chooser) byBits(outer uint64) {
	blank := c.blankWord() & 1
	for o := range outer {
		base, at := o*c.from, o*c.to+c.first
		for items := c.items; len(items) > 0; {
			n, w := min(64, len(items)), uint64(0)
			for j, item := range items[:n] {
				bit := blank
				if item >= 0 {
					bit = bitAt(c.src, base+uint64(item))
				}
				w |= bit << j
			}
			orBits(c.dst, at, w, uint64(n))
			at, items = at+uint64(n), items[n:]
		}
	}
}

// byTiles transposes 64 rows at a time, so that an item is a word.
func (c *chooser) byTiles(outer uint64) {
	var tile [64]uint64
	columns := make([]uint64, c.from)
	blank := c.blankWord()
	for o := uint64(0); o < outer; o += 64 {
		h := min(64, outer-o)
		for i := uint64(0); i < c.from; i += 64 {
			w := min(64, c.from-i)
			for j := range h {
				tile[j] = loadBits(c.src, (o+j)*c.from+i, w)
			}
			n := side(h, w)
			clear(tile[h:n])
			transpose(&tile, n)
			copy(columns[i:], tile[:w])
		}
		c.fromColumns(columns, o, h, blank&low(h))
	}
}

// fromColumns writes h rows from o on: column i holds item i of each.
func (c *chooser) fromColumns(columns []uint64, o, h, blank uint64) {
	var tile [64]uint64
	at := o*c.to + c.first
	for items := c.items; len(items) > 0; {
		w := min(64, len(items))
		for j, item := range items[:w] {
			tile[j] = blank
			if item >= 0 {
				tile[j] = columns[item]
			}
		}
		n := side(h, uint64(w))
		clear(tile[w:n])
		transpose(&tile, n)
		for j := range h {
			orBits(c.dst, at+j*c.to, tile[j], uint64(w))
		}
		at, items = at+uint64(w), items[w:]
	}
}

func (c *chooser) blankWord() uint64 {
	if c.blank {
		return ^uint64(0)
	}
	return 0
}
