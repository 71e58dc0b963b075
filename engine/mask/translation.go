package mask

import (
	"bytes"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
)

// translation says what the codes of an item column mean: which item each stands for, and what a Masker asks about it.
// It is made once for a dictionary, or for the items themselves, and shared by all rows, batches and goroutines.
type translation struct {
	entries int     // codes below are entries; unknownSlot and nullSlot follow
	items   []int32 // the item of each entry, notItem or nullItem; nil where the entries are the items
	gaps    bool    // an entry is null
	strange bool    // an entry is no item, or null
	settled [4]settled
	bits    [][]bitTable // by group and lane: the table's bits; nil where rows are looked up by bytes
	offsets []steps      // by axis: what to add up by code to find a cell
}

// settled are the tables of a column, given what its rows may hold besides entries.
type settled struct {
	tables [][]byte // by group; nil where every row keeps all lanes
	always []byte   // by group: the lanes that every row keeps
	never  []byte   // by group: the lanes that every row loses
	whole  bool     // every row holds an item
}

// What rows may hold besides entries: numbers of settled.
const (
	withStrays = 1 << iota // what is no item
	withNulls
)

// bindColumns makes the translations of the lists' items as they are.
func (m *Masker) bindColumns() {
	m.known = make([]translations, len(m.items))
	for i := range m.items {
		m.itself = append(m.itself, m.translate(i, nil))
	}
}

// translate makes the translation of entries, which stand for items, or are them where items is nil.
func (m *Masker) translate(col int, items []int32) *translation {
	t := &translation{entries: m.items[col].list.Len(), items: items, gaps: slices.Contains(items, nullItem)}
	if items != nil {
		t.entries = len(items)
	}
	t.strange = slices.ContainsFunc(items, func(item int32) bool { return item < 0 })
	tables, kept, lost := make([][]byte, len(m.groups)), make([]byte, len(m.groups)), make([]byte, len(m.groups))
	for k := range m.groups {
		tables[k], kept[k] = t.fold(m.groups[k].tables[col]), 0xff
		if tables[k] == nil {
			continue
		}
		lost[k] = 0xff
		for _, b := range tables[k][:t.entries] {
			kept[k] &= b
			lost[k] &^= b
		}
	}
	if m.wide {
		t.bits = bitTables(tables)
	}
	for with := range t.settled {
		t.settled[with] = t.settle(with, tables, kept, lost)
	}
	for _, a := range m.axes {
		t.offsets = append(t.offsets, t.offsetsOf(a, col))
	}
	return t
}

// bitTables are tables of bytes bit by bit.
func bitTables(tables [][]byte) [][]bitTable {
	out := make([][]bitTable, len(tables))
	for k, table := range tables {
		for bit := range lanesPerGroup {
			words := make([]uint64, wordsFor(len(table)))
			for i, b := range table {
				words[i>>6] |= uint64(b>>bit&1) << (i & 63)
			}
			out[k] = append(out[k], bitTable{words, len(table)})
		}
	}
	return out
}

// fold is a table by item as a table by code.
func (t *translation) fold(table []byte) []byte {
	if table == nil || t.items == nil {
		return table
	}
	out := make([]byte, len(t.items)+extraSlots)
	unknown := len(table) - extraSlots
	for i, item := range t.items {
		switch {
		case item >= 0:
			out[i] = table[item]
		case item == nullItem:
			out[i] = table[unknown+nullSlot]
		default:
			out[i] = table[unknown+unknownSlot]
		}
	}
	copy(out[len(t.items):], table[unknown:])
	return out
}

// settle finds the lanes that no row can lose, and drops the tables that thus say nothing; and those that all rows lose.
func (t *translation) settle(with int, tables [][]byte, kept, lost []byte) settled {
	s := settled{slices.Clone(tables), slices.Clone(kept), slices.Clone(lost), with == 0 && !t.strange}
	for k, table := range s.tables {
		if table == nil {
			continue
		}
		if with&withStrays != 0 {
			s.always[k] &= table[t.entries+unknownSlot]
			s.never[k] &^= table[t.entries+unknownSlot]
		}
		if with&withNulls != 0 {
			s.always[k] &= table[t.entries+nullSlot]
			s.never[k] &^= table[t.entries+nullSlot]
		}
		if s.always[k] == 0xff {
			s.tables[k] = nil
		}
	}
	return s
}

