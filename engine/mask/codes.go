package mask

import (
	"github.com/apache/arrow-go/v18/arrow"
)

// coder turns the rows of an item column into codes: numbers of a table's slots. Values that stand in a dictionary
// are looked up once and coded by their place there; others by their item.
type coder interface {
	// code writes the codes of as many rows as out holds, from row lo on.
	code(lo int, out []uint32) error
}

// coded is one item column of one batch. It may be used by many goroutines.
type coded struct {
	coder   coder
	entries int      // codes below are entries; unknownSlot and nullSlot follow
	items   []int32  // the item of each entry, notItem or nullItem; nil where the entries are the items
	places  []uint32 // items, with 0 for what is none: where coupled conditions look
	nulls   bool     // a row may be null
	direct  any      // []uint8, []uint16 or []uint32: the codes of all rows, where they stand in the batch like that
	tables  [][]byte // by group; nil where every row keeps all lanes
	always  []byte   // by group: the lanes that every row keeps
}

// item is the item of a code, negative where there is none.
func (c *coded) item(code uint32) int32 {
	switch {
	case int(code) >= c.entries:
		return notItem
	case c.items == nil:
		return int32(code)
	}
	return c.items[code]
}

// newCoded prepares a column of a batch. A dictionary no longer than the batch is coded by its entries, to which the
// tables are folded.
func newCoded(p part, lk *lookup, col int, groups []group) (*coded, error) {
	c := &coded{entries: lk.list.Len(), tables: make([][]byte, len(groups)), always: make([]byte, len(groups))}
	for k := range groups {
		c.tables[k] = groups[k].tables[col]
	}
	var err error
	if dt, ok := p.data.DataType().(*arrow.DictionaryType); ok {
		err = c.dictionary(p, dt, lk)
	} else {
		c.coder, c.nulls, err = newCoder(p, p.data.DataType(), lk)
	}
	c.settle()
	return c, err
}

// settle finds the lanes that no row of the column can lose, and drops the tables that thus say nothing.
func (c *coded) settle() {
	for k, t := range c.tables {
		c.always[k] = 0xff
		if t == nil {
			continue
		}
		for _, b := range t[:c.entries] {
			c.always[k] &= b
		}
		if c.items == nil {
			c.always[k] &= t[c.entries+unknownSlot]
		}
		if c.nulls {
			c.always[k] &= t[c.entries+nullSlot]
		}
		if c.always[k] == 0xff {
			c.tables[k] = nil
		}
	}
}

// dictionary codes by entries where that saves lookups, else by items.
func (c *coded) dictionary(p part, dt *arrow.DictionaryType, lk *lookup) error {
	d, err := newDictionaryCoder(p, dt, lk)
	if err != nil || d == nil {
		c.coder, c.nulls = nullCoder{uint32(c.entries + nullSlot)}, true
		return err
	}
	c.coder, c.nulls = d, true
	if d.size > max(p.n, 256) {
		return nil
	}
	d.byEntry(uint32(c.entries))
	c.coder, c.entries, c.items, c.nulls = d, len(d.entries), d.entries, d.valid != nil
	for k, t := range c.tables {
		if t == nil {
			continue
		}
		folded := make([]byte, len(d.entries)+extraSlots)
		unknown := len(t) - extraSlots
		for i, item := range d.entries {
			switch {
			case item >= 0:
				folded[i] = t[item]
			case item == nullItem:
				folded[i] = t[unknown+nullSlot]
				c.nulls = true
			default:
				folded[i] = t[unknown+unknownSlot]
			}
		}
		copy(folded[len(d.entries):], t[unknown:])
		c.tables[k] = folded
	}
	c.places = make([]uint32, len(d.entries)+extraSlots)
	for i, item := range d.entries {
		c.places[i] = uint32(max(item, 0))
	}
	if !c.nulls {
		c.direct = d.direct()
	}
	return nil
}

// newCoder codes rows by items. nulls says whether a row may be null.
func newCoder(p part, dt arrow.DataType, lk *lookup) (cd coder, nulls bool, err error) {
	n := uint32(lk.list.Len())
	switch dt := dt.(type) {
	case *arrow.DictionaryType:
		d, err := newDictionaryCoder(p, dt, lk)
		if err != nil || d == nil {
			return nullCoder{n + nullSlot}, true, err
		}
		return d, true, nil
	case *arrow.RunEndEncodedType:
		cd, err := newRunCoder(p, dt, lk)
		return cd, true, err
	}
	valid, err := p.validity()
	if err != nil {
		return nil, false, err
	}
	base := plainCoder{lk, p.off, valid, n}
	switch dt.ID() {
	case arrow.STRING, arrow.LARGE_STRING, arrow.STRING_VIEW:
		return newTextCoder(p, dt, base)
	case arrow.INT8:
		return newNumberCoder[int8](p, base)
	case arrow.INT16:
		return newNumberCoder[int16](p, base)
	case arrow.INT32, arrow.DATE32:
		return newNumberCoder[int32](p, base)
	case arrow.INT64:
		return newNumberCoder[int64](p, base)
	case arrow.UINT8:
		return newNumberCoder[uint8](p, base)
	case arrow.UINT16:
		return newNumberCoder[uint16](p, base)
	case arrow.UINT32:
		return newNumberCoder[uint32](p, base)
	case arrow.UINT64:
		return newNumberCoder[uint64](p, base)
	}
	return nil, false, malformed("a column of another type than its schema says")
}

// nullCoder is for columns without a value.
type nullCoder struct{ null uint32 }

func (c nullCoder) code(_ int, out []uint32) error {
	for i := range out {
		out[i] = c.null
	}
	return nil
}

// plainCoder is what coders of values that stand in the rows share.
type plainCoder struct {
	lookup *lookup
	off    int
	valid  []byte // bitmap from bit off on; nil where no row is null
	n      uint32 // the list's items
}

func (c *plainCoder) null(row int) bool {
	at := c.off + row
	return c.valid != nil && c.valid[at>>3]>>(at&7)&1 == 0
}

// slot is the code of an item.
func (c *plainCoder) slot(item int32) uint32 {
	if item < 0 {
		return c.n + unknownSlot
	}
	return uint32(item)
}

type numberCoder[T index] struct {
	plainCoder
	values []T
}

func newNumberCoder[T index](p part, base plainCoder) (coder, bool, error) {
	width := p.data.DataType().(arrow.FixedWidthDataType).Bytes()
	values, err := indices[T](p, width)
	return &numberCoder[T]{base, values}, base.valid != nil, err
}

func (c *numberCoder[T]) code(lo int, out []uint32) error {
	signed := ^T(0) < 0
	for i, v := range c.values[lo : lo+len(out)] {
		switch {
		case c.valid != nil && c.null(lo+i):
			out[i] = c.n + nullSlot
		case signed:
			out[i] = c.slot(c.lookup.number(int64(v)))
		default:
			out[i] = c.slot(c.lookup.unsigned(uint64(v)))
		}
	}
	return nil
}
