package formula

import (
	"fmt"

	"github.com/cubeward/cubeward/cube"
)

var (
	typeNumber  = cube.Type{Kind: cube.Number}
	typeText    = cube.Type{Kind: cube.Text}
	typeBoolean = cube.Type{Kind: cube.Boolean}
)

func itemOf(l *cube.List) cube.Type { return cube.Type{Kind: cube.Item, List: l} }

// kindSet is a set of kinds.
type kindSet uint8

func kindsOf(kinds ...cube.Kind) kindSet {
	var s kindSet
	for _, k := range kinds {
		s |= 1 << k
	}
	return s
}

func (s kindSet) has(k cube.Kind) bool { return s&(1<<k) != 0 }

// first is the first kind of the set.
func (s kindSet) first() cube.Kind {
	k := cube.NoKind
	for !s.has(k) {
		k++
	}
	return k
}

const (
	allKinds     = kindSet(1<<cube.Number | 1<<cube.Text | 1<<cube.Boolean | 1<<cube.Date | 1<<cube.Item | 1<<cube.AccessRights)
	extremeKinds = kindSet(1<<cube.Number | 1<<cube.Date)
	orderedKinds = kindSet(1<<cube.Number | 1<<cube.Date | 1<<cube.Text | 1<<cube.Item)
	logicalKinds = kindSet(1<<cube.Boolean | 1<<cube.AccessRights)
)

// openType is the type, still open, of expressions that hold nothing but the literal BLANK, which takes any type
// (SPEC 3.2). Expressions that must have one type share it: a disjoint-set forest.
type openType struct {
	same  *openType // the one that took this over, nil for the last
	typ   cube.Type // NoKind until something says
	kinds kindSet   // that it may become
}

func (o *openType) last() *openType {
	for o.same != nil {
		if o.same.same != nil {
			o.same = o.same.same
		}
		o = o.same
	}
	return o
}

// anyType gives e a type that is open.
func (c *checker) anyType(e *Expr) *Expr {
	if c.open == nil {
		c.open = map[*Expr]*openType{}
	}
	c.open[e] = &openType{kinds: allKinds}
	return e
}

// like gives e the type of from, now or as soon as it is known. It keeps the nil e.
func (c *checker) like(e, from *Expr) *Expr {
	if e == nil {
		return nil
	}
	if e.Type = from.Type; e.Type.Kind == cube.NoKind {
		c.open[e] = c.open[from].last()
	}
	return e
}

// typeOf is the type of e as far as it is known.
func (c *checker) typeOf(e *Expr) cube.Type {
	if e.Type.Kind == cube.NoKind {
		return c.open[e].last().typ
	}
	return e.Type
}

// settle says whether e has type t, and gives it that type where its own is open.
func (c *checker) settle(e *Expr, t cube.Type) bool {
	have := c.typeOf(e)
	if have.Kind != cube.NoKind {
		return have == t
	}
	o := c.open[e].last()
	if !o.kinds.has(t.Kind) {
		return false
	}
	o.typ = t
	return true
}

// unify says whether a and b have one type, from now on where they were open.
func (c *checker) unify(a, b *Expr) bool {
	ta, tb := c.typeOf(a), c.typeOf(b)
	switch {
	case tb.Kind != cube.NoKind:
		return c.settle(a, tb)
	case ta.Kind != cube.NoKind:
		return c.settle(b, ta)
	}
	x, y := c.open[a].last(), c.open[b].last()
	if x.kinds&y.kinds == 0 {
		return false
	}
	if x != y {
		y.kinds &= x.kinds
		x.same = y
	}
	return true
}

// restrict says whether the type of e is of one of the kinds, from now on where it is open.
func (c *checker) restrict(e *Expr, kinds kindSet) bool {
	if t := c.typeOf(e); t.Kind != cube.NoKind {
		return kinds.has(t.Kind)
	}
	o := c.open[e].last()
	if o.kinds&kinds == 0 {
		return false
	}
	o.kinds &= kinds
	return true
}

// closeTypes writes the types that were open into their expressions. Where nothing says which, it takes the first of
// the kinds that an operation restricted it to; a type without restrictions stays NoKind.
func (c *checker) closeTypes() {
	for e, o := range c.open {
		o = o.last()
		if o.typ.Kind == cube.NoKind && o.kinds != allKinds {
			o.typ = cube.Type{Kind: o.kinds.first()}
		}
		e.Type = o.typ
	}
}

// need reports that who has not type t. It says whether e has, which the nil e has not.
func (c *checker) need(e *Expr, n *Node, t cube.Type, who string) bool {
	if e == nil {
		return false
	}
	if c.settle(e, t) {
		return true
	}
	c.fail(n.Pos, "%s must be %s, this is %s", who, c.describe(t), c.describe(c.typeOf(e)))
	return false
}

// needKinds likewise reports that the kind of who is not among kinds, which what names.
func (c *checker) needKinds(e *Expr, n *Node, kinds kindSet, who, what string) bool {
	if e == nil {
		return false
	}
	if c.restrict(e, kinds) {
		return true
	}
	c.fail(n.Pos, "%s must be %s, this is %s", who, what, c.describe(c.typeOf(e)))
	return false
}

// describe names a value of a type for a message.
func (c *checker) describe(t cube.Type) string {
	switch t.Kind {
	case cube.Number, cube.Boolean, cube.Date:
		return "a " + t.Kind.String()
	case cube.Item:
		return fmt.Sprintf("an item of list %q", t.List.NameIn(c.app))
	case cube.NoKind:
		return "BLANK"
	}
	return t.Kind.String()
}
