package mask

import (
	"bytes"
	"slices"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// index is a type of numbers of a dictionary's values.
type index interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64
}

// dictionary keeps the values that a visible row uses. Where no row is hidden and all values are used, the memory is
// shared. Otherwise they are numbered by first visible use: their old order may tell in which order the rows that are
// hidden now first used them. A dictionary declared as ordered keeps its order, which is part of its meaning.
func (r *redactor) dictionary(p part, dt *arrow.DictionaryType, s selection) (result, error) {
	d, ok := p.data.Dictionary().(*array.Data)
	if !ok || d == nil { // Without rows too: such a column could not be written.
		return result{}, malformed("the dictionary is missing")
	}
	values, err := whole(d)
	if err != nil {
		return result{}, err
	}
	switch dt.IndexType.ID() {
	case arrow.INT8:
		return renumber[int8](r, p, values, dt, s)
	case arrow.INT16:
		return renumber[int16](r, p, values, dt, s)
	case arrow.INT32:
		return renumber[int32](r, p, values, dt, s)
	case arrow.INT64:
		return renumber[int64](r, p, values, dt, s)
	case arrow.UINT8:
		return renumber[uint8](r, p, values, dt, s)
	case arrow.UINT16:
		return renumber[uint16](r, p, values, dt, s)
	case arrow.UINT32:
		return renumber[uint32](r, p, values, dt, s)
	}
	return renumber[uint64](r, p, values, dt, s)
}

// indices are the part's rows of a buffer of numbers.
func indices[T index](p part, width int) ([]T, error) {
	b, err := p.bytes(1, p.off*width, (p.off+p.n)*width)
	if err != nil {
		return nil, err
	}
	return arrow.GetData[T](b), nil
}

// numbering says which of a dictionary's values are used, and how they are numbered by first use. Where the dictionary
// is far longer than the rows it is a map: how long it is, is only its own word.
type numbering struct {
	size   uint64
	used   int
	dense  []uint32 // by value: its new number and one, 0 where no row uses it
	sparse map[uint64]uint32
}

func newNumbering(size, rows int) *numbering {
	if farLonger(size, rows) {
		return &numbering{size: uint64(size), sparse: map[uint64]uint32{}}
	}
	return &numbering{size: uint64(size), dense: make([]uint32, size)}
}

// farLonger says that a dictionary is so much longer than the rows which use it that what is done for each value
// should be done for each row instead.
func farLonger(size, rows int) bool { return size > 4*rows+1024 }

func (m *numbering) of(k uint64) uint32 {
	if m.dense != nil {
		return m.dense[k]
	}
	return m.sparse[k]
}

// use numbers a value; it is false where the dictionary has no such.
func (m *numbering) use(k uint64) bool {
	if k >= m.size {
		return false
	}
	if m.of(k) == 0 {
		m.used++
		m.set(k, uint32(m.used))
	}
	return true
}

func (m *numbering) set(k uint64, n uint32) {
	if m.dense != nil {
		m.dense[k] = n
		return
	}
	m.sparse[k] = n
}

// order are the values used, by new number; sorted numbers them anew in the dictionary's order.
func (m *numbering) order(sorted bool) []int {
	order := make([]int, m.used)
	for k, n := range m.dense {
		if n > 0 {
			order[n-1] = k
		}
	}
	for k, n := range m.sparse {
		order[n-1] = int(k)
	}
	if sorted {
		slices.Sort(order)
		for i, k := range order {
			m.set(uint64(k), uint32(i+1))
		}
	}
	return order
}

// useAll numbers the values of rows; it is false where the dictionary lacks one. Nearly all rows use a value that an
// earlier one used too, and once every value is numbered the rest is only looked over, if at all.
func useAll[T index](m *numbering, rows []T, known bool) bool {
	inside := true
	for from := 0; from < len(rows); from += runRows {
		if m.used == int(m.size) {
			return (known || allBelow(rows[from:], m.size)) && inside
		}
		chunk := rows[from:min(from+runRows, len(rows))]
		if allSame(chunk) {
			chunk = chunk[:1]
		}
		for _, v := range chunk {
			if k := uint64(v); k >= uint64(len(m.dense)) || m.dense[k] == 0 {
				inside = m.use(k) && inside
			}
		}
	}
	return inside
}

// usesAll says whether rows, which lie inside the dictionary, use every one of so many values. It marks what is used without
// asking what was before, and stops to count now and then: where all values are used, that shows long before the last row.
func usesAll[T index](rows []T, size int) bool {
	if size > maxMarked || len(rows) < size {
		return false
	}
	var marks [maxMarked]byte
	for from := 0; from < len(rows); {
		to := min(from+max(markedRows, from/8), len(rows))
		chunk := rows[from:to]
		for ; len(chunk) >= 8; chunk = chunk[8:] {
			v := (*[8]T)(chunk)
			marks[uint64(v[0])%maxMarked] = 1
			marks[uint64(v[1])%maxMarked] = 1
			marks[uint64(v[2])%maxMarked] = 1
			marks[uint64(v[3])%maxMarked] = 1
			marks[uint64(v[4])%maxMarked] = 1
			marks[uint64(v[5])%maxMarked] = 1
			marks[uint64(v[6])%maxMarked] = 1
			marks[uint64(v[7])%maxMarked] = 1
		}
		for _, v := range chunk {
			marks[uint64(v)%maxMarked] = 1
		}
		if from = to; bytes.Count(marks[:size], []byte{1}) == size {
			return true
		}
	}
	return false
}

