package inherit

import (
	"fmt"
	"strings"

	"github.com/cubeward/cubeward/cube"
)

// Text writes what governs a block as an indented tree, one node a line: what it does, over which dimensions, whose
// it is. A node that was written before is referred to by its number. App is as in State.
func (p *Plan) Text(app *cube.Application, blk *cube.Block) string {
	st := p.State(app, blk)
	w := &planWriter{plan: p, seen: map[NodeID]int{}}
	fmt.Fprintf(&w.out, "%s over (%s)\n", blk, listNames(blk.Dims))
	for _, part := range []struct {
		name string
		ids  []NodeID
	}{{"read", st.Read}, {"write", st.Write}} {
		fmt.Fprintf(&w.out, "  %s\n", part.name)
		for _, id := range part.ids {
			w.node(id, 2)
		}
	}
	return w.out.String()
}

type planWriter struct {
	plan *Plan
	seen map[NodeID]int
	out  strings.Builder
}

func (w *planWriter) node(id NodeID, depth int) {
	n := w.plan.Node(id)
	indent := strings.Repeat("  ", depth)
	if num, ok := w.seen[id]; ok {
		fmt.Fprintf(&w.out, "%s#%d\n", indent, num)
		return
	}
	w.seen[id] = len(w.seen) + 1
	fmt.Fprintf(&w.out, "%s#%d %s over (%s) of %s\n", indent, w.seen[id], w.what(n), listNames(n.Dims), n.Origin.Name)
	for _, in := range n.Inputs {
		w.node(in, depth+1)
	}
}

func (w *planWriter) what(n *Node) string {
	switch n.Kind {
	case Membership:
		return "membership"
	case RoleDefault:
		return "role default"
	case Permission:
		return "permission"
	case Scenario:
		return "scenario"
	case Metric:
		return "metric " + n.Metric.String()
	case And:
		return "and"
	case Gather:
		return "gather " + w.sources(n)
	case Reduce:
		return "reduce " + listNames(n.Lists)
	case ReduceBy:
		return fmt.Sprintf("reduce %s to %s by e%d", listNames(n.Over), listNames(n.Lists), n.From[0].Expr)
	}
	return "prefix " + listNames(n.Lists)
}

func (w *planWriter) sources(n *Node) string {
	in := w.plan.Node(n.Inputs[0])
	var parts []string
	for i, s := range n.From {
		d := in.Dims[i]
		switch s.Form {
		case FromExpr:
			parts = append(parts, fmt.Sprintf("%s at e%d", d, s.Expr))
		case FromItem:
			parts = append(parts, fmt.Sprintf("%s at %q", d, d.Item(s.Item)))
		case FromShift:
			parts = append(parts, fmt.Sprintf("%s at %+d", d, s.Shift))
		}
	}
	blank := "blank denies"
	if n.Blank {
		blank = "blank allows"
	}
	return strings.Join(parts, ", ") + ", " + blank
}

func listNames(dims []*cube.List) string {
	names := make([]string, len(dims))
	for i, d := range dims {
		names[i] = d.String()
	}
	return strings.Join(names, ", ")
}
