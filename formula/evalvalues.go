package formula

import (
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// force carries out what was put off: c is dense afterwards. Columns that are not lazy stay as they are.
func (s *session) force(c *column) error {
	if c.form != lazyForm {
		return nil
	}
	vals, err := s.fresh(c, c.space)
	if err != nil {
		return err
	}
	c.drop()
	c.form, c.vals, c.few = denseForm, vals, nil
	c.strides = stridesIn(c.space, c.dims)
	return nil
}

// copied is the values of c for each cell of space, in memory that nobody else has.
func (s *session) copied(c *column, space cube.Space) (lane, error) {
	if c.future > 0 || c.refs > 0 {
		if err := s.force(c); err != nil {
			return lane{}, err
		}
	}
	return s.fresh(c, space)
}

// fresh computes c for each cell of space, whose dimensions hold those of c.
func (s *session) fresh(c *column, space cube.Space) (lane, error) {
	if err := s.allowDense(space, c.storage()); err != nil {
		return lane{}, err
	}
	p, err := s.newProgram(s.rangeCursor(space), c, c)
	if err != nil {
		return lane{}, err
	}
	vals := makeLane(c.storage(), int(space.Len()))
	return vals, p.run(vals, nil)
}

// contiguous is c as a dense column whose values stand in cell order; c itself where it is that already.
func (s *session) contiguous(c *column) (*column, error) {
	if err := s.force(c); err != nil {
		return nil, err
	}
	if c.form == denseForm && c.offset == 0 && uint64(laneLen(c.vals)) == c.size() && slices.Equal(c.strides, stridesIn(c.space, c.dims)) {
		return c, nil
	}
	if c.whole == nil {
		vals, err := s.fresh(c, c.space)
		if err != nil {
			return nil, err
		}
		c.whole = denseColumn(c.kind, c.dict, c.space, vals)
	}
	return c.whole, nil
}

func laneLen(l lane) int { return len(l.num) + len(l.ints) + len(l.bytes) }

// export makes the result over exactly dims.
func (s *session) export(c *column, t cube.Type, dims []*cube.List) (*cube.Column, error) {
	space, err := cube.NewSpace(dims...)
	if err != nil {
		return nil, err
	}
	c = coerce(c, t.Kind)
	if s.opt.NoneIsBlank && c.kind == cube.AccessRights {
		if c, err = s.apply(noneIsBlank(), c); err != nil {
			return nil, err
		}
	}
	if c.form == sparseForm {
		if c, err = s.overBlank(c, space); err != nil {
			return nil, err
		}
	}
	switch {
	case c.form == constantForm:
		v := vectorOf(c.kind, c.vals, c.dict, 1)
		return cube.NewConstant(t, space, v.Value(0)), nil
	case c.sparseOverBlank():
		if s.worthSparse(spreadCount(len(c.cells), c.dims, space), space, c.storage()) {
			return s.exportSparse(c, t, space)
		}
	}
	vals := c.vals
	if c.form != denseForm || c.offset != 0 || !slices.Equal(c.dims, dims) || !slices.Equal(c.strides, stridesIn(space, dims)) || uint64(laneLen(vals)) != space.Len() {
		if vals, err = s.fresh(c, space); err != nil {
			return nil, err
		}
	}
	return cube.NewDense(t, space, vectorOf(c.kind, vals, c.dict, int(space.Len()))), nil
}

func (s *session) exportSparse(c *column, t cube.Type, space cube.Space) (*cube.Column, error) {
	cells, vals := dropBlanks(c.cells, c.vals)
	if len(c.dims) < len(space.Dims()) {
		kept := sparseColumn(c.space, cells, vals, c.base)
		cells = spreadCells(cells, c.space, space)
		vals = makeLane(c.storage(), len(cells))
		p, err := s.newProgram(s.listCursor(space, cells), nil, kept)
		if err != nil {
			return nil, err
		}
		if err := p.run(vals, nil); err != nil {
			return nil, err
		}
	}
	return cube.NewSparse(t, space, cells, vectorOf(c.kind, vals, c.dict, len(cells))), nil
}

func dropBlanks(cells []uint64, vals lane) ([]uint64, lane) {
	var places []int
	for i := range cells {
		if vals.blank(i) {
			places = make([]int, 0, len(cells))
			break
		}
	}
	if places == nil {
		return cells, vals
	}
	for i := range cells {
		if !vals.blank(i) {
			places = append(places, i)
		}
	}
	return keepIn(cells, places), vals.keep(places)
}

// overBlank makes a sparse column whose base is not constant sparse over BLANK, where the base has few values that
// are not BLANK: so a few administrators beside `a = b` need no dense product.
func (s *session) overBlank(c *column, space cube.Space) (*column, error) {
	if c.base.form == constantForm || !s.fits(c.base.space, c.storage()) || c.base.size() > space.Len()/s.thinShare {
		return c, nil
	}
	base := c.base
	if err := s.force(base); err != nil {
		return nil, err
	}
	if base.form == denseForm {
		if base = s.thinned(base); base == nil {
			return c, nil
		}
	}
	if !base.sparseOverBlank() {
		return c, nil
	}
	count := float64(len(c.cells)) + spreadCount(len(base.cells), base.dims, c.space)
	if !s.worthSparse(count, c.space, c.storage()) {
		return c, nil
	}
	cells := mergeCells(c.cells, spreadCells(base.cells, base.space, c.space))
	vals := makeLane(c.storage(), len(cells))
	p, err := s.newProgram(s.listCursor(c.space, cells), nil, c)
	if err != nil {
		return nil, err
	}
	if err := p.run(vals, nil); err != nil {
		return nil, err
	}
	blank := blankColumn(c.kind)
	blank.dict = c.dict
	return sparseColumn(c.space, cells, vals, blank), nil
}

// noneIsBlank gives BLANK in place of no right at all.
func noneIsBlank() *operation {
	return &operation{op: OpReset, kind: cube.AccessRights, strict: true, kern: byteMap(func(a uint8) uint8 {
		if a == 0 {
			return cube.BlankByte
		}
		return a
	})}
}
