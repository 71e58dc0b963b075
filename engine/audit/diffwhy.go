package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/inherit"
)

// tracedBlock is the stated factors of a block on one side.
type tracedBlock struct {
	*engine.Trace
	stated []string         // how the model states each factor
	alike  map[string][]int // the factors that are stated so
}

func tracedOf(t *engine.Trace) *tracedBlock {
	out := &tracedBlock{t, make([]string, len(t.Factors)), map[string][]int{}}
	for i := range t.Factors {
		key := stated(t, i)
		out.stated[i], out.alike[key] = key, append(out.alike[key], i)
	}
	return out
}

// stated is how the model states a factor, its rules apart: equal for the same one of another model, cut or not.
func stated(t *engine.Trace, i int) string {
	f := t.Factors[i]
	return fmt.Sprintf("%d %d %d %q %q", f.Kind, t.Category(i), f.Source.Kind, f.Source, t.Origin(i).Name)
}

// reasoning looks for what changed the rights of one kind of members in one block.
type reasoning struct {
	*blockDiff
	kind   *memberKind
	held   func(side int, b *cube.Block) *cube.Column // values of a block; nil: not known
	traces [2]*engine.Trace
	unheld map[*cube.Block]bool // given values that were looked for and that rights do not hold
	err    error                // the first that values could not be read for
}

func (c *blockDiff) reasoning(ctx context.Context, k *memberKind) (*reasoning, error) {
	x := &reasoning{blockDiff: c, kind: k}
	x.held = func(s int, b *cube.Block) *cube.Column {
		col, err := c.side(s).Values(ctx, b)
		var missing *engine.NotHeldError // rights of a file hold what explanations read; what else there is goes unnamed
		if err != nil && !errors.As(err, &missing) && x.err == nil {
			x.err = err
		}
		if err != nil {
			return nil
		}
		return col
	}
	for s := range x.traces {
		v, err := c.view(s, k)
		if err != nil {
			return nil, err
		}
		if x.traces[s], err = c.stated[s].Of(ctx, v); err != nil {
			return nil, err
		}
		if c.traced[s] == nil {
			c.traced[s] = tracedOf(x.traces[s])
		}
	}
	return x, nil
}

// factor is why factor i of a side denies cells, which nothing does on the other side: it calls add with each thing that
// changed, and the cells that it leaves alone.
func (x *reasoning) factor(s, i int, cells region, add func([]Why, constraint) error) error {
	says, err := x.says(s, i)
	if err != nil {
		return err
	}
	count, cut := x.counterparts(s, i)
	if found := x.restated(s, i, count, cut); found != nil {
		return add(found, says)
	}
	if len(count) > 0 && len(x.traces[s].Factors[i].Rules) > 0 {
		return x.metricChanged(s, i, count[0], add)
	}
	here := bitmap.Set{}
	_, id := x.traces[s].Set(i)
	if len(x.traces[s].Factors[i].Rules) > 0 {
		_, here, id = x.traces[s].Holding(i)
	}
	return x.wayChanged(s, i, here, []uint64{uint64(id)}, add)
}

// restated is what changed in how the model states factor i, for all cells alike: the members' role, a rule, what was
// cut. Nil where it is stated as it was.
func (x *reasoning) restated(s, i int, count, cut []int) []Why {
	if found := x.roleChanged(s, i); found != nil {
		return found
	}
	rules := x.traces[s].Factors[i].Rules
	switch {
	case len(count) > 0:
		return x.rules(s, rules, sameSaying)
	case len(cut) > 0:
		return x.cutChanged(s, cut)
	case !x.statedStill(s, i):
		if found := x.rules(s, rules, sameRule); found != nil {
			return found
		}
		return x.rules(1-s, x.ignoring(s, i), sameRule)
	}
	return nil
}

// statedStill says whether the other side states factor i on the same block, wherever that is read.
func (x *reasoning) statedStill(s, i int) bool {
	f, t := x.traces[s].Factors[i], x.traces[s]
	other := x.side(1 - s)
	app, source := other.Workspace().Application(t.Origin(i).Name), sameBlock(other.Workspace(), f.Source)
	if app == nil || source == nil {
		return false
	}
	for _, d := range other.Plan().State(app, source).Direct {
		if d.Kind == f.Kind && other.Plan().Node(d.Node).Category == t.Category(i) && (f.Kind != inherit.Metric || shareRule(d.Rules, f.Rules)) {
			return true
		}
	}
	return false
}

// shareRule says whether a rule of the same name stands in both.
func shareRule(a, b []*cube.Rule) bool {
	return slices.ContainsFunc(a, func(r *cube.Rule) bool {
		return slices.ContainsFunc(b, func(o *cube.Rule) bool { return o.Name == r.Name })
	})
}

