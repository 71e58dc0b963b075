package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
	"github.com/cubeward/cubeward/inherit"
)

// writeExplanation writes an explanation for people.
func (t *tool) writeExplanation(e *audit.Explanation) error {
	w := &explainWriter{e: e, paint: paintFor(t.stdout), several: len(e.View.Member().Rights().Workspace().Applications) > 1}
	w.decision()
	denying, granting := split(e.Factors, func(f *audit.Factor) bool { return f.Denies() })
	w.tree("Denied by", denying)
	w.tree("Granted by", granting)
	w.tree("Cut: these would count otherwise", e.Cut)
	w.remedies()
	_, err := io.WriteString(t.stdout, w.out.String())
	return failed(err)
}

func split(fs []audit.Factor, first func(*audit.Factor) bool) (a, b []audit.Factor) {
	for _, f := range fs {
		if first(&f) {
			a = append(a, f)
		} else {
			b = append(b, f)
		}
	}
	return a, b
}

// explainWriter writes one explanation as text.
type explainWriter struct {
	e       *audit.Explanation
	paint   paint
	several bool // the workspace has several applications: say which
	indent  int  // of all lines
	out     strings.Builder
}

// decision is what was decided, and about what.
func (w *explainWriter) decision() {
	d, v := w.e.Decision, w.e.View
	w.entry("read", w.answer(d.Read), "")
	locked := ""
	if d.Locked {
		locked = "locked: " + strings.Join(reasonTexts(d.Reasons), ", ")
	}
	w.entry("write", w.answer(d.Write), locked)
	member := printable(v.Member().Name())
	if role := v.Member().Role(v.Ref().App); role != nil {
		member += ", " + printable(role.Name)
	}
	if v.Member().Admin() != "" {
		member += ", with " + printable(v.Member().Admin()) + " acting as them"
	}
	w.entry("member", "", member)
	w.entry("block", "", printable(v.Ref().String()))
	cell := cellIn(v.Ref(), w.e.Cell)
	for i, name := range cell.names {
		label := "cell"
		if i > 0 {
			label = ""
		}
		w.entry(label, "", printable(name)+"="+printable(cell.items[i]))
	}
}

func (w *explainWriter) answer(yes bool) string {
	if yes {
		return w.paint.green("yes") + "  "
	}
	return w.paint.red("no") + "   "
}

// entry writes a label and, beside it, an answer and a text.
func (w *explainWriter) entry(label, answer, text string) {
	width := len("member  ")
	beside := width
	if answer != "" {
		beside += len("yes  ")
	}
	for i, line := range wrapped(text, w.width()-beside) {
		if i == 0 {
			line = padded(label, width) + answer + line
		} else {
			line = strings.Repeat(" ", beside) + line
		}
		w.line(line)
	}
}

func (w *explainWriter) line(s string) {
	w.out.WriteString(strings.TrimRight(strings.Repeat(" ", w.indent)+s, " ") + "\n")
}

// width is the room in a line.
func (w *explainWriter) width() int { return screenWidth - w.indent }

// reasonTexts are reasons (SPEC 1.2) with what they mean.
func reasonTexts(reasons []engine.Reason) []string {
	meaning := map[engine.Reason]string{
		engine.NoMembership: "no role", engine.NoRead: "hidden", engine.NoWrite: "closed or read-only",
		engine.ScenarioReadOnly: "the scenario", engine.Calculated: "by a formula", engine.Impersonation: "only looking on",
	}
	out := make([]string, len(reasons))
	for i, r := range reasons {
		out[i] = fmt.Sprintf("%s (%s)", r, meaning[r])
	}
	return out
}

// tree writes factors as the branches of a tree.
func (w *explainWriter) tree(title string, factors []audit.Factor) {
	if len(factors) == 0 {
		return
	}
	if w.indent == 0 {
		w.line("")
	}
	w.line(w.paint.bold(title))
	for i, f := range factors {
		first, below := "├─ ", "│    "
		if i == len(factors)-1 {
			first, below = "└─ ", "     "
		}
		w.factor(&f, first, below)
	}
}

// sayWidth is the room for what a factor says, at the end of its first line.
const sayWidth = 21

func (w *explainWriter) factor(f *audit.Factor, first, below string) {
	mark := w.paint.green("✓ ")
	switch {
	case f.Cut != inherit.NotCut:
		mark = w.paint.yellow("○ ")
	case f.Denies():
		mark = w.paint.red("✗ ")
	}
	for i, line := range wrapped(w.title(f), w.width()-5-sayWidth) {
		if i == 0 {
			w.line(first + mark + padded(line, w.width()-5-sayWidth) + " " + w.say("read", f.Read) + w.say("write", f.Write))
			continue
		}
		w.line(below + line)
	}
	for _, text := range w.details(f) {
		for i, line := range wrapped(text, w.width()-8) {
			if i > 0 {
				line = "   " + line
			}
			w.line(below + line)
		}
	}
}

// say is what a factor says in a category: "read no   ", with spaces where it says nothing.
func (w *explainWriter) say(category string, s audit.Say) string {
	switch s {
	case audit.No:
		return category + " " + w.paint.red("no") + "   "
	case audit.Yes:
		return category + " " + w.paint.green("yes") + "  "
	}
	return strings.Repeat(" ", len(category)+6)
}

