package formula

import (
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// by checks e[BY method: m1, m2 …], which is e[BY method: m1][BY method: m2] …
func (c *checker) by(e *Expr, m *Modifier) *Expr {
	for i := range m.Mappings {
		e = c.mapped(e, m, &m.Mappings[i])
	}
	return e
}

// mapping is a checked mapping of BY.
type mapping struct {
	expr   *Expr
	node   *Node
	target *cube.List   // the list whose items it gives
	source []*cube.List // the dimensions whose items it maps; sorted, not empty
}

// mapped checks e[BY method: m]: an aggregate or a spread, whichever the dimensions say (SPEC 3.3).
func (c *checker) mapped(e *Expr, m *Modifier, written *Mapping) *Expr {
	by, ok := c.mapping(written)
	if !ok || e == nil {
		return nil
	}
	sourceIn := containsDims(e.Dims, by.source)
	targetIn := slices.Contains(e.Dims, by.target)
	switch {
	case sourceIn && !targetIn && !slices.Contains(by.expr.Dims, by.target):
		return c.aggregate(e, m, by)
	case targetIn && !sourceIn:
		return c.spread(e, m, by)
	}
	target := by.target.NameIn(c.app)
	switch {
	case sourceIn && targetIn:
		c.fail(by.node.Pos, "BY cannot give the dimension %q: it is here already, as is the mapping's source %s", target, c.listNames(by.source))
	case sourceIn:
		c.fail(by.node.Pos, "BY cannot give the dimension %q: the mapping itself depends on it", target)
	default:
		c.fail(by.node.Pos, "BY does not fit: neither the mapping's source %s nor its target %q is a dimension here (%s)",
			c.listNames(withoutDims(by.source, e.Dims)), target, c.dimNames(e))
	}
	return nil
}

// dimNames names the dimensions of e for a message.
func (c *checker) dimNames(e *Expr) string {
	if len(e.Dims) == 0 {
		return "there are none"
	}
	return "there are " + c.listNames(e.Dims)
}

// mapping checks what stands in BY: an expression that gives items of a list, and its source. A property chain L.P…
// has the only dimension L, so its source, too, is all of its dimensions.
func (c *checker) mapping(written *Mapping) (mapping, bool) {
	by := mapping{expr: c.expr(written.Node), node: written.Node}
	var source *cube.List
	if written.Source != nil {
		if source = c.list(*written.Source); source == nil {
			return by, false
		}
	}
	if by.expr == nil {
		return by, false
	}
	t := c.typeOf(by.expr)
	if t.Kind != cube.Item {
		c.fail(by.node.Pos, "a mapping of BY must give items of a list, this is %s", c.describe(t))
		return by, false
	}
	by.target, by.source = t.List, by.expr.Dims
	switch {
	case source != nil && !slices.Contains(by.expr.Dims, source):
		c.fail(written.Source.Pos, "%q is no dimension of the mapping: %s", source.NameIn(c.app), c.dimNames(by.expr))
		return by, false
	case source != nil:
		by.source = []*cube.List{source}
	case len(by.source) == 0:
		c.fail(by.node.Pos, "a mapping of BY must have dimensions: this is the same item everywhere")
		return by, false
	}
	return by, true
}

// aggregate checks e[BY method: m] where the source of m disappears and its target appears.
func (c *checker) aggregate(e *Expr, m *Modifier, by mapping) *Expr {
	method, ok := c.method(e, m)
	if !ok {
		return nil
	}
	dims := unionDims(withoutDims(e.Dims, by.source), []*cube.List{by.target})
	dims = unionDims(dims, withoutDims(by.expr.Dims, by.source))
	r := &Expr{Op: OpAggregate, Pos: m.Pos, Args: []*Expr{e, by.expr}, List: by.target, Lists: by.source, Method: method, Dims: dims}
	return c.limit(c.aggregated(r, e))
}

// spread checks e[BY: m] where the target of m disappears and its dimensions are joined.
func (c *checker) spread(e *Expr, m *Modifier, by mapping) *Expr {
	if m.Method != "" && m.Method != "CONSTANT" {
		c.fail(m.Pos, "BY takes no %s here: it reads values at the items of %q, which takes no method or CONSTANT", m.Method, by.target.NameIn(c.app))
		return nil
	}
	dims := unionDims(withoutDims(e.Dims, []*cube.List{by.target}), by.expr.Dims)
	r := &Expr{Op: OpSpread, Pos: m.Pos, Args: []*Expr{e, by.expr}, List: by.target, Dims: dims}
	return c.limit(c.like(r, e))
}
