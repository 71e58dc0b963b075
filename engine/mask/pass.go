package mask

import (
	"fmt"
	"math/bits"

	"golang.org/x/sync/errgroup"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// pass is one call: the way of one batch through a Masker.
type pass struct {
	m      *Masker
	batch  arrow.RecordBatch
	n      int
	first  uint64
	cols   []*coded // the item columns as they were read
	d      *decision
	plain  []*array.Data // by field: columns shown in full, for other calls with the same batch; nil where there are none
	cells  []cellBits    // by measure
	counts counts
	rows   []int // the input's row of each output row; nil where they are the same
	out    int   // rows of the output
}

// cellBits are what is decided about the cells of one measure, by input row; nil means all rows.
type cellBits struct {
	readable, unlocked []uint64
	visible            []uint64 // readable, and the value is no hidden item
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

// done gives back the words that were lent to the call.
func (p *pass) done() {
	if p.d != nil {
		p.m.words.put(p.d.lent)
		p.d = nil
	}
}

// decide answers all lanes; it returns the item columns as they were read.
func (p *pass) decide() ([]*coded, error) {
	cols := make([]*coded, len(p.m.items))
	for i, c := range p.m.items {
		in, err := whole(p.batch.Column(c.field).Data())
		if err == nil {
			cols[i], err = p.m.newCoded(in, i)
		}
		if err != nil {
			return nil, p.m.columnError(i, err)
		}
	}
	p.cols = cols
	var err error
	p.d, err = p.m.decide(p.n, cols, p.m.workers)
	return cols, err
}

// measure works out the bits of each measure, and counts.
func (p *pass) measure() {
	m := p.m
	p.counts = m.newCounts()
	p.counts.rows = uint64(p.n)
	p.cells = make([]cellBits, len(m.measures))
	for i, x := range m.measures {
		c := &p.cells[i]
		if m.dense != nil {
			c.readable, c.unlocked = m.dense.words(x.readable, p.first, p.n), m.dense.words(x.unlocked, p.first, p.n)
		} else {
			c.readable, c.unlocked = p.d.lanes[x.readable], p.d.lanes[x.unlocked]
		}
		c.visible = c.readable
		hidden := p.n - p.count(c.readable)
		if x.value >= 0 {
			var byItem int
			c.visible, byItem = p.hideItems(c.readable, x.value)
			hidden += byItem
		}
		p.counts.measures[i] = MeasureReport{
			Rows:     uint64(p.n),
			Hidden:   uint64(hidden),
			Locked:   uint64(p.n - p.countBoth(c.readable, c.unlocked)),
			Unplaced: uint64(p.n - p.countPlaced(x.dims)),
		}
	}
	for i, c := range m.items {
		if c.dimension {
			p.counts.dimensions[i] = uint64(p.n - p.count(p.d.lanes[c.visible]) - p.countNulls(i))
		}
	}
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
	n := 0
	for i := range a {
		n += bits.OnesCount64(a[i] & b[i])
	}
	return n
}

func (p *pass) countNulls(item int) int {
	if p.d.nulls[item] == nil {
		return 0
	}
	return countBits(p.d.nulls[item])
}

// countPlaced counts the rows where every dimension that has a column holds an item.
func (p *pass) countPlaced(dims []place) int {
	placed := make([][]uint64, 0, len(dims))
	for _, d := range dims {
		if d.column >= 0 && p.d.lanes[p.m.items[d.column].placed] != nil {
			placed = append(placed, p.d.lanes[p.m.items[d.column].placed])
		}
	}
	if len(placed) == 0 {
		return p.n
	}
	n := 0
	for w := range wordsFor(p.n) {
		word := ^uint64(0)
		if w == wordsFor(p.n)-1 {
			word = lastWord(p.n)
		}
		for _, lane := range placed {
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

// redact builds the output's columns.
func (p *pass) redact() (arrow.RecordBatch, error) {
	flags := p.flagColumns()
	n := p.m.input.NumFields()
	redactors := make([]redactor, n+len(flags))
	defer func() {
		for i := range redactors {
			redactors[i].release()
		}
	}()
	data := make([]*array.Data, len(redactors))
	work := func(i int) (err error) {
		defer caught(&err)
		r := &redactors[i]
		r.mem = p.m.mem
		if i >= n {
			data[i] = r.flags(flags[i-n], p.out)
			return nil
		}
		data[i], err = p.redactColumn(r, i)
		return err
	}
	if p.m.workers > 1 && p.n >= 4*chunkRows {
		var g errgroup.Group
		g.SetLimit(p.m.workers)
		for i := range data {
			g.Go(func() error { return work(i) })
		}
		if err := g.Wait(); err != nil {
			return nil, err
		}
	} else {
		for i := range data {
			if err := work(i); err != nil {
				return nil, err
			}
		}
	}
	arrays := make([]arrow.Array, len(data))
	defer func() {
		for _, a := range arrays {
			if a != nil {
				a.Release()
			}
		}
	}()
	for i, d := range data {
		arrays[i] = array.MakeFromData(d)
	}
	return array.NewRecordBatch(p.m.output, arrays, int64(p.out)), nil
}

func (p *pass) redactColumn(r *redactor, i int) (*array.Data, error) {
	in, err := whole(p.batch.Column(i).Data())
	if err != nil {
		return nil, fmt.Errorf("mask: column %q: %w", p.m.input.Field(i).Name, err)
	}
	s := selection{n: p.out, rows: p.rows}
	switch c := p.m.columns[i]; c.role {
	case measured:
		s.keep = p.arranged(p.cells[c.at].visible)
	case dimension:
		s.keep = p.arranged(p.d.lanes[p.m.items[c.at].visible])
		r.inside = !p.cols[c.at].strays && !p.cols[c.at].direct.none()
	}
	if s.keep != nil && countBits(s.keep) == s.n {
		s.keep = nil
	}
	if p.plain != nil && s.plain() && p.plain[i] != nil {
		return p.plain[i], nil
	}
	d, err := r.column(in, p.m.output.Field(i).Type, s)
	if err != nil {
		return nil, fmt.Errorf("mask: column %q: %w", p.m.input.Field(i).Name, err)
	}
	if p.plain != nil && s.plain() {
		d.Retain()
		p.plain[i] = d
	}
	return d, nil
}

// flagColumns are the bits of the columns that Options.Readable and Options.Locks add, by output row.
func (p *pass) flagColumns() [][]uint64 {
	var out [][]uint64
	for i := range p.cells {
		c := &p.cells[i]
		if p.m.opt.Readable {
			out = append(out, p.arranged(c.readable))
		}
		if p.m.opt.Locks {
			out = append(out, p.arranged(p.locked(i)))
		}
	}
	return out
}

// locked are the rows whose cell of a measure may not be changed.
func (p *pass) locked(measure int) []uint64 {
	c, locked := &p.cells[measure], fullWords(p.n)
	for w := range locked {
		open := locked[w]
		if c.readable != nil {
			open &= c.readable[w]
		}
		if c.unlocked != nil {
			open &= c.unlocked[w]
		}
		locked[w] &^= open
	}
	return locked
}

// flags is a column of booleans without nulls; nil words are all true.
func (r *redactor) flags(words []uint64, n int) *array.Data {
	if words == nil {
		words = fullWords(n)
	}
	d := array.NewData(arrow.FixedWidthTypes.Boolean, n, []*memory.Buffer{nil, r.bitmap(words, n)}, nil, 0, 0)
	r.own(d)
	return d
}
