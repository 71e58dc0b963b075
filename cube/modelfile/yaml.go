package modelfile

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/cubeward/cubeward/cube"
)

// maxYAML is the largest YAML file (SPEC 2).
const maxYAML = 64 << 20

// maxDepth is how deep collections may nest in a YAML file. No model needs more than ten levels; the limit bounds the
// parser's stack.
const maxDepth = 100

// nodeKind tells the nodes of a YAML tree apart.
type nodeKind uint8

const (
	nullNode     nodeKind = iota // nothing at all, or a plain null
	plainNode                    // a scalar without quotes; its text is the source text
	quotedNode                   // a scalar in quotes, or a block scalar
	sequenceNode                 //
	mappingNode                  //
)

// node is a value in a YAML file and where it starts.
type node struct {
	kind      nodeKind
	line, col int32
	text      string // of scalars, and of a null as it was written
	kids      []node // of a sequence; of a mapping its keys and values in turn
}

// yamlProblem is a mistake in the syntax of a YAML file, or a use of what models do without.
type yamlProblem struct {
	line, col int
	message   string
}

// yamlParser walks over the text of one document. The first mistake in the syntax moves it to the end, so that all
// its loops come to theirs.
type yamlParser struct {
	src string
	yamlState
	depth    int
	broken   bool
	problems []yamlProblem
}

// yamlState is where the parser is: copied to look ahead.
type yamlState struct {
	pos       int // byte offset
	line      int // from 1
	lineStart int // offset of the first byte of the line
	mark      int // an offset of this line whose column is known: columns count code points,
	markCol   int // and counting each from the line's start would be quadratic
	tabbed    bool
}

// parseYAML reads a YAML file of one document. Where there are problems the node must not be used.
func parseYAML(src string) (node, []yamlProblem) {
	p := &yamlParser{src: src, yamlState: yamlState{line: 1, markCol: 1}}
	if at, message := invalidText(src); message != "" {
		line, col := lineColumn(src, at)
		return node{}, []yamlProblem{{line, col, message}}
	}
	inline := p.document()
	n := p.root(inline)
	return n, p.problems
}

func (p *yamlParser) root(inline bool) node {
	after := afterNothing
	if inline {
		after = afterColon
	}
	n := p.block(-1, after)
	if p.gap(); !p.eof() {
		p.fail("unexpected text after the end of the value; check the indentation")
	}
	return n
}

// document finds the one document of the file and leaves the parser at its start. It says whether the document starts
// on the line of its marker.
func (p *yamlParser) document() (inline bool) {
	p.src = strings.TrimPrefix(p.src, "\ufeff")
	directives := false
	for start := true; start && !p.eof(); {
		saved := p.yamlState
		p.blanks()
		switch {
		case p.breakHere() || p.peek() == '#' || p.pos == p.lineStart && p.peek() == '%':
			if p.peek() == '%' {
				p.directive(directives)
				directives = true
			}
			p.nextLine()
		case p.pos == p.lineStart && p.peek() == '-' && marker(p.src[p.pos:]):
			p.pos += 3
			inline, start, directives = true, false, false
		default:
			p.yamlState = saved
			start = false
		}
	}
	if directives {
		p.fail("directives must be followed by ---")
	}
	p.cut()
	return inline
}

func (p *yamlParser) directive(second bool) {
	text, _, _ := strings.Cut(p.restOfLine(), " #")
	if f := strings.Fields(text); second || len(f) != 2 || f[0] != "%YAML" || f[1] != "1.1" && f[1] != "1.2" {
		p.problem("only the directive %%YAML 1.2 may stand in a model")
	}
}

// cut ends the source at the end of the document. Markers end it in every context of YAML, even within quotes.
func (p *yamlParser) cut() {
	saved := p.yamlState
	defer func() {
		if !p.broken {
			p.yamlState = saved
		}
	}()
	for ; !p.eof(); p.nextLine() {
		if p.pos != p.lineStart || !marker(p.src[p.pos:]) {
			continue
		}
		end := p.pos
		for p.src[p.pos] == '.' {
			p.pos += 3
			if p.gap(); p.eof() {
				p.src = p.src[:end]
				return
			}
			if !marker(p.src[p.pos:]) || p.pos != p.lineStart {
				break
			}
		}
		p.fail("several documents in a file are not allowed")
		return
	}
}

// marker says whether a line starts with a document marker, --- or ... .
func marker(line string) bool {
	return (strings.HasPrefix(line, "---") || strings.HasPrefix(line, "...")) && (len(line) == 3 || blank(line[3]) || lineBreak(line[3]))
}

