package audit

import (
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
)

// What follows compares what two models state, by names and whatever the order. Places in files do not count.

// sameDims says whether two blocks have the same dimensions, in any order.
func sameDims(a, b *cube.Block) bool {
	return len(a.Dims) == len(b.Dims) && sameSet(a.Dims, b.Dims, (*cube.List).String)
}

// sameSet says whether the same names stand in both.
func sameSet[T any](a, b []T, name func(T) string) bool {
	names := func(of []T) []string {
		out := make([]string, len(of))
		for i, x := range of {
			out[i] = name(x)
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	return slices.Equal(names(a), names(b))
}

func sameRole(a, b *cube.Role) bool {
	return a.Read == b.Read && a.Write == b.Write && a.Has(cube.DefineApplicationSecurity) == b.Has(cube.DefineApplicationSecurity)
}

// ruleOf is the rule of a name, nil where there is none.
func ruleOf(ws *cube.Workspace, app, name string) *cube.Rule {
	a := ws.Application(app)
	if a == nil {
		return nil
	}
	if i := slices.IndexFunc(a.Rules, func(r *cube.Rule) bool { return r.Name == name }); i >= 0 {
		return a.Rules[i]
	}
	return nil
}

// sameRule says whether two rules are the same.
func sameRule(a, b *cube.Rule) bool {
	return sameSaying(a, b) && a.Categories == b.Categories && a.Ignore == b.Ignore && a.Target == b.Target &&
		sameSet(a.Blocks, b.Blocks, blockName) && sameSet(a.Dims, b.Dims, (*cube.List).String)
}

// sameSaying says whether two rules look up the same, whatever they govern.
func sameSaying(a, b *cube.Rule) bool {
	replaced := func(r cube.Replacement) string { return r.List.String() + "\x00" + canonical(r.Formula.Text) }
	return blockName(a.Metric) == blockName(b.Metric) && sameDims(a.Metric, b.Metric) && sameSet(a.Replace, b.Replace, replaced)
}

// blockName tells blocks apart, also a metric and a property that are written alike.
func blockName(b *cube.Block) string { return b.Describe() + " " + b.String() }

func sameScenarios(a, b *cube.Application) bool {
	x, y := a.Scenarios, b.Scenarios
	if x == nil || y == nil || x.List.String() != y.List.String() {
		return x == y
	}
	for i, name := range x.List.Items() {
		k, ok := y.List.Find(name)
		if !ok {
			continue
		}
		for role, r := range a.Roles {
			if as, ok := b.RoleList.Find(r.Name); ok && x.Rights(cube.ItemID(i), cube.ItemID(role)) != y.Rights(k, as) {
				return false
			}
		}
	}
	return true
}

func sameSettings(a, b *cube.Application) bool {
	return a.InheritWithin == b.InheritWithin && a.Workspace().ResetAcrossApplications == b.Workspace().ResetAcrossApplications
}

// sameFormula says whether two blocks are calculated alike, spaces and comments apart.
func sameFormula(a, b *cube.Block) bool {
	if a.Formula == nil || b.Formula == nil {
		return a.Formula == nil && b.Formula == nil
	}
	return a.Formula.Text == b.Formula.Text || canonical(a.Formula.Text) == canonical(b.Formula.Text)
}

// canonical is a formula as it is printed.
func canonical(text string) string {
	n, err := formula.Parse(text)
	if err != nil {
		return text
	}
	return formula.Print(n)
}
