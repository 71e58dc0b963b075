package modelfile

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf8"

	"github.com/cubeward/cubeward/cube"
)

// spareText is how much room stands behind the rows in a buffer: they are looked at by eight bytes.
const spareText = 8

// bulkRows are rows of a table without mistakes, each value in a column of its kind.
type bulkRows struct {
	ok      bool // they are: else nothing else holds
	n       int
	skipped int           // how many rows were left out
	first   cube.ItemID   // the item of the first row, where rows are those of a list
	cells   []uint64      // the cell of each row, where they have cells
	values  []cube.Vector // of the columns
	names   []byte        // the names of items
	ends    []uint32      // where each ends in names
}

// rowsParser makes bulkRows of CSV, a part of a file at a time. It takes what NewCSVReader takes, and nothing else.
type rowsParser struct {
	plan    *bulkPlan
	columns []*sink // of each column of the file, nil where nobody wants it
	dims    []*sink
	values  []*sink
	out     bulkRows
	scratch []byte
}

// parse reads whole rows, the last of which ends with a line feed; spareText more bytes can be looked at.
func (p *rowsParser) parse(b []byte) bulkRows {
	p.start(bytes.Count(b, []byte{'\n'}))
	p.out.ok = utf8.Valid(b) && p.rows(b, 0)
	return p.result()
}

// result is what was taken since start.
func (p *rowsParser) result() bulkRows {
	for _, s := range p.values {
		p.out.values = append(p.out.values, s.values())
	}
	if p.plan.items {
		p.out.names, p.out.ends = p.dims[0].names, p.dims[0].ends
	}
	return p.out
}

// start makes room for at most so many rows.
func (p *rowsParser) start(rows int) {
	p.out = bulkRows{}
	p.columns = p.columns[:0]
	for _, s := range p.plan.sinks {
		p.columns = append(p.columns, s.fresh(rows))
	}
	p.dims, p.values = make([]*sink, p.plan.dims), make([]*sink, p.plan.values)
	for _, s := range p.columns {
		for ; s != nil; s = s.also {
			if s.dimension {
				p.dims[s.place] = s
			} else {
				p.values[s.place] = s
			}
		}
	}
	if p.plan.cells {
		p.out.cells = make([]uint64, 0, rows)
	}
}

// rows takes the rows from i on.
func (p *rowsParser) rows(b []byte, i int) bool {
	for i < len(b) {
		if b[i] == '\n' {
			i++
			continue
		}
		if b[i] == '\r' && b[i+1] == '\n' {
			i += 2
			continue
		}
		if i = p.row(b, i); i < 0 || !p.end() {
			return false
		}
	}
	return true
}

// row takes the row that begins at i: where the next one begins, negative where it is not as it should be.
func (p *rowsParser) row(b []byte, i int) int {
	sep := byte(',')
	for k, s := range p.columns {
		if k == len(p.columns)-1 {
			sep = '\n'
		}
		if s != nil && s.also == nil {
			if next := s.guessed(b, i, sep); next > 0 {
				i = next
				continue
			}
		}
		var field []byte
		if field, i = p.field(b, i, sep); i < 0 {
			return i
		}
		if s == nil {
			continue
		}
		for ; s != nil; s = s.also {
			if !s.take(field) {
				return -1
			}
		}
	}
	return i
}

// field is the field that begins at i, behind which sep must stand, and where the next one begins: negative where it is
// not as it should be. It may be in scratch.
func (p *rowsParser) field(b []byte, i int, sep byte) ([]byte, int) {
	if b[i] == '"' {
		return p.quoted(b, i+1, sep)
	}
	end := special(b, i)
	if b[end] != sep {
		return nil, -1
	}
	field := b[i:end]
	if n := len(field); sep == '\n' && n > 0 && field[n-1] == '\r' {
		field = field[:n-1]
	}
	return field, end + 1
}

// quoted is the field whose text begins at i, behind its quote.
func (p *rowsParser) quoted(b []byte, i int, sep byte) ([]byte, int) {
	p.scratch = p.scratch[:0]
	for start := i; ; {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return nil, -1
		}
		end := i + n
		if b[end+1] == '"' {
			p.scratch = append(p.scratch, b[start:end+1]...)
			i = end + 2
			start = i
			continue
		}
		field := b[start:end]
		if len(p.scratch) > 0 {
			p.scratch = append(p.scratch, field...)
			field = p.scratch
		}
		switch {
		case b[end+1] == sep:
			return field, end + 2
		case sep == '\n' && b[end+1] == '\r' && b[end+2] == '\n':
			return field, end + 3
		}
		return nil, -1
	}
}

// Eight times the same byte.
const (
	ones   = 0x0101010101010101
	highs  = 0x8080808080808080
	commas = ',' * ones
	lines  = '\n' * ones
	quotes = '"' * ones
)

// special is where the next comma, quote or line feed stands, from i on, of which there is one.
func special(b []byte, i int) int {
	b = b[: len(b)+spareText : len(b)+spareText]
	for {
		v := binary.LittleEndian.Uint64(b[i:])
		c, l, q := v^commas, v^lines, v^quotes
		// The highest bit of each byte that is 0; the first is right, as borrows go upwards.
		found := ((c-ones)&^c | (l-ones)&^l | (q-ones)&^q) & highs
		if found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
		i += 8
	}
}

// end ends a row, and says whether it is one.
func (p *rowsParser) end() bool {
	switch {
	case p.plan.items:
	case p.plan.cells:
		cell := uint64(0)
		for _, d := range p.dims {
			if d.unknown {
				p.skip()
				return true
			}
			cell += uint64(d.item) * d.stride
		}
		p.out.cells = append(p.out.cells, cell)
	default:
		item := p.dims[0].item
		if p.out.n == 0 {
			p.out.first = item
		}
		if int(item-p.out.first) != p.out.n {
			return false
		}
	}
	p.out.n++
	return true
}

// skip leaves the row out.
func (p *rowsParser) skip() {
	p.out.skipped++
	for _, d := range p.dims {
		d.unknown = false
	}
	for _, v := range p.values {
		v.drop()
	}
}

// headerOf are the names of the columns, and where the first row begins: negative where something is wrong. The
// columns of the parser are not known yet.
func (p *rowsParser) headerOf(b []byte) (names []string, next int) {
	i := 0
	for i < len(b) && (b[i] == '\n' || b[i] == '\r' && b[i+1] == '\n') {
		i++
	}
	for i < len(b) {
		field, after := p.field(b, i, ',')
		line := after < 0
		if line {
			if field, after = p.field(b, i, '\n'); after < 0 {
				return nil, -1
			}
		}
		name := strings.TrimSpace(string(field))
		if name == "" {
			return nil, -1
		}
		names = append(names, name)
		if i = after; line {
			return names, i
		}
	}
	return nil, -1
}
