package formula

import (
	"fmt"
	"math"
	"strconv"
)

// Parse reads the formula language of SPEC 3.1. It knows no model: Check resolves names. The error is Errors. The stack
// that it and its callers need to walk the tree is bounded by the limits of SPEC 3.1.
func Parse(text string) (*Node, error) {
	p, err := newParser(text)
	if err != nil {
		return nil, err
	}
	if p.tok.kind == tokenEnd && !p.failed {
		p.fail(p.tok.pos, "the formula is empty")
	}
	n := p.expr(levelOr)
	if p.tok.kind != tokenEnd {
		p.unexpected("an operator or the end of the formula")
	}
	if err := p.errs.err(); err != nil {
		return nil, err
	}
	return n, nil
}

// The levels of binary operators, from those that bind least.
const (
	levelOr = 1 + iota
	levelAnd
	levelNot
	levelCompare
	levelConcat
	levelSum
	levelTerm
	levelPower
	levelUnary
	levelPostfix
)

// operator is the next token as a binary operator and its level, 0 where it is none. Powers are operands here: see
// power.
func (p *parser) operator() (string, int) {
	if p.tok.kind == tokenKeyword || p.tok.kind == tokenSymbol {
		return p.tok.text, operatorLevel(p.tok.text)
	}
	return "", 0
}

func operatorLevel(op string) int {
	switch op {
	case "OR":
		return levelOr
	case "AND":
		return levelAnd
	case "=", "<>", "<", "<=", ">", ">=", "IN":
		return levelCompare
	case "&":
		return levelConcat
	case "+", "-":
		return levelSum
	case "*", "/":
		return levelTerm
	}
	return 0
}

// expr reads operands and the binary operators between them that bind at least as tightly as level: precedence
// climbing. Operators of one level group from the left; comparisons do not chain.
func (p *parser) expr(level int) *Node {
	left := p.operand(level)
	compared := false
	for {
		op, l := p.operator()
		if l == 0 || l < level {
			return left
		}
		if compared && l >= levelCompare {
			p.fail(p.tok.pos, "comparisons do not chain: put parentheses around one, or join two with AND")
			return left
		}
		compared = l == levelCompare
		pos := p.tok.pos
		p.next()
		if op == "IN" {
			left = p.in(left, pos)
			continue
		}
		left = &Node{Kind: NodeBinary, Pos: pos, Op: op, Args: []*Node{left, p.expr(l + 1)}}
	}
}

// operand reads what stands between binary operators of a level.
func (p *parser) operand(level int) *Node {
	if level <= levelNot && p.tok.keyword("NOT") {
		n := &Node{Kind: NodeUnary, Pos: p.tok.pos, Op: "NOT"}
		p.next()
		n.Args = []*Node{p.expr(levelCompare)}
		return n
	}
	return p.power()
}

// in reads the list after IN.
func (p *parser) in(left *Node, pos Pos) *Node {
	n := &Node{Kind: NodeIn, Pos: pos, Op: "IN", Args: []*Node{left}}
	if !p.tok.is("(") {
		p.unexpected(`"(" after IN`)
		return n
	}
	p.open()
	defer p.leave()
	n.Args = p.list(n.Args)
	return n
}

// list reads formulas separated by commas, and the closing parenthesis.
func (p *parser) list(args []*Node) []*Node {
	for {
		args = append(args, p.expr(levelOr))
		if !p.accept(",") {
			p.expect(")", `an operator, "," or ")"`)
			return args
		}
	}
}

// power reads unary operands joined by ^, which groups from the right. It is a loop, because nothing bounds how many
// there are.
func (p *parser) power() *Node {
	last := p.unary()
	if !p.tok.is("^") {
		return last
	}
	var nodes []*Node
	for p.tok.is("^") && !p.failed {
		nodes = append(nodes, &Node{Kind: NodeBinary, Pos: p.tok.pos, Op: "^", Args: []*Node{last, nil}})
		p.next()
		last = p.unary()
	}
	for i := len(nodes) - 1; i >= 0; i-- {
		nodes[i].Args[1] = last
		last = nodes[i]
	}
	return last
}

func (p *parser) unary() *Node {
	if !p.tok.is("-") {
		return p.postfix()
	}
	n := &Node{Kind: NodeUnary, Pos: p.tok.pos, Op: "-"}
	p.next()
	if p.tok.is("-") {
		p.fail(p.tok.pos, "two signs in a row need parentheses: -(-x)")
	}
	n.Args = []*Node{p.postfix()}
	return n
}

