package modelfile

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// plain reads a scalar without quotes, over all its lines.
func (p *yamlParser) plain(parent int, flow bool) node {
	n := p.node(plainNode)
	if !p.plainStart(flow) {
		if !p.eof() {
			r, _ := utf8.DecodeRuneInString(p.src[p.pos:])
			p.fail("a value may not start with %q; put it in quotes", string(r))
		}
		return n
	}
	n.text = p.plainLine(flow)
	var folded *strings.Builder
	for {
		line, ok := p.plainMore(parent, flow)
		if !ok {
			break
		}
		if folded == nil {
			folded = &strings.Builder{}
			folded.WriteString(n.text)
		}
		folded.WriteString(line.breaks)
		folded.WriteString(line.text)
	}
	if folded != nil {
		n.text = folded.String()
	}
	switch n.text {
	case "~", "null", "Null", "NULL":
		n.kind = nullNode
	}
	return n
}

func (p *yamlParser) plainStart(flow bool) bool {
	switch c := p.peek(); c {
	case ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`', 0:
		return false
	case '-', '?', ':':
		return !space(p.ahead(1)) && !(flow && flowIndicator(p.ahead(1)))
	}
	return true
}

// plainLine reads what of a plain scalar stands on this line, without the blanks around it.
func (p *yamlParser) plainLine(flow bool) string {
	start, end := p.pos, p.pos
	for ; !p.eof(); p.pos++ {
		c := p.src[p.pos]
		if lineBreak(c) || flow && flowIndicator(c) ||
			c == ':' && (space(p.ahead(1)) || flow && flowIndicator(p.ahead(1))) ||
			c == '#' && p.pos > start && blank(p.src[p.pos-1]) {
			break
		}
		if !blank(c) {
			end = p.pos + 1
		}
	}
	p.pos = end
	return p.src[start:end]
}

// folding is a further line of a scalar and what the line breaks before it fold into.
type folding struct{ breaks, text string }

// plainMore reads the next line of a plain scalar, if it has one.
func (p *yamlParser) plainMore(parent int, flow bool) (folding, bool) {
	saved := p.yamlState
	p.blanks()
	breaks := p.breaks()
	indent := p.column()
	p.blanks()
	if breaks == "" || p.eof() || p.peek() == '#' || !flow && indent <= parent {
		p.yamlState = saved
		return folding{}, false
	}
	text := p.plainLine(flow)
	if text == "" {
		p.yamlState = saved
	}
	return folding{breaks, text}, text != ""
}

// breaks passes over line breaks, blank lines and the spaces that indent the line after them, and is what they fold
// into: a space, or a line feed for each blank line; "" where no line ended.
func (p *yamlParser) breaks() string {
	count := 0
	for p.breakHere() {
		p.newline()
		count++
		start := p.yamlState
		for p.peek() == ' ' {
			p.pos++
		}
		indented := p.yamlState
		if p.blanks(); !p.breakHere() {
			p.yamlState = indented
			if p.eof() {
				p.yamlState = start
			}
		}
	}
	switch count {
	case 0:
		return ""
	case 1:
		return " "
	}
	return strings.Repeat("\n", count-1)
}

// quoted reads a scalar in single or double quotes.
func (p *yamlParser) quoted() node {
	n := p.node(quotedNode)
	quote := p.peek()
	p.pos++
	var text []byte
	for {
		start := p.pos
		for !p.eof() && p.peek() != quote && !p.breakHere() && (quote == '\'' || p.peek() != '\\') {
			p.pos++
		}
		text = append(text, p.src[start:p.pos]...)
		switch {
		case p.eof():
			if !p.broken {
				p.problemAt(&n, "this quote is never closed")
				p.broken = true
			}
			return n
		case p.breakHere():
			text = trimBlanks(text, start, p.pos)
			text = append(text, p.breaks()...)
			p.blanks()
		case p.peek() == '\\':
			text = p.escape(text)
		case quote == '\'' && p.ahead(1) == '\'':
			text = append(text, '\'')
			p.pos += 2
		default:
			p.pos++
			n.text = string(text)
			return n
		}
	}
}

// trimBlanks takes away the blanks at the end of a line's text, which are those of src[start:end] alone: escaped ones
// stay.
func trimBlanks(text []byte, start, end int) []byte {
	for n := end - start; n > 0 && blank(text[len(text)-1]); n-- {
		text = text[:len(text)-1]
	}
	return text
}

var yamlEscapes = map[byte]string{
	'0': "\x00", 'a': "\a", 'b': "\b", 't': "\t", '\t': "\t", 'n': "\n", 'v': "\v", 'f': "\f", 'r': "\r", 'e': "\x1b",
	' ': " ", '"': "\"", '/': "/", '\\': "\\", 'N': "\u0085", '_': "\u00a0", 'L': "\u2028", 'P': "\u2029",
}

// escape reads what a backslash starts and appends it to text.
func (p *yamlParser) escape(text []byte) []byte {
	c := p.ahead(1)
	if s, ok := yamlEscapes[c]; ok {
		p.pos += 2
		return append(text, s...)
	}
	if lineBreak(c) {
		p.pos++
		if folded := p.breaks(); folded != " " {
			text = append(text, folded...)
		}
		p.blanks()
		return text
	}
	size := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
	if size == 0 || p.pos+2+size > len(p.src) {
		p.fail("unknown escape in a quoted text")
		return text
	}
	code, err := strconv.ParseUint(p.src[p.pos+2:p.pos+2+size], 16, 32)
	if err != nil || code > utf8.MaxRune || !utf8.ValidRune(rune(code)) {
		p.fail("this escape is no character")
		return text
	}
	p.pos += 2 + size
	return utf8.AppendRune(text, rune(code))
}

// blockScalar reads a literal (|) or folded (>) scalar.
func (p *yamlParser) blockScalar(parent int) node {
	n := p.node(quotedNode)
	folded := p.peek() == '>'
	chomp, indent := byte(0), 0
	for p.pos++; !space(p.peek()) && !p.broken; p.pos++ {
		switch c := p.peek(); {
		case (c == '-' || c == '+') && chomp == 0:
			chomp = c
		case c >= '1' && c <= '9' && indent == 0:
			indent = max(parent, 0) + int(c-'0')
		default:
			p.fail("unexpected text after | or >")
			return n
		}
	}
	p.lineEnd()
	p.newline()
	n.text = p.blockText(parent, indent, folded, chomp)
	return n
}

// blockText reads the lines of a block scalar that are indented by indent, or by what the first line says where
// indent is 0.
func (p *yamlParser) blockText(parent, indent int, folded bool, chomp byte) string {
	var b strings.Builder
	known := indent > 0
	blanks, deepest, first, more := 0, 0, true, false
	for !p.eof() {
		saved := p.yamlState
		for p.peek() == ' ' && (!known || p.column() < indent) {
			p.pos++
		}
		if p.breakHere() {
			deepest = max(deepest, p.column())
			blanks++
			p.newline()
			continue
		}
		if p.eof() {
			break
		}
		if !known {
			known, indent = true, max(p.column(), parent+1)
			if p.column() == indent && deepest > indent {
				p.fail("the blank lines before this one are indented more")
				break
			}
		}
		if p.column() < indent {
			p.yamlState = saved
			break
		}
		start := p.pos
		p.rest()
		line := p.src[start:p.pos]
		deeper := blank(line[0])
		writeBreaks(&b, blanks, first, folded && !more && !deeper)
		b.WriteString(line)
		first, more, blanks = false, deeper, 0
		if p.breakHere() {
			p.newline()
			blanks = 1
		}
	}
	return b.String() + chomped(blanks, first, chomp)
}

// writeBreaks writes the line breaks between two lines of a block scalar: breaks of them, the one that ends the line
// before counted.
func writeBreaks(b *strings.Builder, breaks int, first, fold bool) {
	switch {
	case first || !fold:
		b.WriteString(strings.Repeat("\n", breaks))
	case breaks == 1:
		b.WriteByte(' ')
	default:
		b.WriteString(strings.Repeat("\n", breaks-1))
	}
}

// chomped is how a block scalar ends, after as many line breaks.
func chomped(breaks int, empty bool, chomp byte) string {
	switch {
	case chomp == '-' || breaks == 0 || empty && chomp != '+':
		return ""
	case chomp == '+':
		return strings.Repeat("\n", breaks)
	}
	return "\n"
}
