package formula

import "github.com/cubeward/cubeward/cube"

// Booleans are bytes: 0, 1 and cube.BlankByte; access rights are bytes: 0 to 3 and cube.BlankByte.

// cellwise is the column of an operation that works cell by cell.
func (s *session) cellwise(e *Expr, args []*column) (*column, error) {
	switch e.Op {
	case OpNeg, OpAdd, OpSub, OpMul, OpDiv, OpPow, OpAbs, OpRound, OpMin, OpMax:
		return s.arithmetic(e, args)
	case OpEq, OpNe, OpLt, OpLe, OpGt, OpGe:
		return s.compare(e.Op, args[0], args[1])
	case OpIn:
		return s.in(args)
	case OpIf:
		return s.choose(args[0], args[1], orBlank(args, 2))
	case OpIfDefined:
		c, err := s.logical(OpIsDefined, args[0])
		if err != nil {
			return nil, err
		}
		return s.choose(c, args[1], orBlank(args, 2))
	case OpIfBlank:
		return s.ifBlank(args[0], args[1])
	case OpSwitch:
		return s.switched(args)
	case OpNot, OpAnd, OpOr, OpIsBlank, OpIsDefined, OpAccessRights:
		return s.logical(e.Op, args...)
	case OpYear, OpMonth, OpDay:
		return s.dateParts(e.Op, args[0])
	}
	return s.textual(e, args)
}

func orBlank(args []*column, i int) *column {
	if i < len(args) {
		return args[i]
	}
	return blankColumn(args[i-1].kind)
}

// logical is AND, OR, NOT, ISBLANK, ISDEFINED and ACCESSRIGHTS.
func (s *session) logical(op Op, args ...*column) (*column, error) {
	o := &operation{op: op, kind: cube.Boolean}
	switch op {
	case OpIsBlank, OpIsDefined:
		o.kern = isBlank(storageOf(args[0].kind), op == OpIsBlank)
		return s.apply(o, args...)
	case OpNot:
		o.kern = byteMap(func(a uint8) uint8 { return truth(a != 1) })
	case OpAnd:
		o.kern = bytePairs(and)
	case OpOr:
		o.kern = bytePairs(or)
	case OpAccessRights:
		o.kind, o.kern = cube.AccessRights, bytePairs(rights)
	}
	for i := range args {
		args[i] = coerce(args[i], cube.Boolean)
	}
	return s.apply(o, args...)
}

