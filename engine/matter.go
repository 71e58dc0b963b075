package engine

import (
	"context"
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
)

// maxDecided is how many combinations of what members are asked first are told apart; where there are more, all that a
// formula reads from a member matters.
const maxDecided = 64

// sorted sorts the members by what matters to a formula of what it reads from them. Formulas that read the same share
// the work.
//
// Not all matters to all: with IF(User.Level > 4 OR User.Country = Country, …) it does not matter which country somebody
// of level 5 is from, and such members, who are granted everything, are one kind in place of one for each country.
// So booleans over User alone are looked at first, and then what they leave open.
func (r *Rights) sorted(ctx context.Context, e *formula.Expr, inputs []*formula.Expr, cols []*cube.Column) (kinds, error) {
	var first []int
	for i, in := range inputs {
		if in.Type.Kind == cube.Boolean && len(in.Dims) == 1 {
			first = append(first, i)
		}
	}
	if len(first) == 0 || len(first) == len(inputs) {
		return r.sortedBy(ctx, inputs, cols, allOf(inputs))
	}
	decided, err := r.sortedBy(ctx, inputs, cols, first)
	if err != nil {
		return kinds{}, err
	}
	if decided.len() > maxDecided {
		return r.sortedBy(ctx, inputs, cols, allOf(inputs))
	}
	open := make([][]int, decided.len()) // what matters besides, for each kind of decided
	for i, m := range decided.first {
		known := &decision{known: map[*formula.Expr]uint8{}}
		for _, k := range first {
			known.known[inputs[k]] = booleanAt(cols[k], uint64(m))
		}
		open[i] = known.open(e, inputs, first)
	}
	return r.refined(ctx, decided, open, inputs, cols)
}

// refined splits each of some kinds by the inputs that matter to it.
func (r *Rights) refined(ctx context.Context, k kinds, by [][]int, inputs []*formula.Expr, cols []*cube.Column) (kinds, error) {
	split := make([]kinds, k.len())
	from := make([]uint64, k.len()+1) // the first number of each kind's parts
	for i := range split {
		at := slices.IndexFunc(by[:i], func(o []int) bool { return slices.Equal(o, by[i]) })
		if at >= 0 {
			split[i] = split[at]
		} else {
			var err error
			if split[i], err = r.sortedBy(ctx, inputs, cols, by[i]); err != nil {
				return kinds{}, err
			}
		}
		from[i+1] = from[i] + uint64(split[i].len())
	}
	keys := make([]uint64, len(k.of))
	for m, kind := range k.of {
		keys[m] = from[kind] + uint64(split[kind].of[m])
	}
	return kindsOf(keys, from[k.len()]), nil
}

// sortedBy sorts the members by some of the inputs.
func (r *Rights) sortedBy(ctx context.Context, inputs []*formula.Expr, cols []*cube.Column, by []int) (kinds, error) {
	k := everyone(r.ws.Users.Len())
	for _, i := range by {
		if err := ctx.Err(); err != nil {
			return kinds{}, err
		}
		k = k.and(r.read.kinds(ctx, inputs[i], cols[i], r.ws.Users.Len()))
	}
	return k, ctx.Err()
}

func allOf(inputs []*formula.Expr) []int {
	out := make([]int, len(inputs))
	for i := range out {
		out[i] = i
	}
	return out
}

// booleanAt is a boolean of a column as evaluators write it: 0, 1 or cube.BlankByte.
func booleanAt(col *cube.Column, cell uint64) uint8 { return booleanByte(col.Value(cell)) }

func booleanByte(v cube.Value) uint8 {
	switch {
	case v.IsBlank():
		return cube.BlankByte
	case v.True():
		return 1
	}
	return 0
}

// decision is what some booleans that a formula reads from a member decide.
type decision struct {
	known map[*formula.Expr]uint8 // their values
	read  map[*formula.Expr]bool  // what is left to be read
	seen  map[*formula.Expr]bool
}

// open are the inputs that still matter to a formula, but for those in known, which are a member's kind already.
func (d *decision) open(e *formula.Expr, inputs []*formula.Expr, known []int) []int {
	d.read, d.seen = map[*formula.Expr]bool{}, map[*formula.Expr]bool{}
	isInput := map[*formula.Expr]bool{}
	for _, in := range inputs {
		isInput[in] = true
	}
	d.visit(e, isInput)
	var out []int
	for i, in := range inputs {
		if d.read[in] && !slices.Contains(known, i) {
			out = append(out, i)
		}
	}
	return out
}

func (d *decision) visit(e *formula.Expr, isInput map[*formula.Expr]bool) {
	if d.seen[e] {
		return
	}
	d.seen[e] = true
	if _, ok := d.value(e); ok {
		return
	}
	if isInput[e] {
		d.read[e] = true
		return
	}
	args := e.Args
	if e.Op == formula.OpIf {
		if c, ok := d.value(args[0]); ok {
			args = taken(args, c)
		}
	}
	for _, a := range args {
		d.visit(a, isInput)
	}
}

// taken is the branch of an IF that its condition takes, if any: a missing one is BLANK.
func taken(args []*formula.Expr, c uint8) []*formula.Expr {
	if c == 1 {
		return args[1:2]
	}
	return args[2:]
}

// value is the value that a boolean has at all cells, where it is decided (SPEC 3.2).
func (d *decision) value(e *formula.Expr) (uint8, bool) {
	if v, ok := d.known[e]; ok {
		return v, true
	}
	switch {
	case e.Type.Kind == cube.NoKind && e.Op == formula.OpConst: // a BLANK that any type may have
		return cube.BlankByte, true
	case e.Type.Kind != cube.Boolean:
		return 0, false
	}
	switch e.Op {
	case formula.OpConst:
		return booleanByte(e.Value), true
	case formula.OpNot:
		if v, ok := d.value(e.Args[0]); ok {
			return truthOf(v != 1), true
		}
	case formula.OpAnd, formula.OpOr:
		a, aKnown := d.value(e.Args[0])
		b, bKnown := d.value(e.Args[1])
		return connected(e.Op, a, aKnown, b, bKnown)
	}
	return 0, false
}

// connected is a AND b, or a OR b, as far as they are known: FALSE and TRUE decide alone, two BLANKs are BLANK.
func connected(op formula.Op, a uint8, aKnown bool, b uint8, bKnown bool) (uint8, bool) {
	decisive := truthOf(op == formula.OpOr)
	switch {
	case aKnown && a == decisive || bKnown && b == decisive:
		return decisive, true
	case !aKnown || !bKnown:
		return 0, false
	case a == cube.BlankByte && b == cube.BlankByte:
		return cube.BlankByte, true
	case op == formula.OpAnd:
		return truthOf(a == 1 && b == 1), true
	}
	return truthOf(a == 1 || b == 1), true
}

func truthOf(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}
