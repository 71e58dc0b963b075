package mask

import (
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
)

// fanHeld is how many bytes of what is worked out for one batch a Fan keeps for members that are still to come: the
// decisions, and likewise the batches.
const fanHeld = 64 << 20

// fanBatch is one batch on its way through a Fan.
type fanBatch struct {
	f     *Fan
	batch arrow.RecordBatch
	n     int
	cols  []*coded
	slots [][]uint32 // by item column: each row's slot in tables by item
	whole []bool     // by item column: every row holds an item
	nulls [][]uint64
	share []sharedColumn

	rows  []uint64     // by row: the bits of 64 kinds
	cells []uint32     // by row, of one term
	bytes []byte       // for andBits
	words [][][]uint64 // by group and question: the words of each of its kinds; nil where all of them have all rows
	lanes [][]uint64

	left []int // by kind: members that are still to come
	held []*fanResult
	room int // how many more may be held
	pass pass

	decision decision
}

// fanResult is what the members of a kind get.
type fanResult struct {
	out    arrow.RecordBatch
	counts counts
	err    error
}

func newFanBatch(f *Fan, batch arrow.RecordBatch) *fanBatch {
	b := &fanBatch{f: f, batch: batch, left: make([]int, len(f.kinds)), held: make([]*fanResult, len(f.kinds))}
	for _, kind := range f.of {
		b.left[kind]++
	}
	return b
}

// read finds out what the batch's rows hold.
func (b *fanBatch) read() (err error) {
	defer caught(&err)
	if err := b.f.check(b.batch); err != nil {
		return err
	}
	m := b.f.kinds[0]
	b.n = int(b.batch.NumRows())
	b.share = make([]sharedColumn, m.input.NumFields())
	b.nulls = make([][]uint64, len(m.items))
	for i, c := range m.items {
		in, err := whole(b.batch.Column(c.field).Data())
		if err != nil {
			return m.columnError(i, err)
		}
		col := new(coded)
		if err := m.code(col, in, i); err != nil {
			return m.columnError(i, err)
		}
		codes := make([]uint32, b.n)
		if err := col.code(0, codes, nil); err != nil {
			return m.columnError(i, err)
		}
		if col.nulls {
			b.nulls[i] = make([]uint64, wordsFor(b.n))
			v := view{translation: col.translation, codes: codesOf(codes)}
			v.putNulls(b.nulls[i], b.n)
		}
		b.cols, b.slots = append(b.cols, col), append(b.slots, codes)
		b.whole = append(b.whole, col.toSlots(codes, c.list.Len()))
	}
	size := wordsFor(b.n)
	b.rows, b.cells, b.bytes = make([]uint64, 64*size), make([]uint32, b.n), make([]byte, 64*size)
	b.words = make([][][]uint64, len(b.f.groups))
	bytes := 1
	for _, x := range m.measures {
		for _, buffer := range b.batch.Column(x.field).Data().Buffers() {
			if buffer != nil {
				bytes += buffer.Len()
			}
		}
	}
	b.room = fanHeld / bytes
	return nil
}

// toSlots turns codes into slots of tables by item, and says whether all of them are items.
func (t *translation) toSlots(codes []uint32, items int) bool {
	whole := true
	for i, code := range codes {
		if int(code) < t.entries {
			item := t.item(code)
			switch {
			case item >= 0:
				codes[i] = uint32(item)
				continue
			case item == nullItem:
				codes[i] = uint32(items + nullSlot)
			default:
				codes[i] = uint32(items + unknownSlot)
			}
		} else {
			codes[i] = uint32(items) + code - uint32(t.entries)
		}
		whole = false
	}
	return whole
}

// result is what a member of the kind gets, whose turn it is.
func (b *fanBatch) result(kind int) fanResult {
	b.left[kind]--
	if r := b.held[kind]; r != nil {
		if r.out != nil && b.left[kind] > 0 {
			r.out.Retain()
		} else {
			b.held[kind] = nil
		}
		return *r
	}
	r := b.redact(kind)
	if b.left[kind] > 0 && b.room > 0 {
		b.room--
		held := fanResult{out: r.out, err: r.err, counts: b.f.kinds[kind].newCounts()}
		if b.held[kind] = &held; r.err == nil {
			held.counts.add(r.counts)
			r.out.Retain()
		}
	}
	return r
}

