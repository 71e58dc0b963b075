package modelfile

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
)

// fieldKind says what a field of a table holds.
type fieldKind uint8

const (
	blankField fieldKind = iota
	textField
	numberField
	booleanField
	dateField
)

// field is a value in a table, as the file has it: CSV has texts only.
type field struct {
	kind   fieldKind
	text   string
	number float64
	days   int32
	flag   bool
}

// table reads a file row by row. Only the columns that were wanted are read.
type table interface {
	// path is the file, as messages show it.
	path() string
	// header is the names of the columns, trimmed.
	header() []string
	// want asks for column i as values of a kind, and says why it cannot be had.
	want(i int, kind cube.Kind) error
	// next moves to the next row. A row with a problem must be skipped; without more rows a problem is the file's.
	next() (more bool, problem *cube.Error)
	// row is the wanted columns of the row, in the order in which they were wanted; it is overwritten by next.
	row() []field
	// read is how much of the file was read, and how large it is, in bytes.
	read() (done, size int64)
	// mark is where the first wanted column of the row stands, as the reader counts; it is cheap.
	mark() (line, column int)
	// where is the place of a mark. It may read the file up to there, so it is for messages only, as at is.
	where(line, column int) cube.Position
	// at is where wanted column i of the row stands.
	at(i int) cube.Position
	close()
}

// openTable opens the file named at n.
func (l *loader) openTable(src *source, n *node) (table, bool) {
	path, ok := l.text(src, n, "file")
	if !ok {
		return nil, false
	}
	extension := strings.ToLower(filepath.Ext(path))
	reader := l.opt.Tables[extension]
	switch extension {
	case ".csv", ".arrow", ".arrows":
	default:
		if reader == nil {
			l.mistake(src.pos(n), "%s: tables are read from %s", quote(path), strings.Join(l.extensions(), ", "))
			return nil, false
		}
	}
	at, ok := l.resolve(src, n, path)
	if !ok {
		return nil, false
	}
	var t table
	problem := l.refused[at.rel]
	l.refused = nil
	if problem != nil {
		l.mistake(problem.Pos, "%s", problem.Message)
		return nil, false
	}
	if extension == ".csv" {
		text, err := l.files.read(at, 0)
		if err != nil {
			l.failed(fmt.Errorf("%s: %w", at.shown, err))
			return nil, false
		}
		t, problem = newCSV(at.shown, text)
	} else {
		file, data, err := l.files.openHeld(at)
		if err != nil {
			l.failed(fmt.Errorf("%s: %w", at.shown, err))
			return nil, false
		}
		t, problem = newArrow(at.shown, extension, file, data, reader)
	}
	if problem != nil {
		l.mistake(problem.Pos, "%s", problem.Message)
		return nil, false
	}
	return t, true
}

func (l *loader) extensions() []string {
	all := []string{".csv", ".arrow", ".arrows"}
	for e := range l.opt.Tables {
		if !slices.Contains(all, e) {
			all = append(all, e)
		}
	}
	slices.Sort(all)
	return all
}

// want asks a table for the column of that name, or of the first of other names that it has. at is what names it.
func (l *loader) want(t table, src *source, at *node, kind cube.Kind, names ...string) bool {
	header := t.header()
	for _, name := range names {
		i := slices.Index(header, name)
		if i < 0 {
			continue
		}
		if slices.Contains(header[i+1:], name) {
			l.mistake(src.pos(at), "%s has two columns %s", t.path(), quote(name))
			return false
		}
		if err := t.want(i, kind); err != nil {
			l.mistake(src.pos(at), "%s: %v", t.path(), err)
			return false
		}
		return true
	}
	l.mistake(src.pos(at), "%s has no column %s%s", t.path(), quote(names[0]), l.didYouMean(names[0], oneOf(header)))
	return false
}

// rows calls f for each row of a table and reports the problems of the others. It stops where a file has more mistakes
// than are ever shown, and says whether it read the whole file without one.
func (l *loader) rows(t table, f func(fields []field)) bool {
	before := l.found
	defer func() { _, size := t.read(); l.told.read(size) }()
	for n := 1; l.found < before+cube.MaxErrors; n++ {
		more, problem := t.next()
		if problem != nil {
			l.flaw(problem.Pos, "%s", problem.Message)
		}
		if !more {
			break
		}
		if n%reportRows == 0 {
			done, _ := t.read()
			l.told.tell(done)
		}
		if problem == nil {
			f(t.row())
		}
	}
	return l.found == before
}
