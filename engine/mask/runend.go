package mask

import (
	"sort"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// runEnds redacts run-end encoded arrays. Rows next to each other that share a run keep sharing one; hidden
// neighbours share one null, whichever runs they were in, so that no hidden boundary is left.
func (r *redactor) runEnds(p part, dt *arrow.RunEndEncodedType, s selection) (result, error) {
	switch dt.RunEnds().ID() {
	case arrow.INT16:
		return runsOf[int16](r, p, dt, s)
	case arrow.INT32:
		return runsOf[int32](r, p, dt, s)
	}
	return runsOf[int64](r, p, dt, s)
}

// endsOf are the run ends of a run-end encoded part, and its values; the ends are found rising and to reach its last
// row, and the values to be as many.
func endsOf[T int16 | int32 | int64](p part, width int) ([]T, part, error) {
	ends, err := p.child(0)
	if err != nil {
		return nil, part{}, err
	}
	values, err := p.child(1)
	if err != nil {
		return nil, part{}, err
	}
	if ends.n > values.n {
		return nil, part{}, malformed("a run has no value")
	}
	e, err := indices[T](ends, width)
	if err != nil {
		return nil, part{}, err
	}
	var last T
	for _, end := range e {
		if end <= last {
			return nil, part{}, malformed("a run ends before it starts")
		}
		last = end
	}
	if p.n > 0 && int64(last) < int64(p.off+p.n) {
		return nil, part{}, malformed("the runs end before the last row")
	}
	return e, values, nil
}

// runAt is the run that holds a row of the array's memory.
func runAt[T int16 | int32 | int64](ends []T, row int) int {
	return sort.Search(len(ends), func(k int) bool { return int64(ends[k]) > int64(row) })
}

func runsOf[T int16 | int32 | int64](r *redactor, p part, dt *arrow.RunEndEncodedType, s selection) (result, error) {
	width := dt.RunEnds().(arrow.FixedWidthDataType).Bytes()
	ends, values, err := endsOf[T](p, width)
	if err != nil {
		return result{}, err
	}
	if T(s.n) < 0 || int(T(s.n)) != s.n { // A union may ask for more rows of a child than the child has.
		return result{}, malformed("the rows are more than their run ends can count")
	}
	var newEnds []T
	var rows, nulls []int // the run of each new run, -1 for null
	last, at := -2, 0
	for i := range s.n {
		run := -1
		if s.keep == nil || hasBit(s.keep, i) {
			row := p.off + s.row(i)
			if at >= len(ends) || int64(ends[at]) <= int64(row) || at > 0 && int64(ends[at-1]) > int64(row) {
				at = runAt(ends, row)
			}
			run = at
		}
		if run != last {
			if last != -2 {
				newEnds = append(newEnds, T(i))
			}
			if run < 0 {
				nulls = append(nulls, len(rows))
			}
			rows, last = append(rows, max(run, 0)), run
		}
	}
	if s.n > 0 {
		newEnds = append(newEnds, T(s.n))
	}
	sel := selection{n: len(rows), rows: rows}
	if len(nulls) > 0 {
		sel.keep = fullWords(sel.n)
		for _, i := range nulls {
			clearRange(sel.keep, i, i+1)
		}
	} else if s.rows == nil && len(rows) > 0 && rows[len(rows)-1]-rows[0] == len(rows)-1 {
		if values, err = values.window(rows[0], len(rows)); err != nil {
			return result{}, err
		}
		sel.rows = nil
	}
	b := r.buffer(len(newEnds) * width)
	copy(arrow.GetData[T](b.Bytes()), newEnds)
	res := result{buffers: []*memory.Buffer{nil}}
	res = r.withEnds(res, b, dt, len(newEnds))
	return r.withChild(res, values, dt.Encoded(), sel)
}

// withEnds adds the child of run ends.
func (r *redactor) withEnds(res result, b *memory.Buffer, dt *arrow.RunEndEncodedType, n int) result {
	d := array.NewData(dt.RunEnds(), n, []*memory.Buffer{nil, b}, nil, 0, 0)
	r.own(d)
	res.children = append(res.children, d)
	return res
}
