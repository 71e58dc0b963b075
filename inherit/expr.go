package inherit

import (
	"fmt"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
)

// exprID numbers an expression so that equal expressions, wherever they stand, have one number: their items are
// worked out once.
func (b *builder) exprID(e *formula.Expr) ExprID {
	n := b.number(e)
	id, ok := b.exprIDs[n]
	if !ok {
		id = ExprID(len(b.plan.exprs))
		b.plan.exprs = append(b.plan.exprs, e)
		b.exprIDs[n] = id
	}
	return id
}

// number gives equal expressions equal numbers. It looks at each node of the graph once, so that a CurrentValue in a
// CurrentValue costs nothing.
func (b *builder) number(e *formula.Expr) int {
	if n, ok := b.exprNum[e]; ok {
		return n
	}
	args := make([]int, len(e.Args))
	for i, a := range e.Args {
		args[i] = b.number(a)
	}
	block, list := cube.BlockID(-1), cube.ListID(-1)
	if e.Block != nil {
		block = e.Block.ID
	}
	if e.List != nil {
		list = e.List.ID
	}
	text := fmt.Sprintf("%d %v %d %d %x %d %d %d %#v %s %x", e.Op, args, block, list, dimsKey(e.Lists), e.Item, e.N, e.Method, e.Value, e.Type, dimsKey(e.Dims))
	n, ok := b.exprKey[text]
	if !ok {
		n = len(b.exprKey)
		b.exprKey[text] = n
	}
	b.exprNum[e] = n
	return n
}
