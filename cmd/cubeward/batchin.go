package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine/parquetio"
)

// standardStream is the name of standard input or output, always an Arrow IPC stream.
const standardStream = "-"

// format is how a table is kept in a file.
type format uint8

// The formats, by extension.
const (
	noFormat format = iota
	csvFormat
	arrowFile
	arrowStream
	parquetFile
)

// formatOf is the format that a file's extension names.
func formatOf(name string) (format, error) {
	if name == standardStream {
		return arrowStream, nil
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv":
		return csvFormat, nil
	case ".arrow":
		return arrowFile, nil
	case ".arrows":
		return arrowStream, nil
	case ".parquet":
		return parquetFile, nil
	}
	return noFormat, fileError(name, "the name must end in .csv, .arrow (IPC file), .arrows (IPC stream) or .parquet")
}

// batchReader gives the batches of a table one after another. Its errors start with the file's name, and none holds a
// value of the data (SPEC 1.4).
type batchReader interface {
	// Schema is the schema of all batches.
	Schema() *arrow.Schema
	// Next is the next batch, which the caller releases; io.EOF after the last.
	Next() (arrow.RecordBatch, error)
	// Close gives back the file.
	Close() error
}

// openBatches opens a table by its extension. What one batch may take in memory is bounded by limit bytes.
func openBatches(name string, stdin io.Reader, limit int64) (batchReader, error) {
	f, err := formatOf(name)
	if err != nil {
		return nil, err
	}
	if name == standardStream {
		return openArrowStream("standard input", stdin, nil, limit)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	r, err := openFile(name, file, f, limit)
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return r, nil
}

func openFile(name string, file *os.File, f format, limit int64) (batchReader, error) {
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fileError(name, "is a folder")
	case f == csvFormat:
		return newCSVReader(name, file, file, limit)
	case f == arrowStream:
		return openArrowStream(name, file, file, limit)
	}
	t := &arrowTable{name: name, close: file, limit: limit}
	what := "Parquet"
	if f == arrowFile {
		what = "Arrow IPC"
		t.from, err = modelfile.ReadArrowFile(file, info.Size(), modelfile.ArrowOptions{MemoryLimit: limit})
	} else {
		t.from, err = parquetio.NewReader(file, parquetio.Options{MemoryLimit: limit})
	}
	if err != nil {
		return nil, t.refused("is not a readable "+what+" file", err)
	}
	return t, nil
}

func openArrowStream(name string, r io.Reader, c io.Closer, limit int64) (batchReader, error) {
	t := &arrowTable{name: name, close: c, limit: limit, bytes: &meter{r: r, limit: limit}}
	var err error
	if t.from, err = modelfile.ReadArrowStream(bufio.NewReaderSize(t.bytes, 256<<10), modelfile.ArrowOptions{MemoryLimit: limit}); err != nil {
		return nil, t.refused("is not an Arrow IPC stream", err)
	}
	return t, nil
}

// arrowTable reads the batches of a format of Arrow. Those of damaged bytes never come out: the readers check them.
type arrowTable struct {
	name   string
	from   array.RecordReader
	bytes  *meter    // of a stream
	close  io.Closer // nil for standard input
	limit  int64
	number int // of batches read
}

// Schema is the schema of the batches.
func (t *arrowTable) Schema() *arrow.Schema { return t.from.Schema() }

// Next is the next batch, or io.EOF. A stream that stops without its end marker is an error: whoever wrote it failed
// on the way (SPEC 6).
func (t *arrowTable) Next() (arrow.RecordBatch, error) {
	if t.bytes != nil {
		t.bytes.used = 0
	}
	if !t.from.Next() {
		if err := t.from.Err(); err != nil {
			return nil, t.refused(fmt.Sprintf("batch %d cannot be read", t.number+1), err)
		}
		return nil, io.EOF
	}
	t.number++
	b := t.from.RecordBatch()
	if batchBytes(b) > t.limit || b.NumRows() > t.limit/rowBytes {
		return nil, t.tooLarge()
	}
	b.Retain()
	return b, nil
}

// rowBytes is what is kept of each row while a batch is masked. Run-end encoded columns claim any number of rows.
const rowBytes = 16

func (t *arrowTable) tooLarge() error {
	return fileError(t.name, "batch %d is larger than --memory %s; give more", max(t.number, 1), sizeText(t.limit))
}

// refused is an error of a format's reader. What that says is not repeated, as it may hold values of the data; failures
// of the operating system are.
func (t *arrowTable) refused(what string, err error) error {
	var path *fs.PathError
	switch {
	case errors.As(err, &path):
		return failed(path)
	case errors.Is(err, errTooLarge), errors.Is(err, modelfile.ErrTooLarge), errors.Is(err, parquetio.ErrTooLarge):
		return t.tooLarge()
	case t.bytes != nil && t.bytes.ended:
		return fileError(t.name, "the stream stops without its end marker, after %s: it is not complete", batches(t.number))
	}
	return fileError(t.name, "%s", what)
}

func batches(n int) string {
	if n == 1 {
		return "1 batch"
	}
	return count(n) + " batches"
}

// Close gives back the file.
func (t *arrowTable) Close() error {
	t.from.Release()
	if t.close == nil {
		return nil
	}
	return t.close.Close()
}

// meter fails a read that takes more than limit bytes since used was last set to 0, and notices the end of the bytes.
// One field of CSV without its closing quote would else take a whole file into memory.
type meter struct {
	r           io.Reader
	limit, used int64
	ended       bool
}

var errTooLarge = errors.New("larger than --memory")

// Read reads on.
func (m *meter) Read(p []byte) (int, error) {
	if m.used > m.limit {
		return 0, errTooLarge
	}
	n, err := m.r.Read(p)
	m.used += int64(n)
	m.ended = m.ended || n == 0 && err == io.EOF
	return n, err
}

// guard runs a call of Arrow's libraries, whose panics become errors.
func guard(call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return call()
}
