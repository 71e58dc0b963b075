package formula

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Print writes a formula so that Parse reads the same tree again, but for positions. Parentheses stand where the tree
// says so or the grammar needs them, words are in capitals, comments are gone. Where the text would be longer than a
// formula may be, it leaves out the spaces that nobody needs, and then is never longer than what the tree was parsed
// from.
func Print(n *Node) string {
	w := printer{}
	w.expr(n, levelOr)
	if w.out.Len() > maxText {
		w = printer{compact: true}
		w.expr(n, levelOr)
	}
	return w.out.String()
}

// printer writes tokens.
type printer struct {
	out     strings.Builder
	compact bool
	last    tokenKind // of the token before
}

// put writes one token, after a space where it would run into the token before.
func (w *printer) put(kind tokenKind, text string) {
	if kind == tokenName && w.last == tokenName || kind == tokenNumber && w.last == tokenName {
		w.out.WriteByte(' ')
	}
	w.out.WriteString(text)
	w.last = kind
}

func (w *printer) symbol(s string) { w.put(tokenSymbol, s) }
func (w *printer) word(s string)   { w.put(tokenName, s) }

// space writes a space that only readers need.
func (w *printer) space() {
	if !w.compact {
		w.out.WriteByte(' ')
		w.last = tokenSymbol
	}
}

func (w *printer) text(s string) {
	w.put(tokenText, `"`+strings.ReplaceAll(s, `"`, `""`)+`"`)
}

func (w *printer) name(name string, quoted bool) {
	if quoted {
		w.put(tokenQuoted, "'"+strings.ReplaceAll(name, "'", "''")+"'")
		return
	}
	q := quoteName(name)
	if q == name {
		w.word(name)
		return
	}
	w.put(tokenQuoted, q)
}

func (w *printer) block(n Name) {
	if n.App != "" {
		w.name(n.App, n.AppQuoted)
		w.symbol("::")
	}
	w.name(n.Name, n.NameQuoted)
}

// nodeLevel is how tightly a node's outermost operator binds.
func nodeLevel(n *Node) int {
	switch n.Kind {
	case NodeBinary:
		if n.Op == "^" {
			return levelPower
		}
		return operatorLevel(n.Op)
	case NodeIn:
		return levelCompare
	case NodeUnary:
		if n.Op == "NOT" {
			return levelNot
		}
		return levelUnary
	}
	return levelPostfix
}

// expr writes a node where operators that bind less than level need parentheses.
func (w *printer) expr(n *Node, level int) {
	if n.Parens || nodeLevel(n) < level {
		w.symbol("(")
		w.node(n)
		w.symbol(")")
		return
	}
	w.node(n)
}

func (w *printer) node(n *Node) {
	switch n.Kind {
	case NodeNumber:
		text := n.Text
		if text == "" {
			text = strconv.FormatFloat(n.Number, 'g', -1, 64)
		}
		w.put(tokenNumber, text)
	case NodeText:
		w.text(n.Text)
	case NodeTrue:
		w.word("TRUE")
	case NodeFalse:
		w.word("FALSE")
	case NodeBlank:
		w.word("BLANK")
	case NodeName:
		w.block(n.Name)
	case NodeItem:
		w.block(n.Name)
		w.symbol(".")
		w.text(n.Text)
	case NodeMember:
		w.expr(n.Args[0], levelPostfix)
		w.symbol(".")
		w.name(n.Name.Name, n.Name.NameQuoted)
	case NodeUnary:
		w.unary(n)
	case NodeBinary:
		w.binary(n)
	case NodeIn:
		w.expr(n.Args[0], levelConcat)
		w.space()
		w.word("IN")
		w.space()
		w.symbol("(")
		w.args(n.Args[1:])
		w.symbol(")")
	case NodeCall:
		w.call(n)
	case NodeModified:
		w.expr(n.Args[0], levelPostfix)
		w.modifiers(n.Modifiers)
	}
}

func (w *printer) unary(n *Node) {
	if n.Op == "NOT" {
		w.word("NOT")
		w.space()
		w.expr(n.Args[0], levelCompare)
		return
	}
	w.symbol("-")
	w.expr(n.Args[0], levelPostfix)
}

func (w *printer) binary(n *Node) {
	level := nodeLevel(n)
	left, right := level, level+1
	switch level {
	case levelCompare:
		left = level + 1
	case levelPower:
		left, right = level+1, level
	}
	w.expr(n.Args[0], left)
	w.space()
	if r, _ := utf8.DecodeRuneInString(n.Op); isNameRune(r, true) {
		w.word(n.Op)
	} else {
		w.symbol(n.Op)
	}
	w.space()
	w.expr(n.Args[1], right)
}

func (w *printer) args(args []*Node) {
	for i, a := range args {
		if i > 0 {
			w.symbol(",")
			w.space()
		}
		w.expr(a, levelOr)
	}
}

func (w *printer) call(n *Node) {
	w.word(n.Op)
	w.symbol("(")
	w.args(n.Args)
	if n.Name.Name != "" {
		w.symbol(",")
		w.space()
		w.block(n.Name)
		if n.Property != nil {
			w.symbol(".")
			w.name(n.Property.Name, n.Property.NameQuoted)
		}
	}
	w.symbol(")")
}

func (w *printer) modifiers(ms []Modifier) {
	w.symbol("[")
	for i, m := range ms {
		if i > 0 {
			w.symbol(";")
			w.space()
		}
		w.word(m.Op)
		if m.Method != "" {
			w.word(m.Method)
		}
		w.symbol(":")
		w.space()
		w.modifier(m)
	}
	w.symbol("]")
}

// modifier writes what stands after the colon.
func (w *printer) modifier(m Modifier) {
	if m.Cond != nil {
		w.expr(m.Cond, levelOr)
	}
	for i, b := range m.Mappings {
		if i > 0 {
			w.symbol(",")
			w.space()
		}
		if b.Source != nil {
			w.block(*b.Source)
			w.space()
			w.symbol("->")
			w.space()
		}
		w.expr(b.Node, levelPostfix)
	}
	for i, l := range m.Lists {
		if i > 0 {
			w.symbol(",")
			w.space()
		}
		w.block(l)
	}
	if m.Op == "SELECT" {
		w.selection(m)
	}
}

func (w *printer) selection(m Modifier) {
	if !m.IsOffset {
		w.symbol(".")
		w.text(m.Item)
		return
	}
	w.space()
	if m.Offset < 0 {
		w.symbol("-")
	} else {
		w.symbol("+")
	}
	w.space()
	w.put(tokenNumber, strings.TrimPrefix(strconv.FormatInt(m.Offset, 10), "-"))
}
