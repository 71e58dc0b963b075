package enginetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
)

var (
	appNames = []string{"HR", "Sales & Ops", "Pla'n", "Finance", "Ventes d'été", "日本 KK", "Not", "2024", "a\"b"}

	listNames = []string{
		"Country", "Month", "Line; two", "By \"kind\"", "Été 'x'", "A-B", "Store_1", "Not", "Sum", "日本", "2031",
		"In", "Region", "Item", "True", "Cost centre", "max", "Кот", "1e3", "Site/Zone", "Currentvalue", "Parent", "a: b", "#1", "By",
	}

	metricNames = []string{
		"Revenue", "Cost", "K[1]", "Price->Unit", "Open // closed", "If", "Select", "Taux d'été", "Plan (v2)", "Blank",
		"Growth %", "Note \"q\"", "Ω total", "FX", "Margin", "Any", "or", "CurrentValue", "12", "Stock", "Mix", "Switch", "Flag", "_x9",
		"/* c */", "Null", "é", "Headcount", "Wert", "Rate", "Index", "Salary", "yes", "Bonus", "Target", "A, B", "Filter", "Day",
	}

	propertyNames = []string{
		"Size", "Tag", "Owner's", "Kind of", "by", "Name", "Lead", "Active", "Group", "Start", "Wert", "Parent", "7",
		"Blank", "Region", "AND", "x\"y", "Größe",
	}

	itemNames = []string{
		"France", "Germany", "Q1", "Q2", "2024", "2025-01", "The \"Big\" one", "d'Or", "New York, NY", "東京", "null", "true",
		"No", "1e3", "1.50", "007", "0x1F", "a/b", "é", "e\u0301", "x=1", "~", "- dash", "a::b", "#tag", "Yes", "Total", "BLANK", "two\nlines", "{x}",
		"Ops", "North", "South", "EMEA", "Alpha", "Beta", "Gamma", "@at", "100%", "a: b", "Zürich", "*", "&a", "!t", "|",
	}

	memberNames = []string{"ada@acme.com", "bo@acme.com", "Cyd, the 3rd", "d'Arc", "eve", "Frédéric", "42", "\"q\"", "ivo"}

	textValues = []string{
		"red", "Blue", "ÉTÉ", "it's", "a \"b\"", " padded ", "x;y", "TRUE", "12", "Straße", "東京", "France", "2024", "two\nlines",
		"Q1", "green", "null", "ı",
	}

	dateValues = []string{"2024-01-31", "2024-02-29", "2025-06-10", "2025-12-31", "1969-12-31", "2026-03-08", "2000-01-01", "0001-01-01", "9999-12-31"}

	numberValues = []string{"0", "1", "2", "3", "-1", "2.5", "0.5", "7", "10", "12", "-3", "100", "1e3", "4", "0.125", "-0", "1E2"}
)

// fresh is a name of the pool that is not taken yet.
func (g *generator) fresh(pool []string, taken map[string]bool) string {
	for {
		name := pick(g, pool)
		if g.chance(10) || len(taken) > len(pool)/2 {
			name = fmt.Sprintf("%s %d", name, g.IntN(100))
		}
		if !taken[name] {
			taken[name] = true
			return name
		}
	}
}

// someNames are n names of a pool in a random order, and made ones where it has fewer.
func (g *generator) someNames(pool []string, n int) []string {
	for i := len(pool); i < n; i++ {
		pool = append(slices.Clip(pool), fmt.Sprintf("no. %d", i))
	}
	return shuffled(g, pool)[:n]
}

func (g *generator) makeApplications() {
	taken := map[string]bool{}
	n := g.between(1, g.size.Applications)
	g.alone = n == 1 && g.chance(60)
	g.reset = g.chance(15)
	g.narrow = g.chance(40)
	for range n {
		a := &genApp{name: g.fresh(appNames, taken), taken: map[string]bool{}, roleOf: map[string]string{}}
		a.inherit = !g.reset || g.chance(50)
		g.apps = append(g.apps, a)
	}
}

