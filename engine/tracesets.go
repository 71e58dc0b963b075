package engine

import (
	"slices"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/inherit"
)

// Set is the cells over Over that factor i, cut or not, grants. Among traces of one Traces, cells with
// the same id are the same.
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

// reaching says which nodes lie on a way of factor i, of those that the factor's own nodes read. All nodes of a trace
// belong to one stated factor, which each of their inputs comes from in the end; the rights' own nodes are what the
// model states, of which the factor's own nodes read but one.
func (t *Trace) reaching(i int) func(inherit.NodeID) bool {
	goal, own := t.Factors[i].At, inherit.NodeID(t.walk.r.plan.Len())
	return func(id inherit.NodeID) bool { return id == goal || id >= own }
}

// Suppose is the cells over Over that factor i, cut or not, would grant if its rule's metric held others, those of
// holds in place of Holding; what BLANK replacements of its rule say is blank then. Of factors that are no rule's the
// two are not looked at. Way is the one of its Ways by which alone it comes; nil: by all. Nothing of it is remembered,
// but for other traces of the same Traces.
func (t *Trace) Suppose(i int, holds bitmap.Set, blank bool, way []inherit.NodeID) bitmap.Set {
	f, w := t.Factors[i], *t.walk
	room := t.traces.room(w.memo)
	if way != nil {
		room = newSupposed(w.memo)
	}
	w.memo = &epoch{pool: room.pool}
	x := supposer{Trace: t, walk: &w, room: room, given: supposition{blank: blank}, leaf: t.leaf(f.At), goal: f.At, reaches: t.reaching(i)}
	if t.plan.Node(x.leaf).Kind == inherit.Metric {
		x.given.holds = room.pool.FromWords(holds.Words(), holds.Cells())
	} else {
		x.given.holds = t.walk.set(x.leaf)
	}
	if way != nil {
		x.reaches = func(id inherit.NodeID) bool { return slices.Contains(way, id) }
	}
	return room.pool.Set(x.set(f.Over), lenOf(t.Over(i)))
}

// supposition is what a factor is supposed to be, and a node that it comes to by all of its ways, or the room's one.
type supposition struct {
	node  inherit.NodeID
	holds bitmap.SetID // in place of the leaf
	blank bool
}

// supposed is what nodes would say. A node past the rights' own belongs to one stated factor, and one of these stands on
// one leaf: what it says follows from what that holds.
type supposed struct {
	memo  *epoch       // whose sets the pool is on top of
	pool  *bitmap.Pool // of what is supposed
	known map[supposition]bitmap.SetID
}

const maxSupposedBytes = 64 << 20

func newSupposed(memo *epoch) *supposed {
	return &supposed{memo, memo.pool.Over(), map[supposition]bitmap.SetID{}}
}

// room is where what is supposed is remembered, as long as it does not become too much.
func (t *Traces) room(memo *epoch) *supposed {
	if s := t.supposed; s == nil || s.memo != memo || len(s.known) > maxMade || s.pool.Stats().Bytes > maxSupposedBytes {
		t.supposed = newSupposed(memo)
	}
	return t.supposed
}

// supposer carries what a factor would say through the nodes of its ways.
type supposer struct {
	*Trace
	walk       *walk // with the room's pool
	room       *supposed
	given      supposition
	leaf, goal inherit.NodeID
	reaches    func(inherit.NodeID) bool // nodes between the block and the goal
}

func (x *supposer) set(id inherit.NodeID) bitmap.SetID {
	for id > x.goal { // most nodes only say where a factor comes from
		n := x.plan.Node(id)
		if n.Kind != inherit.And || len(n.Inputs) != 1 || !x.reaches(n.Inputs[0]) {
			break
		}
		id = n.Inputs[0]
	}
	key := x.given
	key.node = id
	s, ok := x.room.known[key]
	if !ok {
		s = x.work(id)
		x.room.known[key] = s
	}
	return s
}

// work is the set of a node: up to the goal, which has the smallest number on its ways, as the rule would have it; past
// it what those of the inputs say that are on the way.
func (x *supposer) work(id inherit.NodeID) bitmap.SetID {
	if id == x.leaf {
		return x.given.holds
	}
	n, stated := *x.plan.Node(id), id <= x.goal
	var inputs []bitmap.SetID
	for _, in := range n.Inputs {
		if stated || x.reaches(in) {
			inputs = append(inputs, x.set(in))
		}
	}
	if stated && n.Kind == inherit.Gather {
		n.Blank = x.given.blank
	}
	return x.walk.transport(&n, inputs)
}
