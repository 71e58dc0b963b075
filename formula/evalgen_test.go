package formula

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// world is a random model to evaluate formulas in.
type evalWorld struct {
	rng    *rand.Rand
	ws     *cube.Workspace
	app    *cube.Application
	lists  []*cube.List
	blocks []*cube.Block
	values map[*cube.Block]*cube.Column
	shared []*Expr // of any type, to be used again
}

var evalTexts = []string{"", "a", "A", "ab", "b", "ba", "é", "É", "item 0", "item 1"}

// newEvalWorld makes lists of the given sizes, properties and metrics of every type, with values in every form.
func newEvalWorld(rng *rand.Rand, sizes ...int) *evalWorld {
	w := &evalWorld{rng: rng, ws: cube.NewWorkspace("w"), values: map[*cube.Block]*cube.Column{}}
	w.app = w.ws.AddApplication("A")
	for i, n := range sizes {
		l := w.ws.Users
		if i > 0 {
			l = w.app.AddList(fmt.Sprintf("L%d", i))
		}
		for k := range n {
			if err := l.Append(fmt.Sprintf("item %d", k)); err != nil {
				panic(err)
			}
		}
		w.lists = append(w.lists, l)
	}
	for _, t := range w.types() {
		for range 2 {
			l := w.list()
			if t.Kind != cube.AccessRights {
				w.fill(w.ws.AddProperty(l, fmt.Sprintf("p%d", len(w.blocks)), t))
			}
			var dims []*cube.List
			for _, l := range w.lists {
				if rng.IntN(2) == 0 {
					dims = append(dims, l)
				}
			}
			rng.Shuffle(len(dims), func(i, j int) { dims[i], dims[j] = dims[j], dims[i] })
			w.fill(w.app.AddMetric(fmt.Sprintf("m%d", len(w.blocks)), t, dims...))
		}
	}
	return w
}

func (w *evalWorld) list() *cube.List { return w.lists[w.rng.IntN(len(w.lists))] }

func (w *evalWorld) types() []cube.Type {
	out := []cube.Type{{Kind: cube.Number}, {Kind: cube.Text}, {Kind: cube.Boolean}, {Kind: cube.Date}, {Kind: cube.AccessRights}}
	for _, l := range w.lists {
		out = append(out, cube.Type{Kind: cube.Item, List: l})
	}
	return out
}

// fill gives a block random values: constant, dense or sparse, with BLANKs.
func (w *evalWorld) fill(b *cube.Block) {
	w.blocks = append(w.blocks, b)
	space, err := b.Space()
	if err != nil {
		panic(err)
	}
	form := w.rng.IntN(7)
	if form == 0 {
		w.values[b] = cube.NewConstant(b.Type, space, w.value(b.Type))
		return
	}
	if form == 1 {
		return // no values
	}
	n := int(space.Len())
	share := w.rng.IntN(10)
	if form == 2 {
		share = 10 // no BLANK
	}
	vals := cube.NewVectorBuilder(b.Type.Kind)
	var cells []uint64
	for i := range n {
		v := cube.Value{}
		if w.rng.IntN(10) < share {
			v = w.value(b.Type)
		}
		if form < 5 {
			vals.Append(v)
		} else if !v.IsBlank() || w.rng.IntN(10) == 0 {
			cells = append(cells, uint64(i))
			vals.Append(v)
		}
	}
	if form < 5 {
		w.values[b] = cube.NewDense(b.Type, space, vals.Vector())
		return
	}
	w.values[b] = cube.NewSparse(b.Type, space, cells, vals.Vector())
}

func (w *evalWorld) value(t cube.Type) cube.Value {
	switch t.Kind {
	case cube.Number:
		return cube.NumberValue(float64(w.rng.IntN(7) - 2))
	case cube.Text:
		return cube.TextValue(evalTexts[w.rng.IntN(len(evalTexts))])
	case cube.Boolean:
		return cube.BooleanValue(w.rng.IntN(2) == 0)
	case cube.Date:
		return cube.DateValue(int32(w.rng.IntN(5) * 200))
	case cube.AccessRights:
		return cube.RightsValue(cube.Rights(w.rng.IntN(4)))
	}
	if t.List.Len() == 0 {
		return cube.Value{}
	}
	return cube.ItemValue(cube.ItemID(w.rng.IntN(t.List.Len())))
}

