package mask

import (
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
)

// pass is one call: the way of one batch through a Masker. All rows are decided before any is redacted: what the one
// half leaves to the other is a bit a row, a 64th of the values, which were not in a cache before and so are not brought nearer
// by turns of both; turns would only keep each column's memory from being read in one go.
type pass struct {
	m       *Masker
	batch   arrow.RecordBatch
	n       int
	first   uint64
	workers int
	cols    []*coded // the item columns as they were read
	d       *decision
	shared  []sharedColumn // by field: columns for other calls with the same batch; nil where there are none
	cells   []cellBits     // by measure
	counts  counts
	rows    []int // the input's row of each output row; nil where they are the same
	out     int   // rows of the output
	output  output

	// Room that the next call uses again.
	read  []coded
	own   decision
	lanes [][]uint64 // of a dense block
	lent  []uint64   // their words
}

// cellBits are what is decided about the cells of one measure, by input row; nil means all rows.
type cellBits struct {
	readable, unlocked []uint64
	visible            []uint64 // readable, and the value is no hidden item
	shown              int      // how many rows are visible
}

func (p *pass) run() (arrow.RecordBatch, error) {
	if _, err := p.decide(); err != nil {
		return nil, err
	}
	return p.finish()
}

// finish makes the output of what is decided.
func (p *pass) finish() (arrow.RecordBatch, error) {
	p.measure()
	if p.m.opt.Refuse {
		if err := p.refusal(); err != nil {
			return nil, err
		}
	}
	p.out = p.n
	if err := p.arrange(p.cols); err != nil {
		return nil, err
	}
	return p.redact()
}

// newPass is a pass for one call, which releases it.
func (m *Masker) newPass() *pass {
	if p, ok := m.passes.Get().(*pass); ok {
		return p
	}
	return &pass{m: m}
}

// release ends the call. What its next call can use again stays.
func (p *pass) release() {
	p.batch, p.d, p.shared, p.rows = nil, nil, nil, nil
	p.own.release()
	clear(p.cols)
	clear(p.read)
	clear(p.cells)
	clear(p.lanes)
	p.m.passes.Put(p)
}

// decide answers all lanes; it returns the item columns as they were read.
func (p *pass) decide() ([]*coded, error) {
	p.read, p.cols = emptied(p.read, len(p.m.items)), emptied(p.cols, len(p.m.items))
	for i := range p.cols {
		in, err := whole(p.batch.Column(p.m.items[i].field).Data())
		if err == nil {
			p.cols[i] = &p.read[i]
			err = p.m.code(&p.read[i], in, i)
		}
		if err != nil {
			return nil, p.m.columnError(i, err)
		}
	}
	p.d = &p.own
	return p.cols, p.m.decide(p.d, p.n, p.cols, p.workers)
}

// measure works out the bits of each measure, and counts.
func (p *pass) measure() {
	m := p.m
	p.counts.reset(p.n, len(m.measures), len(m.items))
	p.cells = emptied(p.cells, len(m.measures))
	lanes := p.d.lanes
	if m.dense != nil {
		lanes = p.decideDense()
	}
	for i, x := range m.measures {
		c := &p.cells[i]
		*c = cellBits{readable: lanes[x.readable], unlocked: lanes[x.unlocked], visible: lanes[x.readable]}
		readable := p.count(c.readable)
		c.shown = readable
		hidden := p.n - readable
		if x.value >= 0 {
			var byItem int
			c.visible, byItem = p.hideItems(c.readable, x.value)
			c.shown = countBits(c.visible)
			hidden += byItem
		}
		open := readable
		if x.unlocked != x.readable {
			open = p.countBoth(c.readable, c.unlocked)
		}
		p.counts.measures[i] = MeasureReport{
			Rows:     uint64(p.n),
			Hidden:   uint64(hidden),
			Locked:   uint64(p.n - open),
			Unplaced: uint64(p.n - p.countPlaced(x.dims)),
		}
	}
	for i, c := range m.items {
		if c.dimension {
			p.counts.dimensions[i] = uint64(p.n - p.count(p.d.lanes[c.visible]) - p.countNulls(i))
		}
	}
}

