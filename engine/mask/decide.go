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
	d := &decision{n: n, lanes: make([][]uint64, len(m.lanes)), nulls: make([][]uint64, len(cols))}
	for i := range m.lanes {
		if l := &m.lanes[i]; l.never || len(l.placed)+len(l.folded)+len(l.coupled) > 0 {
			d.lanes[i] = make([]uint64, wordsFor(n))
		}
	}
	for i, c := range cols {
		if c.nulls {
			d.nulls[i] = make([]uint64, wordsFor(n))
		}
	}
	return d, inChunks(n, workers, &m.scratch, func(s *scratch, lo, hi int) error {
		return m.decideChunk(d, cols, s, lo, hi)
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
func (m *Masker) decideChunk(d *decision, cols []*coded, s *scratch, lo, hi int) error {
	n := hi - lo
	words := func(all []uint64) []uint64 { return all[lo>>6 : lo>>6+wordsFor(n)] }
	for i, c := range cols {
		if c.direct != nil {
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
		if err := m.decideGroup(d, k, cols, s, lo, hi); err != nil {
			return err
		}
	}
	for i := range m.lanes {
		for _, c := range m.lanes[i].coupled {
			m.couple(words(d.lanes[i]), &c, cols, s, lo, hi)
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

// decideGroup answers one group's lanes for the rows [lo,hi).
func (m *Masker) decideGroup(d *decision, group int, cols []*coded, s *scratch, lo, hi int) error {
	n, first := hi-lo, true
	rows := s.bytes[:n]
	for i, c := range cols {
		table := c.tables[group]
		if table == nil {
			continue
		}
		inside := true
		switch codes := c.direct.(type) {
		case []uint8:
			inside = apply(rows, codes[lo:hi], table[:c.entries], first)
		case []uint16:
			inside = apply(rows, codes[lo:hi], table[:c.entries], first)
		case []uint32:
			inside = apply(rows, codes[lo:hi], table[:c.entries], first)
		default:
			inside = apply(rows, s.codes[i][:n], table, first)
		}
		if !inside {
			return m.columnError(i, malformed("an index is outside its dictionary"))
		}
		first = false
	}
	clear(s.bytes[n : 64*wordsFor(n)])
	ids := m.groups[group].lanes
	var out [lanesPerGroup][]uint64
	for k, id := range ids {
		out[k] = d.lanes[id][lo>>6 : lo>>6+wordsFor(n)]
	}
	spread(out[:len(ids)], s.bytes[:64*wordsFor(n)])
	return nil
}

func apply[T uint8 | uint16 | uint32](rows []byte, codes []T, table []byte, first bool) bool {
	if first {
		return setTable(rows, codes, table)
	}
	return andTable(rows, codes, table)
}
