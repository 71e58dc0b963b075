package mask

import (
	"github.com/apache/arrow-go/v18/arrow"
)

// coder turns the rows of an item column into codes: numbers of a table's slots. Values that stand in a dictionary
// are looked up once and coded by their place there; others by their item.
type coder interface {
	// code writes the codes of as many rows as out holds, from row lo on. Texts are looked up in seen first, which may be nil.
	code(lo int, out []uint32, seen *book) error
}

// coded is one item column of one batch. It may be used by many goroutines.
type coded struct {
	*translation
	coder
	byEntry   dictionaryCoder // the coder of a column with a dictionary
	nulls     bool            // a row may be null
	strays    bool            // a row's code may lie outside of the entries, as it holds no item; otherwise it then contradicts its type
	direct    codes           // of all rows, where they stand in the batch like that
	clustered bool            // rows next to each other often have the same code
	texts     *lookup         // finds the texts that stand in the rows; nil where none do
	valid     bool            // no row is null
	kept      *keptDict
}

// seen is what is known about the column's rows once they are decided.
func (c *coded) seen() seen {
	return seen{valid: c.valid, inside: !c.strays && !c.direct.none(), values: c.kept}
}

// settledAs is what is asked about rows of the column; strays says that they may hold what is no item.
func (c *coded) settledAs(strays bool) *settled {
	with := 0
	if strays {
		with |= withStrays
	}
	if c.nulls {
		with |= withNulls
	}
	return &c.settled[with]
}

// code prepares a column of a batch; c is zero.
func (m *Masker) code(c *coded, p part, col int) error {
	lk := m.items[col].lookup
	if dt, ok := p.data.DataType().(*arrow.DictionaryType); ok {
		return m.codeDictionary(c, p, dt, col)
	}
	cd, nulls, err := newCoder(p, p.data.DataType(), lk)
	if err != nil {
		return err
	}
	c.translation, c.coder, c.nulls, c.strays = m.itself[col], cd, nulls, true
	if _, runs := cd.(*runCoder); !runs && lk.texts {
		c.texts = lk
	}
	if s, ok := cd.(interface{ stands() codes }); ok && !nulls {
		c.direct = s.stands()
	}
	c.clustered = c.direct.none() || c.direct.clustered(p.n)
	return nil
}

// codeDictionary codes by entries where that saves lookups, else by items.
func (m *Masker) codeDictionary(c *coded, p part, dt *arrow.DictionaryType, col int) error {
	d, lk := &c.byEntry, m.items[col].lookup
	found, err := d.read(p, dt)
	if err != nil {
		return err
	}
	if !found {
		c.translation, c.nulls = m.itself[col], true
		c.coder = nullCoder{uint32(c.entries + nullSlot)}
		return nil
	}
	c.coder = d
	if farLonger(d.values.n, p.n) {
		c.translation, c.nulls, c.strays, c.clustered = m.itself[col], true, true, true
		if lk.texts {
			c.texts = lk
		}
		return d.byItem(dt, lk)
	}
	if c.translation, c.kept, err = m.entriesOf(d.values, dt.ValueType, col); err != nil {
		return err
	}
	c.valid = d.valid == nil
	d.null = uint32(c.entries + nullSlot)
	c.nulls = d.valid != nil || c.gaps
	if !c.nulls {
		c.direct = d.direct()
	}
	c.clustered = c.direct.none() || c.direct.clustered(p.n)
	return nil
}

// entriesOf is the translation of a dictionary's values, remembered or made, and what is handed out of them; nil where they are not
// remembered.
func (m *Masker) entriesOf(values part, dt arrow.DataType, col int) (*translation, *keptDict, error) {
	known := &m.known[col]
	c, told := contentOf(values)
	if told {
		if r := known.find(&c); r != nil {
			return r.translation, r.values, nil
		}
	}
	lk := m.items[col].lookup
	of, _, err := newCoder(values, dt, lk)
	if err != nil {
		return nil, nil, err
	}
	codes := make([]uint32, values.n)
	if err := of.code(0, codes, nil); err != nil {
		return nil, nil, err
	}
	n := lk.list.Len()
	items, itself := make([]int32, len(codes)), len(codes) == n
	for i, code := range codes {
		switch {
		case int(code) < n:
			items[i] = int32(code)
		case int(code) == n+nullSlot:
			items[i] = nullItem
		default:
			items[i] = notItem
		}
		itself = itself && int(items[i]) == i
	}
	t := m.itself[col]
	if !itself {
		t = m.translate(col, items)
	}
	if !told {
		return t, nil, nil
	}
	r := remembered{translation: t}
	if m.opt.Allocator == nil { // Who gives an allocator may need all memory to be of it, or of the input.
		r.values = new(keptDict)
	}
	known.remember(&c, r)
	return t, r.values, nil
}

// newCoder codes rows by items. nulls says whether a row may be null.
func newCoder(p part, dt arrow.DataType, lk *lookup) (cd coder, nulls bool, err error) {
	n := uint32(lk.list.Len())
	switch dt := dt.(type) {
	case *arrow.DictionaryType:
		d := new(dictionaryCoder)
		found, err := d.read(p, dt)
		if err != nil || !found {
			return nullCoder{n + nullSlot}, true, err
		}
		return d, true, d.byItem(dt, lk)
	case *arrow.RunEndEncodedType:
		return newRunCoder(p, dt, lk)
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

func (c nullCoder) code(_ int, out []uint32, _ *book) error {
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

// slot is the code of an item.
func (c *plainCoder) slot(item int32) uint32 {
	if item < 0 {
		return c.n + unknownSlot
	}
	return uint32(item)
}

// putNulls writes null over the codes of null rows; valid has the rows' bits from bit off on, and is nil where none is.
func putNulls(out []uint32, valid []byte, off int, null uint32) {
	if valid == nil {
		return
	}
	var word [1]uint64
	for i := 0; i < len(out); i += 64 {
		rows := out[i:min(i+64, len(out))]
		if loadBits(word[:], valid, off+i, len(rows)); word[0] == lastWord(len(rows)) {
			continue
		}
		for j := range rows {
			if word[0]>>j&1 == 0 {
				rows[j] = null
			}
		}
	}
}
