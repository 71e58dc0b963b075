package enginetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
)

const maxWork = 5 // dimensions that an expression inside a formula may have

// bracket is e[modifier], sometimes in the bracket that e already ends with.
func (x *expressions) bracket(e expression, modifier string, t genType, dims listSet) expression {
	out := expression{prec: precPostfix, typ: t, dims: dims, open: true}
	if e.open && x.chance(50) {
		out.text = e.text[:len(e.text)-1] + "; " + modifier + "]"
	} else {
		out.text = x.within(e, precPostfix) + "[" + modifier + "]"
	}
	return out
}

// modified is an expression of type t that ends in a modifier.
func (x *expressions) modified(t genType, allowed listSet, depth int) (expression, bool) {
	switch x.IntN(12) {
	case 0, 1:
		return x.remove(t, allowed, depth)
	case 2:
		return x.add(t, allowed, depth), true
	case 3:
		return x.slice(t, allowed, depth)
	case 4, 5:
		return x.shift(t, allowed, depth)
	case 6, 7:
		return x.filter(t, allowed, depth), true
	case 8, 9:
		return x.spread(t, allowed, depth)
	}
	return x.aggregate(t, allowed, depth)
}

// method is a way to aggregate to type t: what is written, and the type that is aggregated.
func (x *expressions) method(t genType) (written string, of genType, ok bool) {
	switch t.kind {
	case cube.Number:
		if x.chance(20) {
			return " COUNT", x.askable(0), true
		}
		return pick(x.generator, []string{"", "", " SUM", " AVG", " MIN", " MAX"}), t, true
	case cube.Date:
		return pick(x.generator, []string{" MIN", " MAX"}), t, true
	case cube.Boolean, cube.AccessRights:
		return pick(x.generator, []string{" ANY", " ALL"}), t, true
	}
	return "", t, false
}

func (x *expressions) modifier(op, method string) string {
	if method != "" {
		method = " " + x.word(method[1:])
	}
	return x.word(op) + method + ": "
}

// another is a list that may be worked along besides the allowed ones.
func (x *expressions) another(allowed listSet) (*genList, bool) {
	for range 6 {
		l := x.someList(x.app)
		if (allowed | setOf(l)).len() <= maxWork {
			return l, true
		}
	}
	return nil, false
}

func (x *expressions) names(s listSet) string {
	var names []string
	for _, l := range shuffled(x.generator, x.in(s)) {
		names = append(names, x.listName(x.app, l))
	}
	return strings.Join(names, ", ")
}

// remove is REMOVE, or KEEP of what is left where something is.
func (x *expressions) remove(t genType, allowed listSet, depth int) (expression, bool) {
	method, of, ok := x.method(t)
	l, found := x.another(allowed)
	if !ok || !found {
		return expression{}, false
	}
	goes := setOf(l)
	if l, found := x.another(allowed | goes); found && x.chance(25) {
		goes |= setOf(l)
	}
	e := x.exprWith(of, allowed|goes, goes, depth)
	goes |= e.dims &^ allowed
	if stays := e.dims &^ goes; stays != 0 && x.chance(30) {
		return x.bracket(e, x.modifier("KEEP", method)+x.names(stays), t, stays), true
	}
	return x.bracket(e, x.modifier("REMOVE", method)+x.names(goes), t, e.dims&^goes), true
}

func (x *expressions) add(t genType, allowed listSet, depth int) expression {
	e := x.expr(t, allowed, depth)
	comes := allowed &^ e.dims
	if comes == 0 {
		return e
	}
	l := setOf(pick(x.generator, x.in(comes)))
	return x.bracket(e, x.word("ADD")+": "+x.names(l), t, e.dims|l)
}

func (x *expressions) slice(t genType, allowed listSet, depth int) (expression, bool) {
	l, ok := x.another(allowed)
	if !ok || len(l.items) == 0 {
		return expression{}, false
	}
	e := x.exprWith(t, allowed|setOf(l), setOf(l), depth)
	e = x.bracket(e, x.word("SELECT")+": "+x.listName(x.app, l)+"."+text(pick(x.generator, l.items)), t, e.dims&^setOf(l))
	return e, true
}

