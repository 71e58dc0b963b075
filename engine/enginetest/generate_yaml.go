package enginetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
)

// writeFiles writes a workspace and a file for each application, or one file that stands alone.
func (g *generator) writeFiles() {
	if g.alone {
		g.files["model.yaml"] = g.modelFile(g.apps[0], "")
		return
	}
	var b strings.Builder
	b.WriteString("cubeward: 1\nworkspace: " + g.scalar("Acme") + "\n")
	b.WriteString("applications:\n")
	folders := make([]string, len(g.apps))
	for i, a := range g.apps {
		folders[i] = fmt.Sprintf("app%d/", i)
		fmt.Fprintf(&b, "  %s: %s\n", g.scalar(a.name), g.scalar(folders[i]+"model.yaml"))
	}
	b.WriteString(g.sharedKeys(""))
	if g.reset || g.chance(10) {
		fmt.Fprintf(&b, "settings: {reset_across_applications: %t}\n", g.reset)
	}
	g.files["workspace.yaml"] = b.String()
	for i, a := range g.apps {
		g.files[folders[i]+"model.yaml"] = g.modelFile(a, folders[i])
	}
}

// sharedKeys are members and accounts, which stand in the workspace or in a file that stands alone.
func (g *generator) sharedKeys(folder string) string {
	out := "members: " + g.listBody(g.users, folder) + "\n"
	if len(g.accounts) > 0 {
		var pairs []string
		for _, m := range sortedKeys(g.accounts) {
			pairs = append(pairs, g.scalar(m)+": "+g.accounts[m])
		}
		out += "accounts: {" + strings.Join(pairs, ", ") + "}\n"
	}
	return out
}

func (g *generator) modelFile(a *genApp, folder string) string {
	var b strings.Builder
	b.WriteString("cubeward: 1\n")
	var settings []string
	if g.alone {
		b.WriteString("application: " + g.scalar(a.name) + "\n" + g.sharedKeys(folder))
		if g.reset {
			settings = append(settings, "reset_across_applications: true")
		}
	}
	if !a.inherit || g.chance(5) {
		settings = append(settings, fmt.Sprintf("inherit_within_application: %t", a.inherit))
	}
	if len(settings) > 0 {
		b.WriteString("settings: {" + strings.Join(settings, ", ") + "}\n")
	}
	b.WriteString("lists:\n")
	for _, l := range a.lists {
		fmt.Fprintf(&b, "  %s: %s\n", g.scalar(l.name), g.listBody(l, folder))
	}
	b.WriteString("metrics:\n")
	for _, m := range a.metrics {
		fmt.Fprintf(&b, "  %s: %s\n", g.scalar(m.name), g.metricBody(m, folder))
	}
	b.WriteString(g.rolesPart(a, folder))
	if a.scenarios != nil {
		b.WriteString(g.scenariosPart(a.scenarios))
	}
	if len(a.rules) > 0 {
		b.WriteString("rules:\n")
	}
	for _, r := range a.rules {
		b.WriteString("  - " + g.ruleBody(r) + "\n")
	}
	return b.String()
}

// rolesPart is `roles`, `user_roles` and `owner`.
func (g *generator) rolesPart(a *genApp, folder string) string {
	builtin := map[string]bool{"Admin": true, "Modeler": true, "Designer": true, "Contributor": true}
	out, roles := "", ""
	for _, r := range a.roles {
		if builtin[r.name] || r.name == "Reader" && r.read && !r.write && len(r.permissions) == 0 {
			continue
		}
		permissions := "all"
		if r.permissions != nil {
			permissions = g.yamlList(r.permissions)
		}
		roles += fmt.Sprintf("  %s: {read: %t, write: %t, permissions: %s}\n", g.scalar(r.name), r.read, r.write, permissions)
	}
	if roles != "" {
		out += "roles:\n" + roles
	}
	var pairs []string
	rows := [][]string{{cube.UserName, cube.RoleName}}
	for _, m := range g.users.items {
		if r := a.roleOf[m]; r != "" {
			pairs, rows = append(pairs, g.scalar(m)+": "+g.scalar(r)), append(rows, []string{m, r})
		}
	}
	switch {
	case g.chance(60):
		out += "user_roles: {" + strings.Join(shuffled(g, pairs), ", ") + "}\n"
	case g.chance(80):
		name := g.file("roles", ".csv")
		g.files[folder+name] = g.csv(rows)
		out += "user_roles: {file: " + name + "}\n"
	default:
		name := g.file("roles", ".csv")
		g.files[folder+name] = g.csv(append(rows, []string{"nobody of this name", "Admin"}))
		out += "user_roles: {file: " + name + ", on_unknown: skip}\n"
	}
	if a.owner != "" {
		out += "owner: " + g.scalar(a.owner) + "\n"
	}
	return out
}

func (g *generator) scenariosPart(s *genScenarios) string {
	out := "scenarios:\n  list: " + g.scalar(s.list.name) + "\n"
	if len(s.access) > 0 {
		out += "  access:\n"
	}
	for _, item := range sortedKeys(s.access) {
		var pairs []string
		for _, r := range sortedKeys(s.access[item]) {
			pairs = append(pairs, g.scalar(r)+": "+s.access[item][r])
		}
		out += "    " + g.scalar(item) + ": {" + strings.Join(pairs, ", ") + "}\n"
	}
	if len(s.readOnly) > 0 {
		out += "  read_only: " + g.yamlList(s.readOnly) + "\n"
	}
	return out
}

func (g *generator) ruleBody(r genRule) string {
	fields := []string{"name: " + g.scalar(r.name), "metric: " + g.scalar(r.metric), "on: " + g.targetBody(r.on)}
	if r.access != "" {
		fields = append(fields, "access: "+r.access)
	}
	if r.scope != "" {
		fields = append(fields, "scope: "+r.scope)
	}
	if len(r.replace) > 0 {
		var pairs []string
		for _, p := range r.replace {
			pairs = append(pairs, g.scalar(p[0])+": "+g.scalar(p[1]))
		}
		fields = append(fields, "replace: {"+strings.Join(pairs, ", ")+"}")
	}
	return "{" + strings.Join(shuffled(g, fields), ", ") + "}"
}

func (g *generator) targetBody(on genTarget) string {
	switch on.key {
	case onEverything:
		return "{everything: true}"
	case onProperties:
		var lists []string
		for _, l := range slices.Compact(slices.Sorted(slices.Values(on.lists))) {
			lists = append(lists, g.scalar(l)+": "+g.yamlList(on.of(l)))
		}
		return "{properties: {" + strings.Join(lists, ", ") + "}}"
	}
	return "{" + on.key + ": " + g.yamlList(on.names) + "}"
}

// of are the names of a list's properties.
func (on genTarget) of(list string) []string {
	var names []string
	for i, name := range on.names {
		if on.lists[i] == list {
			names = append(names, name)
		}
	}
	return names
}
