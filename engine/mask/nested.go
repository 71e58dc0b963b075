package mask

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// list redacts list, large list and map: a hidden row becomes an empty list, and its elements go.
func list[O offset](r *redactor, p part, dt arrow.NestedType, s selection) (result, error) {
	elems, err := p.child(0)
	if err != nil {
		return result{}, err
	}
	o, err := offsets[O](p, elems.n)
	if err != nil {
		return result{}, err
	}
	visible, nulls, err := p.visible(s)
	if err != nil {
		return result{}, err
	}
	// From here on elements are counted from the first one that the part's rows reach.
	if elems, err = elems.window(int(o[0]), int(o[p.n]-o[0])); err != nil {
		return result{}, err
	}
	res := result{buffers: []*memory.Buffer{r.bitmap(visible, s.n), nil}, nulls: nulls}
	if r.shares(s, visible) {
		res.buffers[1] = rebased(r, p, o)
		return r.withChild(res, elems, dt.Fields()[0].Type, selection{n: elems.n})
	}
	var total int
	if res.buffers[1], total, err = packed(r, o, visible, s); err != nil {
		return result{}, err
	}
	var kept []span
	if s.rows == nil {
		kept = listSpans(o, visible)
	} else {
		for from, to := range runs(visible, s.n) {
			for _, row := range s.rows[from:to] {
				kept = append(kept, span{int(o[row] - o[0]), int(o[row+1] - o[0])})
			}
		}
	}
	d, err := r.spanned(elems, dt.Fields()[0].Type, kept, total)
	res.children = []arrow.ArrayData{d}
	return res, err
}

// withChild adds the selected elements of a part to a result.
func (r *redactor) withChild(res result, p part, dt arrow.DataType, s selection) (result, error) {
	d, err := r.array(p, dt, s)
	if err != nil {
		return result{}, err
	}
	res.children = append(res.children, d)
	return res, nil
}

// withPicked is withChild for a child that may have gaps.
func (r *redactor) withPicked(res result, p part, dt arrow.DataType, s selection) (result, error) {
	d, err := r.picked(p, dt, s)
	if err != nil {
		return result{}, err
	}
	res.children = append(res.children, d)
	return res, nil
}

// fixedSizeList gives the elements of a hidden row the fate of the row.
func (r *redactor) fixedSizeList(p part, dt *arrow.FixedSizeListType, s selection) (result, error) {
	size := int(dt.Len())
	elems, err := p.child(0)
	if err != nil {
		return result{}, err
	}
	// The child's row 0 is that of the array's memory, not of the window.
	if p.n+p.off > maxRows/max(size, 1) {
		return result{}, malformed("offset or length out of range")
	}
	if elems, err = elems.window(p.off*size, p.n*size); err != nil {
		return result{}, err
	}
	visible, nulls, err := p.visible(s)
	if err != nil {
		return result{}, err
	}
	sel := selection{n: s.n * size}
	if !r.shares(s, visible) {
		sel.keep = repeatBits(visible, s.n, size)
	}
	if s.rows != nil {
		sel.rows = make([]int, 0, sel.n)
		for _, row := range s.rows {
			for k := range size {
				sel.rows = append(sel.rows, row*size+k)
			}
		}
	}
	res := result{buffers: []*memory.Buffer{r.bitmap(visible, s.n)}, nulls: nulls}
	return r.withChild(res, elems, dt.Elem(), sel)
}

// structs gives the fields of a hidden row the fate of the row.
func (r *redactor) structs(p part, dt *arrow.StructType, s selection) (result, error) {
	visible, nulls, err := p.visible(s)
	if err != nil {
		return result{}, err
	}
	sel := s
	if !r.shares(s, visible) {
		sel.keep, sel.kept = visible, s.n-nulls
	}
	res := result{buffers: []*memory.Buffer{r.bitmap(visible, s.n)}, nulls: nulls}
	for i, f := range dt.Fields() {
		field, err := p.child(i)
		if err != nil {
			return result{}, err
		}
		if field, err = field.window(p.off, p.n); err != nil {
			return result{}, err
		}
		if res, err = r.withChild(res, field, f.Type, sel); err != nil {
			return result{}, err
		}
	}
	return res, nil
}
