package mask

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// newTextCoder codes rows that hold names of items.
func newTextCoder(p part, dt arrow.DataType, base plainCoder) (coder, bool, error) {
	nulls := base.valid != nil
	switch dt.ID() {
	case arrow.STRING:
		c, err := newOffsetText[int32](p, base)
		return c, nulls, err
	case arrow.LARGE_STRING:
		c, err := newOffsetText[int64](p, base)
		return c, nulls, err
	}
	headers, err := p.viewHeaders()
	if err != nil {
		return nil, false, err
	}
	c := &viewText{base, headers, p.data.Buffers()[min(2, len(p.data.Buffers())):]}
	for i := range headers {
		if base.null(i) {
			continue
		}
		if err := checkView(&headers[i], c.data); err != nil {
			return nil, false, err
		}
	}
	return c, nulls, nil
}

// offsetText is text with offsets.
type offsetText[O offset] struct {
	plainCoder
	offsets []O
	bytes   []byte
}

func newOffsetText[O offset](p part, base plainCoder) (*offsetText[O], error) {
	o, err := offsets[O](p, p.bufferLen(2))
	if err != nil {
		return nil, err
	}
	b, err := p.bytes(2, 0, p.bufferLen(2))
	return &offsetText[O]{base, o, b}, err
}

func (c *offsetText[O]) code(lo int, out []uint32) error {
	var memo memo
	for i := range out {
		row := lo + i
		if c.null(row) {
			out[i] = c.n + nullSlot
			continue
		}
		out[i] = memo.slot(&c.plainCoder, stringOf(c.bytes[c.offsets[row]:c.offsets[row+1]]))
	}
	return nil
}

// viewText is text in views.
type viewText struct {
	plainCoder
	headers []arrow.ViewHeader
	data    []*memory.Buffer
}

func (c *viewText) code(lo int, out []uint32) error {
	var memo memo
	for i := range out {
		if c.null(lo + i) {
			out[i] = c.n + nullSlot
			continue
		}
		h := &c.headers[lo+i]
		b := []byte(nil)
		if h.IsInline() {
			b = h.InlineBytes()
		} else {
			at := int(h.BufferOffset())
			b = c.data[h.BufferIndex()].Bytes()[at : at+h.Len()]
		}
		out[i] = memo.slot(&c.plainCoder, stringOf(b))
	}
	return nil
}

// memo remembers the last name: rows are often clustered, and the same name again then costs a comparison.
type memo struct {
	name  string
	code  uint32
	known bool
}

func (m *memo) slot(c *plainCoder, name string) uint32 {
	if !m.known || name != m.name {
		*m = memo{name, c.slot(c.lookup.text(name)), true}
	}
	return m.code
}
