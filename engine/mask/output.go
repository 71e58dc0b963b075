package mask

import (
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// output is what a pass makes its columns with; another may use it after it.
type output struct {
	redactors []redactor
	arrays    []arrow.Array
	flags     [][]uint64
}

// What a column of a usual type is made of, at most: buffers and arrays, and places in lists of buffers.
const (
	ownedAtFirst = 8
	listsAtFirst = 3
)

// reset makes room for n columns.
func (o *output) reset(n int) {
	if cap(o.arrays) < n {
		o.redactors, o.arrays = make([]redactor, n), make([]arrow.Array, n)
		owned := make([]interface{ Release() }, ownedAtFirst*n)
		for i := range o.redactors {
			o.redactors[i].owned, owned = owned[:0:ownedAtFirst], owned[ownedAtFirst:]
		}
	}
	o.redactors, o.arrays = o.redactors[:n], o.arrays[:n]
	lists := make([]*memory.Buffer, listsAtFirst*n) // The arrays keep them.
	for i := range o.redactors {
		o.redactors[i].lists, lists = lists[:listsAtFirst:listsAtFirst], lists[listsAtFirst:]
	}
}

// release lets go of what the columns were made of, and of the columns.
func (o *output) release() {
	for i := range o.redactors {
		o.redactors[i].release()
	}
	for i, a := range o.arrays {
		if a != nil {
			a.Release()
			o.arrays[i] = nil
		}
	}
}

// redact builds the output's columns.
func (p *pass) redact() (arrow.RecordBatch, error) {
	p.flagColumns()
	p.output.reset(p.m.input.NumFields() + len(p.output.flags))
	defer p.output.release()
	if p.workers > 1 && p.n >= 4*chunkRows {
		var g errgroup.Group
		g.SetLimit(p.workers)
		for i := range p.output.arrays {
			g.Go(func() error { return p.makeColumn(i) })
		}
		if err := g.Wait(); err != nil {
			return nil, err
		}
	} else {
		for i := range p.output.arrays {
			if err := p.makeColumn(i); err != nil {
				return nil, err
			}
		}
	}
	return array.NewRecordBatch(p.m.output, p.output.arrays, int64(p.out)), nil
}

// makeColumn makes column i of the output: the input's, then the flags.
func (p *pass) makeColumn(i int) (err error) {
	defer caught(&err)
	r := &p.output.redactors[i]
	r.mem = p.m.mem
	if n := p.m.input.NumFields(); i >= n {
		p.output.arrays[i] = array.MakeFromData(r.flags(p.output.flags[i-n], p.out))
		return nil
	}
	p.output.arrays[i], err = p.redactColumn(r, i)
	if err != nil {
		return fmt.Errorf("mask: column %q: %w", p.m.input.Field(i).Name, err)
	}
	return nil
}

func (p *pass) redactColumn(r *redactor, i int) (arrow.Array, error) {
	s := p.selected(i)
	var shared *sharedColumn
	if p.shared != nil && s.rows == nil {
		shared = &p.shared[i]
		if a := shared.find(s); a != nil {
			return a, nil
		}
	}
	in, err := whole(p.batch.Column(i).Data())
	if err != nil {
		return nil, err
	}
	in.seen = p.seen(i)
	d, err := r.column(in, p.m.output.Field(i).Type, s)
	if err != nil {
		return nil, err
	}
	a := array.MakeFromData(d)
	if shared != nil {
		shared.keep(s, a)
	}
	return a, nil
}

// sharedColumn is a column as calls with the same batch made it: in full, and with the rows of the first that lacked some.
type sharedColumn struct {
	full, part arrow.Array
	rows       []uint64
}

// find is a column with the rows of a selection, retained; nil where there is none.
func (c *sharedColumn) find(s selection) arrow.Array {
	a := c.full
	if s.keep != nil {
		if a = c.part; !slices.Equal(c.rows, s.keep) {
			return nil
		}
	}
	if a != nil {
		a.Retain()
	}
	return a
}

// keep remembers a column with the rows of a selection.
func (c *sharedColumn) keep(s selection, a arrow.Array) {
	switch {
	case s.keep == nil:
		c.full = a
	case c.part == nil:
		c.part, c.rows = a, slices.Clone(s.keep)
	default:
		return
	}
	a.Retain()
}

func (c *sharedColumn) release() {
	for _, a := range []arrow.Array{c.full, c.part} {
		if a != nil {
			a.Release()
		}
	}
}

// selected is what comes out of column i.
func (p *pass) selected(i int) selection {
	s := selection{n: p.out, rows: p.rows}
	switch c := p.m.columns[i]; c.role {
	case measured:
		s.keep, s.kept = p.arranged(p.cells[c.at].visible), p.cells[c.at].shown
	case dimension:
		s.keep = p.arranged(p.d.lanes[p.m.items[c.at].visible])
	}
	if s.keep == nil {
		return s
	}
	if p.rows != nil || s.kept == 0 {
		s.kept = countBits(s.keep)
	}
	if s.kept == s.n {
		s.keep = nil
	}
	return s
}

// seen is what the decision found out about column i.
func (p *pass) seen(i int) seen {
	if c := p.m.columns[i]; c.role == dimension {
		return p.cols[c.at].seen()
	}
	return seen{}
}

// flagColumns are the bits of the columns that Options.Readable and Options.Locks add, by output row.
func (p *pass) flagColumns() {
	p.output.flags = p.output.flags[:0]
	for i := range p.cells {
		c := &p.cells[i]
		if p.m.opt.Readable {
			p.output.flags = append(p.output.flags, p.arranged(c.readable))
		}
		if p.m.opt.Locks {
			p.output.flags = append(p.output.flags, p.arranged(p.locked(i)))
		}
	}
}

// locked are the rows whose cell of a measure may not be changed.
func (p *pass) locked(measure int) []uint64 {
	c, locked := &p.cells[measure], fullWords(p.n)
	for w := range locked {
		open := locked[w]
		if c.readable != nil {
			open &= c.readable[w]
		}
		if c.unlocked != nil {
			open &= c.unlocked[w]
		}
		locked[w] &^= open
	}
	return locked
}

// flags is a column of booleans without nulls; nil words are all true.
func (r *redactor) flags(words []uint64, n int) *array.Data {
	if words == nil {
		words = fullWords(n)
	}
	d := array.NewData(arrow.FixedWidthTypes.Boolean, n, r.list(nil, r.bitmap(words, n)), nil, 0, 0)
	r.own(d)
	return d
}
