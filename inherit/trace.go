package inherit

import (
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// tag tells the stated factors of a trace apart on their way through formulas. A plan has untagged nodes only: there
// factors with equal keys are combined at once.
type tag int32

const untagged tag = 0

// Cut is why a stated factor does not count.
type Cut uint8

// The ways a factor can be cut.
const (
	NotCut   Cut = iota
	ByIgnore     // an `ignore` rule lifts it (SPEC 1.1.3)
	ByPublic     // the metric is public (SPEC 1.1.6)
	ByReset      // RESETACCESSRIGHTS in the formula of CutAt (SPEC 4.3)
	ByOption     // inherit_within_application: false in the application of CutAt (SPEC 4.4)
)

// Factor is one stated condition on a block, followed from the block that it is stated on to the block asked about.
type Factor struct {
	Direct
	Source *cube.Block   // the block that it is stated on
	At     NodeID        // the condition over Source's cells
	Over   NodeID        // what it says about the cells of the block asked about
	Via    []*cube.Block // the blocks that brought it, nearest first, Source last; empty where it is direct
	Cut    Cut
	CutAt  *cube.Block  // where it was cut
	CutBy  []*cube.Rule // ByIgnore: the rules
}

// Trace is the stated factors of one block, each by itself. Its nodes extend those of the plan. It is shared: read only.
type Trace struct {
	plan    *Plan
	Factors []Factor
}

// Plan is the plan with the trace's own nodes and expressions behind its own: numbers below the plan's Len and Exprs
// mean the same in both. A trace reads more expressions than its plan where a formula cuts what they would carry.
func (t *Trace) Plan() *Plan { return t.plan }

// Trace follows every stated factor of a block, those that were cut too. Factors that reach the block by several
// paths are one where they have the same dimensions in the end; Via is then a shortest path. Its cost follows the
// number of stated factors on the blocks that the block builds on. App is as in State.
//
// A restored plan must have passed Check; where it did not, there are no factors.
func (p *Plan) Trace(app *cube.Application, blk *cube.Block) *Trace {
	return p.Tracer().Trace(app, blk)
}

// Tracer traces several blocks of a plan, and what they build on in common once. It holds on to all of that, and is not
// to be used by several goroutines at once.
type Tracer struct {
	plan   *Plan
	tracer *tracer // nil where there are no factors
	traces map[stateOf]*Trace
}

// Tracer is one that has traced nothing yet.
func (p *Plan) Tracer() *Tracer {
	out := &Tracer{plan: p, traces: map[stateOf]*Trace{}}
	whole, err := p.whole()
	if err != nil {
		return out
	}
	out.plan = whole
	ext := *whole
	ext.nodes, ext.exprs = slices.Clip(whole.nodes), slices.Clip(whole.exprs)
	tr := &tracer{builder: newBuilder(whole.ws), tags: []stated{{}}, known: map[stateOf]*traced{}, byOrigin: map[stated]tag{}}
	tr.plan = &ext
	for i, e := range whole.exprs {
		tr.exprIDs[tr.numbers.Of(e)] = ExprID(i)
	}
	out.tracer = tr
	return out
}

// Trace is Plan.Trace. The plans of all traces of a Tracer are one, which grows with each block: what has a number in it
// keeps that.
func (t *Tracer) Trace(app *cube.Application, blk *cube.Block) *Trace {
	if t.tracer == nil {
		return &Trace{plan: t.plan}
	}
	key := stateOf{app, blk}
	out, ok := t.traces[key]
	if !ok {
		out = t.tracer.trace(t.plan, app, blk)
		t.traces[key] = out
	}
	return out
}

func (tr *tracer) trace(p *Plan, app *cube.Application, blk *cube.Block) *Trace {
	top := tr.of(app, blk)
	out := &Trace{plan: tr.plan}
	for _, id := range sortedNodes(top.factors) {
		n := tr.plan.Node(id)
		s := tr.tags[n.tag]
		f := Factor{Direct: s.direct(p), Source: s.source, At: s.node, Over: id, Via: top.via[n.tag], Cut: s.cut, CutAt: s.cutAt}
		if s.cut == ByIgnore {
			f.CutBy = p.lifters(s)
		}
		out.Factors = append(out.Factors, f)
	}
	return out
}

// stated names a factor by the block and place where the model states it, and where it was cut. It compares with ==.
type stated struct {
	app    *cube.Application // as in State
	source *cube.Block
	index  int // in State.Direct, or in State.Lifted where lifted
	lifted bool
	node   NodeID
	cut    Cut
	cutAt  *cube.Block
	base   tag // the same factor before it was cut by a formula
}

func (s stated) direct(p *Plan) Direct {
	st := p.State(s.app, s.source)
	if s.lifted {
		return st.Lifted[s.index].Direct
	}
	return st.Direct[s.index]
}

func (p *Plan) lifters(s stated) []*cube.Rule {
	if !s.lifted {
		return nil
	}
	return p.State(s.app, s.source).Lifted[s.index].By
}

type stateOf struct {
	app   *cube.Application
	block *cube.Block
}

// traced is the tagged factors of a block, and the path that each tag took to it.
type traced struct {
	factors state
	via     map[tag][]*cube.Block
}

type tracer struct {
	*builder
	tags     []stated
	byOrigin map[stated]tag
	known    map[stateOf]*traced
}

func (tr *tracer) tagOf(s stated) tag {
	t, ok := tr.byOrigin[s]
	if !ok {
		t = tag(len(tr.tags))
		tr.tags = append(tr.tags, s)
		tr.byOrigin[s] = t
	}
	return t
}

// retag is the same condition as node id under another tag.
func (tr *tracer) retag(id NodeID, t tag) NodeID {
	n := tr.plan.nodes[id]
	return tr.add(Node{Kind: And, Dims: n.Dims, Origin: n.Origin, Category: n.Category, Scenario: n.Scenario, Inputs: []NodeID{id}, tag: t})
}

func (tr *tracer) of(app *cube.Application, blk *cube.Block) *traced {
	if !blk.Reserved() {
		app = blk.App
	}
	if out, ok := tr.known[stateOf{app, blk}]; ok {
		return out
	}
	out := &traced{state{}, map[tag][]*cube.Block{}}
	tr.known[stateOf{app, blk}] = out
	st := tr.plan.State(app, blk)
	for i, d := range st.Direct {
		tr.state(out, stated{app: app, source: blk, index: i, node: d.Node})
	}
	for i, l := range st.Lifted {
		cut := ByIgnore
		if len(l.By) == 0 {
			cut = ByPublic
		}
		tr.state(out, stated{app: app, source: blk, index: i, lifted: true, node: l.Node, cut: cut, cutAt: blk})
	}
	tr.inherited(out, blk)
	return out
}

func (tr *tracer) state(out *traced, s stated) {
	t := tr.tagOf(s)
	tr.join(out.factors, tr.retag(s.node, t))
	out.via[t] = nil
}

// inherited adds what the block's formula brings, and what it would bring were it not cut. A metric of type
// access_rights inherits nothing.
func (tr *tracer) inherited(out *traced, blk *cube.Block) {
	e := tr.plan.Formula(blk)
	if e == nil || blk.Type.Kind == cube.AccessRights {
		return
	}
	var read []stateOf
	t := tr.transport(blk.App)
	t.blockState = func(b *cube.Block) state {
		app := blk.App
		read = append(read, stateOf{app, b})
		return tr.entering(b, tr.of(app, b).factors)
	}
	t.cut = func(id NodeID) (NodeID, bool) { return tr.cutBy(id, ByReset, blk), true }
	for _, id := range sortedNodes(t.of(e)) {
		if !blk.App.InheritWithin && tr.plan.nodes[id].Origin == blk.App {
			id = tr.cutBy(id, ByOption, blk)
		}
		tr.join(out.factors, id)
		tr.path(out, tr.plan.nodes[id].tag, read)
	}
}

// entering marks where the factors of a block come into the formula that reads it.
func (tr *tracer) entering(b *cube.Block, factors state) state {
	out := make(state, len(factors))
	for _, id := range sortedNodes(factors) {
		n := tr.plan.nodes[id]
		out[tr.keyOf(id)] = tr.add(Node{Kind: And, Dims: n.Dims, Origin: n.Origin, Category: n.Category, Scenario: n.Scenario, Inputs: []NodeID{id}, Block: b, tag: n.tag})
	}
	return out
}

// cutBy is a factor that a formula cuts: it goes on as one that does not count. One that was cut before stays as it is.
func (tr *tracer) cutBy(id NodeID, why Cut, at *cube.Block) NodeID {
	old := tr.plan.nodes[id].tag
	s := tr.tags[old]
	if s.cut != NotCut {
		return id
	}
	s.cut, s.cutAt, s.base = why, at, old
	return tr.retag(id, tr.tagOf(s))
}

// path notes a shortest way that a tag took to a block through what its formula reads.
func (tr *tracer) path(out *traced, t tag, read []stateOf) {
	best, found := out.via[t]
	for _, r := range read {
		from := tr.known[stateOf{r.app, r.block}]
		if from == nil {
			from = tr.known[stateOf{r.block.App, r.block}]
		}
		way, ok := from.via[t]
		if !ok {
			way, ok = from.via[tr.tags[t].base]
		}
		if ok && (!found || len(way)+1 < len(best)) {
			best, found = append([]*cube.Block{r.block}, way...), true
		}
	}
	out.via[t] = best
}