// decideDense are the lanes of a dense block for the pass' rows; nil where all rows have one.
func (p *pass) decideDense() [][]uint64 {
	d := p.m.dense
	p.lanes = emptied(p.lanes, len(d.lanes))
	size, asked := wordsFor(p.n), 0
	for i := range p.lanes {
		if !d.always(i) {
			asked++
		}
	}
	arena := room(&p.lent, asked*size)
	for i := range p.lanes {
		if !d.always(i) {
			p.lanes[i], arena = arena[:size:size], arena[size:]
			d.fill(p.lanes[i], i, p.first, p.n)
		}
	}
	return p.lanes
}

// hideItems takes from readable the rows whose value is an item that the member may not read, or none. It also says
// how many rows those are; nulls are not among them, there is nothing to hide.
func (p *pass) hideItems(readable []uint64, item int) ([]uint64, int) {
	out, n := make([]uint64, wordsFor(p.n)), 0
	fill(out, p.n)
	lane, nulls := p.d.lanes[p.m.items[item].visible], p.d.nulls[item]
	for w := range out {
		if readable != nil {
			out[w] &= readable[w]
		}
		hidden := uint64(0)
		if lane != nil {
			hidden = out[w] &^ lane[w]
			out[w] &= lane[w]
		}
		if nulls != nil {
			hidden &^= nulls[w]
		}
		n += bits.OnesCount64(hidden)
	}
	return out, n
}

func (p *pass) count(words []uint64) int {
	if words == nil {
		return p.n
	}
	return countBits(words)
}

func (p *pass) countBoth(a, b []uint64) int {
	if a == nil || b == nil {
		return min(p.count(a), p.count(b))
	}
	return countBoth(a, b)
}

func (p *pass) countNulls(item int) int {
	if p.d.nulls[item] == nil {
		return 0
	}
	return countBits(p.d.nulls[item])
}

// countPlaced counts the rows where every dimension that has a column holds an item.
func (p *pass) countPlaced(dims []place) int {
	var array [8][]uint64
	placed := array[:0]
	for _, d := range dims {
		if d.column < 0 {
			continue
		}
		if lane := p.d.lanes[p.m.items[d.column].placed]; lane != nil {
			placed = append(placed, lane)
		}
	}
	switch len(placed) {
	case 0:
		return p.n
	case 1:
		return countBits(placed[0])
	case 2:
		return countBoth(placed[0], placed[1])
	}
	n := 0
	for w, word := range placed[0] {
		for _, lane := range placed[1:] {
			word &= lane[w]
		}
		n += bits.OnesCount64(word)
	}
	return n
}

// refusal is the error for the first column, and its first row, with something to hide.
func (p *pass) refusal() error {
	for i, f := range p.m.input.Fields() {
		c := p.m.columns[i]
		var visible, nulls []uint64
		switch c.role {
		case measured:
			visible = p.cells[c.at].visible
			if v := p.m.measures[c.at].value; v >= 0 {
				nulls = p.d.nulls[v]
			}
			if nulls != nil { // A null is nothing to hide, unless its cell is not readable.
				visible = union(visible, intersection(p.cells[c.at].readable, nulls))
			}
		case dimension:
			visible = p.d.lanes[p.m.items[c.at].visible]
			if nulls = p.d.nulls[c.at]; nulls != nil {
				visible = union(visible, nulls)
			}
		}
		if row := firstMissing(visible, p.n); row >= 0 {
			return &RefusedError{Column: f.Name, Row: row}
		}
	}
	return nil
}

// union and intersection take nil as all rows.
func union(a, b []uint64) []uint64 {
	if a == nil || b == nil {
		return nil
	}
	out := make([]uint64, len(a))
	for i := range a {
		out[i] = a[i] | b[i]
	}
	return out
}

func intersection(a, b []uint64) []uint64 {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	out := make([]uint64, len(a))
	for i := range a {
		out[i] = a[i] & b[i]
	}
	return out
}

// firstMissing is the first of n rows that is not in words, -1 where all are.
func firstMissing(words []uint64, n int) int {
	for i, w := range words {
		if row := i*64 + bits.TrailingZeros64(^w); ^w != 0 && row < n {
			return row
		}
	}
	return -1
}
