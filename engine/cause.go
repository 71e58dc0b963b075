package engine

import (
	"encoding/binary"
	"slices"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/inherit"
)

// Cause is what decided a factor at a cell: where it denies what denies, else what it looked at.
type Cause struct {
	Cells [][]cube.ItemID // of the factor's source block, over Trace.Dims, in the order in which they were met
	// Asked are the cells of the rule's metric that deny, over the metric's dimensions in its order, the member's own
	// item for User; NoItem where a replacement is BLANK. None where the factor is no rule's, or grants.
	Asked [][]cube.ItemID
	More  bool   // there are, or may be, more cells than these
	Way   []Step // to the first of the cells, the nearest block first; none where the factor is direct
}

// Step is one block on the way of a factor to the block asked about.
type Step struct {
	Block *cube.Block
	// Nodes are the operations of the formula that reads Block which moved the factor, the outermost first.
	Nodes []*inherit.Node
}

// CauseOptions narrow a Cause. The zero CauseOptions leave out nothing and name no cells.
type CauseOptions struct {
	Limit int                                    // how many cells to name, of each kind
	Block func(*cube.Block) bool                 // which blocks a way may lead over; nil: all
	Cell  func([]*cube.List, []cube.ItemID) bool // which cells may be named, item by dimension; nil: all. NoItem is none of its items
}

// maxVisited bounds the work of one Cause: so many cells of nodes are looked at one by one.
const maxVisited = 1 << 18

// Cause finds what decided factor i, cut or not, at a cell of the view's block. Of several ways it takes a short one.
// It says false where no way leads over the blocks that the options allow. No cells are named where none was looked at
// (a BLANK on the way, a reduction over nothing).
func (t *Trace) Cause(i int, opt CauseOptions, items ...cube.ItemID) (Cause, bool) {
	f := t.Factors[i]
	c := &causeFinder{
		Trace: t, goal: f.At, want: t.Holds(i, items...), opt: opt,
		far: map[inherit.NodeID]int{}, seen: map[visit]bool{}, asked: map[string]bool{}, words: map[bitmap.SetID][]uint64{},
	}
	if c.distance(f.Over) == unreachable {
		return Cause{}, false
	}
	c.visit(f.Over, t.cell(items))
	if !c.found && opt.Block != nil && !c.want {
		return Cause{}, false // what denies lies on other ways
	}
	if !c.found {
		c.nearest(f.Over)
	}
	return c.cause, true
}

// visit is a cell of a node.
type visit struct {
	node inherit.NodeID
	cell uint64
}

// causeFinder walks from a node's cell back to the cells of the stated factor that decided it.
type causeFinder struct {
	*Trace
	goal  inherit.NodeID
	want  bool // look for cells where the condition holds, else for those where it does not
	opt   CauseOptions
	far   map[inherit.NodeID]int
	seen  map[visit]bool
	asked map[string]bool
	words map[bitmap.SetID][]uint64
	stack []*inherit.Node // from the block asked about to the node that is looked at
	found bool
	cause Cause
}

const unreachable = 1 << 30

// distance is over how many blocks at least the stated factor came to a node.
func (c *causeFinder) distance(id inherit.NodeID) int {
	if d, ok := c.far[id]; ok {
		return d
	}
	n, d := c.plan.Node(id), unreachable
	switch {
	case id == c.goal:
		d = 0
	case n.Block == nil || c.opt.Block == nil || c.opt.Block(n.Block):
		for _, in := range n.Inputs {
			d = min(d, c.distance(in))
		}
		if n.Block != nil && d < unreachable {
			d++
		}
	}
	c.far[id] = d
	return d
}

// done says whether all has been found that was asked for.
func (c *causeFinder) done() bool {
	if len(c.seen) > maxVisited {
		c.cause.More = true
		return true
	}
	rule := c.plan.Node(c.leaf(c.goal)).Kind == inherit.Metric
	return c.found && len(c.cause.Cells) >= c.opt.Limit && (c.want || !rule || len(c.cause.Asked) >= c.opt.Limit)
}

func (c *causeFinder) visit(id inherit.NodeID, at map[*cube.List]cube.ItemID) {
	n := c.plan.Node(id)
	v := visit{id, cellOf(n.Dims, at)}
	if c.distance(id) == unreachable || c.seen[v] || c.holds(id, at) != c.want {
		return
	}
	if c.done() {
		c.cause.More = true
		return
	}
	c.seen[v] = true
	c.stack = append(c.stack, n)
	defer func() { c.stack = c.stack[:len(c.stack)-1] }()
	if id == c.goal {
		c.add(n, at)
		return
	}
	switch n.Kind {
	case inherit.And:
		for _, in := range c.nearestFirst(n.Inputs) {
			c.visit(in, at)
		}
	case inherit.Gather:
		if from, ok := c.read(n, at); ok {
			c.visit(n.Inputs[0], from)
		}
	case inherit.Reduce:
		c.scan(n, n.Lists, at)
	case inherit.Prefix:
		c.scan(n, n.Lists, at)
	case inherit.ReduceBy:
		c.scan(n, n.Over, at)
	}
}

func (c *causeFinder) nearestFirst(ids []inherit.NodeID) []inherit.NodeID {
	if len(ids) < 2 {
		return ids
	}
	ids = slices.Clone(ids)
	slices.SortStableFunc(ids, func(a, b inherit.NodeID) int { return c.distance(a) - c.distance(b) })
	return ids
}

// nearest takes the way over the fewest blocks, where no cell tells one.
func (c *causeFinder) nearest(id inherit.NodeID) {
	c.stack = nil
	for id != c.goal {
		n := c.plan.Node(id)
		c.stack = append(c.stack, n)
		id = c.nearestFirst(n.Inputs)[0]
	}
	c.cause.Way = c.way()
}

