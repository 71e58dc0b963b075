package main

import "io"

// csvRows writes CSV rows without a string per cell: LF line ends, quoting as encoding/csv.
type csvRows struct {
	w     io.Writer
	buf   []byte
	start int // of the current row in buf
	n     int // fields of the current row
}

const csvFlush = 64 << 10

func (c *csvRows) comma() {
	if c.n > 0 {
		c.buf = append(c.buf, ',')
	}
	c.n++
}

// text appends a field.
func (c *csvRows) text(s string) {
	c.comma()
	c.buf = appendField(c.buf, s)
}

// plain appends a field that is known to need no quotes.
func (c *csvRows) plain(s string) {
	c.comma()
	c.buf = append(c.buf, s...)
}

// number appends a finite number.
func (c *csvRows) number(f float64) {
	c.comma()
	c.buf = appendNumber(c.buf, f)
}

// end ends the row.
func (c *csvRows) end() error {
	c.buf = endRow(c.buf, c.start, c.n)
	c.start, c.n = len(c.buf), 0
	if len(c.buf) < csvFlush {
		return nil
	}
	return c.flush()
}

// flush hands the rows that were ended to the writer.
func (c *csvRows) flush() error {
	_, err := c.w.Write(c.buf)
	c.buf, c.start = c.buf[:0], 0
	return failed(err)
}
