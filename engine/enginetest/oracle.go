package enginetest

import (
	"fmt"
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// Oracle answers for every cell of a small model what SPEC.md says, one cell at a time, with loops and maps. It is
// the second opinion that the engine is compared with: it is written from SPEC.md alone, shares nothing with formula
// but the parser, and prefers being read next to the text to being fast. It is not safe for concurrent use.
type Oracle struct {
	ws       *cube.Workspace
	formulas map[*cube.Block]*term
	mappings map[*cube.Rule][]*term // one for each of Rule.Replace
	values   map[*cube.Block]map[uint64]cube.Value
	factors  map[governed][]*factor
	running  map[governed]bool // asked for and not yet answered: a circle if asked for again
}

// governed is a block as an application names it. The application matters for reserved blocks alone (SPEC 1.1).
type governed struct {
	app   *cube.Application
	block *cube.Block
}

// Decision is what a member may do with a cell. Reasons are those of SPEC 1.2 that hold, in its order.
type Decision struct {
	Read, Write, Locked bool
	Reasons             []string
}

// refusal is what the oracle panics with where a model is not one that SPEC allows; its exported methods return it.
type refusal struct{ err error }

func refuse(format string, args ...any) {
	panic(refusal{fmt.Errorf(format, args...)})
}

func catch(err *error) {
	switch r := recover().(type) {
	case nil:
	case refusal:
		*err = r.err
	default:
		panic(r)
	}
}

// NewOracle reads every formula of a workspace. It fails where one has no meaning, but it is no checker: most
// mistakes are for inherit.Resolve to find.
func NewOracle(ws *cube.Workspace) (o *Oracle, err error) {
	defer catch(&err)
	o = &Oracle{
		ws:       ws,
		formulas: map[*cube.Block]*term{},
		mappings: map[*cube.Rule][]*term{},
		values:   map[*cube.Block]map[uint64]cube.Value{},
		factors:  map[governed][]*factor{},
		running:  map[governed]bool{},
	}
	for _, b := range ws.Blocks() {
		if b.Formula != nil {
			o.formulas[b] = o.read(b.App, b.Describe(), b.Formula.Text)
		}
	}
	for _, app := range ws.Applications {
		for _, rule := range app.Rules {
			for _, r := range rule.Replace {
				o.mappings[rule] = append(o.mappings[rule], o.read(app, fmt.Sprintf("rule %q", rule.Name), r.Formula.Text))
			}
		}
	}
	return o, nil
}

// Value is the value of a cell with the system's eyes; items are in the order of the block's dimensions.
func (o *Oracle) Value(b *cube.Block, items ...cube.ItemID) (v cube.Value, err error) {
	defer catch(&err)
	return o.blockValue(b, o.at(b.Dims, items)), nil
}

// Read says whether a member reads a cell. app is the application that names the block.
func (o *Oracle) Read(member cube.ItemID, app *cube.Application, b *cube.Block, items ...cube.ItemID) (bool, error) {
	d, err := o.Decide(member, app, b, items...)
	return d.Read, err
}

// Write says whether a member writes a cell.
func (o *Oracle) Write(member cube.ItemID, app *cube.Application, b *cube.Block, items ...cube.ItemID) (bool, error) {
	d, err := o.Decide(member, app, b, items...)
	return d.Write, err
}

// Decide answers SPEC 1 for one cell.
func (o *Oracle) Decide(member cube.ItemID, app *cube.Application, b *cube.Block, items ...cube.ItemID) (d Decision, err error) {
	defer catch(&err)
	p := o.at(b.Dims, items)
	isMember := true
	allowed, withoutScenario := all, all
	for _, f := range o.factorsOf(app, b) {
		r := f.at(member, p)
		allowed &= r
		if f.kind != scenario {
			withoutScenario &= r
		}
		if f.kind == membership && f.direct && r == 0 {
			isMember = false
		}
	}
	forbidden := allowed&cube.Write == 0
	// SPEC 1: write includes read.
	d.Read = allowed&cube.Read != 0
	d.Write = d.Read && !forbidden

	// SPEC 1.2. Reasons for not writing are factors on writing: a cell that only cannot be read says no_read alone.
	calculated := b.Formula != nil && !b.Overridable
	d.Locked = !d.Write || calculated
	note := func(holds bool, reason string) {
		if holds {
			d.Reasons = append(d.Reasons, reason)
		}
	}
	scenarioAlone := forbidden && withoutScenario&cube.Write != 0
	note(!isMember, "no_membership")
	note(!d.Read, "no_read")
	note(forbidden && !scenarioAlone, "no_write")
	note(scenarioAlone, "scenario_read_only")
	note(calculated, "calculated")
	return d, nil
}

// DecideAs answers for a member as whom another one acts (SPEC 1.3): reads are the member's own, writing is false
// and every cell is locked. The reasons before impersonation are the member's own.
func (o *Oracle) DecideAs(admin, member cube.ItemID, app *cube.Application, b *cube.Block, items ...cube.ItemID) (Decision, error) {
	if !o.MayImpersonate(admin, member) {
		return Decision{}, fmt.Errorf("%s may not act as %s", o.ws.Users.Item(admin), o.ws.Users.Item(member))
	}
	d, err := o.Decide(member, app, b, items...)
	d.Write, d.Locked = false, true
	d.Reasons = append(d.Reasons, "impersonation")
	return d, err
}

// MayImpersonate is SPEC 1.3: who may act as whom.
func (o *Oracle) MayImpersonate(admin, member cube.ItemID) bool {
	if admin == member {
		return false
	}
	switch o.ws.Account(admin) {
	case cube.PrimaryOwner:
		return true
	case cube.SecurityAdmin:
		return o.ws.Account(member) != cube.PrimaryOwner
	}
	return false
}

// place is an item for each list of the workspace, by ListID: NoItem where nothing was chosen yet.
type place []cube.ItemID

func (o *Oracle) at(dims []*cube.List, items []cube.ItemID) place {
	if len(items) != len(dims) {
		refuse("%d items for %d dimensions", len(items), len(dims))
	}
	p := make(place, len(o.ws.Lists()))
	for i := range p {
		p[i] = cube.NoItem
	}
	for i, d := range dims {
		p[d.ID] = items[i]
	}
	return p
}

// with is the place with another item of one list.
func (p place) with(l *cube.List, item cube.ItemID) place {
	q := slices.Clone(p)
	q[l.ID] = item
	return q
}

// key numbers the places over dims, so that answers can be remembered in maps.
func (p place) key(dims []*cube.List) uint64 {
	var k uint64
	for _, d := range dims {
		if p[d.ID] < 0 {
			refuse("no item of %s is chosen", d)
		}
		k = k*uint64(d.Len()) + uint64(p[d.ID])
	}
	return k
}

// every calls visit with p at all combinations of the items of lists, the last list fastest.
func (p place) every(lists []*cube.List, visit func(place)) {
	if len(lists) == 0 {
		visit(p)
		return
	}
	for i := range lists[0].Len() {
		p.with(lists[0], cube.ItemID(i)).every(lists[1:], visit)
	}
}

// Sets of dimensions are sorted slices of lists.

func dimSet(lists ...*cube.List) []*cube.List { return union(lists, nil) }

func union(a, b []*cube.List) []*cube.List {
	out := append(slices.Clone(a), b...)
	slices.SortFunc(out, func(x, y *cube.List) int { return int(x.ID) - int(y.ID) })
	return slices.Compact(out)
}

func minus(a, b []*cube.List) []*cube.List {
	var out []*cube.List
	for _, l := range a {
		if !slices.Contains(b, l) {
			out = append(out, l)
		}
	}
	return out
}

func shared(a, b []*cube.List) []*cube.List {
	var out []*cube.List
	for _, l := range a {
		if slices.Contains(b, l) {
			out = append(out, l)
		}
	}
	return out
}

func contains(outer, inner []*cube.List) bool { return len(minus(inner, outer)) == 0 }