func truth(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

func and(a, b uint8) uint8 {
	if a == cube.BlankByte && b == cube.BlankByte {
		return cube.BlankByte
	}
	return truth(a == 1 && b == 1)
}

func or(a, b uint8) uint8 {
	if a == cube.BlankByte && b == cube.BlankByte {
		return cube.BlankByte
	}
	return truth(a == 1 || b == 1)
}

func rights(r, w uint8) uint8 {
	if r == cube.BlankByte && w == cube.BlankByte {
		return cube.BlankByte
	}
	return truth(r == 1)*uint8(cube.Read) | truth(w == 1)*uint8(cube.Write)
}

// byteMap is the kernel of a function of one byte.
func byteMap(f func(a uint8) uint8) kernel {
	var table [256]uint8
	for i := range table {
		table[i] = f(uint8(i))
	}
	return func(out lane, in []lane, n int) {
		o, a := out.bytes[:n], in[0].bytes[:n]
		for i := range o {
			o[i] = table[a[i]]
		}
	}
}

// bytePairs is the kernel of a function of two bytes that are 0 to 3 or BLANK.
func bytePairs(f func(a, b uint8) uint8) kernel {
	const blank = 4 // the low bits of BLANK are taken by 3
	code := func(b uint8) uint8 { return min(b, blank) }
	var table [64]uint8
	for _, a := range []uint8{0, 1, 2, 3, cube.BlankByte} {
		for _, b := range []uint8{0, 1, 2, 3, cube.BlankByte} {
			table[code(a)<<3|code(b)] = f(a, b)
		}
	}
	return func(out lane, in []lane, n int) {
		o, a, b := out.bytes[:n], in[0].bytes[:n], in[1].bytes[:n]
		for i := range o {
			o[i] = table[(min(a[i], blank)<<3|min(b[i], blank))&63]
		}
	}
}

// isBlank is the kernel of ISBLANK, or of ISDEFINED where want is false.
func isBlank(st storage, want bool) kernel {
	yes, no := truth(want), truth(!want)
	return func(out lane, in []lane, n int) {
		o := out.bytes[:n]
		switch st {
		case inNums:
			for i, x := range in[0].num[:n] {
				o[i] = no
				if x != x {
					o[i] = yes
				}
			}
		case inInts:
			for i, x := range in[0].ints[:n] {
				o[i] = no
				if x == cube.BlankInt {
					o[i] = yes
				}
			}
		default:
			for i, x := range in[0].bytes[:n] {
				o[i] = no
				if x == cube.BlankByte {
					o[i] = yes
				}
			}
		}
	}
}

// notTrue gives FALSE in place of TRUE: what a thinned column of booleans is where it was not TRUE.
func notTrue() *operation {
	return &operation{op: OpNot, kind: cube.Boolean, strict: true, kern: byteMap(func(a uint8) uint8 {
		if a == 1 {
			return 0
		}
		return a
	})}
}

// choose is a where c is TRUE, else b.
func (s *session) choose(c, a, b *column) (*column, error) {
	kind := a.kind
	if kind == cube.NoKind {
		kind = b.kind
	}
	c, a, b = coerce(c, cube.Boolean), coerce(a, kind), coerce(b, kind)
	if c.form == constantForm {
		if c.vals.bytes[0] == 1 {
			return a, nil
		}
		return b, nil
	}
	if a.isBlank() && b.isBlank() {
		return a, nil
	}
	o := &operation{op: OpIf, kind: kind}
	var tables [2][]int32
	o.dict, tables[1] = joinDicts(a.dict, b.dict)
	switch storageOf(kind) {
	case inNums:
		o.kern = func(out lane, in []lane, n int) {
			pick(out.num[:n], in[0].bytes, in[1].num, in[2].num)
		}
	case inInts:
		o.kern = func(out lane, in []lane, n int) {
			pick(out.ints[:n], in[0].bytes, in[1].ints, in[2].ints)
			recodeWhere(out.ints[:n], in[0].bytes, tables[1])
		}
	default:
		o.kern = func(out lane, in []lane, n int) {
			pick(out.bytes[:n], in[0].bytes, in[1].bytes, in[2].bytes)
		}
	}
	return s.apply(o, c, a, b)
}

func pick[T any](out []T, c []uint8, a, b []T) {
	c, a, b = c[:len(out)], a[:len(out)], b[:len(out)]
	for i := range out {
		v := b[i]
		if c[i] == 1 {
			v = a[i]
		}
		out[i] = v
	}
}

// recodeWhere translates the texts that were taken where c is not TRUE.
func recodeWhere(out []int32, c []uint8, table []int32) {
	if table == nil {
		return
	}
	for i, v := range out {
		if c[i] != 1 && v >= 0 {
			out[i] = table[v]
		}
	}
}

// ifBlank is d where x is BLANK.
func (s *session) ifBlank(x, d *column) (*column, error) {
	kind := x.kind
	if kind == cube.NoKind {
		kind = d.kind
	}
	x, d = coerce(x, kind), coerce(d, kind)
	if x.form == constantForm && !x.vals.blank(0) {
		return x, nil
	}
	if x.isBlank() {
		return d, nil
	}
	o := &operation{op: OpIfBlank, kind: kind}
	var table []int32
	o.dict, table = joinDicts(x.dict, d.dict)
	switch storageOf(kind) {
	case inNums:
		o.kern = func(out lane, in []lane, n int) {
			a, b := in[0].num[:n], in[1].num[:n]
			for i, v := range a {
				if v != v {
					v = b[i]
				}
				out.num[i] = v
			}
		}
	case inInts:
		o.kern = func(out lane, in []lane, n int) {
			a, b := in[0].ints[:n], in[1].ints[:n]
			for i, v := range a {
				if v == cube.BlankInt {
					v = look(table, b[i])
				}
				out.ints[i] = v
			}
		}
	default:
		o.kern = bytePairs(func(a, b uint8) uint8 {
			if a == cube.BlankByte {
				return b
			}
			return a
		})
	}
	return s.apply(o, x, d)
}

// look translates a number with a table, nil for "the same"; BLANK stays.
func look(table []int32, v int32) int32 {
	if table == nil || v < 0 {
		return v
	}
	return table[v]
}

// in is x IN (a, b, …): x = a OR x = b … (SPEC 3.2).
func (s *session) in(args []*column) (*column, error) {
	var out *column
	for _, a := range args[1:] {
		c, err := s.compare(OpEq, args[0], a)
		if err != nil {
			return nil, err
		}
		if out == nil {
			out = c
			continue
		}
		if out, err = s.logical(OpOr, out, c); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// switched is SWITCH(x, v1, r1, …[, d]): IF(x = v1, r1, IF(x = v2, …)).
func (s *session) switched(args []*column) (*column, error) {
	kind := cube.NoKind
	for i := 2; i < len(args); i++ {
		if i%2 == 0 || i == len(args)-1 {
			kind = max(kind, args[i].kind) // BLANKs have none
		}
	}
	last := len(args)
	out := blankColumn(kind)
	if last%2 == 0 {
		last--
		out = coerce(args[last], kind)
	}
	for i := last - 2; i > 0; i -= 2 {
		c, err := s.compare(OpEq, args[0], args[i])
		if err != nil {
			return nil, err
		}
		if out, err = s.choose(c, coerce(args[i+1], kind), out); err != nil {
			return nil, err
		}
	}
	return out, nil
}
