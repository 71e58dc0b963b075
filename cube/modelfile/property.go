package modelfile

import (
	"strings"

	"github.com/cubeward/cubeward/cube"
)

var propertyKeys = []string{"type", "values", "column", "formula", "author"}

// declareProperties adds the properties of a list.
func (l *loader) declareProperties(x *list) {
	n := x.def.get("properties")
	if n == nil {
		return
	}
	entries, _ := l.entries(x.src, n, "properties of "+x.what())
	for _, e := range entries {
		if !l.validName(x.src, e, "a property") {
			continue
		}
		p := &property{list: x, name: e.name}
		x.properties[e.name] = p
		x.order = append(x.order, p)
		if e.value == nil {
			continue
		}
		var ok bool
		if p.def, ok = l.object(x.src, e.value, "property "+quote(x.Name+"."+e.name), propertyKeys...); ok {
			l.declareProperty(p, e)
		}
	}
}

func (l *loader) declareProperty(p *property, e entry) {
	x, src := p.list, p.list.src
	scope := x.app
	if scope == nil {
		scope = l.alone
	}
	typ, of, ok := l.typeOf(p.def, scope)
	switch {
	case !ok:
	case typ.Kind == cube.AccessRights:
		l.mistake(src.pos(p.def.get("type")), "a property may not be of type access_rights")
		ok = false
	case x.app == nil && of != nil && of.Reserved:
		l.mistake(src.pos(p.def.get("type")), "a property of members may not be of type list:%s", of.Name)
		ok = false
	}
	if ok {
		p.Block, p.of = l.ws.AddProperty(x.List, e.name, typ), of
		p.Pos = src.pos(e.key)
	}
	if x.app == nil {
		for _, key := range []string{"formula", "author"} {
			if found := p.def.find(key); found != nil {
				l.mistake(src.pos(found.key), "properties of members have no formulas")
			}
		}
	} else if f := l.formula(p.def); f != nil && p.Block != nil {
		p.Formula = f
	}
	l.propertyInput(p, e)
}

// propertyInput checks that a property has one source of values at most, and finds out which.
func (l *loader) propertyInput(p *property, e entry) {
	src := p.list.src
	given := ""
	for _, key := range []string{"values", "column", "formula"} {
		found := p.def.find(key)
		switch {
		case found == nil:
		case given != "":
			l.mistake(src.pos(found.key), "%s has %s and %s; it may have one of them", p.def.what, given, key)
		default:
			given = key
		}
	}
	file := p.list.def.find("file") != nil
	column := p.def.find("column")
	switch {
	case column != nil && !file:
		l.mistake(src.pos(column.key), `"column" needs a list with a file`)
	case column != nil:
		p.column = column.value
	case given == "" && file:
		p.column = e.key
	}
}

// formula reads the formula and the author of a property or metric.
func (l *loader) formula(o object) *cube.Formula {
	author := o.find("author")
	n := o.find("formula")
	if n == nil {
		if author != nil {
			l.mistake(o.src.pos(author.key), `"author" needs a formula`)
		}
		return nil
	}
	f := &cube.Formula{Author: cube.NoItem}
	if author != nil && author.value != nil {
		f.Author = l.member(o.src, author.value, "author")
		f.AuthorPos = o.src.pos(author.value)
	}
	if n.value == nil {
		return nil
	}
	text, ok := l.text(o.src, n.value, "formula")
	if !ok {
		return nil
	}
	f.Text, f.Pos = text, o.src.pos(n.value)
	return f
}

// loadProperties reads the given values of a list's properties.
func (l *loader) loadProperties(x *list) {
	var columns []*property
	for _, p := range x.order {
		switch {
		case p.Block == nil:
		case p.column != nil:
			columns = append(columns, p)
		case p.def.get("values") != nil && !x.partial:
			l.loadValues(p, p.def.get("values"))
		}
	}
	if len(columns) > 0 && !x.partial {
		l.loadColumns(x, columns)
	}
}

// loadValues reads values by position or by item.
func (l *loader) loadValues(p *property, n *node) {
	src, c := p.list.src, converter{l: l, typ: p.Type, list: p.of}
	space, err := cube.NewSpace(p.list.List)
	if err != nil {
		l.mistake(src.pos(n), "%v", err)
		return
	}
	b := cube.NewColumnBuilder(p.Type, space)
	set := func(item cube.ItemID, n *node) {
		v, r := c.node(n)
		if r != nil {
			l.reject(src.pos(n), p.def.what, r)
			return
		}
		b.Set(uint64(item), v)
	}
	switch n.kind {
	case sequenceNode:
		if len(n.kids) != p.list.Len() {
			l.flaw(src.pos(n), "%s has %d values for %d items", p.def.what, len(n.kids), p.list.Len())
			return
		}
		for i := range n.kids {
			set(cube.ItemID(i), &n.kids[i])
		}
	case mappingNode:
		entries, _ := l.entries(src, n, "values of "+p.def.what)
		for _, e := range entries {
			if id, ok := p.list.Find(e.name); !ok {
				l.flaw(src.pos(e.key), "%s has no item %s", p.list.what(), quote(e.name))
			} else if e.value != nil {
				set(id, e.value)
			}
		}
	default:
		l.mistake(src.pos(n), "values of %s must be a list or a mapping, not %s", p.def.what, n.describe())
	}
	p.Input = l.column(b)
}

// reject reports a value that was refused.
func (l *loader) reject(pos cube.Position, what string, r *rejection) {
	if !r.silent {
		l.flaw(pos, "%s: %s", what, r.message)
	}
}

// column is what a builder collected, whose cells are known to be given once; nil where all are BLANK.
func (l *loader) column(b *cube.ColumnBuilder) *cube.Column {
	c, err := b.Column()
	if err != nil || c.Form() == cube.Sparse && len(c.Cells()) == 0 {
		return nil
	}
	return c
}

// loadColumns reads the columns of a list's file that hold properties. All items are known to be read.
func (l *loader) loadColumns(x *list, properties []*property) {
	if l.bulkColumns(x, properties) {
		return
	}
	t, ok := l.openTable(x.src, x.def.get("file"))
	if !ok {
		return
	}
	defer t.close()
	if !l.wantKey(x, t, x.def.get("file")) {
		return
	}
	space, err := cube.NewSpace(x.List)
	if err != nil {
		l.mistake(x.Pos, "%v", err)
		return
	}
	converters := make([]converter, len(properties))
	builders := make([]*cube.ColumnBuilder, len(properties))
	for i, p := range properties {
		name, named := l.name(x.src, p.column, "column")
		ok = named && l.want(t, x.src, p.column, p.Type.Kind, name) && ok
		converters[i] = converter{l: l, typ: p.Type, list: p.of}
		builders[i] = cube.NewColumnBuilder(p.Type, space)
	}
	if !ok {
		return
	}
	row, changed := 0, false
	whole := l.rows(t, func(fields []field) {
		if changed = changed || row >= x.Len() || strings.TrimSpace(fields[0].text) != x.Item(cube.ItemID(row)); changed {
			l.mistake(t.at(0), "the file changed while it was read")
			return
		}
		for i := range properties {
			v, r := converters[i].field(&fields[i+1])
			if r != nil {
				l.reject(t.at(i+1), properties[i].def.what, r)
				continue
			}
			builders[i].Set(uint64(row), v)
		}
		row++
	})
	if whole && !changed && row < x.Len() {
		l.mistake(x.src.pos(x.def.get("file")), "%s: the file changed while it was read", t.path())
	}
	for i, p := range properties {
		p.Input = l.column(builders[i])
	}
}