// at is the line and column of the parser.
func (p *yamlParser) at() (line, col int32) {
	if p.pos < p.mark {
		p.mark, p.markCol = p.lineStart, 1
	}
	p.markCol += utf8.RuneCountInString(p.src[p.mark:p.pos])
	p.mark = p.pos
	return int32(p.line), int32(p.markCol)
}

// fail reports a mistake in the syntax where the parser is, and moves it to the end. Only the first is kept.
func (p *yamlParser) fail(format string, args ...any) {
	if !p.broken {
		p.problem(format, args...)
	}
	p.broken = true
	p.pos = len(p.src)
}

// problem reports a mistake that the parser can pass over.
func (p *yamlParser) problem(format string, args ...any) {
	if line, col := p.at(); !p.broken && len(p.problems) < cube.MaxErrors {
		p.problems = append(p.problems, yamlProblem{int(line), int(col), fmt.Sprintf(format, args...)})
	}
}

func (p *yamlParser) node(k nodeKind) node {
	line, col := p.at()
	return node{kind: k, line: line, col: col}
}

// skip passes over n bytes; after a mistake in the syntax there are none.
func (p *yamlParser) skip(n int) { p.pos = min(p.pos+n, len(p.src)) }

func (p *yamlParser) eof() bool { return p.pos >= len(p.src) }

// peek is the next byte, 0 at the end; NUL is refused before.
func (p *yamlParser) peek() byte { return p.ahead(0) }

func (p *yamlParser) ahead(n int) byte {
	if p.pos+n < len(p.src) {
		return p.src[p.pos+n]
	}
	return 0
}

func (p *yamlParser) breakHere() bool { return lineBreak(p.peek()) }

// column is the parser's offset within its line, which is its indentation where only spaces and indicators precede.
func (p *yamlParser) column() int { return p.pos - p.lineStart }

func (p *yamlParser) restOfLine() string {
	s := p.src[p.pos:]
	if i := strings.IndexAny(s, "\r\n"); i >= 0 {
		s = s[:i]
	}
	return s
}

// rest moves to the end of the line.
func (p *yamlParser) rest() {
	for !p.eof() && !lineBreak(p.src[p.pos]) {
		p.pos++
	}
}

func (p *yamlParser) nextLine() {
	p.rest()
	p.newline()
}

// newline passes over a line break, if there is one.
func (p *yamlParser) newline() {
	switch p.peek() {
	case '\r':
		p.pos++
		if p.peek() == '\n' {
			p.pos++
		}
	case '\n':
		p.pos++
	default:
		return
	}
	p.line++
	p.lineStart, p.mark, p.markCol = p.pos, p.pos, 1
}

func (p *yamlParser) blanks() {
	for !p.eof() && blank(p.src[p.pos]) {
		p.tabbed = p.tabbed || p.src[p.pos] == '\t'
		p.pos++
	}
}

// gap passes over blanks, comments and line breaks, and says whether a line ended. Then tabbed says whether a tab
// stands between the last token, or the start of the line, and here.
func (p *yamlParser) gap() (crossed bool) {
	for p.tabbed = false; ; p.tabbed = false {
		p.blanks()
		if p.peek() == '#' && (p.pos == p.lineStart || blank(p.src[p.pos-1])) {
			p.rest()
		}
		if !p.breakHere() {
			return crossed
		}
		p.newline()
		crossed = true
	}
}

func blank(c byte) bool     { return c == ' ' || c == '\t' }
func lineBreak(c byte) bool { return c == '\n' || c == '\r' }

// space says whether c ends an indicator: a blank, a line break or the end.
func space(c byte) bool { return blank(c) || lineBreak(c) || c == 0 }

func flowIndicator(c byte) bool {
	return c == ',' || c == '[' || c == ']' || c == '{' || c == '}'
}

// invalidText is where src is not UTF-8 or holds a character that YAML forbids.
func invalidText(src string) (at int, message string) {
	for i := 0; i < len(src); {
		if c := src[i]; c >= ' ' && c < 0x7f || c == '\n' || c == '\t' || c == '\r' {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(src[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			return i, "the file is not UTF-8"
		case r < ' ' || r >= 0x7f && r < 0xa0 && r != 0x85 || r == 0xfffe || r == 0xffff:
			return i, fmt.Sprintf("the control character %U is not allowed", r)
		}
		i += n
	}
	return 0, ""
}

// lineColumn is the line and column, in code points, of a byte offset.
func lineColumn(src string, at int) (line, col int) {
	start := strings.LastIndexByte(src[:at], '\n') + 1
	return strings.Count(src[:start], "\n") + 1, utf8.RuneCountInString(strings.TrimPrefix(src[start:at], "\ufeff")) + 1
}
