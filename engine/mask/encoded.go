package mask

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// dictionaryCoder codes rows by their dictionary: by its entries; or by their items, which are looked up once for each entry,
// or, where the dictionary is far longer than the rows, for each row.
type dictionaryCoder struct {
	part   part
	width  int
	id     arrow.Type
	valid  []byte
	values part
	null   uint32
	slots  []uint32 // the code of each entry, where rows are coded by item
	of     coder    // the dictionary's values, where the item of each row is looked up
}

// read prepares for a column; it is false for one without dictionary, which then has no rows.
func (c *dictionaryCoder) read(p part, dt *arrow.DictionaryType) (bool, error) {
	d, ok := p.data.Dictionary().(*array.Data)
	if !ok || d == nil {
		if p.n > 0 {
			return false, malformed("the dictionary is missing")
		}
		return false, nil
	}
	values, err := whole(d)
	if err != nil {
		return false, err
	}
	if values.data.DataType().ID() != dt.ValueType.ID() {
		return false, malformed("a dictionary of another type than its schema says")
	}
	valid, err := p.validity()
	if err != nil {
		return false, err
	}
	*c = dictionaryCoder{part: p, width: dt.IndexType.(arrow.FixedWidthDataType).Bytes(), id: dt.IndexType.ID(), valid: valid, values: values}
	_, err = p.bytes(1, p.off*c.width, (p.off+p.n)*c.width)
	return true, err
}

// byItem makes code write items.
func (c *dictionaryCoder) byItem(dt *arrow.DictionaryType, lk *lookup) error {
	c.null = uint32(lk.list.Len() + nullSlot)
	of, _, err := newCoder(c.values, dt.ValueType, lk)
	if err != nil || farLonger(c.values.n, c.part.n) {
		c.of = of
		return err
	}
	c.slots = make([]uint32, c.values.n)
	return of.code(0, c.slots, nil)
}

// direct are the rows' indices as they stand in the batch, where they can serve as codes: narrow enough.
func (c *dictionaryCoder) direct() codes {
	if arrow.IsSignedInteger(c.id) && c.width < 8 && c.values.n > 1<<(8*c.width-1) {
		return codes{} // Read without its sign, a negative index could stand for an entry.
	}
	b, err := c.part.bytes(1, c.part.off*c.width, (c.part.off+c.part.n)*c.width)
	if err != nil {
		return codes{}
	}
	return codesIn(b, c.width)
}

func (c *dictionaryCoder) code(lo int, out []uint32, seen *book) error {
	switch c.id {
	case arrow.INT8:
		return widen[int8](c, lo, out, seen)
	case arrow.INT16:
		return widen[int16](c, lo, out, seen)
	case arrow.INT32:
		return widen[int32](c, lo, out, seen)
	case arrow.INT64:
		return widen[int64](c, lo, out, seen)
	case arrow.UINT8:
		return widen[uint8](c, lo, out, seen)
	case arrow.UINT16:
		return widen[uint16](c, lo, out, seen)
	case arrow.UINT32:
		return widen[uint32](c, lo, out, seen)
	}
	return widen[uint64](c, lo, out, seen)
}

func widen[T index](c *dictionaryCoder, lo int, out []uint32, seen *book) error {
	all, err := indices[T](c.part, c.width)
	if err != nil {
		return err
	}
	values := all[lo : lo+len(out)]
	var word [1]uint64
	for i := 0; i < len(out); i += 64 {
		rows := values[i:min(i+64, len(out))]
		word[0] = lastWord(len(rows))
		if c.valid != nil {
			loadBits(word[:], c.valid, c.part.off+lo+i, len(rows))
		}
		if err := widenWord(c, out[i:i+len(rows)], rows, word[0], seen); err != nil {
			return err
		}
	}
	return nil
}

// widenWord codes up to 64 rows, of which those are null that valid has no bit of.
func widenWord[T index](c *dictionaryCoder, out []uint32, rows []T, valid uint64, seen *book) error {
	size := uint64(c.values.n)
	if c.slots == nil && c.of == nil && valid == lastWord(len(rows)) {
		top := uint64(0)
		for i, v := range rows {
			top = max(top, uint64(v))
			out[i] = uint32(v)
		}
		if top >= size {
			return malformed("an index is outside its dictionary")
		}
		return nil
	}
	for i, v := range rows {
		k := uint64(v)
		switch {
		case valid>>i&1 == 0:
			out[i] = c.null
		case k >= size:
			return malformed("an index is outside its dictionary")
		case c.slots != nil:
			out[i] = c.slots[k]
		case c.of != nil:
			if err := c.of.code(int(k), out[i:i+1], seen); err != nil {
				return err
			}
		default:
			out[i] = uint32(k)
		}
	}
	return nil
}

// runCoder codes the rows of run-end encoded columns: the values once, then run by run.
type runCoder struct {
	off   int
	ends  []int64
	codes []uint32 // by run
}

// newRunCoder also says whether a run may be null.
func newRunCoder(p part, dt *arrow.RunEndEncodedType, lk *lookup) (coder, bool, error) {
	switch dt.RunEnds().ID() {
	case arrow.INT16:
		return runCoderOf[int16](p, dt, lk)
	case arrow.INT32:
		return runCoderOf[int32](p, dt, lk)
	}
	return runCoderOf[int64](p, dt, lk)
}

func runCoderOf[T int16 | int32 | int64](p part, dt *arrow.RunEndEncodedType, lk *lookup) (coder, bool, error) {
	ends, values, err := endsOf[T](p, dt.RunEnds().(arrow.FixedWidthDataType).Bytes())
	if err != nil {
		return nil, false, err
	}
	if values.data.DataType().ID() != dt.Encoded().ID() {
		return nil, false, malformed("runs of another type than their schema says")
	}
	of, nulls, err := newCoder(values, dt.Encoded(), lk)
	if err != nil {
		return nil, false, err
	}
	// Only the runs that reach into the part are looked at.
	first, last := 0, 0
	if p.n > 0 {
		first, last = runAt(ends, p.off), runAt(ends, p.off+p.n-1)+1
	}
	c := &runCoder{off: p.off, ends: make([]int64, last-first), codes: make([]uint32, last-first)}
	for i, end := range ends[first:last] {
		c.ends[i] = int64(end)
	}
	return c, nulls, of.code(first, c.codes, nil)
}

func (c *runCoder) code(lo int, out []uint32, _ *book) error {
	at, end := c.off+lo, c.off+lo+len(out)
	for run := runAt(c.ends, at); at < end; run++ {
		to := min(int(c.ends[run]), end)
		code := c.codes[run]
		for i := at; i < to; i++ {
			out[i-c.off-lo] = code
		}
		at = to
	}
	return nil
}

// same says whether the rows [lo,hi) lie in one run, and what its code is.
func (c *runCoder) same(lo, hi int) (uint32, bool) {
	run := runAt(c.ends, c.off+lo)
	return c.codes[run], c.ends[run] >= int64(c.off+hi)
}
