package modelfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/cubeward/cubeward/cube"
)

// arrowTable is a table of Arrow record batches. What makes a reader panic is reported as damage.
type arrowTable struct {
	name    string
	names   []string
	r       array.RecordReader
	release []func()
	rows    int64 // how many rows may still come
	size    int64 // of the file

	wanted   []int
	kinds    []cube.Kind
	batch    arrow.RecordBatch // the reader's, until its next
	decoders []decoder
	fields   []field
	i        int // the next row of batch
	n        int // the rows read so far
}

// maxRows is how many rows a byte of a file may stand for: with run-end encoding a few could stand for more than there
// is time to read.
const maxRows = 1 << 10

// newArrow opens a table: an IPC file (.arrow), an IPC stream (.arrows), or what reader reads. It takes over file, whose
// bytes are data.
func newArrow(name, extension string, file io.Closer, data *io.SectionReader, reader TableReader) (t table, problem *cube.Error) {
	a := &arrowTable{name: name, size: data.Size(), rows: 1<<20 + data.Size()*maxRows, release: []func(){func() { file.Close() }}}
	defer func() {
		if r := recover(); r != nil {
			problem = a.damaged(r)
		}
		if problem != nil {
			a.close()
		}
	}()
	switch extension {
	case ".arrow":
		reader = func(f *io.SectionReader) (array.RecordReader, error) {
			return ReadArrowFile(f, f.Size(), ArrowOptions{})
		}
	case ".arrows":
		reader = func(f *io.SectionReader) (array.RecordReader, error) {
			return ReadArrowStream(bufio.NewReaderSize(f, 1<<16), ArrowOptions{})
		}
	}
	r, err := reader(data)
	if err != nil {
		return nil, a.damaged(err)
	}
	a.r = r
	a.release = append(a.release, r.Release)
	for i, f := range r.Schema().Fields() {
		h := strings.TrimSpace(f.Name)
		if h == "" || !utf8.ValidString(h) {
			return nil, cube.Errorf(a.place(0, i), "the name of column %d is empty or no UTF-8", i+1)
		}
		a.names = append(a.names, h)
	}
	return a, nil
}

func (t *arrowTable) path() string { return t.name }

func (t *arrowTable) header() []string { return t.names }

func (t *arrowTable) want(i int, kind cube.Kind) error {
	if i >= len(t.names) {
		return errors.New("the file has no columns")
	}
	if typ := t.r.Schema().Field(i).Type; !decodable(typ, kind) {
		return fmt.Errorf("column %s is of the Arrow type %s, which holds no values of type %s", quote(t.names[i]), typ, kind)
	}
	t.wanted = append(t.wanted, i)
	t.kinds = append(t.kinds, kind)
	t.fields = append(t.fields, field{})
	return nil
}

func (t *arrowTable) next() (more bool, problem *cube.Error) {
	defer func() {
		if r := recover(); r != nil {
			more, problem = false, t.damaged(r)
		}
	}()
	for t.batch == nil || t.i >= int(t.batch.NumRows()) {
		if err := t.advance(); err != nil {
			return false, t.damaged(err)
		}
		if t.batch == nil {
			return false, nil
		}
	}
	t.n++
	t.rows--
	if t.rows < 0 {
		return false, cube.Errorf(t.place(t.n, -1), "the file holds more rows than its size allows")
	}
	for k := range t.wanted {
		f := &t.fields[k]
		*f = field{}
		t.decoders[k](t.i, f)
		if f.kind == textField && !utf8.ValidString(f.text) {
			problem = cube.Errorf(t.at(k), "the value is not UTF-8")
		}
		if f.kind == dateField && (f.days < minDay || f.days > maxDay) {
			problem = cube.Errorf(t.at(k), "the date is not of the years 0 to 9999")
		}
	}
	t.i++
	return true, problem
}

// advance moves to the next batch; batch is nil after the last.
func (t *arrowTable) advance() error {
	t.batch, t.i = nil, 0
	if !t.r.Next() {
		return t.r.Err()
	}
	batch := t.r.RecordBatch()
	if int(batch.NumCols()) != len(t.names) {
		return errors.New("a batch has other columns than the schema")
	}
	t.decoders = t.decoders[:0]
	for k, w := range t.wanted {
		column := batch.Column(w)
		if int64(column.Len()) != batch.NumRows() || !arrow.TypeEqual(column.DataType(), t.r.Schema().Field(w).Type) {
			return fmt.Errorf("column %s is not what the schema says", quote(t.names[w]))
		}
		t.decoders = append(t.decoders, newDecoder(column, t.kinds[k]))
	}
	t.batch = batch
	return nil
}

func (t *arrowTable) read() (done, size int64) { return 0, t.size }

func (t *arrowTable) row() []field { return t.fields }

func (t *arrowTable) mark() (line, column int) { return t.n, t.wanted[0] + 1 }

func (t *arrowTable) where(line, column int) cube.Position { return t.place(line, column-1) }

func (t *arrowTable) at(i int) cube.Position { return t.place(t.n, t.wanted[i]) }

// place is row n, from 1, and column i, from 0, as a place.
func (t *arrowTable) place(n, i int) cube.Position {
	return cube.Position{File: t.name, Line: n, Column: i + 1}
}

// close gives everything back, last opened first.
func (t *arrowTable) close() {
	defer func() {
		// A reader of damaged data may panic here as well; the file is read by now or refused.
		_ = recover()
	}()
	for _, release := range slices.Backward(t.release) {
		release()
	}
	t.release = nil
}

// damaged reports an error, or what a reader panicked with.
func (t *arrowTable) damaged(cause any) *cube.Error {
	return cube.Errorf(cube.Position{File: t.name}, "the table cannot be read: %v", cause)
}
