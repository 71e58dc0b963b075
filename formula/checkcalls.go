package formula

import (
	"fmt"
	"math"

	"github.com/cubeward/cubeward/cube"
)

// call checks a function.
func (c *checker) call(n *Node) *Expr {
	f := findFunction(n.Op)
	if f == nil {
		c.fail(n.Pos, "unknown function %q%s", n.Op, didYouMean(n.Op, functionNames()))
		return nil
	}
	ok := c.arity(f, n)
	switch f.op {
	case OpAccessRights:
		if !c.rights {
			c.fail(n.Pos, "ACCESSRIGHTS stands only in formulas of metrics of type access_rights")
			ok = false
		}
	case OpRound:
		return c.round(n, ok)
	}
	args := c.exprs(n.Args)
	if !ok {
		return nil
	}
	switch f.op {
	case OpIf:
		ok = c.need(args[0], n.Args[0], typeBoolean, "the condition of IF")
		return c.choice(f, n, args, 1, ok)
	case OpIfBlank:
		return c.choice(f, n, args, 0, true)
	case OpIfDefined:
		return c.choice(f, n, args, 1, true)
	case OpReset:
		return c.choice(f, n, args, 0, true)
	case OpSwitch:
		return c.switched(f, n, args)
	case OpMin, OpMax:
		return c.extreme(f, n, args)
	case OpFindItem:
		return c.find(n, args[0])
	case OpCumulate:
		return c.cumulate(n, args[0])
	}
	return c.plain(f, n, args)
}

// arity reports a wrong number of arguments.
func (c *checker) arity(f *function, n *Node) bool {
	have := len(n.Args)
	if have >= f.min && (f.max == 0 || have <= f.max) {
		return true
	}
	want := fmt.Sprint(f.min)
	switch {
	case f.max == 0:
		want += " or more"
	case f.max > f.min:
		want = fmt.Sprintf("%d or %d", f.min, f.max)
	}
	s := "s"
	if want == "1" {
		s = ""
	}
	c.fail(n.Pos, "%s takes %s argument%s, not %d", f.name, want, s, have)
	return false
}

// plain checks a function whose arguments and result have the types that the table says.
func (c *checker) plain(f *function, n *Node, args []*Expr) *Expr {
	ok := true
	for i, a := range args {
		if f.param != cube.NoKind {
			ok = c.need(a, n.Args[i], cube.Type{Kind: f.param}, "an argument of "+f.name) && ok
		}
	}
	if !ok {
		return nil
	}
	return c.make(Expr{Op: f.op, Pos: n.Pos, Type: cube.Type{Kind: f.result}}, args...)
}

// choice checks a function that gives one of its arguments from first on, which have one type.
func (c *checker) choice(f *function, n *Node, args []*Expr, first int, ok bool) *Expr {
	for i := first + 1; i < len(args); i++ {
		ok = c.sameResult(args[first], args[i], n.Args[i], f.name) && ok
	}
	e := c.make(Expr{Op: f.op, Pos: n.Pos}, args...)
	if !ok || e == nil {
		return nil
	}
	return c.like(e, args[first])
}

// sameResult reports the result b of a function where a is one of another type. A mistake in either is no other one.
func (c *checker) sameResult(a, b *Expr, n *Node, who string) bool {
	if a == nil || b == nil || c.unify(a, b) {
		return true
	}
	c.fail(n.Pos, "%s gives values of one type, not %s here and %s there", who, c.describe(c.typeOf(a)), c.describe(c.typeOf(b)))
	return false
}

// switched checks SWITCH(x, v1, r1, …[, d]).
func (c *checker) switched(f *function, n *Node, args []*Expr) *Expr {
	ok := true
	for i := 1; i < len(args); i++ {
		if value := i%2 == 1 && i+1 < len(args); value {
			if args[0] != nil && args[i] != nil {
				ok = c.comparable(args[0], args[i], n.Args[i], f.name) && ok
			}
		} else {
			ok = c.sameResult(args[2], args[i], n.Args[i], f.name) && ok
		}
	}
	e := c.make(Expr{Op: f.op, Pos: n.Pos}, args...)
	if !ok || e == nil {
		return nil
	}
	return c.like(e, args[2])
}

// extreme checks MIN and MAX.
func (c *checker) extreme(f *function, n *Node, args []*Expr) *Expr {
	ok := true
	for i, a := range args {
		ok = c.needKinds(a, n.Args[i], extremeKinds, "an argument of "+f.name, "a number or a date") && ok
	}
	if !ok {
		return nil
	}
	return c.choice(f, n, args, 0, true)
}

// round checks ROUND(x[, n]), where n is a whole literal.
func (c *checker) round(n *Node, ok bool) *Expr {
	if len(n.Args) == 0 {
		return nil
	}
	e := Expr{Op: OpRound, Pos: n.Pos, Type: typeNumber}
	if len(n.Args) > 1 {
		digits, whole := wholeLiteral(n.Args[1])
		if !whole {
			c.fail(n.Args[1].Pos, "the second argument of ROUND must be a whole number as it stands, such as 2 or -3")
			ok = false
		}
		e.N = digits
	}
	x := c.expr(n.Args[0])
	if !c.need(x, n.Args[0], typeNumber, "the first argument of ROUND") || !ok {
		return nil
	}
	return c.make(e, x)
}

// wholeLiteral reads a number without fraction, perhaps after "-", as at most 31 bits.
func wholeLiteral(n *Node) (int, bool) {
	if n.Kind == NodeUnary && n.Op == "-" {
		v, ok := wholeLiteral(n.Args[0])
		return -v, ok && n.Args[0].Kind == NodeNumber
	}
	if n.Kind != NodeNumber || n.Number != math.Trunc(n.Number) {
		return 0, false
	}
	return int(min(n.Number, math.MaxInt32)), true
}

// find checks ITEM(v, L) and ITEM(v, L.P).
func (c *checker) find(n *Node, v *Expr) *Expr {
	l := c.list(n.Name)
	if l == nil {
		return nil
	}
	e := Expr{Op: OpFindItem, Pos: n.Pos, List: l, Type: itemOf(l)}
	t, who := typeText, "the first argument of ITEM"
	if n.Property != nil {
		e.Block = c.property(l, *n.Property)
		if e.Block == nil {
			return nil
		}
		t = e.Block.Type
		who = fmt.Sprintf("what ITEM looks for in property %q", e.Block.Label())
	}
	if !c.need(v, n.Args[0], t, who) {
		return nil
	}
	return c.make(e, v)
}

// cumulate checks CUMULATE(x, L).
func (c *checker) cumulate(n *Node, x *Expr) *Expr {
	l := c.list(n.Name)
	if n.Property != nil {
		c.fail(n.Property.Pos, "CUMULATE runs along a list, not along a property")
		return nil
	}
	if !c.need(x, n.Args[0], typeNumber, "the first argument of CUMULATE") || l == nil || !c.has(x, l, n.Name.Pos) {
		return nil
	}
	return c.make(Expr{Op: OpCumulate, Pos: n.Pos, List: l, Type: typeNumber}, x)
}
