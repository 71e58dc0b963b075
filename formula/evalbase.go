package formula

import "github.com/cubeward/cubeward/cube"

// others is, for each cell of out, how many cells a sparse value has that are not BLANK but one value, if its cells
// are left out of account: where that can be counted without looking at each. It is nil elsewhere.
func (w *aggregating) others() (*column, error) {
	v := w.value
	if v.form != sparseForm || !w.fits(w.out, inNums) || spreadCount(len(v.cells), v.dims, w.in) > float64(w.in.Len())*w.sparseShare {
		return nil, nil
	}
	one := constantColumn(cube.Number, nil, rawOne)
	switch {
	case v.base.form == constantForm:
		w.elsewhere = v.base.vals
	case v.base.form == lazyForm && v.base.what.op == opUnequal:
		w.elsewhere = rawLane(v.storage(), v.base.what.only[0])
	default:
		return nil, nil
	}
	switch {
	case v.base.form == constantForm && w.mapping == nil:
		return w.counted(aggregation{method: Count, value: one, source: w.removed()})
	case v.base.form == constantForm:
		return w.counted(aggregation{method: Count, value: one, mapping: w.mapping, source: w.removed(), target: w.target})
	case w.mapping == nil:
		return w.pairs(v.base.args[0], v.base.args[1])
	}
	return nil, nil
}

// rawOne is the number 1 as raw.
const rawOne = 0x3ff0000000000000

// removed is the dimensions of the source that in has: the others count with times.
func (w *aggregating) removed() []*cube.List {
	return withoutDims(w.source, withoutDims(w.source, w.in.Dims()))
}

// counted is a count of which BLANK is 0, over all of out.
func (w *aggregating) counted(a aggregation) (*column, error) {
	c, err := w.session.aggregate(a)
	if err != nil {
		return nil, err
	}
	return w.ifBlank(coerce(c, cube.Number), constantColumn(cube.Number, nil, 0))
}

// pairs counts the cells at which neither a nor b is BLANK: the products of the counts of both, where no dimension
// that disappears belongs to both.
func (w *aggregating) pairs(a, b *column) (*column, error) {
	gone := w.removed()
	for _, d := range gone {
		if containsDims(a.dims, []*cube.List{d}) && containsDims(b.dims, []*cube.List{d}) {
			return nil, nil
		}
	}
	ofA, err := w.counted(aggregation{method: Count, value: a, source: withoutDims(gone, withoutDims(gone, a.dims))})
	if err != nil {
		return nil, err
	}
	ofB, err := w.counted(aggregation{method: Count, value: b, source: withoutDims(gone, withoutDims(gone, b.dims))})
	if err != nil {
		return nil, err
	}
	return w.apply(&operation{op: OpMul, kind: cube.Number, strict: true, kern: multiply}, ofA, ofB)
}

// overBase aggregates a sparse value that is not BLANK outside its cells: for each cell of out those that it keeps,
// and the one value that it has elsewhere, as often as others says beyond them.
func (w *aggregating) overBase(others *column) (*column, error) {
	t, err := w.newTally(w.out)
	if err != nil {
		return nil, err
	}
	left, err := w.copied(others, w.out)
	if err != nil {
		return nil, err
	}
	p, err := w.program(spreadCells(w.value.cells, w.value.space, w.in), true)
	if err != nil {
		return nil, err
	}
	places := make([]int, p.cur.room())
	err = p.run(lane{}, func(_ uint64, n int) error {
		w.targets(p, places)
		for _, place := range places[:n] {
			if place >= 0 {
				left.num[place]--
			}
		}
		t.add(places[:n], p.root(0))
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i, n := range left.num {
		if n > 0 {
			t.addTimes(i, w.elsewhere, n)
		}
	}
	return w.finish(t, nil), nil
}
