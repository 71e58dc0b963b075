package engine

import (
	"context"
	"encoding/binary"
	"slices"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
	"github.com/cubeward/cubeward/inherit"
)

// Reading says of expressions and their parts which cells a member could work out by themselves: those for which they
// may read all that the value is made of (inherit.Reading). It is for audits: it holds on to the sets that it meets for as
// long as it lives, and is not to be used by several goroutines at once.
type Reading struct {
	rights *Rights
	nodes  *inherit.Reading
	all    []inherit.NodeID
	maps   []mapping
	memo   *epoch // one for all walks, so that equal sets have equal numbers
	last   *walk
}

// Reading follows expressions of formulas of app. It fails where a mapping that only parts below RESETACCESSRIGHTS
// take cannot be evaluated, and where ctx is done.
func (r *Rights) Reading(ctx context.Context, app *cube.Application, exprs ...*formula.Expr) (*Reading, error) {
	if err := r.Load(ctx); err != nil {
		return nil, err
	}
	nodes := r.plan.Reading(app, exprs...)
	maps, err := r.mapMore(ctx, r.mappings, nodes.Plan())
	if err != nil {
		return nil, err
	}
	return &Reading{rights: r, nodes: nodes, all: nodes.All(), maps: maps, memo: r.memo.now.Load()}, nil
}

// of is the walk for a member's profile: that of the last one asked about is kept.
func (x *Reading) of(m *Member) *walk {
	r := x.rights
	if x.last == nil || x.last.profile != r.of.at(int(m.id)) {
		x.last = r.walk(x.memo, r.of.at(int(m.id)), x.nodes.Plan(), x.maps)
	}
	return x.last
}

// Kind is equal for members who have equal Tables for every part. It expands none of them.
func (x *Reading) Kind(m *Member) string {
	w := x.of(m)
	key := make([]byte, 0, 8*len(x.all))
	for _, id := range x.all {
		key = binary.LittleEndian.AppendUint64(key, uint64(w.set(id)))
	}
	return string(key)
}

// Dims are the dimensions of the conditions on any part, for whichever member, by ListID.
func (x *Reading) Dims() []*cube.List {
	var dims []*cube.List
	for _, id := range x.all {
		dims = append(dims, x.nodes.Plan().Node(id).Dims...)
	}
	slices.SortFunc(dims, func(a, b *cube.List) int { return int(a.ID) - int(b.ID) })
	return slices.Compact(dims)
}

// Tables are the conditions on an expression or a part of one for a member, in the form of View.Tables: over axes of
// its dimensions, e.Dims. The caller owns them. Asking for all parts for one member, then the next, is cheapest.
func (x *Reading) Tables(m *Member, e *formula.Expr) []Table {
	w := x.of(m)
	var out []Table
	for _, id := range x.nodes.Nodes(e) {
		set, dims := w.set(id), x.nodes.Plan().Node(id).Dims
		switch set {
		case bitmap.Full:
		case bitmap.Empty:
			return nowhere()
		default:
			out = andTable(out, Table{axes(dims, e.Dims), x.memo.pool.Words(set, lenOf(dims))})
		}
	}
	return out
}

// andTable adds a condition to tables, to the one over the same axes where there is one.
func andTable(tables []Table, t Table) []Table {
	for i := range tables {
		if slices.Equal(tables[i].Axes, t.Axes) {
			for w := range t.Bits {
				tables[i].Bits[w] &= t.Bits[w]
			}
			return tables
		}
	}
	return append(tables, t)
}
