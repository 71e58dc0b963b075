package audit

import (
	"errors"
	"slices"

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
	all      int                        // how many blocks could be found at most
	hidden   bool                       // a cell was found that the kind reads, and not what it is made of
	read     []condition                // of reading the block
	prefix   map[*cube.List][]condition // those decided before a dimension
	byData   bool                       // values have made a difference
	hits     map[*cube.Block]trail
	valued   int // how many of them have an example with a value
	named    map[*cube.Block]*formula.Expr
	isFilled map[*formula.Expr]bool
	lifted   []cube.ItemID // members for whom that is so
	leaks    []*leak
	cutShort bool
	mappings map[*formula.Expr]map[uint64][]uint64 // the source cells of each group of a BY
}

func newSolver(l *linter, b *cube.Block, e *formula.Expr) *solver {
	s := &solver{
		linter: l, block: b, expr: e, itself: naming(b), named: map[*cube.Block]*formula.Expr{}, isFilled: map[*formula.Expr]bool{},
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

// search looks at the cells of the block that the member reads. Along dimensions in which neither rights nor what the
// formula does to items differ one cell is like the others; more of them are looked at only where values made a
// difference.
func (s *solver) search(space cube.Space) (outcome, error) {
	s.hits, s.valued, s.hidden, s.err, s.steps = map[*cube.Block]trail{}, 0, false, nil, s.opt.MaxCells
	k, err := s.known(s.block)
	if err != nil {
		return outcome{}, err
	}
	s.read, s.prefix = k.conditions(s.itself), map[*cube.List][]condition{}
	if len(k.conditions(s.expr)) == 0 || slices.ContainsFunc(s.read, never) || space.Len() == 0 {
		return outcome{}, nil // knows all that the block is made of, or reads none of it
	}
	alike, apart, err := s.split()
	if err != nil {
		return outcome{}, err
	}
	s.product(alike, func() bool {
		s.byData = false
		return s.scan(apart) && s.byData
	})
	return outcome{s.hidden, s.hits}, errors.Join(s.err, s.ctx.Err())
}

// scan looks at all cells over some dimensions, the others as they are; false where nothing more can be found. Whole
// slices of which the member reads nothing are passed over.
func (s *solver) scan(dims []*cube.List) bool {
	if s.steps--; s.steps < 0 {
		s.cutShort = true
		return false
	}
	if len(dims) > 0 {
		return s.slices(dims)
	}
	if s.knows(s.block, s.expr) {
		return s.err == nil
	}
	s.hidden = true
	s.solve(s.block, s.expr, trail{})
	return s.err == nil && s.valued < s.all
}

// slices scans the slices at each item of the first dimension.
func (s *solver) slices(dims []*cube.List) bool {
	d := dims[0]
	for item := range d.Len() {
		if item&0xfff == 0 && s.ctx.Err() != nil {
			return false
		}
		s.at[d.ID] = cube.ItemID(item)
		if !hold(s.decided(dims[1:]), s.at) {
			s.steps--
			continue
		}
		if !s.scan(dims[1:]) {
			return false
		}
	}
	return true
}

// decided are the conditions of reading the block in which no dimension still to come has a say.
func (s *solver) decided(open []*cube.List) []condition {
	if len(open) == 0 {
		return s.read
	}
	key := open[0]
	out, ok := s.prefix[key]
	if !ok {
		for _, c := range s.read {
			if !slices.ContainsFunc(open, func(d *cube.List) bool { return slices.Contains(c.lists, d.ID) }) {
				out = append(out, c)
			}
		}
		s.prefix[key] = out
	}
	return out
}

// split parts the block's dimensions: those along which its cells are alike but for values, and the others.
func (s *solver) split() (alike, apart []*cube.List, err error) {
	var differ []*cube.List
	for _, b := range s.blocks {
		k, err := s.known(b)
		if err != nil {
			return nil, nil, err
		}
		differ = append(differ, k.reading.Dims()...)
		for e := range parts(s.plan.Formula(b)) {
			switch e.Op {
			case formula.OpFilter, formula.OpExclude, formula.OpAggregate, formula.OpSpread:
				differ = append(differ, e.Args[1].Dims...)
			case formula.OpIf, formula.OpIfDefined, formula.OpIfBlank, formula.OpProperty:
				differ = append(differ, e.Args[0].Dims...)
			case formula.OpSwitch:
				for _, a := range e.Args {
					differ = append(differ, a.Dims...)
				}
			}
			if e.List != nil && e.Op != formula.OpList {
				differ = append(differ, e.List)
			}
		}
	}
	for _, d := range s.block.Dims {
		if slices.Contains(differ, d) {
			apart = append(apart, d)
		} else {
			alike = append(alike, d)
		}
	}
	return alike, apart, nil
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
		formula.OpIsBlank, formula.OpIsDefined:
	case formula.OpFilter, formula.OpExclude, formula.OpAggregate, formula.OpSpread:
		s.reach(e.Args[0], into)
	default:
		for _, a := range e.Args {
			s.reach(a, into)
		}
	}
}
