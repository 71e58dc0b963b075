package modelfile

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
)

// bulkPlan says what is wanted of a table that is read in bulk: in parts, by several processors, its values straight
// into columns. A table in which anything is wrong is read again, row by row, by who can tell what.
type bulkPlan struct {
	cells  bool // rows are cells of a metric
	items  bool // rows are new items of a list; else its items in their order
	wanted []wantedColumn
	sinks  []*sink // by column of the table

	dims, values int // how many of each
}

// bulkTable is where a table is, and who reads it.
type bulkTable struct {
	location
	extension string
	reader    TableReader // nil for those that this package reads
}

// wantedColumn is a sink and the names that its column may have, none for the first column.
type wantedColumn struct {
	*sink
	names []string
}

// wantItem wants a column as items of a list, for the cell or the row.
func (p *bulkPlan) wantItem(of *list, stride uint64, skip bool, names ...string) bool {
	s, ok := newSink(cube.Type{Kind: cube.Item}, of)
	if !ok {
		return false
	}
	s.dimension, s.stride, s.skip, s.place = true, stride, skip, p.dims
	p.dims++
	p.wanted = append(p.wanted, wantedColumn{s, names})
	return true
}

// wantValue wants a column as values.
func (p *bulkPlan) wantValue(t cube.Type, of *list, whole bool, names ...string) bool {
	s, ok := newSink(t, of)
	if !ok {
		return false
	}
	s.whole, s.place = whole, p.values
	p.values++
	p.wanted = append(p.wanted, wantedColumn{s, names})
	return true
}

// wantNames wants the first column, or the one of that name, as the names of new items.
func (p *bulkPlan) wantNames(names ...string) {
	p.items, p.dims = true, 1
	p.wanted = append(p.wanted, wantedColumn{&sink{kind: cube.Item, dimension: true, naming: true}, names})
}

// bind finds the columns in a header.
func (p *bulkPlan) bind(header []string) bool {
	p.sinks = make([]*sink, len(header))
	for _, w := range p.wanted {
		i := 0
		if len(w.names) > 0 {
			name := slices.IndexFunc(w.names, func(name string) bool { return slices.Contains(header, name) })
			if name < 0 {
				return false
			}
			i = slices.Index(header, w.names[name])
			if slices.Contains(header[i+1:], header[i]) {
				return false
			}
		}
		if i >= len(header) {
			return false
		}
		w.also, p.sinks[i] = p.sinks[i], w.sink
	}
	return true
}

// bulkFile is where the table is that a file of the model names at n, if it can be read in bulk. It reports nothing.
func (l *loader) bulkFile(src *source, n *node) (bulkTable, bool) {
	if l.byRow || n == nil || !n.scalar() {
		return bulkTable{}, false
	}
	t := bulkTable{extension: strings.ToLower(filepath.Ext(n.text))}
	switch t.extension {
	case ".csv", ".arrow", ".arrows":
	default:
		if t.reader = l.opt.Tables[t.extension]; t.reader == nil {
			return t, false
		}
	}
	quiet, ok := loader{files: l.files}, false
	t.location, ok = quiet.resolve(src, n, n.text)
	return t, ok
}

// bulk reads a table by a plan, and gives its rows to take, some after the other, until take does not want them. It
// says whether all of the table was read; else nothing that was taken counts.
func (l *loader) bulk(at bulkTable, plan *bulkPlan, take func(*bulkRows) bool) bool {
	if at.extension == ".csv" {
		return l.bulkCSV(at.location, plan, take)
	}
	return l.bulkArrow(at, plan, take)
}

// nameAt is the name that stands at n, "" where there is none.
func nameAt(n *node) string {
	if n == nil || !n.scalar() {
		return ""
	}
	return strings.TrimSpace(n.text)
}

// bulkItems reads the items of a list, all or none.
func (l *loader) bulkItems(x *list, file *node) bool {
	at, ok := l.bulkFile(x.src, file)
	plan := &bulkPlan{}
	if !ok || !plan.wantKey(x, plan.wantNames) {
		return false
	}
	var parts [][]byte
	size, n := 0, 0
	var ends []uint32
	ok = l.bulk(at, plan, func(rows *bulkRows) bool {
		for _, end := range rows.ends {
			ends = append(ends, uint32(size)+end)
		}
		parts = append(parts, rows.names)
		size, n = size+len(rows.names), n+rows.n
		return size <= 1<<31
	})
	if !ok {
		return false
	}
	var text strings.Builder
	text.Grow(size)
	for _, p := range parts {
		text.Write(p)
	}
	index := newNameIndex(text.String(), ends)
	if index == nil {
		return false
	}
	x.index = index
	return n == 0 || x.Keep(n, func() (string, []uint32, error) { return index.text, index.ends, nil }) == nil
}

// wantKey wants the column that holds the items of a list.
func (p *bulkPlan) wantKey(x *list, want func(names ...string)) bool {
	key := x.def.find("key")
	if key == nil {
		want()
		return true
	}
	name := nameAt(key.value)
	if name == "" {
		return false
	}
	want(name)
	return true
}

// bulkColumns reads the columns of a list's file that hold properties into builders, all or none.
func (l *loader) bulkColumns(x *list, properties []*property) bool {
	space, err := cube.NewSpace(x.List)
	if err != nil {
		return false
	}
	at, ok := l.bulkFile(x.src, x.def.get("file"))
	plan := &bulkPlan{}
	ok = ok && plan.wantKey(x, func(names ...string) { ok = plan.wantItem(x, 1, false, names...) }) && ok
	builders := make([]*cube.ColumnBuilder, len(properties))
	for i, p := range properties {
		name := nameAt(p.column)
		ok = ok && name != "" && plan.wantValue(p.Type, p.of, false, name)
		builders[i] = cube.NewColumnBuilder(p.Type, space)
	}
	if !ok {
		return false
	}
	row := 0
	ok = l.bulk(at, plan, func(rows *bulkRows) bool {
		if rows.n > 0 && int(rows.first) != row {
			return false
		}
		for i, values := range rows.values {
			cells := make([]uint64, rows.n)
			for k := range cells {
				cells[k] = uint64(row + k)
			}
			builders[i].SetAll(cells, values)
		}
		row += rows.n
		return true
	})
	if !ok || row != x.Len() { // it was read for the items before, and may be another file since
		return false
	}
	for i, p := range properties {
		p.Input = l.column(builders[i])
	}
	return true
}

// bulk reads cells from the table at file, all or none, and says whether it did.
func (c *cells) bulk(file *node, dims [][]string, value valueColumn) bool {
	at, ok := c.l.bulkFile(c.src, file)
	if !ok || value.at == nil {
		return false
	}
	plan := &bulkPlan{cells: true}
	for i, names := range dims {
		ok = ok && plan.wantItem(c.dims[i].list, c.space.Stride(i), c.skip, names...)
	}
	if !ok || !plan.wantValue(c.value.typ, c.value.list, c.filled, value.names...) {
		return false
	}
	builder, skipped := cube.NewColumnBuilder(c.value.typ, c.space), 0
	ok = c.l.bulk(at, plan, func(rows *bulkRows) bool {
		builder.SetAll(rows.cells, rows.values[0])
		skipped += rows.skipped
		return true
	})
	if !ok {
		return false
	}
	column, err := builder.Column()
	if err != nil {
		return false
	}
	c.bulked, c.skipped = column, skipped
	c.left(at.shown)
	return true
}
