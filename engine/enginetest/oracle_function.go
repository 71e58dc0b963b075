package enginetest

import (
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/cubeward/cubeward/cube"
)

var blank = cube.Value{}

// apply is the operators and functions that work cell by cell (SPEC 3.2), on the values of their operands.
func apply(t *term, args []cube.Value) cube.Value {
	switch t.op {
	case "+", "-", "*", "/", "^", "negate", "ABS", "ROUND":
		return arithmetic(t, args)
	case "=", "<>", "<", "<=", ">", ">=":
		return compare(t.op, args[0], args[1])
	case "AND", "OR":
		return logic(t.op, args[0], args[1])
	case "NOT": // NOT BLANK is TRUE
		return cube.BooleanValue(!args[0].True())
	case "IN": // x = a OR x = b
		var v cube.Value
		for i, a := range args[1:] {
			if is := equal(args[0], a); i == 0 {
				v = is
			} else {
				v = logic("OR", v, is)
			}
		}
		return v
	case "&", "LEN", "UPPER", "LOWER", "CONTAINS", "STARTSWITH", "ENDSWITH":
		return texts(t.op, args)
	case "YEAR", "MONTH", "DAY":
		return datePart(t.op, args[0])
	case "MIN", "MAX": // BLANKs are passed over
		return aggregate(t.op, args)
	case "ACCESSRIGHTS": // BLANK where both are
		if args[0].IsBlank() && args[1].IsBlank() {
			return blank
		}
		var r cube.Rights
		if args[0].True() {
			r |= cube.Read
		}
		if args[1].True() {
			r |= cube.Write
		}
		return cube.RightsValue(r)
	}
	return choose(t.op, args)
}

// choose is the functions that give one of their arguments, and the tests for BLANK.
func choose(op string, args []cube.Value) cube.Value {
	otherwise := func(from int) cube.Value { // the optional last argument
		if len(args) > from {
			return args[from]
		}
		return blank
	}
	switch op {
	case "IF":
		if args[0].True() {
			return args[1]
		}
		return otherwise(2)
	case "IFBLANK":
		if args[0].IsBlank() {
			return args[1]
		}
		return args[0]
	case "IFDEFINED":
		if !args[0].IsBlank() {
			return args[1]
		}
		return otherwise(2)
	case "ISBLANK":
		return cube.BooleanValue(args[0].IsBlank())
	case "ISDEFINED":
		return cube.BooleanValue(!args[0].IsBlank())
	case "SWITCH": // a BLANK x or v equals nothing
		i := 1
		for ; i+1 < len(args); i += 2 {
			if equal(args[0], args[i]).True() {
				return args[i+1]
			}
		}
		return otherwise(i)
	}
	refuse("unknown operation %q", op)
	return blank
}

// arithmetic: + and - take BLANK as 0 and give BLANK where both are; the others give BLANK where an operand is.
// What is not finite is BLANK, which cube.NumberValue sees to.
func arithmetic(t *term, args []cube.Value) cube.Value {
	blanks := 0
	for _, a := range args {
		if a.IsBlank() {
			blanks++
		}
	}
	if (t.op == "+" || t.op == "-") && blanks < len(args) {
		blanks = 0
	}
	if blanks > 0 {
		return blank
	}
	x, y := args[0].Float(), 0.0
	if len(args) > 1 {
		y = args[1].Float()
	}
	switch t.op {
	case "+":
		x += y
	case "-":
		x -= y
	case "*":
		x *= y
	case "/":
		x /= y
	case "^":
		x = math.Pow(x, y)
	case "negate":
		x = -x
	case "ABS":
		x = math.Abs(x)
	case "ROUND": // sign(x) · floor(abs(x)·10ⁿ + 0.5) / 10ⁿ
		tens := math.Pow(10, float64(t.number))
		x = math.Copysign(math.Floor(math.Abs(x)*tens+0.5)/tens, x)
	}
	return cube.NumberValue(x)
}

// equal is BLANK where an operand is BLANK.
func equal(a, b cube.Value) cube.Value {
	if a.IsBlank() || b.IsBlank() {
		return blank
	}
	return cube.BooleanValue(a == b)
}

// less orders numbers, dates, texts (byte by byte) and items (in list order), none BLANK.
func less(a, b cube.Value) bool {
	switch a.Kind() {
	case cube.Number:
		return a.Float() < b.Float()
	case cube.Date:
		return a.Days() < b.Days()
	case cube.Item:
		return a.Item() < b.Item()
	}
	return a.Str() < b.Str()
}

func compare(op string, a, b cube.Value) cube.Value {
	if a.IsBlank() || b.IsBlank() {
		return blank
	}
	var is bool
	switch op {
	case "=":
		is = a == b
	case "<>":
		is = a != b
	case "<":
		is = less(a, b)
	case "<=":
		is = !less(b, a)
	case ">":
		is = less(b, a)
	case ">=":
		is = !less(a, b)
	}
	return cube.BooleanValue(is)
}

// logic takes BLANK as FALSE and gives BLANK only where both are.
func logic(op string, a, b cube.Value) cube.Value {
	if a.IsBlank() && b.IsBlank() {
		return blank
	}
	if op == "AND" {
		return cube.BooleanValue(a.True() && b.True())
	}
	return cube.BooleanValue(a.True() || b.True())
}

// texts: & takes BLANK as empty text and gives BLANK where both are; the others give BLANK where an operand is.
func texts(op string, args []cube.Value) cube.Value {
	if op == "&" {
		if args[0].IsBlank() && args[1].IsBlank() {
			return blank
		}
		return cube.TextValue(args[0].Str() + args[1].Str())
	}
	for _, a := range args {
		if a.IsBlank() {
			return blank
		}
	}
	s := args[0].Str()
	switch op {
	case "LEN":
		return cube.NumberValue(float64(utf8.RuneCountInString(s)))
	case "UPPER":
		return cube.TextValue(strings.Map(unicode.ToUpper, s))
	case "LOWER":
		return cube.TextValue(strings.Map(unicode.ToLower, s))
	case "CONTAINS":
		return cube.BooleanValue(strings.Contains(s, args[1].Str()))
	case "STARTSWITH":
		return cube.BooleanValue(strings.HasPrefix(s, args[1].Str()))
	}
	return cube.BooleanValue(strings.HasSuffix(s, args[1].Str()))
}

func datePart(op string, v cube.Value) cube.Value {
	if v.IsBlank() {
		return blank
	}
	d, err := time.Parse(time.DateOnly, cube.FormatDate(v.Days()))
	if err != nil {
		refuse("%v", err)
	}
	switch op {
	case "YEAR":
		return cube.NumberValue(float64(d.Year()))
	case "MONTH":
		return cube.NumberValue(float64(d.Month()))
	}
	return cube.NumberValue(float64(d.Day()))
}
