package cube

// Names that no list or metric of a model may take (SPEC 2).
const (
	UserName       = "User"
	RoleName       = "Role"
	UsersRolesName = "Users roles"
)

// AccountType is what a member's account may do across applications (SPEC 2.1). The zero AccountType is standard.
type AccountType uint8

// The account types.
const (
	Standard AccountType = iota
	Builder
	WorkspaceAdmin
	SecurityAdmin
	PrimaryOwner
)

// String is the account type as model files write it.
func (a AccountType) String() string {
	return [...]string{"standard", "builder", "workspace_admin", "security_admin", "primary_owner"}[a]
}

// Workspace holds applications and members.
type Workspace struct {
	Name                    string
	Users                   *List         // the list User: one item a member
	Accounts                []AccountType // by member; shorter means standard
	ResetAcrossApplications bool          // SPEC 4.4
	Applications            []*Application
	Warnings                []*Error // what `check` mentions and does not refuse: rows skipped …

	lists  []*List
	blocks []*Block
}

// NewWorkspace is an empty workspace.
func NewWorkspace(name string) *Workspace {
	ws := &Workspace{Name: name}
	ws.Users = ws.addList(nil, UserName, true)
	return ws
}

// Lists are all lists, by ListID. Blocks are all blocks, by BlockID. The slices belong to the workspace.
func (ws *Workspace) Lists() []*List { return ws.lists }

// Blocks are all blocks, by BlockID. The slice belongs to the workspace.
func (ws *Workspace) Blocks() []*Block { return ws.blocks }

