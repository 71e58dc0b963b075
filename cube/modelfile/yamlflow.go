package modelfile

// flow reads a node in flow style: within brackets line breaks and indentation mean nothing.
func (p *yamlParser) flow() node {
	if p.depth++; p.depth > maxDepth {
		p.fail("collections nest deeper than %d", maxDepth)
	}
	defer func() { p.depth-- }()
	for p.property() {
		if p.gap(); p.eof() || p.flowEnd() {
			return p.node(nullNode)
		}
	}
	switch p.peek() {
	case '[':
		return p.flowSequence()
	case '{':
		return p.flowMapping()
	case '"', '\'':
		return p.quoted()
	}
	return p.plain(-1, true)
}

// flowEnd says whether what follows cannot start a value.
func (p *yamlParser) flowEnd() bool {
	c := p.peek()
	return c == ',' || c == ']' || c == '}' || c == ':' && (space(p.ahead(1)) || flowIndicator(p.ahead(1)))
}

func (p *yamlParser) flowSequence() node {
	n := p.node(sequenceNode)
	p.pos++
	for p.flowNext(&n, ']', len(n.kids)) {
		explicit := p.explicit()
		start, line := p.node(mappingNode), p.line
		entry := p.flow()
		if p.gap(); p.peek() == ':' && p.line != line && !explicit {
			p.fail("a comma is missing before this line; a key and its colon stand on one line")
		}
		if pair := p.flowValue(&entry); pair != nil || explicit {
			if pair == nil {
				pair = &node{line: entry.line, col: entry.col}
			}
			start.kids = []node{entry, *pair}
			entry = start
		}
		n.kids = append(n.kids, entry)
	}
	return n
}

func (p *yamlParser) flowMapping() node {
	n := p.node(mappingNode)
	p.pos++
	for p.flowNext(&n, '}', len(n.kids)) {
		p.explicit()
		key := p.flow()
		value := p.node(nullNode)
		if v := p.flowValue(&key); v != nil {
			value = *v
		}
		n.kids = append(n.kids, key, value)
	}
	return n
}

// explicit passes over the ? of an explicit key.
func (p *yamlParser) explicit() bool {
	if p.peek() != '?' || !space(p.ahead(1)) {
		return false
	}
	p.pos++
	p.gap()
	return true
}

// flowNext moves to the next entry of a collection, past the comma where entries precede, and says whether there is
// one. It passes over the closing bracket.
func (p *yamlParser) flowNext(n *node, end byte, entries int) bool {
	p.gap()
	if entries > 0 && p.peek() == ',' {
		p.pos++
		p.gap()
		entries = 0
	}
	switch c := p.peek(); {
	case p.eof():
		if !p.broken {
			p.problemAt(n, "this bracket is never closed")
			p.broken = true
		}
		return false
	case c == end:
		p.pos++
		return false
	case entries > 0:
		p.fail("a comma or %q is missing here", string(end))
		return false
	case p.flowEnd() && c != ':':
		p.fail("a value is missing before %q", string(c))
		return false
	}
	return true
}

// flowValue reads the value where the node before was a key, nil where it was none.
func (p *yamlParser) flowValue(key *node) *node {
	if p.gap(); p.peek() != ':' {
		return nil
	}
	if c := p.ahead(1); !space(c) && !flowIndicator(c) && key.kind < quotedNode {
		return nil
	}
	p.pos++
	p.scalarKey(key)
	value := p.node(nullNode)
	if p.gap(); !p.eof() && !p.flowEnd() {
		value = p.flow()
	}
	return &value
}
