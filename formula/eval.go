package formula

import (
	"context"
	"fmt"

	"github.com/cubeward/cubeward/cube"
)

// EvalOptions says how far an Evaluator may go. The zero EvalOptions is good.
type EvalOptions struct {
	// MaxBytes is the most bytes that the values of one expression may take: a number takes 8 a cell, a boolean or an
	// access right 1, others 4, and 8 more for each cell where the values are sparse. 0 means 4 GiB. What would need
	// more is an error that names its space, and so is a dense space of more than 2³¹ cells.
	MaxBytes uint64
	// NoneIsBlank gives BLANK in place of the access right none, which decides the same (SPEC 1.1.3): so a formula such
	// as ACCESSRIGHTS(User.Team = Employee.Team, FALSE), which gives none nearly everywhere, has a sparse result.
	NoneIsBlank bool
	// Formula, where set, gives the formula of a block that is calculated alone, nil for others. Where a dense column
	// over the block's space would be too large, the formula is then evaluated in place of asking for the block's values:
	// so a metric such as User.Team = Employee.Team, which nobody could hold, can be used where few of its cells matter.
	Formula func(b *cube.Block) *Expr
}

// Evaluator computes the values of checked formulas. It has no state: all goroutines may share it if they may share
// its function values.
type Evaluator struct {
	values func(ctx context.Context, b *cube.Block) (*cube.Column, error)
	opt    EvalOptions
	tuning
}

// tuning is what moves the time and room an evaluation takes, never its result.
type tuning struct {
	block       int     // how many cells a program works on at a time
	sparseShare float64 // which share of the cells a sparse column keeps at most
	joinFrom    uint64  // from which size of space on equality is a join
	joinShare   uint64  // how many times as many cells as its operands together that space must have
	thinFrom    uint64  // from which size of space on thinner forms of its operands are looked for
	thinShare   uint64  // how many times as many cells as an operand that space must have
}

func defaultTuning() tuning {
	return tuning{
		block:       4096, // registers stay in cache, and the cost of a step vanishes
		sparseShare: 0.25, // where cube.ColumnBuilder draws the line, too
		joinFrom:    1 << 10,
		joinShare:   4,
		thinFrom:    1 << 16,
		thinShare:   16,
	}
}

// NewEvaluator makes an Evaluator that asks values for the values of metrics and properties, with the system's eyes.
// What values returns is shared, never changed; nil means that all cells are BLANK. It is called once for each block
// in a call of Eval.
func NewEvaluator(values func(ctx context.Context, b *cube.Block) (*cube.Column, error), opt EvalOptions) *Evaluator {
	if opt.MaxBytes == 0 {
		opt.MaxBytes = 4 << 30
	}
	return &Evaluator{values: values, opt: opt, tuning: defaultTuning()}
}

// Eval computes e. The result's space has exactly the dimensions of e, sorted by ListID. Constant, sparse and dense
// operands give constant, sparse and dense results as far as the operation allows (SPEC 3.2, 3.3): where few cells
// are not BLANK the result is sparse.
//
// A shared Expr is evaluated once. Operations that work cell by cell run together over blocks of cells, so that a
// dense result costs little more memory than itself; `a = b` over a large product of dimensions is a join, of which
// only the equal pairs are kept. It fails where ctx ends, where values fails, and where values would take too much room.
func (ev *Evaluator) Eval(ctx context.Context, e *Expr) (*cube.Column, error) {
	s := ev.session(ctx)
	s.countUses(e)
	s.uses[e]++
	c, err := s.eval(e)
	if err != nil {
		return nil, err
	}
	return s.export(c, e.Type, e.Dims)
}

// session is one call of Eval.
type session struct {
	*Evaluator
	ctx    context.Context
	uses   map[*Expr]int // how many expressions are still to use it
	done   map[*Expr]*column
	blocks map[*cube.Block]*column
}

func (ev *Evaluator) session(ctx context.Context) *session {
	return &session{Evaluator: ev, ctx: ctx, uses: map[*Expr]int{}, done: map[*Expr]*column{}, blocks: map[*cube.Block]*column{}}
}

func (s *session) countUses(e *Expr) {
	for _, a := range e.Args {
		s.uses[a]++
		if s.uses[a] == 1 {
			s.countUses(a)
		}
	}
}

// eval is the column of e; it is forgotten after its last use.
func (s *session) eval(e *Expr) (*column, error) {
	c := s.done[e]
	if c == nil {
		var err error
		if c, err = s.compute(e); err != nil {
			return nil, err
		}
		s.done[e] = c
		c.future += s.uses[e]
	}
	s.uses[e]--
	c.future--
	if s.uses[e] == 0 {
		delete(s.done, e)
	}
	return c, nil
}

