package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
)

// knows says whether the member may read all that a part of a block's formula is made of, at the cell looked at.
func (s *solver) knows(b *cube.Block, e *formula.Expr) bool {
	if e.Op == formula.OpConst {
		return true
	}
	k, err := s.known(b)
	if err != nil {
		s.err = err
		return false
	}
	return hold(k.conditions(e), s.at)
}

// value is the value of a part of a formula at the cell looked at, with the system's eyes; false where it takes too
// much to evaluate.
func (s *solver) value(e *formula.Expr) (cube.Value, bool) {
	col, err := s.column(e)
	if err != nil {
		s.err = err
	}
	if col == nil {
		return cube.Value{}, false
	}
	items := make([]cube.ItemID, len(e.Dims))
	for i, d := range e.Dims {
		items[i] = s.at[d.ID]
	}
	return col.Value(col.Space().Cell(items)), true
}

// solve follows e, a part of the formula of b whose value at the cell looked at the member has worked out. What the
// member could work out anyway, from what may be read, tells nothing.
func (s *solver) solve(b *cube.Block, e *formula.Expr, t trail) {
	if s.steps--; s.steps < 0 {
		s.cutShort = true
		return
	}
	if s.knows(b, e) {
		return
	}
	switch e.Op {
	case formula.OpBlock:
		s.found(e.Block, t)
	case formula.OpProperty:
		s.property(b, e, t)
	case formula.OpReset, formula.OpBroadcast:
		s.solve(b, e.Args[0], t)
	case formula.OpNeg, formula.OpNot:
		t.solved = true
		s.solve(b, e.Args[0], t)
	case formula.OpRound:
		if e.N >= 0 { // rounding to tens and more is what hides figures
			t.rounded = true
			s.solve(b, e.Args[0], t)
		}
	case formula.OpMin, formula.OpMax:
		t.partly = true
		s.operands(b, e, t)
	case formula.OpAdd, formula.OpSub, formula.OpMul, formula.OpDiv, formula.OpPow, formula.OpConcat:
		s.operands(b, e, t)
	case formula.OpIf, formula.OpIfDefined, formula.OpIfBlank:
		s.branch(b, e, t)
	case formula.OpSwitch:
		s.choice(b, e, t)
	case formula.OpFilter, formula.OpExclude:
		if v, ok := s.value(e.Args[1]); ok && v.True() == (e.Op == formula.OpFilter) {
			s.solve(b, e.Args[0], t)
		}
	case formula.OpSelect:
		s.elsewhere(e.List, e.Item, func() { s.solve(b, e.Args[0], t) })
	case formula.OpShift:
		if to := int(s.at[e.List.ID]) + e.N; to >= 0 && to < e.List.Len() {
			s.elsewhere(e.List, cube.ItemID(to), func() { s.solve(b, e.Args[0], t) })
		}
	case formula.OpSpread:
		if v, ok := s.value(e.Args[1]); ok && !v.IsBlank() && s.knows(b, e.Args[1]) {
			s.elsewhere(e.List, v.Item(), func() { s.solve(b, e.Args[0], t) })
		}
	case formula.OpRemove, formula.OpAggregate, formula.OpCumulate:
		s.sum(b, e, t)
	}
}

// elsewhere looks at another item of a list for the time of a call.
func (s *solver) elsewhere(x *cube.List, item cube.ItemID, look func()) {
	was := s.at[x.ID]
	s.at[x.ID] = item
	look()
	s.at[x.ID] = was
}

// operands follows the one operand that the member does not know, where all others are.
func (s *solver) operands(b *cube.Block, e *formula.Expr, t trail) {
	var unknown *formula.Expr
	for _, a := range e.Args {
		if s.knows(b, a) {
			if scales := e.Op == formula.OpMul || e.Op == formula.OpDiv || e.Op == formula.OpPow; scales && s.vanishes(a) {
				return
			}
			t = t.with(a)
			continue
		}
		if unknown != nil {
			return
		}
		unknown = a
	}
	if unknown != nil {
		s.solve(b, unknown, t)
	}
}

// vanishes says whether a factor is zero or BLANK at the cell looked at, and so takes what it is multiplied with along.
// Where the model holds no values for it at all, others may come.
func (s *solver) vanishes(e *formula.Expr) bool {
	v, ok := s.value(e)
	if !ok || !v.IsBlank() && v.Float() != 0 {
		return false
	}
	filled := s.filled(e)
	s.byData = s.byData || filled
	return filled
}

