package enginetest

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/cubeward/cubeward/cube"
)

func isLetter(r rune) bool { return unicode.IsLetter(r) }
func isDigit(r rune) bool  { return unicode.IsDigit(r) }

// expression is a piece of a formula: its text, how tightly it binds, what it gives and over which lists.
type expression struct {
	text string
	prec int
	typ  genType
	dims listSet
	by   string // the method of a BY that stands last, "-" for none written
	open bool   // ends in a bracket that another modifier may join
}

// How tightly expressions bind: the grammar of SPEC 3.1 from top to bottom.
const (
	precOr = iota
	precAnd
	precNot
	precCompare
	precConcat
	precSum
	precTerm
	precPower
	precUnary
	precPostfix
)

// expressions makes well-typed expressions for the formulas of one application, from the wanted type and the lists
// that the result may have down to the leaves.
type expressions struct {
	*generator
	app     *genApp
	depth   int
	access  bool // ACCESSRIGHTS is allowed
	current []expression
	used    int // how many blocks were referred to
}

// whole is a whole formula.
func (x *expressions) whole(t genType, allowed listSet) string {
	x.used = 0
	e := x.expr(t, allowed, x.depth)
	switch x.IntN(14) {
	case 0:
		return "// made\n" + e.text
	case 1:
		return " /* a 'b */ " + e.text + " // end"
	}
	return e.text
}

// within is the text of e where something that binds at least as tightly as prec must stand.
func (x *expressions) within(e expression, prec int) string {
	if e.prec < prec || x.chance(3) {
		return "(" + e.text + ")"
	}
	return e.text
}

func kindOf(k cube.Kind) genType { return genType{kind: k} }

// expr is an expression of type t over some of the allowed lists.
func (x *expressions) expr(t genType, allowed listSet, depth int) expression {
	if depth <= 0 || x.chance(10) {
		return x.leaf(t, allowed)
	}
	for range 8 {
		var e expression
		var ok bool
		if x.chance(x.rather(45, 80)) {
			e, ok = x.modified(t, allowed, depth-1)
		} else if x.chance(40) {
			e, ok = x.anyType(t, allowed, depth-1)
		} else {
			e, ok = x.ofKind(t, allowed, depth-1)
		}
		if ok {
			return e
		}
	}
	return x.leaf(t, allowed)
}

// exprWith is an expression that has all of the lists in must.
func (x *expressions) exprWith(t genType, allowed, must listSet, depth int) expression {
	for range 3 {
		if e, ok := x.block(t, allowed|must, must); ok && x.chance(x.rather(40, 75)) {
			return e
		}
		if e := x.expr(t, allowed|must, depth); must.within(e.dims) {
			return e
		}
	}
	if e, ok := x.block(t, allowed|must, must); ok {
		return e
	}
	e := x.expr(t, allowed|must, 0)
	for _, l := range x.in(must &^ e.dims) {
		e = x.broadcast(e, l, allowed|must)
	}
	return e
}

// broadcast is an expression like e that has the list l as well: by what else there is over l, by a condition on l, or
// by ADD.
func (x *expressions) broadcast(e expression, l *genList, allowed listSet) expression {
	other, ok := x.block(e.typ, allowed, setOf(l))
	if !ok {
		other, ok = x.chain(e.typ, setOf(l))
	}
	switch {
	case e.dims.has(l):
		return e
	case ok && other.dims.has(l) && x.chance(80):
		return x.call(pick(x.generator, []string{"IFBLANK", "IFDEFINED"}), e.typ, e, other)
	case len(l.items) > 0 && x.chance(60):
		item, _ := x.constant(genType{cube.Item, l})
		op := pick(x.generator, []string{"FILTER", "EXCLUDE"})
		return x.bracket(e, x.word(op)+": "+x.listName(x.app, l)+" = "+item.text, e.typ, e.dims|setOf(l))
	}
	return x.bracket(e, x.word("ADD")+": "+x.listName(x.app, l), e.typ, e.dims|setOf(l))
}

func (x *expressions) call(name string, t genType, args ...expression) expression {
	e := expression{prec: precPostfix, typ: t}
	var texts []string
	for _, a := range args {
		texts = append(texts, a.text)
		e.dims |= a.dims
	}
	e.text = x.word(name) + "(" + strings.Join(texts, ", ") + ")"
	return e
}

