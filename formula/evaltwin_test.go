package formula

import (
	"cmp"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/cubeward/cubeward/cube"
)

// twin evaluates formulas cell by cell, as SPEC 3.2 and 3.3 say it: what Evaluator is compared with.
type twin struct {
	values map[*cube.Block]*cube.Column
}

// place is the items at which a formula is looked at.
type place map[*cube.List]cube.ItemID

// with is the place at another item.
func (p place) with(l *cube.List, item cube.ItemID) place {
	out := place{l: item}
	for k, v := range p {
		if k != l {
			out[k] = v
		}
	}
	return out
}

// every calls f for p at each combination of items of lists.
func (p place) every(lists []*cube.List, f func(p place)) {
	if len(lists) == 0 {
		f(p)
		return
	}
	for i := range lists[0].Len() {
		p.with(lists[0], cube.ItemID(i)).every(lists[1:], f)
	}
}

func (t twin) column(e *Expr) []cube.Value {
	var out []cube.Value
	place{}.every(e.Dims, func(p place) { out = append(out, t.at(e, p)) })
	return out
}

func (t twin) block(b *cube.Block, p place) cube.Value {
	c := t.values[b]
	if c == nil {
		return cube.Value{}
	}
	items := make([]cube.ItemID, len(b.Dims))
	for i, d := range b.Dims {
		items[i] = p[d]
	}
	return c.Value(c.Space().Cell(items))
}

func (t twin) at(e *Expr, p place) cube.Value {
	switch e.Op {
	case OpConst:
		return e.Value
	case OpBlock:
		return t.block(e.Block, p)
	case OpList:
		return cube.ItemValue(p[e.List])
	case OpCumulate:
		return t.cumulate(e, p)
	case OpRemove:
		var all []cube.Value
		p.every(e.Lists, func(q place) { all = append(all, t.at(e.Args[0], q)) })
		return aggregatePlain(e.Method, all)
	case OpAggregate:
		var all []cube.Value
		p.every(e.Lists, func(q place) {
			if m := t.at(e.Args[1], q); !m.IsBlank() && m.Item() == p[e.List] {
				all = append(all, t.at(e.Args[0], q))
			}
		})
		return aggregatePlain(e.Method, all)
	case OpSpread:
		m := t.at(e.Args[1], p)
		if m.IsBlank() {
			return m
		}
		return t.at(e.Args[0], p.with(e.List, m.Item()))
	case OpSelect:
		return t.at(e.Args[0], p.with(e.List, e.Item))
	case OpShift:
		item := int(p[e.List]) + e.N
		if item < 0 || item >= e.List.Len() {
			return cube.Value{}
		}
		return t.at(e.Args[0], p.with(e.List, cube.ItemID(item)))
	}
	args := make([]cube.Value, len(e.Args))
	for i, a := range e.Args {
		args[i] = t.at(a, p)
	}
	return t.cell(e, args)
}

func (t twin) cumulate(e *Expr, p place) cube.Value {
	sum := cube.Value{}
	for i := range p[e.List] + 1 {
		sum = plainSum(sum, t.at(e.Args[0], p.with(e.List, i)))
	}
	return sum
}

func plainSum(a, b cube.Value) cube.Value {
	switch {
	case a.IsBlank():
		return b
	case b.IsBlank():
		return a
	}
	return cube.NumberValue(a.Float() + b.Float())
}

func aggregatePlain(m Method, all []cube.Value) cube.Value {
	var out cube.Value
	n := 0.0
	for _, v := range all {
		if v.IsBlank() {
			continue
		}
		n++
		switch {
		case n == 1:
			out = v
		case m == Sum || m == Avg:
			out = plainSum(out, v)
		case m == Min && comparePlain(v, out) < 0, m == Max && comparePlain(v, out) > 0:
			out = v
		case m == Any && v.Kind() == cube.Boolean:
			out = cube.BooleanValue(out.True() || v.True())
		case m == All && v.Kind() == cube.Boolean:
			out = cube.BooleanValue(out.True() && v.True())
		case m == Any:
			out = cube.RightsValue(out.Rights() | v.Rights())
		case m == All:
			out = cube.RightsValue(out.Rights() & v.Rights())
		}
	}
	switch {
	case n == 0:
		return cube.Value{}
	case m == Avg:
		return cube.NumberValue(out.Float() / n)
	case m == Count:
		return cube.NumberValue(n)
	}
	return out
}

func comparePlain(a, b cube.Value) int {
	switch a.Kind() {
	case cube.Number:
		return cmp.Compare(a.Float(), b.Float())
	case cube.Text:
		return strings.Compare(a.Str(), b.Str())
	case cube.Date:
		return cmp.Compare(a.Days(), b.Days())
	case cube.Item:
		return cmp.Compare(a.Item(), b.Item())
	case cube.AccessRights:
		return cmp.Compare(a.Rights(), b.Rights())
	}
	return cmp.Compare(truth(a.True()), truth(b.True()))
}

func anyBlank(args []cube.Value) bool {
	for _, a := range args {
		if a.IsBlank() {
			return true
		}
	}
	return false
}

func equalPlain(a, b cube.Value) cube.Value {
	if a.IsBlank() || b.IsBlank() {
		return cube.Value{}
	}
	return cube.BooleanValue(comparePlain(a, b) == 0)
}

