package mask

import (
	"math/bits"
	"slices"

	"golang.org/x/sync/errgroup"
)

// So many rows are decided at a time. Where something is written for each row, what a chunk needs stays in the first
// cache. Where rows are looked up by what stands in the batch, the turns of the columns are long instead: each costs
// the prefetchers a new start, which at chunkRows took more than half of the time that memory can be read in, and at
// byteRows still a tenth.
const (
	chunkRows = 1 << 12
	gridRows  = 1 << 14 // looked up directly, and cells are written
	byteRows  = 1 << 16 // looked up directly, and bytes may be written
	bitRows   = 1 << 18 // looked up directly, and nothing is written but bits
)

// decision is the bits of one batch.
type decision struct {
	n     int
	cols  []*coded
	lanes [][]uint64 // by lane; nil where all rows have it
	nulls [][]uint64 // by item column: null rows; nil where there are none
	course
	used  []*[]uint64 // the lanes and nulls that have words
	lent  []uint64    // where the words are
	arena []uint64    // what is left of it
}

// reset prepares for a batch of n rows whose item columns are cols, in the room that the last one took.
func (d *decision) reset(m *Masker, n int, cols []*coded) {
	d.n, d.cols, d.used = n, cols, d.used[:0]
	d.lanes, d.nulls = emptied(d.lanes, len(m.lanes)), emptied(d.nulls, len(cols))
	d.plan(m, n, cols)
}

// release lets go of the batch; the room stays.
func (d *decision) release() {
	d.cols = nil
	clear(d.lanes)
	clear(d.nulls)
}

// emptied are n zero values, where s has room for them.
func emptied[T any](s []T, n int) []T {
	s = slices.Grow(s[:0], n)[:n]
	clear(s)
	return s
}

// words are so many words of the arena, which hold anything; it must be large enough.
func (d *decision) words(n int) []uint64 {
	w := d.arena[:n:n]
	d.arena = d.arena[n:]
	return w
}

// decide answers all lanes for the rows of a batch whose item columns are cols.
func (m *Masker) decide(d *decision, n int, cols []*coded, workers int) error {
	d.reset(m, n, cols)
	use := func(words *[]uint64) { d.used = append(d.used, words) }
	for i := range m.lanes {
		if m.lanes[i].never {
			use(&d.lanes[i])
		}
	}
	for k := range m.groups {
		for bit, id := range m.groups[k].lanes {
			if d.asked[k]>>bit&1 != 0 {
				use(&d.lanes[id])
			}
		}
	}
	for _, lanes := range [...][]int{d.open, d.empty} {
		for _, id := range lanes {
			use(&d.lanes[id])
		}
	}
	for i, c := range cols {
		if c.nulls {
			use(&d.nulls[i])
		}
	}
	d.arena = room(&d.lent, len(d.used)*wordsFor(n))
	for _, w := range d.used {
		*w = d.words(wordsFor(n))
	}
	for i := range m.lanes {
		if m.lanes[i].never {
			clear(d.lanes[i])
		}
	}
	for _, id := range d.empty {
		clear(d.lanes[id])
	}
	chunks := (n + chunkRows - 1) / chunkRows
	if workers = min(workers, chunks/4); workers <= 1 {
		return m.decideRows(d, 0, n)
	}
	return m.decideBeside(d, chunks, workers)
}

// decideBeside decides all chunks with several workers.
func (m *Masker) decideBeside(d *decision, chunks, workers int) error {
	var g errgroup.Group
	for w := range workers {
		g.Go(func() error {
			return m.decideRows(d, w*chunks/workers*chunkRows, min((w+1)*chunks/workers*chunkRows, d.n))
		})
	}
	return g.Wait()
}

// decideRows decides the rows [lo,end), chunk by chunk; lo is the first row of a chunk.
func (m *Masker) decideRows(d *decision, lo, end int) (err error) {
	defer caught(&err)
	s := m.scratch.Get().(*scratch)
	defer m.scratch.Put(s)
	hopeful := d.hopes()
	for lo < end {
		hi := min(lo+d.chunk(m.wide, hopeful), end)
		switch err := m.decideChunk(d, s, lo, hi, hopeful); {
		case err == nil:
			lo = hi
		case !hopeful:
			return err
		}
		hopeful = hopeful && lo == hi // Otherwise some row holds what is no item, or what contradicts its type.
	}
	return nil
}

// hopes says that rows are looked up at first as if each held an item, although its column lets it hold something else:
// whether it does shows while it is looked up.
func (d *decision) hopes() bool {
	return slices.ContainsFunc(d.cols, func(c *coded) bool { return c.strays && !c.direct.none() })
}

// chunk is how many rows are decided at a time; wide says that single lanes go bit by bit.
func (d *decision) chunk(wide, hopeful bool) int {
	for _, c := range d.cols {
		if c.direct.none() || c.strays && !hopeful {
			return chunkRows
		}
	}
	if len(d.grids) > 0 {
		return gridRows
	}
	for _, lanes := range d.asked {
		if !wide || bits.OnesCount8(lanes) > 1 {
			return byteRows
		}
	}
	return bitRows
}
