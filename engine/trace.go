package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/inherit"
)

// Trace is every stated factor of a view's block by itself, those that were cut too, with what each says to the
// view's member. It is for explanations: it costs far more than a View, remembers nothing for others, and is not to
// be used by several goroutines at once.
type Trace struct {
	Factors []inherit.Factor

	traces *Traces
	view   *View
	plan   *inherit.Plan
	walk   *walk
}

// Trace follows the factors of the view's block from where the model states them (SPEC 4.1). It fails where a mapping
// that only cut factors take cannot be evaluated, and where ctx is done.
func (v *View) Trace(ctx context.Context) (*Trace, error) {
	if v.grant == nil {
		return nil, errors.New("engine: the zero View has no factors")
	}
	return v.member.rights.Traces().Of(ctx, v)
}

// Plan is the plan that the factors' nodes are of.
func (t *Trace) Plan() *inherit.Plan { return t.plan }

// Category is the category that factor i has a say in.
func (t *Trace) Category(i int) cube.Rights { return t.plan.Node(t.Factors[i].Over).Category }

// Origin is the application whose rules factor i comes from.
func (t *Trace) Origin(i int) *cube.Application { return t.plan.Node(t.Factors[i].Over).Origin }

// Dims are the dimensions that factor i has over its source block, those of the cells that a Cause names.
func (t *Trace) Dims(i int) []*cube.List { return t.plan.Node(t.Factors[i].At).Dims }

// Holds says whether factor i, cut or not, grants its category at a cell of the view's block.
func (t *Trace) Holds(i int, items ...cube.ItemID) bool {
	at := t.cell(items)
	return t.holds(t.Factors[i].Over, at)
}

// cell is a cell of the view's block as items by dimension.
func (t *Trace) cell(items []cube.ItemID) map[*cube.List]cube.ItemID {
	dims := t.view.grant.ref.Block.Dims
	if len(items) != len(dims) {
		panic(fmt.Sprintf("engine: %s has %d dimensions, asked with %d items", t.view.grant.ref.Block, len(dims), len(items)))
	}
	at := make(map[*cube.List]cube.ItemID, len(dims))
	for i, d := range dims {
		at[d] = items[i]
	}
	return at
}

func (t *Trace) holds(id inherit.NodeID, at map[*cube.List]cube.ItemID) bool {
	set := t.walk.set(id)
	switch set {
	case bitmap.Full:
		return true
	case bitmap.Empty:
		return false
	}
	return t.walk.memo.pool.Contains(set, cellOf(t.plan.Node(id).Dims, at))
}

func cellOf(dims []*cube.List, at map[*cube.List]cube.ItemID) uint64 {
	var cell uint64
	for _, d := range dims {
		cell = cell*uint64(d.Len()) + uint64(at[d])
	}
	return cell
}
