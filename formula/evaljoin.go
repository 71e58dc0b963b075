package formula

import (
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// entries are cells of a space, each with a key: what a join looks at on one side.
type entries struct {
	space cube.Space
	cells []uint64
	keys  []uint64
	from  []int // which value of a column each is; nil where nobody asks
}

// entriesOf is the cells of a column that are not BLANK, in cell order, with the raw values as keys.
func (s *session) entriesOf(c *column) (*entries, error) {
	e := &entries{space: c.space}
	if c.sparseOverBlank() {
		for i, cell := range c.cells {
			if !c.vals.blank(i) {
				e.cells, e.keys = append(e.cells, cell), append(e.keys, c.vals.raw(i))
			}
		}
		return e, nil
	}
	whole, err := s.contiguous(c)
	if err != nil {
		return nil, err
	}
	n := int(c.size())
	e.cells, e.keys = make([]uint64, 0, n), make([]uint64, 0, n)
	for i := range n {
		if !whole.vals.blank(i) {
			e.cells, e.keys = append(e.cells, uint64(i)), append(e.keys, whole.vals.raw(i))
		}
	}
	return e, nil
}

// commonKeys makes the keys of the values of a and b equal where the values are.
func commonKeys(left, right *entries, a, b *column) {
	if a.kind != cube.Text || sameDict(a.dict, b.dict) {
		return
	}
	table := findIn(a.dict, b.dict)
	for i, k := range right.keys {
		right.keys[i] = uint64(table[k])
	}
}

// join pairs the entries of two sides that have equal keys, and equal items of the dimensions that both have.
type join struct {
	session *session
	space   cube.Space // over the dimensions of both sides
	outer   []uint64   // what an entry adds to the number of a pair's cell
	inner   []uint64
	codes   []int32 // by outer entry: which of the groups it is paired with; negative where with none
	starts  []int   // by group: where its members start
	members []int32 // inner entries by group, in cell order
	swapped bool    // the right side is the outer one
	count   uint64  // of pairs
}

// newJoin counts the pairs of left and right; space has exactly their dimensions.
func (s *session) newJoin(left, right *entries, space cube.Space) (*join, error) {
	j := &join{session: s, space: space}
	outer, inner := left, right
	if len(space.Dims()) > 0 && outer.space.Axis(space.Dims()[0]) < 0 {
		outer, inner, j.swapped = inner, outer, true // so that pairs come in cell order
	}
	shared := withoutDims(outer.space.Dims(), withoutDims(outer.space.Dims(), inner.space.Dims()))
	var groups int
	var own []int32
	j.codes, own, groups = number(outer.keys, inner.keys)
	if len(shared) > 0 {
		over, err := cube.NewSpace(shared...)
		if err != nil {
			return nil, err
		}
		j.codes, own, groups = number(withItems(j.codes, outer, over), withItems(own, inner, over))
	}
	j.group(own, groups)
	for _, code := range j.codes {
		if code >= 0 {
			j.count += uint64(j.starts[code+1] - j.starts[code])
		}
	}
	j.outer = additions(outer, stridesIn(space, outer.space.Dims()))
	strides := stridesIn(space, inner.space.Dims())
	for i, d := range inner.space.Dims() {
		if slices.Contains(shared, d) {
			strides[i] = 0
		}
	}
	j.inner = additions(inner, strides)
	return j, nil
}

func additions(e *entries, strides []int) []uint64 {
	out := make([]uint64, len(e.cells))
	for i, c := range e.cells {
		out[i] = translate(e.space, c, strides)
	}
	return out
}

// noKey is a key that equals none of the other side.
const noKey = ^uint64(0)

// withItems makes keys of codes and the items of the dimensions of over.
func withItems(codes []int32, e *entries, over cube.Space) []uint64 {
	strides := stridesIn(over, e.space.Dims())
	out := make([]uint64, len(codes))
	for i, code := range codes {
		out[i] = noKey
		if code >= 0 {
			out[i] = uint64(code)*over.Len() + translate(e.space, e.cells[i], strides)
		}
	}
	return out
}

// number numbers the distinct keys of b from 0, and gives those of a the same numbers, -1 where b lacks them.
func number(a, b []uint64) (ofA, ofB []int32, n int) {
	ofA, ofB = make([]int32, len(a)), make([]int32, len(b))
	const small = 1 << 12
	if limit := uint64(4*(len(a)+len(b)) + small); maxOf(b) < limit {
		codes := make([]int32, maxOf(b)+1)
		for i, k := range b {
			if codes[k] == 0 {
				n++
				codes[k] = int32(n)
			}
			ofB[i] = codes[k] - 1
		}
		for i, k := range a {
			ofA[i] = -1
			if k < uint64(len(codes)) {
				ofA[i] = codes[k] - 1
			}
		}
		return ofA, ofB, n
	}
	codes := make(map[uint64]int32, len(b))
	for i, k := range b {
		code, ok := codes[k]
		if !ok {
			code = int32(len(codes))
			codes[k] = code
		}
		ofB[i] = code
	}
	for i, k := range a {
		code, ok := codes[k]
		if !ok || k == noKey {
			code = -1
		}
		ofA[i] = code
	}
	return ofA, ofB, len(codes)
}

func maxOf(keys []uint64) uint64 {
	var m uint64
	for _, k := range keys {
		m = max(m, k)
	}
	return m
}

// group lists the inner entries by code.
func (j *join) group(codes []int32, groups int) {
	j.starts = make([]int, groups+1)
	for _, c := range codes {
		if c >= 0 {
			j.starts[c+1]++
		}
	}
	for i := range groups {
		j.starts[i+1] += j.starts[i]
	}
	next := slices.Clone(j.starts)
	j.members = make([]int32, j.starts[groups])
	for i, c := range codes {
		if c >= 0 {
			j.members[next[c]] = int32(i)
			next[c]++
		}
	}
}

// run gives the cells of all pairs, sorted, and, where asked, the left entry of each.
func (j *join) run(withLeft bool) (cells []uint64, left []int, err error) {
	cells = make([]uint64, 0, j.count)
	if withLeft {
		left = make([]int, 0, j.count)
	}
	next, sorted, last := 0, true, uint64(0)
	for o, code := range j.codes {
		if code < 0 {
			continue
		}
		if len(cells) >= next {
			if err := j.session.ctx.Err(); err != nil {
				return nil, nil, err
			}
			next = len(cells) + checkEvery*j.session.block
		}
		at := j.outer[o]
		for _, i := range j.members[j.starts[code]:j.starts[code+1]] {
			cell := at + j.inner[i]
			sorted = sorted && cell >= last
			last = cell
			cells = append(cells, cell)
			switch {
			case !withLeft:
			case j.swapped:
				left = append(left, int(i))
			default:
				left = append(left, o)
			}
		}
	}
	switch {
	case sorted:
	case !withLeft:
		slices.Sort(cells)
	default:
		var order []int
		cells, order = sortedWith(cells)
		left = keepIn(left, order)
	}
	return cells, left, nil
}
