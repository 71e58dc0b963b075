package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
)

const (
	csvBatchRows  = 32 << 10
	csvBatchBytes = 64 << 20
)

// csvReader reads CSV (RFC 4180, with a header) as columns of text: an empty field is null. Its errors name line and
// column and quote nothing.
type csvReader struct {
	name   string
	close  io.Closer
	meter  *meter
	from   *csv.Reader
	header []string // as it stands, for an output that keeps it
	schema *arrow.Schema
}

func newCSVReader(name string, r io.Reader, c io.Closer, limit int64) (*csvReader, error) {
	m := &meter{r: r, limit: limit}
	buffered := bufio.NewReaderSize(m, 256<<10)
	if mark, err := buffered.Peek(3); err == nil && bytes.Equal(mark, []byte("\ufeff")) {
		_, _ = buffered.Discard(3)
	}
	out := &csvReader{name: name, close: c, meter: m, from: modelfile.NewCSVReader(buffered)}
	header, err := out.from.Read()
	if err == io.EOF {
		return nil, cube.Errorf(out.pos(1, 1), "the file is empty; a header is needed")
	}
	if err != nil {
		return nil, out.placed(err)
	}
	return out, out.setHeader(header)
}

// setHeader makes the schema. Columns are known by their names without outer spaces (SPEC 2).
func (r *csvReader) setHeader(header []string) error {
	fields := make([]arrow.Field, len(header))
	seen := map[string]int{}
	var errs cube.Errors
	for i, name := range header {
		line, column := r.from.FieldPos(i)
		pos := r.pos(line, column)
		r.header = append(r.header, strings.Clone(name))
		trimmed := strings.TrimSpace(r.header[i])
		first, twice := seen[trimmed]
		switch {
		case !utf8.ValidString(name):
			errs.Add(pos, "not UTF-8")
		case trimmed == "":
			errs.Add(pos, "column %d has no name", i+1)
		case twice:
			errs.Add(pos, "columns %d and %d have the same name", first+1, i+1)
		default:
			seen[trimmed] = i
		}
		fields[i] = arrow.Field{Name: trimmed, Type: arrow.BinaryTypes.String, Nullable: true}
	}
	r.schema = arrow.NewSchema(fields, nil)
	return errs.Err()
}

// Schema has one nullable utf8 field for each column.
func (r *csvReader) Schema() *arrow.Schema { return r.schema }

// Header is the header as it stands in the file.
func (r *csvReader) Header() []string { return r.header }

// Next is the next rows, or io.EOF.
func (r *csvReader) Next() (arrow.RecordBatch, error) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, r.schema)
	defer b.Release()
	columns := make([]*array.StringBuilder, len(r.header))
	for i := range columns {
		columns[i] = b.Field(i).(*array.StringBuilder)
	}
	rows, size := 0, 0
	for rows < csvBatchRows && size < csvBatchBytes {
		r.meter.used = 0
		record, err := r.from.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, r.placed(err)
		}
		if err := r.fits(record); err != nil {
			return nil, r.allMisfits(err)
		}
		for i, field := range record {
			size += len(field)
			if field == "" {
				columns[i].AppendNull()
				continue
			}
			columns[i].Append(field)
		}
		rows++
	}
	if rows == 0 {
		return nil, io.EOF
	}
	return b.NewRecordBatch(), nil
}

// fits refuses a row of the wrong width, and text that is not UTF-8.
func (r *csvReader) fits(record []string) *cube.Error {
	line, column := r.from.FieldPos(0)
	want, n := len(r.header), len(record)
	if n > want {
		line, column = r.from.FieldPos(want)
	}
	if n != want {
		return cube.Errorf(r.pos(line, column), "the row has %d fields, the header has %d", n, want)
	}
	for i, field := range record {
		if !utf8.ValidString(field) {
			line, column = r.from.FieldPos(i)
			return cube.Errorf(r.pos(line, column), "not UTF-8")
		}
	}
	return nil
}

// allMisfits reads on after the first row that does not fit, so that one run reports many.
func (r *csvReader) allMisfits(first *cube.Error) error {
	errs := cube.Errors{first}
	for len(errs) < cube.MaxErrors {
		r.meter.used = 0
		record, err := r.from.Read()
		if err != nil {
			break
		}
		if e := r.fits(record); e != nil {
			errs = append(errs, e)
		}
	}
	return errs.Err()
}

func (r *csvReader) pos(line, column int) cube.Position {
	return cube.Position{File: r.name, Line: line, Column: column}
}

// placed gives an error of encoding/csv its place. Its texts quote nothing.
func (r *csvReader) placed(err error) error {
	var at *csv.ParseError
	switch {
	case errors.Is(err, errTooLarge):
		return fileError(r.name, "a row is larger than --memory allows; is a quote not closed?")
	case errors.As(err, &at):
		return cube.Errorf(r.pos(at.Line, at.Column), "%v", at.Err)
	}
	return err
}

// Close gives back the file.
func (r *csvReader) Close() error { return r.close.Close() }