// binary is l op r with the precedences that the operands need.
func (x *expressions) binary(op string, t genType, prec int, l expression, left int, r expression, right int) expression {
	space := " "
	if x.chance(10) && strings.ContainsAny(op, "+*/&^=<>") {
		space = ""
	}
	return expression{text: x.within(l, left) + space + x.word(op) + space + x.within(r, right), prec: prec, typ: t, dims: l.dims | r.dims}
}

func (x *expressions) blank(t genType) expression {
	return expression{text: x.word("BLANK"), prec: precPostfix, typ: t}
}

// orBlank is e, rarely the literal BLANK, which takes its type.
func (x *expressions) orBlank(e expression) expression {
	if x.chance(5) {
		return x.blank(e.typ)
	}
	return e
}

// rather is a chance that differs in models that are about modifiers.
func (x *expressions) rather(usual, narrow int) int {
	if x.narrow {
		return narrow
	}
	return usual
}

// leaf is a constant, or the shortest expression that refers to something.
func (x *expressions) leaf(t genType, allowed listSet) expression {
	if n := len(x.current); n > 0 && x.chance(50) {
		if c := x.current[n-1]; c.typ == t && c.dims.within(allowed) {
			x.used++
			return expression{text: pick(x.generator, []string{"CurrentValue", "CURRENTVALUE", "currentvalue"}), prec: precPostfix, typ: t, dims: c.dims}
		}
	}
	if x.chance(x.rather(85, 97)) {
		if e, ok := x.reference(t, allowed); ok {
			x.used++
			return e
		}
	}
	if e, ok := x.constant(t); ok {
		return e
	}
	if e, ok := x.reference(t, allowed); ok {
		x.used++
		return e
	}
	return x.reduced(t, allowed)
}

// reduced is the last resort where nothing of type t fits the allowed lists: an item that is not found, or a block
// without the dimensions that are too many.
func (x *expressions) reduced(t genType, allowed listSet) expression {
	if t.list != nil {
		return expression{text: x.word("ITEM") + `("nothing", ` + x.listName(x.app, t.list) + ")", prec: precPostfix, typ: t}
	}
	for _, b := range shuffled(x.generator, x.visible) {
		if b.typ != t {
			continue
		}
		e := expression{text: x.named(x.app, b.app, b.name), prec: precPostfix, typ: t, dims: b.dims()}
		if b.list != nil {
			e.text = x.listName(x.app, b.list) + "." + x.quoted(b.name)
		}
		extra := e.dims &^ allowed
		if extra == 0 {
			return e
		}
		method, _, _ := x.method(t)
		return x.bracket(e, x.modifier("REMOVE", method)+x.names(extra), t, e.dims&^extra)
	}
	return x.blank(t)
}

// someType is a type that an expression can be made of: there are no literal dates.
func (x *expressions) someType() genType {
	for {
		t := x.generator.someType()
		if t.kind != cube.Date || slices.ContainsFunc(x.visible, func(b *genBlock) bool { return b.typ == t }) {
			return t
		}
	}
}

// reference is a block, a list, or a chain of properties.
func (x *expressions) reference(t genType, allowed listSet) (expression, bool) {
	switch n := x.IntN(10); {
	case n < 6:
		if e, ok := x.block(t, allowed, 0); ok {
			return e, true
		}
	case n < 9:
		if e, ok := x.chain(t, allowed); ok {
			return e, true
		}
	}
	if t.list != nil && allowed.has(t.list) {
		return expression{text: x.listName(x.app, t.list), prec: precPostfix, typ: t, dims: setOf(t.list)}, true
	}
	if e, ok := x.chain(t, allowed); ok {
		return e, true
	}
	return x.block(t, allowed, 0)
}

// block is a metric of type t over some allowed lists and all of must, without removed or added dimensions.
func (x *expressions) block(t genType, allowed, must listSet) (expression, bool) {
	var fit []*genBlock
	for _, b := range x.visible {
		if b.list == nil && b.typ == t && b.dims().within(allowed) && must.within(b.dims()) {
			fit = append(fit, b)
		}
	}
	if len(fit) == 0 {
		return expression{}, false
	}
	slices.SortStableFunc(fit, func(p, q *genBlock) int { return q.dims().len() - p.dims().len() })
	b := fit[min(x.IntN(len(fit)), x.IntN(len(fit)))] // rather one with many dimensions
	x.used++
	return expression{text: x.named(x.app, b.app, b.name), prec: precPostfix, typ: t, dims: b.dims()}, true
}

