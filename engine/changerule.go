package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
)

func (x SetRule) what() string { return fmt.Sprintf("rule %q", x.Name) }

// apply leaves to cube.Workspace.Validate and inherit.Resolve what they check: here is only what gets lost when names
// become pointers.
func (x SetRule) apply(c *changing) {
	app := c.application(x.Application)
	if app == nil {
		return
	}
	r := &cube.Rule{Name: x.Name, Categories: x.Access, Ignore: x.Ignore}
	if r.Categories == 0 {
		r.Categories = cube.Read | cube.Write
	}
	before := len(c.errs)
	r.Metric = c.metric(x.Metric, app.Name)
	x.target(c, app, r)
	x.replace(c, app, r)
	if len(c.errs) > before {
		return
	}
	if i := ruleAt(app, x.Name); i >= 0 {
		r.Pos = app.Rules[i].Pos
		app.Rules[i] = r
		return
	}
	app.Rules = append(app.Rules, r)
}

func ruleAt(app *cube.Application, name string) int {
	return slices.IndexFunc(app.Rules, func(r *cube.Rule) bool { return r.Name == name })
}

// target reads what the rule is on: exactly one of the five (SPEC 2.7). A target that stands twice counts once.
func (x SetRule) target(c *changing, app *cube.Application, r *cube.Rule) {
	given := 0
	for target, is := range map[cube.RuleTarget]bool{
		cube.OnMetrics: len(x.Metrics) > 0, cube.OnDimensions: len(x.Dimensions) > 0, cube.OnProperties: len(x.Properties) > 0,
		cube.OnItems: len(x.Items) > 0, cube.OnEverything: x.Everything,
	} {
		if is {
			given++
			r.Target = target
		}
	}
	if given != 1 {
		c.fail("exactly one of Metrics, Dimensions, Properties, Items and Everything must be given, not %d", given)
		return
	}
	add := func(b *cube.Block) {
		if b != nil && !slices.Contains(r.Blocks, b) {
			r.Blocks = append(r.Blocks, b)
		}
	}
	for _, name := range x.Metrics {
		add(c.metric(name, app.Name))
	}
	for _, name := range x.Dimensions {
		if l := c.list(name, app.Name); l != nil && !slices.Contains(r.Dims, l) {
			r.Dims = append(r.Dims, l)
		}
	}
	for _, name := range x.Items {
		if l := c.list(name, app.Name); l != nil {
			add(l.ItemSet)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(x.Properties)) {
		l := c.list(name, app.Name)
		if l == nil {
			continue
		}
		if len(x.Properties[name]) == 0 {
			c.fail("the properties of %q may not be empty", name)
		}
		for _, p := range x.Properties[name] {
			add(c.property(l, strings.TrimPrefix(p, app.Name+"::")))
		}
	}
}

func (x SetRule) replace(c *changing, app *cube.Application, r *cube.Rule) {
	for _, name := range slices.Sorted(maps.Keys(x.Replace)) {
		l := c.list(name, app.Name)
		if l == nil {
			continue
		}
		if slices.ContainsFunc(r.Replace, func(o cube.Replacement) bool { return o.List == l }) {
			c.fail("%q is replaced twice", name)
			continue
		}
		r.Replace = append(r.Replace, cube.Replacement{List: l, Formula: cube.Formula{Text: x.Replace[name], Author: cube.NoItem}})
	}
}

func (x RemoveRule) what() string { return fmt.Sprintf("the rule %q to be removed", x.Name) }

func (x RemoveRule) apply(c *changing) {
	app := c.application(x.Application)
	if app == nil {
		return
	}
	i := ruleAt(app, x.Name)
	if i < 0 {
		names := make([]string, len(app.Rules))
		for i, r := range app.Rules {
			names[i] = r.Name
		}
		c.fail("%s has no such rule%s", app.Name, didYouMean(x.Name, names))
		return
	}
	app.Rules = slices.Delete(app.Rules, i, i+1)
}

func (x SetFormula) what() string { return fmt.Sprintf("the formula of %q", x.Block) }

func (x SetFormula) apply(c *changing) {
	b := c.find(x.Block, "")
	if b == nil {
		return
	}
	if b.Kind == cube.ItemSet || b.Reserved() {
		c.fail("%s has no formula", b.Describe())
		return
	}
	f := &cube.Formula{Text: x.Formula, Author: cube.NoItem}
	if x.Author != "" {
		var ok bool
		if f.Author, ok = c.member(x.Author); !ok {
			return
		}
	}
	b.Formula = f
}
