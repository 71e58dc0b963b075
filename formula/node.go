package formula

// Pos is a place in a formula's text: line and column from 1, in code points.
type Pos struct{ Line, Col int }

// NodeKind says what a Node is.
type NodeKind uint8

// The kinds of nodes. Args are in the order of the text.
const (
	NodeNumber   NodeKind = iota // Number; Text holds the literal as written
	NodeText                     // Text
	NodeTrue                     //
	NodeFalse                    //
	NodeBlank                    //
	NodeName                     // Name: a metric, a list, or CurrentValue (see IsCurrentValue)
	NodeMember                   // Args[0].Name: a property (Name)
	NodeItem                     // Name."Text": a constant item
	NodeUnary                    // Op ("-", "NOT"), Args[0]
	NodeBinary                   // Op ("+", "AND", "<=" …, in capitals), Args[0], Args[1]
	NodeIn                       // Args[0] IN (Args[1:])
	NodeCall                     // Op is the function's name in capitals; for ITEM and CUMULATE, Name and Property are the second argument
	NodeModified                 // Args[0][Modifiers]
)

// Name is a name as it stands in a formula: perhaps after an application's. Quoted names are never keywords.
type Name struct {
	App, Name             string
	AppQuoted, NameQuoted bool
	Pos                   Pos
}

// Node is a formula as it is written. Parentheses leave no node but set Parens, which matters for the source of a
// BY mapping (SPEC 3.3).
type Node struct {
	Kind      NodeKind
	Pos       Pos // of the operator for NodeBinary and NodeIn, else of the first character
	Op        string
	Number    float64
	Text      string
	TextPos   Pos
	Name      Name
	Property  *Name // NodeCall: the property in ITEM(e, L.P)
	Args      []*Node
	Modifiers []Modifier
	Parens    bool // stood in parentheses
}

// Modifier is one entry between brackets.
type Modifier struct {
	Op       string // BY, REMOVE, KEEP, ADD, SELECT, FILTER, EXCLUDE
	Pos      Pos
	Method   string    // SUM, AVG, MIN, MAX, COUNT, ANY, ALL, CONSTANT; "" where none is written
	Mappings []Mapping // BY
	Lists    []Name    // REMOVE, KEEP, ADD; one for SELECT
	Item     string    // SELECT: D."x"
	ItemPos  Pos
	Offset   int64 // SELECT: D + n or D - n; 0 with IsOffset false for SELECT: D."x"
	IsOffset bool
	Cond     *Node // FILTER, EXCLUDE
}

// Mapping is one mapping of BY: [Source ->] Node.
type Mapping struct {
	Source *Name
	Node   *Node
}