// filled says whether any of the blocks that a part takes values from, and not only conditions, holds one.
func (s *solver) filled(e *formula.Expr) bool {
	if some, ok := s.isFilled[e]; ok {
		return some
	}
	from := map[*cube.Block]bool{}
	s.reach(e, from)
	some := len(from) == 0
	for b := range from {
		col, err := s.column(s.naming(b))
		if err != nil {
			s.err = err
		}
		some = some || col == nil || hasValue(col)
	}
	s.isFilled[e] = some
	return some
}

func hasValue(col *cube.Column) bool {
	vec := col.Vector()
	for i := range vec.N {
		if !vec.Blank(i) {
			return true
		}
	}
	return false
}

// branch follows the branch that was taken, where the member knows which: from the condition, or because the other
// ones give nothing.
func (s *solver) branch(b *cube.Block, e *formula.Expr, t trail) {
	v, ok := s.value(e.Args[0])
	if !ok {
		return
	}
	taken := v.True()
	if e.Op != formula.OpIf {
		taken = !v.IsBlank()
	}
	if e.Op == formula.OpIfBlank { // the first operand itself, or what stands for it
		if taken && s.knows(b, e.Args[1]) {
			s.solve(b, e.Args[0], t)
		}
		return
	}
	if len(e.Args) > 2 && !s.knows(b, e.Args[0]) {
		return
	}
	switch {
	case taken:
		s.solve(b, e.Args[1], t)
	case len(e.Args) > 2:
		s.solve(b, e.Args[2], t)
	}
}

// choice follows the result of SWITCH that was chosen, where the member knows which.
func (s *solver) choice(b *cube.Block, e *formula.Expr, t trail) {
	x, ok := s.value(e.Args[0])
	if !ok || !s.knows(b, e.Args[0]) {
		return
	}
	rest := e.Args[1:]
	for ; len(rest) > 1; rest = rest[2:] {
		v, ok := s.value(rest[0])
		if !ok || !s.knows(b, rest[0]) {
			return
		}
		if v == x && !x.IsBlank() {
			s.solve(b, rest[1], t)
			return
		}
	}
	if len(rest) == 1 {
		s.solve(b, rest[0], t)
	}
}

// found notes that the value of a block is known at the cell looked at, and follows its formula.
func (s *solver) found(b *cube.Block, t trail) {
	if hit, ok := s.hits[b]; !ok || !hit.valued {
		s.hit(b, t)
	}
	if s.shows(b) {
		s.solve(b, s.plan.Formula(b), t)
	}
}

// hit notes the cell looked at as an example of a block that is known, or one without a value until there is one with.
func (s *solver) hit(b *cube.Block, t trail) {
	v, ok := s.value(s.naming(b))
	t.valued = !ok || !v.IsBlank() || !s.filled(s.naming(b))
	s.byData = s.byData || !t.valued
	if _, ok := s.hits[b]; ok && !t.valued {
		return
	}
	t.example = s.cell(b)
	s.hits[b] = t
	if t.valued {
		s.valued++
	}
}

// naming is naming, the same expression each time.
func (s *solver) naming(b *cube.Block) *formula.Expr {
	if s.named[b] == nil {
		s.named[b] = naming(b)
	}
	return s.named[b]
}

// naming is a block as a formula names it.
func naming(b *cube.Block) *formula.Expr {
	dims := slices.SortedFunc(slices.Values(b.Dims), func(x, y *cube.List) int { return int(x.ID) - int(y.ID) })
	e := &formula.Expr{Op: formula.OpBlock, Type: b.Type, Dims: dims, Block: b}
	if b.Kind == cube.Property {
		e.Op = formula.OpProperty
		e.Args = []*formula.Expr{{Op: formula.OpList, Type: cube.Type{Kind: cube.Item, List: b.List}, Dims: dims, List: b.List}}
	}
	return e
}

// cell names the cell of a block that is looked at.
func (s *solver) cell(b *cube.Block) string {
	names := make([]string, len(b.Dims))
	for i, d := range b.Dims {
		names[i] = fmt.Sprintf("%s=%s", d.NameIn(s.block.App), d.Item(s.at[d.ID]))
	}
	if len(names) == 0 {
		return "its one cell"
	}
	return strings.Join(names, ", ")
}

// property follows a property of an item that the member knows.
func (s *solver) property(b *cube.Block, e *formula.Expr, t trail) {
	if e.Args[0].Op == formula.OpList {
		s.found(e.Block, t)
		return
	}
	if v, ok := s.value(e.Args[0]); ok && !v.IsBlank() && s.knows(b, e.Args[0]) {
		s.elsewhere(e.Block.List, v.Item(), func() { s.found(e.Block, t) })
	}
}
