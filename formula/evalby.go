package formula

import (
	"math"
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// spread is BY where the target disappears: v at the item of target that m gives, BLANK where m is.
func (s *session) spread(v, m *column, target *cube.List) (*column, error) {
	axis := slices.Index(v.dims, target)
	if axis < 0 {
		return s.whereDefined(m, v)
	}
	if m.isBlank() {
		return blankColumn(v.kind), nil
	}
	if v.sparseOverBlank() && m.form != constantForm {
		if c, err := s.spreadSparse(v, m, axis); c != nil || err != nil {
			return c, err
		}
	}
	if m.form == constantForm {
		return s.slice(v, target, cube.ItemID(m.vals.ints[0]))
	}
	whole := v
	if v.form != denseForm {
		var err error
		if whole, err = s.contiguous(v); err != nil {
			return nil, err
		}
	}
	return s.apply(&operation{op: OpSpread, kind: v.kind, dict: v.dict, strict: true, table: whole, axis: axis}, m)
}

// spreadSparse spreads a sparse v by a join with the mapping: nil where the result has too many values for that.
func (s *session) spreadSparse(v, m *column, axis int) (*column, error) {
	rest := slices.Delete(slices.Clone(v.dims), axis, axis+1)
	restSpace, err := cube.NewSpace(rest...)
	if err != nil {
		return nil, err
	}
	space, err := cube.NewSpace(unionDims(rest, m.dims)...)
	if err != nil {
		return nil, err
	}
	left := &entries{space: restSpace}
	st, n := v.space.Stride(axis), uint64(v.dims[axis].Len())
	for i, cell := range v.cells {
		if v.vals.blank(i) {
			continue
		}
		left.cells = append(left.cells, cell/(st*n)*st+cell%st)
		left.keys = append(left.keys, cell/st%n)
		left.from = append(left.from, i)
	}
	if len(left.cells) > math.MaxInt32 {
		return nil, nil
	}
	right, err := s.entriesOf(m)
	if err != nil {
		return nil, err
	}
	j, err := s.newJoin(left, right, space)
	if err != nil {
		return nil, err
	}
	if !s.worthSparse(float64(j.count), space, v.storage()) {
		return nil, nil
	}
	cells, places, err := j.run(true)
	if err != nil {
		return nil, err
	}
	for i, p := range places {
		places[i] = left.from[p]
	}
	return sparseColumn(space, cells, v.vals.keep(places), v.base), nil
}
