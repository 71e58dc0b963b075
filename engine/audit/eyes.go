package audit

import (
	"context"
	"fmt"
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/inherit"
)

// UntoldError says that somebody may not be told why: they may not know the block or the cell that is asked about.
type UntoldError struct{ Viewer string }

// Error names the viewer, and nothing of what they asked about.
func (e *UntoldError) Error() string {
	return fmt.Sprintf("%q may not be told: they read no cell of that block, or may not see an item that the question names", e.Viewer)
}

// For is the explanation as a viewer may be told it (SPEC 1.4, explain --for). The viewer may be the member asked
// about. They are told:
//
//   - the decision, if they read any cell of the block and see every item of the cell; else an *UntoldError;
//   - membership, the role's default, the permission and the scenario of applications in which they have a role;
//   - a rule, with its name and metric, if they read any cell of that metric. An `ignore` rule on Users roles needs the
//     permission define_application_security, as other rules do by their metrics;
//   - a factor that came over other blocks only if they read any cell of each; never what formulas do on the way;
//   - source cells, and cells of metrics, whose items they all see: the first 20 of those;
//   - what was cut, under the same conditions: where it was cut is the block asked about, or one on the way.
//
// All other factors that deny become a single hidden one, after the others that deny reading or, where it denies only
// writing, after those that do that. It says what they deny and nothing else. Those that grant, or were cut, are left
// out: that they exist is not told. A denial that came over several ways is told if it came over one that may be told.
// The reason scenario_read_only becomes no_write where not all that forbids writing may be told.
func (e *Explanation) For(ctx context.Context, viewer *engine.Member) (Explanation, error) {
	v := &eyes{viewer: viewer, blocks: map[*cube.Block]bool{}}
	may := v.block(e.View.Ref().Block) && v.cell(e.View.Ref().Block.Dims, e.Cell)
	if v.err != nil {
		return Explanation{}, v.err
	}
	if !may {
		return Explanation{}, &UntoldError{viewer.Name()}
	}
	x := explainer{eyes: v, Explanation: Explanation{View: e.View, Viewer: viewer, Cell: e.Cell, Decision: e.View.Decide(e.Cell...)}}
	if err := x.run(ctx); err != nil {
		return Explanation{}, err
	}
	if v.err != nil {
		return Explanation{}, v.err
	}
	return x.Explanation, nil
}

// eyes are what a viewer may be told the names of.
type eyes struct {
	viewer *engine.Member
	blocks map[*cube.Block]bool
	err    error // the first that came up; whoever asks denies then
}

// application says whether the viewer has a role in an application.
func (v *eyes) application(app *cube.Application) bool { return v.viewer.Role(app) != nil }

// namer is the application through which the viewer looks at a block. User belongs to none: any that the viewer has a
// role in will do.
func (v *eyes) namer(b *cube.Block) *cube.Application {
	if b.App != nil {
		return b.App
	}
	apps := v.viewer.Rights().Workspace().Applications
	return apps[max(slices.IndexFunc(apps, v.application), 0)]
}

// block says whether the viewer reads any cell of a block.
func (v *eyes) block(b *cube.Block) bool {
	may, ok := v.blocks[b]
	if !ok {
		some, err := v.any(b)
		if err != nil && v.err == nil {
			v.err = err
		}
		may = err == nil && some
		v.blocks[b] = may
	}
	return may
}

func (v *eyes) any(b *cube.Block) (bool, error) {
	view, err := v.viewer.Block(engine.Ref{App: v.namer(b), Block: b})
	if err != nil {
		return false, err
	}
	return view.Any(engine.Readable, nil)
}

// cell says whether the viewer sees all items of a cell. NoItem names none.
func (v *eyes) cell(dims []*cube.List, items []cube.ItemID) bool {
	for i, l := range dims {
		if items[i] < 0 {
			continue
		}
		view, err := v.viewer.Block(engine.Ref{App: v.namer(l.ItemSet), Block: l.ItemSet})
		if err != nil && v.err == nil {
			v.err = err
		}
		if err != nil || !view.Read(items[i]) {
			return false
		}
	}
	return true
}

// rule says whether the viewer may be told of a rule.
func (v *eyes) rule(r *cube.Rule) bool {
	role := v.viewer.Role(r.Metric.App)
	return role != nil && role.Has(cube.DefineApplicationSecurity) && v.block(r.Metric)
}

// factor says whether the viewer may be told what a factor is, its way apart.
func (v *eyes) factor(f *Factor) bool {
	missing := func(r *cube.Rule) bool { return !v.rule(r) }
	return v.application(f.Application) && !slices.ContainsFunc(f.Rules, missing) && !slices.ContainsFunc(f.CutBy, missing)
}

// hide puts one factor for all that may not be told, where they deny anything that counts, and takes away a reason
// that would tell what they are.
func (x *explainer) hide(hidden []Factor) {
	one := Factor{Hidden: true}
	for _, f := range hidden {
		told := slices.ContainsFunc(x.Factors, func(o Factor) bool {
			return f.ofRole() && o.Kind == f.Kind && o.Application == f.Application && (o.Read == No && f.Read == No || o.Write == No && f.Write == No)
		})
		if f.Cut != inherit.NotCut || !f.Denies() || told {
			continue
		}
		one.Read, one.Write = hideSay(one.Read, f.Read), hideSay(one.Write, f.Write)
	}
	if one.Denies() {
		x.Factors = append(x.Factors, one)
		order(x.Factors)
	}
	scenario := func(f Factor) bool { return f.Kind == inherit.Scenario && !f.Hidden && f.Write == No }
	told := one.Write != No && slices.ContainsFunc(x.Factors, scenario)
	if i := slices.Index(x.Decision.Reasons, engine.ScenarioReadOnly); i >= 0 && !told {
		x.Decision.Reasons = slices.Clone(x.Decision.Reasons)
		x.Decision.Reasons[i] = engine.NoWrite
	}
}

func hideSay(a, b Say) Say {
	if a == No || b == No {
		return No
	}
	return a
}
