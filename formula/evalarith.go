package formula

import (
	"math"
	"strconv"

	"github.com/cubeward/cubeward/cube"
)

// Numbers are never infinite, nor zero with a sign; BLANK is NaN (SPEC 3.2).

// finite makes BLANK of what is not finite, and takes the sign of zero away.
func finite(x float64) float64 {
	if x-x != 0 {
		return math.NaN()
	}
	return x + 0
}

// arithmetic is the operations on numbers, and MIN and MAX of numbers or dates.
func (s *session) arithmetic(e *Expr, args []*column) (*column, error) {
	if e.Op == OpMin || e.Op == OpMax {
		return s.extreme(e, args)
	}
	o := &operation{op: e.Op, kind: cube.Number, strict: true}
	for i := range args {
		args[i] = coerce(args[i], cube.Number)
	}
	switch e.Op {
	case OpNeg:
		o.kern = numberMap(func(a float64) float64 { return 0 - a })
	case OpAbs:
		o.kern = numberMap(math.Abs)
	case OpRound:
		o.kern = numberMap(rounder(e.N))
	case OpAdd:
		o.kern, o.strict = add, false
	case OpSub:
		o.kern, o.strict = subtract, false
	case OpMul:
		o.kern = multiply
	case OpDiv:
		o.kern = divide
	case OpPow:
		o.kern = power
	}
	return s.apply(o, args...)
}

func numberMap(f func(a float64) float64) kernel {
	return func(out lane, in []lane, n int) {
		o, a := out.num[:n], in[0].num[:n]
		for i := range o {
			o[i] = f(a[i])
		}
	}
}

// rounder is ROUND to n digits.
func rounder(n int) func(x float64) float64 {
	scale, _ := strconv.ParseFloat("1e"+strconv.Itoa(n), 64) // the double nearest to 10ⁿ; infinite where too large
	return func(x float64) float64 {
		return finite(math.Copysign(math.Floor(math.Abs(x)*scale+0.5)/scale, x))
	}
}

func add(out lane, in []lane, n int) {
	o, a, b := out.num[:n], in[0].num[:n], in[1].num[:n]
	for i := range o {
		x, y := a[i], b[i]
		r := x + y
		if r-r != 0 {
			switch {
			case x != x:
				r = y
			case y != y:
				r = x
			default:
				r = math.NaN()
			}
		}
		o[i] = r + 0
	}
}

func subtract(out lane, in []lane, n int) {
	o, a, b := out.num[:n], in[0].num[:n], in[1].num[:n]
	for i := range o {
		x, y := a[i], b[i]
		r := x - y
		if r-r != 0 {
			switch {
			case x != x:
				r = 0 - y
			case y != y:
				r = x
			default:
				r = math.NaN()
			}
		}
		o[i] = r + 0
	}
}

func multiply(out lane, in []lane, n int) {
	o, a, b := out.num[:n], in[0].num[:n], in[1].num[:n]
	for i := range o {
		o[i] = finite(a[i] * b[i])
	}
}

func divide(out lane, in []lane, n int) {
	o, a, b := out.num[:n], in[0].num[:n], in[1].num[:n]
	for i := range o {
		o[i] = finite(a[i] / b[i])
	}
}

func power(out lane, in []lane, n int) {
	o, a, b := out.num[:n], in[0].num[:n], in[1].num[:n]
	for i := range o {
		x, y := a[i], b[i]
		if x != x || y != y { // Pow(1, NaN) is 1
			o[i] = math.NaN()
			continue
		}
		o[i] = finite(math.Pow(x, y))
	}
}

// extreme is MIN and MAX, which pass over BLANKs.
func (s *session) extreme(e *Expr, args []*column) (*column, error) {
	kind := e.Type.Kind
	for _, a := range args {
		kind = max(kind, a.kind)
	}
	o := &operation{op: e.Op, kind: kind}
	switch {
	case kind == cube.NoKind:
		return blankColumn(kind), nil
	case kind == cube.Number:
		o.kern = func(out lane, in []lane, n int) {
			extremes(out.num[:n], in[0].num, in[1].num, e.Op == OpMax, func(x float64) bool { return x != x })
		}
	default:
		o.kern = func(out lane, in []lane, n int) {
			extremes(out.ints[:n], in[0].ints, in[1].ints, e.Op == OpMax, func(x int32) bool { return x == cube.BlankInt })
		}
	}
	out := coerce(args[0], kind)
	for _, a := range args[1:] {
		var err error
		if out, err = s.apply(o, out, coerce(a, kind)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func extremes[T float64 | int32](out, a, b []T, largest bool, blank func(T) bool) {
	a, b = a[:len(out)], b[:len(out)]
	for i := range out {
		x, y := a[i], b[i]
		if blank(x) || !blank(y) && (y > x) == largest {
			x = y
		}
		out[i] = x
	}
}
