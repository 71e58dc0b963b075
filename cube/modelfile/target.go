package modelfile

import (
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// ruleTarget reads what a rule is on.
func (l *loader) ruleTarget(a *application, r *cube.Rule, o object, n *node) {
	what := "\"on\" of rule " + quote(r.Name)
	on, ok := l.object(a.src, n, what, "metrics", "dimensions", "properties", "items", "everything")
	switch {
	case !ok:
		return
	case len(n.kids) != 2:
		l.mistake(a.src.pos(n), "%s must have exactly one of metrics, dimensions, properties, items, everything", what)
		return
	case len(on.fields) != 1 || on.fields[0].value == nil:
		return
	}
	seen := map[*cube.Block]bool{} // a target that stands twice counts once
	key, value := on.fields[0].name, on.fields[0].value
	empty := (value.kind == sequenceNode || value.kind == mappingNode) && len(value.kids) == 0
	switch {
	case empty:
		l.mistake(a.src.pos(value), "%s: %q may not be empty", what, key)
	case key == "everything":
		r.Target = cube.OnEverything
		if !l.flag(on, key, true) {
			l.mistake(a.src.pos(value), "%s: everything may only be true", what)
		}
	case key == "properties":
		r.Target = cube.OnProperties
		l.onProperties(a, r, seen, value)
	default:
		names, _ := l.names(a.src, value, key)
		for _, e := range names {
			l.target(a, r, seen, key, e)
		}
	}
}

// target reads one name under metrics, dimensions or items. seen holds the targets before it, lists as their item sets.
func (l *loader) target(a *application, r *cube.Rule, seen map[*cube.Block]bool, key string, e entry) {
	switch key {
	case "metrics":
		r.Target = cube.OnMetrics
		m := l.metric(a, e.key, e.name)
		switch {
		case m == nil:
		case m.Block == a.UsersRoles:
			l.mistake(a.src.pos(e.key), "rule %s: no rule governs the metric %q", quote(r.Name), cube.UsersRolesName)
		case m.Type.Kind == cube.AccessRights:
			l.mistake(a.src.pos(e.key), "rule %s: no rule governs a metric of type access_rights, such as %s", quote(r.Name), quote(m.Name))
		default:
			a.addTarget(r, seen, m.Block, e.key)
		}
	case "dimensions":
		r.Target = cube.OnDimensions
		if x := l.list(a.src, a, e.key, e.name); x != nil && !seen[x.ItemSet] {
			seen[x.ItemSet] = true
			r.Dims = append(r.Dims, x.List)
			r.TargetPos = append(r.TargetPos, a.src.pos(e.key))
		}
	case "items":
		r.Target = cube.OnItems
		if x := l.targetList(a, r, e); x != nil {
			a.addTarget(r, seen, x.ItemSet, e.key)
		}
	}
}

// addTarget adds a block to a rule's targets, once.
func (a *application) addTarget(r *cube.Rule, seen map[*cube.Block]bool, b *cube.Block, n *node) {
	if !seen[b] {
		seen[b] = true
		r.Blocks = append(r.Blocks, b)
		r.TargetPos = append(r.TargetPos, a.src.pos(n))
	}
}

// targetList finds a list that rules of the application can target.
func (l *loader) targetList(a *application, r *cube.Rule, e entry) *list {
	x := l.list(a.src, a, e.key, e.name)
	switch {
	case x == nil:
		return nil
	case x.Reserved:
		l.mistake(a.src.pos(e.key), "rule %s: no rule governs the list %s", quote(r.Name), quote(x.Name))
		return nil
	case x.app != a:
		l.mistake(a.src.pos(e.key), "rule %s: %s is a list of another application; rules govern those of their own", quote(r.Name), quote(e.name))
		return nil
	}
	return x
}

func (l *loader) onProperties(a *application, r *cube.Rule, seen map[*cube.Block]bool, n *node) {
	lists, _ := l.entries(a.src, n, "properties")
	for _, e := range lists {
		x := l.targetList(a, r, e)
		if x == nil || e.value == nil {
			continue
		}
		if e.value.kind == sequenceNode && len(e.value.kids) == 0 {
			l.mistake(a.src.pos(e.value), "rule %s: the properties of %s may not be empty", quote(r.Name), quote(e.name))
			continue
		}
		names, _ := l.names(a.src, e.value, "properties of "+quote(e.name))
		for _, e := range names {
			p := x.properties[e.name]
			if p == nil {
				p = x.properties[a.own(e.name)]
			}
			switch {
			case p == nil:
				l.mistake(a.src.pos(e.key), "rule %s: list %s has no property %s%s", quote(r.Name), quote(x.Name), quote(e.name),
					l.didYouMean(e.name, x.propertyNames))
			case p.Block != nil:
				a.addTarget(r, seen, p.Block, e.key)
			}
		}
	}
}

func (x *list) propertyNames() []string {
	names := make([]string, len(x.order))
	for i, p := range x.order {
		names[i] = p.name
	}
	return names
}

// replace reads the replacements of a rule's dimensions.
func (l *loader) replace(a *application, r *cube.Rule, m *metric, o object, e *entry) {
	if r.Ignore {
		l.mistake(a.src.pos(e.key), "rule %s: a rule with scope: ignore may not have %q", quote(r.Name), "replace")
		return
	}
	if e.value == nil {
		return
	}
	entries, _ := l.entries(a.src, e.value, "replace")
	for _, e := range entries {
		x := l.list(a.src, a, e.key, e.name)
		switch {
		case x == nil || e.value == nil || m == nil || m.Block == a.UsersRoles:
			continue
		case x == l.users || !slices.Contains(m.Dims, x.List):
			l.mistake(a.src.pos(e.key), "rule %s: %s is no dimension of metric %s that can be replaced", quote(r.Name), quote(e.name), quote(m.Name))
			continue
		case slices.ContainsFunc(r.Replace, func(p cube.Replacement) bool { return p.List == x.List }):
			l.mistake(a.src.pos(e.key), "rule %s: %s is replaced twice", quote(r.Name), quote(e.name))
			continue
		}
		if text, ok := l.text(a.src, e.value, "a replacement"); ok {
			f := cube.Formula{Text: text, Pos: a.src.pos(e.value), Author: cube.NoItem}
			r.Replace = append(r.Replace, cube.Replacement{List: x.List, Formula: f})
		}
	}
}
