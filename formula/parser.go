package formula

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	maxText  = 64 << 10 // bytes of a formula (SPEC 3.1)
	maxDepth = 200      // parentheses, calls and brackets within each other (SPEC 3.1)
)

// parser reads one formula. After the first mistake that it cannot read past it is failed: then it sees nothing but the
// end of the formula, so every loop ends, and reports nothing more.
type parser struct {
	scan   scanner
	tok    token // the next one
	depth  int
	errs   Errors
	failed bool
}

// newParser is a parser that has seen the first token. It refuses texts that cannot be a formula at all.
func newParser(text string) (*parser, error) {
	p := &parser{scan: newScanner(text)}
	if len(text) > maxText {
		p.fail(Pos{1, 1}, "the formula is longer than %d KiB", maxText>>10)
	} else if !utf8.ValidString(text) {
		p.fail(invalidAt(text), "the formula is not valid UTF-8")
	}
	if p.failed {
		return nil, p.errs.err()
	}
	p.next()
	return p, nil
}

// invalidAt is the position of the first byte that is not UTF-8.
func invalidAt(text string) Pos {
	for i, r := range text {
		if _, n := utf8.DecodeRuneInString(text[i:]); r == utf8.RuneError && n == 1 {
			s := newScanner(text)
			s.advance(i)
			return s.pos
		}
	}
	return Pos{1, 1}
}

// next moves to the next token.
func (p *parser) next() {
	if p.failed {
		return
	}
	tok, err := p.scan.next()
	if err != nil {
		p.fail(err.Pos, "%s", err.Message)
		return
	}
	if tok.kind == tokenQuoted && tok.text == "" {
		p.errs.add(tok.pos, "a name may not be empty")
	}
	p.tok = tok
}

// fail reports a mistake and stops.
func (p *parser) fail(pos Pos, format string, args ...any) {
	if !p.failed {
		p.errs.add(pos, format, args...)
		p.failed = true
		p.tok = token{kind: tokenEnd, pos: pos}
	}
}

// unexpected says what should stand in place of the next token.
func (p *parser) unexpected(want string) {
	hint := ""
	switch t := p.tok; {
	case !strings.HasPrefix(want, aName):
	case t.kind == tokenKeyword:
		hint = fmt.Sprintf("; in quotes it is a name: '%s'", t.raw)
	case t.kind == tokenNumber:
		hint = fmt.Sprintf("; a name that starts with a digit needs quotes: '%s'", clip(t.raw))
	}
	p.fail(p.tok.pos, "expected %s, found %s%s", want, p.tok, hint)
}

// aName is what unexpected asks for where a name should stand.
const aName = "a name"

// accept moves past a symbol where it is next.
func (p *parser) accept(symbol string) bool {
	if !p.tok.is(symbol) {
		return false
	}
	p.next()
	return true
}

// expect moves past a symbol that must be next.
func (p *parser) expect(symbol, want string) {
	if !p.accept(symbol) {
		p.unexpected(want)
	}
}

// open moves past an opening parenthesis or bracket; every open needs a leave.
func (p *parser) open() {
	p.depth++
	if p.depth > maxDepth {
		p.fail(p.tok.pos, "parentheses, calls and brackets nest deeper than %d", maxDepth)
	}
	p.next()
}

func (p *parser) leave() { p.depth-- }