func (g *generator) newList(app *genApp, name string) *genList {
	l := &genList{number: len(g.lists), app: app, name: name}
	g.lists = append(g.lists, l)
	return l
}

func (g *generator) makeMembers() {
	g.users = g.newList(nil, cube.UserName)
	g.users.items = g.someNames(memberNames, g.between(2, g.size.Members))
	g.accounts = map[string]string{}
	for _, m := range g.users.items {
		if g.chance(40) {
			g.accounts[m] = pick(g, []string{"primary_owner", "security_admin", "workspace_admin", "builder", "standard"})
		}
	}
	for _, a := range g.apps {
		g.makeRoles(a)
	}
}

func (g *generator) makeRoles(a *genApp) {
	a.roles = []genRole{
		{"Admin", true, true, nil},
		{"Modeler", true, true, []string{}},
		{"Designer", true, true, []string{}},
		{"Contributor", true, true, []string{}},
		{"Reader", true, false, []string{}},
	}
	own := []genRole{
		{"Planner", true, true, []string{"display_application", "open_boards"}},
		{"Officer's", true, g.chance(50), []string{"define_application_security"}},
		{"Reader", g.chance(70), g.chance(30), []string{"display_application"}},
		{"301", g.chance(50), true, nil},
		{"Blind", false, true, []string{}},
	}
	for _, r := range own {
		if !g.chance(20) {
			continue
		}
		if i := slices.IndexFunc(a.roles, func(x genRole) bool { return x.name == r.name }); i >= 0 {
			a.roles[i] = r
		} else {
			a.roles = append(a.roles, r)
		}
	}
	a.roleList = g.newList(a, cube.RoleName)
	for _, r := range a.roles {
		a.roleList.items = append(a.roleList.items, r.name)
	}
	for _, m := range g.users.items {
		if g.chance(94) {
			a.roleOf[m] = pick(g, append([]string{"Admin", "Admin", "Modeler", "Modeler", "Contributor", "Contributor"}, a.roleList.items...))
		}
	}
	a.usersRoles = &genBlock{app: a, name: cube.UsersRolesName, typ: genType{cube.Item, a.roleList}, order: []*genList{g.users}, visible: true}
	g.visible = append(g.visible, a.usersRoles)
	for _, m := range g.users.items {
		if a.role(a.roleOf[m]).name != "" && a.role(a.roleOf[m]).permissions == nil && g.chance(40) {
			a.owner = m
		}
	}
}

func (a *genApp) role(name string) genRole {
	for _, r := range a.roles {
		if r.name == name {
			return r
		}
	}
	return genRole{permissions: []string{}}
}

func (g *generator) makeLists(a *genApp) {
	for range g.between(1, g.size.Lists) {
		l := g.newList(a, g.fresh(listNames, a.taken))
		if !g.chance(3) { // an empty list now and then
			least := min(2, g.size.Items)
			if g.chance(4) { // a list of one item
				least = 1
			}
			l.items = g.someNames(itemNames, g.between(least, max(least, g.size.Items*(least-1))))
		}
		if g.size.Long > 0 && len(a.lists) == 0 && a == g.apps[0] {
			l.items = g.someNames(itemNames, g.size.Long)
		}
		a.lists = append(a.lists, l)
	}
	if g.chance(40) {
		g.makeScenarios(a)
	}
}

func (g *generator) makeScenarios(a *genApp) {
	s := &genScenarios{list: pick(g, a.lists), access: map[string]map[string]string{}}
	for _, item := range s.list.items {
		for _, r := range a.roleList.items {
			if !g.chance(25) {
				continue
			}
			if s.access[item] == nil {
				s.access[item] = map[string]string{}
			}
			s.access[item][r] = pick(g, []string{"none", "read", "read", "write"})
		}
		if g.chance(20) {
			s.readOnly = append(s.readOnly, item)
		}
	}
	a.scenarios = s
}

