package engine

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/inherit"
)

// walk works out the sets of nodes for one profile, each once. Its plan is that of the rights, or a longer one: a
// trace's, a reading's. It keeps the epoch of the memo that it began with, and its sets are of that epoch's pool.
type walk struct {
	r       *Rights
	memo    *epoch
	plan    *inherit.Plan
	maps    []mapping // by the plan's ExprIDs
	profile profileID
	known   *nodeSets               // of the nodes that are the rights' own
	more    *laterSets              // of those past them, which mean something else in every longer plan
	made    map[string]bitmap.SetID // what those past them made of their inputs, for walks of the same plan; nil: not remembered
}

func (r *Rights) walk(memo *epoch, p profileID, plan *inherit.Plan, maps []mapping) *walk {
	return &walk{r: r, memo: memo, plan: plan, maps: maps, profile: p, known: memo.of(p), more: &laterSets{own: r.plan.Len()}}
}

// laterSets is the sets of the nodes past the rights' own.
type laterSets struct {
	own  int
	next []bitmap.SetID // one more than the number of the set, 0 where it is not known
}

func (l *laterSets) get(id inherit.NodeID) (bitmap.SetID, bool) {
	i := int(id) - l.own
	if i >= len(l.next) || l.next[i] == 0 {
		return 0, false
	}
	return l.next[i] - 1, true
}

func (l *laterSets) put(id inherit.NodeID, s bitmap.SetID) {
	i := int(id) - l.own
	if i >= len(l.next) {
		l.next = append(l.next, make([]bitmap.SetID, i+1-len(l.next))...)
	}
	l.next[i] = s + 1
}

func (w *walk) set(id inherit.NodeID) bitmap.SetID {
	own := int(id) < w.r.plan.Len()
	if own {
		if s, ok := w.known.get(id); ok {
			return s
		}
	} else if s, ok := w.more.get(id); ok {
		return s
	}
	n := w.plan.Node(id)
	var s bitmap.SetID
	if len(n.Inputs) == 0 {
		s = w.r.leaf(w.memo.pool, &w.r.profiles[w.profile], n)
	} else {
		s = w.carry(n, own)
	}
	if own {
		w.known.put(id, s)
	} else {
		w.more.put(id, s)
	}
	return s
}

// carry is the set of a node that has inputs. Only what the rights' own nodes make is remembered for others.
func (w *walk) carry(n *inherit.Node, own bool) bitmap.SetID {
	var few [4]bitmap.SetID
	inputs := few[:0]
	for _, in := range n.Inputs {
		inputs = append(inputs, w.set(in))
	}
	if !own {
		return w.longer(n, inputs)
	}
	return w.memo.carried(n.ID, inputs, func() bitmap.SetID { return w.transport(n, inputs) })
}

// longer is carry for a node that is not the rights' own.
func (w *walk) longer(n *inherit.Node, inputs []bitmap.SetID) bitmap.SetID {
	switch {
	case n.Kind == inherit.And && len(inputs) == 1:
		return inputs[0] // most of them are: they only say where a factor comes from
	case w.made == nil:
		return w.transport(n, inputs)
	}
	key := binary.LittleEndian.AppendUint32(make([]byte, 0, 4+8*len(inputs)), uint32(n.ID))
	for _, in := range inputs {
		key = binary.LittleEndian.AppendUint64(key, uint64(in))
	}
	s, ok := w.made[string(key)]
	if !ok {
		s = w.transport(n, inputs)
		w.made[string(key)] = s
	}
	return s
}

func (w *walk) transport(n *inherit.Node, inputs []bitmap.SetID) bitmap.SetID {
	pool := w.memo.pool
	if n.Kind == inherit.And {
		return pool.And(lenOf(n.Dims), inputs...)
	}
	from := w.plan.Node(n.Inputs[0]).Dims
	in, out := shapeOf(from), shapeOf(n.Dims)
	switch n.Kind {
	case inherit.Gather:
		return pool.Gather(inputs[0], in, out, w.sources(n), n.Blank)
	case inherit.Reduce:
		return pool.Reduce(inputs[0], in, axes(n.Lists, from))
	case inherit.Prefix:
		return pool.Prefix(inputs[0], in, slices.Index(from, n.Lists[0]))
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
	return w.memo.pool.ReduceBy(in, shapeOf(from), bitmap.By{
		Loop: shapeOf(loop), In: axes(from, loop), Items: m.items, ItemAxes: axes(m.dims, loop), Out: out, Target: target.Len(),
	})
}
