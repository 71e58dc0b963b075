package mask

import (
	"errors"
	"fmt"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/cubeward/cubeward/engine"
)

// Fan masks the same batches for many members at once. What the batch says is read once for all of them, and 64 of them
// are decided about at a time: a bit a member, a word an item. It is immutable but for the members' reports, and may be
// used by many goroutines at once.
type Fan struct {
	maskers   []*Masker
	questions []question
}

// fanned is how many members share a word.
const fanned = 64

// question is a lane that every member has: where the lane of a member stands, and for each 64 members and each item
// column the word of each item's bits; nil where none of them asks about the column.
type question struct {
	lane   func(*Masker) int
	tables [][][]uint64
}

// NewFan binds the columns of a schema for each of the members, as New does for one.
func NewFan(members []*engine.Member, schema *arrow.Schema, opt Options) (*Fan, error) {
	f := &Fan{}
	for i, member := range members {
		m, err := New(member, schema, opt)
		if err != nil {
			return nil, fmt.Errorf("member %d: %w", i, err)
		}
		f.maskers = append(f.maskers, m)
	}
	if len(f.maskers) == 0 {
		return f, nil
	}
	first := f.maskers[0]
	for i := range first.items {
		f.questions = append(f.questions,
			question{lane: func(m *Masker) int { return m.items[i].placed }},
			question{lane: func(m *Masker) int { return m.items[i].visible }})
	}
	for i := range first.measures {
		if first.dense == nil {
			f.questions = append(f.questions,
				question{lane: func(m *Masker) int { return m.measures[i].readable }},
				question{lane: func(m *Masker) int { return m.measures[i].unlocked }})
		}
	}
	for k := range f.questions {
		q := &f.questions[k]
		for at := 0; at < len(f.maskers); at += fanned {
			q.tables = append(q.tables, q.fold(f.maskers[at:min(at+fanned, len(f.maskers))]))
		}
	}
	return f, nil
}

// fold makes the tables of up to 64 members, by item column.
func (q *question) fold(maskers []*Masker) [][]uint64 {
	items := maskers[0].items
	tables := make([][]uint64, len(items))
	for k, m := range maskers {
		l := &m.lanes[q.lane(m)]
		for col := range items {
			if !l.needs(col) {
				continue
			}
			n := items[col].list.Len()
			if tables[col] == nil {
				tables[col] = make([]uint64, n+extraSlots)
				for i := range tables[col] {
					tables[col][i] = ^uint64(0)
				}
			}
			t := tables[col]
			t[n+unknownSlot] &^= 1 << k
			t[n+nullSlot] &^= 1 << k
			for _, c := range l.folded {
				if c.columns[0] != col {
					continue
				}
				for i := range n {
					if !c.has(c.base + uint64(i)*c.strides[0]) {
						t[i] &^= 1 << k
					}
				}
			}
		}
	}
	return tables
}

// Report counts the batches that were masked so far for a member, by its place among those that NewFan got.
func (f *Fan) Report(member int) *Report { return f.maskers[member].Report() }

// Mask is the batch as each of the members may see it, in their order: each what the Mask of a Masker of the member would
// return, or its error; the caller releases the batches. Members that see all of a column share it. The batch must stay as it is while
// the sequence runs; what nobody asks for is not masked.
func (f *Fan) Mask(batch arrow.RecordBatch) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		if len(f.maskers) == 0 {
			return
		}
		first := f.maskers[0]
		if first.dense != nil {
			for _, m := range f.maskers {
				if !yield(m.Mask(batch)) {
					return
				}
			}
			return
		}
		b := &fanBatch{f: f, batch: batch}
		if err := b.read(first); err != nil {
			for _, m := range f.maskers {
				if m.opt.Audit != nil {
					m.audit(batch, counts{}, true)
				}
				if !yield(nil, err) {
					return
				}
			}
			return
		}
		defer b.release()
		for at := 0; at < len(f.maskers); at += fanned {
			b.decide(at)
			for k := range min(fanned, len(f.maskers)-at) {
				if !yield(b.mask(f.maskers[at+k], k)) {
					return
				}
			}
		}
	}
}

// fanBatch is one batch on its way through a Fan.
type fanBatch struct {
	f     *Fan
	batch arrow.RecordBatch
	n     int
	cols  []*coded
	codes [][]uint32 // by item column, of all rows
	nulls [][]uint64
	plain []*array.Data // by field: the column as who sees all of it gets it
	rows  []uint64      // by row: the bits of 64 members
	words [][]uint64    // by question: the words of each of 64 members
}

