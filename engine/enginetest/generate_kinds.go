package enginetest

import (
	"github.com/cubeward/cubeward/cube"
)

// anyType is a function or property that gives whatever type is wanted.
func (x *expressions) anyType(t genType, allowed listSet, depth int) (expression, bool) {
	boolean := kindOf(cube.Boolean)
	sub := func() expression { return x.expr(t, allowed, depth) }
	switch x.IntN(8) {
	case 0, 1:
		args := []expression{x.expr(boolean, allowed, depth), sub()}
		if x.chance(60) {
			args = append(args, x.orBlank(sub()))
		} else if x.chance(10) {
			args[1], args = x.blank(t), append(args, args[1])
		}
		return x.call("IF", t, args...), true
	case 2:
		return x.call("IFBLANK", t, sub(), sub()), true
	case 3:
		args := []expression{x.expr(x.askable(allowed), allowed, depth), sub()}
		if x.chance(50) {
			args = append(args, sub())
		}
		return x.call("IFDEFINED", t, args...), true
	case 4:
		of := x.askable(allowed)
		args := []expression{x.expr(of, allowed, depth)}
		for range x.between(1, 2) {
			args = append(args, x.expr(of, allowed, min(depth, 1)), sub())
		}
		if x.chance(50) {
			args = append(args, x.orBlank(sub()))
		}
		return x.call("SWITCH", t, args...), true
	case 5:
		return x.call("RESETACCESSRIGHTS", t, sub()), true
	case 6:
		return x.deepChain(t, allowed, depth)
	}
	e := sub()
	return expression{text: "(" + e.text + ")", prec: precPostfix, typ: t, dims: e.dims}, true
}

// askable is a type to ask something about; dates only where there are some.
func (x *expressions) askable(allowed listSet) genType {
	if x.chance(4) {
		if _, ok := x.block(kindOf(cube.AccessRights), allowed, 0); ok {
			return kindOf(cube.AccessRights)
		}
	}
	return x.someType()
}

// deepChain is e.P with any expression e.
func (x *expressions) deepChain(t genType, allowed listSet, depth int) (expression, bool) {
	for _, p := range shuffled(x.generator, x.visible) {
		if p.list != nil && p.typ == t {
			e := x.expr(genType{cube.Item, p.list}, allowed, depth)
			x.used++
			return expression{text: x.within(e, precPostfix) + "." + x.quoted(p.name), prec: precPostfix, typ: t, dims: e.dims}, true
		}
	}
	return expression{}, false
}

// ofKind is an operator or function that only some types have.
func (x *expressions) ofKind(t genType, allowed listSet, depth int) (expression, bool) {
	switch t.kind {
	case cube.Number:
		return x.number(allowed, depth), true
	case cube.Boolean:
		return x.boolean(allowed, depth), true
	case cube.Text:
		sub := func() expression { return x.expr(t, allowed, depth) }
		if x.chance(60) {
			return x.binary("&", t, precConcat, sub(), precConcat, x.orBlank(sub()), precSum), true
		}
		return x.call(pick(x.generator, []string{"UPPER", "LOWER"}), t, sub()), true
	case cube.Date:
		return x.call(pick(x.generator, []string{"MIN", "MAX"}), t, x.expr(t, allowed, depth), x.expr(t, allowed, depth)), true
	case cube.Item:
		return x.find(t, allowed, depth), true
	case cube.AccessRights:
		if x.access {
			b := kindOf(cube.Boolean)
			return x.call("ACCESSRIGHTS", t, x.expr(b, allowed, depth), x.orBlank(x.expr(b, allowed, depth))), true
		}
	}
	return expression{}, false
}