// postfix reads a primary and the properties, items and modifiers after it.
func (p *parser) postfix() *Node {
	start := p.tok.pos
	n := p.primary()
	for {
		switch {
		case p.tok.is("."):
			p.next()
			n = p.member(n, start)
		case p.tok.is("["):
			n = &Node{Kind: NodeModified, Pos: start, Args: []*Node{n}}
			n.Modifiers = p.modifiers()
		default:
			return n
		}
	}
}

// member reads what stands after a point: a property, or an item directly after the name of its list.
func (p *parser) member(n *Node, start Pos) *Node {
	if p.tok.kind == tokenText {
		if n.Kind != NodeName || n.Parens {
			p.fail(p.tok.pos, `an item stands directly after the name of its list: List."item"`)
		}
		n.Kind, n.Text, n.TextPos = NodeItem, p.tok.text, p.tok.pos
		p.next()
		return n
	}
	if n.Kind == NodeName && !n.Parens && !p.tok.isName() {
		p.unexpected(aName + ` or an item in double quotes after "."`)
	}
	return &Node{Kind: NodeMember, Pos: start, Args: []*Node{n}, Name: p.name()}
}

// primary reads what operators work on.
func (p *parser) primary() *Node {
	t := p.tok
	n := &Node{Pos: t.pos}
	switch t.kind {
	case tokenNumber:
		n.Kind, n.Text = NodeNumber, t.text
		var err error
		if n.Number, err = strconv.ParseFloat(t.text, 64); err != nil || math.IsInf(n.Number, 0) {
			p.errs.add(t.pos, "the number %s is too large", clip(t.raw))
		}
	case tokenText:
		n.Kind, n.Text, n.TextPos = NodeText, t.text, t.pos
	case tokenName, tokenQuoted:
		return p.named()
	case tokenKeyword:
		switch t.text {
		case "TRUE":
			n.Kind = NodeTrue
		case "FALSE":
			n.Kind = NodeFalse
		case "BLANK":
			n.Kind = NodeBlank
		case "NOT":
			p.fail(t.pos, "NOT needs parentheses here: (NOT x)")
		default:
			p.unexpected("an expression")
		}
	default:
		if !t.is("(") {
			p.unexpected("an expression")
			return n
		}
		return p.parentheses()
	}
	p.next()
	return n
}

func (p *parser) parentheses() *Node {
	p.open()
	defer p.leave()
	n := p.expr(levelOr)
	p.expect(")", `an operator or ")"`)
	n.Parens = true
	return n
}

// named reads a name, with its application where it has one, or a call.
func (p *parser) named() *Node {
	first := p.tok
	n := &Node{Kind: NodeName, Pos: first.pos}
	n.Name = p.block()
	if !p.tok.is("(") {
		return n
	}
	if first.kind == tokenQuoted || n.Name.App != "" {
		p.fail(p.tok.pos, `no "(" may follow a name that is in quotes or has an application`)
		return n
	}
	return p.call(first)
}

// call reads the arguments of a function.
func (p *parser) call(name token) *Node {
	n := &Node{Kind: NodeCall, Pos: name.pos, Op: capitalize(name.text)}
	if findFunction(n.Op) == nil {
		p.errs.add(name.pos, "unknown function %q%s", clip(name.text), didYouMean(n.Op, functionNames()))
	}
	p.open()
	defer p.leave()
	if n.Op == "ITEM" || n.Op == "CUMULATE" {
		n.Args = []*Node{p.expr(levelOr)}
		p.expect(",", fmt.Sprintf(`"," and a list (%s takes two arguments)`, n.Op))
		n.Name = p.block()
		if p.accept(".") {
			property := p.name()
			n.Property = &property
		}
		p.expect(")", `")"`)
		return n
	}
	if !p.accept(")") {
		n.Args = p.list(nil)
	}
	return n
}

// block reads the name of a metric or list, with its application where it has one.
func (p *parser) block() Name {
	n := p.name()
	if !p.accept("::") {
		return n
	}
	inner := p.name()
	return Name{App: n.Name, AppQuoted: n.NameQuoted, Name: inner.Name, NameQuoted: inner.NameQuoted, Pos: n.Pos}
}

// name reads one name.
func (p *parser) name() Name {
	t := p.tok
	if !t.isName() {
		p.unexpected(aName)
		return Name{Pos: t.pos}
	}
	p.next()
	return Name{Name: t.text, NameQuoted: t.kind == tokenQuoted, Pos: t.pos}
}