// read finds out what the batch's rows hold.
func (b *fanBatch) read(m *Masker) (err error) {
	defer caught(&err)
	if b.batch == nil {
		return errors.New("mask: no batch")
	}
	if err := m.check(0, b.batch); err != nil {
		return err
	}
	b.n = int(b.batch.NumRows())
	b.plain = make([]*array.Data, m.input.NumFields())
	b.nulls = make([][]uint64, len(m.items))
	for i, c := range m.items {
		in, err := whole(b.batch.Column(c.field).Data())
		if err != nil {
			return m.columnError(i, err)
		}
		col, err := m.newCoded(in, i)
		if err != nil {
			return m.columnError(i, err)
		}
		codes := make([]uint32, b.n)
		if err := col.code(0, codes, nil); err != nil {
			return m.columnError(i, err)
		}
		b.cols, b.codes = append(b.cols, col), append(b.codes, codes)
		if col.nulls {
			b.nulls[i] = make([]uint64, wordsFor(b.n))
			v := view{translation: col.translation, codes: codesOf(codes)}
			v.putNulls(b.nulls[i], b.n)
		}
	}
	b.rows = make([]uint64, 64*wordsFor(b.n))
	b.words = make([][]uint64, len(b.f.questions))
	for q := range b.words {
		b.words[q] = make([]uint64, fanned*wordsFor(b.n))
	}
	return nil
}

// decide answers all questions for up to 64 members from at on, but for conditions that couple columns.
func (b *fanBatch) decide(at int) {
	size := wordsFor(b.n)
	for k := range b.f.questions {
		filled := false
		for col, table := range b.f.questions[k].tables[at/fanned] {
			if table == nil {
				continue
			}
			table = b.cols[col].byCode(table)
			if filled {
				andWide(b.rows[:b.n], b.codes[col], table)
			} else {
				setWide(b.rows[:b.n], b.codes[col], table)
			}
			filled = true
		}
		if !filled {
			for i := range b.rows[:b.n] {
				b.rows[i] = ^uint64(0)
			}
		}
		var block [64]uint64
		for w := range size {
			block = [64]uint64(b.rows[64*w:])
			transpose64(&block)
			for j, word := range block {
				b.words[k][j*size+w] = word
			}
		}
	}
}

// byCode is a table over items as a table over the codes of a batch.
func (c *coded) byCode(table []uint64) []uint64 {
	if c.items == nil {
		return table
	}
	unknown := len(table) - extraSlots
	out := make([]uint64, len(c.items)+extraSlots)
	for i, item := range c.items {
		switch {
		case item >= 0:
			out[i] = table[item]
		case item == nullItem:
			out[i] = table[unknown+nullSlot]
		default:
			out[i] = table[unknown+unknownSlot]
		}
	}
	copy(out[len(c.items):], table[unknown:])
	return out
}

// mask is the batch for member k of the 64 that were decided about.
func (b *fanBatch) mask(m *Masker, k int) (out arrow.RecordBatch, err error) {
	var c counts
	if m.opt.Audit != nil {
		defer func() { m.audit(b.batch, c, err != nil) }()
	}
	defer func() {
		if err != nil {
			out = nil
		}
	}()
	defer caught(&err)
	size := wordsFor(b.n)
	d := &decision{n: b.n, lanes: make([][]uint64, len(m.lanes)), nulls: b.nulls}
	done := make([]bool, len(m.lanes))
	for q := range b.f.questions {
		id := b.f.questions[q].lane(m)
		if done[id] {
			continue
		}
		done[id] = true
		words := b.words[q][k*size : (k+1)*size]
		if m.lanes[id].never {
			clear(words)
		}
		b.couple(m, words, m.lanes[id].coupled)
		if countBits(words) < b.n {
			d.lanes[id] = words
		}
	}
	p := &pass{m: m, batch: b.batch, n: b.n, cols: b.cols, d: d, plain: b.plain}
	if out, err = p.finish(); err != nil {
		return nil, err
	}
	c = p.counts
	m.mu.Lock()
	m.totals.add(c)
	m.mu.Unlock()
	return out, nil
}

// couple clears the bits of rows whose cell a condition over several columns lacks.
func (b *fanBatch) couple(m *Masker, words []uint64, conditions []condition) {
	if len(conditions) == 0 {
		return
	}
	for i := range conditions {
		c := &conditions[i]
		cells := make([]uint32, b.n)
		for row := range cells {
			cells[row] = uint32(c.base)
			for k, col := range c.columns {
				cells[row] += uint32(max(b.cols[col].item(b.codes[col][row]), 0)) * uint32(c.strides[k])
			}
		}
		andBits(words, cells, bitTable{c.bits, 64 * len(c.bits)}, make([]byte, 64*len(words)))
	}
}

func (b *fanBatch) release() {
	for _, d := range b.plain {
		if d != nil {
			d.Release()
		}
	}
}

// setWide writes to dst the table's word for each code, which must lie in it.
func setWide(dst []uint64, codes []uint32, table []uint64) {
	codes = codes[:len(dst)]
	for i := range dst {
		dst[i] = table[codes[i]]
	}
}

// andWide is setWide onto what dst holds.
func andWide(dst []uint64, codes []uint32, table []uint64) {
	codes = codes[:len(dst)]
	for i := range dst {
		dst[i] &= table[codes[i]]
	}
}

// transpose64 swaps rows and columns: bit j of word i comes from bit i of word j.
func transpose64(a *[64]uint64) {
	mask := uint64(1)<<32 - 1
	for step := 32; step > 0; step, mask = step>>1, mask^mask<<(step>>1) {
		for i := 0; i < 64; i = (i + step + 1) &^ step {
			t := (a[i&63]>>step ^ a[(i+step)&63]) & mask
			a[i&63] ^= t << step
			a[(i+step)&63] ^= t
		}
	}
}
