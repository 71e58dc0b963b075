package mask

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Unions have no validity of their own: a null is a child's null. Hidden rows all take the same child, so that the
// type of what they held is not seen either.

// nullChild is the child that holds a union's hidden rows: the first nullable one, or the first.
func nullChild(dt arrow.UnionType) int {
	for i, f := range dt.Fields() {
		if f.Nullable {
			return i
		}
	}
	return 0
}

// children are, row by row of the output, the children that hold the values (hidden rows: nullChild), as numbers and
// as the buffer of type codes.
func (r *redactor) unionChildren(p part, dt arrow.UnionType, s selection) ([]uint8, *memory.Buffer, error) {
	codes, err := p.bytes(1, p.off, p.off+p.n)
	if err != nil {
		return nil, nil, err
	}
	hidden := nullChild(dt)
	ids, known := dt.ChildIDs(), dt.TypeCodes()
	b := r.buffer(s.n)
	out, child := b.Bytes(), make([]uint8, s.n)
	for i := range out {
		k := hidden
		if s.keep == nil || hasBit(s.keep, i) {
			code := int8(codes[s.row(i)])
			if code < 0 || ids[code] < 0 {
				return nil, nil, malformed("a type code stands for no type")
			}
			k = ids[code]
		}
		child[i], out[i] = uint8(k), byte(known[k])
	}
	return child, b, nil
}

// sparseUnion hides in each child the rows that it does not hold, along with the hidden ones.
func (r *redactor) sparseUnion(p part, dt *arrow.SparseUnionType, s selection) (result, error) {
	of, codes, err := r.unionChildren(p, dt, s)
	if err != nil {
		return result{}, err
	}
	res := result{buffers: []*memory.Buffer{nil, codes}}
	for k, f := range dt.Fields() {
		child, err := p.child(k)
		if err != nil {
			return result{}, err
		}
		if child, err = child.window(p.off, p.n); err != nil {
			return result{}, err
		}
		keep := make([]uint64, wordsFor(s.n))
		for i, c := range of {
			if int(c) == k && (s.keep == nil || hasBit(s.keep, i)) {
				setBit(keep, i)
			}
		}
		if res, err = r.withChild(res, child, f.Type, selection{n: s.n, keep: keep, rows: s.rows}); err != nil {
			return result{}, err
		}
	}
	return res, nil
}

// denseUnion packs each child to the values that visible rows point at, with a null for each hidden row.
func (r *redactor) denseUnion(p part, dt *arrow.DenseUnionType, s selection) (result, error) {
	of, codes, err := r.unionChildren(p, dt, s)
	if err != nil {
		return result{}, err
	}
	b, err := p.bytes(2, 4*p.off, 4*(p.off+p.n))
	if err != nil {
		return result{}, err
	}
	old := arrow.GetData[int32](b)
	offs := r.buffer(4 * s.n)
	out := arrow.GetData[int32](offs.Bytes())
	res := result{buffers: []*memory.Buffer{nil, codes, offs}}
	for k, f := range dt.Fields() {
		child, err := p.child(k)
		if err != nil {
			return result{}, err
		}
		sel, err := packChild(old, out, of, uint8(k), child.n, s)
		if err != nil {
			return result{}, err
		}
		if res, err = r.withPicked(res, child, f.Type, sel); err != nil {
			return result{}, err
		}
	}
	return res, nil
}

// packChild selects what child k of a dense union keeps, and writes the new offsets of its rows. A value that several
// rows in a row point at is kept once, and so is the null of hidden ones. The format asks offsets to rise within a child.
func packChild(old, out []int32, of []uint8, k uint8, limit int, s selection) (selection, error) {
	sel := selection{rows: []int{}}
	var hidden []int
	last, floor := -1, int32(0) // where the last value went, unless a null followed it; where it was
	null := -1                  // where the last null went, unless a value followed it
	for i, c := range of {
		if c != k {
			continue
		}
		if s.keep != nil && !hasBit(s.keep, i) {
			if null < 0 {
				null = len(sel.rows)
				hidden = append(hidden, null)
				sel.rows = append(sel.rows, 0)
			}
			out[i], last = int32(null), -1
			continue
		}
		null = -1
		at := old[s.row(i)]
		if at < 0 || int(at) >= limit {
			return sel, malformed("an offset of a union is out of range")
		}
		if s.rows == nil && at < floor {
			return sel, malformed("a union's offsets fall")
		}
		floor = at
		if last < 0 || int32(sel.rows[last]) != at {
			last = len(sel.rows)
			sel.rows = append(sel.rows, int(at))
		}
		out[i] = int32(last)
	}
	if len(sel.rows) > math.MaxInt32 {
		return sel, malformed("a union is too long")
	}
	sel.n = len(sel.rows)
	if len(hidden) > 0 {
		sel.keep = fullWords(sel.n)
		for _, i := range hidden {
			clearRange(sel.keep, i, i+1)
		}
	}
	return sel, nil
}
