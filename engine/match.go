package engine

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
	"github.com/cubeward/cubeward/inherit"
)

// matcher says what in a workspace is as it was in older rights, whose workspace is another value: parts are matched
// by name and compared by content. Where in doubt it says that they differ. It is not to be used by several
// goroutines at once.
type matcher struct {
	old  *Rights
	ws   *cube.Workspace
	plan *inherit.Plan // of ws; nil where formulas are not compared

	oldLists  map[string]*cube.List
	oldBlocks map[string]*cube.Block
	lists     map[*cube.List]bool
	blocks    map[*cube.Block]bool
	exprs     exprNames
	within    map[*formula.Expr]bool
}

func newMatcher(old *Rights, ws *cube.Workspace) *matcher {
	m := &matcher{
		old: old, ws: ws, oldLists: make(map[string]*cube.List, len(old.ws.Lists())), oldBlocks: make(map[string]*cube.Block, len(old.ws.Blocks())),
		lists: map[*cube.List]bool{}, blocks: map[*cube.Block]bool{}, within: map[*formula.Expr]bool{},
	}
	for _, l := range old.ws.Lists() {
		m.oldLists[l.String()] = l
	}
	for _, b := range old.ws.Blocks() {
		m.oldBlocks[blockName(b)] = b
	}
	return m
}

// blockName tells blocks of all kinds apart: a metric may be called like a property.
func blockName(b *cube.Block) string { return strconv.Itoa(int(b.Kind)) + b.String() }

// list says whether a list has the items that it had.
func (m *matcher) list(l *cube.List) bool {
	if same, ok := m.lists[l]; ok {
		return same
	}
	old := m.oldLists[l.String()]
	same := old != nil && old.Len() == l.Len()
	if same {
		a, b := old.Items(), l.Items()
		same = sameSlice(a, b)
	}
	m.lists[l] = same
	return same
}

func (m *matcher) allLists(lists []*cube.List) bool {
	return !slices.ContainsFunc(lists, func(l *cube.List) bool { return !m.list(l) })
}

// alike says whether lists are those of older ones, item by item, in the same order.
func (m *matcher) alike(lists, old []*cube.List) bool {
	return slices.EqualFunc(lists, old, func(l, o *cube.List) bool { return m.oldLists[l.String()] == o && m.list(l) })
}

func (m *matcher) typ(t, old cube.Type) bool {
	if t.Kind != old.Kind || t.List == nil || old.List == nil {
		return t.Kind == old.Kind && t.List == nil && old.List == nil
	}
	return m.oldLists[t.List.String()] == old.List && m.list(t.List)
}

// ref is what a block was called by, and whether its cells are the same now.
func (m *matcher) ref(now Ref) (Ref, bool) {
	b := m.oldBlocks[blockName(now.Block)]
	app := m.old.ws.Application(now.App.Name)
	if b == nil || app == nil || !m.alike(now.Block.Dims, b.Dims) {
		return Ref{}, false
	}
	return Ref{app, b}, true
}

// block says whether the values of a block are what they were: its own and all that they are made of.
func (m *matcher) block(b *cube.Block) bool {
	if same, ok := m.blocks[b]; ok {
		return same
	}
	old := m.oldBlocks[blockName(b)]
	same := old != nil && m.typ(b.Type, old.Type) && m.alike(b.Dims, old.Dims) && m.made(b, old) && m.given(b, old)
	m.blocks[b] = same
	return same
}

// made says whether two blocks have the same formula over the same values, or none.
func (m *matcher) made(b, old *cube.Block) bool {
	e, before := m.plan.Formula(b), m.old.plan.Formula(old)
	if e == nil || before == nil {
		return e == nil && before == nil
	}
	return b.Overridable == old.Overridable && m.exprs.of(e) == m.exprs.of(before) && m.expr(e)
}

// expr says whether everything that an expression is made of is as it was.
func (m *matcher) expr(e *formula.Expr) bool {
	if same, ok := m.within[e]; ok {
		return same
	}
	same := m.allLists(e.Dims) && m.allLists(e.Lists) && (e.List == nil || m.list(e.List)) && (e.Type.List == nil || m.list(e.Type.List)) &&
		(e.Block == nil || m.block(e.Block))
	for _, a := range e.Args {
		same = same && m.expr(a)
	}
	m.within[e] = same
	return same
}

// given says whether the given values of two blocks are the same.
func (m *matcher) given(b, old *cube.Block) bool {
	switch {
	case b == usersRoles(b):
		was := m.old.roles()(old.App)
		for u := range cube.ItemID(m.ws.Users.Len()) { // as many as there were, for User is a dimension
			if max(b.App.RoleOf(u), -1) != max(was(u), -1) {
				return false
			}
		}
		return true
	case m.plan.Formula(b) != nil && !b.Overridable:
		return true
	}
	was, err := m.old.values.input(old)
	return err == nil && sameColumn(b.Input, was)
}

// sameColumn says whether two columns, over lists of the same items, hold the same values in the same form.
func sameColumn(a, b *cube.Column) bool {
	if a == nil || b == nil {
		return isBlank(a) && isBlank(b)
	}
	if a.Form() != b.Form() {
		return false
	}
	x, y := a.Vector(), b.Vector()
	return x.Kind == y.Kind && x.N == y.N && sameSlice(a.Cells(), b.Cells()) && sameNumbers(x.Numbers, y.Numbers) &&
		sameSlice(x.Ints, y.Ints) && sameSlice(x.Bytes, y.Bytes) && sameSlice(x.Dict, y.Dict)
}

func isBlank(c *cube.Column) bool {
	return c == nil || c.Form() == cube.Constant && c.Vector().Blank(0) || c.Form() == cube.Sparse && c.Vector().N == 0
}

func sameSlice[T comparable](a, b []T) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || slices.Equal(a, b))
}

// sameNumbers takes BLANK, which is NaN, as equal to itself.
func sameNumbers(a, b []float64) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || slices.EqualFunc(a, b, func(x, y float64) bool {
		return math.Float64bits(x) == math.Float64bits(y)
	}))
}

// exprNames numbers expressions as formula.Numbers does, but by the names of what they refer to, so that those of
// different workspaces can be compared.
type exprNames struct {
	known  map[*formula.Expr]int
	byText map[string]int
}

func (n *exprNames) of(e *formula.Expr) int {
	if n.known == nil {
		n.known, n.byText = map[*formula.Expr]int{}, map[string]int{}
	}
	if id, ok := n.known[e]; ok {
		return id
	}
	args := make([]int, len(e.Args))
	for i, a := range e.Args {
		args[i] = n.of(a)
	}
	text := exprText(e, args)
	id, ok := n.byText[text]
	if !ok {
		id = len(n.byText)
		n.byText[text] = id
	}
	n.known[e] = id
	return id
}

// exprText is an expression, whose arguments stand as numbers, in words that mean the same in every workspace.
func exprText(e *formula.Expr, args []int) string {
	block, list := "", ""
	if e.Block != nil {
		block = blockName(e.Block)
	}
	if e.List != nil {
		list = e.List.String()
	}
	v := e.Value
	return fmt.Sprintf("%d %v %q %q %q %q %d %d %d %q %d %v %q %t %d %d %d", e.Op, args, block, list, listNames(e.Lists), listNames(e.Dims), e.Item, e.N,
		e.Method, e.Type, v.Kind(), v.Float(), v.Str(), v.True(), v.Days(), v.Item(), v.Rights())
}

func listNames(lists []*cube.List) []string {
	names := make([]string, len(lists))
	for i, l := range lists {
		names[i] = l.String()
	}
	return names
}
