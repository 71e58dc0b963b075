package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/formula"
	"github.com/cubeward/cubeward/inherit"
)

// steps are a way in words. Somebody who may not see everything is told the blocks alone: operations tell more of a
// formula than its block's rights give.
func (x *explainer) steps(way []engine.Step) []Step {
	var out []Step
	reader := x.View.Ref().Block
	for _, s := range way {
		step := Step{Block: s.Block}
		if x.eyes == nil {
			for _, n := range slices.Backward(s.Nodes) {
				step.Operations = append(step.Operations, x.operation(n, reader.App))
			}
		}
		out = append(out, step)
		reader = s.Block
	}
	return out
}

// operation is what a node does, as formulas of app write it.
func (x *explainer) operation(n *inherit.Node, app *cube.Application) string {
	plan := x.trace.Plan()
	switch n.Kind {
	case inherit.Reduce:
		names := make([]string, len(n.Lists))
		for i, l := range n.Lists {
			names[i] = nameText(l.App, l.Name, app)
		}
		return "REMOVE: " + strings.Join(names, ", ")
	case inherit.Prefix:
		return "CUMULATE: " + nameText(n.Lists[0].App, n.Lists[0].Name, app)
	case inherit.ReduceBy:
		return "BY: " + mappingText(plan.Expr(n.From[0].Expr), app)
	}
	var parts []string
	dims := plan.Node(n.Inputs[0]).Dims
	for i, s := range n.From {
		d := nameText(dims[i].App, dims[i].Name, app)
		switch s.Form {
		case inherit.FromItem:
			parts = append(parts, fmt.Sprintf("SELECT: %s.%s", d, itemText(dims[i], s.Item)))
		case inherit.FromShift:
			sign, by := "+", s.Shift
			if by < 0 {
				sign, by = "-", -by
			}
			parts = append(parts, fmt.Sprintf("SELECT: %s %s %d", d, sign, by))
		case inherit.FromExpr:
			parts = append(parts, "at "+mappingText(plan.Expr(s.Expr), app))
		}
	}
	return strings.Join(parts, "; ")
}

func itemText(l *cube.List, item cube.ItemID) string {
	return formula.Print(&formula.Node{Kind: formula.NodeText, Text: l.Item(item)})
}

// nameText is a name as formulas of app write it.
func nameText(of *cube.Application, name string, app *cube.Application) string {
	n := formula.Name{Name: name}
	if of != nil && of != app {
		n.App = of.Name
	}
	return formula.Print(&formula.Node{Kind: formula.NodeName, Name: n})
}

// mappingText is an expression that gives items. Chains of properties, metrics and constant items are written out;
// what is longer is named by what it gives.
func mappingText(e *formula.Expr, app *cube.Application) string {
	switch e.Op {
	case formula.OpList:
		return nameText(e.List.App, e.List.Name, app)
	case formula.OpBlock:
		return nameText(e.Block.App, e.Block.Name, app)
	case formula.OpProperty:
		return mappingText(e.Args[0], app) + "." + nameText(nil, e.Block.Name, nil)
	case formula.OpConst:
		if e.Type.Kind == cube.Item && !e.Value.IsBlank() {
			return nameText(e.Type.List.App, e.Type.List.Name, app) + "." + itemText(e.Type.List, e.Value.Item())
		}
	}
	if e.Type.Kind != cube.Item {
		return "…"
	}
	return "… -> " + nameText(e.Type.List.App, e.Type.List.Name, app)
}