func (w *evalWorld) anyType() cube.Type {
	ts := w.types()
	return ts[w.rng.IntN(len(ts))]
}

func (w *evalWorld) itemType() cube.Type { return cube.Type{Kind: cube.Item, List: w.list()} }

// made finishes an expression whose dimensions are those of its arguments.
func made(e Expr, args ...*Expr) *Expr {
	e.Args = args
	for _, a := range args {
		e.Dims = unionDims(e.Dims, a.Dims)
	}
	return &e
}

// expr is a random expression.
func (w *evalWorld) expr(t cube.Type, depth int) *Expr {
	if same := w.sharedOf(t); same != nil && w.rng.IntN(5) == 0 {
		return same
	}
	var e *Expr
	switch k := w.rng.IntN(10); {
	case depth <= 0:
		e = w.leaf(t)
	case k < 4:
		e = w.typed(t, depth-1)
	case k < 6:
		e = w.choice(t, depth-1)
	default:
		e = w.modified(t, depth-1)
	}
	if w.rng.IntN(3) == 0 {
		w.shared = append(w.shared, e)
	}
	return e
}

func (w *evalWorld) sharedOf(t cube.Type) *Expr {
	var fit []*Expr
	for _, e := range w.shared {
		if e.Type == t {
			fit = append(fit, e)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	return fit[w.rng.IntN(len(fit))]
}

func (w *evalWorld) leaf(t cube.Type) *Expr {
	var fit []*cube.Block
	for _, b := range w.blocks {
		if b.Type == t {
			fit = append(fit, b)
		}
	}
	switch k := w.rng.IntN(8); {
	case k == 0:
		return &Expr{Op: OpConst, Type: t, Value: w.value(t)}
	case k == 1:
		blank := []cube.Type{{}, t}[w.rng.IntN(2)]
		return &Expr{Op: OpConst, Type: blank}
	case k < 4 && t.Kind == cube.Item:
		return &Expr{Op: OpList, Type: t, List: t.List, Dims: []*cube.List{t.List}}
	}
	if len(fit) == 0 {
		return &Expr{Op: OpConst, Type: t, Value: w.value(t)}
	}
	b := fit[w.rng.IntN(len(fit))]
	if b.Kind == cube.Metric {
		return &Expr{Op: OpBlock, Type: t, Block: b, Dims: sortDims(b.Dims)}
	}
	return made(Expr{Op: OpProperty, Type: t, Block: b}, w.expr(cube.Type{Kind: cube.Item, List: b.List}, 0))
}

// choice is an operation that every type has.
func (w *evalWorld) choice(t cube.Type, depth int) *Expr {
	arg := func(t cube.Type) *Expr { return w.expr(t, depth) }
	boolean := cube.Type{Kind: cube.Boolean}
	switch w.rng.IntN(6) {
	case 0:
		return made(Expr{Op: OpIf, Type: t}, arg(boolean), arg(t))
	case 1:
		return made(Expr{Op: OpIf, Type: t}, arg(boolean), arg(t), arg(t))
	case 2:
		return made(Expr{Op: OpIfBlank, Type: t}, arg(t), arg(t))
	case 3:
		args := []*Expr{arg(w.anyType()), arg(t), arg(t)}
		return made(Expr{Op: OpIfDefined, Type: t}, args[:2+w.rng.IntN(2)]...)
	case 4:
		x := w.anyType()
		args := []*Expr{arg(x)}
		for range 1 + w.rng.IntN(3) {
			args = append(args, arg(x), arg(t))
		}
		if w.rng.IntN(2) == 0 {
			args = append(args, arg(t))
		}
		return made(Expr{Op: OpSwitch, Type: t}, args...)
	}
	return made(Expr{Op: OpReset, Type: t}, arg(t))
}

// typed is an operation of one type.
func (w *evalWorld) typed(t cube.Type, depth int) *Expr {
	arg := func(k cube.Kind) *Expr { return w.expr(cube.Type{Kind: k}, depth) }
	op := func(ops ...Op) Op { return ops[w.rng.IntN(len(ops))] }
	round := func(e *Expr) *Expr { return made(Expr{Op: OpRound, Type: t}, e) } // so that sums are exact
	switch t.Kind {
	case cube.Number:
		switch w.rng.IntN(8) {
		case 0:
			return made(Expr{Op: op(OpNeg, OpAbs), Type: t}, arg(cube.Number))
		case 1:
			return made(Expr{Op: op(OpMin, OpMax), Type: t}, arg(cube.Number), arg(cube.Number), arg(cube.Number))
		case 2:
			return round(made(Expr{Op: op(OpDiv, OpMul), Type: t}, arg(cube.Number), arg(cube.Number)))
		case 3:
			power := made(Expr{Op: OpPow, Type: t}, arg(cube.Number), arg(cube.Number))
			low := &Expr{Op: OpConst, Type: t, Value: cube.NumberValue(-9)}
			high := &Expr{Op: OpConst, Type: t, Value: cube.NumberValue(9)}
			return round(made(Expr{Op: OpIf, Type: t}, made(Expr{Op: OpAnd, Type: cube.Type{Kind: cube.Boolean}},
				made(Expr{Op: OpGt, Type: cube.Type{Kind: cube.Boolean}}, power, low), made(Expr{Op: OpLt, Type: cube.Type{Kind: cube.Boolean}}, power, high)), power))
		case 4:
			return made(Expr{Op: op(OpYear, OpMonth, OpDay), Type: t}, arg(cube.Date))
		case 5:
			return made(Expr{Op: OpLen, Type: t}, arg(cube.Text))
		}
		return made(Expr{Op: op(OpAdd, OpSub), Type: t}, arg(cube.Number), arg(cube.Number))
	case cube.Text:
		if w.rng.IntN(2) == 0 {
			return made(Expr{Op: OpConcat, Type: t}, arg(cube.Text), arg(cube.Text))
		}
		return made(Expr{Op: op(OpUpper, OpLower), Type: t}, arg(cube.Text))
	case cube.Boolean:
		return w.boolean(t, depth)
	case cube.Date:
		return made(Expr{Op: op(OpMin, OpMax), Type: t}, arg(cube.Date), arg(cube.Date))
	case cube.AccessRights:
		return made(Expr{Op: OpAccessRights, Type: t}, arg(cube.Boolean), arg(cube.Boolean))
	}
	if w.rng.IntN(2) == 0 {
		return made(Expr{Op: OpFindItem, Type: t, List: t.List}, arg(cube.Text))
	}
	for _, b := range w.rng.Perm(len(w.blocks)) {
		if b := w.blocks[b]; b.List == t.List {
			return made(Expr{Op: OpFindItem, Type: t, List: t.List, Block: b}, w.expr(b.Type, depth))
		}
	}
	return w.leaf(t)
}

func (w *evalWorld) boolean(t cube.Type, depth int) *Expr {
	arg := func(t cube.Type) *Expr { return w.expr(t, depth) }
	op := func(ops ...Op) Op { return ops[w.rng.IntN(len(ops))] }
	text := cube.Type{Kind: cube.Text}
	switch w.rng.IntN(8) {
	case 0:
		return made(Expr{Op: OpNot, Type: t}, arg(t))
	case 1, 2:
		return made(Expr{Op: op(OpAnd, OpOr), Type: t}, arg(t), arg(t))
	case 3:
		return made(Expr{Op: op(OpIsBlank, OpIsDefined), Type: t}, arg(w.anyType()))
	case 4:
		return made(Expr{Op: op(OpContains, OpStartsWith, OpEndsWith), Type: t}, arg(text), arg(text))
	case 5:
		x := w.anyType()
		return made(Expr{Op: OpIn, Type: t}, arg(x), arg(x), arg(x))
	case 6:
		x := w.itemType()
		return made(Expr{Op: op(OpEq, OpNe), Type: t}, arg(x), arg(x))
	}
	x := w.anyType()
	if k := x.Kind; k == cube.AccessRights || k == cube.Boolean {
		return made(Expr{Op: op(OpEq, OpNe), Type: t}, arg(x), arg(x))
	}
	return made(Expr{Op: op(OpEq, OpNe, OpLt, OpLe, OpGt, OpGe), Type: t}, arg(x), arg(x))
}

// modified is an expression with a modifier, or CUMULATE.
func (w *evalWorld) modified(t cube.Type, depth int) *Expr {
	e := w.expr(t, depth)
	boolean := cube.Type{Kind: cube.Boolean}
	switch w.rng.IntN(9) {
	case 0, 1:
		return w.removed(t, depth)
	case 2:
		if l := w.list(); !slices.Contains(e.Dims, l) {
			return &Expr{Op: OpBroadcast, Type: t, Args: []*Expr{e}, Lists: []*cube.List{l}, Dims: unionDims(e.Dims, []*cube.List{l})}
		}
		return e
	case 3:
		if len(e.Dims) > 0 {
			l := e.Dims[w.rng.IntN(len(e.Dims))]
			if l.Len() > 0 {
				return &Expr{Op: OpSelect, Type: t, Args: []*Expr{e}, List: l, Item: cube.ItemID(w.rng.IntN(l.Len())), Dims: withoutDims(e.Dims, []*cube.List{l})}
			}
		}
		return e
	case 4:
		if len(e.Dims) > 0 {
			return &Expr{Op: OpShift, Type: t, Args: []*Expr{e}, List: e.Dims[w.rng.IntN(len(e.Dims))], N: w.rng.IntN(7) - 3, Dims: e.Dims}
		}
		return e
	case 5:
		c := made(Expr{Op: OpAnd, Type: boolean}, w.expr(boolean, depth), made(Expr{Op: OpIsDefined, Type: boolean}, e)) // CurrentValue is e
		return made(Expr{Op: []Op{OpFilter, OpExclude}[w.rng.IntN(2)], Type: t}, e, c)
	case 6:
		if t.Kind == cube.Number && len(e.Dims) > 0 {
			return &Expr{Op: OpCumulate, Type: t, Args: []*Expr{e}, List: e.Dims[w.rng.IntN(len(e.Dims))], Dims: e.Dims}
		}
		return e
	}
	return w.mapped(t, depth)
}

// method is a random method for values of a type that gives values of type t.
func (w *evalWorld) method(t cube.Type) (from cube.Type, m Method) {
	switch t.Kind {
	case cube.Number:
		if w.rng.IntN(3) == 0 {
			return w.anyType(), Count
		}
		return t, []Method{Sum, Avg, Min, Max}[w.rng.IntN(4)]
	case cube.Date:
		return t, []Method{Min, Max}[w.rng.IntN(2)]
	}
	return t, []Method{Any, All}[w.rng.IntN(2)]
}

func exact(e *Expr, m Method) *Expr {
	if m == Avg {
		return made(Expr{Op: OpRound, Type: e.Type}, e)
	}
	return e
}

func (w *evalWorld) removed(t cube.Type, depth int) *Expr {
	if t.Kind == cube.Text || t.Kind == cube.Item {
		return w.expr(t, depth)
	}
	from, m := w.method(t)
	e := w.expr(from, depth)
	var lists []*cube.List
	for _, l := range e.Dims {
		if w.rng.IntN(2) == 0 {
			lists = append(lists, l)
		}
	}
	return exact(&Expr{Op: OpRemove, Type: t, Args: []*Expr{e}, Lists: lists, Method: m, Dims: withoutDims(e.Dims, lists)}, m)
}

// mapped is BY in both directions, where it fits.
func (w *evalWorld) mapped(t cube.Type, depth int) *Expr {
	m := w.expr(w.itemType(), depth)
	target := []*cube.List{m.Type.List}
	if m.Type.Kind == cube.NoKind {
		m = w.leaf(w.itemType())
		target[0] = m.Type.List
		if target[0] == nil {
			return w.leaf(t)
		}
	}
	from, method := t, NoMethod
	aggregates := t.Kind != cube.Text && t.Kind != cube.Item
	if aggregates {
		from, method = w.method(t)
	}
	for range 20 {
		e := w.expr(from, depth)
		source := m.Dims
		if len(source) > 1 && w.rng.IntN(2) == 0 {
			source = source[:1]
		}
		switch {
		case len(source) == 0:
		case aggregates && containsDims(e.Dims, source) && !slices.Contains(e.Dims, target[0]) && !slices.Contains(m.Dims, target[0]):
			dims := unionDims(unionDims(withoutDims(e.Dims, source), target), withoutDims(m.Dims, source))
			return exact(&Expr{Op: OpAggregate, Type: t, Args: []*Expr{e, m}, List: target[0], Lists: source, Method: method, Dims: dims}, method)
		case from == t && slices.Contains(e.Dims, target[0]) && !containsDims(e.Dims, source):
			return &Expr{Op: OpSpread, Type: t, Args: []*Expr{e, m}, List: target[0], Dims: unionDims(withoutDims(e.Dims, target), m.Dims)}
		}
	}
	return w.leaf(t)
}
