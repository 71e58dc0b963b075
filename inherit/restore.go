package inherit

import (
	"fmt"
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// Restore makes a plan of a workspace from a snapshot, which it takes over and does not trust: it fails where a node,
// a state or a shape could not have come from Resolve, by its number. What it accepts decides, without a panic,
// whatever sets its leaves have; that it says what the workspace's formulas do is only found out by Check. Every block
// of an application has that application's membership among its conditions, in both categories.
//
// It costs as much as the plan has nodes. The workspace must be valid (Workspace.Validate), and must not change
// afterwards.
func Restore(ws *cube.Workspace, s Snapshot) (*Plan, error) {
	v := restorer{ws: ws, Snapshot: s, depth: make([]int32, len(s.Nodes)), member: make([]bool, len(s.Nodes))}
	for i, e := range s.Exprs {
		if err := v.shape(e); err != nil {
			return nil, fmt.Errorf("expression %d: %w", i, err)
		}
	}
	for i := range s.Nodes {
		if err := v.node(NodeID(i)); err != nil {
			return nil, fmt.Errorf("node %d: %w", i, err)
		}
	}
	if len(s.Reserved) != len(ws.Applications) || len(s.States) != len(ws.Blocks()) {
		return nil, fmt.Errorf("%d states and %d applications, for %d blocks of %d", len(s.States), len(s.Reserved), len(ws.Blocks()), len(ws.Applications))
	}
	p := newBuilder(ws).plan
	p.nodes, p.states, p.late = s.Nodes, s.States, &late{shapes: s.Exprs}
	for i, app := range ws.Applications {
		n := s.Reserved[i]
		for k, c := range categories {
			if err := v.in(n[k], c, nil); err != nil || s.Nodes[n[k]].Kind != Membership || s.Nodes[n[k]].Origin != app {
				return nil, fmt.Errorf("application %q: node %d is not its membership", app.Name, n[k])
			}
		}
		p.reserved[app] = stateNodes{n[0], n[1]}
	}
	for i, b := range ws.Blocks() {
		if err := v.state(s.States[i], b); err != nil {
			return nil, fmt.Errorf("%s: %w", b.Describe(), err)
		}
	}
	return p, nil
}

type restorer struct {
	Snapshot
	ws     *cube.Workspace
	depth  []int32 // of each node: how many nodes stand below it, one under the other
	member []bool  // of each node: whether it holds for members of its origin only
}

// maxDepth is how many nodes may stand one under the other: who walks a plan goes down as deep.
const maxDepth = 1 << 18

// known says whether lists are of the workspace, sorted and distinct.
func (v *restorer) known(lists []*cube.List) bool {
	for i, l := range lists {
		if l == nil || int(l.ID) >= len(v.ws.Lists()) || v.ws.Lists()[l.ID] != l || i > 0 && lists[i-1].ID >= l.ID {
			return false
		}
	}
	return true
}

func (v *restorer) shape(s Shape) error {
	if s.List != nil && !v.known([]*cube.List{s.List}) || !v.known(s.Dims) {
		return fmt.Errorf("its lists are not of the workspace, in order")
	}
	if _, err := cube.NewSpace(s.Dims...); err != nil {
		return err
	}
	return nil
}

// errShape says that a node's parts do not fit together.
var errShape = fmt.Errorf("its dimensions, inputs and sources do not fit together")

func (v *restorer) node(id NodeID) error {
	n := &v.Nodes[id]
	switch {
	case n.ID != id || n.tag != untagged || n.Block != nil || n.Kind > Prefix:
		return fmt.Errorf("it is no node of a plan")
	case n.Category != cube.Read && n.Category != cube.Write:
		return fmt.Errorf("it must be about reading or about writing")
	case !slices.Contains(v.ws.Applications, n.Origin):
		return fmt.Errorf("its origin is no application")
	case !v.known(n.Dims) || !v.known(n.Lists) || !v.known(n.Over):
		return fmt.Errorf("its lists are not of the workspace, in order")
	}
	if _, fits := cells(n.Dims); !fits {
		return fmt.Errorf("it spans more than %d cells", uint64(MaxCells))
	}
	for _, in := range n.Inputs {
		if in < 0 || in >= id {
			return fmt.Errorf("its input %d does not stand before it", in)
		}
		from := &v.Nodes[in]
		if from.Category != n.Category || from.Origin != n.Origin || from.Scenario != n.Scenario {
			return fmt.Errorf("its input %d is of another application or category", in)
		}
		v.depth[id] = max(v.depth[id], v.depth[in]+1)
		v.member[id] = v.member[id] || n.Kind == And && v.member[in]
	}
	v.member[id] = v.member[id] || n.Kind == Membership
	if v.depth[id] > maxDepth {
		return fmt.Errorf("more than %d nodes stand below it, one under the other", maxDepth)
	}
	if n.Kind < And {
		return v.leaf(n)
	}
	if len(n.Inputs) == 0 || len(n.Inputs) > 1 && n.Kind != And || n.App != nil || n.Metric != nil {
		return errShape
	}
	return v.carrier(n)
}

// leaf checks a node that is a condition of the model.
func (v *restorer) leaf(n *Node) error {
	if len(n.Inputs)+len(n.From)+len(n.Lists)+len(n.Over) > 0 || n.Scenario != (n.Kind == Scenario) {
		return errShape
	}
	switch n.Kind {
	case Metric:
		m := n.Metric
		if m == nil || n.App != nil || m.App != n.Origin || m.Type.Kind != cube.AccessRights || !slices.Equal(n.Dims, metricDims(m)) {
			return fmt.Errorf("it is not the condition of an access-rights metric")
		}
		return nil
	case Scenario:
		if n.App != n.Origin || n.App.Scenarios == nil || !slices.Equal(n.Dims, []*cube.List{n.App.Scenarios.List}) {
			return fmt.Errorf("it is not the condition of an application's scenarios")
		}
	default:
		if len(n.Dims) > 0 {
			return errShape
		}
	}
	if n.App != n.Origin || n.Metric != nil {
		return errShape
	}
	return nil
}

// carrier checks a node that carries others.
func (v *restorer) carrier(n *Node) error {
	in := v.Nodes[n.Inputs[0]].Dims
	ok := false
	switch n.Kind {
	case And:
		ok = len(n.From)+len(n.Lists)+len(n.Over) == 0
		for _, id := range n.Inputs {
			ok = ok && slices.Equal(v.Nodes[id].Dims, n.Dims)
		}
	case Gather:
		ok = len(n.From) == len(in) && len(n.Lists)+len(n.Over) == 0
		for i := range n.From {
			ok = ok && v.source(&n.From[i], in[i], n.Dims)
		}
	case Reduce:
		ok = len(n.From)+len(n.Over) == 0 && len(n.Lists) > 0 && contains(in, n.Lists) && slices.Equal(n.Dims, without(in, n.Lists...))
	case Prefix:
		ok = len(n.From)+len(n.Over) == 0 && len(n.Lists) == 1 && contains(in, n.Lists) && slices.Equal(n.Dims, in)
	case ReduceBy:
		ok = v.reduceBy(n, in)
	}
	if !ok {
		return errShape
	}
	return nil
}

// source says whether a dimension of a node's input can be read there, over some of dims.
func (v *restorer) source(s *Source, list *cube.List, dims []*cube.List) bool {
	switch s.Form {
	case FromDim:
		return s.Dim == list && slices.Contains(dims, list)
	case FromItem:
		return s.Item >= 0 && int(s.Item) < list.Len()
	case FromShift:
		return s.Dim == list && slices.Contains(dims, list) && s.Shift > -cube.MaxItems && s.Shift < cube.MaxItems
	case FromExpr:
		return s.Expr >= 0 && int(s.Expr) < len(v.Exprs) && v.gives(s.Expr, list) && contains(dims, v.Exprs[s.Expr].Dims)
	}
	return false
}

// gives says whether an expression gives items of a list. One without a list is always BLANK.
func (v *restorer) gives(id ExprID, list *cube.List) bool {
	return v.Exprs[id].List == list || v.Exprs[id].List == nil
}

func (v *restorer) reduceBy(n *Node, in []*cube.List) bool {
	if len(n.From) != 1 || len(n.Lists) != 1 || n.From[0].Form != FromExpr {
		return false
	}
	id := n.From[0].Expr
	if id < 0 || int(id) >= len(v.Exprs) || !v.gives(id, n.Lists[0]) {
		return false
	}
	m := v.Exprs[id].Dims
	return contains(m, n.Over) && meets(in, n.Over) && !slices.Contains(in, n.Lists[0]) && !slices.Contains(m, n.Lists[0]) &&
		slices.Equal(n.Dims, union(without(in, n.Over...), n.Lists, without(m, n.Over...)))
}

// in says whether a node may be among the conditions of a block over dims in a category.
func (v *restorer) in(id NodeID, c cube.Rights, dims []*cube.List) error {
	if id < 0 || int(id) >= len(v.Nodes) {
		return fmt.Errorf("there is no node %d", id)
	}
	if n := &v.Nodes[id]; n.Category != c || !contains(dims, n.Dims) {
		return fmt.Errorf("node %d does not fit it", id)
	}
	return nil
}

func (v *restorer) state(s *State, b *cube.Block) error {
	if b.Reserved() {
		if s != nil {
			return fmt.Errorf("a reserved block has no state")
		}
		return nil
	}
	if s == nil || s.Block != b || s.App != b.App {
		return fmt.Errorf("its state is missing")
	}
	for k, ids := range [][]NodeID{s.Read, s.Write} {
		member := false
		for _, id := range ids {
			if err := v.in(id, categories[k], b.Dims); err != nil {
				return err
			}
			member = member || v.member[id] && v.Nodes[id].Origin == b.App
		}
		if !member {
			return fmt.Errorf("its state lacks the membership in its application")
		}
	}
	for _, d := range s.Direct {
		if err := v.direct(d, b); err != nil {
			return err
		}
	}
	for _, l := range s.Lifted {
		if err := v.direct(l.Direct, b); err != nil {
			return err
		}
		if slices.Contains(l.By, nil) {
			return fmt.Errorf("a rule is missing")
		}
	}
	return nil
}

func (v *restorer) direct(d Direct, b *cube.Block) error {
	if d.Node < 0 || int(d.Node) >= len(v.Nodes) {
		return fmt.Errorf("there is no node %d", d.Node)
	}
	if err := v.in(d.Node, v.Nodes[d.Node].Category, b.Dims); err != nil {
		return err
	}
	if d.Kind > Metric || (d.Kind == Metric) != (len(d.Rules) > 0) || slices.Contains(d.Rules, nil) {
		return fmt.Errorf("a factor is not what a model states")
	}
	return nil
}
