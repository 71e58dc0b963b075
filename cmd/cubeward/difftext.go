package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine/audit"
)

// diffWriter writes a difference for people: the verdict, what one side lacks, then for each set of reasons who is
// concerned and which blocks.
type diffWriter struct {
	*audit.Difference
	paint paint
	names [2]string // what the call names
	all   bool      // name all members
	out   strings.Builder
}

// maxDiffNamed is how many members, blocks or items a line names unless all are asked for.
const maxDiffNamed = 5

func (w *diffWriter) text() string {
	groups := w.groups()
	w.verdict()
	w.reasons(groups)
	w.apart()
	for _, g := range groups {
		w.group(g)
	}
	return w.out.String()
}

// line writes a text, wrapped, so many places from the left and two more from the second line on.
func (w *diffWriter) line(indent int, text string, style func(string) string) {
	for i, line := range wrapped(text, screenWidth-indent-2) {
		if i > 0 {
			line = "  " + line
		}
		w.out.WriteString(strings.Repeat(" ", indent) + style(line) + "\n")
	}
}

func plain(s string) string { return s }

// verdict is the first line: whether anything differs, for how many.
func (w *diffWriter) verdict() {
	of := fmt.Sprintf("%s and %s compared", plural(w.Members, "member"), plural(w.Blocks, "block"))
	if len(w.Changes) == 0 {
		w.line(0, "No rights differ: "+of, func(s string) string { return w.paint.bold(w.paint.green(s)) })
		return
	}
	gain, lose, blocks := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, c := range w.Changes {
		blocks[blockKey(c.Block)] = true
		for _, m := range c.Members {
			if c.ReadGained.Cells+c.WriteGained.Cells > 0 {
				gain[m] = true
			}
			if c.ReadLost.Cells+c.WriteLost.Cells > 0 {
				lose[m] = true
			}
		}
	}
	text := fmt.Sprintf("Rights differ: %s, %s, in %s of %s; %s compared", some(len(gain), "gains", "gain"), some(len(lose), "loses", "lose"),
		count(len(blocks)), plural(w.Blocks, "block"), plural(w.Members, "member"))
	if slices.ContainsFunc(w.Changes, inexact) {
		text += "; counts with ≤ are of blocks too entangled to be counted in time: not more than that, and maybe none"
	}
	w.line(0, text, func(s string) string { return w.paint.bold(w.paint.yellow(s)) })
}

func some(n int, one, many string) string {
	switch n {
	case 0:
		return "nobody " + one
	case 1:
		return "1 member " + one
	}
	return count(n) + " members " + many
}

func blockKey(p audit.BlockPair) string { return fmt.Sprint(shown(p).Block.Kind, p) }

// apart says what one side alone has.
func (w *diffWriter) apart() {
	for s, side := range []audit.OneSided{w.OnlyOld, w.OnlyNew} {
		ws := []*cube.Workspace{w.Old.Workspace(), w.New.Workspace()}[s]
		var lines []string
		other := []*cube.Workspace{w.New.Workspace(), w.Old.Workspace()}[s]
		apps := slices.DeleteFunc(applicationNames(ws), func(name string) bool { return other.Application(name) != nil })
		if len(apps) > 0 {
			lines = append(lines, plural(len(apps), "application")+": "+w.list(apps))
		}
		if len(side.Members) > 0 {
			lines = append(lines, plural(len(side.Members), "member")+": "+w.list(itemNames(ws.Users, side.Members)))
		}
		if len(side.Blocks) > 0 {
			names := make([]string, len(side.Blocks))
			for i, ref := range side.Blocks {
				names[i] = w.block(ref.String(), ref.Block.Label())
			}
			lines = append(lines, plural(len(names), "block")+": "+w.list(names))
		}
		for _, l := range ws.Lists() {
			if items := side.Items[l]; len(items) > 0 {
				lines = append(lines, plural(len(items), "item")+" of "+printable(w.block(l.String(), l.Name))+": "+w.list(itemNames(l, items)))
			}
		}
		if len(lines) == 0 {
			continue
		}
		w.out.WriteByte('\n')
		w.line(0, "Only in "+printable(w.names[s]), w.paint.bold)
		for _, text := range lines {
			w.line(2, text, plain)
		}
	}
}

func itemNames(l *cube.List, items []cube.ItemID) []string {
	names := make([]string, len(items))
	for i, item := range items {
		names[i] = l.Item(item)
	}
	return names
}

// list names the first of many, or all.
func (w *diffWriter) list(names []string) string {
	out := make([]string, 0, min(len(names), maxDiffNamed+1))
	for i, name := range names {
		if i == maxDiffNamed && !w.all {
			out = append(out, fmt.Sprintf("and %s more (--members names them)", count(len(names)-i)))
			break
		}
		out = append(out, printable(name))
	}
	return strings.Join(out, ", ")
}

