package bench

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/cubeward/cubeward/cube"
)

// WriteModel writes a workspace of one application, as Companies make them, as a model.yaml and CSV files into a
// folder. It knows lists with stored properties, metrics with values or a formula, the built-in roles and rules;
// scenarios, own roles and the like are an error.
func WriteModel(ws *cube.Workspace, dir string) error {
	if len(ws.Applications) != 1 || ws.Applications[0].Scenarios != nil {
		return fmt.Errorf("bench: only workspaces of one application without scenarios can be written")
	}
	w := &modelWriter{dir: dir, app: ws.Applications[0]}
	w.head(ws)
	w.printf("lists:\n")
	for _, l := range w.app.Lists {
		w.printf("  %q:\n", l.Name)
		w.list(l, "    ", "list-"+strconv.Itoa(int(l.ID)))
	}
	w.printf("metrics:\n")
	for _, m := range w.app.Metrics {
		w.metric(m)
	}
	w.printf("rules:\n")
	for _, r := range w.app.Rules {
		w.rule(r)
	}
	if w.err != nil {
		return w.err
	}
	return os.WriteFile(filepath.Join(dir, "model.yaml"), []byte(w.text.String()), 0o666)
}

type modelWriter struct {
	dir  string
	app  *cube.Application
	text strings.Builder
	err  error
}

func (w *modelWriter) printf(format string, args ...any) { fmt.Fprintf(&w.text, format, args...) }

// table writes a CSV file, whose rows each yields.
func (w *modelWriter) table(name string, header []string, each func(row func(...string))) {
	f, err := os.Create(filepath.Join(w.dir, name))
	if err != nil {
		w.err = err
		return
	}
	buf := bufio.NewWriterSize(f, 1<<16)
	c := csv.NewWriter(buf)
	keep := func(err error) {
		if w.err == nil {
			w.err = err
		}
	}
	keep(c.Write(header))
	each(func(fields ...string) { keep(c.Write(fields)) })
	c.Flush()
	keep(c.Error())
	keep(buf.Flush())
	keep(f.Close())
}

func (w *modelWriter) head(ws *cube.Workspace) {
	w.printf("cubeward: 1\napplication: %q\nmembers:\n", w.app.Name)
	w.list(ws.Users, "  ", "members")
	w.printf("accounts:\n")
	for m, a := range ws.Accounts {
		w.printf("  %q: %s\n", ws.Users.Item(cube.ItemID(m)), a)
	}
	if w.app.Owner >= 0 {
		w.printf("owner: %q\n", ws.Users.Item(w.app.Owner))
	}
	w.printf("user_roles: {file: user_roles.csv}\n")
	w.table("user_roles.csv", []string{"User", "Role"}, func(row func(...string)) {
		for m, name := range ws.Users.Items() {
			if r := w.app.RoleOf(cube.ItemID(m)); r >= 0 {
				row(name, w.app.RoleList.Item(r))
			}
		}
	})
}

// list writes a list and its properties, all of them columns of its file.
func (w *modelWriter) list(l *cube.List, indent, file string) {
	w.printf("%sfile: %s.csv\n%skey: Item\n%sproperties:\n", indent, file, indent, indent)
	if len(l.Properties) == 0 {
		w.printf("%s  {}\n", indent)
	}
	header := []string{"Item"}
	for _, p := range l.Properties {
		header = append(header, p.Name)
		w.printf("%s  %q: {type: %q}\n", indent, p.Name, w.typeName(p.Type))
	}
	w.table(file+".csv", header, func(row func(...string)) {
		fields := make([]string, len(header))
		for i, name := range l.Items() {
			fields[0] = name
			for k, p := range l.Properties {
				fields[k+1] = plain(p, uint64(i))
			}
			row(fields...)
		}
	})
}

func (w *modelWriter) typeName(t cube.Type) string {
	if t.Kind == cube.Item {
		return "list:" + t.List.NameIn(w.app)
	}
	return t.String()
}

// plain is a stored value as CSV has it.
func plain(b *cube.Block, cell uint64) string {
	if b.Input == nil {
		return ""
	}
	v := b.Input.Value(cell)
	switch v.Kind() {
	case cube.Number:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	case cube.Text:
		return v.Str()
	case cube.Boolean:
		return strconv.FormatBool(v.True())
	case cube.Date:
		return cube.FormatDate(v.Days())
	case cube.Item:
		return b.Type.List.Item(v.Item())
	case cube.AccessRights:
		return v.Rights().String()
	}
	return ""
}

func (w *modelWriter) metric(m *cube.Block) {
	w.printf("  %q:\n    type: %q\n    dimensions: [%s]\n", m.Name, w.typeName(m.Type), w.names(m.Dims))
	if m.Formula != nil {
		w.printf("    formula: %q\n", m.Formula.Text)
	}
	if m.Input == nil {
		return
	}
	file := fmt.Sprintf("metric-%d.csv", m.ID)
	w.printf("    file: %s\n    value: Value\n", file)
	header := []string{}
	for _, l := range m.Dims {
		header = append(header, l.NameIn(w.app))
	}
	w.table(file, append(header, "Value"), func(row func(...string)) {
		space := m.Input.Space()
		items, fields := make([]cube.ItemID, len(m.Dims)), make([]string, len(m.Dims)+1)
		put := func(cell uint64) {
			space.At(cell, items)
			for i, l := range m.Dims {
				fields[i] = l.Item(items[i])
			}
			fields[len(items)] = plain(m, cell)
			row(fields...)
		}
		if m.Input.Form() == cube.Sparse {
			for _, c := range m.Input.Cells() {
				put(c)
			}
			return
		}
		for c := range space.Len() {
			put(c)
		}
	})
}

func (w *modelWriter) names(lists []*cube.List) string {
	quoted := make([]string, len(lists))
	for i, l := range lists {
		quoted[i] = strconv.Quote(l.NameIn(w.app))
	}
	return strings.Join(quoted, ", ")
}

func (w *modelWriter) rule(r *cube.Rule) {
	access := map[cube.Rights]string{cube.Read: "read", cube.Write: "write", cube.Read | cube.Write: "read_write"}[r.Categories]
	w.printf("  - name: %q\n    metric: %q\n    access: %s\n", r.Name, r.Metric.Name, access)
	if r.Ignore {
		w.printf("    scope: ignore\n")
	}
	var blocks []string
	for _, b := range r.Blocks {
		blocks = append(blocks, strconv.Quote(b.Name))
	}
	switch r.Target {
	case cube.OnMetrics:
		w.printf("    on: {metrics: [%s]}\n", strings.Join(blocks, ", "))
	case cube.OnDimensions:
		w.printf("    on: {dimensions: [%s]}\n", w.names(r.Dims))
	case cube.OnItems:
		w.printf("    on: {items: [%s]}\n", strings.Join(blocks, ", "))
	case cube.OnEverything:
		w.printf("    on: {everything: true}\n")
	case cube.OnProperties:
		w.printf("    on: {properties: {%q: [%s]}}\n", r.Blocks[0].List.Name, strings.Join(blocks, ", "))
	}
	if len(r.Replace) > 0 {
		w.printf("    replace:\n")
		for _, p := range r.Replace {
			w.printf("      %q: %q\n", p.List.NameIn(w.app), p.Formula.Text)
		}
	}
}