func orPlain(a, b cube.Value) cube.Value {
	if a.IsBlank() && b.IsBlank() {
		return a
	}
	return cube.BooleanValue(a.True() || b.True())
}

// cell is an operation that works cell by cell.
func (t twin) cell(e *Expr, args []cube.Value) cube.Value {
	x := args[0]
	y := cube.Value{}
	if len(args) > 1 {
		y = args[1]
	}
	third := func() cube.Value {
		if len(args) > 2 {
			return args[2]
		}
		return cube.Value{}
	}
	switch e.Op {
	case OpReset, OpBroadcast:
		return x
	case OpNot:
		return cube.BooleanValue(!x.True())
	case OpAnd:
		if x.IsBlank() && y.IsBlank() {
			return x
		}
		return cube.BooleanValue(x.True() && y.True())
	case OpOr:
		return orPlain(x, y)
	case OpIn:
		out := cube.Value{}
		for _, a := range args[1:] {
			out = orPlain(out, equalPlain(x, a))
		}
		return out
	case OpIf:
		if x.True() {
			return y
		}
		return third()
	case OpIfDefined:
		if !x.IsBlank() {
			return y
		}
		return third()
	case OpIfBlank:
		if x.IsBlank() {
			return y
		}
		return x
	case OpIsBlank, OpIsDefined:
		return cube.BooleanValue(x.IsBlank() == (e.Op == OpIsBlank))
	case OpFilter:
		if y.True() {
			return x
		}
		return cube.Value{}
	case OpExclude:
		if y.True() {
			return cube.Value{}
		}
		return x
	case OpSwitch:
		rest := args[1:]
		for ; len(rest) > 1; rest = rest[2:] {
			if equalPlain(x, rest[0]).True() {
				return rest[1]
			}
		}
		if len(rest) == 1 {
			return rest[0]
		}
		return cube.Value{}
	case OpMin:
		return aggregatePlain(Min, args)
	case OpMax:
		return aggregatePlain(Max, args)
	case OpAdd:
		return plainSum(x, y)
	case OpSub:
		if !y.IsBlank() {
			y = cube.NumberValue(-y.Float())
		}
		return plainSum(x, y)
	case OpConcat:
		if x.IsBlank() && y.IsBlank() {
			return x
		}
		return cube.TextValue(x.Str() + y.Str())
	case OpAccessRights:
		if x.IsBlank() && y.IsBlank() {
			return x
		}
		return cube.RightsValue(cube.Rights(truth(x.True()))*cube.Read | cube.Rights(truth(y.True()))*cube.Write)
	}
	if anyBlank(args) {
		return cube.Value{}
	}
	return t.strict(e, x, y)
}

// strict is the operations that give BLANK for a BLANK.
func (t twin) strict(e *Expr, x, y cube.Value) cube.Value {
	switch e.Op {
	case OpProperty:
		return t.block(e.Block, place{e.Block.List: x.Item()})
	case OpFindItem:
		for i := range e.List.Len() {
			v := cube.TextValue(e.List.Item(cube.ItemID(i)))
			if e.Block != nil {
				v = t.block(e.Block, place{e.List: cube.ItemID(i)})
			}
			if equalPlain(v, x).True() {
				return cube.ItemValue(cube.ItemID(i))
			}
		}
		return cube.Value{}
	case OpNeg:
		return cube.NumberValue(-x.Float())
	case OpMul:
		return cube.NumberValue(x.Float() * y.Float())
	case OpDiv:
		return cube.NumberValue(x.Float() / y.Float())
	case OpPow:
		return cube.NumberValue(math.Pow(x.Float(), y.Float()))
	case OpAbs:
		return cube.NumberValue(math.Abs(x.Float()))
	case OpRound:
		sign, scale := 1.0, math.Pow(10, float64(e.N))
		if x.Float() < 0 {
			sign = -1
		}
		return cube.NumberValue(sign * math.Floor(math.Abs(x.Float())*scale+0.5) / scale)
	case OpEq:
		return cube.BooleanValue(comparePlain(x, y) == 0)
	case OpNe:
		return cube.BooleanValue(comparePlain(x, y) != 0)
	case OpLt:
		return cube.BooleanValue(comparePlain(x, y) < 0)
	case OpLe:
		return cube.BooleanValue(comparePlain(x, y) <= 0)
	case OpGt:
		return cube.BooleanValue(comparePlain(x, y) > 0)
	case OpGe:
		return cube.BooleanValue(comparePlain(x, y) >= 0)
	case OpLen:
		return cube.NumberValue(float64(utf8.RuneCountInString(x.Str())))
	case OpUpper:
		return cube.TextValue(strings.Map(unicode.ToUpper, x.Str()))
	case OpLower:
		return cube.TextValue(strings.Map(unicode.ToLower, x.Str()))
	case OpContains:
		return cube.BooleanValue(strings.Contains(x.Str(), y.Str()))
	case OpStartsWith:
		return cube.BooleanValue(strings.HasPrefix(x.Str(), y.Str()))
	case OpEndsWith:
		return cube.BooleanValue(strings.HasSuffix(x.Str(), y.Str()))
	}
	date := time.Unix(int64(x.Days())*24*60*60, 0).UTC()
	switch e.Op {
	case OpYear:
		return cube.NumberValue(float64(date.Year()))
	case OpMonth:
		return cube.NumberValue(float64(date.Month()))
	}
	return cube.NumberValue(float64(date.Day()))
}