func (x *expressions) shift(t genType, allowed listSet, depth int) (expression, bool) {
	if allowed == 0 {
		return expression{}, false
	}
	l := pick(x.generator, x.in(allowed))
	e := x.exprWith(t, allowed, setOf(l), depth)
	by := fmt.Sprintf("%s: %s %s %d", x.word("SELECT"), x.listName(x.app, l), pick(x.generator, []string{"+", "-"}), pick(x.generator, []int{0, 1, 1, 1, 2, 9}))
	return x.bracket(e, by, t, e.dims), true
}

func (x *expressions) filter(t genType, allowed listSet, depth int) expression {
	e := x.expr(t, allowed, depth)
	x.current = append(x.current, e)
	defer func() { x.current = x.current[:len(x.current)-1] }()
	var cond expression
	if x.chance(50) && t.kind != cube.Boolean && t.kind != cube.AccessRights {
		cond = x.binary(pick(x.generator, []string{"<", ">=", "<>", "="}), kindOf(cube.Boolean), precCompare,
			x.leaf(t, allowed), precConcat, x.leaf(t, allowed), precConcat)
	} else {
		cond = x.expr(kindOf(cube.Boolean), allowed, depth)
	}
	op := pick(x.generator, []string{"FILTER", "EXCLUDE"})
	return x.bracket(e, x.word(op)+": "+cond.text, t, e.dims|cond.dims)
}

// mapping is a BY mapping to a list over some of the allowed lists and never none, with its source.
func (x *expressions) mapping(to *genList, allowed listSet, depth int) (text string, dims, source listSet, ok bool) {
	t := genType{cube.Item, to}
	var e expression
	switch x.IntN(5) {
	case 0, 1:
		e, ok = x.chain(t, allowed)
	case 2, 3:
		e, ok = x.block(t, allowed, 0)
	default:
		e, ok = x.expr(t, allowed, depth), true
	}
	if !ok || e.dims == 0 {
		return "", 0, 0, false
	}
	text, dims, source = x.within(e, precPostfix), e.dims, e.dims
	if x.chance(35) {
		l := pick(x.generator, x.in(dims))
		text, source = x.listName(x.app, l)+" -> "+text, setOf(l)
	}
	return text, dims, source, true
}

// by is e[BY …: m], sometimes in the BY that e already ends with.
func (x *expressions) by(e expression, method, mapping string, t genType, dims listSet) expression {
	written := method
	if written == "" {
		written = "-"
	}
	if e.by == written && x.chance(50) {
		return expression{text: e.text[:len(e.text)-1] + ", " + mapping + "]", prec: precPostfix, typ: t, dims: dims, open: true, by: written}
	}
	out := x.bracket(e, x.modifier("BY", method)+mapping, t, dims)
	out.by = written
	return out
}

// aggregate is e[BY: m] where the source of m goes and its target comes.
func (x *expressions) aggregate(t genType, allowed listSet, depth int) (expression, bool) {
	method, of, ok := x.method(t)
	if !ok || allowed == 0 {
		return expression{}, false
	}
	to := pick(x.generator, x.in(allowed))
	l, ok := x.another(allowed)
	if !ok || l == to {
		return expression{}, false
	}
	rest := allowed &^ setOf(to)
	m, dims, source, ok := x.mapping(to, rest|setOf(l), min(depth, 1))
	if !ok || !(dims &^ source).within(rest) {
		return expression{}, false
	}
	e := x.exprWith(of, (rest|source)&^setOf(to), source, depth)
	if e.dims.has(to) {
		return expression{}, false
	}
	return x.by(e, method, m, t, e.dims&^source|setOf(to)|dims&^source), true
}

// spread is e[BY: m] where the target of m goes and its dimensions come.
func (x *expressions) spread(t genType, allowed listSet, depth int) (expression, bool) {
	to := x.someList(x.app)
	m, dims, source, ok := x.mapping(to, allowed, min(depth, 1))
	if !ok || source == setOf(to) {
		return expression{}, false
	}
	without := pick(x.generator, slices.DeleteFunc(x.in(source), func(l *genList) bool { return l == to }))
	e := x.exprWith(t, allowed&^setOf(without)|setOf(to), setOf(to), depth)
	if e.dims.has(without) {
		return expression{}, false
	}
	return x.by(e, pick(x.generator, []string{"", "", " CONSTANT"}), m, t, e.dims&^setOf(to)|dims), true
}
