package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

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
		return newStreamReader("standard input", stdin, nil, limit)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err == nil && info.IsDir() {
		_ = file.Close()
		return nil, fileError(name, "is a folder")
	}
	var r batchReader
	switch f {
	case csvFormat:
		r, err = newCSVReader(name, file, file, limit)
	case arrowFile:
		r, err = newFileReader(name, file, limit)
	case arrowStream:
		r, err = newStreamReader(name, file, file, limit)
	case parquetFile:
		r, err = newParquetReader(name, file, limit)
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return r, nil
}

// damaged is an input that its format's reader cannot make sense of. What that reader says is not repeated, as it may
// hold values of the data; failures of the operating system are.
func damaged(name, what string, err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return err
	}
	return fileError(name, "%s", what)
}

// guard runs a call of a format's library, whose panics on bad bytes become errors.
func guard(call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return call()
}

// checked refuses a batch whose buffers do not hold together, so that nothing behind it can run past an end.
func checked(name string, number int, b arrow.RecordBatch) error {
	for i, column := range b.Columns() {
		err := guard(func() error { return array.ValidateFull(column) })
		if err == nil && int64(column.Len()) != b.NumRows() {
			err = errors.New("length")
		}
		if err != nil {
			return fileError(name, "batch %d: column %q is damaged", number, b.Schema().Field(i).Name)
		}
	}
	return nil
}

// parquetReader reads a Parquet file.
type parquetReader struct {
	name   string
	file   *os.File
	from   *parquetio.Reader
	number int
}

func newParquetReader(name string, file *os.File, limit int64) (*parquetReader, error) {
	from, err := parquetio.NewReader(file, parquetio.Options{MemoryLimit: limit})
	if err != nil {
		return nil, damaged(name, "is not a readable Parquet file", err)
	}
	return &parquetReader{name: name, file: file, from: from}, nil
}

// Schema is the schema of the batches.
func (r *parquetReader) Schema() *arrow.Schema { return r.from.Schema() }

// Next is the next batch, or io.EOF.
func (r *parquetReader) Next() (arrow.RecordBatch, error) {
	if !r.from.Next() {
		err := r.from.Err()
		switch {
		case err == nil:
			return nil, io.EOF
		case errors.Is(err, parquetio.ErrTooLarge):
			return nil, fileError(r.name, "batch %d is larger than --memory allows", r.number+1)
		}
		return nil, damaged(r.name, fmt.Sprintf("batch %d cannot be read", r.number+1), err)
	}
	r.number++
	b := r.from.RecordBatch()
	if err := checked(r.name, r.number, b); err != nil {
		return nil, err
	}
	b.Retain()
	return b, nil
}

// Close gives back the file.
func (r *parquetReader) Close() error {
	r.from.Release()
	return r.file.Close()
}