// counterparts are the factors of the other side that are stated as factor i is (of rules, by one of its rules), those
// that count and those that were cut.
func (x *reasoning) counterparts(s, i int) (count, cut []int) {
	o, rules := x.traced[1-s], x.traced[s].Factors[i].Rules
	for _, j := range o.alike[x.traced[s].stated[i]] {
		switch f := o.Factors[j]; {
		case len(rules) > 0 && !shareRule(f.Rules, rules):
		case f.Cut == inherit.NotCut:
			count = append(count, j)
		default:
			cut = append(cut, j)
		}
	}
	return count, cut
}

// roleChanged is another role of the members, or what a role may do.
func (x *reasoning) roleChanged(s, i int) []Why {
	kind, app := x.traces[s].Factors[i].Kind, x.traces[s].Origin(i)
	if kind == inherit.Metric {
		return nil
	}
	other := x.side(1 - s).Workspace().Application(app.Name)
	if other == nil {
		return []Why{x.ordered(s, Why{Kind: BlockChange, Old: app.Name})}
	}
	if why, ok := x.roleGiven(s, app, other); ok {
		return []Why{why}
	}
	role := x.member(s).Role(app)
	if count, _ := x.counterparts(s, i); len(count) == 0 || role == nil {
		return nil
	}
	switch was := x.member(1 - s).Role(other); {
	case kind == inherit.Scenario && !sameScenarios(app, other):
		return []Why{{Kind: ScenariosChange, Application: app.Name}}
	case kind != inherit.Scenario && !sameRole(role, was):
		return []Why{both(RoleDefined, app.Name, role.Name)}
	}
	return nil
}

// member is one of the kind on a side.
func (x *reasoning) member(s int) *engine.Member { return x.side(s).MemberAt(x.kind.first[s]) }

// roleGiven says whether the members have another role in an application.
func (x *reasoning) roleGiven(s int, app, other *cube.Application) (Why, bool) {
	name := func(r *cube.Role) string {
		if r == nil {
			return ""
		}
		return r.Name
	}
	a, b := name(x.member(s).Role(app)), name(x.member(1-s).Role(other))
	why := Why{Kind: RoleGiven, Application: app.Name, Old: a, New: b}
	if s == newSide {
		why.Old, why.New = b, a
	}
	return why, a != b
}

// ordered is a Why whose Old is the name on side s, the other side having none.
func (x *reasoning) ordered(s int, why Why) Why {
	if s == newSide {
		why.Old, why.New = why.New, why.Old
	}
	return why
}

// rules are those that the other side lacks, or that are not the same there.
func (x *reasoning) rules(s int, rules []*cube.Rule, same func(a, b *cube.Rule) bool) []Why {
	var found []Why
	for _, r := range rules {
		app := r.Metric.App
		twin := ruleOf(x.side(1-s).Workspace(), app.Name, r.Name)
		switch {
		case twin == nil:
			found = append(found, x.ordered(s, Why{Kind: RuleChange, Application: app.Name, Old: r.Name}))
		case !same(r, twin):
			found = append(found, both(RuleChange, app.Name, r.Name))
		}
	}
	return found
}

// cutChanged is what cuts factors on the other side, and did not here.
func (x *reasoning) cutChanged(s int, cut []int) []Why {
	for _, j := range cut {
		f := x.traces[1-s].Factors[j]
		switch here := sameBlock(x.side(s).Workspace(), f.CutAt); {
		case f.Cut == inherit.ByIgnore:
			if found := x.rules(1-s, f.CutBy, sameRule); found != nil {
				return found
			}
		case f.Cut == inherit.ByPublic && here != nil && !here.Public:
			return []Why{x.ordered(1-s, Why{Kind: PublicChange, Old: f.CutAt.String()})}
		case f.Cut == inherit.ByReset && (here == nil || !sameFormula(here, f.CutAt)):
			return []Why{whyOf(FormulaChange, f.CutAt)}
		}
	}
	return nil
}

// ignoring are the `ignore` rules of the other side that may lift a factor like i: what is lifted from an item set does not
// reach the list's properties, and is not among their factors.
func (x *reasoning) ignoring(s, i int) []*cube.Rule {
	f := x.traces[s].Factors[i]
	name := cube.UsersRolesName
	if len(f.Rules) > 0 {
		name = f.Rules[0].Metric.Name
	}
	app := x.side(1 - s).Workspace().Application(x.traces[s].Origin(i).Name)
	if app == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(app.Rules), func(r *cube.Rule) bool { return !r.Ignore || r.Metric.Name != name })
}

// moved is a cell of a block of one workspace, over dims, as the block of another one over the dimensions to has it;
// false where that lacks it.
func moved(cell []cube.ItemID, dims, to []*cube.List) ([]cube.ItemID, bool) {
	out := make([]cube.ItemID, len(to))
	for i, l := range to {
		k := slices.IndexFunc(dims, func(d *cube.List) bool { return d.String() == l.String() })
		if k < 0 || cell[k] < 0 {
			return nil, false
		}
		id, ok := l.Find(dims[k].Item(cell[k]))
		if !ok {
			return nil, false
		}
		out[i] = id
	}
	return out, true
}
