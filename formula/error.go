package formula

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cubeward/cubeward/cube"
)

// String writes the position as LINE:COLUMN.
func (p Pos) String() string { return strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Col) }

// Compare orders positions by line, then column.
func (p Pos) Compare(q Pos) int {
	if p.Line != q.Line {
		return p.Line - q.Line
	}
	return p.Col - q.Col
}

// Error is one mistake in a formula: where in its text and what, with the remedy in the message where there is one.
type Error struct {
	Pos     Pos
	Message string
}

// Error writes LINE:COLUMN: message.
func (e *Error) Error() string { return e.Pos.String() + ": " + e.Message }

// Errors are the mistakes in one formula, by position, at most cube.MaxErrors of them. It is the error of Parse and
// Check.
type Errors []*Error

// Error writes one mistake a line.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// add appends a mistake, unless there are enough of them.
func (es *Errors) add(pos Pos, format string, args ...any) {
	if !es.full() {
		*es = append(*es, &Error{Pos: pos, Message: fmt.Sprintf(format, args...)})
	}
}

// full says whether another mistake would not be reported.
func (es *Errors) full() bool { return len(*es) >= cube.MaxErrors }

// err is the mistakes in the order of the text, nil where there is none.
func (es Errors) err() error {
	if len(es) == 0 {
		return nil
	}
	slices.SortStableFunc(es, func(a, b *Error) int { return a.Pos.Compare(b.Pos) })
	return slices.CompactFunc(es, func(a, b *Error) bool { return *a == *b })
}

// didYouMean is the tail of a message about an unknown name.
func didYouMean(name string, candidates []string) string {
	if s := cube.Suggest(name, candidates); s != "" {
		return fmt.Sprintf(" (did you mean %q?)", s)
	}
	return ""
}
