package formula

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
)

// Target is what a formula must give.
type Target struct {
	Type    cube.Type    // of its values; any type where Kind is NoKind
	Dims    []*cube.List // its dimensions must be among them
	AnyDims bool         // but for this: it may have any dimensions
	Rights  bool         // ACCESSRIGHTS is allowed: it defines a metric of type access_rights (SPEC 3.2)
}

// Check resolves the names of a formula of app, works out the type and the dimensions of all its parts, and says
// whether it gives what t asks for (SPEC 3). The error is Errors: as many mistakes as can be found; what hangs on a
// mistake is not reported again. It only reads the workspace.
func Check(ws *cube.Workspace, app *cube.Application, n *Node, t Target) (*Expr, error) {
	c := checker{ws: ws, app: app, rights: t.Rights}
	e := c.expr(n)
	if e != nil {
		c.target(e, n, t)
	}
	if err := c.errs.err(); err != nil {
		return nil, err
	}
	c.closeTypes()
	return e, nil
}

// checker checks one formula. A nil *Expr stands for one in which a mistake was already reported.
type checker struct {
	ws      *cube.Workspace
	app     *cube.Application
	rights  bool
	errs    Errors
	current *filtered           // CurrentValue; nil outside FILTER and EXCLUDE
	open    map[*Expr]*openType // of those whose type is not known yet
}

// filtered is the expression that CurrentValue stands for, nil where that has a mistake.
type filtered struct{ expr *Expr }

func (c *checker) fail(pos Pos, format string, args ...any) {
	c.errs.add(pos, format, args...)
}

// target says whether the whole formula gives what it should.
func (c *checker) target(e *Expr, n *Node, t Target) {
	if t.Type.Kind != cube.NoKind && !c.settle(e, t.Type) {
		c.fail(n.Pos, "the formula gives %s, but %s is needed", c.describe(c.typeOf(e)), c.describe(t.Type))
	}
	if t.AnyDims {
		return
	}
	var extra []*cube.List
	for _, d := range e.Dims {
		if !slices.Contains(t.Dims, d) {
			extra = append(extra, d)
		}
	}
	if len(extra) > 0 {
		c.fail(n.Pos, "the formula has more dimensions than it may: %s (take them away with REMOVE, SELECT or BY)", c.listNames(extra))
	}
}

// expr checks any node.
func (c *checker) expr(n *Node) *Expr {
	switch n.Kind {
	case NodeNumber:
		return &Expr{Op: OpConst, Pos: n.Pos, Type: typeNumber, Value: cube.NumberValue(n.Number)}
	case NodeText:
		return &Expr{Op: OpConst, Pos: n.Pos, Type: typeText, Value: cube.TextValue(n.Text)}
	case NodeTrue, NodeFalse:
		return &Expr{Op: OpConst, Pos: n.Pos, Type: typeBoolean, Value: cube.BooleanValue(n.Kind == NodeTrue)}
	case NodeBlank:
		return c.anyType(&Expr{Op: OpConst, Pos: n.Pos})
	case NodeName:
		return c.name(n)
	case NodeItem:
		return c.item(n)
	case NodeMember:
		return c.member(n)
	case NodeUnary:
		return c.unary(n)
	case NodeBinary:
		return c.binary(n)
	case NodeIn:
		return c.in(n)
	case NodeCall:
		return c.call(n)
	case NodeModified:
		e := c.expr(n.Args[0])
		for i := range n.Modifiers {
			e = c.modified(e, &n.Modifiers[i])
		}
		return e
	}
	panic(fmt.Sprintf("formula: node of kind %d", n.Kind))
}

// make finishes an Expr over args, whose dimensions are those of all args. It is nil where one of them is.
func (c *checker) make(e Expr, args ...*Expr) *Expr {
	for _, a := range args {
		if a == nil {
			return nil
		}
	}
	e.Args = args
	e.Dims = args[0].Dims
	for _, a := range args[1:] {
		e.Dims = unionDims(e.Dims, a.Dims)
	}
	return c.limit(&e)
}

// limit refuses an expression with more dimensions than a block may have (SPEC 2).
func (c *checker) limit(e *Expr) *Expr {
	if len(e.Dims) > cube.MaxDimensions {
		c.fail(e.Pos, "%d dimensions come together here, more than %d", len(e.Dims), cube.MaxDimensions)
		return nil
	}
	return e
}

// name checks the name of a metric or a list, or CurrentValue.
func (c *checker) name(n *Node) *Expr {
	if c.current != nil && n.IsCurrentValue() {
		return c.current.expr
	}
	metric, list := c.resolve(n.Name, anyBlock)
	switch {
	case metric != nil:
		return c.limit(&Expr{Op: OpBlock, Pos: n.Pos, Block: metric, Type: metric.Type, Dims: sortDims(metric.Dims)})
	case list != nil:
		return &Expr{Op: OpList, Pos: n.Pos, List: list, Type: itemOf(list), Dims: []*cube.List{list}}
	}
	return nil
}

