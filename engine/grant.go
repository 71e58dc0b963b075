package engine

import (
	"fmt"
	"slices"
	"sync"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/inherit"
)

// grant is what the members of one profile may do with one block: what their Views share.
type grant struct {
	rights   *Rights
	ref      Ref
	space    cube.Space
	member   bool // the profile has a role in the block's application
	factors  []factor
	once     [3]sync.Once
	expanded [3][]Table
}

// factor is one condition of a grant, over some axes of the block in its own order.
type factor struct {
	axes     []int // increasing
	set      bitmap.SetID
	category cube.Rights
	scenario bool
}

// grant is worked out once for a profile and block, and remembered while the cache has room.
func (r *Rights) grant(p profileID, ref Ref) (*grant, error) {
	if !ref.Block.Reserved() {
		ref.App = ref.Block.App
	} else if ref.App == nil {
		ref.App = ref.Block.App
	}
	return r.views.get(viewKey{p, ref}, func() (*grant, error) { return r.makeGrant(p, ref) })
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
	g := &grant{rights: r, ref: ref, space: space, member: r.profiles[p].roles[at] >= 0}
	w := r.walk(p, r.plan, r.mappings)
	st := r.plan.State(ref.App, ref.Block)
	for _, id := range slices.Concat(st.Read, st.Write) {
		if set := w.set(id); set != bitmap.Full {
			g.factors = append(g.factors, g.place(r.plan.Node(id), set))
		}
	}
	return g, nil
}

// place puts a node's set into the order of the block's dimensions.
func (g *grant) place(n *inherit.Node, set bitmap.SetID) factor {
	f := factor{set: set, category: n.Category, scenario: n.Scenario, axes: axes(n.Dims, g.ref.Block.Dims)}
	if slices.IsSorted(f.axes) || set == bitmap.Empty {
		slices.Sort(f.axes)
		return f
	}
	sorted := slices.Sorted(slices.Values(f.axes))
	from := make([]bitmap.Source, len(f.axes))
	for i, a := range f.axes {
		from[i] = bitmap.Source{Axis: slices.Index(sorted, a)}
	}
	f.set = g.rights.pool.Gather(set, shapeOf(n.Dims), g.shape(sorted), from, true)
	f.axes = sorted
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
		case g.rights.pool.Contains(f.set, cell):
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
		out[i].set = g.rights.pool.And(g.shape(f.axes).Len(), out[i].set, f.set)
	}
	for _, f := range out {
		if f.set == bitmap.Empty {
			return []factor{{set: bitmap.Empty}}
		}
	}
	return slices.DeleteFunc(out, func(f factor) bool { return f.set == bitmap.Full })
}

func (g *grant) tables(c Category) []Table {
	g.once[c].Do(func() {
		for _, f := range g.combined(c) {
			g.expanded[c] = append(g.expanded[c], Table{f.axes, g.rights.pool.Words(f.set, g.shape(f.axes).Len())})
		}
	})
	return g.expanded[c]
}

// bytes is about what the grant holds once its tables are expanded.
func (g *grant) bytes() int64 {
	total := int64(256)
	for _, f := range g.factors {
		total += 64 + 2*int64(g.shape(f.axes).Len()/8)
	}
	return total
}