func (s *session) evalAll(es []*Expr) ([]*column, error) {
	out := make([]*column, len(es))
	for i, e := range es {
		var err error
		if out[i], err = s.eval(e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// compute carries out one operation.
func (s *session) compute(e *Expr) (*column, error) {
	switch e.Op {
	case OpConst:
		return constantOf(e), nil
	case OpBlock:
		return s.stored(e.Block)
	case OpList:
		return s.items(e.List)
	}
	args, err := s.evalAll(e.Args)
	if err != nil {
		return nil, err
	}
	switch e.Op {
	case OpReset, OpBroadcast:
		return args[0], nil
	case OpProperty:
		return s.property(e, args[0])
	case OpFindItem:
		return s.findItem(e, args[0])
	case OpCumulate:
		return s.cumulate(args[0], e.List)
	case OpRemove:
		return s.aggregate(aggregation{method: e.Method, value: args[0], source: e.Lists})
	case OpAggregate:
		return s.aggregate(aggregation{method: e.Method, value: args[0], mapping: coerce(args[1], cube.Item), source: e.Lists, target: e.List})
	case OpSpread:
		return s.spread(args[0], coerce(args[1], cube.Item), e.List)
	case OpSelect:
		return s.slice(args[0], e.List, e.Item)
	case OpShift:
		return s.shift(args[0], e.List, e.N)
	case OpFilter:
		return s.choose(args[1], args[0], blankColumn(args[0].kind))
	case OpExclude:
		return s.choose(args[1], blankColumn(args[0].kind), args[0])
	}
	return s.cellwise(e, args)
}

// constantOf is the column of a constant.
func constantOf(e *Expr) *column {
	b := cube.NewVectorBuilder(e.Type.Kind)
	b.Append(e.Value)
	v := b.Vector()
	if e.Type.Kind == cube.NoKind || v.Blank(0) {
		return blankColumn(e.Type.Kind)
	}
	return &column{kind: e.Type.Kind, form: constantForm, vals: laneOf(&v), dict: v.Dict}
}

// stored is the values of a metric or property.
func (s *session) stored(b *cube.Block) (*column, error) {
	if c := s.blocks[b]; c != nil {
		return c, nil
	}
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	c, err := s.inPlace(b)
	if c == nil && err == nil {
		c, err = s.asked(b)
	}
	if err != nil {
		return nil, err
	}
	s.blocks[b] = c
	return c, nil
}

// asked is the values that the evaluator was given for a block.
func (s *session) asked(b *cube.Block) (*column, error) {
	values, err := s.values(s.ctx, b)
	if err != nil {
		return nil, err
	}
	if values == nil {
		return blankColumn(b.Type.Kind), nil
	}
	return importColumn(values)
}

// inPlace is the column of a block's formula where its values could not be held; nil where they can.
func (s *session) inPlace(b *cube.Block) (*column, error) {
	if s.opt.Formula == nil {
		return nil, nil
	}
	space, err := b.Space()
	if err != nil || s.fits(space, storageOf(b.Type.Kind)) {
		return nil, nil
	}
	e := s.opt.Formula(b)
	if e == nil {
		return nil, nil
	}
	s.countUses(e)
	s.uses[e]++
	c, err := s.eval(e)
	if err != nil {
		return nil, err
	}
	return coerce(c, b.Type.Kind), nil
}

// items is the column of a list's own items.
func (s *session) items(l *cube.List) (*column, error) {
	space, err := cube.NewSpace(l)
	if err != nil {
		return nil, err
	}
	if err := s.allowDense(space, inInts); err != nil {
		return nil, err
	}
	vals := makeLane(inInts, l.Len())
	for i := range vals.ints {
		vals.ints[i] = int32(i)
	}
	return denseColumn(cube.Item, nil, space, vals), nil
}

// coerce gives what is BLANK everywhere, which may have no kind, the kind that is wanted.
func coerce(c *column, k cube.Kind) *column {
	if c.kind != k && k != cube.NoKind && c.isBlank() {
		return blankColumn(k)
	}
	return c
}

// maxDense is the most cells that any dense column may have.
const maxDense = 1 << 31

// fits says whether a dense column over space may be made.
func (s *session) fits(space cube.Space, st storage) bool {
	n := space.Len()
	return n <= maxDense && n*st.width() <= s.opt.MaxBytes
}

func (s *session) allowDense(space cube.Space, st storage) error {
	if s.fits(space, st) {
		return nil
	}
	return fmt.Errorf("the space %s has too many cells to hold a value for each (%d cells of %d bytes)", space, space.Len(), st.width())
}

// allow refuses count values at cells of space where they are too many.
func (s *session) allow(count float64, space cube.Space, st storage) error {
	if count*float64(8+st.width()) <= float64(s.opt.MaxBytes) {
		return nil
	}
	return fmt.Errorf("the space %s has too many cells with a value to hold them (up to %.0f cells of %d bytes)", space, count, 8+st.width())
}
