package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/cubeward/cubeward/engine/parquetio"
)

// batchWriter takes the batches of a table one after another.
type batchWriter interface {
	// Write appends the rows of a batch, which stays the caller's.
	Write(arrow.RecordBatch) error
	// Close says that all rows are there. Where it is not called, the table has no end and shall not be used.
	Close() error
}

// tableOut is a table on its way to a file or to standard output.
type tableOut struct {
	batchWriter
	file *outFile // nil for standard output
}

// defaultMemory bounds what is held at once where no --memory says otherwise.
const defaultMemory = 1 << 30

// tableForm is what createTable must know besides the schema.
type tableForm struct {
	header []string // in CSV, takes the place of the first names
	limit  int64    // what may be held in memory at once, in bytes
	fixed  bool     // every batch has the same dictionaries
}

// createTable starts a table of schema in the form that the file's extension names; no name means CSV on standard
// output.
func (t *tool) createTable(name string, schema *arrow.Schema, form tableForm) (*tableOut, error) {
	if name == "" {
		w, err := newCSVWriter(t.stdout, schema, form.header)
		return &tableOut{batchWriter: w}, err
	}
	f, err := formatOf(name)
	if err != nil {
		return nil, err
	}
	if name == standardStream {
		return &tableOut{batchWriter: newStreamWriter(t.stdout, schema)}, nil
	}
	file, err := t.files.create(name, 0o666)
	if err != nil {
		return nil, err
	}
	out := &tableOut{file: file}
	switch f {
	case csvFormat:
		out.batchWriter, err = newCSVWriter(file, schema, form.header)
	case arrowFile:
		out.batchWriter, err = newFileWriter(file, schema, form)
	case arrowStream:
		out.batchWriter = newStreamWriter(file, schema)
	case parquetFile:
		out.batchWriter, err = newParquetWriter(name, file, schema)
	}
	return out, err
}

// finish says that all rows are there: the table is on the disk, and has its name once published.
func (o *tableOut) finish() error {
	if err := o.Close(); err != nil {
		return err
	}
	if o.file == nil {
		return nil
	}
	return o.file.finish()
}

// publish gives the finished table its name.
func (o *tableOut) publish() error {
	if o.file == nil {
		return nil
	}
	return o.file.publish()
}

// fileWriter writes an Arrow IPC file. A file has one dictionary for each column; where batches have their own, they
// are held until the end and given a common one.
type fileWriter struct {
	to    *ipc.FileWriter
	held  []arrow.RecordBatch
	hold  bool
	left  int64 // bytes that may still be held
	limit int64
}

func newFileWriter(w io.Writer, schema *arrow.Schema, form tableForm) (*fileWriter, error) {
	to, err := ipc.NewFileWriter(w, ipc.WithSchema(schema))
	if err != nil {
		return nil, failed(err)
	}
	hold := false
	for _, f := range schema.Fields() {
		hold = hold || !form.fixed && hasDictionary(f.Type)
	}
	return &fileWriter{to: to, hold: hold, left: form.limit, limit: form.limit}, nil
}

func hasDictionary(t arrow.DataType) bool {
	switch t := t.(type) {
	case *arrow.DictionaryType:
		return true
	case arrow.ExtensionType:
		return hasDictionary(t.StorageType())
	case arrow.NestedType:
		for _, f := range t.Fields() {
			if hasDictionary(f.Type) {
				return true
			}
		}
	}
	return false
}

// Write appends a batch.
func (w *fileWriter) Write(b arrow.RecordBatch) error {
	if !w.hold {
		return w.write(b)
	}
	if w.left -= batchBytes(b); w.left < 0 {
		return invalid(fmt.Errorf("the output has dictionaries, so an Arrow file of it must be held in memory, and --memory is %s; "+
			"give more, or write an Arrow stream (.arrows)", sizeText(w.limit)))
	}
	b.Retain()
	w.held = append(w.held, b)
	return nil
}

// write hands a batch on. An IPC writer fails without an I/O error only on what it has no form for.
func (w *fileWriter) write(b arrow.RecordBatch) error {
	err := guard(func() error { return w.to.Write(b) })
	if err == nil || isIO(err) {
		return failed(err)
	}
	return invalid(errors.New("a column of the output has no form in an Arrow file; write an Arrow stream (.arrows)"))
}

// Close ends the file.
func (w *fileWriter) Close() error {
	defer func() {
		for _, b := range w.held {
			b.Release()
		}
	}()
	if len(w.held) > 0 {
		if err := w.writeHeld(); err != nil {
			return err
		}
	}
	return failed(w.to.Close())
}

func (w *fileWriter) writeHeld() error {
	schema := w.held[0].Schema()
	table := array.NewTableFromRecords(schema, w.held)
	defer table.Release()
	var one arrow.Table
	err := guard(func() (err error) {
		one, err = array.UnifyTableDicts(memory.DefaultAllocator, table)
		return err
	})
	if err != nil || !sameTypes(one.Schema(), schema) {
		return invalid(errors.New("the output's dictionaries cannot be made one, as an Arrow file needs; write an Arrow stream (.arrows)"))
	}
	defer one.Release()
	r := array.NewTableReader(one, 0)
	defer r.Release()
	for r.Next() {
		// The reader's schema is the table's, which has lost nothing: batches take the declared one.
		b := array.NewRecordBatch(schema, r.RecordBatch().Columns(), r.RecordBatch().NumRows())
		err := w.write(b)
		b.Release()
		if err != nil {
			return err
		}
	}
	return failed(r.Err())
}

func sameTypes(a, b *arrow.Schema) bool {
	for i, f := range a.Fields() {
		if !arrow.TypeEqual(f.Type, b.Field(i).Type) {
			return false
		}
	}
	return a.NumFields() == b.NumFields()
}

// parquetWriter writes a Parquet file.
type parquetWriter struct{ to *parquetio.Writer }

func newParquetWriter(name string, w io.Writer, schema *arrow.Schema) (*parquetWriter, error) {
	to, err := parquetio.NewWriter(w, schema)
	if err != nil {
		return nil, fileError(name, "%v; write an Arrow stream (.arrows)", strings.TrimPrefix(err.Error(), "parquetio: "))
	}
	return &parquetWriter{to: to}, nil
}

// Write appends a batch.
func (w *parquetWriter) Write(b arrow.RecordBatch) error { return parquetError(w.to.Write(b)) }

// Close ends the file.
func (w *parquetWriter) Close() error { return parquetError(w.to.Close()) }

// parquetError tells failures of the operating system from types that Parquet has no form for. What else the Parquet
// library says is not repeated: it may hold values.
func parquetError(err error) error {
	var path *fs.PathError
	switch {
	case err == nil:
		return nil
	case isIO(err):
		return failed(err)
	case errors.As(err, &path):
		return failed(path)
	}
	return invalid(errors.New("a column of the output has no form in Parquet; write an Arrow stream (.arrows)"))
}
