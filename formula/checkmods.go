package formula

import (
	"math"
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// modified checks e[m]. Where e is nil it still looks for mistakes in m.
func (c *checker) modified(e *Expr, m *Modifier) *Expr {
	switch m.Op {
	case "BY":
		return c.by(e, m)
	case "REMOVE", "KEEP":
		return c.remove(e, m)
	case "ADD":
		return c.add(e, m)
	case "SELECT":
		return c.selected(e, m)
	}
	return c.filter(e, m)
}

// has reports a list that is no dimension of e.
func (c *checker) has(e *Expr, l *cube.List, pos Pos) bool {
	if slices.Contains(e.Dims, l) {
		return true
	}
	if len(e.Dims) == 0 {
		c.fail(pos, "%q is no dimension here: there are none", l.NameIn(c.app))
	} else {
		c.fail(pos, "%q is no dimension here: there are %s", l.NameIn(c.app), c.listNames(e.Dims))
	}
	return false
}

// lists finds the lists that a modifier of e names, each once, and asks about each. It is sorted; false where one is
// wrong.
func (c *checker) lists(e *Expr, names []Name, fits func(l *cube.List, pos Pos) bool) ([]*cube.List, bool) {
	lists, ok := make([]*cube.List, 0, len(names)), true
	for _, n := range names {
		l := c.list(n)
		switch {
		case l == nil:
			ok = false
		case slices.Contains(lists, l):
			c.fail(n.Pos, "list %q stands twice", l.NameIn(c.app))
			ok = false
		default:
			ok = e != nil && fits(l, n.Pos) && ok
			lists = append(lists, l)
		}
	}
	slices.SortFunc(lists, orderLists)
	return lists, ok
}

// remove checks e[REMOVE method: lists] and e[KEEP method: lists], which removes the others.
func (c *checker) remove(e *Expr, m *Modifier) *Expr {
	lists, ok := c.lists(e, m.Lists, func(l *cube.List, pos Pos) bool { return c.has(e, l, pos) })
	if e == nil {
		return nil
	}
	method, ok2 := c.method(e, m)
	if !ok || !ok2 {
		return nil
	}
	if m.Op == "KEEP" {
		lists = withoutDims(e.Dims, lists)
	}
	r := &Expr{Op: OpRemove, Pos: m.Pos, Args: []*Expr{e}, Lists: lists, Method: method, Dims: withoutDims(e.Dims, lists)}
	return c.aggregated(r, e)
}

// aggregated gives the result r of an aggregation of e its type.
func (c *checker) aggregated(r, e *Expr) *Expr {
	switch r.Method {
	case Count, Sum, Avg:
		r.Type = typeNumber
		return r
	}
	return c.like(r, e)
}

// method is the aggregation method of a modifier of e, or the default of e's type (SPEC 3.3).
func (c *checker) method(e *Expr, m *Modifier) (Method, bool) {
	method, kinds := Sum, kindsOf(cube.Number)
	switch m.Method {
	case "":
		if t := c.typeOf(e); t.Kind != cube.NoKind && t.Kind != cube.Number {
			c.fail(m.Pos, "values of type %s have no default method: %s needs one, %s", t.Kind, m.Op, methodsOf(t.Kind))
			return NoMethod, false
		}
	case "AVG":
		method = Avg
	case "MIN":
		method, kinds = Min, extremeKinds
	case "MAX":
		method, kinds = Max, extremeKinds
	case "COUNT":
		return Count, true
	case "ANY":
		method, kinds = Any, logicalKinds
	case "ALL":
		method, kinds = All, logicalKinds
	case "CONSTANT":
		c.fail(m.Pos, "CONSTANT is no way to aggregate: it stands only in BY where values are spread")
		return NoMethod, false
	}
	if !c.restrict(e, kinds) {
		k := c.typeOf(e).Kind
		c.fail(m.Pos, "values of type %s cannot be aggregated with %s, only with %s", k, m.Method, methodsOf(k))
		return NoMethod, false
	}
	return method, true
}

// methodsOf names the methods for values of a kind.
func methodsOf(k cube.Kind) string {
	switch k {
	case cube.Number:
		return "SUM, AVG, MIN, MAX or COUNT"
	case cube.Date:
		return "MIN, MAX or COUNT"
	case cube.Boolean, cube.AccessRights:
		return "ANY, ALL or COUNT"
	}
	return "COUNT"
}

// add checks e[ADD: lists].
func (c *checker) add(e *Expr, m *Modifier) *Expr {
	lists, ok := c.lists(e, m.Lists, func(l *cube.List, pos Pos) bool {
		if slices.Contains(e.Dims, l) {
			c.fail(pos, "%q is a dimension here already", l.NameIn(c.app))
			return false
		}
		return true
	})
	if !ok {
		return nil
	}
	r := &Expr{Op: OpBroadcast, Pos: m.Pos, Args: []*Expr{e}, Lists: lists, Dims: unionDims(e.Dims, lists)}
	return c.limit(c.like(r, e))
}

// selected checks e[SELECT: D."item"] and e[SELECT: D ± n].
func (c *checker) selected(e *Expr, m *Modifier) *Expr {
	l := c.list(m.Lists[0])
	if l == nil {
		return nil
	}
	ok := e != nil && c.has(e, l, m.Lists[0].Pos)
	r := &Expr{Op: OpShift, Pos: m.Pos, Args: []*Expr{e}, List: l}
	if m.IsOffset {
		// Any number of items past the ends of a list is as good as another.
		r.N = int(max(-math.MaxInt32, min(m.Offset, math.MaxInt32)))
	} else {
		r.Op = OpSelect
		found := false
		r.Item, found = c.findItem(l, m.Item, m.ItemPos)
		ok = ok && found
	}
	if !ok {
		return nil
	}
	r.Dims = e.Dims
	if !m.IsOffset {
		r.Dims = withoutDims(e.Dims, []*cube.List{l})
	}
	return c.like(r, e)
}

// filter checks e[FILTER: c] and e[EXCLUDE: c].
func (c *checker) filter(e *Expr, m *Modifier) *Expr {
	outer := c.current
	c.current = &filtered{e}
	cond := c.expr(m.Cond)
	c.current = outer
	op := OpFilter
	if m.Op == "EXCLUDE" {
		op = OpExclude
	}
	if !c.need(cond, m.Cond, typeBoolean, "the condition of "+m.Op) || e == nil {
		return nil
	}
	r := c.make(Expr{Op: op, Pos: m.Pos}, e, cond)
	return c.like(r, e)
}