// Dictionaries longer than maxMarked are numbered at once. Marks are counted after markedRows, and later less often.
const (
	maxMarked  = 4096
	markedRows = 256
)

// wholeDictionary shares a dictionary all of whose values are used.
func (r *redactor) wholeDictionary(p, values part, dt *arrow.DictionaryType, s selection, width int) (result, error) {
	res, err := r.fixed(p, s, width)
	if err != nil {
		return result{}, err
	}
	if res.dict = p.seen.values.data(); res.dict != nil {
		r.own(res.dict)
		return res, nil
	}
	// What lies under a null value is cleared here as it is where values are picked: it shall not tell whether there were unused values.
	if res.dict, err = r.picked(values, dt.ValueType, selection{n: values.n}); err == nil {
		p.seen.values.keep(res.dict)
	}
	return res, err
}

// keptDict is the values of a dictionary as they are handed out where all of them are used, in memory of their own: what
// was told to hold the same needs no look at it again. It may be used by many goroutines; nil keeps nothing.
type keptDict struct{ of atomic.Pointer[array.Data] }

// maxKept is how many bytes a dictionary may hold to be kept.
const maxKept = 1 << 20

// data is the values; nil where they are not kept. The caller releases it.
func (k *keptDict) data() *array.Data {
	if k == nil {
		return nil
	}
	d := k.of.Load()
	if d == nil {
		return nil
	}
	// The buffers count no references: whatever becomes of this one, others have them.
	return array.NewData(d.DataType(), d.Len(), d.Buffers(), nil, d.NullN(), 0)
}

// keep copies values that have neither children nor a dictionary.
func (k *keptDict) keep(d *array.Data) {
	if k == nil || d.Dictionary() != (*array.Data)(nil) || len(d.Children()) > 0 {
		return
	}
	buffers := make([]*memory.Buffer, len(d.Buffers()))
	size := 0
	for i, b := range d.Buffers() {
		if b == nil {
			continue
		}
		if size += b.Len(); size > maxKept {
			return
		}
		own := memory.DefaultAllocator.Allocate(b.Len())
		copy(own, b.Bytes())
		buffers[i] = memory.NewBufferBytes(own)
	}
	k.of.Store(array.NewData(d.DataType(), d.Len(), buffers, nil, d.NullN(), 0))
}

// renumbered writes the new numbers of rows' values, all of which are used.
func renumbered[T index](m *numbering, out, rows []T) {
	if m.dense == nil {
		for i, v := range rows {
			out[i] = T(m.sparse[uint64(v)] - 1)
		}
		return
	}
	for from := 0; from < len(rows); from += runRows {
		chunk := rows[from:min(from+runRows, len(rows))]
		dst := out[from:][:len(chunk)]
		if allSame(chunk) {
			n := T(m.dense[uint64(chunk[0])] - 1)
			for i := range dst {
				dst[i] = n
			}
			continue
		}
		dense := m.dense
		for i, v := range chunk {
			dst[i] = T(dense[uint64(v)] - 1)
		}
	}
}

func renumber[T index](r *redactor, p, values part, dt *arrow.DictionaryType, s selection) (result, error) {
	width := dt.IndexType.(arrow.FixedWidthDataType).Bytes()
	idx, err := indices[T](p, width)
	if err != nil {
		return result{}, err
	}
	visible, nulls, err := p.visible(s)
	if err != nil {
		return result{}, err
	}
	known := p.seen.inside
	if r.shares(s, visible) && visible == nil {
		p.seen.valid = true
		known = known || allBelow(idx[:s.n], uint64(values.n))
		if known && usesAll(idx[:s.n], values.n) {
			return r.wholeDictionary(p, values, dt, s, width)
		}
	}
	m, inside := newNumbering(values.n, p.n), true
	for from, to := range runs(visible, s.n) {
		if s.rows == nil {
			inside = useAll(m, idx[from:to], known) && inside
			continue
		}
		for _, row := range s.rows[from:to] {
			inside = m.use(uint64(idx[row])) && inside
		}
	}
	if !inside {
		return result{}, malformed("an index is outside its dictionary")
	}
	if r.shares(s, visible) && m.used == values.n {
		return r.wholeDictionary(p, values, dt, s, width)
	}
	order := m.order(dt.Ordered)
	dict, err := r.picked(values, dt.ValueType, selection{n: len(order), rows: order})
	if err != nil {
		return result{}, err
	}
	b := r.zeroed(s.n * width)
	out := arrow.GetData[T](b.Bytes())
	for from, to := range runs(visible, s.n) {
		if s.rows == nil {
			renumbered(m, out[from:to], idx[from:to])
			continue
		}
		for i, row := range s.rows[from:to] {
			out[from+i] = T(m.of(uint64(idx[row])) - 1)
		}
	}
	return result{buffers: r.list(r.bitmap(visible, s.n), b), dict: dict, nulls: nulls}, nil
}
