package modelfile

import "github.com/cubeward/cubeward/cube"

// loadScenarios reads who may see and change what of each scenario (SPEC 2.6).
func (l *loader) loadScenarios(a *application) {
	n := a.def.get("scenarios")
	if n == nil {
		return
	}
	o, ok := l.object(a.src, n, "scenarios", "list", "access", "read_only")
	if !ok {
		return
	}
	at := o.need(l, "list")
	if at == nil {
		return
	}
	name, ok := l.name(a.src, at, "the list of scenarios")
	if !ok {
		return
	}
	x := l.list(a.src, a, at, name)
	switch {
	case x == nil:
		return
	case x.app != a || x.Reserved:
		l.mistake(a.src.pos(at), "the list of scenarios must be a list of this application")
		return
	}
	s := &cube.Scenarios{List: x.List, Access: map[cube.ScenarioKey]cube.Access{}, ReadOnly: map[cube.ItemID]bool{}, Pos: a.src.pos(n)}
	if n := o.get("access"); n != nil {
		l.scenarioAccess(a, s, x, n)
	}
	if n := o.get("read_only"); n != nil {
		names, _ := l.names(a.src, n, "read_only")
		for _, e := range names {
			if id := l.scenario(a, x, e); id != cube.NoItem {
				s.ReadOnly[id] = true
			}
		}
	}
	a.Scenarios = s
}

// scenario reads the name of a scenario, NoItem where it is none.
func (l *loader) scenario(a *application, x *list, e entry) cube.ItemID {
	id, ok := x.Find(e.name)
	if ok {
		return id
	}
	if !x.partial {
		l.flaw(a.src.pos(e.key), "%s has no item %s", x.what(), quote(e.name))
	}
	return cube.NoItem
}

func (l *loader) scenarioAccess(a *application, s *cube.Scenarios, x *list, n *node) {
	levels := []string{"none", "read", "write"} // by cube.Access
	scenarios, _ := l.entries(a.src, n, "access")
	for _, e := range scenarios {
		scenario := l.scenario(a, x, e)
		if e.value == nil {
			continue
		}
		roles, _ := l.entries(a.src, e.value, "the access to "+quote(e.name))
		for _, r := range roles {
			role := l.findRole(a, r.key, r.name)
			if r.value == nil {
				continue
			}
			o := object{src: a.src, what: "access", fields: []entry{{name: "access", key: r.key, value: r.value}}}
			level := l.word(o, "access", levels...)
			if scenario == cube.NoItem || role == cube.NoItem {
				continue
			}
			key := cube.ScenarioKey{Scenario: scenario, Role: role}
			if _, twice := s.Access[key]; twice {
				l.flaw(a.src.pos(r.key), "the role %s stands twice", quote(r.name))
			}
			s.Access[key] = map[string]cube.Access{"none": cube.AccessNone, "read": cube.AccessRead, "write": cube.AccessWrite}[level]
		}
	}
}

// loadRules reads the rules of an application (SPEC 2.7).
func (l *loader) loadRules(a *application) {
	n := a.def.get("rules")
	if n == nil {
		return
	}
	if n.kind != sequenceNode {
		l.mistake(a.src.pos(n), "rules must be a list, not %s", n.describe())
		return
	}
	names := map[string]*node{}
	for i := range n.kids {
		o, ok := l.object(a.src, &n.kids[i], "a rule", "name", "metric", "access", "scope", "on", "replace")
		if ok {
			l.rule(a, o, names)
		}
	}
}

func (l *loader) rule(a *application, o object, names map[string]*node) {
	before := l.found
	r := &cube.Rule{Pos: a.src.pos(o.node)}
	l.ruleName(a, r, o, names)
	if r.Name != "" {
		o.what = "rule " + quote(r.Name)
	}
	m := l.ruleMetric(a, r, o)
	switch l.word(o, "access", "read_write", "read", "write") {
	case "read":
		r.Categories = cube.Read
	case "write":
		r.Categories = cube.Write
	default:
		r.Categories = cube.Read | cube.Write
	}
	r.Ignore = l.word(o, "scope", "apply", "ignore") == "ignore"
	if m != nil && m.Block == a.UsersRoles && !r.Ignore {
		at := o.get("metric")
		if n := o.get("scope"); n != nil {
			at = n
		}
		l.mistake(a.src.pos(at), "%s: the metric %q applies to everything already; a rule of it must have scope: ignore", o.what, cube.UsersRolesName)
	}
	if n := o.need(l, "on"); n != nil {
		l.ruleTarget(a, r, o, n)
	}
	if e := o.find("replace"); e != nil {
		l.replace(a, r, m, o, e)
	}
	if l.found == before {
		a.Rules = append(a.Rules, r)
	}
}

// ruleName reads the rule's name, which its messages carry from then on.
func (l *loader) ruleName(a *application, r *cube.Rule, o object, names map[string]*node) {
	n := o.need(l, "name")
	if n == nil {
		return
	}
	name, ok := l.name(a.src, n, "a rule's name")
	if !ok || !l.validName(a.src, entry{name: name, key: n}, "a rule") {
		return
	}
	switch first := names[name]; {
	case name == cube.UsersRolesName:
		l.mistake(a.src.pos(n), "the rule name %q is taken by the role defaults", name)
	case first != nil:
		l.mistake(a.src.pos(n), "the rule %s stands twice, first in line %d", quote(name), first.line)
	default:
		names[name] = n
	}
	r.Name = name
}

// ruleMetric reads the rule's metric, nil where it is none or not known.
func (l *loader) ruleMetric(a *application, r *cube.Rule, o object) *metric {
	n := o.need(l, "metric")
	if n == nil {
		return nil
	}
	name, ok := l.name(a.src, n, "a rule's metric")
	if !ok {
		return nil
	}
	m := l.metric(a, n, name)
	switch {
	case m == nil:
		return nil
	case m.Type.Kind != cube.AccessRights && m.Block != a.UsersRoles:
		l.mistake(a.src.pos(n), "rule %s: metric %s is of type %s; a rule needs one of type access_rights", quote(r.Name), quote(m.Name), m.Type)
		return nil
	}
	r.Metric = m.Block
	return m
}

// metric finds a metric of the application. It is nil where there is none, which is reported, or where it is not
// known for a mistake of its own.
func (l *loader) metric(a *application, n *node, name string) *metric {
	m := a.metrics[name]
	if m == nil {
		m = a.metrics[a.own(name)]
	}
	other, rest := l.prefix(name)
	switch {
	case m != nil && m.Block == nil:
		return nil
	case m != nil:
		return m
	case other != nil && other != a && other.metrics[rest] != nil:
		l.mistake(a.src.pos(n), "%s is a metric of another application; rules know those of their own", quote(name))
	case a.lists[a.own(name)] != nil || name == cube.UserName:
		l.mistake(a.src.pos(n), "%s is a list; a metric is needed here", quote(name))
	case !a.broken:
		l.mistake(a.src.pos(n), "unknown metric %s%s", quote(name), l.didYouMean(name, a.metricNames))
	}
	return nil
}
