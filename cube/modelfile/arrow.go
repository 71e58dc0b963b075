package modelfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/cubeward/cubeward/cube"
)

// arrowTable is a table of Arrow record batches. Nothing in the file is trusted: sizes are limited by the file's own,
// each column is validated, and what makes the reader panic is reported as damage.
type arrowTable struct {
	name    string
	names   []string
	schema  *arrow.Schema
	batches func() (arrow.RecordBatch, error) // nil at the end; the batch is the caller's to release
	release []func()
	rows    int64 // how many rows may still come

	wanted   []int
	kinds    []cube.Kind
	batch    arrow.RecordBatch
	decoders []decoder
	fields   []field
	i        int // the next row of batch
	n        int // the rows read so far
}

// A compressed file may hold this many times its size, and rows; small ones somewhat more.
const (
	maxExpansion = 1 << 10
	minBudget    = 64 << 20
	maxBudget    = 8 << 30
)

// newArrow opens a table: an IPC file (.arrow), an IPC stream (.arrows), or what reader reads. It takes over file.
func newArrow(name, extension string, file *os.File, size int64, reader TableReader) (t table, problem *cube.Error) {
	a := &arrowTable{name: name, rows: minBudget/64 + size*maxExpansion, release: []func(){func() { file.Close() }}}
	defer func() {
		if r := recover(); r != nil {
			problem = a.damaged(r)
		}
		if problem != nil {
			a.close()
		}
	}()
	options := []ipc.Option{
		ipc.WithAllocator(newBudget(size)), ipc.WithBodySizeLimit(max(size, 1)), ipc.WithMetadataSizeLimit(max(size, 1)),
	}
	var err error
	switch extension {
	case ".arrow":
		err = a.openFile(file, options)
	case ".arrows":
		// NewReader would not pass the limits on.
		if err = whole(file, size); err == nil {
			var r *ipc.Reader
			r, err = ipc.NewReaderFromMessageReader(ipc.NewMessageReader(file, options...), options...)
			if err == nil {
				a.openStream(r)
			}
		}
	default:
		var r array.RecordReader
		if r, err = reader(file); err == nil {
			a.openStream(r)
		}
	}
	if err != nil {
		return nil, a.damaged(err)
	}
	for i, f := range a.schema.Fields() {
		h := strings.TrimSpace(f.Name)
		if h == "" || !utf8.ValidString(h) {
			return nil, cube.Errorf(a.place(0, i), "the name of a column may not be empty, and is UTF-8")
		}
		a.names = append(a.names, h)
	}
	return a, nil
}

func (t *arrowTable) openFile(file *os.File, options []ipc.Option) error {
	r, err := ipc.NewFileReader(file, options...)
	if err != nil {
		return err
	}
	t.release = append(t.release, func() { r.Close() })
	t.schema = r.Schema()
	next := 0
	t.batches = func() (arrow.RecordBatch, error) {
		if next >= r.NumRecords() {
			return nil, nil
		}
		next++
		return r.RecordBatchAt(next - 1)
	}
	return nil
}

func (t *arrowTable) openStream(r array.RecordReader) {
	t.release = append(t.release, r.Release)
	t.schema = r.Schema()
	t.batches = func() (arrow.RecordBatch, error) {
		if !r.Next() {
			return nil, r.Err()
		}
		b := r.RecordBatch()
		b.Retain()
		return b, nil
	}
}

// whole checks that a stream has its end marker: without it a reader takes a stream that was cut between two batches
// for a shorter one.
func whole(file *os.File, size int64) error {
	end := []byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}
	tail := make([]byte, len(end))
	if _, err := file.ReadAt(tail, max(size-int64(len(tail)), 0)); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !bytes.Equal(tail, end) {
		return errors.New("the stream has no end marker; it was cut short")
	}
	return nil
}

func (t *arrowTable) header() []string { return t.names }

func (t *arrowTable) want(i int, kind cube.Kind) error {
	if i >= len(t.names) {
		return errors.New("the file has no columns")
	}
	if typ := t.schema.Field(i).Type; !decodable(typ, kind) {
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
	t.drop()
	batch, err := t.batches()
	if err != nil || batch == nil {
		return err
	}
	t.batch, t.i = batch, 0
	if int(batch.NumCols()) != len(t.names) {
		return errors.New("a batch has other columns than the schema")
	}
	t.decoders = t.decoders[:0]
	for k, w := range t.wanted {
		column := batch.Column(w)
		if err := array.ValidateFull(column); err != nil {
			return fmt.Errorf("column %s: %w", quote(t.names[w]), err)
		}
		if int64(column.Len()) != batch.NumRows() || !arrow.TypeEqual(column.DataType(), t.schema.Field(w).Type) {
			return fmt.Errorf("column %s is not what the schema says", quote(t.names[w]))
		}
		t.decoders = append(t.decoders, newDecoder(column, t.kinds[k]))
	}
	return nil
}

func (t *arrowTable) drop() {
	if t.batch != nil {
		t.batch.Release()
		t.batch = nil
	}
}

func (t *arrowTable) row() []field { return t.fields }

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
	t.drop()
	for _, release := range slices.Backward(t.release) {
		release()
	}
	t.release = nil
}

// damaged reports an error, or what a reader panicked with.
func (t *arrowTable) damaged(cause any) *cube.Error {
	return cube.Errorf(cube.Position{File: t.name}, "the table cannot be read: %v", cause)
}

// budget is an allocator that refuses to hand out more than a file of its size can need: the sizes within compressed data
// are the file's word only, and running out of memory cannot be recovered from.
type budget struct {
	memory.Allocator
	left atomic.Int64
}

func newBudget(size int64) *budget {
	b := &budget{Allocator: memory.NewGoAllocator()}
	b.left.Store(min(max(size, 1)*maxExpansion, maxBudget) + minBudget)
	return b
}

func (b *budget) spend(n int) {
	if b.left.Add(-int64(n)) < 0 {
		panic(errors.New("the file expands to more than its size allows"))
	}
}

// Allocate is memory.Allocator's; it panics over the budget, which the readers turn into errors.
func (b *budget) Allocate(size int) []byte {
	b.spend(size)
	return b.Allocator.Allocate(size)
}

// Reallocate is memory.Allocator's.
func (b *budget) Reallocate(size int, old []byte) []byte {
	b.spend(size - len(old))
	return b.Allocator.Reallocate(size, old)
}

// Free is memory.Allocator's.
func (b *budget) Free(p []byte) {
	b.left.Add(int64(len(p)))
	b.Allocator.Free(p)
}
