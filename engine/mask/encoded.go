package mask

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// dictionaryCoder codes rows by their dictionary: by its entries, which were looked up once; by the entries' items;
// or, where it is far longer than the rows, by looking up the entry of each row.
type dictionaryCoder struct {
	part    part
	width   int
	id      arrow.Type
	valid   []byte
	size    int      // of the dictionary
	of      coder    // the dictionary's values, as items
	entries []int32  // the item of each entry, notItem or nullItem; nil where they were not looked up
	slots   []uint32 // the code of each entry, where rows are coded by item
	null    uint32
}

// newDictionaryCoder is nil for a column without dictionary, which then has no rows.
func newDictionaryCoder(p part, dt *arrow.DictionaryType, lk *lookup) (*dictionaryCoder, error) {
	d, ok := p.data.Dictionary().(*array.Data)
	if !ok || d == nil {
		if p.n > 0 {
			return nil, malformed("the dictionary is missing")
		}
		return nil, nil
	}
	values, err := whole(d)
	if err != nil {
		return nil, err
	}
	if values.data.DataType().ID() != dt.ValueType.ID() {
		return nil, malformed("a dictionary of another type than its schema says")
	}
	valid, err := p.validity()
	if err != nil {
		return nil, err
	}
	c := &dictionaryCoder{part: p, width: dt.IndexType.(arrow.FixedWidthDataType).Bytes(), id: dt.IndexType.ID(), valid: valid, size: values.n}
	if _, err := p.bytes(1, p.off*c.width, (p.off+p.n)*c.width); err != nil {
		return nil, err
	}
	if c.of, _, err = newCoder(values, dt.ValueType, lk); err != nil {
		return nil, err
	}
	n := uint32(lk.list.Len())
	c.null = n + nullSlot
	if farLonger(values.n, p.n) {
		return c, nil
	}
	c.slots = make([]uint32, values.n)
	if err := c.of.code(0, c.slots); err != nil {
		return nil, err
	}
	return c, nil
}

// byEntry makes code write entries instead of items; the list has n of them.
func (c *dictionaryCoder) byEntry(n uint32) {
	c.entries = make([]int32, len(c.slots))
	for i, code := range c.slots {
		switch code {
		case n + unknownSlot:
			c.entries[i] = notItem
		case n + nullSlot:
			c.entries[i] = nullItem
		default:
			c.entries[i] = int32(code)
		}
	}
	c.slots, c.null = nil, uint32(len(c.entries)+nullSlot)
}

// direct are the rows' indices as they stand in the batch, where they can serve as codes: no null, and narrow enough.
func (c *dictionaryCoder) direct() any {
	if arrow.IsSignedInteger(c.id) && len(c.entries) > 1<<(8*c.width-1) {
		return nil // Read without its sign, a negative index could stand for an entry.
	}
	switch c.width {
	case 1:
		v, _ := indices[uint8](c.part, 1)
		return v
	case 2:
		v, _ := indices[uint16](c.part, 2)
		return v
	case 4:
		v, _ := indices[uint32](c.part, 4)
		return v
	}
	return nil
}

func (c *dictionaryCoder) code(lo int, out []uint32) error {
	switch c.id {
	case arrow.INT8:
		return widen[int8](c, lo, out)
	case arrow.INT16:
		return widen[int16](c, lo, out)
	case arrow.INT32:
		return widen[int32](c, lo, out)
	case arrow.INT64:
		return widen[int64](c, lo, out)
	case arrow.UINT8:
		return widen[uint8](c, lo, out)
	case arrow.UINT16:
		return widen[uint16](c, lo, out)
	case arrow.UINT32:
		return widen[uint32](c, lo, out)
	}
	return widen[uint64](c, lo, out)
}

func widen[T index](c *dictionaryCoder, lo int, out []uint32) error {
	all, err := indices[T](c.part, c.width)
	if err != nil {
		return err
	}
	for i, v := range all[lo : lo+len(out)] {
		if at := c.part.off + lo + i; c.valid != nil && c.valid[at>>3]>>(at&7)&1 == 0 {
			out[i] = c.null
			continue
		}
		switch k := uint64(v); {
		case k >= uint64(c.size):
			return malformed("an index is outside its dictionary")
		case c.entries != nil:
			out[i] = uint32(k)
		case c.slots != nil:
			out[i] = c.slots[k]
		default:
			if err := c.of.code(int(k), out[i:i+1]); err != nil {
				return err
			}
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

func newRunCoder(p part, dt *arrow.RunEndEncodedType, lk *lookup) (*runCoder, error) {
	switch dt.RunEnds().ID() {
	case arrow.INT16:
		return runCoderOf[int16](p, dt, lk)
	case arrow.INT32:
		return runCoderOf[int32](p, dt, lk)
	}
	return runCoderOf[int64](p, dt, lk)
}

func runCoderOf[T int16 | int32 | int64](p part, dt *arrow.RunEndEncodedType, lk *lookup) (*runCoder, error) {
	ends, values, err := endsOf[T](p, dt.RunEnds().(arrow.FixedWidthDataType).Bytes())
	if err != nil {
		return nil, err
	}
	if values.data.DataType().ID() != dt.Encoded().ID() {
		return nil, malformed("runs of another type than their schema says")
	}
	of, _, err := newCoder(values, dt.Encoded(), lk)
	if err != nil {
		return nil, err
	}
	c := &runCoder{off: p.off, ends: make([]int64, len(ends)), codes: make([]uint32, len(ends))}
	for i, end := range ends {
		c.ends[i] = int64(end)
	}
	return c, of.code(0, c.codes)
}

func (c *runCoder) code(lo int, out []uint32) error {
	at := c.off + lo
	run := runAt(c.ends, at)
	for i := range out {
		for c.ends[run] <= int64(at+i) {
			run++
		}
		out[i] = c.codes[run]
	}
	return nil
}
