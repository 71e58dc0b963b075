package engine

import (
	"context"
	"errors"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/inherit"
)

// Traces makes traces of many views of one Rights. What their blocks build on is followed once, what does not depend on
// members is shared, and so are the sets of members who hold the same: asking for many members, or for many blocks that
// stand on each other, costs little more than for one. It holds all that it followed, and of the sets a bounded number.
// Neither it nor its traces are to be used by several goroutines at once.
type Traces struct {
	rights *Rights
	tracer *inherit.Tracer
	maps   []mapping
	memo   *epoch
	made   map[string]bitmap.SetID // as in walk
	walks  map[profileID]*walk

	supposed *supposed
}

// How many sets Traces holds on to.
const (
	maxTraced = 1 << 24 // of nodes, for the members asked about
	maxMade   = 1 << 20 // among them
)

// Traces is one that made no trace yet.
func (r *Rights) Traces() *Traces { return &Traces{rights: r} }

// Of is View.Trace. It panics where the view is of other Rights.
func (t *Traces) Of(ctx context.Context, v *View) (*Trace, error) {
	if v.grant == nil {
		return nil, errors.New("engine: the zero View has no factors")
	}
	r := t.rights
	if v.member.rights != r {
		panic("engine: a view of other rights")
	}
	first := t.tracer == nil
	if first {
		if err := r.readyToExplain(); err != nil {
			return nil, err
		}
		t.tracer, t.maps = r.plan.Tracer(), r.mappings
	}
	to := t.tracer.Trace(v.grant.ref.App, v.grant.ref.Block)
	if to.Plan().Exprs() > len(t.maps) {
		maps, err := r.mapMore(ctx, t.maps, to.Plan())
		if err != nil {
			return nil, err
		}
		t.maps = maps
	}
	w := *t.walk(r.of.at(int(v.member.id)), to.Plan())
	w.maps = t.maps
	if !first { // one trace alone asks for each set once
		if t.made == nil {
			t.made = map[string]bitmap.SetID{}
		}
		w.made = t.made
	}
	return &Trace{Factors: to.Factors, traces: t, view: v, plan: to.Plan(), walk: &w}, nil
}

// walk is what is known for the members of a profile. What is known of an epoch that the memo has left is let go, as are
// sets that became too many.
func (t *Traces) walk(p profileID, plan *inherit.Plan) *walk {
	if now := t.rights.memo.now.Load(); now != t.memo {
		t.memo, t.made, t.walks = now, nil, map[profileID]*walk{}
	}
	if len(t.made) > maxMade {
		t.made = nil
	}
	if (len(t.walks)+1)*(plan.Len()-t.rights.plan.Len()) > maxTraced {
		clear(t.walks)
	}
	w := t.walks[p]
	if w == nil {
		w = t.rights.walk(t.memo, p, plan, nil)
		t.walks[p] = w
	}
	return w
}
