package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// A summary fits on a screen: of what is long only the first are named.
const (
	summaryRules    = 12
	summaryWarnings = 5
)

// writeSummary says what a valid model holds.
func (t *tool) writeSummary(path string, rights *engine.Rights) error {
	ws, p := rights.Workspace(), paintFor(t.stdout)
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %s", path, p.green("valid"))
	if ws.Name != "" {
		fmt.Fprintf(&out, ", workspace %s", printable(ws.Name))
	}
	fmt.Fprintf(&out, ", %s\n", plural(ws.Users.Len(), "member"))
	for _, a := range ws.Applications {
		fmt.Fprintf(&out, "\n%s\n", p.bold(printable(a.Name)))
		applicationSummary(&out, rights, a)
	}
	for i, w := range ws.Warnings {
		if i == 0 {
			fmt.Fprintln(&out)
		}
		if i == summaryWarnings {
			fmt.Fprintf(&out, "%s and %s more\n", p.yellow("warning:"), count(len(ws.Warnings)-i))
			break
		}
		fmt.Fprintf(&out, "%s %s\n", p.yellow("warning:"), w.Error())
	}
	_, err := io.WriteString(t.stdout, out.String())
	return failed(err)
}

func applicationSummary(out *strings.Builder, rights *engine.Rights, a *cube.Application) {
	var items, properties, cells uint64
	calculated, public := 0, 0
	for _, l := range a.Lists {
		items += uint64(l.Len())
		properties += uint64(len(l.Properties))
	}
	for _, m := range a.Metrics {
		if space, err := m.Space(); err == nil {
			cells += space.Len()
		}
		if m.Formula != nil {
			calculated++
		}
		if m.Public {
			public++
		}
	}
	g := grid{left: map[int]bool{2: true}}
	g.add("lists", count(len(a.Lists)), plural(items, "item")+", "+propertyCount(properties))
	metrics := plural(cells, "cell") + ", " + count(calculated) + " calculated"
	if public > 0 {
		metrics += ", " + count(public) + " public"
	}
	g.add("metrics", count(len(a.Metrics)), metrics)
	g.add("members", count(membersOf(rights, a)), "with a role")
	g.add("rules", count(len(a.Rules)))
	out.WriteString(g.text("  "))
	ruleSummary(out, rights, a)
}

func propertyCount(n uint64) string {
	if n == 1 {
		return "1 property"
	}
	return count(n) + " properties"
}

// ruleSummary says of each rule what it does and how many blocks it governs.
func ruleSummary(out *strings.Builder, rights *engine.Rights, a *cube.Application) {
	g := grid{}
	for i, r := range a.Rules {
		if i == summaryRules {
			g.add(fmt.Sprintf("… and %s more", count(len(a.Rules)-i)))
			break
		}
		governed, passed := rights.Plan().Governed(r)
		does := "governs "
		if r.Ignore {
			does = "lifts from "
		}
		row := []string{printable(r.Name), does + plural(governed, "block")}
		if passed > 0 {
			row = append(row, "passes over "+count(passed))
		}
		g.add(row...)
	}
	g.left = map[int]bool{1: true, 2: true}
	out.WriteString(g.text("    "))
}
