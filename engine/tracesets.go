package engine

import (
	"slices"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/inherit"
)

// Set is the cells over Over that factor i, cut or not, grants. Among traces made from one another with For, the same
// cells have the same id.
func (t *Trace) Set(i int) (bitmap.Set, bitmap.SetID) {
	id := t.walk.set(t.Factors[i].Over)
	return t.walk.memo.pool.Set(id, lenOf(t.Over(i))), id
}

// Over are the dimensions of the view's block that factor i tells apart, sorted by ListID.
func (t *Trace) Over(i int) []*cube.List { return t.plan.Node(t.Factors[i].Over).Dims }

// Holding is the cells for which the metric of factor i, a rule's, holds the factor's category for the view's member:
// over the metric's dimensions without User, sorted by ListID. The same cells have the same id in all traces of one
// Rights.
func (t *Trace) Holding(i int) (dims []*cube.List, cells bitmap.Set, id bitmap.SetID) {
	n := t.plan.Node(t.leaf(t.Factors[i].At))
	id = t.walk.set(n.ID)
	return n.Dims, t.walk.memo.pool.Set(id, lenOf(n.Dims)), id
}

// leaf is the condition that a stated factor is, without the replacements of its rule.
func (t *Trace) leaf(id inherit.NodeID) inherit.NodeID {
	for len(t.plan.Node(id).Inputs) == 1 {
		id = t.plan.Node(id).Inputs[0]
	}
	return id
}

// Ways are the ways by which factor i comes to the view's block: the nodes from the one over the block to the one over
// the factor's source, both among them. There are at most so many; all says whether these are all.
func (t *Trace) Ways(i, most int) (ways [][]inherit.NodeID, all bool) {
	goal, reaches := t.Factors[i].At, t.reaching(i)
	all = true
	var way []inherit.NodeID
	var walk func(id inherit.NodeID)
	walk = func(id inherit.NodeID) {
		if len(ways) == most {
			all = false
			return
		}
		way = append(way, id)
		defer func() { way = way[:len(way)-1] }()
		if id == goal {
			ways = append(ways, slices.Clone(way))
			return
		}
		for _, in := range t.plan.Node(id).Inputs {
			if reaches(in) {
				walk(in)
			}
		}
	}
	walk(t.Factors[i].Over)
	return ways, all
}

// reaching says which nodes lie on a way of factor i.
func (t *Trace) reaching(i int) func(inherit.NodeID) bool {
	goal, known := t.Factors[i].At, map[inherit.NodeID]bool{}
	var reaches func(id inherit.NodeID) bool
	reaches = func(id inherit.NodeID) bool {
		if id == goal {
			return true
		}
		is, ok := known[id]
		if !ok {
			is = slices.ContainsFunc(t.plan.Node(id).Inputs, reaches)
			known[id] = is
		}
		return is
	}
	return reaches
}

// Suppose is the cells over Over that factor i, cut or not, would grant if its rule's metric held others, those of
// holds in place of Holding; what BLANK replacements of its rule say is blank then. Of factors that are no rule's the
// two are not looked at. Way is the one of its Ways by which alone it comes; nil: by all. Nothing of it is remembered.
func (t *Trace) Suppose(i int, holds bitmap.Set, blank bool, way []inherit.NodeID) bitmap.Set {
	f, w := t.Factors[i], *t.walk
	w.memo = &epoch{pool: t.walk.memo.pool.Over()}
	x := supposer{Trace: t, walk: &w, holds: holds, blank: blank, leaf: t.leaf(f.At), goal: f.At, known: map[inherit.NodeID]bitmap.SetID{}}
	x.reaches = t.reaching(i)
	if way != nil {
		x.reaches = func(id inherit.NodeID) bool { return slices.Contains(way, id) }
	}
	return w.memo.pool.Set(x.set(f.Over), lenOf(t.Over(i)))
}

// supposer carries what a factor would say through the nodes of its ways.
type supposer struct {
	*Trace
	walk       *walk // with a pool of its own
	holds      bitmap.Set
	blank      bool
	leaf, goal inherit.NodeID
	reaches    func(inherit.NodeID) bool // nodes between the block and the goal
	known      map[inherit.NodeID]bitmap.SetID
}

func (x *supposer) set(id inherit.NodeID) bitmap.SetID {
	s, ok := x.known[id]
	if !ok {
		s = x.work(id)
		x.known[id] = s
	}
	return s
}

// work is the set of a node: up to the goal, which has the smallest number on its ways, as the rule would have it; past
// it what those of the inputs say that are on the way.
func (x *supposer) work(id inherit.NodeID) bitmap.SetID {
	n, stated := *x.plan.Node(id), id <= x.goal
	switch {
	case id == x.leaf && n.Kind == inherit.Metric:
		return x.walk.memo.pool.FromWords(x.holds.Words(), x.holds.Cells())
	case id == x.leaf:
		return x.Trace.walk.set(id)
	}
	var inputs []bitmap.SetID
	for _, in := range n.Inputs {
		if stated || x.reaches(in) {
			inputs = append(inputs, x.set(in))
		}
	}
	if stated && n.Kind == inherit.Gather {
		n.Blank = x.blank
	}
	return x.walk.transport(&n, inputs)
}
