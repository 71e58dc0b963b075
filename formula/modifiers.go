package formula

import "strconv"

// modifiers reads the modifiers between brackets, and the brackets.
func (p *parser) modifiers() []Modifier {
	p.open()
	defer p.leave()
	var ms []Modifier
	for {
		ms = append(ms, p.modifier())
		if !p.accept(";") {
			p.expect("]", `";" or "]"`)
			return ms
		}
	}
}

const allModifiers = "a modifier (BY, REMOVE, KEEP, ADD, SELECT, FILTER or EXCLUDE)"

func (p *parser) modifier() Modifier {
	m := Modifier{Pos: p.tok.pos}
	if p.tok.kind != tokenName {
		p.unexpected(allModifiers)
		return m
	}
	m.Op = capitalize(p.tok.text)
	switch m.Op {
	case "BY", "REMOVE", "KEEP":
		p.next()
		m.Method = p.method()
		if m.Op == "BY" {
			m.Mappings = p.mappings()
		} else {
			m.Lists = p.blocks()
		}
	case "ADD":
		p.next()
		p.colon(m.Op)
		m.Lists = p.blocks()
	case "SELECT":
		p.next()
		p.colon(m.Op)
		p.selection(&m)
	case "FILTER", "EXCLUDE":
		p.next()
		p.colon(m.Op)
		m.Cond = p.expr(levelOr)
	default:
		p.unexpected(allModifiers)
	}
	return m
}

func (p *parser) colon(word string) { p.expect(":", `":" after `+word) }

// method reads an aggregation method, where one is written, and the colon after it.
func (p *parser) method() string {
	if p.accept(":") {
		return ""
	}
	if p.tok.kind == tokenName {
		switch w := capitalize(p.tok.text); w {
		case "SUM", "AVG", "MIN", "MAX", "COUNT", "ANY", "ALL", "CONSTANT":
			p.next()
			p.colon(w)
			return w
		}
	}
	p.unexpected(`":" or a method (SUM, AVG, MIN, MAX, COUNT, ANY, ALL or CONSTANT)`)
	return ""
}

// blocks reads names separated by commas.
func (p *parser) blocks() []Name {
	names := []Name{p.block()}
	for p.accept(",") {
		names = append(names, p.block())
	}
	return names
}

// selection reads what stands after SELECT: an item of a list, or a list and how far to look.
func (p *parser) selection(m *Modifier) {
	m.Lists = []Name{p.block()}
	if p.accept(".") {
		if p.tok.kind != tokenText {
			p.unexpected(`an item's name in double quotes: SELECT: List."item"`)
			return
		}
		m.Item, m.ItemPos = p.tok.text, p.tok.pos
		p.next()
		return
	}
	sign := int64(1)
	switch {
	case p.tok.is("-"):
		sign = -1
	case !p.tok.is("+"):
		p.unexpected(`an item (SELECT: List."item") or an offset (SELECT: List - 1)`)
		return
	}
	p.next()
	m.IsOffset = true
	if p.tok.kind != tokenNumber || digits(p.tok.text) < len(p.tok.text) {
		p.unexpected("a whole number of items")
		return
	}
	// Digits alone only fail by being too many, and then n is the largest number: as good as any past the ends.
	n, _ := strconv.ParseInt(p.tok.text, 10, 64)
	m.Offset = sign * n
	p.next()
}

// mappings reads the mappings of BY, separated by commas.
func (p *parser) mappings() []Mapping {
	var ms []Mapping
	for {
		ms = append(ms, p.mapping())
		if !p.accept(",") {
			break
		}
	}
	if _, level := p.operator(); level > 0 || p.tok.is("^") {
		p.fail(p.tok.pos, "a mapping with operators needs parentheses: [BY: (…)]")
	}
	return ms
}

func (p *parser) mapping() Mapping {
	n := p.mappingOperand()
	if !p.tok.is("->") {
		return Mapping{Node: n}
	}
	if n.Kind != NodeName || n.Parens {
		p.fail(p.tok.pos, `before "->" stands the name of a list alone`)
	}
	p.next()
	source := n.Name
	return Mapping{Source: &source, Node: p.mappingOperand()}
}

func (p *parser) mappingOperand() *Node {
	if p.tok.is("-") || p.tok.keyword("NOT") {
		p.fail(p.tok.pos, "a mapping with operators needs parentheses: [BY: (…)]")
	}
	return p.postfix()
}