// redact makes the batch for the members of a kind.
func (b *fanBatch) redact(kind int) (r fanResult) {
	defer func() {
		if r.err != nil {
			r.out = nil
		}
	}()
	defer caught(&r.err)
	group, k := kind/fanned, kind%fanned
	if b.words[group] == nil {
		b.decide(group)
	}
	m, size := b.f.kinds[kind], wordsFor(b.n)
	if cap(b.lanes) < len(m.lanes) {
		b.lanes = make([][]uint64, len(m.lanes))
	}
	b.lanes = b.lanes[:len(m.lanes)]
	clear(b.lanes)
	for q, id := range m.asked {
		if all := b.words[group][q]; all != nil && b.lanes[id] == nil {
			if words := all[k*size : (k+1)*size]; countBits(words) < b.n {
				b.lanes[id] = words
			}
		}
	}
	p := &b.pass
	p.workers = m.workers
	p.m, p.batch, p.n, p.cols, p.shared, p.rows = m, b.batch, b.n, b.cols, b.share, nil
	b.decision = decision{n: b.n, lanes: b.lanes, nulls: b.nulls}
	p.d = &b.decision
	if r.out, r.err = p.finish(); r.err == nil {
		for _, a := range r.out.Columns() { // Members share them, and each may have a goroutine of their own.
			settle(a)
		}
	}
	r.counts = p.counts
	return r
}

// decide answers all questions for a group of kinds.
func (b *fanBatch) decide(group int) {
	questions, size := b.f.groups[group], wordsFor(b.n)
	if len(b.f.groups)*len(questions)*fanned*size*8 > fanHeld {
		clear(b.words) // What was decided about other groups is decided again, if anyone asks.
	}
	answers := make([][]uint64, len(questions))
	for i := range questions {
		if q := &questions[i]; q.same >= 0 {
			answers[i] = answers[q.same]
		} else {
			answers[i] = b.answer(q)
		}
	}
	b.words[group] = answers
}

// answer is the words of each of 64 kinds; nil where all of them have all rows.
func (b *fanBatch) answer(q *question) []uint64 {
	rows, size := b.rows[:b.n], wordsFor(b.n)
	filled := false
	for col, table := range q.tables {
		switch {
		case table == nil || b.whole[col] && !q.items[col]:
		case filled:
			andWide(rows, b.slots[col], table)
		default:
			setWide(rows, b.slots[col], table)
			filled = true
		}
	}
	if !filled && q.never == 0 && len(q.terms) == 0 {
		return nil
	}
	words := make([]uint64, fanned*size)
	if filled {
		if q.never != 0 {
			for i := range rows {
				rows[i] &^= q.never
			}
		}
		clear(b.rows[b.n:])
		transposeRows(words, b.rows)
	} else {
		for k := range fanned {
			if q.never>>k&1 == 0 {
				fill(words[k*size:(k+1)*size], b.n)
			}
		}
	}
	for i := range q.terms {
		b.term(words, &q.terms[i])
	}
	return words
}

// term clears the bits of rows whose cell a condition over several columns lacks, for the kinds that have it.
func (b *fanBatch) term(words []uint64, t *sharedTerm) {
	size := wordsFor(b.n)
	b.cellsOf(&t.condition)
	has := fullWords(b.n)
	andBits(has, b.cells, bitTable{t.bits, 64 * len(t.bits)}, b.bytes)
	for kinds := t.kinds; kinds != 0; kinds &= kinds - 1 {
		k := bits.TrailingZeros64(kinds)
		own := words[k*size : (k+1)*size]
		for i, w := range has {
			own[i] &= w
		}
	}
}

// cellsOf works out the rows' cells of a condition. What is no item counts as the first: some other condition denies it.
func (b *fanBatch) cellsOf(c *condition) {
	for i := range b.cells {
		b.cells[i] = uint32(c.base)
	}
	for k, col := range c.columns {
		n, stride := uint32(b.f.kinds[0].items[col].list.Len()), uint32(c.strides[k])
		for i, slot := range b.slots[col] {
			if slot < n {
				b.cells[i] += slot * stride
			}
		}
	}
}

func (b *fanBatch) release() {
	for i := range b.share {
		b.share[i].release()
	}
	for _, r := range b.held {
		if r != nil && r.out != nil {
			r.out.Release()
		}
	}
}

// setWide writes to dst the table's word for each slot, which must lie in it.
func setWide(dst []uint64, slots []uint32, table []uint64) {
	slots = slots[:len(dst)]
	for i := range dst {
		dst[i] = table[slots[i]]
	}
}

// andWide is setWide onto what dst holds.
func andWide(dst []uint64, slots []uint32, table []uint64) {
	slots = slots[:len(dst)]
	for i := range dst {
		dst[i] &= table[slots[i]]
	}
}

// transposeRows writes the rows' words, a bit a kind, as words by kind, a bit a row. The rows are whole words.
func transposeRows(words, rows []uint64) {
	size := len(rows) / 64
	for w := range size {
		block := [64]uint64(rows[64*w:])
		transpose64(&block)
		for k, word := range block {
			words[k*size+w] = word
		}
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
