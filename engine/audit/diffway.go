package audit

import (
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/inherit"
)

// wayChanged is a change of the formulas over which factor i comes, of what they inherit, or of the values that they
// look items up in.
func (x *reasoning) wayChanged(s, i int, cell []cube.ItemID) []Why {
	t, other := x.traces[s], x.side(1-s).Workspace()
	cause, _ := t.Cause(i, engine.CauseOptions{Limit: 1}, cell...)
	reader := [...]engine.Ref{x.pair.Old, x.pair.New}[s].Block
	var readers []*cube.Block
	for _, step := range cause.Way {
		readers = append(readers, reader)
		reader = step.Block
	}
	for _, b := range readers {
		twin := sameBlock(other, b)
		switch {
		case twin == nil:
			return []Why{x.ordered(s, Why{Kind: BlockChange, Old: b.String()})}
		case !sameFormula(b, twin):
			return []Why{whyOf(FormulaChange, b)}
		case b.App != nil && !sameSettings(b.App, twin.App):
			return []Why{{Kind: SettingsChange, Application: b.App.Name}}
		}
	}
	var nodes []*inherit.Node
	for _, step := range cause.Way {
		nodes = append(nodes, step.Nodes...)
	}
	for id := t.Factors[i].At; ; {
		n := t.Plan().Node(id)
		nodes = append(nodes, n)
		if len(n.Inputs) == 0 {
			break
		}
		id = n.Inputs[0]
	}
	x.unheld = map[*cube.Block]bool{}
	for _, n := range nodes {
		for _, from := range n.From {
			if from.Form != inherit.FromExpr {
				continue
			}
			if found := x.read(s, t.Plan().Expr(from.Expr)); found != nil {
				return found
			}
		}
	}
	if found := x.itemsMoved(s, nodes); found != nil {
		return found
	}
	return x.suspect()
}

// itemsMoved names a list whose items, or their order, are others: reductions take in all of them, and shifts and
// running sums follow their order.
func (x *reasoning) itemsMoved(s int, nodes []*inherit.Node) []Why {
	for _, n := range nodes {
		for _, l := range slices.Concat(n.Lists, n.Over, n.Dims) {
			if twin := sameList(x.side(1-s).Workspace(), l); twin != nil && !slices.Equal(l.Items(), twin.Items()) {
				return []Why{both(ItemsChange, "", l.String())}
			}
		}
	}
	return nil
}
