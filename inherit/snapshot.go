package inherit

import (
	"errors"
	"slices"
	"sync"

	"github.com/cubeward/cubeward/cube"
)

// Snapshot is a plan as plain data, without the formulas that it was worked out from: what is needed to decide. It
// refers to the lists, blocks and rules of the plan's workspace, and shares memory with the plan: do not change it.
type Snapshot struct {
	Nodes    []Node
	States   []*State    // by BlockID; nil for reserved blocks
	Reserved [][2]NodeID // by application: membership for reading, and for writing, reserved blocks as it names them
	Exprs    []Shape     // by ExprID
}

// Shape is what items an expression gives: those of List, for each cell over Dims. List is nil for the literal BLANK.
type Shape struct {
	List *cube.List
	Dims []*cube.List // sorted by ListID
}

// Snapshot is the plan as plain data.
func (p *Plan) Snapshot() Snapshot {
	s := Snapshot{Nodes: p.nodes, States: p.states, Exprs: p.shapes()}
	for _, app := range p.ws.Applications {
		n := p.reserved[app]
		s.Reserved = append(s.Reserved, [2]NodeID{n.read, n.write})
	}
	return s
}

func (p *Plan) shapes() []Shape {
	if p.late != nil {
		return p.late.shapes
	}
	shapes := make([]Shape, len(p.exprs))
	for i, e := range p.exprs {
		shapes[i] = Shape{e.Type.List, e.Dims}
	}
	return shapes
}

// late is the formulas of a restored plan: they are checked when somebody first asks for what only they tell.
type late struct {
	shapes []Shape
	once   sync.Once
	whole  *Plan
	err    error
}

// errOther says that a plan and its formulas do not belong together.
var errOther = errors.New("the plan is not what the formulas and rules say")

// Check makes sure that the formulas of a restored plan are at hand: it checks them all, once, and that they say what
// the plan does. Where they do not, it says so, and Formula, Order, Governed and Trace know nothing. For a plan that
// Resolve made it costs nothing.
func (p *Plan) Check() error {
	_, err := p.whole()
	return err
}

// whole is the plan with its formulas.
func (p *Plan) whole() (*Plan, error) {
	l := p.late
	if l == nil {
		return p, nil
	}
	l.once.Do(func() {
		made, err := Resolve(p.ws)
		if err == nil && !same(p.Snapshot(), made.Snapshot()) {
			err = errOther
		}
		if err != nil {
			l.err = err
			return
		}
		l.whole = made
	})
	return l.whole, l.err
}

// orNothing is the plan with its formulas, or one without any where they could not be checked.
func (p *Plan) orNothing() *Plan {
	if whole, err := p.whole(); err == nil {
		return whole
	}
	return newBuilder(p.ws).plan
}

func same(a, b Snapshot) bool {
	return slices.EqualFunc(a.Nodes, b.Nodes, sameNode) &&
		slices.EqualFunc(a.States, b.States, sameState) &&
		slices.Equal(a.Reserved, b.Reserved) &&
		slices.EqualFunc(a.Exprs, b.Exprs, func(x, y Shape) bool { return x.List == y.List && slices.Equal(x.Dims, y.Dims) })
}

func sameNode(a, b Node) bool {
	return a.ID == b.ID && a.Kind == b.Kind && slices.Equal(a.Dims, b.Dims) && a.Origin == b.Origin && a.Category == b.Category &&
		a.Scenario == b.Scenario && slices.Equal(a.Inputs, b.Inputs) && a.App == b.App && a.Metric == b.Metric && slices.Equal(a.From, b.From) &&
		slices.Equal(a.Lists, b.Lists) && slices.Equal(a.Over, b.Over) && a.Blank == b.Blank && a.Block == b.Block && a.tag == b.tag
}

func sameState(a, b *State) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Block == b.Block && a.App == b.App && slices.Equal(a.Read, b.Read) && slices.Equal(a.Write, b.Write) &&
		slices.EqualFunc(a.Direct, b.Direct, sameDirect) &&
		slices.EqualFunc(a.Lifted, b.Lifted, func(x, y Lifted) bool { return sameDirect(x.Direct, y.Direct) && slices.Equal(x.By, y.By) })
}

func sameDirect(a, b Direct) bool {
	return a.Node == b.Node && a.Kind == b.Kind && slices.Equal(a.Rules, b.Rules) && a.Items == b.Items
}
