package mask

import (
	"bytes"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/cubeward/cubeward/cube"
)

// itemOf is the item with a code.
func itemOf(code uint32) cube.ItemID { return cube.ItemID(code) }

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
	var word [1]uint64
	for i := range headers {
		if base.valid != nil {
			if loadBits(word[:], base.valid, base.off+i, 1); word[0] == 0 {
				continue
			}
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

func (c *offsetText[O]) code(lo int, out []uint32, seen *book) error {
	tries := runTries
	for at := 0; at < len(out); at += bookBlock {
		block := out[at:min(at+bookBlock, len(out))]
		switch {
		case tries == 0:
			c.block(lo+at, block, seen)
		case c.run(lo+at, block, seen):
		case c.shortRuns(lo+at, block, seen):
			tries = runTries
		default:
			tries--
		}
	}
	putNulls(out, c.valid, c.off+lo, c.n+nullSlot)
	return nil
}

// Runs of one text are looked for among shortRun rows, until runTries blocks had none.
const (
	shortRun = 16
	runTries = 4
)

// shortRuns codes a block of rows from row lo on, and says whether it has runs.
func (c *offsetText[O]) shortRuns(lo int, out []uint32, seen *book) bool {
	found := false
	for at := 0; at < len(out); at += shortRun {
		rows := out[at:min(at+shortRun, len(out))]
		if c.run(lo+at, rows, seen) {
			found = true
		} else {
			c.block(lo+at, rows, seen)
		}
	}
	return found
}

// run codes rows from row lo on that all hold the same text; it is false where they do not.
func (c *offsetText[O]) run(lo int, out []uint32, seen *book) bool {
	offsets := c.offsets[lo:][:len(out)+1]
	if !c.alike(offsets) {
		return false
	}
	text := [1]string{textOf(baseOf(c.bytes), int(offsets[0]), int(offsets[1]))}
	c.codes(out[:1], text[:], seen)
	for i := range out {
		out[i] = out[0]
	}
	return true
}

// block codes up to a block of rows from row lo on.
func (c *offsetText[O]) block(lo int, out []uint32, seen *book) {
	var texts [bookBlock]string
	base, offsets := baseOf(c.bytes), c.offsets[lo:][:len(out)+1]
	from := offsets[0]
	for i, to := range offsets[1:] {
		texts[i] = textOf(base, int(from), int(to))
		from = to
	}
	c.codes(out, texts[:len(out)], seen)
}

// alike says whether texts that follow each other are all the same.
func (c *offsetText[O]) alike(offsets []O) bool {
	n, size := len(offsets)-1, offsets[1]-offsets[0]
	if offsets[n]-offsets[0] != O(n)*size {
		return false
	}
	for i := range n {
		if offsets[i+1]-offsets[i] != size {
			return false
		}
	}
	all := c.bytes[offsets[0]:offsets[n]]
	// All of it is the same text where it is itself, moved by one.
	return string(all[:size]) == string(all[len(all)-int(size):]) && bytes.Equal(all[size:], all[:len(all)-int(size)])
}

// codes writes the codes of texts, found in a book or without one.
func (c *plainCoder) codes(out []uint32, texts []string, seen *book) {
	if seen != nil {
		seen.codes(out, texts)
		return
	}
	for i, text := range texts {
		out[i] = c.slot(c.lookup.text(text))
	}
}

// viewText is text in views.
type viewText struct {
	plainCoder
	headers []arrow.ViewHeader
	data    []*memory.Buffer
}

func (c *viewText) code(lo int, out []uint32, seen *book) error {
	var texts [bookBlock]string
	var word [1]uint64
	for at := 0; at < len(out); at += bookBlock {
		n := min(bookBlock, len(out)-at)
		if word[0] = lastWord(n); c.valid != nil {
			loadBits(word[:], c.valid, c.off+lo+at, n)
		}
		for i := range texts[:n] {
			h := &c.headers[lo+at+i]
			switch {
			case word[0]>>i&1 == 0:
				texts[i] = "" // The header of a null may be anything.
			case h.IsInline():
				texts[i] = stringOf(h.InlineBytes())
			default:
				from := int(h.BufferOffset())
				texts[i] = stringOf(c.data[h.BufferIndex()].Bytes()[from : from+h.Len()])
			}
		}
		c.codes(out[at:at+n], texts[:n], seen)
	}
	putNulls(out, c.valid, c.off+lo, c.n+nullSlot)
	return nil
}