// item checks List."item".
func (c *checker) item(n *Node) *Expr {
	l := c.list(n.Name)
	if l == nil {
		return nil
	}
	id, ok := c.findItem(l, n.Text, n.TextPos)
	if !ok {
		return nil
	}
	return &Expr{Op: OpConst, Pos: n.Pos, Type: itemOf(l), Value: cube.ItemValue(id)}
}

// maxCandidates is among how many items an unknown one looks for a name like its own.
const maxCandidates = 1 << 16

func (c *checker) findItem(l *cube.List, name string, pos Pos) (cube.ItemID, bool) {
	id, ok := l.Find(name)
	if !ok && !c.errs.full() {
		items := l.Items()
		c.fail(pos, "unknown item %q of list %q%s", name, l.NameIn(c.app), didYouMean(name, items[:min(len(items), maxCandidates)]))
	}
	return id, ok
}

// member checks e.P.
func (c *checker) member(n *Node) *Expr {
	e := c.expr(n.Args[0])
	if e == nil {
		return nil
	}
	t := c.typeOf(e)
	if t.Kind != cube.Item {
		c.fail(n.Name.Pos, "only items of lists have properties such as %q, this is %s", n.Name.Name, c.describe(t))
		return nil
	}
	p := c.property(t.List, n.Name)
	if p == nil {
		return nil
	}
	return c.make(Expr{Op: OpProperty, Pos: n.Pos, Block: p, Type: p.Type}, e)
}

// property finds a property of a list.
func (c *checker) property(l *cube.List, name Name) *cube.Block {
	p := l.Property(name.Name)
	if p == nil && !c.errs.full() {
		names := make([]string, len(l.Properties))
		for i, q := range l.Properties {
			names[i] = q.Name
		}
		c.fail(name.Pos, "unknown property %q of list %q%s", name.Name, l.NameIn(c.app), didYouMean(name.Name, names))
	}
	return p
}

// wanted is what a name may stand for.
type wanted uint8

const (
	anyBlock wanted = iota // a metric or a list
	onlyList
)

// resolve finds the metric or the list of a name; both are nil where there is none, which it reports.
func (c *checker) resolve(n Name, want wanted) (*cube.Block, *cube.List) {
	app := c.app
	if n.App != "" {
		if app = c.application(n); app == nil {
			return nil, nil
		}
		if n.Name == cube.UserName {
			c.fail(n.Pos, "the list %q is everyone's and has no application before it", cube.UserName)
			return nil, nil
		}
	}
	l := app.List(n.Name)
	if l != nil {
		return nil, l
	}
	if m := app.Metric(n.Name); m != nil {
		return m, nil
	}
	if !c.errs.full() {
		c.unknown(app, n, want)
	}
	return nil, nil
}

func (c *checker) application(n Name) *cube.Application {
	app := c.ws.Application(n.App)
	if app == nil && !c.errs.full() {
		names := make([]string, len(c.ws.Applications))
		for i, a := range c.ws.Applications {
			names[i] = a.Name
		}
		c.fail(n.Pos, "unknown application %q%s", n.App, didYouMean(n.App, names))
	}
	return app
}

// unknown reports a name that app has no metric or list of.
func (c *checker) unknown(app *cube.Application, n Name, want wanted) {
	if node := (&Node{Kind: NodeName, Name: n}); want == anyBlock && node.IsCurrentValue() {
		c.fail(n.Pos, "CurrentValue has a meaning only inside FILTER and EXCLUDE")
		return
	}
	kind, names := "list", []string{cube.UserName, cube.RoleName}
	for _, l := range app.Lists {
		names = append(names, l.Name)
	}
	if want == anyBlock {
		kind, names = "name", append(names, cube.UsersRolesName)
		for _, m := range app.Metrics {
			names = append(names, m.Name)
		}
	}
	in := ""
	if app != c.app {
		in = fmt.Sprintf(" in application %q", app.Name)
	}
	c.fail(n.Pos, "unknown %s %q%s%s", kind, n.Name, in, didYouMean(n.Name, names))
}

// list finds a list, and reports where there is none of that name.
func (c *checker) list(n Name) *cube.List {
	m, l := c.resolve(n, onlyList)
	if m != nil {
		c.fail(n.Pos, "a list is needed here, %q is a metric", n.Name)
	}
	return l
}

// listNames writes lists for a message.
func (c *checker) listNames(lists []*cube.List) string {
	names := make([]string, len(lists))
	for i, l := range lists {
		names[i] = fmt.Sprintf("%q", l.NameIn(c.app))
	}
	return strings.Join(names, ", ")
}