// several says whether names need their application.
func (w *diffWriter) several() bool {
	return len(w.Old.Workspace().Applications) > 1 || len(w.New.Workspace().Applications) > 1
}

// block is the name of a block or list: with its application only where there are several.
func (w *diffWriter) block(whole, label string) string {
	if w.several() {
		return whole
	}
	return label
}

// reason is a reason in words.
func (w *diffWriter) reason(why audit.Why) string {
	if !w.several() {
		for _, ws := range []*cube.Workspace{w.Old.Workspace(), w.New.Workspace()} {
			prefix := ws.Applications[0].Name + "::"
			why.Old, why.New = strings.TrimPrefix(why.Old, prefix), strings.TrimPrefix(why.New, prefix)
		}
		why.Application = ""
	}
	return printable(why.String())
}

// group writes the changes that have the same reasons.
func (w *diffWriter) group(g *diffGroup) {
	w.out.WriteByte('\n')
	reasons := make([]string, len(g.why))
	for i, why := range g.why {
		reasons[i] = w.reason(why)
	}
	w.line(0, "Because "+strings.Join(reasons, ", and "), w.paint.bold)
	w.line(2, plural(len(g.members), "member")+": "+w.list(g.members), plain)
	if len(g.first.Examples) > 0 {
		w.line(2, "for example "+printable(g.first.Members[0])+": "+w.example(g.first), plain)
	}
	s := sheet{head: []string{"block", "members", "read", "write"}, right: map[int]bool{1: true, 2: true, 3: true}}
	for _, b := range g.blocks {
		ref := shown(b.BlockPair)
		s.add(printable(w.block(ref.String(), ref.Block.Label())), count(b.members),
			deltaText(b.deltas[0], b.deltas[1]), deltaText(b.deltas[2], b.deltas[3]))
	}
	w.out.WriteByte('\n')
	for line := range strings.Lines(s.text(w.paint)) {
		w.out.WriteString("  " + line)
	}
}

// reasons is an overview of several groups: each reason by itself, whom it let gain or lose, and in how many blocks.
// Whoever gains for two reasons together is counted with both.
func (w *diffWriter) reasons(groups []*diffGroup) {
	if len(groups) < 2 {
		return
	}
	type tally struct {
		text       string
		gain, lose map[string]bool
		blocks     map[string]bool
	}
	var all []*tally
	for c := range w.parts() {
		for _, why := range c.Why {
			text := w.reason(why)
			i := slices.IndexFunc(all, func(t *tally) bool { return t.text == text })
			if i < 0 {
				i = len(all)
				all = append(all, &tally{text, map[string]bool{}, map[string]bool{}, map[string]bool{}})
			}
			all[i].blocks[blockKey(c.Block)] = true
			for _, m := range c.Members {
				if c.ReadGained.Cells+c.WriteGained.Cells > 0 {
					all[i].gain[m] = true
				}
				if c.ReadLost.Cells+c.WriteLost.Cells > 0 {
					all[i].lose[m] = true
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *tally) int {
		return cmp.Or(len(b.gain)-len(a.gain), len(b.lose)-len(a.lose), len(b.blocks)-len(a.blocks))
	})
	s := sheet{head: []string{"gain", "lose", "blocks", "because"}, right: map[int]bool{0: true, 1: true, 2: true}}
	for _, t := range all {
		s.add(count(len(t.gain)), count(len(t.lose)), count(len(t.blocks)), t.text)
	}
	w.out.WriteString("\n" + s.text(w.paint))
}

// deltaText is how many cells each member gains and loses: +1,234 −5, or +10…1,234 where it is not as many for all.
func deltaText(gained, lost deltaRange) string {
	var parts []string
	for i, r := range []deltaRange{gained, lost} {
		if r.most == 0 {
			continue
		}
		text := []string{"+", "−"}[i]
		if r.atMost {
			text += "≤"
			r.least = r.most
		}
		if r.least != r.most {
			text += count(r.least) + "…"
		}
		text += count(r.most)
		parts = append(parts, text)
	}
	return strings.Join(parts, " ")
}

// example is a cell of a change, and what members may do there before and now.
func (w *diffWriter) example(c audit.Change) string {
	ref, e := shown(c.Block), c.Examples[0]
	at := printable(w.block(ref.String(), ref.Block.Label()))
	if cell := exampleCell(c.Block, e).text(); cell != "" {
		at += " at " + cell
	}
	return fmt.Sprintf("%s: %s → %s", at, e.From, e.To)
}
