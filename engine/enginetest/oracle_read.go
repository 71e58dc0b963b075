package enginetest

import (
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
)

// term is a formula whose names are found and whose types and dimensions are known (SPEC 3.2). CurrentValue is the
// very term that it stands for.
type term struct {
	op     string            // see the constants below; for functions and operators the word or sign itself
	app    *cube.Application // whose formula it is
	typ    cube.Type
	dims   []*cube.List // sorted, distinct
	args   []*term
	value  cube.Value   // constant
	block  *cube.Block  // metric, property, find
	list   *cube.List   // the list that the operation works along
	lists  []*cube.List // remove, add, aggregate: the lists that go, come, are the source
	item   cube.ItemID  // slice
	number int          // shift, ROUND
	method string       // remove, aggregate

	memo     map[uint64]cube.Value
	inherits []*factor // T of the term, once it is known
	known    bool
}

// What terms do besides the functions and operators that work cell by cell.
const (
	opConstant  = "constant"
	opMetric    = "metric"
	opList      = "list"
	opProperty  = "property" // args[0].block
	opFind      = "ITEM"     // ITEM(args[0], list) or, with a block, ITEM(args[0], list.block)
	opReset     = "RESETACCESSRIGHTS"
	opCumulate  = "CUMULATE"
	opRemove    = "REMOVE"
	opAdd       = "ADD"
	opSlice     = "slice"     // [SELECT: list."item"]
	opShift     = "shift"     // [SELECT: list + number]
	opFilter    = "FILTER"    // args[0] where args[1]
	opExclude   = "EXCLUDE"   //
	opAggregate = "aggregate" // args[0][BY method: args[1]], list is the target
	opSpread    = "spread"    // args[0][BY: args[1]], list is the target
)

// reader turns the nodes of one formula into terms.
type reader struct {
	o       *Oracle
	app     *cube.Application
	where   string
	current []*term // what CurrentValue stands for, innermost last
}

func (o *Oracle) read(app *cube.Application, where, text string) *term {
	n, err := formula.Parse(text)
	if err != nil {
		refuse("%s: %v", where, err)
	}
	r := &reader{o: o, app: app, where: where}
	return r.term(n)
}

func (r *reader) refuse(n *formula.Node, format string, args ...any) {
	refuse(r.where+": %d:%d: "+format, append([]any{n.Pos.Line, n.Pos.Col}, args...)...)
}

// cellwise is a term whose dimensions are the union of its operands' (SPEC 3.2).
func (r *reader) cellwise(op string, typ cube.Type, args ...*term) *term {
	t := &term{op: op, app: r.app, typ: typ, args: args}
	for _, a := range args {
		t.dims = union(t.dims, a.dims)
	}
	return t
}

func (r *reader) constant(typ cube.Type, v cube.Value) *term {
	return &term{op: opConstant, app: r.app, typ: typ, value: v}
}

func (r *reader) terms(nodes []*formula.Node) []*term {
	var out []*term
	for _, n := range nodes {
		out = append(out, r.term(n))
	}
	return out
}

var (
	blankType   = cube.Type{}
	numberType  = cube.Type{Kind: cube.Number}
	textType    = cube.Type{Kind: cube.Text}
	booleanType = cube.Type{Kind: cube.Boolean}
	rightsType  = cube.Type{Kind: cube.AccessRights}
)

func (r *reader) term(n *formula.Node) *term {
	switch n.Kind {
	case formula.NodeNumber:
		return r.constant(numberType, cube.NumberValue(n.Number))
	case formula.NodeText:
		return r.constant(textType, cube.TextValue(n.Text))
	case formula.NodeTrue, formula.NodeFalse:
		return r.constant(booleanType, cube.BooleanValue(n.Kind == formula.NodeTrue))
	case formula.NodeBlank:
		return r.constant(blankType, cube.Value{})
	case formula.NodeName:
		return r.name(n)
	case formula.NodeMember:
		return r.property(n)
	case formula.NodeItem: // L."x": an item, a constant
		l := r.list(n, n.Name)
		return r.constant(cube.Type{Kind: cube.Item, List: l}, cube.ItemValue(r.item(n, l, n.Text)))
	case formula.NodeUnary:
		if n.Op == "NOT" {
			return r.cellwise("NOT", booleanType, r.term(n.Args[0]))
		}
		return r.cellwise("negate", numberType, r.term(n.Args[0]))
	case formula.NodeBinary:
		return r.cellwise(n.Op, operatorType(n.Op), r.terms(n.Args)...)
	case formula.NodeIn:
		return r.cellwise("IN", booleanType, r.terms(n.Args)...)
	case formula.NodeCall:
		return r.call(n)
	case formula.NodeModified:
		t := r.term(n.Args[0])
		for _, m := range n.Modifiers { // e[m1; m2] is e[m1][m2] (SPEC 3.3)
			t = r.modified(n, t, m)
		}
		return t
	}
	r.refuse(n, "a node of unknown kind %d", n.Kind)
	return nil
}