// way is what stands on the stack, cut at the blocks.
func (c *causeFinder) way() []Step {
	var way []Step
	var step Step
	for _, n := range c.stack {
		switch {
		case n.Block != nil:
			step.Block = n.Block
			way = append(way, step)
			step = Step{}
		case n.Kind != inherit.And && n.ID != c.goal:
			step.Nodes = append(step.Nodes, n)
		}
	}
	return way
}

// add notes a cell of the stated factor.
func (c *causeFinder) add(n *inherit.Node, at map[*cube.List]cube.ItemID) {
	if !c.found {
		c.found, c.cause.Way = true, c.way()
	}
	c.cause.Cells = c.note(c.cause.Cells, n.Dims, at)
	leaf := c.leaf(n.ID)
	if c.want || c.plan.Node(leaf).Kind != inherit.Metric {
		return
	}
	from := at
	if leaf != n.ID {
		from, _ = c.read(n, at)
	}
	metric := c.plan.Node(leaf).Metric
	asked := map[*cube.List]cube.ItemID{c.view.member.rights.ws.Users: c.view.member.id}
	key := make([]byte, 0, 4*len(metric.Dims))
	for _, d := range c.plan.Node(leaf).Dims {
		asked[d] = from[d]
		key = binary.LittleEndian.AppendUint32(key, uint32(from[d]))
	}
	if !c.asked[string(key)] {
		c.asked[string(key)] = true
		c.cause.Asked = c.note(c.cause.Asked, metric.Dims, asked)
	}
}

// note adds a cell where it may be named and there is room.
func (c *causeFinder) note(cells [][]cube.ItemID, dims []*cube.List, at map[*cube.List]cube.ItemID) [][]cube.ItemID {
	cell := make([]cube.ItemID, len(dims))
	for i, d := range dims {
		cell[i] = at[d]
	}
	switch {
	case c.opt.Cell != nil && !c.opt.Cell(dims, cell):
	case len(cells) >= c.opt.Limit:
		c.cause.More = true
	default:
		cells = append(cells, cell)
	}
	return cells
}

// read is the one cell that a Gather reads; false where an item is BLANK, which is then NoItem.
func (c *causeFinder) read(n *inherit.Node, at map[*cube.List]cube.ItemID) (map[*cube.List]cube.ItemID, bool) {
	in := c.plan.Node(n.Inputs[0])
	from, ok := make(map[*cube.List]cube.ItemID, len(in.Dims)), true
	for i, d := range in.Dims {
		item := cube.NoItem
		switch src := n.From[i]; src.Form {
		case inherit.FromDim:
			item = at[src.Dim]
		case inherit.FromItem:
			item = src.Item
		case inherit.FromShift:
			if to := int(at[src.Dim]) + src.Shift; to >= 0 && to < src.Dim.Len() {
				item = cube.ItemID(to)
			}
		case inherit.FromExpr:
			m := c.walk.maps[src.Expr]
			item = cube.ItemID(m.items[cellOf(m.dims, at)])
		}
		from[d] = item
		ok = ok && item >= 0
	}
	return from, ok
}

// loop runs over the items of a list; in and by are how far apart two neighbours are in a node's input and in its
// mapping, 0 where these lack the list.
type loop struct {
	list   *cube.List
	n      int
	in, by uint64
}

// scan visits the cells of a node's input that a reduction over lists took in and that say what is looked for, in
// cell order of lists.
func (c *causeFinder) scan(n *inherit.Node, lists []*cube.List, at map[*cube.List]cube.ItemID) {
	input := n.Inputs[0]
	in, m := c.plan.Node(input), mapping{}
	if n.Kind == inherit.ReduceBy {
		m = c.walk.maps[n.From[0].Expr]
	}
	loops := make([]loop, len(lists))
	before := make(map[*cube.List]cube.ItemID, len(at)+len(lists))
	for l, item := range at {
		before[l] = item
	}
	for i, l := range lists {
		loops[i] = loop{l, l.Len(), stride(in.Dims, l), stride(m.dims, l)}
		if n.Kind == inherit.Prefix {
			loops[i].n = int(at[l]) + 1
		}
		before[l] = 0
	}
	says := c.bits(c.walk.set(input), lenOf(in.Dims))
	var run func(k int, cell, by uint64)
	run = func(k int, cell, by uint64) {
		if k == len(loops) {
			if says(cell) == c.want && (m.items == nil || m.items[by] == int32(at[n.Lists[0]])) {
				c.visit(input, before)
			}
			return
		}
		for i := range loops[k].n {
			if c.cause.More && c.done() {
				return
			}
			before[loops[k].list] = cube.ItemID(i)
			run(k+1, cell+uint64(i)*loops[k].in, by+uint64(i)*loops[k].by)
		}
	}
	run(0, cellOf(in.Dims, before), cellOf(m.dims, before))
}

// stride is how far apart two neighbours along a list are in a space over dims, 0 where it has no such dimension.
func stride(dims []*cube.List, l *cube.List) uint64 {
	i := slices.Index(dims, l)
	if i < 0 {
		return 0
	}
	return lenOf(dims[i+1:])
}

// bits answers for the cells of a set. Sets that are scanned are expanded once.
func (c *causeFinder) bits(id bitmap.SetID, n uint64) func(uint64) bool {
	switch id {
	case bitmap.Full:
		return func(uint64) bool { return true }
	case bitmap.Empty:
		return func(uint64) bool { return false }
	}
	words, ok := c.words[id]
	if !ok {
		words = c.walk.memo.pool.Words(id, n)
		c.words[id] = words
	}
	return func(cell uint64) bool { return words[cell>>6]>>(cell&63)&1 != 0 }
}
