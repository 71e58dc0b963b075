package audit

import (
	"fmt"
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
)

// blanks looks through the formulas of access-rights metrics, and those that they read, for negations of values that
// are BLANK somewhere: NOT and EXCLUDE are then TRUE of what nobody has filled in, and `<>` is not (SPEC 3.2).
func (l *linter) blanks() error {
	done := map[*cube.Block]bool{}
	for _, app := range l.ws.Applications {
		for _, m := range app.Metrics {
			if m.Type.Kind == cube.AccessRights {
				if err := l.blanksOf(m, m, done); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// blanksOf looks through the formula of b, which the access-rights metric m is, or reads.
func (l *linter) blanksOf(m, b *cube.Block, done map[*cube.Block]bool) error {
	e := l.plan.Formula(b)
	if e == nil || done[b] {
		return nil
	}
	done[b] = true
	s := blankSearch{linter: l, metric: m, block: b, seen: map[*formula.Expr]bool{}}
	if err := s.visit(e, s.members()); err != nil {
		return err
	}
	for read := range formula.Blocks(e) {
		if err := l.blanksOf(m, read, done); err != nil {
			return err
		}
	}
	return nil
}

// blankSearch looks through one formula.
type blankSearch struct {
	*linter
	metric, block *cube.Block
	seen          map[*formula.Expr]bool
}

// guard is what holds wherever a part of a formula matters.
type guard []*formula.Expr

// members is the guard of a formula as a whole: members without a role in the metric's application have no rights in
// it, whatever the metric says (SPEC 1.1.1).
func (s *blankSearch) members() guard {
	roles := s.metric.App.UsersRoles
	return guard{logical(formula.OpIsDefined, &formula.Expr{Op: formula.OpBlock, Type: roles.Type, Dims: roles.Dims, Block: roles})}
}

func (g guard) with(more ...*formula.Expr) guard { return append(slices.Clip(g), more...) }

// logical makes an expression of type boolean. Its dimensions are those of its operands.
func logical(op formula.Op, args ...*formula.Expr) *formula.Expr {
	e := &formula.Expr{Op: op, Type: cube.Type{Kind: cube.Boolean}, Args: args, Pos: args[0].Pos}
	for _, a := range args {
		e.Dims = append(e.Dims, a.Dims...)
	}
	slices.SortFunc(e.Dims, func(a, b *cube.List) int { return int(a.ID) - int(b.ID) })
	e.Dims = slices.Compact(e.Dims)
	return e
}

// visit looks at e and everything below it. What stands beside AND, in a condition, or first in OR guards the rest.
func (s *blankSearch) visit(e *formula.Expr, g guard) error {
	if s.seen[e] {
		return nil // CurrentValue is part of more than one
	}
	s.seen[e] = true
	not := func(a *formula.Expr) *formula.Expr { return logical(formula.OpNot, a) }
	guards := make([]guard, len(e.Args))
	for i := range guards {
		guards[i] = g
	}
	switch e.Op {
	case formula.OpNot:
		if err := s.check("NOT", e.Pos, e.Args[0], g); err != nil {
			return err
		}
	case formula.OpNe:
		if err := s.check("<>", e.Pos, e, g); err != nil {
			return err
		}
	case formula.OpExclude:
		if err := s.check("EXCLUDE", e.Pos, e.Args[1], g); err != nil {
			return err
		}
	case formula.OpAnd:
		guards[0], guards[1] = g.with(e.Args[1]), g.with(e.Args[0])
	case formula.OpOr:
		guards[0], guards[1] = g.with(not(e.Args[1])), g.with(not(e.Args[0]))
	case formula.OpIf:
		guards[1] = g.with(e.Args[0])
		if len(guards) > 2 {
			guards[2] = g.with(not(e.Args[0]))
		}
	case formula.OpIfDefined:
		guards[1] = g.with(logical(formula.OpIsDefined, e.Args[0]))
	case formula.OpFilter:
		if !slices.Contains(slices.Collect(parts(e.Args[1])), e.Args[0]) {
			guards[0] = g.with(e.Args[1]) // its CurrentValue would be visited with this guard only
		}
	case formula.OpRemove, formula.OpAggregate, formula.OpSpread, formula.OpSelect, formula.OpShift, formula.OpCumulate, formula.OpBroadcast:
		for i := range guards {
			guards[i] = s.members() // the cells below are others
		}
	}
	for i, a := range e.Args {
		if err := s.visit(a, guards[i]); err != nil {
			return err
		}
	}
	return nil
}

// check reports a negation of e where a value that makes it BLANK is, in cells where the guard holds.
func (s *blankSearch) check(op string, pos formula.Pos, e *formula.Expr, g guard) error {
	for part := range blankParts(e) {
		where, err := s.where(part, g)
		if err != nil {
			return err
		}
		if where == "" {
			continue
		}
		what := map[string]string{
			"NOT":     "NOT makes TRUE of that",
			"EXCLUDE": "EXCLUDE keeps these cells",
			"<>":      "<> is then BLANK, which is neither TRUE nor FALSE",
		}[op]
		reads := ""
		if s.block != s.metric {
			reads = ", which " + quoted(s.metric, s.block.App) + " reads"
		}
		s.addBlock(codeNegatedBlank, s.block, s.block.Formula.Pos, "say what BLANK is to mean: ISDEFINED(…) AND … leaves it out, IFBLANK(…, …) gives it a value",
			"%s%s: formula %s: %s is BLANK %s, and %s", s.block.Describe(), reads, pos, s.describe(part), where, what)
		return nil
	}
	return nil
}

// blankParts are the values by which a condition becomes BLANK, or counts as FALSE for being BLANK.
func blankParts(e *formula.Expr) func(func(*formula.Expr) bool) {
	return func(yield func(*formula.Expr) bool) {
		var walk func(*formula.Expr) bool
		walk = func(e *formula.Expr) bool {
			switch e.Op {
			case formula.OpEq, formula.OpNe, formula.OpLt, formula.OpLe, formula.OpGt, formula.OpGe, formula.OpAnd, formula.OpOr, formula.OpIn:
				for _, a := range e.Args {
					if !walk(a) {
						return false
					}
				}
				return true
			case formula.OpNot, formula.OpIsBlank, formula.OpIsDefined, formula.OpList:
				return true // never BLANK
			case formula.OpConst:
				return !e.Value.IsBlank() || yield(e)
			}
			return yield(e)
		}
		walk(e)
	}
}

// maxGuarded is over how many cells a part and its guard are looked at together.
const maxGuarded = 1 << 22

// where says where a part is BLANK and its guard holds: "" for nowhere. Of the guard what would need too many cells is
// left out, so that rather too much is reported than too little.
func (s *blankSearch) where(part *formula.Expr, g guard) (string, error) {
	test := logical(formula.OpIsBlank, part)
	for _, cond := range g {
		both := logical(formula.OpAnd, cond, test)
		if space, err := cube.NewSpace(both.Dims...); err == nil && space.Len() <= maxGuarded && narrower(cond, test, s.ws.Users) {
			test = both
		}
	}
	col, err := s.evaluate(s.eval, test)
	if err != nil {
		return "", err
	}
	if col == nil {
		return "perhaps (the model is too large to tell)", nil
	}
	cells, members := s.count(col)
	switch {
	case cells == 0:
		return "", nil
	case col.Space().Axis(s.ws.Users) >= 0:
		return fmt.Sprintf("for %s (%s)", plural(len(members), "member", "members"), s.memberNames(members)), nil
	case len(col.Space().Dims()) == 0:
		return "always", nil
	}
	return fmt.Sprintf("in %d of %d cells", cells, col.Space().Len()), nil
}

// narrower says whether a guard speaks about the cells of a test: the membership of those who have no row in it does not.
func narrower(cond, test *formula.Expr, users *cube.List) bool {
	return cond.Op != formula.OpIsDefined || len(cond.Dims) != 1 || cond.Dims[0] != users || slices.Contains(test.Dims, users)
}

// count is how many cells of a column are TRUE, and for which members.
func (s *blankSearch) count(col *cube.Column) (cells int, members []cube.ItemID) {
	user := col.Space().Axis(s.ws.Users)
	items := make([]cube.ItemID, len(col.Space().Dims()))
	vec := col.Vector()
	seen := map[cube.ItemID]bool{}
	note := func(cell uint64) {
		cells++
		if user < 0 {
			return
		}
		if col.Space().At(cell, items); !seen[items[user]] {
			seen[items[user]] = true
			members = append(members, items[user])
		}
	}
	for i, b := range vec.Bytes {
		switch {
		case b != 1:
		case col.Form() == cube.Constant:
			for cell := range col.Space().Len() {
				note(cell)
			}
		case col.Form() == cube.Sparse:
			note(col.Cells()[i])
		default:
			note(uint64(i))
		}
	}
	return cells, members
}

// describe names a part of a formula: a block by its name, anything else by its place.
func (s *blankSearch) describe(e *formula.Expr) string {
	switch e.Op {
	case formula.OpBlock:
		return quoted(e.Block, s.block.App)
	case formula.OpProperty:
		return quoted(e.Block, s.block.App)
	}
	return "the value at " + e.Pos.String()
}
