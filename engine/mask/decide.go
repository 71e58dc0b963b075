package mask

import "math/bits"

// scratch is what one goroutine needs to decide a chunk.
type scratch struct {
	codes [][]uint32 // by item column
	books []*book    // by item column; nil where it is no column of texts
	views []view     // by item column
	runs  []run      // by item column
	bytes []byte     // by row of a chunk, in whole words
	cells []uint32   // by row of a chunk
	words [gridRows / 64]uint64
}

// room makes numbers n of them, which hold anything: what short batches need is all that they pay for.
func room[T uint32 | uint64](numbers *[]T, n int) []T {
	if cap(*numbers) < n {
		*numbers = make([]T, n)
	}
	return (*numbers)[:n]
}

// scratches are reused by the calls of one Masker: they hold numbers of items only while a call runs, and are read
// only where it wrote.
func (m *Masker) newScratch() *scratch {
	n := len(m.items)
	s := &scratch{codes: make([][]uint32, n), books: make([]*book, n), views: make([]view, n), runs: make([]run, n)}
	return s
}

// decideChunk decides the rows [lo,hi); lo is the first row of a word. Where it is hopeful, it fails where a row may hold what is no item.
func (m *Masker) decideChunk(d *decision, s *scratch, lo, hi int, hopeful bool) error {
	x := stretch{m: m, d: d, s: s, from: lo, to: hi}
	if size := 64 * wordsFor(min(hi-lo, byteRows)); len(s.bytes) < size {
		s.bytes = make([]byte, size)
	}
	runs := false
	for i, c := range d.cols {
		v := &s.views[i]
		if err := v.read(c, s, i, lo, hi, hopeful); err != nil {
			return m.columnError(i, err)
		}
		if c.nulls {
			v.putNulls(d.nulls[i][lo>>6:lo>>6+wordsFor(hi-lo)], hi-lo)
		}
		runs = runs || v.clustered
	}
	x.lo, x.hi = lo, hi
	if !runs {
		return x.decide()
	}
	for at := lo; at < hi; at += runRows {
		if !x.findRuns(at, min(at+runRows, hi)) && at > lo {
			continue
		}
		if x.hi = at; at > lo {
			if err := x.decide(); err != nil {
				return err
			}
		}
		x.lo = at
		x.startRuns()
	}
	x.hi = hi
	return x.decide()
}

// stretch is the rows [lo,hi) on their way through a decision.
type stretch struct {
	m      *Masker
	d      *decision
	s      *scratch
	from   int // the first row of their chunk
	to     int // the first row after it
	lo, hi int
}

// words are the stretch's own.
func (x *stretch) words(all []uint64) []uint64 { return all[x.lo>>6 : x.lo>>6+wordsFor(x.hi-x.lo)] }

// run is what rows next to each other hold alike, if anything.
type run struct {
	alike bool
	code  uint32
}

// findRuns finds out which columns hold the same in all the rows [lo,hi), and whether that differs from the stretch.
func (x *stretch) findRuns(lo, hi int) bool {
	differ := false
	for i := range x.s.views {
		v, r := &x.s.views[i], &x.s.runs[i]
		switch {
		case v.codes.none(): // the whole chunk is one run
		case v.clustered && v.codes.same(lo-x.from, hi-x.from):
			*r = run{true, v.codes.at(lo - x.from)}
		default:
			*r = run{}
		}
		differ = differ || *r != v.run
	}
	return differ
}

func (x *stretch) startRuns() {
	for i := range x.s.views {
		x.s.views[i].run = x.s.runs[i]
	}
}

// decide answers all lanes for the stretch.
func (x *stretch) decide() error {
	for i := range x.s.views {
		x.s.views[i].checked = false
	}
	inside := true
	for i := range x.s.views {
		if v := &x.s.views[i]; v.alike && !v.inside(0, 0) {
			return x.m.columnError(i, malformed("an index is outside its dictionary"))
		}
	}
	for k := range x.m.groups {
		switch {
		case x.d.asked[k] == 0:
		case x.m.wide && !x.byBytes(k):
			inside = inside && x.decideLanes(k)
		default:
			inside = inside && x.decideGroup(k)
		}
	}
	for _, lane := range x.d.open {
		fill(x.words(x.d.lanes[lane]), x.hi-x.lo)
	}
	for i := range x.d.grids {
		inside = inside && x.decideGrid(&x.d.grids[i])
	}
	for i := range x.s.views {
		v := &x.s.views[i]
		if v.checked && inside {
			continue
		}
		if !v.inside(x.lo-x.from, x.hi-x.from) {
			return x.m.columnError(i, malformed("an index is outside its dictionary"))
		}
	}
	if !inside {
		return malformed("an index is outside its dictionary")
	}
	return nil
}

