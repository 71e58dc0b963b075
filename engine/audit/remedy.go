package audit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/formula"
	"github.com/cubeward/cubeward/inherit"
)

// maxNeeds is how many cells of a metric a remedy names.
const maxNeeds = 3

// Remedies are what would have to change for a yes: for cube.Read for the cell to be readable, for cube.Write what
// must change besides that for it not to be locked (SPEC 1.2). Each is a sentence without a full stop; all are needed.
// There are none where the answer is yes.
func (e *Explanation) Remedies(category cube.Rights) []string {
	var out []string
	var rules []Factor // by metric: what several rules want of it is one change
	for _, f := range e.Factors {
		if category == cube.Read && f.Read != No || category == cube.Write && f.Write != No {
			continue
		}
		if f.Kind != inherit.Metric || f.Hidden {
			out = append(out, e.ofRole(&f, category)...)
			continue
		}
		i := slices.IndexFunc(rules, func(o Factor) bool { return o.Metric == f.Metric })
		if i < 0 {
			i = len(rules)
			rules = append(rules, Factor{Application: f.Application, Metric: f.Metric})
		}
		rules[i].want(f)
	}
	for _, f := range rules {
		out = append(out, e.rules(&f, category)...)
	}
	if category != cube.Write {
		return out
	}
	if slices.Contains(e.Decision.Reasons, engine.Impersonation) {
		out = append(out, fmt.Sprintf("%s has to do it: whoever acts as somebody else writes nothing", show(e.View.Member().Name())))
	}
	if slices.Contains(e.Decision.Reasons, engine.Calculated) {
		out = append(out, fmt.Sprintf("%s has to be overridable: it is calculated, and nobody changes what a formula computes", show(e.View.Ref().Block.Label())))
	}
	return out
}

// want adds the rules of another factor of the same metric, and what they need.
func (f *Factor) want(o Factor) {
	for _, r := range o.Rules {
		if !slices.Contains(f.Rules, r) {
			f.Rules = append(f.Rules, r)
		}
	}
	f.need(o.Needs)
	f.More = f.More || o.More && len(o.Needs) == maxSources
}

// ofRole are the remedies of one factor that is no rule's.
func (e *Explanation) ofRole(f *Factor, category cube.Rights) []string {
	if f.Hidden {
		return []string{"a restriction that you may not see has to go: ask somebody who may see the whole model"}
	}
	member, app := show(e.View.Member().Name()), show(f.Application.Name)
	role := e.View.Member().Role(f.Application)
	switch f.Kind {
	case inherit.Membership:
		missing := func(o Factor) bool {
			return o.Kind == inherit.RoleDefault && o.Application == f.Application && (category == cube.Read && o.Read == No || category == cube.Write && o.Write == No)
		}
		if slices.ContainsFunc(e.Factors, missing) {
			return nil // what is said of the default says this too
		}
		return []string{fmt.Sprintf("give %s a role in %s", member, app)}
	case inherit.RoleDefault:
		if role == nil {
			return []string{fmt.Sprintf("give %s a role in %s that lets them %s by default", member, app, verb(category))}
		}
		return []string{fmt.Sprintf("let the role %s of %s %s by default, or give %s a role that does", show(role.Name), app, verb(category), member)}
	case inherit.Permission:
		return []string{fmt.Sprintf("give %s a role in %s with the permission %s", member, app, cube.DefineApplicationSecurity)}
	}
	return e.scenario(f, role, category)
}

func verb(category cube.Rights) string {
	if category == cube.Read {
		return "read"
	}
	return "write"
}

// scenario says which access has to change, scenario by scenario.
func (e *Explanation) scenario(f *Factor, role *cube.Role, category cube.Rights) []string {
	s := f.Application.Scenarios
	cells := f.At
	if len(f.Via) == 0 {
		cells = []SourceCell{{e.View.Ref().Block.Dims, e.Cell}}
	}
	var out []string
	for _, c := range cells {
		item := c.Items[slices.Index(c.Dims, s.List)]
		name := show(s.List.Item(item))
		have, ok := s.Access[cube.ScenarioKey{Scenario: item, Role: e.View.Member().Rights().RoleOf(f.Application, e.View.Member().ID())}]
		if !ok {
			have = cube.AccessWrite
		}
		if role != nil && (have == cube.AccessNone || category == cube.Write && have == cube.AccessRead) {
			out = append(out, fmt.Sprintf("give the role %s of %s the access %s to the scenario %s", show(role.Name), show(f.Application.Name), verb(category), name))
		}
		if category == cube.Write && s.ReadOnly[item] {
			out = append(out, fmt.Sprintf("take the scenario %s of %s from read_only", name, show(f.Application.Name)))
		}
	}
	if len(out) == 0 {
		out = append(out, fmt.Sprintf("change the access to scenarios of %s", show(f.Application.Name)))
	}
	if f.More {
		out = append(out, "the same for further scenarios")
	}
	return slices.Compact(out)
}

