package formula

import (
	"fmt"

	"github.com/cubeward/cubeward/cube"
)

// unary checks -e and NOT e.
func (c *checker) unary(n *Node) *Expr {
	op, t, who := OpNeg, typeNumber, `what stands after "-"`
	if n.Op == "NOT" {
		op, t, who = OpNot, typeBoolean, "what stands after NOT"
	}
	e := c.expr(n.Args[0])
	if !c.need(e, n.Args[0], t, who) {
		return nil
	}
	return c.make(Expr{Op: op, Pos: n.Pos, Type: t}, e)
}

// binaryOp is the operation of a binary operator; operands is the type of both operands, NoKind where they only must
// have one type.
func binaryOp(op string) (o Op, operands, result cube.Type) {
	switch op {
	case "+":
		return OpAdd, typeNumber, typeNumber
	case "-":
		return OpSub, typeNumber, typeNumber
	case "*":
		return OpMul, typeNumber, typeNumber
	case "/":
		return OpDiv, typeNumber, typeNumber
	case "^":
		return OpPow, typeNumber, typeNumber
	case "&":
		return OpConcat, typeText, typeText
	case "AND":
		return OpAnd, typeBoolean, typeBoolean
	case "OR":
		return OpOr, typeBoolean, typeBoolean
	case "=":
		return OpEq, cube.Type{}, typeBoolean
	case "<>":
		return OpNe, cube.Type{}, typeBoolean
	case "<":
		return OpLt, cube.Type{}, typeBoolean
	case "<=":
		return OpLe, cube.Type{}, typeBoolean
	case ">":
		return OpGt, cube.Type{}, typeBoolean
	case ">=":
		return OpGe, cube.Type{}, typeBoolean
	}
	panic(fmt.Sprintf("formula: operator %q", op))
}

// binary checks a op b.
func (c *checker) binary(n *Node) *Expr {
	a, b := c.expr(n.Args[0]), c.expr(n.Args[1])
	op, operands, result := binaryOp(n.Op)
	ok := false
	switch {
	case operands.Kind == cube.NoKind:
		ok = c.comparable(a, b, n.Args[1], fmt.Sprintf("%q", n.Op))
		if op != OpEq && op != OpNe {
			ok = ok && c.needKinds(a, n.Args[0], orderedKinds, fmt.Sprintf("what %q compares", n.Op), "numbers, dates, texts or items of one list")
		}
	default:
		okA := c.operand(a, n.Args[0], operands, n.Op)
		ok = c.operand(b, n.Args[1], operands, n.Op) && okA
	}
	if !ok {
		return nil
	}
	return c.make(Expr{Op: op, Pos: n.Pos, Type: result}, a, b)
}

// operand reports an operand that has not the type that its operator works on.
func (c *checker) operand(e *Expr, n *Node, t cube.Type, op string) bool {
	if e == nil || c.settle(e, t) {
		return e != nil
	}
	have, hint := c.typeOf(e), ""
	if op == "+" && have.Kind == cube.Text {
		hint = "; & joins texts"
	}
	c.fail(n.Pos, "%q needs %s on both sides, this is %s%s", op, c.describe(t), c.describe(have), hint)
	return false
}

// comparable reports a and b, of which b is what n says, where they have two types.
func (c *checker) comparable(a, b *Expr, n *Node, who string) bool {
	if a == nil || b == nil {
		return false
	}
	if c.unify(a, b) {
		return true
	}
	ta, tb := c.typeOf(a), c.typeOf(b)
	hint := ""
	switch {
	case ta.Kind == cube.Item && tb.Kind == cube.Text:
		hint = c.itemHint(ta.List)
	case ta.Kind == cube.Text && tb.Kind == cube.Item:
		hint = c.itemHint(tb.List)
	}
	c.fail(n.Pos, "%s compares values of one type, not %s with %s%s", who, c.describe(ta), c.describe(tb), hint)
	return false
}

// itemHint says how to write an item.
func (c *checker) itemHint(l *cube.List) string {
	name := quoteName(l.Name)
	if l.App != nil && l.App != c.app {
		name = quoteName(l.App.Name) + "::" + name
	}
	return fmt.Sprintf(`; an item is written %s."item"`, name)
}

// in checks e IN (a, b, …).
func (c *checker) in(n *Node) *Expr {
	args := c.exprs(n.Args)
	ok := true
	for i, a := range args[1:] {
		ok = c.comparable(args[0], a, n.Args[i+1], "IN") && ok
	}
	if !ok {
		return nil
	}
	return c.make(Expr{Op: OpIn, Pos: n.Pos, Type: typeBoolean}, args...)
}

func (c *checker) exprs(nodes []*Node) []*Expr {
	es := make([]*Expr, len(nodes))
	for i, n := range nodes {
		es[i] = c.expr(n)
	}
	return es
}
