package engine

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/inherit"
)

// carried remembers what nodes made of the sets that they were given: members with the same sets, and blocks that
// share a node, share the work.
type carried struct {
	mu   sync.RWMutex
	sets map[string]bitmap.SetID // by node and input sets
}

func (c *carried) get(key string) (bitmap.SetID, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	id, ok := c.sets[key]
	return id, ok
}

func (c *carried) put(key string, id bitmap.SetID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sets[key] = id
}

// walk works out the sets of nodes for one profile, each once. Its plan is that of the rights, or a trace's longer one.
type walk struct {
	r    *Rights
	plan *inherit.Plan
	maps []mapping // by the plan's ExprIDs
	p    *profile
	done map[inherit.NodeID]bitmap.SetID
}

func (r *Rights) walk(p profileID, plan *inherit.Plan, maps []mapping) *walk {
	return &walk{r, plan, maps, &r.profiles[p], map[inherit.NodeID]bitmap.SetID{}}
}

func (w *walk) set(id inherit.NodeID) bitmap.SetID {
	if s, ok := w.done[id]; ok {
		return s
	}
	n := w.plan.Node(id)
	var s bitmap.SetID
	if len(n.Inputs) == 0 {
		s = w.r.leaf(w.p, n)
	} else {
		inputs := make([]bitmap.SetID, len(n.Inputs))
		for i, in := range n.Inputs {
			inputs[i] = w.set(in)
		}
		s = w.carry(n, inputs)
	}
	w.done[id] = s
	return s
}

// carry is the set of a node whose inputs have the given sets. Only the nodes of the plan itself are remembered:
// the numbers past them mean something else in every trace.
func (w *walk) carry(n *inherit.Node, inputs []bitmap.SetID) bitmap.SetID {
	if int(n.ID) >= w.r.plan.Len() {
		return w.transport(n, inputs)
	}
	key := binary.LittleEndian.AppendUint32(make([]byte, 0, 4+8*len(inputs)), uint32(n.ID))
	for _, in := range inputs {
		key = binary.LittleEndian.AppendUint64(key, uint64(in))
	}
	if s, ok := w.r.carried.get(string(key)); ok {
		return s
	}
	s := w.transport(n, inputs)
	w.r.carried.put(string(key), s)
	return s
}

func (w *walk) transport(n *inherit.Node, inputs []bitmap.SetID) bitmap.SetID {
	r := w.r
	if n.Kind == inherit.And {
		return r.pool.And(lenOf(n.Dims), inputs...)
	}
	from := w.plan.Node(n.Inputs[0]).Dims
	in, out := shapeOf(from), shapeOf(n.Dims)
	switch n.Kind {
	case inherit.Gather:
		return r.pool.Gather(inputs[0], in, out, w.sources(n), n.Blank)
	case inherit.Reduce:
		return r.pool.Reduce(inputs[0], in, axes(n.Lists, from))
	case inherit.Prefix:
		return r.pool.Prefix(inputs[0], in, slices.Index(from, n.Lists[0]))
	case inherit.ReduceBy:
		return w.reduceBy(n, inputs[0], from)
	}
	panic(fmt.Sprintf("engine: node kind %d carries nothing", n.Kind))
}

func axes(lists, dims []*cube.List) []int {
	out := make([]int, len(lists))
	for i, l := range lists {
		out[i] = slices.Index(dims, l)
	}
	return out
}

// sources turns the sources of a Gather into item numbers and axes of its output.
func (w *walk) sources(n *inherit.Node) []bitmap.Source {
	out := make([]bitmap.Source, len(n.From))
	for i, s := range n.From {
		switch s.Form {
		case inherit.FromDim:
			out[i] = bitmap.Source{Axis: slices.Index(n.Dims, s.Dim)}
		case inherit.FromItem:
			out[i] = bitmap.Source{Items: []int32{int32(s.Item)}}
		case inherit.FromShift:
			out[i] = bitmap.Source{Items: shifted(s.Dim.Len(), s.Shift), Axes: []int{slices.Index(n.Dims, s.Dim)}}
		case inherit.FromExpr:
			m := w.maps[s.Expr]
			out[i] = bitmap.Source{Items: m.items, Axes: axes(m.dims, n.Dims)}
		}
	}
	return out
}

// shifted is for each of n items the one by places after it, BLANK past the ends.
func shifted(n, by int) []int32 {
	items := make([]int32, n)
	for i := range items {
		items[i] = int32(cube.NoItem)
		if at := i + by; at >= 0 && at < n {
			items[i] = int32(at)
		}
	}
	return items
}

// reduceBy ANDs over the source items that a mapping takes to each target item. The loop runs over the dimensions of
// the factor and of the mapping.
func (w *walk) reduceBy(n *inherit.Node, in bitmap.SetID, from []*cube.List) bitmap.SetID {
	m := w.maps[n.From[0].Expr]
	loop := slices.Clone(from)
	for _, d := range m.dims {
		if !slices.Contains(loop, d) {
			loop = append(loop, d)
		}
	}
	target := n.Lists[0]
	out := make([]int, len(n.Dims))
	for i, d := range n.Dims {
		out[i] = slices.Index(loop, d)
		if d == target {
			out[i] = -1
		}
	}
	return w.r.pool.ReduceBy(in, shapeOf(from), bitmap.By{
		Loop: shapeOf(loop), In: axes(from, loop), Items: m.items, ItemAxes: axes(m.dims, loop), Out: out, Target: target.Len(),
	})
}