// rules says what the metric of rules lacks, and where their replacements are BLANK.
func (e *Explanation) rules(f *Factor, category cube.Rights) []string {
	names := make([]string, len(f.Rules))
	for i, r := range f.Rules {
		names[i] = strconv.Quote(r.Name)
	}
	who := "the rule " + names[0] + " needs"
	if n := len(names); n > 1 {
		who = "the rules " + strings.Join(names[:n-1], ", ") + " and " + names[n-1] + " need"
	}
	var cells []string
	var blank []*cube.List
	for _, n := range f.Needs {
		if n.Rights&category == 0 {
			continue
		}
		if i := slices.Index(n.Items, cube.NoItem); i < 0 {
			cells = append(cells, n.text(f.Application))
		} else if !slices.Contains(blank, n.Dims[i]) {
			blank = append(blank, n.Dims[i])
		}
	}
	var out []string
	if len(cells) > 0 || len(blank) == 0 {
		out = append(out, fmt.Sprintf("%s %s to hold %s%s%s", who, show(f.Metric.Name), verb(category), someCells(cells, f.More), e.calculated(f.Metric)))
	}
	for _, l := range blank {
		out = append(out, fmt.Sprintf("%s an item of %s: what they read it from%s is BLANK", who, show(l.NameIn(f.Application)), e.replacement(f, l)))
	}
	return out
}

// someCells names the first of some cells. Where none may be named it says nothing.
func someCells(cells []string, more bool) string {
	if len(cells) == 0 {
		return ""
	}
	at := " at " + strings.Join(cells[:min(len(cells), maxNeeds)], "; ")
	switch n := len(cells) - maxNeeds; {
	case more:
		return at + "; and at more cells"
	case n == 1:
		return at + "; and at 1 more cell"
	case n > 1:
		return at + fmt.Sprintf("; and at %d more cells", n)
	}
	return at
}

// calculated says what the formula of a metric reads: that is what has to change. A viewer is not told formulas.
func (e *Explanation) calculated(metric *cube.Block) string {
	f := e.View.Member().Rights().Plan().Formula(metric)
	if f == nil || e.Viewer != nil {
		return ""
	}
	var names []string
	for b := range formula.Blocks(f) {
		name := b.Label()
		if b.App != nil && b.App != metric.App {
			name = b.String()
		}
		if b.Kind != cube.ItemSet && !slices.Contains(names, show(name)) {
			names = append(names, show(name))
		}
	}
	if len(names) == 0 {
		return " (a formula computes it)"
	}
	return " (a formula computes it from " + strings.Join(names, ", ") + ")"
}

// replacement is the formula that a rule reads a dimension from. A viewer is not told formulas.
func (e *Explanation) replacement(f *Factor, l *cube.List) string {
	if e.Viewer == nil {
		for _, rule := range f.Rules {
			for _, r := range rule.Replace {
				if r.List == l {
					return fmt.Sprintf(" (%s)", strings.Join(strings.Fields(r.Formula.Text), " "))
				}
			}
		}
	}
	return ""
}

// text is a cell as Dimension=Item, …
func (c SourceCell) text(app *cube.Application) string {
	if len(c.Dims) == 0 {
		return "its only cell"
	}
	parts := make([]string, len(c.Dims))
	for i, d := range c.Dims {
		parts[i] = show(d.NameIn(app)) + "=" + show(d.Item(c.Items[i]))
	}
	return strings.Join(parts, ", ")
}

// show is a name in a sentence: as it is, in quotes where it has to be.
func show(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return !strconv.IsPrint(r) }) || strings.TrimSpace(name) != name || name == "" {
		return strconv.Quote(name)
	}
	return name
}
