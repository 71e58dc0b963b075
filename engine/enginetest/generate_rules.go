package enginetest

import (
	"fmt"
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// The keys of what a rule is on (SPEC 2.7).
const (
	onMetrics    = "metrics"
	onDimensions = "dimensions"
	onProperties = "properties"
	onItems      = "items"
	onEverything = "everything"
)

func (g *generator) makeRules(a *genApp) {
	for i := range g.between(4, 10) {
		rule := genRule{name: fmt.Sprintf("Rule %d", i+1)}
		if g.chance(20) {
			rule.name += " é: 'x'"
		}
		if g.makeRule(a, &rule) {
			a.rules = append(a.rules, rule)
		}
	}
}

// makeRule makes a rule of a name; false where it found no mapping for it.
func (g *generator) makeRule(a *genApp, rule *genRule) bool {
	var access []*genBlock
	for _, m := range a.metrics {
		if m.typ.kind == cube.AccessRights {
			access = append(access, m)
		}
	}
	if len(access) == 0 {
		return false
	}
	rule.metric = pick(g, access).name
	if g.chance(50) {
		rule.access = pick(g, []string{"read", "write", "read_write"})
	}
	if g.chance(88) {
		if g.chance(20) {
			rule.scope = "apply"
		}
		return g.apply(a, rule, pick(g, access))
	}
	rule.scope = "ignore"
	if g.chance(60) {
		rule.metric = cube.UsersRolesName
	}
	g.ignore(a, rule)
	return true
}

// governable are the blocks of an application that rules may target.
func (a *genApp) governable() (metrics, properties []*genBlock, lists []*genList) {
	for _, m := range a.metrics {
		if m.typ.kind != cube.AccessRights {
			metrics = append(metrics, m)
		}
	}
	for _, l := range a.lists {
		properties = append(properties, l.props...)
	}
	return metrics, properties, a.lists
}

// target is what an apply rule is made for: a metric, a property or the item set of a list.
type target struct {
	block *genBlock
	items *genList
	dims  listSet
}

// someTarget is mostly a block that n's dimensions govern as they are; nothing stands for everything.
func (g *generator) someTarget(a *genApp, n listSet) target {
	metrics, properties, lists := a.governable()
	var any, fit []target
	for _, b := range slices.Concat(metrics, metrics, properties) {
		any = append(any, target{block: b, dims: b.dims()})
	}
	for _, l := range lists {
		any = append(any, target{items: l, dims: setOf(l)})
	}
	for _, t := range any {
		if n != 0 && n.within(t.dims) {
			fit = append(fit, t)
		}
	}
	switch {
	case g.chance(30):
		return target{dims: n}
	case len(fit) > 0 && g.chance(75):
		return pick(g, fit)
	}
	return pick(g, any)
}

// apply makes an apply rule of an access-rights metric that can govern some block, and targets it.
func (g *generator) apply(a *genApp, rule *genRule, metric *genBlock) bool {
	rule.metric = metric.name
	n := metric.dims() &^ setOf(g.users)
	t := g.someTarget(a, n)
	after, ok := g.replace(a, rule, n, t.dims)
	if !ok {
		return false
	}
	metrics, properties, lists := a.governable()
	switch {
	case t.block == nil && t.items == nil:
		rule.on = genTarget{key: onEverything}
	case t.items != nil:
		names := []string{t.items.name}
		for _, l := range lists {
			if l != t.items && after.within(setOf(l)) && g.chance(60) {
				names = append(names, l.name)
			}
		}
		rule.on = genTarget{key: onItems, names: names}
	case t.block.list != nil:
		g.onProperties(rule, properties, t.block, after)
	case after|t.dims != 0 && g.chance(50):
		rule.on = genTarget{key: onDimensions, names: headers(a, shuffled(g, g.in(after|g.part(t.dims, after))))}
	default:
		g.onMetrics(rule, metrics, t.block, after)
	}
	return true
}

// part is a random part of dims, never empty where needed is and dims is not.
func (g *generator) part(dims, needed listSet) listSet {
	var out listSet
	for _, l := range g.in(dims) {
		if g.chance(40) {
			out |= setOf(l)
		}
	}
	if out|needed == 0 && dims != 0 {
		return setOf(pick(g, g.in(dims)))
	}
	return out
}

func headers(a *genApp, lists []*genList) []string {
	var out []string
	for _, l := range lists {
		out = append(out, l.header(a))
	}
	return out
}

// replace replaces the dimensions of a rule's metric that the block lacks, and now and then others.
func (g *generator) replace(a *genApp, rule *genRule, n, dims listSet) (after listSet, ok bool) {
	after = n
	var mapped listSet
	for _, t := range g.in(n) {
		if dims.has(t) && !g.chance(20) {
			continue
		}
		x := &expressions{generator: g, app: a}
		x.depth = g.between(0, 1)
		e := x.expr(genType{cube.Item, t}, dims, x.depth)
		for _, p := range g.users.props { // a row's own member
			if dims.has(g.users) && p.typ.list == t && g.chance(60) {
				e, x.used = expression{text: "User." + g.quoted(p.name), dims: setOf(g.users)}, 1
			}
		}
		if e.text == "" || x.used == 0 && !g.chance(10) {
			return 0, false
		}
		after &^= setOf(t)
		rule.replace = append(rule.replace, [2]string{t.header(a), e.text})
		mapped |= e.dims
	}
	return after | mapped, true
}

func (g *generator) onMetrics(rule *genRule, metrics []*genBlock, target *genBlock, after listSet) {
	names := []string{target.name}
	for _, m := range metrics {
		if m != target && after.within(m.dims()) && g.chance(60) {
			names = append(names, m.name)
		}
	}
	rule.on = genTarget{key: onMetrics, names: shuffled(g, names)}
}

func (g *generator) onProperties(rule *genRule, properties []*genBlock, target *genBlock, after listSet) {
	rule.on = genTarget{key: onProperties}
	for _, p := range properties {
		if p == target || after.within(p.dims()) && g.chance(60) {
			rule.on.names, rule.on.lists = append(rule.on.names, p.name), append(rule.on.lists, p.list.name)
		}
	}
}

// ignore targets any blocks: such a rule need not be able to govern them.
func (g *generator) ignore(a *genApp, rule *genRule) {
	metrics, properties, lists := a.governable()
	switch kind := g.IntN(6); {
	case kind < 2 && len(metrics) > 0:
		var names []string
		for _, m := range some(g, metrics) {
			names = append(names, m.name)
		}
		rule.on = genTarget{key: onMetrics, names: names}
	case kind == 2 && len(properties) > 0:
		g.onProperties(rule, properties, pick(g, properties), 0)
	case kind == 3:
		var names []string
		for _, l := range some(g, lists) {
			names = append(names, l.name)
		}
		rule.on = genTarget{key: onItems, names: names}
	case kind == 4:
		rule.on = genTarget{key: onDimensions, names: headers(a, []*genList{g.someList(a)})}
	default:
		rule.on = genTarget{key: onEverything}
	}
}