func operatorType(op string) cube.Type {
	switch op {
	case "+", "-", "*", "/", "^":
		return numberType
	case "&":
		return textType
	}
	return booleanType
}

// application is the one that a name stands in: the formula's own, or the one before `::` (SPEC 2.2).
func (r *reader) application(n *formula.Node, name formula.Name) *cube.Application {
	if name.App == "" {
		return r.app
	}
	app := r.o.ws.Application(name.App)
	if app == nil {
		r.refuse(n, "unknown application %q", name.App)
	}
	return app
}

func (r *reader) list(n *formula.Node, name formula.Name) *cube.List {
	l := r.application(n, name).List(name.Name)
	if l == nil {
		r.refuse(n, "unknown list %q", name.Name)
	}
	return l
}

func (r *reader) listsOf(n *formula.Node, names []formula.Name) []*cube.List {
	var out []*cube.List
	for _, name := range names {
		out = append(out, r.list(n, name))
	}
	return dimSet(out...)
}

func (r *reader) item(n *formula.Node, l *cube.List, name string) cube.ItemID {
	id, ok := l.Find(name)
	if !ok {
		r.refuse(n, "%s has no item %q", l, name)
	}
	return id
}

// name is a metric, a list (its current item), or CurrentValue, which is one only unquoted and inside a filter
// (SPEC 3.1).
func (r *reader) name(n *formula.Node) *term {
	plain := n.Name.App == "" && !n.Name.NameQuoted
	if plain && len(r.current) > 0 && strings.EqualFold(n.Name.Name, "CurrentValue") {
		return r.current[len(r.current)-1]
	}
	app := r.application(n, n.Name)
	if m := app.Metric(n.Name.Name); m != nil {
		return &term{op: opMetric, app: r.app, typ: m.Type, dims: dimSet(m.Dims...), block: m}
	}
	l := r.list(n, n.Name)
	return &term{op: opList, app: r.app, typ: cube.Type{Kind: cube.Item, List: l}, dims: dimSet(l), list: l}
}

func (r *reader) propertyOf(n *formula.Node, l *cube.List, name string) *cube.Block {
	if l == nil {
		r.refuse(n, "%q is asked of what is no item", name)
	}
	p := l.Property(name)
	if p == nil {
		r.refuse(n, "%s has no property %q", l, name)
	}
	return p
}

func (r *reader) property(n *formula.Node) *term {
	e := r.term(n.Args[0])
	p := r.propertyOf(n, e.typ.List, n.Name.Name)
	return &term{op: opProperty, app: r.app, typ: p.Type, dims: e.dims, args: []*term{e}, block: p, list: p.List}
}

// oneType is the type that several operands share: the literal BLANK takes any (SPEC 3.2).
func oneType(args ...*term) cube.Type {
	for _, a := range args {
		if a.typ != blankType {
			return a.typ
		}
	}
	return blankType
}

func (r *reader) call(n *formula.Node) *term {
	args := r.terms(n.Args)
	var typ cube.Type
	switch n.Op {
	case "ITEM":
		l := r.list(n, n.Name)
		t := &term{op: opFind, app: r.app, typ: cube.Type{Kind: cube.Item, List: l}, dims: args[0].dims, args: args, list: l}
		if n.Property != nil {
			t.block = r.propertyOf(n, l, n.Property.Name)
		}
		return t
	case "CUMULATE":
		return &term{op: opCumulate, app: r.app, typ: numberType, dims: args[0].dims, args: args, list: r.list(n, n.Name)}
	case "IF", "IFDEFINED":
		typ = oneType(args[1:]...)
	case "IFBLANK", "MIN", "MAX", opReset:
		typ = oneType(args...)
	case "SWITCH":
		typ = oneType(results(args)...)
	case "ROUND":
		t := r.cellwise("ROUND", numberType, args[0])
		if len(args) == 2 { // a whole literal, perhaps after a minus
			t.number = wholeLiteral(args[1])
		}
		return t
	case "ABS", "LEN", "YEAR", "MONTH", "DAY":
		typ = numberType
	case "UPPER", "LOWER":
		typ = textType
	case "ISBLANK", "ISDEFINED", "CONTAINS", "STARTSWITH", "ENDSWITH":
		typ = booleanType
	case "ACCESSRIGHTS":
		typ = rightsType
	default:
		r.refuse(n, "unknown function %s", n.Op)
	}
	return r.cellwise(n.Op, typ, args...)
}

