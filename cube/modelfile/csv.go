package modelfile

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/cubeward/cubeward/cube"
)

// csvTable is a CSV file. It is kept whole in memory, so that places can be given in code points.
type csvTable struct {
	name   string
	text   string
	r      *csv.Reader
	names  []string
	wanted []int
	fields []field
}

// newCSV reads the header of a CSV file (SPEC 2.3: RFC 4180, a byte-order mark is passed over).
func newCSV(name, text string) (table, *cube.Error) {
	text = strings.TrimPrefix(text, "\ufeff")
	if !utf8.ValidString(text) {
		at := 0
		for r, n := utf8.DecodeRuneInString(text); r != utf8.RuneError || n > 1; r, n = utf8.DecodeRuneInString(text[at:]) {
			at += n
		}
		line, col := lineColumn(text, at)
		return nil, cube.Errorf(cube.Position{File: name, Line: line, Column: col}, "the file is not UTF-8")
	}
	t := &csvTable{name: name, text: text, r: NewCSVReader(strings.NewReader(text))}
	header, err := t.r.Read()
	if errors.Is(err, io.EOF) {
		return nil, cube.Errorf(cube.Position{File: name, Line: 1, Column: 1}, "the file is empty; its first row must name the columns")
	}
	if err != nil {
		return nil, t.problem(err)
	}
	for i, h := range header {
		if h = strings.TrimSpace(h); h == "" {
			return nil, cube.Errorf(t.where(t.r.FieldPos(i)), "the name of a column may not be empty")
		}
		t.names = append(t.names, h)
	}
	return t, nil
}

func (t *csvTable) path() string { return t.name }

func (t *csvTable) header() []string { return t.names }

func (t *csvTable) want(i int, _ cube.Kind) error {
	t.wanted = append(t.wanted, i)
	t.fields = append(t.fields, field{})
	return nil
}

func (t *csvTable) next() (bool, *cube.Error) {
	record, err := t.r.Read()
	switch {
	case errors.Is(err, io.EOF):
		return false, nil
	case err != nil:
		// After a stray quote nobody knows where the next row starts.
		return false, t.problem(err)
	case len(record) != len(t.names):
		return true, cube.Errorf(t.where(t.r.FieldPos(0)), "this row has %d fields, the header %d", len(record), len(t.names))
	}
	for i, w := range t.wanted {
		t.fields[i] = field{}
		if text := record[w]; text != "" {
			t.fields[i] = field{kind: textField, text: text}
		}
	}
	return true, nil
}

func (t *csvTable) row() []field { return t.fields }

func (t *csvTable) mark() (line, column int) { return t.r.FieldPos(t.wanted[0]) }

func (t *csvTable) at(i int) cube.Position { return t.where(t.r.FieldPos(t.wanted[i])) }

func (t *csvTable) read() (done, size int64) { return t.r.InputOffset(), int64(len(t.text)) }

func (t *csvTable) close() {}

// problem gives an error of encoding/csv its place.
func (t *csvTable) problem(err error) *cube.Error {
	var p *csv.ParseError
	if !errors.As(err, &p) {
		return cube.Errorf(cube.Position{File: t.name}, "%v", err)
	}
	message := p.Err.Error()
	switch {
	case errors.Is(p.Err, csv.ErrBareQuote):
		message = `a quote stands in a field without quotes; write "" for it and quote the field`
	case errors.Is(p.Err, csv.ErrQuote):
		message = `this quoted field is not closed, or text follows its closing quote; write "" for a quote within quotes`
		if p.Line != p.StartLine {
			return cube.Errorf(cube.Position{File: t.name, Line: p.StartLine}, "a quoted field of this row is not closed")
		}
	}
	return cube.Errorf(t.where(p.Line, p.Column), "%s", message)
}

// where turns a place of encoding/csv, which counts bytes, into one that counts code points.
func (t *csvTable) where(line, column int) cube.Position {
	rest := t.text
	for i := 1; i < line; i++ {
		_, rest, _ = strings.Cut(rest, "\n")
	}
	if n := min(column-1, len(rest)); n >= 0 {
		column = utf8.RuneCountInString(rest[:n]) + 1
	}
	return cube.Position{File: t.name, Line: line, Column: column}
}
