package formula

import "github.com/cubeward/cubeward/cube"

// compare is a comparison: BLANK where an operand is BLANK, else a boolean.
func (s *session) compare(op Op, a, b *column) (*column, error) {
	kind := max(a.kind, b.kind) // they have one kind, but the literal BLANK has none
	if kind == cube.NoKind {
		return blankColumn(cube.Boolean), nil
	}
	a, b = coerce(a, kind), coerce(b, kind)
	if op == OpEq || op == OpNe {
		if c, err := s.joinEqual(op, a, b); c != nil || err != nil {
			return c, err
		}
	}
	o := &operation{op: op, kind: cube.Boolean, strict: true}
	table := orderTable(op)
	switch {
	case kind == cube.Number:
		o.kern = func(out lane, in []lane, n int) {
			compareNumbers(out.bytes[:n], in[0].num, in[1].num, &table)
		}
	case kind == cube.Text:
		left, right := textTables(op, a.dict, b.dict)
		o.kern = func(out lane, in []lane, n int) {
			compareTexts(out.bytes[:n], in[0].ints, in[1].ints, left, right, &table)
		}
	case storageOf(kind) == inInts:
		o.kern = func(out lane, in []lane, n int) {
			compareInts(out.bytes[:n], in[0].ints, in[1].ints, &table)
		}
	default:
		o.kern = bytePairs(func(x, y uint8) uint8 {
			if x == cube.BlankByte || y == cube.BlankByte {
				return cube.BlankByte
			}
			return table[order(x, y)]
		})
	}
	return s.apply(o, a, b)
}

// orderTable is what a comparison gives for less, equal and greater.
func orderTable(op Op) [4]uint8 {
	switch op {
	case OpEq:
		return [4]uint8{0, 1, 0}
	case OpNe:
		return [4]uint8{1, 0, 1}
	case OpLt:
		return [4]uint8{1, 0, 0}
	case OpLe:
		return [4]uint8{1, 1, 0}
	case OpGt:
		return [4]uint8{0, 0, 1}
	}
	return [4]uint8{0, 1, 1}
}

// order is 0, 1 or 2 where x is less than, equal to or greater than y.
func order[T uint8 | int32 | float64](x, y T) uint8 {
	return 1 + truth(x > y) - truth(x < y)
}

func compareNumbers(out []uint8, a, b []float64, table *[4]uint8) {
	a, b = a[:len(out)], b[:len(out)]
	for i := range out {
		x, y := a[i], b[i]
		v := table[order(x, y)&3]
		if x != x || y != y {
			v = cube.BlankByte
		}
		out[i] = v
	}
}

func compareInts(out []uint8, a, b []int32, table *[4]uint8) {
	a, b = a[:len(out)], b[:len(out)]
	for i := range out {
		x, y := a[i], b[i]
		v := table[order(x, y)&3]
		if x == cube.BlankInt || y == cube.BlankInt {
			v = cube.BlankByte
		}
		out[i] = v
	}
}

func compareTexts(out []uint8, a, b, left, right []int32, table *[4]uint8) {
	a, b = a[:len(out)], b[:len(out)]
	for i := range out {
		x, y := a[i], b[i]
		if x < 0 || y < 0 {
			out[i] = cube.BlankByte
			continue
		}
		out[i] = table[order(look(left, x), look(right, y))&3]
	}
}

// textTables translate the texts of two dictionaries to numbers that compare as the texts do; for = and <> to
// numbers that are equal where the texts are. nil stands for the codes themselves.
func textTables(op Op, a, b []string) (left, right []int32) {
	if op != OpEq && op != OpNe {
		dict, table := joinDicts(a, b)
		ranks := ranksOf(dict)
		right = ranks
		if table != nil {
			right = make([]int32, len(table))
			for i, code := range table {
				right[i] = ranks[code]
			}
		}
		return ranks, right
	}
	if sameDict(a, b) {
		return nil, nil
	}
	return nil, findIn(a, b)
}

// joinEqual is a = b, or a <> b, over two sets of dimensions of which neither holds the other: a join, of which only
// the cells with equal operands are kept. It is nil where cell by cell is as good.
func (s *session) joinEqual(op Op, a, b *column) (*column, error) {
	if containsDims(a.dims, b.dims) || containsDims(b.dims, a.dims) {
		return nil, nil
	}
	space, err := cube.NewSpace(unionDims(a.dims, b.dims)...)
	if err != nil {
		return nil, err
	}
	if space.Len() < s.joinFrom || space.Len() < s.joinShare*(a.looked()+b.looked()) {
		return nil, nil
	}
	left, err := s.entriesOf(a)
	if err != nil {
		return nil, err
	}
	right, err := s.entriesOf(b)
	if err != nil {
		return nil, err
	}
	blanks := uint64(len(left.keys)) < a.size() || uint64(len(right.keys)) < b.size()
	commonKeys(left, right, a, b)
	j, err := s.newJoin(left, right, space)
	if err != nil {
		return nil, err
	}
	if !s.worthSparse(float64(j.count), space, inBytes) {
		return nil, nil
	}
	cells, _, err := j.run(false)
	if err != nil {
		return nil, err
	}
	vals := makeLane(inBytes, len(cells))
	vals.fill(0, len(cells), uint64(truth(op == OpEq)))
	rest := truth(op == OpNe)
	base := constantColumn(cube.Boolean, nil, uint64(rest))
	if blanks {
		base = unequal(rest).lazy([]*column{a, b}, space)
	}
	return sparseColumn(space, cells, vals, base), nil
}

// looked is how many cells of a column a join looks at.
func (c *column) looked() uint64 {
	if c.sparseOverBlank() {
		return uint64(len(c.cells))
	}
	return c.size()
}

// opUnequal marks the operation unequal, which no formula has.
const opUnequal Op = 255

// unequal is a = b, or a <> b, for operands that are not equal: BLANK where one of them is BLANK, else result.
func unequal(result uint8) *operation {
	return &operation{op: opUnequal, kind: cube.Boolean, strict: true, only: few{uint64(result), cube.BlankByte}, kern: func(out lane, in []lane, n int) {
		for i := range n {
			v := result
			if in[0].blank(i) || in[1].blank(i) {
				v = cube.BlankByte
			}
			out.bytes[i] = v
		}
	}}
}
