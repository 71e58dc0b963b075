package formula

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokenEnd     tokenKind = iota // the end of the formula
	tokenNumber                   // text is the literal as written
	tokenText                     // text is what stands between the quotes
	tokenName                     // an unquoted name that is no keyword
	tokenQuoted                   // text is the name without its quotes
	tokenKeyword                  // text is the keyword in capitals
	tokenSymbol                   // text is the symbol
)

// token is the smallest unit of a formula. raw is how it is written.
type token struct {
	kind tokenKind
	pos  Pos
	text string
	raw  string
}

func (t token) is(symbol string) bool { return t.kind == tokenSymbol && t.text == symbol }
func (t token) keyword(w string) bool { return t.kind == tokenKeyword && t.text == w }
func (t token) isName() bool          { return t.kind == tokenName || t.kind == tokenQuoted }

// maxFound is how many characters of a token a message quotes.
const maxFound = 40

// String names the token in a message.
func (t token) String() string {
	switch t.kind {
	case tokenEnd:
		return "the end of the formula"
	case tokenKeyword:
		return "the keyword " + t.text
	case tokenText, tokenQuoted:
		return clip(t.raw)
	}
	return fmt.Sprintf("%q", clip(t.raw))
}

// clip shortens a text for a message, and keeps it on one line.
func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) <= maxFound {
		return s
	}
	return string([]rune(s)[:maxFound]) + "…"
}

// scanner cuts a formula, which is valid UTF-8, into tokens.
type scanner struct {
	src string
	at  int // the byte where the next token is looked for
	pos Pos // its position
}

func newScanner(src string) scanner { return scanner{src: src, pos: Pos{1, 1}} }

// next is the next token. After an error the scanner must not be used.
func (s *scanner) next() (token, *Error) {
	if err := s.skipSpace(); err != nil {
		return token{}, err
	}
	if s.at == len(s.src) {
		return token{kind: tokenEnd, pos: s.pos}, nil
	}
	switch c := s.src[s.at]; {
	case c == '"', c == '\'':
		return s.quoted(c)
	case isDigit(c):
		return s.take(tokenNumber, s.numberLength()), nil
	}
	if n := s.nameLength(); n > 0 {
		t := s.take(tokenName, n)
		if w := capitalize(t.text); isKeyword(w) {
			t.kind, t.text = tokenKeyword, w
		}
		return t, nil
	}
	if n := symbolLength(s.src[s.at:]); n > 0 {
		return s.take(tokenSymbol, n), nil
	}
	r, _ := utf8.DecodeRuneInString(s.src[s.at:])
	return token{}, &Error{s.pos, fmt.Sprintf("unexpected character %q", r)}
}

// take makes a token of the next n bytes.
func (s *scanner) take(kind tokenKind, n int) token {
	t := token{kind: kind, pos: s.pos, text: s.src[s.at : s.at+n]}
	t.raw = t.text
	s.advance(n)
	return t
}

// advance moves past n bytes and keeps count of lines and code points.
func (s *scanner) advance(n int) {
	part := s.src[s.at : s.at+n]
	s.at += n
	if i := strings.LastIndexByte(part, '\n'); i >= 0 {
		s.pos.Line += strings.Count(part, "\n")
		s.pos.Col = 1
		part = part[i+1:]
	}
	s.pos.Col += utf8.RuneCountInString(part)
}

// skipSpace moves past white space and comments.
func (s *scanner) skipSpace() *Error {
	for s.at < len(s.src) {
		rest := s.src[s.at:]
		switch {
		case rest[0] == ' ':
			s.at++
			s.pos.Col++
		case strings.HasPrefix(rest, "//"):
			n := strings.IndexByte(rest, '\n')
			if n < 0 {
				n = len(rest)
			}
			s.advance(n)
		case strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest[2:], "*/")
			if n < 0 {
				return &Error{s.pos, "unclosed comment: */ is missing"}
			}
			s.advance(n + 4)
		default:
			r, n := utf8.DecodeRuneInString(rest)
			if !unicode.IsSpace(r) {
				return nil
			}
			s.advance(n)
		}
	}
	return nil
}