// someType is a type that values may have; lists that have no items are rare enough.
func (g *generator) someType() genType {
	switch n := g.IntN(100); {
	case n < 30:
		return genType{kind: cube.Number}
	case n < 42:
		return genType{kind: cube.Text}
	case n < 54:
		return genType{kind: cube.Boolean}
	case n < 64:
		return genType{kind: cube.Date}
	}
	return genType{cube.Item, g.someList(nil)}
}

// someList is a list of any application, mostly not User or Role, and mostly of app where that is given.
func (g *generator) someList(app *genApp) *genList {
	for range 20 {
		l := pick(g, g.lists)
		if l == g.users && g.chance(20) {
			return l
		}
		special := l == g.users || l.name == cube.RoleName
		if special && !g.chance(8) || app != nil && l.app != app && !g.chance(15) {
			continue
		}
		return l
	}
	return pick(g, g.lists)
}

func (g *generator) someValue(t genType) genValue {
	if g.chance(12) {
		return genValue{blank: true}
	}
	switch t.kind {
	case cube.Number:
		return genValue{text: pick(g, numberValues)}
	case cube.Text:
		return genValue{text: pick(g, textValues)}
	case cube.Boolean:
		return genValue{text: pick(g, []string{"true", "true", "false"})}
	case cube.Date:
		return genValue{text: pick(g, dateValues)}
	case cube.AccessRights:
		return genValue{text: pick(g, []string{"rw", "rw", "rw", "rw", "rw", "r", "r", "w", "none"})}
	}
	if len(t.list.items) == 0 {
		return genValue{blank: true}
	}
	return genValue{text: pick(g, t.list.items)}
}

// makePlainProperties gives lists, User among them, properties without formulas.
func (g *generator) makePlainProperties() {
	for _, l := range g.lists {
		if l.name == cube.RoleName {
			continue
		}
		taken := map[string]bool{}
		for range g.between(0, 3) {
			p := &genBlock{app: l.app, list: l, name: g.fresh(propertyNames, taken), typ: g.someType(), order: []*genList{l}}
			if g.chance(30) { // what BY and replacements map with
				p.typ = genType{cube.Item, g.someList(l.app)}
			}
			if l == g.users && (p.typ.list == g.users || p.typ.list != nil && p.typ.list.name == cube.RoleName) {
				continue // SPEC 2.1
			}
			g.give(p, 92)
			l.props = append(l.props, p)
			g.show(p)
		}
	}
}

// show lets formulas made from now on refer to a block.
func (g *generator) show(b *genBlock) {
	b.visible = true
	g.visible = append(g.visible, b)
}

// give gives a block input values in some of its cells.
func (g *generator) give(b *genBlock, percent int) {
	b.given = map[string]genValue{}
	cells := []string{""}
	for i, d := range b.order {
		var next []string
		for _, c := range cells {
			for _, item := range d.items {
				if i > 0 {
					next = append(next, c+itemSep+item)
				} else {
					next = append(next, item)
				}
			}
		}
		cells = next
	}
	for _, c := range cells {
		if g.chance(percent) {
			b.given[c] = g.someValue(b.typ)
		}
	}
}

// cells are the given cells of a block in a random order, each with its items.
func (g *generator) cells(b *genBlock) (items [][]string, values []genValue) {
	for _, c := range shuffled(g, sortedKeys(b.given)) {
		var at []string
		if len(b.order) > 0 {
			at = strings.Split(c, itemSep)
		}
		items, values = append(items, at), append(values, b.given[c])
	}
	return items, values
}

// someDims are up to n dimensions for a block of an application, never too many cells together.
func (g *generator) someDims(a *genApp, n int) []*genList {
	var out []*genList
	cells := 1
	for range n {
		l := g.someList(a)
		if slices.Contains(out, l) || cells*max(len(l.items), 1) > g.size.cells() {
			continue
		}
		cells *= max(len(l.items), 1)
		out = append(out, l)
	}
	return out
}
