package modelfile

import "github.com/cubeward/cubeward/cube"

// metric is a metric and where it is defined. The block is nil where its type or a dimension is not known.
type metric struct {
	*cube.Block
	def  object
	dims []*list
	of   *list // the list of a metric of type list:L
}

var metricKeys = []string{
	"type", "dimensions", "file", "value", "cells", "formula", "overridable", "public", "author", "on_unknown",
}

// declareMetrics adds the metrics of an application.
func (l *loader) declareMetrics(a *application) {
	n := a.def.get("metrics")
	if n == nil {
		return
	}
	entries, ok := l.entries(a.src, n, "metrics")
	a.broken = a.broken || !ok
	for _, e := range entries {
		if !l.validName(a.src, e, "a metric") || !l.freeName(a, e) {
			continue
		}
		m := &metric{}
		a.metrics[e.name] = m
		if e.value == nil {
			continue
		}
		if m.def, ok = l.object(a.src, e.value, "metric "+quote(e.name), metricKeys...); ok {
			l.declareMetric(a, m, e)
		}
	}
}

func (l *loader) declareMetric(a *application, m *metric, e entry) {
	typ, of, ok := l.typeOf(m.def, a)
	dims, dimsOK := l.dimensions(a, m)
	f := l.formula(m.def)
	overridable := l.flag(m.def, "overridable", false)
	public := l.flag(m.def, "public", false)
	l.metricInput(m, overridable)
	if ok {
		l.metricKeysOfType(m, typ, dims, dimsOK)
	}
	if !ok || !dimsOK {
		return
	}
	m.Block, m.of, m.dims = a.AddMetric(e.name, typ, blocksOf(dims)...), of, dims
	m.Pos = a.src.pos(e.key)
	m.Formula, m.Overridable, m.Public = f, overridable, public
}

func blocksOf(dims []*list) []*cube.List {
	var out []*cube.List
	for _, d := range dims {
		out = append(out, d.List)
	}
	return out
}

// dimensions reads the dimensions of a metric.
func (l *loader) dimensions(a *application, m *metric) ([]*list, bool) {
	e := m.def.find("dimensions")
	switch {
	case e == nil:
		return nil, true
	case e.value == nil:
		return nil, false
	}
	names, ok := l.names(a.src, e.value, "dimensions")
	var dims []*list
	seen := map[*list]bool{}
	for _, d := range names {
		x := l.list(a.src, a, d.key, d.name)
		switch {
		case x == nil:
			ok = false
		case seen[x]:
			l.mistake(a.src.pos(d.key), "the dimension %s stands twice", quote(d.name))
			ok = false
		default:
			seen[x] = true
			dims = append(dims, x)
		}
	}
	if len(names) > cube.MaxDimensions {
		l.mistake(a.src.pos(e.value), "%s has %d dimensions; a block may have %d", m.def.what, len(names), cube.MaxDimensions)
		ok = false
	}
	return dims, ok
}

// metricInput checks which of file, cells and formula stand together (SPEC 2.4).
func (l *loader) metricInput(m *metric, overridable bool) {
	src := m.def.src
	file, cells, formula := m.def.find("file"), m.def.find("cells"), m.def.find("formula")
	given := file
	if cells != nil {
		given = cells
	}
	switch {
	case file != nil && cells != nil:
		l.mistake(src.pos(cells.key), "%s has a file and cells; it may have one of them", m.def.what)
	case formula != nil && given != nil && !overridable:
		l.mistake(src.pos(given.key), "%s has a formula and %s; only with overridable: true it may have both", m.def.what, given.name)
	}
	for _, key := range []string{"value", "on_unknown"} {
		if e := m.def.find(key); e != nil && file == nil {
			l.mistake(src.pos(e.key), "%q needs a file", key)
		}
	}
	if e := m.def.find("overridable"); e != nil && formula == nil {
		l.mistake(src.pos(e.key), `"overridable" needs a formula`)
	}
}

// metricKeysOfType checks what stands or falls with the type access_rights.
func (l *loader) metricKeysOfType(m *metric, typ cube.Type, dims []*list, dimsOK bool) {
	src := m.def.src
	if typ.Kind != cube.AccessRights {
		if e := m.def.find("on_unknown"); e != nil {
			l.mistake(src.pos(e.key), `"on_unknown" may stand only in metrics of type access_rights, and in user_roles`)
		}
		return
	}
	for _, key := range []string{"public", "overridable"} {
		if e := m.def.find(key); e != nil && !(key == "overridable" && m.def.find("formula") == nil) {
			l.mistake(src.pos(e.key), "%q may not stand in a metric of type access_rights", key)
		}
	}
	for _, d := range dims {
		if d == l.users {
			return
		}
	}
	if dimsOK {
		at := m.def.node
		if n := m.def.get("dimensions"); n != nil {
			at = n
		}
		l.mistake(src.pos(at), "the dimensions of %s of type access_rights must include User", m.def.what)
	}
}

// loadMetrics reads the cells of an application's metrics.
func (l *loader) loadMetrics(a *application) {
	if a.def.get("metrics") == nil {
		return
	}
	for _, b := range a.Metrics {
		m := a.metrics[b.Name]
		file, cells := m.def.get("file"), m.def.get("cells")
		if file == nil && cells == nil {
			continue
		}
		space, err := cube.NewSpace(b.Dims...)
		if err != nil {
			l.mistake(b.Pos, "%s: %v", m.def.what, err)
			continue
		}
		in := l.newCells(a.src, m, space)
		if cells != nil {
			in.readCells(cells)
		} else {
			in.skip = l.word(m.def, "on_unknown", "error", "skip") == "skip"
			in.readFile(file, a.columnNames(m), l.valueColumn(a, m, file))
		}
		b.Input = in.column()
	}
}

// columnNames are the names that the columns of a metric's dimensions may have: as in the header of rights (SPEC 6), or
// with the own application before it.
func (a *application) columnNames(m *metric) [][]string {
	names := make([][]string, len(m.dims))
	for i, d := range m.dims {
		names[i] = []string{d.NameIn(a.Application)}
		if d.app == a {
			names[i] = append(names[i], d.String())
		}
	}
	return names
}

// valueColumn says which column holds a metric's values.
func (l *loader) valueColumn(a *application, m *metric, file *node) valueColumn {
	e := m.def.find("value")
	switch {
	case e == nil:
		return valueColumn{file, []string{m.Name, m.String()}}
	case e.value == nil:
		return valueColumn{}
	}
	name, ok := l.name(a.src, e.value, "value")
	if !ok {
		return valueColumn{}
	}
	return valueColumn{e.value, []string{name}}
}