// chain is e.P of type t, with e a list, an item, a metric or a chain.
func (x *expressions) chain(t genType, allowed listSet) (expression, bool) {
	var fit []*genBlock
	for _, b := range x.visible {
		if b.list != nil && b.typ == t {
			fit = append(fit, b)
		}
	}
	for _, p := range shuffled(x.generator, fit) {
		of := genType{cube.Item, p.list}
		var e expression
		ok := false
		switch n := x.IntN(10); {
		case n < 6 && allowed.has(p.list):
			e, ok = expression{text: x.listName(x.app, p.list), prec: precPostfix, dims: setOf(p.list)}, true
		case n < 8:
			e, ok = x.block(of, allowed, 0)
		case n < 9:
			e, ok = x.constant(of)
		default:
			if x.chance(60) {
				e, ok = x.chain(of, allowed)
			}
		}
		if ok {
			return expression{text: e.text + "." + x.quoted(p.name), prec: precPostfix, typ: t, dims: e.dims}, true
		}
	}
	return expression{}, false
}

// constant is a literal or a constant item; dates and access rights have none.
func (x *expressions) constant(t genType) (expression, bool) {
	e := expression{prec: precPostfix, typ: t}
	switch t.kind {
	case cube.Number:
		e.text = pick(x.generator, []string{"0", "1", "2", "3", "10", "0.5", "2.5", "2e0", "1E+1", "5e-1"})
	case cube.Text:
		e.text = text(pick(x.generator, textValues))
	case cube.Boolean:
		e.text = x.word(pick(x.generator, []string{"TRUE", "TRUE", "FALSE"}))
	case cube.Item:
		if len(t.list.items) == 0 {
			return e, false
		}
		e.text = x.listName(x.app, t.list) + "." + text(pick(x.generator, t.list.items))
	case cube.AccessRights:
		if !x.access {
			return e, false
		}
		b := kindOf(cube.Boolean)
		r, _ := x.constant(b)
		w, _ := x.constant(b)
		return x.call("ACCESSRIGHTS", t, x.orBlank(r), w), true
	default:
		return e, false
	}
	return e, true
}

// accessFormula is the formula of an access-rights metric: mostly a condition on the member, generous more often than not.
func (x *expressions) accessFormula(allowed listSet) string {
	yes := expression{text: "ACCESSRIGHTS(TRUE, TRUE)", prec: precPostfix}
	if x.chance(25) {
		return x.whole(kindOf(cube.AccessRights), allowed)
	}
	cond := x.about(allowed)
	if x.chance(40) {
		cond = x.binary("OR", cond.typ, precOr, cond, precOr, x.expr(kindOf(cube.Boolean), allowed, 1), precAnd)
	}
	switch x.IntN(4) {
	case 0:
		return fmt.Sprintf("%s(%s, %s)", x.word("ACCESSRIGHTS"), cond.text, x.about(allowed).text)
	case 1:
		return fmt.Sprintf("%s(%s, %s)", x.word("ACCESSRIGHTS"), x.word("TRUE"), cond.text)
	case 2:
		return fmt.Sprintf("%s(%s, %s)", x.word("IF"), cond.text, yes.text)
	}
	return fmt.Sprintf("%s(%s, %s, %s)", x.word("IF"), cond.text, yes.text, x.expr(kindOf(cube.AccessRights), allowed, 1).text)
}

// about is a condition that looks at the member: a property, the role, or anything.
func (x *expressions) about(allowed listSet) expression {
	boolean := kindOf(cube.Boolean)
	user := setOf(x.users)
	switch x.IntN(4) {
	case 0: // 'Users roles' <> Role."Reader"
		t := genType{cube.Item, x.app.roleList}
		role, _ := x.constant(t)
		own, _ := x.block(t, user, user)
		return x.binary(pick(x.generator, []string{"<>", "<>", "="}), boolean, precCompare, own, precConcat, role, precConcat)
	case 1, 2: // User.P = something of its type
		if len(x.users.props) > 0 {
			p := pick(x.generator, x.users.props)
			own := expression{text: "User." + x.quoted(p.name), prec: precPostfix, typ: p.typ, dims: user}
			x.used++
			return x.binary(pick(x.generator, []string{"=", "<>", "<>"}), boolean, precCompare, own, precConcat,
				x.expr(p.typ, allowed, 1), precConcat)
		}
	}
	return x.expr(boolean, allowed, 2)
}
