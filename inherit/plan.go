package inherit

import (
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
)

// MaxCells is the most cells that the space of a factor may have, the asking User apart (SPEC 2).
const MaxCells = 1 << 32

// NodeID numbers the nodes of a plan from 0; inputs have smaller numbers than what reads them.
type NodeID int32

// ExprID numbers the distinct expressions that nodes read items from.
type ExprID int32

// NodeKind says what a Node is.
type NodeKind uint8

// The kinds of nodes: leaves first.
const (
	Membership  NodeKind = iota // the member has a role in App
	RoleDefault                 // the default of the member's role in App
	Permission                  // the role in App holds define_application_security
	Scenario                    // the role's access on each scenario of App
	Metric                      // the values of Metric for the member, BLANK denying; over its dimensions without User
	And                         // the AND of Inputs, which have the node's own dimensions
	Gather                      // Inputs[0] read at the items that From gives
	Reduce                      // the AND of Inputs[0] over all items of Lists
	ReduceBy                    // the AND of Inputs[0] over the source items that From[0] maps to each item of Lists[0]
	Prefix                      // the AND of Inputs[0] over the items of Lists[0] up to the current one
)

// Node is one condition over Dims for one category.
type Node struct {
	ID       NodeID
	Kind     NodeKind
	Dims     []*cube.List // sorted by ListID; empty: one answer for all cells
	Origin   *cube.Application
	Category cube.Rights // Read or Write, never both
	Scenario bool        // comes from a scenario factor only (SPEC 1.2 tells these apart)
	Inputs   []NodeID
	App      *cube.Application // leaves but Metric
	Metric   *cube.Block       // Metric
	From     []Source          // Gather: for each dimension of the input, in order; ReduceBy: one
	Lists    []*cube.List      // Reduce: the dimensions that go; ReduceBy: the target; Prefix: the dimension
	Over     []*cube.List      // ReduceBy: the dimensions of the source, sorted
	Blank    bool              // Gather: the answer where an item is BLANK
	Block    *cube.Block       // And, in traces: the block whose factor comes in here; nil elsewhere
	tag      tag               // in traces: which stated factor it carries
}

// Source says where a Gather takes the item of one dimension of its input. Exactly one of the forms holds.
type Source struct {
	Dim   *cube.List  // the output's own item of that dimension
	Expr  ExprID      // the item that an expression gives (Form FromExpr)
	Item  cube.ItemID // always this item (Form FromItem)
	Shift int         // the item Shift places after the current one of Dim (Form FromShift)
	Form  SourceForm
}

// SourceForm tells the forms of a Source apart.
type SourceForm uint8

// The forms of a Source.
const (
	FromDim SourceForm = iota
	FromExpr
	FromItem
	FromShift
)

// Direct is one direct factor of a block in one category, as the model states it (SPEC 1.1).
type Direct struct {
	Node  NodeID
	Kind  NodeKind     // Membership, RoleDefault, Permission, Scenario, Metric
	Rules []*cube.Rule // Metric: the rules that bring it, in file order; RoleDefault: none (the implicit rule)
	Items bool         // a property's: it comes from the item set of its list (SPEC 1.1.5)
}

// State is what governs a block: its rights are the AND of the nodes of Read, and of those of Read and Write.
type State struct {
	Block  *cube.Block
	App    *cube.Application // the naming application for reserved blocks, else the block's own
	Read   []NodeID
	Write  []NodeID
	Direct []Direct
	Lifted []Lifted // direct factors that `ignore` or `public` took away, for explanations
}

// Lifted is a direct factor that does not count, and why.
type Lifted struct {
	Direct
	By []*cube.Rule // the `ignore` rules; none where `public` lifted it
}

// Plan is the rights of a workspace without its members. It is immutable and may be shared by all goroutines.
type Plan struct {
	ws       *cube.Workspace
	nodes    []Node
	exprs    []*formula.Expr
	formulas []*formula.Expr // by BlockID
	states   []*State        // by BlockID; nil for reserved blocks
	reserved map[*cube.Application]stateNodes
	order    []*cube.Block // calculated blocks, each after those it reads
	passed   map[*cube.Rule]int
	governed map[*cube.Rule]int
	late     *late // a restored plan's formulas, exprs, order, passed and governed; nil for others
}

type stateNodes struct{ read, write NodeID }

// Workspace is the workspace that the plan was made from.
func (p *Plan) Workspace() *cube.Workspace { return p.ws }

// Node is a node by its number.
func (p *Plan) Node(id NodeID) *Node { return &p.nodes[id] }

// Len is the number of nodes.
func (p *Plan) Len() int { return len(p.nodes) }

// Expr is the expression of a number; its type is an item of a list. It panics where Check failed.
func (p *Plan) Expr(id ExprID) *formula.Expr { return p.orNothing().exprs[id] }

// Exprs is the number of expressions.
func (p *Plan) Exprs() int {
	if p.late != nil {
		return len(p.late.shapes)
	}
	return len(p.exprs)
}

// Formula is the checked formula of a block, nil where it has none.
func (p *Plan) Formula(b *cube.Block) *formula.Expr { return p.orNothing().formulas[b.ID] }

// Order are the calculated blocks, each after those that it reads.
func (p *Plan) Order() []*cube.Block { return p.orNothing().order }

// State is what governs a block. App is the application that names it: it matters for User and Role, whose only
// factor is the membership in that application (SPEC 1.1), and is not looked at for other blocks.
func (p *Plan) State(app *cube.Application, b *cube.Block) *State {
	if !b.Reserved() {
		return p.states[b.ID]
	}
	if app == nil {
		app = b.App
	}
	n := p.reserved[app]
	return &State{
		Block: b, App: app, Read: []NodeID{n.read}, Write: []NodeID{n.write},
		Direct: []Direct{{Node: n.read, Kind: Membership}, {Node: n.write, Kind: Membership}},
	}
}

// Governed is how many blocks a rule governs (or, for `ignore`, targets), and how many it passes over because it
// cannot govern them (SPEC 2.7, `everything`).
func (p *Plan) Governed(r *cube.Rule) (governed, passed int) {
	p = p.orNothing()
	return p.governed[r], p.passed[r]
}
