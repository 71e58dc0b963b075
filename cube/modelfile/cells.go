package modelfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
)

// place is a cell that was given and where.
type place struct {
	cell         uint64
	line, column int32
}

// cells collects the given cells of a metric.
type cells struct {
	l       *loader
	src     *source
	what    string
	where   func(line, column int) cube.Position // of the places
	dims    []converter
	value   converter
	space   cube.Space
	items   []cube.ItemID
	builder *cube.ColumnBuilder
	places  []place
	bulked  *cube.Column // in place of both, where a table was read in bulk

	skip    bool // rows that name an unknown item are left out
	skipped int
	filled  bool // these are the roles of members: a BLANK value is a mistake
}

func (l *loader) newCells(src *source, m *metric, space cube.Space) *cells {
	c := &cells{l: l, src: src, what: m.def.what, space: space, items: make([]cube.ItemID, len(m.dims))}
	c.where = func(line, column int) cube.Position {
		return cube.Position{File: src.at.shown, Line: line, Column: column}
	}
	for _, d := range m.dims {
		c.dims = append(c.dims, converter{l: l, typ: cube.Type{Kind: cube.Item, List: d.List}, list: d})
	}
	c.value = converter{l: l, typ: m.Type, list: m.of}
	c.builder = cube.NewColumnBuilder(m.Type, space)
	return c
}

// readCells reads cells in YAML: rows of the items in the order of the dimensions, then the value.
func (c *cells) readCells(n *node) {
	if n.kind != sequenceNode {
		c.l.mistake(c.src.pos(n), "cells of %s must be a list of rows, not %s", c.what, n.describe())
		return
	}
	for i := range n.kids {
		row := &n.kids[i]
		switch {
		case row.kind != sequenceNode:
			c.l.flaw(c.src.pos(row), "a row of cells must be a list, not %s", row.describe())
		case len(row.kids) != len(c.dims)+1:
			c.l.flaw(c.src.pos(row), "%s: a row of cells has %d entries, the items in the order of the dimensions and the value; this one has %d", c.what, len(c.dims)+1, len(row.kids))
		default:
			c.set(int32(row.line), int32(row.col),
				func(i int) (cube.Value, *rejection) { return c.converter(i).node(&row.kids[i]) },
				func(i int) cube.Position { return c.src.pos(&row.kids[i]) })
		}
	}
}

// converter is that of entry i of a row: a dimension's, or at the end the value's.
func (c *cells) converter(i int) *converter {
	if i < len(c.dims) {
		return &c.dims[i]
	}
	return &c.value
}

// valueColumn is what names the column of the values, and the names that it may have: the zero valueColumn none.
type valueColumn struct {
	at    *node
	names []string
}

// readFile reads cells from the table at file, whose columns may have these names.
func (c *cells) readFile(file *node, dims [][]string, value valueColumn) {
	if c.bulk(file, dims, value) {
		return
	}
	t, ok := c.l.openTable(c.src, file)
	if !ok {
		return
	}
	defer t.close()
	for _, names := range dims {
		ok = c.l.want(t, c.src, file, cube.Item, names...) && ok
	}
	if value.at == nil || !c.l.want(t, c.src, value.at, c.value.typ.Kind, value.names...) || !ok {
		return
	}
	c.where = t.where
	var fields []field
	read := func(i int) (cube.Value, *rejection) { return c.converter(i).field(&fields[i]) }
	c.l.rows(t, func(row []field) {
		fields = row
		line, column := t.mark()
		c.set(int32(line), int32(column), read, t.at)
	})
	c.left(t.path())
}

// left warns of the rows that were left out.
func (c *cells) left(path string) {
	if c.skipped > 0 {
		rows := "rows that name"
		if c.skipped == 1 {
			rows = "row that names"
		}
		c.l.ws.Warnings = append(c.l.ws.Warnings, cube.Errorf(cube.Position{File: path},
			"%s: left out %d %s an unknown member or item (on_unknown: skip)", c.what, c.skipped, rows))
	}
}

// set reads one row, whose entries read and at give.
func (c *cells) set(line, column int32, read func(int) (cube.Value, *rejection), at func(int) cube.Position) {
	bad, unknown := false, false
	for i := range c.dims {
		v, r := read(i)
		switch {
		case r != nil && r.unknown && c.skip:
			unknown = true
		case r != nil:
			c.l.reject(at(i), c.what, r)
			bad = true
		case v.IsBlank():
			c.l.flaw(at(i), "%s: the item of the dimension %s is BLANK", c.what, quote(c.dims[i].list.Name))
			bad = true
		default:
			c.items[i] = v.Item()
		}
	}
	v, r := read(len(c.dims))
	switch {
	case r != nil:
		c.l.reject(at(len(c.dims)), c.what, r)
	case c.filled && v.IsBlank():
		c.l.flaw(at(len(c.dims)), "%s: the value is BLANK", c.what)
	case bad:
	case unknown:
		c.skipped++
	default:
		cell := c.space.Cell(c.items)
		c.builder.Set(cell, v)
		c.places = append(c.places, place{cell, line, column})
	}
}

// column is the cells that were given, nil where all are BLANK. It reports those that were given twice.
func (c *cells) column() *cube.Column {
	column, err := c.bulked, error(nil)
	if column == nil {
		column, err = c.builder.Column()
	}
	if err != nil {
		c.twice()
		return nil
	}
	if column.Form() == cube.Sparse && len(column.Cells()) == 0 {
		return nil
	}
	return column
}

// twice reports the cells that stand twice.
func (c *cells) twice() {
	slices.SortStableFunc(c.places, func(a, b place) int {
		switch {
		case a.cell < b.cell:
			return -1
		case a.cell > b.cell:
			return 1
		}
		return 0
	})
	reported := 0
	for i := 1; i < len(c.places) && reported < cube.MaxErrors; i++ {
		first, second := c.places[i-1], c.places[i]
		if first.cell != second.cell {
			continue
		}
		reported++
		c.l.flaw(c.where(int(second.line), int(second.column)), "%s: %s stands twice, first at %s",
			c.what, c.name(second.cell), c.where(int(first.line), int(first.column)))
	}
}

// name names a cell by its items.
func (c *cells) name(cell uint64) string {
	c.space.At(cell, c.items)
	switch {
	case len(c.dims) == 0:
		return "its one cell"
	case c.filled:
		return "member " + quote(c.dims[0].list.Item(c.items[0]))
	}
	names := make([]string, len(c.items))
	for i, item := range c.items {
		names[i] = quote(c.dims[i].list.Item(item))
	}
	return fmt.Sprintf("the cell (%s)", strings.Join(names, ", "))
}
