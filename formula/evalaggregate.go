package formula

import (
	"math"
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// aggregation is REMOVE, or, with a mapping, BY where the source disappears and the target appears.
type aggregation struct {
	method  Method
	value   *column
	mapping *column // nil for REMOVE
	source  []*cube.List
	target  *cube.List
}

// aggregate carries out an aggregation. A dimension of the source that neither value nor mapping has repeats each
// value as often as the dimension has items.
func (s *session) aggregate(a aggregation) (*column, error) {
	if a.value.isBlank() {
		return blankColumn(cube.NoKind), nil
	}
	kind := a.value.kind
	if a.method == Count || a.method == Sum || a.method == Avg {
		kind = cube.Number
	}
	dims := a.value.dims
	if a.mapping != nil {
		dims = unionDims(dims, a.mapping.dims)
	}
	times := cellCount(withoutDims(a.source, dims))
	if times == 0 || a.mapping != nil && a.mapping.isBlank() {
		return blankColumn(kind), nil
	}
	left := withoutDims(dims, a.source)
	if a.target != nil {
		left = unionDims(left, []*cube.List{a.target})
	}
	in, err := cube.NewSpace(dims...)
	if err != nil {
		return nil, err
	}
	out, err := cube.NewSpace(left...)
	if err != nil {
		return nil, err
	}
	w := &aggregating{session: s, aggregation: a, in: in, out: out, times: times, kind: kind}
	return w.run()
}

// aggregating is an aggregation being carried out.
type aggregating struct {
	*session
	aggregation
	in, out   cube.Space
	times     float64
	kind      cube.Kind // of the result
	reach     reach     // from cells of in to cells of out, the target apart
	step      int       // of the target in out
	elsewhere lane      // what a sparse value has outside its cells where it is not BLANK; see others
}

func (w *aggregating) run() (*column, error) {
	for _, c := range []*column{w.value, w.mapping} {
		if c != nil && c.form == lazyForm && (c.future > 0 || c.refs > 0) && w.fits(c.space, c.storage()) {
			if err := w.force(c); err != nil {
				return nil, err
			}
		}
	}
	left := w.out.Dims()
	w.reach = newReach(w.in, left, stridesIn(w.out, left), 0)
	if w.target != nil {
		w.step = int(w.out.Stride(w.out.Axis(w.target)))
	}
	cells, listed, err := w.candidates()
	if err != nil {
		return nil, err
	}
	count := w.in.Len()
	if listed {
		count = uint64(len(cells))
	}
	if count == 0 {
		return blankColumn(w.kind), nil
	}
	if !listed {
		if others, err := w.others(); others != nil || err != nil {
			if err != nil {
				return nil, err
			}
			return w.overBase(others)
		}
	}
	if count > maxVisits {
		return nil, tooMany(w.in)
	}
	if listed && w.worthSparse(float64(count), w.out, storageOf(w.kind)) {
		return w.sparse(cells)
	}
	return w.dense(cells, listed)
}

// candidates is the cells outside of which value or mapping is BLANK, where they are known and few.
func (w *aggregating) candidates() (cells []uint64, listed bool, err error) {
	var best *column
	count := math.Inf(1)
	for _, c := range []*column{w.value, w.mapping} {
		if c == nil || !c.sparseOverBlank() {
			continue
		}
		if n := spreadCount(len(c.cells), c.dims, w.in); n < count {
			best, count = c, n
		}
	}
	if best == nil || count > float64(w.in.Len())*w.sparseShare && w.in.Len() <= maxVisits {
		return nil, false, nil
	}
	if err := w.allow(count, w.in, inBytes); err != nil {
		return nil, false, err
	}
	return spreadCells(best.cells, best.space, w.in), true, nil
}

// program computes value and mapping, for the listed cells or for all.
func (w *aggregating) program(cells []uint64, listed bool) (*program, error) {
	cur := w.rangeCursor(w.in)
	if listed {
		cur = w.listCursor(w.in, cells)
	}
	roots := []*column{w.value}
	if w.mapping != nil {
		roots = append(roots, w.mapping)
	}
	return w.newProgram(cur, nil, roots...)
}

// targets writes, for each cell of the block, which cell of out it counts for: negative for none.
func (w *aggregating) targets(p *program, places []int) {
	w.reach.find(p.cur, places)
	if w.mapping == nil {
		return
	}
	for i, item := range p.root(1).ints[:p.cur.n] {
		if item < 0 {
			places[i] = -1
			continue
		}
		places[i] += int(item) * w.step
	}
}

// dense aggregates into one value for each cell of out.
func (w *aggregating) dense(cells []uint64, listed bool) (*column, error) {
	t, err := w.newTally(w.out)
	if err != nil {
		return nil, err
	}
	p, err := w.program(cells, listed)
	if err != nil {
		return nil, err
	}
	places := make([]int, p.cur.room())
	err = p.run(lane{}, func(_ uint64, n int) error {
		w.targets(p, places)
		t.add(places[:n], p.root(0))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return w.finish(t, nil), nil
}

// sparse aggregates the listed cells into those cells of out that they count for.
func (w *aggregating) sparse(cells []uint64) (*column, error) {
	p, err := w.program(cells, true)
	if err != nil {
		return nil, err
	}
	outs, places := make([]uint64, 0, len(cells)), make([]int, p.cur.room())
	err = p.run(lane{}, func(_ uint64, n int) error {
		w.targets(p, places)
		for i, place := range places[:n] {
			if place < 0 || p.root(0).blank(i) {
				continue
			}
			outs = append(outs, uint64(place))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if !slices.IsSorted(outs) {
		slices.Sort(outs)
	}
	outs = slices.Clip(slices.Compact(outs))
	t := newTally(w.method, w.value.storage(), len(outs))
	err = p.run(lane{}, func(_ uint64, n int) error {
		w.targets(p, places)
		for i, place := range places[:n] {
			if place >= 0 && !p.root(0).blank(i) {
				places[i] = searchCells(outs, uint64(place))
			} else {
				places[i] = -1
			}
		}
		t.add(places[:n], p.root(0))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return w.finish(t, outs), nil
}

func (w *aggregating) newTally(out cube.Space) (*tally, error) {
	if err := w.allowDense(out, storageOf(w.kind)); err != nil {
		return nil, err
	}
	return newTally(w.method, w.value.storage(), int(out.Len())), nil
}

// finish makes the result of a tally over all cells of out, or over cells where set.
func (w *aggregating) finish(t *tally, cells []uint64) *column {
	vals := t.result(w.times)
	if cells != nil {
		return sparseColumn(w.out, cells, vals, blankColumn(w.kind))
	}
	return denseColumn(w.kind, nil, w.out, vals)
}
