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
	switch x.IntN(16) {
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
	case 8, 9, 10, 11:
		return x.spread(t, allowed, depth)
	}
	for range 3 {
		if e, ok := x.aggregate(t, allowed, depth); ok {
			return e, true
		}
	}
	return expression{}, false
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

// along is an expression and one of its lists from among those given; it gets one where it has none.
func (x *expressions) along(t genType, allowed, from listSet, depth int) (expression, *genList) {
	e := x.expr(t, allowed|from, depth)
	if has := e.dims & from; has != 0 && x.chance(90) {
		return e, pick(x.generator, x.in(has))
	}
	l := pick(x.generator, x.in(from))
	return x.exprWith(t, allowed|from, setOf(l), depth), l
}

// remove is REMOVE, or KEEP of what is left where something is.
func (x *expressions) remove(t genType, allowed listSet, depth int) (expression, bool) {
	method, of, ok := x.method(t)
	l, found := x.another(allowed)
	if !ok || !found {
		return expression{}, false
	}
	comes := setOf(l)
	if l, found := x.another(allowed | comes); found && x.chance(40) {
		comes |= setOf(l)
	}
	e, l := x.along(of, allowed, comes, depth)
	goes := setOf(l) | e.dims&comes | e.dims&^allowed
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
	e, l := x.along(t, allowed, allowed, depth)
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

// mapping is what a BY maps with: an expression that gives items of a list, and its source.
type mapping struct {
	text         string
	to           *genList
	dims, source listSet
}

// mapping finds a BY mapping over some lists, never none: mostly a block that gives items, sometimes an expression.
// fits says which list may be mapped to from which dimensions.
func (x *expressions) mapping(within listSet, fits func(to *genList, dims listSet) bool, depth int) (mapping, bool) {
	var found []expression
	for _, b := range x.visible {
		if b.typ.list == nil || !fits(b.typ.list, b.dims()) {
			continue
		}
		e := expression{text: x.named(x.app, b.app, b.name), prec: precPostfix, typ: b.typ, dims: b.dims()}
		if b.list != nil {
			e.text = x.listName(x.app, b.list) + "." + x.quoted(b.name)
		}
		found = append(found, e)
	}
	var e expression
	switch {
	case len(found) > 0 && x.chance(80):
		slices.SortStableFunc(found, func(p, q expression) int { return q.dims.len() - p.dims.len() })
		e = found[min(x.IntN(len(found)), x.IntN(len(found)))] // rather one with many dimensions
	default:
		e = x.expr(genType{cube.Item, x.someList(x.app)}, within, depth)
	}
	if e.dims == 0 || !fits(e.typ.list, e.dims) {
		return mapping{}, false
	}
	x.used++
	m := mapping{text: x.within(e, precPostfix), to: e.typ.list, dims: e.dims, source: e.dims}
	return m, true
}

// sourced writes `X -> m` for one of the lists X, sometimes, more often where the mapping has several dimensions.
func (x *expressions) sourced(m mapping, from listSet) mapping {
	if from == 0 || !x.chance(30*m.dims.len()) {
		return m
	}
	l := pick(x.generator, x.in(from))
	m.text, m.source = x.listName(x.app, l)+" -> "+m.text, setOf(l)
	return m
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
	method, of, can := x.method(t)
	if !can || allowed == 0 {
		return expression{}, false
	}
	l, found := x.another(allowed)
	if !found {
		return expression{}, false
	}
	m, ok := x.mapping(allowed|setOf(l), func(to *genList, dims listSet) bool {
		return allowed.has(to) && !dims.has(to) && (dims|allowed).len() <= maxWork
	}, min(depth, 1))
	if !ok {
		return expression{}, false
	}
	rest := allowed &^ setOf(m.to)
	switch outside := m.dims &^ rest; outside.len() { // what may not stay must be the source
	case 0:
		m = x.sourced(m, m.dims)
	case 1:
		m = x.sourced(m, outside)
	}
	if !(m.dims &^ m.source).within(rest) {
		return expression{}, false
	}
	must := m.source
	if x.chance(40) { // the mapping's other dimensions are matched where e has them
		must = m.dims
	}
	e := x.exprWith(of, rest|m.source, must, depth)
	return x.by(e, method, m.text, t, e.dims&^m.source|setOf(m.to)|m.dims&^m.source), true
}

// spread is e[BY: m] where the target of m goes and its dimensions come.
func (x *expressions) spread(t genType, allowed listSet, depth int) (expression, bool) {
	m, ok := x.mapping(allowed, func(_ *genList, dims listSet) bool { return dims.within(allowed) }, min(depth, 1))
	if !ok || m.source == setOf(m.to) {
		return expression{}, false
	}
	m = x.sourced(m, m.dims&^setOf(m.to))
	// e may have some of the source, but not all
	without := pick(x.generator, slices.DeleteFunc(x.in(m.source), func(l *genList) bool { return l == m.to }))
	e := x.exprWith(t, allowed&^setOf(without)|setOf(m.to), setOf(m.to), depth)
	return x.by(e, pick(x.generator, []string{"", "", " CONSTANT"}), m.text, t, e.dims&^setOf(m.to)|m.dims), true
}