// Application is the application of that name, nil where there is none.
func (ws *Workspace) Application(name string) *Application {
	for _, a := range ws.Applications {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// Cut splits a name such as HR::Country into its application and what follows; nil and the whole name where no
// application of the workspace stands before it. An application's name may end with a colon, so each place counts.
func (ws *Workspace) Cut(name string) (*Application, string) {
	for i := 0; i+2 <= len(name); i++ {
		if name[i:i+2] == "::" {
			if a := ws.Application(name[:i]); a != nil {
				return a, name[i+2:]
			}
		}
	}
	return nil, name
}

// Account is a member's account type.
func (ws *Workspace) Account(member ItemID) AccountType {
	if int(member) < len(ws.Accounts) && member >= 0 {
		return ws.Accounts[member]
	}
	return Standard
}

// AddApplication adds an application with the five built-in roles (SPEC 2.5) and no others.
func (ws *Workspace) AddApplication(name string) *Application {
	a := &Application{Name: name, ws: ws, InheritWithin: true, Owner: NoItem, lists: map[string]*List{}, metrics: map[string]*Block{}}
	ws.Applications = append(ws.Applications, a)
	a.RoleList = ws.addList(a, RoleName, true)
	for _, r := range builtinRoles() {
		a.SetRole(r)
	}
	a.UsersRoles = ws.addBlock(&Block{Kind: Metric, App: a, Name: UsersRolesName, Type: Type{Item, a.RoleList}, Dims: []*List{ws.Users}})
	return a
}

func (ws *Workspace) addBlock(b *Block) *Block {
	b.ID = BlockID(len(ws.blocks))
	ws.blocks = append(ws.blocks, b)
	return b
}

func (ws *Workspace) addList(app *Application, name string, reserved bool) *List {
	l := &List{ID: ListID(len(ws.lists)), App: app, Name: name, Reserved: reserved, index: map[string]ItemID{}}
	ws.lists = append(ws.lists, l)
	l.ItemSet = ws.addBlock(&Block{Kind: ItemSet, App: app, List: l, Name: name, Type: Type{Item, l}, Dims: []*List{l}})
	return l
}

// AddProperty adds a property to a list of the workspace; its application is the list's.
func (ws *Workspace) AddProperty(l *List, name string, t Type) *Block {
	p := ws.addBlock(&Block{Kind: Property, App: l.App, List: l, Name: name, Type: t, Dims: []*List{l}})
	l.Properties = append(l.Properties, p)
	return p
}

// Application is one application: its lists, metrics, roles and rules.
type Application struct {
	Name          string
	Pos           Position
	Lists         []*List  // in file order, without User and Role
	Metrics       []*Block // in file order, without Users roles
	Roles         []*Role  // by item of RoleList
	RoleList      *List    // the list Role
	UsersRoles    *Block   // the metric Users roles; its Input is the role of each member
	Owner         ItemID   // NoItem where nobody is named
	Scenarios     *Scenarios
	Rules         []*Rule
	InheritWithin bool // SPEC 4.4: inherit_within_application

	ws      *Workspace
	roleOf  []ItemID
	lists   map[string]*List  // the first of each name: that no name stands twice is the loader's business
	metrics map[string]*Block // likewise
}

// Workspace is the workspace that the application was added to.
func (a *Application) Workspace() *Workspace { return a.ws }

// AddList adds an empty list; see List.Append.
func (a *Application) AddList(name string) *List {
	l := a.ws.addList(a, name, false)
	a.Lists = append(a.Lists, l)
	if a.lists[name] == nil {
		a.lists[name] = l
	}
	return l
}

// AddMetric adds a metric over dims, in cell order.
func (a *Application) AddMetric(name string, t Type, dims ...*List) *Block {
	m := a.ws.addBlock(&Block{Kind: Metric, App: a, Name: name, Type: t, Dims: dims})
	a.Metrics = append(a.Metrics, m)
	if a.metrics[name] == nil {
		a.metrics[name] = m
	}
	return m
}

// List is the list of that name: one of the application's own, Role, or User; nil where there is none.
func (a *Application) List(name string) *List {
	switch name {
	case UserName:
		return a.ws.Users
	case RoleName:
		return a.RoleList
	}
	return a.lists[name]
}

// Metric is the metric of that name, Users roles among them; nil where there is none.
func (a *Application) Metric(name string) *Block {
	if name == UsersRolesName {
		return a.UsersRoles
	}
	return a.metrics[name]
}

// SetRole adds a role, or replaces the one of the same name in its place (SPEC 2.5).
func (a *Application) SetRole(r *Role) {
	if id, ok := a.RoleList.Find(r.Name); ok {
		a.Roles[id] = r
		return
	}
	if err := a.RoleList.Append(r.Name); err == nil {
		a.Roles = append(a.Roles, r)
	}
}

// SetRoleOf gives a member a role; NoItem takes it away. Members without a role read and write nothing (SPEC 1.1.1).
func (a *Application) SetRoleOf(member, role ItemID) {
	for len(a.roleOf) <= int(member) {
		a.roleOf = append(a.roleOf, NoItem)
	}
	a.roleOf[member] = role
}

// SetRoles gives every member a role, in list order; NoItem is none. It takes over roles.
func (a *Application) SetRoles(roles []ItemID) { a.roleOf = roles }

// RoleOf is a member's role, NoItem where the member has none.
func (a *Application) RoleOf(member ItemID) ItemID {
	if member < 0 || int(member) >= len(a.roleOf) {
		return NoItem
	}
	return a.roleOf[member]
}

// Block is the block of an application that ref names: a metric, a property as List.Property (given as two names), or
// an item set (SPEC 6: a metric or list of exactly that name first). Property "" asks for the metric or the item set.
func (a *Application) Block(name, property string) *Block {
	if property == "" {
		if m := a.Metric(name); m != nil {
			return m
		}
	}
	l := a.List(name)
	switch {
	case l == nil:
		return nil
	case property == "":
		return l.ItemSet
	}
	return l.Property(property)
}

// Scenarios says who may see and change what of each scenario (SPEC 2.6).
type Scenarios struct {
	List     *List
	Access   map[ScenarioKey]Access // what is absent is AccessWrite
	ReadOnly map[ItemID]bool
	Pos      Position
}

// ScenarioKey is a scenario and a role.
type ScenarioKey struct{ Scenario, Role ItemID }

// Access is what a role may do with a scenario. The zero Access is none.
type Access uint8

// The levels of access.
const (
	AccessNone Access = iota
	AccessRead
	AccessWrite
)

// Rights is what a member of a role may do with a scenario.
func (s *Scenarios) Rights(scenario, role ItemID) Rights {
	level, ok := s.Access[ScenarioKey{scenario, role}]
	if !ok {
		level = AccessWrite
	}
	switch {
	case level == AccessNone:
		return 0
	case level == AccessRead, s.ReadOnly[scenario]:
		return Read
	}
	return Read | Write
}

// RuleTarget is what the key under `on` of a rule is (SPEC 2.7). The zero RuleTarget targets nothing.
type RuleTarget uint8

// The targets of rules.
const (
	OnNothing RuleTarget = iota
	OnMetrics
	OnDimensions
	OnProperties
	OnItems
	OnEverything
)

// Rule says which blocks an access-rights metric governs (SPEC 2.7).
type Rule struct {
	Name       string
	Metric     *Block // of type access_rights, or Users roles (Ignore only)
	Categories Rights // Read, Write or both
	Ignore     bool   // scope: ignore
	Target     RuleTarget
	Blocks     []*Block // the targets of OnMetrics, OnProperties and OnItems
	Dims       []*List  // the dimensions of OnDimensions
	Replace    []Replacement
	Pos        Position
	TargetPos  []Position // of each of Blocks or Dims; may be shorter
}

// Replacement reads a rule's metric, along List, at the items that a formula of type list:List gives.
type Replacement struct {
	List    *List
	Formula Formula
}
