package formula

import (
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// kernel computes n values of out from n values of each of in, place by place.
type kernel func(out lane, in []lane, n int)

// operation is what a lazy column does to its arguments cell by cell.
type operation struct {
	op     Op
	kind   cube.Kind // of the result
	dict   []string  // of the result; the kernel translates
	strict bool      // BLANK where an argument is BLANK
	kern   kernel    // nil for OpSpread
	only   few       // what it can give at all, where that is known beforehand

	table *column // OpSpread: what is read, dense
	axis  int     // OpSpread: the dimension of table along which the argument says where
}

// dims is the dimensions of the result.
func (o *operation) dims(args []*column) []*cube.List {
	var dims []*cube.List
	if o.table != nil {
		dims = slices.Delete(slices.Clone(o.table.dims), o.axis, o.axis+1)
	}
	for _, a := range args {
		dims = unionDims(dims, a.dims)
	}
	return dims
}

// apply is the result of an operation: a constant of constants, sparse where that is worth it, else lazy.
func (s *session) apply(o *operation, args ...*column) (*column, error) {
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	dims := o.dims(args)
	if len(dims) == 0 && o.kern != nil {
		return o.constant(args), nil
	}
	space, err := cube.NewSpace(dims...)
	if err != nil {
		return nil, err
	}
	if p := s.planSparse(o, args, space); p != nil {
		return s.carryOut(p, o, args, space)
	}
	c := o.lazy(args, space)
	if len(c.few) == 1 {
		c.drop()
		return constantColumn(o.kind, o.dict, c.few[0]), nil
	}
	return c, nil
}

// constant carries the operation out on constants.
func (o *operation) constant(args []*column) *column {
	in := make([]lane, len(args))
	for i, a := range args {
		in[i] = a.vals
	}
	out := &column{kind: o.kind, form: constantForm, vals: makeLane(storageOf(o.kind), 1), dict: o.dict}
	o.kern(out.vals, in, 1)
	return out
}

func (o *operation) lazy(args []*column, space cube.Space) *column {
	c := &column{kind: o.kind, dims: space.Dims(), space: space, form: lazyForm, dict: o.dict, what: o, args: args}
	needs := make([]int, 0, 4)
	for _, a := range args {
		a.refs++
		needs = append(needs, a.need)
	}
	slices.SortFunc(needs, func(a, b int) int { return b - a })
	for i, n := range needs {
		c.need = max(c.need, n+i)
	}
	c.need = max(c.need, 1)
	c.few = o.possible(args)
	return c
}

// sparsePlan says how to keep the result of an operation sparse.
type sparsePlan struct {
	args  []*column // as given, or the same values in a thinner form
	over  []int     // the sparse arguments whose cells are looked at
	count float64   // how many cells that are, at most
	few   few       // what the result can have elsewhere
}

// planSparse finds the cells outside of which the result has few values: those of one sparse argument, where it alone
// decides (FALSE in AND, BLANK in a product), else those of all sparse arguments. It is nil where there are none,
// or so many that a dense result is the smaller one.
func (s *session) planSparse(o *operation, args []*column, space cube.Space) *sparsePlan {
	best := s.planOver(o, args, space)
	if best != nil && len(best.few) == 1 {
		return best
	}
	thin, found := slices.Clone(args), false
	for i, a := range args {
		if t := s.thin(a, space); t != nil {
			thin[i], found = t, true
		}
	}
	if !found {
		return best
	}
	if p := s.planOver(o, thin, space); p.better(best) {
		return p
	}
	return best
}

// better says whether p is a plan, and q none or one that leaves more open or looks at more cells.
func (p *sparsePlan) better(q *sparsePlan) bool {
	switch {
	case p == nil || q == nil:
		return p != nil
	case len(p.few) != len(q.few):
		return len(p.few) < len(q.few)
	}
	return p.count < q.count
}

func (s *session) planOver(o *operation, args []*column, space cube.Space) *sparsePlan {
	var best *sparsePlan
	var all []int
	try := func(over []int) {
		p := &sparsePlan{args: args, over: over}
		for _, i := range over {
			p.count += spreadCount(len(args[i].cells), args[i].dims, space)
		}
		if !s.worthSparse(p.count, space, storageOf(o.kind)) {
			return
		}
		p.few = o.possible(elsewhere(args, over))
		if p.few != nil && p.better(best) && !(o.kind == cube.Boolean && p.few.decides()) {
			best = p
		}
	}
	for i, a := range args {
		if a.form == sparseForm {
			all = append(all, i)
			try(all[len(all)-1:])
		}
	}
	if len(all) > 1 && (best == nil || len(best.few) > 1) {
		try(all)
	}
	return best
}

// elsewhere is args, but for those in over what they have outside their cells.
func elsewhere(args []*column, over []int) []*column {
	out := slices.Clone(args)
	for _, i := range over {
		out[i] = out[i].elsewhere()
	}
	return out
}

// worthSparse says whether count cells of a space are better kept sparse than all of them dense, and can be kept.
func (s *session) worthSparse(count float64, space cube.Space, st storage) bool {
	return count <= float64(space.Len())*s.sparseShare && count*float64(8+st.width()) <= float64(s.opt.MaxBytes)
}

// carryOut computes a sparse result.
func (s *session) carryOut(p *sparsePlan, o *operation, args []*column, space cube.Space) (*column, error) {
	var cells []uint64
	for _, i := range p.over {
		cells = mergeCells(cells, spreadCells(p.args[i].cells, p.args[i].space, space))
	}
	outside := elsewhere(p.args, p.over)
	var base *column
	if len(p.few) == 1 {
		base = constantColumn(o.kind, o.dict, p.few[0])
	} else {
		dims := o.dims(outside)
		over, err := cube.NewSpace(dims...)
		if err != nil {
			return nil, err
		}
		base = o.lazy(outside, over)
	}
	c := o.lazy(args, space)
	vals, err := s.atCells(c, space, cells)
	c.drop()
	if err != nil {
		return nil, err
	}
	cells, vals = dropBase(cells, vals, base)
	return sparseColumn(space, cells, vals, base), nil
}

// drop forgets what a lazy column is made from.
func (c *column) drop() {
	for _, a := range c.args {
		a.refs--
	}
	c.args, c.what = nil, nil
}

// atCells is the values of a lazy column at cells.
func (s *session) atCells(c *column, space cube.Space, cells []uint64) (lane, error) {
	vals := makeLane(c.storage(), len(cells))
	p, err := s.newProgram(s.listCursor(space, cells), c, c)
	if err != nil {
		return lane{}, err
	}
	return vals, p.run(vals, nil)
}

// dropBase leaves out the cells that have the constant base anyhow, where they are worth the copy.
func dropBase(cells []uint64, vals lane, base *column) ([]uint64, lane) {
	if base.form != constantForm {
		return cells, vals
	}
	raw, places := base.vals.raw(0), []int(nil)
	n := 0
	for i := range cells {
		if vals.raw(i) == raw {
			n++
		}
	}
	if n < len(cells)/8 || n == 0 {
		return cells, vals
	}
	places = make([]int, 0, len(cells)-n)
	for i := range cells {
		if vals.raw(i) != raw {
			places = append(places, i)
		}
	}
	return keepIn(cells, places), vals.keep(places)
}

// thin is a column of few cells in a sparse form, nil where it has none: the cells where a boolean is TRUE, or where
// others are not BLANK, are to be few, and the space in which it is used large.
func (s *session) thin(c *column, space cube.Space) *column {
	if c.form == constantForm || c.form == sparseForm || space.Len() < s.thinFrom || c.size() > space.Len()/s.thinShare {
		return nil
	}
	if s.force(c) != nil {
		return nil
	}
	return s.thinned(c)
}

// thinned makes a dense column sparse where it is worth it.
func (s *session) thinned(c *column) *column {
	if c.thin == nil {
		c.thin = s.sparsest(c)
	}
	if c.thin == c {
		return nil
	}
	return c.thin
}

// sparsest is the sparse form of a dense column, or c itself.
func (s *session) sparsest(c *column) *column {
	vals, err := s.copied(c, c.space)
	if err != nil {
		return c
	}
	var places []int
	blanks, falses := false, false
	n := int(c.size())
	for i := range n {
		switch {
		case vals.blank(i):
			blanks = true
		case c.kind == cube.Boolean && vals.bytes[i] == 0:
			falses = true
		default:
			places = append(places, i)
		}
		if float64(len(places)) > float64(n)*s.sparseShare/4 {
			return c
		}
	}
	cells := make([]uint64, len(places))
	for i, p := range places {
		cells[i] = uint64(p)
	}
	base := blankColumn(c.kind)
	base.dict = c.dict
	if falses {
		base = constantColumn(c.kind, nil, 0)
	}
	if falses && blanks {
		base = notTrue().lazy([]*column{c}, c.space)
	}
	return sparseColumn(c.space, cells, vals.keep(places), base)
}
