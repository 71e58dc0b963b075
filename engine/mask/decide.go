package mask

import (
	"sync"

	"golang.org/x/sync/errgroup"
)

// chunkRows is how many rows are decided at a time: what they need stays in the first cache.
const chunkRows = 4096

// decision is the bits of one batch.
type decision struct {
	n     int
	lanes [][]uint64 // by lane; nil where all rows have it
	nulls [][]uint64 // by item column: null rows; nil where there are none
	asked []byte     // by group: the lanes that some row may lack
	lent  []uint64   // where the words are
	arena []uint64   // what is left of it
}

// words are so many words of the arena, which hold anything; it must be large enough.
func (d *decision) words(n int) []uint64 {
	w := d.arena[:n:n]
	d.arena = d.arena[n:]
	return w
}

// scratch is what one goroutine needs to decide a chunk.
type scratch struct {
	codes [][]uint32 // by item column
	bytes [chunkRows]byte
	cells [chunkRows]uint64
}

// scratches are reused by the calls of one Masker: they hold numbers of items only while a call runs, and are read
// only where it wrote.
func (m *Masker) newScratch() *scratch {
	s := &scratch{codes: make([][]uint32, len(m.items))}
	for i := range m.items {
		s.codes[i] = make([]uint32, chunkRows)
	}
	return s
}

// decide answers all lanes for the rows of a batch whose item columns are cols.
func (m *Masker) decide(n int, cols []*coded, workers int) (*decision, error) {
	d := &decision{n: n, lanes: make([][]uint64, len(m.lanes)), nulls: make([][]uint64, len(cols)), asked: make([]byte, len(m.groups))}
	var used []*[]uint64
	for i := range m.lanes {
		if m.lanes[i].never {
			used = append(used, &d.lanes[i])
		}
	}
	for k := range m.groups {
		always := byte(0xff)
		for _, c := range cols {
			always &= c.always[k]
		}
		for j, id := range m.groups[k].lanes {
			if always>>j&1 == 0 || len(m.lanes[id].coupled) > 0 {
				d.asked[k] |= 1 << j
				used = append(used, &d.lanes[id])
			}
		}
	}
	for i, c := range cols {
		if c.nulls {
			used = append(used, &d.nulls[i])
		}
	}
	d.lent = m.words.get(len(used) * wordsFor(n))
	d.arena = d.lent
	for _, w := range used {
		*w = d.words(wordsFor(n))
	}
	for i := range m.lanes {
		if m.lanes[i].never {
			clear(d.lanes[i])
		}
	}
	couples := m.bindCouples(n, cols)
	return d, inChunks(n, workers, &m.scratch, func(s *scratch, lo, hi int) error {
		return m.decideChunk(d, cols, couples, s, lo, hi)
	})
}

// inChunks calls f for each chunk of n rows, from up to workers goroutines.
func inChunks(n, workers int, pool *sync.Pool, f func(s *scratch, lo, hi int) error) error {
	chunks := (n + chunkRows - 1) / chunkRows
	workers = max(1, min(workers, chunks/4))
	var g errgroup.Group
	for w := range workers {
		work := func() (err error) {
			defer caught(&err)
			s := pool.Get().(*scratch)
			defer pool.Put(s)
			for k := w * chunks / workers; k < (w+1)*chunks/workers; k++ {
				if err := f(s, k*chunkRows, min((k+1)*chunkRows, n)); err != nil {
					return err
				}
			}
			return nil
		}
		if workers == 1 {
			return work()
		}
		g.Go(work)
	}
	return g.Wait()
}

