package enginetest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
)

var plainScalar = regexp.MustCompile(`^[\p{L}\p{N}_]([\p{L}\p{N}_ .+@/&%-]*[\p{L}\p{N}_.%])?$`)

// scalar writes a text as a YAML scalar in one of its styles. Any plain scalar but null counts as its literal text.
func (g *generator) scalar(s string) string {
	null := s == "" || strings.EqualFold(s, "null") || s == "~"
	switch n := g.IntN(10); {
	case n < 4 && !null && plainScalar.MatchString(s):
		return s
	case n < 7 && !strings.Contains(s, "\n"):
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always has a JSON form
	return strings.TrimSuffix(b.String(), "\n")
}

func (g *generator) yamlList(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = g.scalar(n)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// yamlValue writes a value: numbers and booleans plain, the others as any scalar.
func (g *generator) yamlValue(t genType, v genValue) string {
	switch {
	case v.blank:
		return "null"
	case t.kind == cube.Number, t.kind == cube.Boolean:
		return v.text
	}
	return g.scalar(v.text)
}

func (t genType) name(app *genApp) string {
	if t.kind == cube.Item {
		return "list:" + t.list.header(app)
	}
	return t.kind.String()
}

// csv writes rows as RFC 4180 allows: with or without a byte-order mark, CRLF, needless quotes and empty lines.
func (g *generator) csv(rows [][]string) string {
	end, mark, quote := "\n", "", g.chance(15)
	if g.chance(15) {
		end = "\r\n"
	}
	if g.chance(15) {
		mark = "\ufeff"
	}
	var b strings.Builder
	b.WriteString(mark)
	for _, row := range rows {
		for i, f := range row {
			if i > 0 {
				b.WriteByte(',')
			}
			if quote || strings.ContainsAny(f, ",\"\r\n") || f == "" && len(row) == 1 || strings.TrimSpace(f) != f {
				f = `"` + strings.ReplaceAll(f, `"`, `""`) + `"`
			}
			b.WriteString(f)
		}
		b.WriteString(end)
	}
	return b.String()
}

// csvValue writes a value as CSV does; booleans in any case.
func (g *generator) csvValue(t genType, v genValue) string {
	if v.blank {
		return ""
	}
	if t.kind == cube.Boolean && g.chance(30) {
		return strings.ToUpper(v.text)
	}
	return v.text
}

// members is the key `members`, or a list under `lists`: the items and the properties, in the file or in a CSV.
func (g *generator) listBody(l *genList, folder string) string {
	inFile := g.chance(40)
	key := pick(g, []string{"Id", "the key", "Name of item"})
	header, columns := []string{key}, [][]string{l.items}
	var props []string
	for i, p := range l.props {
		fields := []string{"type: " + g.scalar(p.typ.name(l.app))}
		switch {
		case p.formula != "":
			fields = append(fields, "formula: "+g.scalar(p.formula))
			if p.author != "" {
				fields = append(fields, "author: "+g.scalar(p.author))
			}
		case inFile && !g.chance(15):
			name := p.name
			if g.chance(30) || name == key {
				name = fmt.Sprintf("col %d", i)
				fields = append(fields, "column: "+g.scalar(name))
			}
			header, columns = append(header, name), append(columns, g.propertyColumn(p))
		default:
			fields = append(fields, "values: "+g.propertyValues(p))
		}
		props = append(props, g.scalar(p.name)+": {"+strings.Join(fields, ", ")+"}")
	}
	body := "{items: " + g.yamlList(l.items)
	if inFile {
		name := g.file("list", ".csv")
		body = "{file: " + name
		if g.chance(15) {
			header, columns = append(header, "unused"), append(columns, l.items)
		}
		if g.chance(30) && len(header) > 1 { // the key need not come first where it is named
			header, columns = append(header[1:], header[0]), append(columns[1:], columns[0])
			body += ", key: " + g.scalar(key)
		}
		g.files[folder+name] = g.csv(table(header, columns))
	}
	if len(props) > 0 {
		body += ", properties: {" + strings.Join(props, ", ") + "}"
	}
	return body + "}"
}

func table(header []string, columns [][]string) [][]string {
	rows := [][]string{header}
	for i := range columns[0] {
		var row []string
		for _, c := range columns {
			row = append(row, c[i])
		}
		rows = append(rows, row)
	}
	return rows
}

func (p *genBlock) value(item string) genValue {
	if v, ok := p.given[item]; ok {
		return v
	}
	return genValue{blank: true}
}

func (g *generator) propertyColumn(p *genBlock) []string {
	var out []string
	for _, item := range p.list.items {
		out = append(out, g.csvValue(p.typ, p.value(item)))
	}
	return out
}

// propertyValues is by position, or a mapping that leaves BLANKs out.
func (g *generator) propertyValues(p *genBlock) string {
	mapping := g.chance(50)
	var out []string
	for _, item := range p.list.items {
		v := p.value(item)
		switch {
		case !mapping:
			out = append(out, g.yamlValue(p.typ, v))
		case !v.blank:
			out = append(out, g.scalar(item)+": "+g.yamlValue(p.typ, v))
		}
	}
	if mapping {
		return "{" + strings.Join(shuffled(g, out), ", ") + "}"
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// metricBody is a metric under `metrics`.
func (g *generator) metricBody(b *genBlock, folder string) string {
	fields := []string{"type: " + g.scalar(b.typ.name(b.app))}
	if len(b.order) > 0 || g.chance(50) {
		fields = append(fields, "dimensions: "+g.yamlList(headers(b.app, b.order)))
	}
	if b.formula != "" {
		fields = append(fields, "formula: "+g.scalar(b.formula))
		if b.overridable || g.chance(5) && b.typ.kind != cube.AccessRights {
			fields = append(fields, fmt.Sprintf("overridable: %t", b.overridable))
		}
	}
	if b.author != "" {
		fields = append(fields, "author: "+g.scalar(b.author))
	}
	if b.public || g.chance(5) && b.typ.kind != cube.AccessRights {
		fields = append(fields, fmt.Sprintf("public: %t", b.public))
	}
	if b.given != nil {
		fields = append(fields, g.metricCells(b, folder)...)
	}
	return "{" + strings.Join(shuffled(g, fields), ", ") + "}"
}

// isRole: roles that nobody has heard of are an error even where unknown names are skipped.
func isRole(l *genList) bool { return l.name == cube.RoleName }

func (g *generator) metricCells(b *genBlock, folder string) []string {
	items, values := g.cells(b)
	if g.chance(60) {
		rows := make([]string, len(items))
		for i, at := range items {
			row := make([]string, 0, len(at)+1)
			for _, item := range at {
				row = append(row, g.scalar(item))
			}
			rows[i] = "[" + strings.Join(append(row, g.yamlValue(b.typ, values[i])), ", ") + "]"
		}
		return []string{"cells: [" + strings.Join(rows, ", ") + "]"}
	}
	column := b.name
	name := g.file("cells", ".csv")
	out := []string{"file: " + name}
	if g.chance(30) || slices.Contains(headers(b.app, b.order), column) {
		column = "the value"
		out = append(out, "value: the value")
	}
	order := make([]int, len(b.order)+1) // columns may stand in any order
	for i := range order {
		order[i] = i
	}
	order = shuffled(g, order)
	line := func(fields []string) []string {
		var row []string
		for _, o := range order {
			row = append(row, fields[o])
		}
		return row
	}
	rows := [][]string{line(append(headers(b.app, b.order), column))}
	for i, at := range items {
		rows = append(rows, line(append(slices.Clone(at), g.csvValue(b.typ, values[i]))))
	}
	if b.typ.kind == cube.AccessRights && g.chance(20) && !slices.ContainsFunc(b.order, isRole) {
		out = append(out, "on_unknown: skip")
		nobody := make([]string, len(b.order)+1)
		for i := range b.order {
			nobody[i] = "nobody of this name"
		}
		nobody[len(b.order)] = "rw"
		rows = append(rows, line(nobody))
	}
	g.files[folder+name] = g.csv(rows)
	return out
}
