package engine

import "github.com/cubeward/cubeward/cube"

// Change is one change of a model, for Rights.Update. Changes name what they are about, as model files do, so that one
// change means the same in every generation of Rights: an application by its name, which may be empty where the
// workspace has one; a list, metric or property with its application before it where that is needed (SPEC 6, -b).
//
// Values are cube.Values. An item of a list is given as the text of its name, BLANK as the zero Value.
type Change interface {
	// what says for a message which change it is.
	what() string
	// apply makes the change in a workspace that nobody else has seen yet.
	apply(c *changing)
}

// SetRole gives a member a role in an application, in place of the one they had; Role "" takes it away.
type SetRole struct{ Application, Member, Role string }

// SetProperty sets a given value: the property of an item or, where List is User, an attribute of a member. A property
// with a formula has none (SPEC 2.3).
type SetProperty struct {
	List, Item, Property string
	Value                cube.Value
}

// SetCell sets a given cell of a metric: of an access-rights metric above all. Items name one item for each dimension
// of the metric, in its order. A metric with a formula has given cells where it is overridable (SPEC 2.4); the cells of
// Users roles are set with SetRole.
type SetCell struct {
	Metric string
	Items  []string
	Value  cube.Value
}

// AddMember adds a member behind all others. Attributes are by property of the list User, Roles by application; what
// is left out is BLANK, or no role.
type AddMember struct {
	Name       string
	Account    cube.AccountType
	Attributes map[string]cube.Value
	Roles      map[string]string
}

// RemoveMember takes a member out, with roles, attributes and cells. It is refused while the member owns an
// application, is the author of a formula or the value of a cell.
type RemoveMember struct{ Name string }

// AppendItem adds an item behind all others of a list, with properties by name; what is left out is BLANK. Members are
// added with AddMember, and roles are not items to be added.
type AppendItem struct {
	List, Item string
	Properties map[string]cube.Value
}

// SetRule adds a rule to an application, or replaces the one of the same name (SPEC 2.7). Of Metrics, Dimensions,
// Properties, Items and Everything exactly one is given.
type SetRule struct {
	Application string
	Name        string
	Metric      string
	Access      cube.Rights // Read, Write or both; 0 means both
	Ignore      bool        // scope: ignore
	Metrics     []string
	Dimensions  []string
	Properties  map[string][]string // by list
	Items       []string
	Everything  bool
	Replace     map[string]string // a formula by dimension of the metric
}

// RemoveRule takes a rule out of an application.
type RemoveRule struct{ Application, Name string }

// SetFormula gives a metric or a property another formula, or its first one. Author is the member who wrote it, ""
// where nobody is to be named.
type SetFormula struct{ Block, Formula, Author string }
