package formula

import (
	"iter"

	"github.com/cubeward/cubeward/cube"
)

// IsCurrentValue says whether the node is the unquoted name CurrentValue, in any case. Inside FILTER and EXCLUDE it is
// the filtered expression, elsewhere an ordinary name.
func (n *Node) IsCurrentValue() bool {
	return n.Kind == NodeName && n.Name.App == "" && !n.Name.NameQuoted && capitalize(n.Name.Name) == "CURRENTVALUE"
}

// All is the node and everything below it, also in modifiers, in the order of the text but operators before their
// operands.
func (n *Node) All() iter.Seq[*Node] {
	return func(yield func(*Node) bool) { n.walk(yield) }
}

func (n *Node) walk(yield func(*Node) bool) bool {
	if !yield(n) {
		return false
	}
	for _, a := range n.Args {
		if !a.walk(yield) {
			return false
		}
	}
	for _, m := range n.Modifiers {
		for _, b := range m.Mappings {
			if !b.Node.walk(yield) {
				return false
			}
		}
		if m.Cond != nil && !m.Cond.walk(yield) {
			return false
		}
	}
	return true
}

// UsesSecurity says whether a formula uses ACCESSRIGHTS or RESETACCESSRIGHTS, for which its author needs a permission
// (SPEC 2.4).
func UsesSecurity(n *Node) bool {
	for m := range n.All() {
		if m.Kind == NodeCall && (m.Op == "ACCESSRIGHTS" || m.Op == "RESETACCESSRIGHTS") {
			return true
		}
	}
	return false
}

// Blocks are the metrics and properties that evaluating e reads, each once, in the order in which they are first met.
// Item sets are not among them: they hold no values. It visits each Expr once, however often the tree shares it.
func Blocks(e *Expr) iter.Seq[*cube.Block] {
	return func(yield func(*cube.Block) bool) {
		w := blockWalk{yield: yield, exprs: map[*Expr]bool{}, blocks: map[*cube.Block]bool{}}
		w.walk(e)
	}
}

type blockWalk struct {
	yield  func(*cube.Block) bool
	exprs  map[*Expr]bool
	blocks map[*cube.Block]bool
}

func (w *blockWalk) walk(e *Expr) bool {
	if w.exprs[e] {
		return true
	}
	w.exprs[e] = true
	for _, a := range e.Args {
		if !w.walk(a) {
			return false
		}
	}
	if e.Block == nil || w.blocks[e.Block] {
		return true
	}
	w.blocks[e.Block] = true
	return w.yield(e.Block)
}
