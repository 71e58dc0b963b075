package modelfile

import (
	"bytes"
	"encoding/csv"
	"io"
)

// NewCSVReader reads CSV as models have it (SPEC 2.3: RFC 4180, line ends LF or CRLF): rows of any width, whose slices
// are used again. Unlike that of encoding/csv alone, which it is, it keeps line ends within quotes as they stand.
func NewCSVReader(r io.Reader) *csv.Reader {
	out := csv.NewReader(&quotedLines{from: r})
	out.FieldsPerRecord = -1 // a row of the wrong width shall not end the reading
	out.ReuseRecord = true
	return out
}

// quotedLines passes CSV on with one more carriage return before each CRLF within quotes: encoding/csv takes one away
// before every LF. A field's quotes come in pairs, doubled ones too, so an odd number of them before a place means
// that it is within quotes, wherever the text is CSV at all.
type quotedLines struct {
	from   io.Reader
	quoted bool
	last   byte
	in     [32 << 10]byte
	out    []byte // what is not passed on yet
	kept   []byte // the memory of out, where it is not in
	err    error
}

// Read reads as io.Reader says.
func (q *quotedLines) Read(p []byte) (int, error) {
	for len(q.out) == 0 {
		if q.err != nil {
			return 0, q.err
		}
		var n int
		n, q.err = q.from.Read(q.in[:])
		q.out = q.doubled(q.in[:n])
	}
	n := copy(p, q.out)
	q.out = q.out[n:]
	return n, nil
}

// doubled is the next bytes with the carriage returns that are needed. It is in itself where none are.
func (q *quotedLines) doubled(in []byte) []byte {
	if len(in) == 0 {
		return nil
	}
	if q.last != '\r' && bytes.IndexByte(in, '\r') < 0 {
		q.quoted = q.quoted != (bytes.Count(in, []byte{'"'})%2 != 0)
		q.last = in[len(in)-1]
		return in
	}
	q.kept = q.kept[:0]
	for _, c := range in {
		switch {
		case c == '"':
			q.quoted = !q.quoted
		case c == '\n' && q.last == '\r' && q.quoted:
			q.kept = append(q.kept, '\r')
		}
		q.kept = append(q.kept, c)
		q.last = c
	}
	return q.kept
}