// decideChunk decides the rows [lo,hi); lo is the first row of a word.
func (m *Masker) decideChunk(d *decision, cols []*coded, couples []*boundCouple, s *scratch, lo, hi int) error {
	n := hi - lo
	words := func(all []uint64) []uint64 { return all[lo>>6 : lo>>6+wordsFor(n)] }
	for i, c := range cols {
		if c.direct != nil {
			if !c.looksUp() && !c.inside(lo, hi) {
				return m.columnError(i, malformed("an index is outside its dictionary"))
			}
			continue
		}
		if err := c.coder.code(lo, s.codes[i][:n]); err != nil {
			return m.columnError(i, err)
		}
		if c.nulls {
			equalBits(words(d.nulls[i]), s.codes[i][:n], uint32(c.entries+nullSlot))
			d.nullItems(c, i, s, lo, n)
		}
	}
	for k := range m.groups {
		if d.asked[k] == 0 {
			continue
		}
		if !m.decideGroup(d, k, cols, couples, s, lo, hi) {
			for i, c := range cols {
				if !c.inside(lo, hi) {
					return m.columnError(i, malformed("an index is outside its dictionary"))
				}
			}
			return malformed("an index is outside its dictionary")
		}
	}
	for i := range m.lanes {
		for _, c := range m.lanes[i].coupled {
			if c.couple == nil || couples[c.couple.id] == nil {
				m.couple(words(d.lanes[i]), &c, cols, s, lo, hi)
			}
		}
	}
	return nil
}

// couple clears the bits of the rows [lo,hi) whose cell the condition lacks.
func (m *Masker) couple(words []uint64, c *condition, cols []*coded, s *scratch, lo, hi int) {
	cells := s.cells[:hi-lo]
	for i := range cells {
		cells[i] = c.base
	}
	for k, col := range c.columns {
		x, stride := cols[col], c.strides[k]
		switch codes := x.direct.(type) {
		case []uint8:
			addCells(cells, codes[lo:hi], x.places, 0, stride)
		case []uint16:
			addCells(cells, codes[lo:hi], x.places, 0, stride)
		case []uint32:
			addCells(cells, codes[lo:hi], x.places, 0, stride)
		default:
			addCells(cells, s.codes[col][:hi-lo], x.places, uint64(x.entries), stride)
		}
	}
	andCells(words, cells, c.bits)
}

// nullItems adds to the null rows those whose dictionary entry is null.
func (d *decision) nullItems(c *coded, col int, s *scratch, lo, n int) {
	if c.items == nil {
		return
	}
	for j, code := range s.codes[col][:n] {
		if int(code) < len(c.items) && c.items[code] == nullItem {
			setBit(d.nulls[col], lo+j)
		}
	}
}

// decideGroup answers one group's lanes for the rows [lo,hi). It is false where an index is outside its dictionary.
func (m *Masker) decideGroup(d *decision, group int, cols []*coded, couples []*boundCouple, s *scratch, lo, hi int) bool {
	n := hi - lo
	rows := s.bytes[:n]
	one, filled := -1, false // a column that waits for a second
	for i, c := range cols {
		switch {
		case c.tables[group] == nil:
		case filled:
			if !apply(rows, c, group, s.codes[i], lo, hi, false) {
				return false
			}
		case one < 0:
			one = i
		default:
			if !applyTwo(rows, cols[one], c, group, s.codes[one], s.codes[i], lo, hi) {
				return false
			}
			filled = true
		}
	}
	switch {
	case filled:
	case one >= 0:
		if !apply(rows, cols[one], group, s.codes[one], lo, hi, true) {
			return false
		}
	default:
		for i := range rows {
			rows[i] = 0xff
		}
	}
	for _, c := range m.groups[group].couples {
		if b := couples[c.id]; b != nil {
			x, y := c.columns[0], c.columns[1]
			if !b.and(rows, cols[x], cols[y], s.codes[x], s.codes[y], lo, hi) {
				return false
			}
		}
	}
	clear(s.bytes[n : 64*wordsFor(n)])
	for k, id := range m.groups[group].lanes {
		if d.asked[group]>>k&1 != 0 {
			pack(d.lanes[id][lo>>6:lo>>6+wordsFor(n)], s.bytes[:64*wordsFor(n)], k)
		}
	}
	return true
}
