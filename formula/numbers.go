package formula

import (
	"fmt"

	"github.com/cubeward/cubeward/cube"
)

// Numbers gives equal expressions equal numbers, from 0, wherever they stand: what is computed once needs no second
// time. It looks at each node of an expression's graph once, so that a CurrentValue in a CurrentValue costs nothing.
// The zero Numbers is ready. It is not to be used by several goroutines at once.
type Numbers struct {
	of     map[*Expr]int
	byText map[string]int
}

// Of is the number of an expression.
func (n *Numbers) Of(e *Expr) int {
	if n.of == nil {
		n.of, n.byText = map[*Expr]int{}, map[string]int{}
	}
	if id, ok := n.of[e]; ok {
		return id
	}
	args := make([]int, len(e.Args))
	for i, a := range e.Args {
		args[i] = n.Of(a)
	}
	block, list := cube.BlockID(-1), cube.ListID(-1)
	if e.Block != nil {
		block = e.Block.ID
	}
	if e.List != nil {
		list = e.List.ID
	}
	text := fmt.Sprintf("%d %v %d %d %v %d %d %d %#v %s %v", e.Op, args, block, list, listIDs(e.Lists), e.Item, e.N, e.Method, e.Value, e.Type, listIDs(e.Dims))
	id, ok := n.byText[text]
	if !ok {
		id = len(n.byText)
		n.byText[text] = id
	}
	n.of[e] = id
	return id
}

func listIDs(lists []*cube.List) []cube.ListID {
	ids := make([]cube.ListID, len(lists))
	for i, l := range lists {
		ids[i] = l.ID
	}
	return ids
}