func (x *expressions) number(allowed listSet, depth int) expression {
	t := kindOf(cube.Number)
	sub := func() expression { return x.expr(t, allowed, depth) }
	switch x.IntN(13) {
	case 0, 1:
		return x.binary(pick(x.generator, []string{"+", "-"}), t, precSum, x.orBlank(sub()), precSum, sub(), precTerm)
	case 2, 3:
		return x.binary(pick(x.generator, []string{"*", "/"}), t, precTerm, sub(), precTerm, sub(), precPower)
	case 4:
		power, _ := x.constant(t)
		return x.binary("^", t, precPower, sub(), precUnary, power, precPower)
	case 5:
		e := sub()
		return expression{text: "-" + x.within(e, precPostfix), prec: precUnary, typ: t, dims: e.dims}
	case 6:
		return x.call("ABS", t, sub())
	case 7:
		digits := expression{text: pick(x.generator, []string{"0", "1", "2", "-1", "-2"})}
		if x.chance(50) {
			return x.call("ROUND", t, sub())
		}
		return x.call("ROUND", t, sub(), digits)
	case 8:
		return x.call("LEN", t, x.expr(kindOf(cube.Text), allowed, depth))
	case 9:
		return x.call(pick(x.generator, []string{"YEAR", "MONTH", "DAY"}), t, x.expr(kindOf(cube.Date), allowed, depth))
	case 10:
		args := []expression{sub(), sub()}
		if x.chance(30) {
			args = append(args, sub())
		}
		return x.call(pick(x.generator, []string{"MIN", "MAX"}), t, args...)
	}
	if allowed == 0 {
		return sub()
	}
	e, l := x.along(t, allowed, allowed, depth)
	e.text = x.word("CUMULATE") + "(" + e.text + ", " + x.listName(x.app, l) + ")"
	return expression{text: e.text, prec: precPostfix, typ: t, dims: e.dims}
}

func (x *expressions) boolean(allowed listSet, depth int) expression {
	t := kindOf(cube.Boolean)
	sub := func() expression { return x.expr(t, allowed, depth) }
	switch x.IntN(11) {
	case 0, 1:
		of := x.askable(allowed)
		l, r := x.expr(of, allowed, depth), x.orBlank(x.expr(of, allowed, depth))
		return x.binary(pick(x.generator, []string{"=", "<>"}), t, precCompare, l, precConcat, r, precConcat)
	case 2, 3:
		of := x.someType()
		for of.kind == cube.Boolean {
			of = x.someType()
		}
		op := pick(x.generator, []string{"<", "<=", ">", ">="})
		return x.binary(op, t, precCompare, x.expr(of, allowed, depth), precConcat, x.expr(of, allowed, depth), precConcat)
	case 4:
		return x.binary("AND", t, precAnd, sub(), precAnd, x.orBlank(sub()), precNot)
	case 5, 6:
		return x.binary("OR", t, precOr, sub(), precOr, sub(), precAnd)
	case 7:
		e := sub()
		return expression{text: x.word("NOT") + " " + x.within(e, precCompare), prec: precNot, typ: t, dims: e.dims}
	case 8:
		return x.call(pick(x.generator, []string{"ISBLANK", "ISDEFINED"}), t, x.expr(x.askable(allowed), allowed, depth))
	case 9:
		of := kindOf(cube.Text)
		return x.call(pick(x.generator, []string{"CONTAINS", "STARTSWITH", "ENDSWITH"}), t, x.expr(of, allowed, depth), x.expr(of, allowed, 0))
	}
	of := x.someType()
	l := x.expr(of, allowed, depth)
	among := x.call("IN", t, x.expr(of, allowed, 0), x.expr(of, allowed, 0))
	return expression{text: x.within(l, precConcat) + " " + among.text, prec: precCompare, typ: t, dims: l.dims | among.dims}
}

// find is ITEM(v, L) or ITEM(v, L.P).
func (x *expressions) find(t genType, allowed listSet, depth int) expression {
	in, of := x.listName(x.app, t.list), kindOf(cube.Text)
	for _, p := range shuffled(x.generator, t.list.props) {
		if p.visible && x.chance(60) {
			in, of = in+"."+x.quoted(p.name), p.typ
			x.used++
			break
		}
	}
	e := x.expr(of, allowed, depth)
	if of.kind == cube.Text && len(t.list.items) > 0 && x.chance(40) {
		e = expression{text: text(pick(x.generator, t.list.items))}
	}
	return expression{text: x.word("ITEM") + "(" + e.text + ", " + in + ")", prec: precPostfix, typ: t, dims: e.dims}
}
