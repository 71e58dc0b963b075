package modelfile

import "github.com/cubeward/cubeward/cube"

// context is what stands before a node in block style.
type context uint8

const (
	afterNothing context = iota // the start of the document
	afterColon                  // a key: no block collection may start on its line
	afterDash                   // - or ?: one may
)

// block reads the node after an indicator. A line belongs to it where it is indented more than parent.
func (p *yamlParser) block(parent int, after context) node {
	empty := p.node(nullNode)
	if p.depth++; p.depth > maxDepth {
		p.fail("collections nest deeper than %d", maxDepth)
	}
	defer func() { p.depth-- }()
	crossed := p.gap()
	for {
		if p.eof() || crossed && p.column() <= parent && !(after == afterColon && p.column() == parent && p.dash()) {
			return empty
		}
		if crossed && p.tabbed {
			p.fail("a tab may not indent; use spaces")
			return empty
		}
		if !p.property() {
			break
		}
		crossed = p.gap() || crossed
	}
	return p.content(parent, crossed || after == afterNothing || after == afterDash && !p.tabbed)
}

// content reads the node that starts here; collections says whether a block collection may.
func (p *yamlParser) content(parent int, collections bool) node {
	switch c := p.peek(); {
	case c == '[' || c == '{':
		n := p.flow()
		if p.keyEnd() {
			p.fail("a list or mapping may not be a key")
		}
		p.lineEnd()
		return n
	case c == '|' || c == '>':
		return p.blockScalar(parent)
	case p.dash():
		if !collections {
			p.fail("a list may not start here; put it on a line of its own")
			return node{}
		}
		return p.sequence()
	case c == '?' && space(p.ahead(1)) || p.keyAhead():
		if !collections {
			p.fail("a mapping may not start here; put it on a line of its own, or quote the text")
			return node{}
		}
		return p.mapping()
	case c == '"' || c == '\'':
		n := p.quoted()
		p.lineEnd()
		return n
	}
	n := p.plain(parent, false)
	if p.keyEnd() {
		p.fail("a key may not stand here; check the indentation")
	}
	p.lineEnd()
	return n
}

// dash says whether the indicator of a sequence's entry stands here.
func (p *yamlParser) dash() bool { return p.peek() == '-' && space(p.ahead(1)) }

// keyAhead says whether a scalar on one line with a colon after it stands here.
func (p *yamlParser) keyAhead() bool {
	saved := p.yamlState
	broken, problems := p.broken, len(p.problems)
	if c := p.peek(); c == '"' || c == '\'' {
		p.quoted()
	} else {
		p.plainLine(false)
	}
	key := !p.broken && p.line == saved.line && p.keyEnd()
	p.yamlState, p.broken, p.problems = saved, broken, p.problems[:problems]
	return key
}

// keyEnd says whether the colon of a key comes next on this line.
func (p *yamlParser) keyEnd() bool {
	at := p.pos
	for at < len(p.src) && blank(p.src[at]) {
		at++
	}
	return at < len(p.src) && p.src[at] == ':' && (at+1 == len(p.src) || space(p.src[at+1]))
}

// lineEnd passes over the rest of the line, which may hold only a comment.
func (p *yamlParser) lineEnd() {
	p.tabbed = false
	start := p.pos
	p.blanks()
	if p.peek() == '#' && p.pos > start {
		p.rest()
	}
	if !p.eof() && !p.breakHere() {
		p.fail("unexpected text after the value")
	}
}

// another moves to the next entry of a collection at column col, and says whether there is one.
func (p *yamlParser) another(col int) bool {
	switch p.gap(); {
	case p.eof() || p.column() < col:
		return false
	case p.tabbed:
		p.fail("a tab may not indent; use spaces")
		return false
	case p.column() > col:
		p.fail("this line is indented more than the entries before it")
		return false
	}
	return true
}

// sequence reads a block sequence whose first dash stands here.
func (p *yamlParser) sequence() node {
	n, col := p.node(sequenceNode), p.column()
	for {
		p.skip(1)
		n.kids = append(n.kids, p.block(col, afterDash))
		if !p.another(col) || !p.dash() {
			// Without a dash this is the next key of a mapping at the same column, or the mapping refuses it.
			return n
		}
	}
}

// mapping reads a block mapping whose first key starts here.
func (p *yamlParser) mapping() node {
	n, col := p.node(mappingNode), p.column()
	for {
		key, value := p.entry(col)
		n.kids = append(n.kids, key, value)
		if !p.another(col) {
			return n
		}
	}
}

func (p *yamlParser) entry(col int) (key, value node) {
	if p.peek() == '?' && space(p.ahead(1)) {
		p.pos++
		key = p.block(col, afterDash)
		value = p.node(nullNode)
		if !p.eof() && p.another(col) && p.peek() == ':' && space(p.ahead(1)) {
			p.pos++
			value = p.block(col, afterDash)
		}
		p.scalarKey(&key)
		return key, value
	}
	for p.property() {
		p.gap()
	}
	if !p.keyAhead() {
		p.fail("a key and a colon are missing here; check the indentation")
		return key, value
	}
	if c := p.peek(); c == '"' || c == '\'' {
		key = p.quoted()
	} else {
		key = p.plain(col, false)
	}
	p.blanks()
	p.skip(1)
	p.scalarKey(&key)
	return key, p.block(col, afterColon)
}

// scalarKey refuses keys that are no names.
func (p *yamlParser) scalarKey(key *node) {
	switch {
	case key.kind == sequenceNode || key.kind == mappingNode:
		p.fail("a list or mapping may not be a key")
	case key.kind == plainNode && key.text == "<<":
		p.problemAt(key, "merge keys (<<) are not allowed")
	}
}

func (p *yamlParser) problemAt(n *node, message string) {
	if !p.broken && len(p.problems) < cube.MaxErrors {
		p.problems = append(p.problems, yamlProblem{int(n.line), int(n.col), message})
	}
}

// property passes over an anchor, a tag or an alias and reports it.
func (p *yamlParser) property() bool {
	switch p.peek() {
	case '&':
		p.problem("anchors (&) are not allowed")
	case '*':
		p.problem("aliases (*) are not allowed")
	case '!':
		p.problem("tags (!) are not allowed")
	default:
		return false
	}
	for p.pos++; !p.eof() && !space(p.peek()) && !flowIndicator(p.peek()); {
		p.pos++
	}
	return true
}