// decideGroup answers one group's lanes, as far as columns one by one say. It is false where an index is outside its
// dictionary.
func (x *stretch) decideGroup(group int) bool {
	n := x.hi - x.lo
	rows := x.s.bytes[:n]
	keep := byte(0xff) // the lanes that columns leave which hold one item
	var one *view      // a column that waits for a second
	filled := false
	for i := range x.s.views {
		v := &x.s.views[i]
		table := v.settled.tables[group]
		if table == nil || !x.d.needed[group*len(x.s.views)+i] {
			continue
		}
		if v.alike {
			keep &= table[v.code]
			continue
		}
		v.checked = true
		c := v.codes.cut(x.lo-x.from, x.hi-x.from)
		switch {
		case filled:
			if !c.andTable(rows, v.table(table)) {
				return false
			}
		case one == nil:
			one = v
		default:
			first := one.codes.cut(x.lo-x.from, x.hi-x.from)
			if !first.setTables(rows, one.table(one.settled.tables[group]), &c, v.table(table)) {
				return false
			}
			filled = true
		}
	}
	if one != nil && !filled {
		c := one.codes.cut(x.lo-x.from, x.hi-x.from)
		if !c.setTable(rows, one.table(one.settled.tables[group])) {
			return false
		}
	}
	bytes := one != nil
	for _, o := range x.d.couples[group] {
		if !bytes {
			setAll(rows)
			bytes = true
		}
		if !x.decideCouple(o, rows, &keep) {
			return false
		}
	}
	x.packGroup(group, keep, bytes)
	return true
}

// byBytes says that bytes, which answer all lanes at once, cost less than the bits of each lane.
func (x *stretch) byBytes(group int) bool {
	byBits, byBytes := 0, 0
	for i := range x.s.views {
		if v := &x.s.views[i]; !v.alike && x.d.needed[group*len(x.s.views)+i] {
			bit, whole := lookUpCosts(len(v.settled.tables[group]))
			byBits += bit * bits.OnesCount8(x.d.asked[group]&^v.settled.always[group])
			byBytes += whole
		}
	}
	return byBytes < byBits
}

// decideLanes is decideGroup lane by lane, by bits.
func (x *stretch) decideLanes(group int) bool {
	for bit, id := range x.m.groups[group].lanes {
		if x.d.asked[group]>>bit&1 == 0 {
			continue
		}
		words := x.words(x.d.lanes[id])
		fill(words, x.hi-x.lo)
		for i := range x.s.views {
			v := &x.s.views[i]
			if v.settled.always[group]>>bit&1 != 0 || !x.d.needed[group*len(x.s.views)+i] {
				continue
			}
			table := v.translation.bits[group][bit]
			if v.alike {
				if !hasBit(table.bits, int(v.code)) {
					clear(words)
				}
				continue
			}
			if v.exact {
				table.size = v.translation.entries
			}
			v.checked = true
			if c := v.codes.cut(x.lo-x.from, x.hi-x.from); !c.andBits(words, table, x.s.bytes) {
				return false
			}
		}
	}
	return true
}

// packGroup makes words of the bytes of rows, where there are any; lanes that keep lacks have no row.
func (x *stretch) packGroup(group int, keep byte, bytes bool) {
	n := x.hi - x.lo
	if bytes {
		clear(x.s.bytes[n : 64*wordsFor(n)])
	}
	for k, id := range x.m.groups[group].lanes {
		if x.d.asked[group]>>k&1 == 0 {
			continue
		}
		switch words := x.words(x.d.lanes[id]); {
		case keep>>k&1 == 0:
			clear(words)
		case bytes:
			pack(words, x.s.bytes[:64*wordsFor(n)], k)
		default:
			fill(words, n)
		}
	}
}

// setAll sets all bits.
func setAll(rows []byte) {
	for i := range rows {
		rows[i] = 0xff
	}
}