// title says what condition a factor is.
func (w *explainWriter) title(f *audit.Factor) string {
	if f.Hidden {
		return "a restriction you may not see"
	}
	of := ""
	if w.several {
		of = " of " + printable(f.Application.Name)
	}
	role := w.e.View.Member().Role(f.Application)
	switch f.Kind {
	case inherit.Membership:
		if role == nil {
			return "no role in " + printable(f.Application.Name)
		}
		return "a role in " + printable(f.Application.Name) + ": " + printable(role.Name)
	case inherit.RoleDefault:
		if role == nil {
			return "the default of a role" + of + ", which is missing"
		}
		return "the default of the role " + printable(role.Name) + of
	case inherit.Permission:
		return "the permission " + string(cube.DefineApplicationSecurity) + of
	case inherit.Scenario:
		return "the access to scenarios" + of
	}
	return ruleNames(f.Rules) + of + ": " + printable(f.Metric.Name)
}

func ruleNames(rules []*cube.Rule) string {
	names := make([]string, len(rules))
	for i, r := range rules {
		names[i] = fmt.Sprintf("%q", r.Name)
	}
	if len(names) == 1 {
		return "rule " + names[0]
	}
	return "rules " + strings.Join(names, ", ")
}

// details are how a factor got here, where it decides, and why it does not count.
func (w *explainWriter) details(f *audit.Factor) []string {
	var out []string
	if f.Hidden {
		return nil
	}
	if len(f.Via) > 0 {
		steps := make([]string, len(f.Via))
		for i, s := range f.Via {
			steps[i] = printable(blockIn(refOf(s.Block, f.Application), w.e.View.Ref().App))
			for _, op := range s.Operations {
				steps[i] += " [" + printable(op) + "]"
			}
		}
		out = append(out, "via "+strings.Join(steps, " ← "))
	}
	if f.Items {
		out = append(out, "stated on the items of "+printable(f.Source.List.Name))
	}
	if f.Denies() {
		out = append(out, w.cells(f)...)
	}
	switch f.Cut {
	case inherit.ByIgnore:
		out = append(out, "lifted by the ignore "+ruleNames(f.CutBy))
	case inherit.ByPublic:
		out = append(out, "lifted: "+printable(f.CutAt.Label())+" is public")
	case inherit.ByReset:
		out = append(out, "cut by RESETACCESSRIGHTS in the formula of "+printable(blockIn(refOf(f.CutAt, f.Application), w.e.View.Ref().App)))
	case inherit.ByOption:
		out = append(out, "cut by inherit_within_application: false of "+printable(f.CutAt.App.Name))
	}
	return out
}

// blockIn is a block as app calls it.
func blockIn(ref engine.Ref, app *cube.Application) string {
	if ref.Block.App == app || ref.Block.App == nil && ref.App == app {
		return ref.Block.Label()
	}
	return ref.String()
}

// cells says at which cells of its source a factor decides. What all have in common stands first, and where they
// differ in one dimension its items follow.
func (w *explainWriter) cells(f *audit.Factor) []string {
	if len(f.At) == 0 || len(f.At[0].Dims) == 0 {
		return nil
	}
	app := namingApp(refOf(f.Source, f.Application))
	dims := f.At[0].Dims
	var common, vary []int
	for i := range dims {
		if slices.ContainsFunc(f.At, func(c audit.SourceCell) bool { return c.Items[i] != f.At[0].Items[i] }) {
			vary = append(vary, i)
		} else {
			common = append(common, i)
		}
	}
	name := func(c audit.SourceCell, axes []int) string {
		parts := make([]string, len(axes))
		for k, i := range axes {
			parts[k] = printable(dims[i].NameIn(app)) + "=" + printable(dims[i].Item(c.Items[i]))
		}
		return strings.Join(parts, ", ")
	}
	at := "at " + name(f.At[0], common)
	if len(common) > 0 && len(vary) > 0 {
		at += ", "
	}
	more := ""
	if f.More {
		more = " …"
	}
	switch len(vary) {
	case 0:
		return []string{at + more}
	case 1:
		items := make([]string, len(f.At))
		for k, c := range f.At {
			items[k] = printable(dims[vary[0]].Item(c.Items[vary[0]]))
		}
		return []string{at + printable(dims[vary[0]].NameIn(app)) + ": " + strings.Join(items, ", ") + more}
	}
	items := make([]string, len(f.At))
	for k, c := range f.At {
		items[k] = name(c, vary)
	}
	return []string{at + strings.Join(items, "; ") + more}
}

// remedies say what would have to change for a yes.
func (w *explainWriter) remedies() {
	read, write := w.e.Remedies(cube.Read), w.e.Remedies(cube.Write)
	write = slices.DeleteFunc(write, func(s string) bool { return slices.Contains(read, s) })
	for _, part := range []struct {
		title string
		what  []string
	}{{"To read it", read}, {"To change it", write}} {
		if len(part.what) == 0 {
			continue
		}
		title := part.title
		if title == "To change it" && len(read) > 0 {
			title += ", also"
		}
		w.line("")
		w.line(w.paint.bold(title))
		for _, s := range part.what {
			for i, line := range wrapped(s, w.width()-4) {
				if i == 0 {
					w.line("  • " + line)
				} else {
					w.line("    " + line)
				}
			}
		}
	}
}
