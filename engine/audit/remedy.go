package audit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/inherit"
)

// maxNeeds is how many cells of a metric a remedy names.
const maxNeeds = 3

// Remedies are what would have to change for a yes, all of it: one sentence, without a full stop, for each factor that
// denies. For cube.Write they are those without which the cell stays locked (SPEC 1.2), what denies reading among
// them. There are none where the answer is yes.
func (e *Explanation) Remedies(category cube.Rights) []string {
	var out []string
	for _, f := range e.Denying(category) {
		out = append(out, e.remedies(&f, category)...)
	}
	if category == cube.Write && slices.Contains(e.Decision.Reasons, engine.Impersonation) {
		out = append(out, fmt.Sprintf("%s has to do it: whoever acts as somebody else writes nothing", show(e.View.Member().Name())))
	}
	if category == cube.Write && slices.Contains(e.Decision.Reasons, engine.Calculated) {
		out = append(out, fmt.Sprintf("%s has to be overridable: it is calculated, and nobody changes what a formula computes", show(e.View.Ref().Block.Label())))
	}
	return out
}

// remedies are those of one factor, in a category and, for cube.Write, in reading.
func (e *Explanation) remedies(f *Factor, category cube.Rights) []string {
	if f.Hidden {
		return []string{"a restriction that you may not see has to go: ask somebody who may see the whole model"}
	}
	lacks := cube.Rights(0)
	if f.Read == No {
		lacks |= cube.Read
	}
	if f.Write == No && category == cube.Write {
		lacks |= cube.Write
	}
	member, app := show(e.View.Member().Name()), show(f.Application.Name)
	role := e.View.Member().Role(f.Application)
	switch f.Kind {
	case inherit.Membership:
		return []string{fmt.Sprintf("give %s a role in %s", member, app)}
	case inherit.RoleDefault:
		if role == nil {
			return []string{fmt.Sprintf("give %s a role in %s that lets them %s by default", member, app, verbs(lacks))}
		}
		return []string{fmt.Sprintf("let the role %s of %s %s by default, or give %s a role that does", show(role.Name), app, verbs(lacks), member)}
	case inherit.Permission:
		return []string{fmt.Sprintf("give %s a role in %s with the permission %s", member, app, cube.DefineApplicationSecurity)}
	case inherit.Scenario:
		return e.scenario(f, role, lacks)
	}
	return e.rule(f, lacks)
}

func verbs(r cube.Rights) string {
	switch r {
	case cube.Read:
		return "read"
	case cube.Write:
		return "write"
	}
	return "read and write"
}

// scenario says which access has to change, scenario by scenario.
func (e *Explanation) scenario(f *Factor, role *cube.Role, lacks cube.Rights) []string {
	s := f.Application.Scenarios
	cells := f.At
	if len(f.Via) == 0 {
		cells = []SourceCell{{e.View.Ref().Block.Dims, e.Cell}}
	}
	var out []string
	for _, c := range cells {
		item := c.Items[slices.Index(c.Dims, s.List)]
		name := show(s.List.Item(item))
		have, ok := s.Access[cube.ScenarioKey{Scenario: item, Role: f.Application.RoleOf(e.View.Member().ID())}]
		if !ok {
			have = cube.AccessWrite
		}
		switch {
		case lacks&cube.Write != 0 && have < cube.AccessWrite && role != nil:
			out = append(out, fmt.Sprintf("give the role %s of %s the access write to the scenario %s", show(role.Name), show(f.Application.Name), name))
		case lacks&cube.Read != 0 && have < cube.AccessRead && role != nil:
			out = append(out, fmt.Sprintf("give the role %s of %s the access read to the scenario %s", show(role.Name), show(f.Application.Name), name))
		}
		if lacks&cube.Write != 0 && s.ReadOnly[item] {
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

// rule says what the metric of a rule lacks, and where a replacement is BLANK.
func (e *Explanation) rule(f *Factor, lacks cube.Rights) []string {
	names := make([]string, len(f.Rules))
	for i, r := range f.Rules {
		names[i] = strconv.Quote(r.Name)
	}
	rules := "the rule " + strings.Join(names, ", ")
	if len(names) > 1 {
		rules = "the rules " + strings.Join(names, ", ")
	}
	var cells []string
	var blank []*cube.List
	for _, n := range f.Needs {
		if n.Rights&lacks == 0 {
			continue
		}
		none := slices.Index(n.Items, cube.NoItem)
		if none >= 0 {
			if !slices.Contains(blank, n.Dims[none]) {
				blank = append(blank, n.Dims[none])
			}
			continue
		}
		cells = append(cells, n.text(f.Application))
	}
	var out []string
	if len(cells) > 0 || len(blank) == 0 {
		at := "where it decides"
		if len(cells) > 0 {
			at = "at " + strings.Join(cells[:min(len(cells), maxNeeds)], "; ")
		}
		switch more := len(cells) - maxNeeds; {
		case f.More && len(cells) > 0:
			at += "; and elsewhere"
		case more > 0:
			at += fmt.Sprintf("; and %d more", more)
		}
		out = append(out, fmt.Sprintf("%s needs %s to hold %s %s", rules, show(f.Metric.Name), verbs(lacks), at))
	}
	for _, l := range blank {
		out = append(out, fmt.Sprintf("%s needs an item of %s here: what it reads that from%s is BLANK", rules, show(l.Name), e.replacement(f, l)))
	}
	return out
}

// replacement is the formula that a rule reads a dimension from. A viewer is not told formulas.
func (e *Explanation) replacement(f *Factor, l *cube.List) string {
	if e.Viewer == nil {
		for _, r := range f.Rules[0].Replace {
			if r.List == l {
				return fmt.Sprintf(" (%s)", strings.Join(strings.Fields(r.Formula.Text), " "))
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