// offsetsOf are an axis' stride times the item of each code; 0 for what is no item. Axes of other columns have none.
func (t *translation) offsetsOf(a axis, col int) steps {
	if a.column != col {
		return steps{}
	}
	items := make([]uint32, t.entries+extraSlots)
	for i := range t.entries {
		items[i] = uint32(max(t.item(uint32(i)), 0))
	}
	return newSteps(items, a.stride)
}

// item is the item of a code, negative where there is none.
func (t *translation) item(code uint32) int32 {
	switch {
	case int(code) >= t.entries:
		return notItem
	case t.items == nil:
		return int32(code)
	}
	return t.items[code]
}

// translations remember what was made of the dictionaries of one column, by what they hold. Where a dictionary lies in
// memory says nothing: another may lie there after it.
type translations struct {
	mu     sync.Mutex // of who adds one
	recent atomic.Pointer[[]remembered]
}

type remembered struct {
	content     content
	translation *translation
	values      *keptDict
}

// Bounds on what a column's translations remember.
const (
	maxRemembered      = 4
	maxRememberedBytes = 16 << 20
)

// find is what is remembered of a dictionary; nil where that is nothing.
func (ts *translations) find(c *content) *remembered {
	if list := ts.recent.Load(); list != nil {
		for i := range *list {
			if r := &(*list)[i]; r.content.equal(c) {
				return r
			}
		}
	}
	return nil
}

// remember keeps r with a copy of what a dictionary holds, beside the newest others.
func (ts *translations) remember(c *content, r remembered) {
	if c.size() > maxRememberedBytes {
		return
	}
	ts.mu.Lock()
	defer ts.mu.Unlock()
	r.content = c.clone()
	next := []remembered{r}
	size := c.size()
	if list := ts.recent.Load(); list != nil {
		for _, old := range *list {
			if size += old.content.size(); len(next) == maxRemembered || size > maxRememberedBytes {
				break
			}
			if !old.content.equal(c) { // else another goroutine was first
				next = append(next, old)
			}
		}
	}
	ts.recent.Store(&next)
}

// content is the memory that the values of a dictionary are read from. Equal contents are equal values; equal values may
// have contents that differ.
type content struct {
	id     arrow.Type
	n      int
	bit    int // where in its first byte the validity starts
	valid  []byte
	values []byte // the values, or their offsets
	texts  []byte
	first  int64 // offset
}

// contentOf is false for types whose content is not told, and where buffers contradict the type.
func contentOf(p part) (c content, ok bool) {
	c = content{id: p.data.DataType().ID(), n: p.n, bit: p.off & 7}
	if p.n == 0 {
		return c, false
	}
	var err error
	if p.bufferLen(0) > 0 {
		if c.valid, err = p.bytes(0, p.off/8, (p.off+p.n+7)/8); err != nil {
			return c, false
		}
	}
	switch c.id {
	case arrow.STRING:
		return c, textContent[int32](p, &c)
	case arrow.LARGE_STRING:
		return c, textContent[int64](p, &c)
	}
	width, ok := fixedWidth(p.data.DataType())
	if !ok {
		return c, false
	}
	c.values, err = p.bytes(1, p.off*width, (p.off+p.n)*width)
	return c, err == nil
}

func textContent[O offset](p part, c *content) bool {
	size := offsetSize[O]()
	var err error
	if c.values, err = p.bytes(1, p.off*size, (p.off+p.n+1)*size); err != nil {
		return false
	}
	o := arrow.GetData[O](c.values)
	c.first = int64(o[0])
	if o[0] < 0 || o[p.n] < o[0] {
		return false
	}
	c.texts, err = p.bytes(2, int(o[0]), int(o[p.n]))
	return err == nil
}

func (c *content) equal(o *content) bool {
	return c.id == o.id && c.n == o.n && c.bit == o.bit && c.first == o.first &&
		bytes.Equal(c.valid, o.valid) && bytes.Equal(c.values, o.values) && bytes.Equal(c.texts, o.texts)
}

func (c *content) size() int { return len(c.valid) + len(c.values) + len(c.texts) }

func (c *content) clone() content {
	out := *c
	out.valid, out.values, out.texts = slices.Clone(c.valid), slices.Clone(c.values), slices.Clone(c.texts)
	return out
}
