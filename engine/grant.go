package engine

import (
	"fmt"
	"slices"
	"sync"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/inherit"
)

// grant is what the members of one profile may do with one block: what their Views share. It stands by itself, so that
// one that is remembered keeps no more than it counts.
type grant struct {
	views    *viewCache // that it is asked for from; not the Rights, of which a later generation may share the grant
	ref      Ref
	space    cube.Space
	member   bool // the profile has a role in the block's application
	factors  []factor
	own      int64        // bytes of the sets that are not the rights' own
	once     [2]sync.Once // by Readable, Writable
	expanded [2][]Table
	cached   cached
}

// factor is one condition of a grant, over some axes of the block in its own order.
type factor struct {
	axes     []int // increasing
	set      bitmap.Set
	category cube.Rights
	scenario bool
}

// grant is worked out once for a profile and block, and remembered while the cache has room.
func (r *Rights) grant(p profileID, ref Ref) (*grant, error) {
	if ref.App == nil || !ref.Block.Reserved() {
		ref.App = ref.Block.App
	}
	key := viewKey{p, ref}
	if g := r.views.find(key); g != nil {
		return g, nil
	}
	return r.views.get(key, func() (*grant, error) { return r.makeGrant(p, ref) })
}

func (r *Rights) makeGrant(p profileID, ref Ref) (*grant, error) {
	at := slices.Index(r.ws.Applications, ref.App)
	if at < 0 || int(ref.Block.ID) >= len(r.ws.Blocks()) || r.ws.Blocks()[ref.Block.ID] != ref.Block {
		return nil, fmt.Errorf("engine: %s is a block of another workspace", ref.Block)
	}
	space, err := ref.Block.Space()
	if err != nil {
		return nil, placed(ref.Block, err)
	}
	g := &grant{views: r.views, ref: ref, space: space, member: r.profiles[p].roles[at] >= 0}
	st := r.plan.State(ref.App, ref.Block)
	if err := r.ready(p, ref.Block.Dims, st.Read, st.Write); err != nil {
		return nil, err
	}
	w := r.walk(r.memo.now.Load(), p, r.plan, r.mappings)
	for _, ids := range [][]inherit.NodeID{st.Read, st.Write} {
		for _, id := range ids {
			if set := w.set(id); set != bitmap.Full {
				g.factors = append(g.factors, g.place(w.memo.pool, r.plan.Node(id), set))
			}
		}
	}
	return g, nil
}

// place puts a node's set into the order of the block's dimensions.
func (g *grant) place(pool *bitmap.Pool, n *inherit.Node, id bitmap.SetID) factor {
	f := factor{set: pool.Set(id, lenOf(n.Dims)), category: n.Category, scenario: n.Scenario, axes: axes(n.Dims, g.ref.Block.Dims)}
	if slices.IsSorted(f.axes) || f.set.IsEmpty() {
		slices.Sort(f.axes)
		if pool.Owns(id) { // which may go before the grant does
			f.set = f.set.Clone()
			g.own += int64(f.set.Size())
		}
		return f
	}
	sorted := slices.Sorted(slices.Values(f.axes))
	from := make([]bitmap.Source, len(f.axes))
	for i, a := range f.axes {
		from[i] = bitmap.Source{Axis: slices.Index(sorted, a)}
	}
	f.set = f.set.Gather(shapeOf(n.Dims), g.shape(sorted), from, true)
	f.axes = sorted
	g.own += int64(f.set.Size())
	return f
}

func (g *grant) shape(axes []int) bitmap.Shape {
	s := make(bitmap.Shape, len(axes))
	for i, a := range axes {
		s[i] = g.ref.Block.Dims[a].Len()
	}
	return s
}

func (g *grant) calculated() bool { return g.ref.Block.Formula != nil && !g.ref.Block.Overridable }

// at decides one cell: whether the factors of each category hold, and whether those for writing would without the
// scenario factors.
func (g *grant) at(items []cube.ItemID) (read, write, writeButScenario bool) {
	read, write, writeButScenario = true, true, true
	for _, f := range g.factors {
		var cell uint64
		for _, a := range f.axes {
			cell = cell*uint64(g.ref.Block.Dims[a].Len()) + uint64(items[a])
		}
		switch {
		case f.set.Contains(cell):
		case f.category == cube.Read:
			read = false
		default:
			write = false
			writeButScenario = writeButScenario && f.scenario
		}
	}
	return read, write, writeButScenario
}

// combined are the factors of a category, those on the same axes ANDed. "Nowhere" is one empty factor without axes.
func (g *grant) combined(c Category) []factor {
	var out []factor
	for _, f := range g.factors {
		if c == Readable && f.category != cube.Read {
			continue
		}
		i := slices.IndexFunc(out, func(o factor) bool { return slices.Equal(o.axes, f.axes) })
		if i < 0 {
			out = append(out, f)
			continue
		}
		out[i].set = out[i].set.And(f.set)
	}
	for _, f := range out {
		if f.set.IsEmpty() {
			return []factor{{set: f.set}}
		}
	}
	return out // none is full, for each factor lacks a cell
}

// tables are the tables of a category. What is not locked for other reasons is what is writable.
func (g *grant) tables(c Category) []Table {
	c = min(c, Writable)
	g.once[c].Do(func() {
		parts, n := g.combined(c), int64(0)
		for _, f := range parts {
			n += tableBytes + 8*int64(bitmap.WordsFor(g.shape(f.axes).Len()))
		}
		g.views.grow(g, n)
		tables := make([]Table, len(parts))
		for i, f := range parts {
			if f.set.IsEmpty() {
				tables[i].Bits = []uint64{0}
				break
			}
			tables[i] = Table{f.axes, f.set.Words()}
		}
		g.expanded[c] = tables
	})
	return g.expanded[c]
}

// What a grant takes besides the contents of its sets and tables.
const (
	grantBytes  = 368
	factorBytes = 80
	tableBytes  = 48
)

// bytes is what a grant holds before its tables are expanded.
func (g *grant) bytes() int64 {
	n := grantBytes + g.own
	for _, f := range g.factors {
		n += factorBytes + 8*int64(len(f.axes))
	}
	return n
}
