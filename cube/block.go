package cube

import "fmt"

// BlockKind tells metrics, properties and item sets apart.
type BlockKind uint8

// The kinds of blocks.
const (
	Metric BlockKind = iota
	Property
	ItemSet
)

// BlockID numbers the blocks of a workspace from 0, in the order they were added.
type BlockID int32

// Formula is the text of a formula and where it stands.
type Formula struct {
	Text      string
	Pos       Position
	Author    ItemID // the member who wrote it; NoItem where nobody is named
	AuthorPos Position
}

// Block is a thing that has rights: a metric, a property of a list, or the item set of a list. A property and an
// item set have one dimension, their list. An item set has the type of its own items and neither input nor formula.
type Block struct {
	ID          BlockID
	Kind        BlockKind
	App         *Application // nil for User, its item set and its properties
	List        *List        // the list of a property or an item set; nil for a metric
	Name        string       // of the metric or property; the list's for an item set
	Type        Type
	Dims        []*List  // in cell order
	Input       *Column  // given values over exactly Dims, in order; nil where all are BLANK
	Formula     *Formula // nil where the block is not calculated
	Overridable bool     // Input wins over Formula where it is not BLANK (SPEC 2.4)
	Public      bool     // SPEC 1.1.6
	Pos         Position
}

// Reserved says whether only a membership factor governs the block: User and Role, their properties, and the metric
// Users roles (SPEC 1.1).
func (b *Block) Reserved() bool {
	if b.List != nil {
		return b.List.Reserved
	}
	return b.App != nil && b == b.App.UsersRoles
}

// Space is the space of the block's cells.
func (b *Block) Space() (Space, error) { return NewSpace(b.Dims...) }

// Label is the block's name without its application: Revenue, Employee.Pay, Employee.
func (b *Block) Label() string {
	if b.Kind == Property {
		return b.List.Name + "." + b.Name
	}
	return b.Name
}

// String is the block's name as results write it: HR::Employee.Pay. Blocks of the list User have no prefix.
func (b *Block) String() string {
	if b.App == nil {
		return b.Label()
	}
	return b.App.Name + "::" + b.Label()
}

// Describe names the block for a message: metric "Margin", property "Employee.Pay", list "Employee".
func (b *Block) Describe() string {
	return fmt.Sprintf("%s %q", b.kindName(), b.Label())
}

func (b *Block) kindName() string { return [...]string{"metric", "property", "list"}[b.Kind] }
