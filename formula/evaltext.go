package formula

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cubeward/cubeward/cube"
)

// Texts are codes: places in a dictionary of distinct texts. Operations work on dictionaries, once, and translate codes.

// sameDict says whether two dictionaries are one.
func sameDict(a, b []string) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// codesOf is the code of each text of a dictionary.
func codesOf(dict []string) map[string]int32 {
	codes := make(map[string]int32, len(dict))
	for i, t := range dict {
		codes[t] = int32(i)
	}
	return codes
}

// findIn is, for each text of b, its code in a, or a number of its own that a lacks.
func findIn(a, b []string) []int32 {
	codes := codesOf(a)
	table := make([]int32, len(b))
	for i, t := range b {
		code, ok := codes[t]
		if !ok {
			code = int32(len(a) + i)
		}
		table[i] = code
	}
	return table
}

// joinDicts is a dictionary of the texts of both, in which those of a keep their codes; table translates the codes
// of b, nil where they stay.
func joinDicts(a, b []string) (dict []string, table []int32) {
	switch {
	case len(b) == 0 || sameDict(a, b):
		return a, nil
	case len(a) == 0:
		return b, nil
	}
	codes := codesOf(a)
	dict = slices.Clip(a)
	table = make([]int32, len(b))
	for i, t := range b {
		code, ok := codes[t]
		if !ok {
			code = int32(len(dict))
			dict = append(dict, t)
		}
		table[i] = code
	}
	return dict, table
}

// ranksOf is, for each text, its place among all texts sorted byte by byte.
func ranksOf(dict []string) []int32 {
	sorted := make([]int32, len(dict))
	for i := range sorted {
		sorted[i] = int32(i)
	}
	slices.SortFunc(sorted, func(a, b int32) int { return strings.Compare(dict[a], dict[b]) })
	ranks := make([]int32, len(dict))
	for rank, code := range sorted {
		ranks[code] = int32(rank)
	}
	return ranks
}

// textBuilder is a dictionary that grows.
type textBuilder struct {
	dict  []string
	codes map[string]int32
}

func (b *textBuilder) code(t string) int32 {
	if b.codes == nil {
		b.codes = map[string]int32{}
	}
	code, ok := b.codes[t]
	if !ok {
		code = int32(len(b.dict))
		b.codes[t] = code
		b.dict = append(b.dict, t)
	}
	return code
}

// textual is the functions of texts and &.
func (s *session) textual(e *Expr, args []*column) (*column, error) {
	for i := range args {
		args[i] = coerce(args[i], cube.Text)
	}
	o := &operation{op: e.Op, kind: cube.Boolean, strict: true}
	dict := args[0].dict
	switch e.Op {
	case OpLen:
		o.kind = cube.Number
		lengths := make([]float64, len(dict))
		for i, t := range dict {
			lengths[i] = float64(utf8.RuneCountInString(t))
		}
		o.kern = lookUp(inNums, lane{num: lengths})
	case OpUpper:
		mapTexts(o, dict, strings.ToUpper)
	case OpLower:
		mapTexts(o, dict, strings.ToLower)
	case OpContains:
		o.kern = textPairs(dict, args[1].dict, strings.Contains)
	case OpStartsWith:
		o.kern = textPairs(dict, args[1].dict, strings.HasPrefix)
	case OpEndsWith:
		o.kern = textPairs(dict, args[1].dict, strings.HasSuffix)
	default:
		return s.concat(args[0], args[1])
	}
	return s.apply(o, args...)
}

// mapTexts makes o a function of one text.
func mapTexts(o *operation, dict []string, f func(string) string) {
	var b textBuilder
	table := make([]int32, len(dict))
	for i, t := range dict {
		table[i] = b.code(f(t))
	}
	o.kind, o.dict, o.kern = cube.Text, b.dict, lookUp(inInts, lane{ints: table})
}

// lookUp is the kernel that finds values in a table by code or item; st is how they are kept.
func lookUp(st storage, table lane) kernel {
	switch st {
	case inNums:
		return func(out lane, in []lane, n int) { lookEach(out.num[:n], in[0].ints, table.num, math.NaN()) }
	case inInts:
		return func(out lane, in []lane, n int) { lookEach(out.ints[:n], in[0].ints, table.ints, cube.BlankInt) }
	}
	return func(out lane, in []lane, n int) { lookEach(out.bytes[:n], in[0].ints, table.bytes, cube.BlankByte) }
}

func lookEach[T any](out []T, codes []int32, table []T, blank T) {
	codes = codes[:len(out)]
	for i, code := range codes {
		if code < 0 {
			out[i] = blank
			continue
		}
		out[i] = table[code]
	}
}

// maxPairs is up to how many pairs of texts the answers are kept.
const maxPairs = 1 << 20

// textPairs is the kernel of a question about two texts. Each pair is asked once where they are not too many.
func textPairs(a, b []string, f func(t, p string) bool) kernel {
	var answers []uint8 // 1 + the answer
	if len(a)*len(b) <= maxPairs {
		answers = make([]uint8, len(a)*len(b))
	}
	ask := func(x, y int32) uint8 {
		if answers == nil {
			return truth(f(a[x], b[y]))
		}
		at := &answers[int(x)*len(b)+int(y)]
		if *at == 0 {
			*at = 1 + truth(f(a[x], b[y]))
		}
		return *at - 1
	}
	return func(out lane, in []lane, n int) {
		o, x, y := out.bytes[:n], in[0].ints[:n], in[1].ints[:n]
		for i := range o {
			if x[i] < 0 || y[i] < 0 {
				o[i] = cube.BlankByte
				continue
			}
			o[i] = ask(x[i], y[i])
		}
	}
}

// concat is a & b. Its dictionary is known only after it was carried out, so it is never put off.
func (s *session) concat(a, b *column) (*column, error) {
	var texts textBuilder
	pairs := map[uint64]int32{}
	o := &operation{op: OpConcat, kind: cube.Text}
	o.kern = func(out lane, in []lane, n int) {
		x, y := in[0].ints[:n], in[1].ints[:n]
		for i := range n {
			if x[i] < 0 && y[i] < 0 {
				out.ints[i] = cube.BlankInt
				continue
			}
			pair := uint64(uint32(x[i]))<<32 | uint64(uint32(y[i]))
			code, ok := pairs[pair]
			if !ok {
				code = texts.code(textAt(a.dict, x[i]) + textAt(b.dict, y[i]))
				pairs[pair] = code
			}
			out.ints[i] = code
		}
	}
	c, err := s.apply(o, a, b)
	if err != nil {
		return nil, err
	}
	if c.form == sparseForm && c.base.form == lazyForm {
		if c, err = s.contiguous(c); err != nil {
			return nil, err
		}
	}
	if err := s.force(c); err != nil {
		return nil, err
	}
	c.dict = texts.dict
	if c.form == sparseForm {
		c.base.dict = texts.dict
	}
	return c, nil
}

func textAt(dict []string, code int32) string {
	if code < 0 {
		return ""
	}
	return dict[code]
}
