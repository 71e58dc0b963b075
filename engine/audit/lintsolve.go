package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/formula"
)

// solver works out, for each kind of member, what the readers of a calculated block can infer about values that they
// may not read. It follows the formula from its result to what it reads, and undoes each operation whose other
// operands the member knows: who reads a = b / c and b knows c. A sum tells its one unknown part.
//
// It is sound, not complete: it looks at one block at a time, takes an operand for known only where the member may
// read all that it is made of, and undoes no comparison. Where a factor has no values in the model, it counts as one
// that will get some.
type solver struct {
	*linter
	block    *cube.Block
	expr     *formula.Expr // its formula
	itself   *formula.Expr // the block, as a formula names it
	blocks   []*cube.Block // the block, and the calculated ones that it could give away
	views    map[*cube.Block]*known
	member   *engine.Member // a member of the kind looked at
	at       []cube.ItemID  // the cell looked at, by ListID
	steps    int            // how many may still be taken for this kind
	err      error
	all      int  // how many blocks could be found at most
	hidden   bool // a cell was found that the kind reads, and not what it is made of
	hits     map[*cube.Block]trail
	valued   int // how many of them have an example with a value
	named    map[*cube.Block]*formula.Expr
	filled   map[*formula.Expr]bool // which parts have any value
	lifted   []cube.ItemID          // members for whom that is so
	leaks    []*leak
	cutShort bool
	mappings map[*formula.Expr]map[uint64][]uint64 // the source cells of each group of a BY
}

func newSolver(l *linter, b *cube.Block, e *formula.Expr) *solver {
	s := &solver{
		linter: l, block: b, expr: e, itself: naming(b), named: map[*cube.Block]*formula.Expr{}, filled: map[*formula.Expr]bool{},
		views: map[*cube.Block]*known{}, at: make([]cube.ItemID, len(l.ws.Lists())), mappings: map[*formula.Expr]map[uint64][]uint64{},
	}
	reached := map[*cube.Block]bool{}
	s.reach(e, reached)
	s.all = len(reached)
	for _, next := range l.ws.Blocks() {
		if next == b || reached[next] && s.shows(next) {
			s.blocks = append(s.blocks, next)
		}
	}
	return s
}

// shows says whether the values of a block are those of its formula.
func (s *solver) shows(b *cube.Block) bool {
	return s.plan.Formula(b) != nil && !b.Overridable && b.Type.Kind != cube.AccessRights
}

// outcome is what the search found for a class of kinds of members.
type outcome struct {
	hidden bool
	hits   map[*cube.Block]trail
}

// run searches for every kind of member, once for all that are alike in what they know here.
func (s *solver) run() error {
	space, err := s.block.Space()
	if err != nil || space.Len() == 0 {
		return nil
	}
	done := map[string]outcome{}
	for _, group := range s.groups {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		s.member = s.r.MemberAt(group[0])
		kind := ""
		for _, b := range s.blocks {
			k, err := s.known(b)
			if err != nil {
				return err
			}
			kind += k.reading.Kind(s.member)
		}
		out, ok := done[kind]
		if !ok {
			if out, err = s.search(space); err != nil {
				return err
			}
			done[kind] = out
		}
		s.note(group, out)
	}
	slices.SortFunc(s.leaks, func(a, b *leak) int { return int(a.block.ID) - int(b.block.ID) })
	return nil
}

func (s *solver) note(group []cube.ItemID, out outcome) {
	if out.hidden {
		s.lifted = append(s.lifted, group...)
	}
	for b, t := range out.hits {
		i := slices.IndexFunc(s.leaks, func(k *leak) bool { return k.block == b })
		if i < 0 {
			i = len(s.leaks)
			s.leaks = append(s.leaks, &leak{block: b, trail: t})
		}
		s.leaks[i].members = append(s.leaks[i].members, group...)
	}
}

// search looks at the cells of the block that the member reads.
func (s *solver) search(space cube.Space) (outcome, error) {
	s.hits, s.valued, s.hidden, s.err, s.steps = map[*cube.Block]trail{}, 0, false, nil, s.opt.MaxCells
	k, err := s.known(s.block)
	if err != nil {
		return outcome{}, err
	}
	read := k.conditions(s.itself)
	if len(k.conditions(s.expr)) == 0 || slices.ContainsFunc(read, never) {
		return outcome{}, nil // knows all that the block is made of, or reads none of it
	}
	items := make([]cube.ItemID, len(s.block.Dims))
	for cell := range space.Len() {
		if s.steps--; s.steps < 0 {
			s.cutShort = true
			break
		}
		if cell&0xffff == 0 && s.ctx.Err() != nil {
			return outcome{}, s.ctx.Err()
		}
		space.At(cell, items)
		for i, d := range s.block.Dims {
			s.at[d.ID] = items[i]
		}
		if !hold(read, s.at) || s.knows(s.block, s.expr) {
			continue
		}
		s.hidden = true
		s.solve(s.block, s.expr, trail{})
		if s.err != nil {
			return outcome{}, s.err
		}
		if s.valued == s.all {
			break
		}
	}
	return outcome{s.hidden, s.hits}, nil
}

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
	case formula.OpNeg:
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
	some, ok := s.filled[e]
	if !ok {
		vec := s.columns[e].Vector()
		for i := 0; i < vec.N && !some; i++ {
			some = !vec.Blank(i)
		}
		s.filled[e] = some
	}
	return some || e.Op == formula.OpConst
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
	itself := s.named[b]
	if itself == nil {
		itself = naming(b)
		s.named[b] = itself
	}
	col, err := s.column(itself)
	if err != nil {
		s.err = err
	}
	blank, _ := s.value(itself)
	t.valued = col == nil || !blank.IsBlank() || col.Vector().N == 0 || col.Form() == cube.Constant
	if _, ok := s.hits[b]; ok && !t.valued {
		return
	}
	t.example = s.cell(b)
	s.hits[b] = t
	if t.valued {
		s.valued++
	}
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

// reach collects the blocks that solve could ever find.
func (s *solver) reach(e *formula.Expr, into map[*cube.Block]bool) {
	switch e.Op {
	case formula.OpBlock, formula.OpProperty:
		if into[e.Block] {
			return
		}
		into[e.Block] = true
		if s.shows(e.Block) {
			s.reach(s.plan.Formula(e.Block), into)
		}
	case formula.OpEq, formula.OpNe, formula.OpLt, formula.OpLe, formula.OpGt, formula.OpGe, formula.OpIn, formula.OpAnd, formula.OpOr,
		formula.OpNot, formula.OpIsBlank, formula.OpIsDefined:
	case formula.OpFilter, formula.OpExclude, formula.OpAggregate, formula.OpSpread:
		s.reach(e.Args[0], into)
	default:
		for _, a := range e.Args {
			s.reach(a, into)
		}
	}
}