// quoted scans a text or a quoted name, in which the quote stands doubled for itself.
func (s *scanner) quoted(quote byte) (token, *Error) {
	kind, what := tokenText, "text"
	if quote == '\'' {
		kind, what = tokenQuoted, "name"
	}
	doubled := false
	for i := s.at + 1; ; i++ {
		n := strings.IndexByte(s.src[i:], quote)
		if n < 0 {
			return token{}, &Error{s.pos, fmt.Sprintf("unclosed %s: the closing %c is missing", what, quote)}
		}
		i += n
		if i+1 < len(s.src) && s.src[i+1] == quote {
			doubled = true
			i++
			continue
		}
		t := s.take(kind, i+1-s.at)
		t.text = t.raw[1 : len(t.raw)-1]
		if doubled {
			q := string(quote)
			t.text = strings.ReplaceAll(t.text, q+q, q)
		}
		return t, nil
	}
}

// numberLength is how many bytes the number that starts here has: digits[.digits][(e|E)[+|-]digits].
func (s *scanner) numberLength() int {
	rest := s.src[s.at:]
	n := digits(rest)
	if n < len(rest) && rest[n] == '.' {
		if d := digits(rest[n+1:]); d > 0 {
			n += 1 + d
		}
	}
	if n < len(rest) && rest[n]|0x20 == 'e' {
		e := n + 1
		if e < len(rest) && (rest[e] == '+' || rest[e] == '-') {
			e++
		}
		if d := digits(rest[e:]); d > 0 {
			n = e + d
		}
	}
	return n
}

// nameLength is how many bytes the name that starts here has, 0 where none does.
func (s *scanner) nameLength() int {
	rest := s.src[s.at:]
	for i, r := range rest {
		if !isNameRune(r, i == 0) {
			return i
		}
	}
	return len(rest)
}

// digits is how many digits s starts with.
func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isNameRune(r rune, first bool) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', r == '_':
		return true
	case r < utf8.RuneSelf:
		return !first && '0' <= r && r <= '9'
	}
	return unicode.IsLetter(r) || !first && unicode.IsDigit(r)
}

// symbolLength is how many bytes the symbol that s starts with has, 0 where none does.
func symbolLength(s string) int {
	if len(s) > 1 {
		switch s[:2] {
		case "::", "->", "<>", "<=", ">=":
			return 2
		}
	}
	if strings.IndexByte("()[],;:.+-*/^&=<>", s[0]) >= 0 {
		return 1
	}
	return 0
}

// isKeyword says whether a word in capitals is a keyword wherever it stands.
func isKeyword(w string) bool {
	switch w {
	case "TRUE", "FALSE", "BLANK", "AND", "OR", "NOT", "IN":
		return true
	}
	return false
}

// maxWord is the length of the longest word of the language: RESETACCESSRIGHTS.
const maxWord = 17

// capitalize writes a word of the language in capitals. Only ASCII letters change, because those of other scripts that
// fold to them (ſ, the Kelvin sign) are other letters here; nor do words too long to be one.
func capitalize(w string) string {
	if len(w) > maxWord {
		return w
	}
	for i := range len(w) {
		if 'a' <= w[i] && w[i] <= 'z' {
			var buf [maxWord]byte
			n := copy(buf[:], w)
			for ; i < n; i++ {
				if 'a' <= buf[i] && buf[i] <= 'z' {
					buf[i] -= 'a' - 'A'
				}
			}
			return string(buf[:n])
		}
	}
	return w
}

// quoteName writes a name as a formula needs it: bare where it may be, else in quotes.
func quoteName(name string) string {
	s := newScanner(name)
	if n := s.nameLength(); n == 0 || n < len(name) || isKeyword(capitalize(name)) {
		return "'" + strings.ReplaceAll(name, "'", "''") + "'"
	}
	return name
}
