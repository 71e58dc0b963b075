package enginetest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// makeBlocks makes metrics, access-rights metrics and calculated properties in an order in which each may refer to
// those before it, across applications: so nothing can go round in a circle.
func (g *generator) makeBlocks() {
	type job struct {
		at   int
		make func()
	}
	var jobs []job
	add := func(from, to int, make func()) { jobs = append(jobs, job{g.between(from, to), make}) }
	for _, a := range g.apps {
		for range g.between(2, g.size.Metrics) {
			if g.chance(45) {
				add(0, 60, func() { g.makeMetric(a, false) })
			} else {
				add(30, 100, func() { g.makeMetric(a, true) })
			}
		}
		for range g.between(2, 4) {
			add(20, 70, func() { g.makeAccess(a) })
		}
		for range g.between(0, 2) {
			add(40, 100, func() { g.makeProperty(a) })
		}
	}
	slices.SortStableFunc(jobs, func(x, y job) int { return cmp.Compare(x.at, y.at) })
	for _, j := range jobs {
		j.make()
	}
	for _, a := range g.apps { // the order in the file is not the order of making
		a.metrics = shuffled(g, a.metrics)
	}
}

func (g *generator) makeMetric(a *genApp, calculated bool) {
	b := &genBlock{app: a, name: g.fresh(metricNames, a.taken), typ: g.someType(), order: g.someDims(a, g.between(g.IntN(2), 3))}
	if calculated {
		b.order = g.someDims(a, g.between(g.IntN(2), 4))
		g.calculate(b)
	} else {
		if len(b.order) > 1 && g.chance(30) { // what BY maps with
			b.typ = genType{cube.Item, g.someList(a)}
		}
		g.give(b, 75)
	}
	b.public = g.chance(8)
	a.metrics = append(a.metrics, b)
	g.show(b)
}

func (g *generator) makeProperty(a *genApp) {
	l := pick(g, a.lists)
	taken := map[string]bool{}
	for _, p := range l.props {
		taken[p.name] = true
	}
	p := &genBlock{app: a, list: l, name: g.fresh(propertyNames, taken), typ: g.someType(), order: []*genList{l}}
	g.calculate(p)
	l.props = append(l.props, p)
	g.show(p)
}

// calculate gives a block a formula, sometimes with inputs over it.
func (g *generator) calculate(b *genBlock) {
	x := &expressions{generator: g, app: b.app, depth: g.size.Depth}
	b.typ = x.someType()
	for range 5 { // a lone constant says little
		if b.formula = x.whole(b.typ, b.dims()); x.used > 0 {
			break
		}
	}
	if g.chance(10) && b.list == nil {
		b.overridable = true
		if g.chance(70) {
			g.give(b, 40)
		}
	}
	g.sign(b)
}

// sign names an author sometimes: one who may, where the formula needs it (SPEC 2.4).
func (g *generator) sign(b *genBlock) {
	if !g.chance(15) {
		return
	}
	m := pick(g, g.users.items)
	if !strings.Contains(strings.ToUpper(b.formula), "ACCESSRIGHTS") || b.app.role(b.app.roleOf[m]).secure() {
		b.author = m
	}
}

// makeAccess makes an access-rights metric, by cells or by a formula.
func (g *generator) makeAccess(a *genApp) {
	b := &genBlock{app: a, typ: genType{kind: cube.AccessRights}}
	b.name = g.fresh([]string{"AR Country", "AR x'y", "AR", "Who may", "AR \"main\"", "Доступ"}, a.taken)
	b.order = append([]*genList{g.users}, g.accessDims(a)...)
	b.order = shuffled(g, b.order)
	if g.chance(75) {
		g.give(b, 92)
	} else {
		x := &expressions{generator: g, app: a, depth: 2, access: true}
		b.formula = x.accessFormula(b.dims())
		g.sign(b)
	}
	a.metrics = append(a.metrics, b)
	g.show(b)
}

// accessDims are the dimensions of an access-rights metric besides User: mostly some that a metric made before has, so
// that rules find something to govern.
func (g *generator) accessDims(a *genApp) []*genList {
	from := g.someDims(a, g.between(min(1, g.IntN(6)), 2))
	if len(a.metrics) > 0 && g.chance(90) {
		from = some(g, pick(g, a.metrics).order)
	}
	from = slices.DeleteFunc(from, func(l *genList) bool { return l == g.users })
	return from[:min(len(from), 1+g.IntN(2))]
}

// Names in formulas.

// keywords are words that a bare name may not be (SPEC 3.1); CurrentValue is one inside filters.
var keywords = []string{"TRUE", "FALSE", "BLANK", "AND", "OR", "NOT", "IN", "CURRENTVALUE"}

func (g *generator) quoted(name string) string {
	if bare(name) && !g.chance(40) {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", "''") + "'"
}

func bare(name string) bool {
	for i, r := range name {
		if r != '_' && !isLetter(r) && (i == 0 || !isDigit(r)) {
			return false
		}
	}
	return !slices.Contains(keywords, strings.ToUpper(name))
}

func text(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// named is a list or metric as a formula of app writes it.
func (g *generator) named(app, owner *genApp, name string) string {
	if owner == nil || owner == app && !g.chance(8) {
		return g.quoted(name)
	}
	return g.quoted(owner.name) + "::" + g.quoted(name)
}

func (g *generator) listName(app *genApp, l *genList) string { return g.named(app, l.app, l.name) }

// word is a keyword or function name in some case.
func (g *generator) word(w string) string {
	switch g.IntN(8) {
	case 0:
		return strings.ToLower(w)
	case 1:
		return w[:1] + strings.ToLower(w[1:])
	}
	return w
}

// header is a list's name as files of app write it.
func (l *genList) header(app *genApp) string {
	if l.app == nil || l.app == app {
		return l.name
	}
	return fmt.Sprintf("%s::%s", l.app.name, l.name)
}
