package main

import (
	"io"

	"github.com/cubeward/cubeward/engine"
)

// statsKinds is how many metrics are named with their kinds.
const statsKinds = 12

// writeStats tells people what compiled rights hold.
func (t *tool) writeStats(s engine.Stats) error {
	p := paintFor(t.stdout)
	counts := grid{}
	counts.add("members", count(s.Members))
	counts.add("profiles", count(s.Profiles))
	counts.add("nodes of the plan", count(s.Nodes))
	counts.add("mappings", count(s.Mappings))
	counts.add("sets", count(s.Sets))
	text := "\n" + p.bold("Compiled rights") + "\n" + counts.text("  ")
	if len(s.Kinds) > 0 {
		kinds := grid{}
		for _, k := range s.Kinds[:min(len(s.Kinds), statsKinds)] {
			kinds.add(printable(k.Metric), count(k.Kinds))
		}
		if more := len(s.Kinds) - statsKinds; more > 0 {
			kinds.add("… and " + count(more) + " more")
		}
		text += "\n" + p.bold("Kinds of members by metric") + "\n" + kinds.text("  ")
	}
	text += "\n" + p.bold("Bytes") + "\n" + bytesText(s.Bytes) + "\n" + p.bold("Caches") + "\n" + cachesText(s)
	_, err := io.WriteString(t.stdout, text)
	return failed(err)
}

func bytesText(b engine.StatsBytes) string {
	g, total := grid{}, int64(0)
	for _, part := range []struct {
		name  string
		bytes int64
	}{
		{"sets", b.Sets},
		{"profiles", b.Profiles},
		{"plan", b.Plan},
		{"mappings", b.Mappings},
		{"values", b.Values},
		{"views", b.Views},
		{"memo", b.Memo},
	} {
		g.add(part.name, count(part.bytes))
		total += part.bytes
	}
	g.add("rights together", count(total))
	g.add("inputs of the workspace", count(b.Inputs))
	g.add("names of the workspace", count(b.Names))
	return g.text("  ")
}

func cachesText(s engine.Stats) string {
	g := grid{}
	g.add("", "hits", "misses", "evictions", "entries", "bytes", "budget")
	for _, c := range []struct {
		name string
		engine.CacheStats
	}{{"views", s.Views}, {"memo", s.Memo}} {
		g.add(c.name, count(c.Hits), count(c.Misses), count(c.Evictions), count(c.Entries), count(c.Bytes), count(c.Budget))
	}
	return g.text("  ")
}