func wholeLiteral(t *term) int {
	if t.op == "negate" {
		return -int(t.args[0].value.Float())
	}
	return int(t.value.Float())
}

// results are the operands of a SWITCH that it may give: r1, r2, … and the default.
func results(args []*term) []*term {
	var out []*term
	for i, a := range args {
		if i > 0 && (i%2 == 0 || i == len(args)-1) {
			out = append(out, a)
		}
	}
	return out
}

// modified is SPEC 3.3.
func (r *reader) modified(n *formula.Node, e *term, m formula.Modifier) *term {
	t := &term{op: m.Op, app: r.app, typ: e.typ, dims: e.dims, args: []*term{e}, method: m.Method}
	switch m.Op {
	case "REMOVE":
		t.lists = r.listsOf(n, m.Lists)
	case "KEEP": // REMOVE of all the others
		t.op, t.lists = opRemove, minus(e.dims, r.listsOf(n, m.Lists))
	case "ADD":
		t.lists = r.listsOf(n, m.Lists)
		t.dims = union(e.dims, t.lists)
	case "SELECT":
		t.list = r.list(n, m.Lists[0])
		t.op, t.number = opShift, int(m.Offset)
		if !m.IsOffset {
			t.op, t.item, t.dims = opSlice, r.item(n, t.list, m.Item), minus(e.dims, dimSet(t.list))
		}
	case "FILTER", "EXCLUDE":
		r.current = append(r.current, e)
		cond := r.term(m.Cond)
		r.current = r.current[:len(r.current)-1]
		t.args, t.dims = append(t.args, cond), union(e.dims, cond.dims)
	case "BY":
		for _, mapping := range m.Mappings { // BY: m1, m2 is [BY: m1][BY: m2]
			e = r.by(n, e, m.Method, mapping)
		}
		return e
	}
	if t.op == opRemove {
		if !contains(e.dims, t.lists) {
			r.refuse(n, "%s of a dimension that is not there", m.Op)
		}
		t.aggregates()
		t.dims = minus(e.dims, t.lists)
	}
	return t
}

// aggregates settles method and type of a term that aggregates: numbers are summed by default, and a count is a
// number.
func (t *term) aggregates() {
	if t.method == "" {
		t.method = "SUM"
	}
	if t.method == "COUNT" {
		t.typ = numberType
	}
}

// by is one mapping of BY, as aggregate or as spread.
func (r *reader) by(n *formula.Node, e *term, method string, mapping formula.Mapping) *term {
	m := r.term(mapping.Node)
	target := m.typ.List
	if target == nil {
		r.refuse(n, "a BY mapping that gives no item")
	}
	// A property chain over L has the dimension L alone, so its source is all its dimensions, too.
	source := m.dims
	if mapping.Source != nil {
		source = dimSet(r.list(n, *mapping.Source))
	}
	t := &term{app: r.app, typ: e.typ, args: []*term{e, m}, list: target, lists: source, method: method}
	switch has := slices.Contains(e.dims, target); {
	case len(source) == 0 || !contains(m.dims, source):
		r.refuse(n, "a BY mapping without a source")
	case contains(e.dims, source) && !has && !slices.Contains(m.dims, target):
		t.op = opAggregate
		t.aggregates()
		t.dims = union(union(minus(e.dims, source), dimSet(target)), minus(m.dims, source))
	case has && !contains(e.dims, source):
		t.op = opSpread
		t.dims = union(minus(e.dims, dimSet(target)), m.dims)
	default:
		r.refuse(n, "a BY mapping that fits neither way")
	}
	return t
}
