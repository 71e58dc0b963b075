package cube

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// MaxErrors is how many errors one run reports at most (SPEC 6).
const MaxErrors = 20

// Position is a place in a file. Line and Column count from 1; a zero Line means that only the file is known, a
// zero Column that only the line is. The zero Position is "nowhere", as in models built in Go.
type Position struct {
	File   string
	Line   int
	Column int
}

// String writes the position as FILE:LINE:COLUMN, as far as it is known; "" for the zero Position.
func (p Position) String() string {
	switch {
	case p.File == "":
		return ""
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Compare orders positions by file, line and column.
func (p Position) Compare(q Position) int {
	return cmp.Or(strings.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// Error is one mistake in a model: where and what, with the remedy in the message where there is one.
type Error struct {
	Pos     Position
	Message string
}

// Errorf makes an Error.
func Errorf(pos Position, format string, args ...any) *Error {
	return &Error{Pos: pos, Message: fmt.Sprintf(format, args...)}
}

// Error writes FILE:LINE:COLUMN: message.
func (e *Error) Error() string {
	if at := e.Pos.String(); at != "" {
		return at + ": " + e.Message
	}
	return e.Message
}

// Errors collects mistakes, so that one run can report many. The nil Errors holds none.
type Errors []*Error

// Add appends a mistake.
func (es *Errors) Add(pos Position, format string, args ...any) {
	*es = append(*es, Errorf(pos, format, args...))
}

// Err sorts the mistakes by place, drops repeated ones and returns them as an error, or nil where there is none.
// The result holds at most MaxErrors mistakes.
func (es Errors) Err() error {
	if len(es) == 0 {
		return nil
	}
	slices.SortStableFunc(es, func(a, b *Error) int { return a.Pos.Compare(b.Pos) })
	es = slices.CompactFunc(es, func(a, b *Error) bool { return *a == *b })
	if len(es) > MaxErrors {
		es = es[:MaxErrors]
	}
	return es
}

// Error writes one mistake a line.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}
