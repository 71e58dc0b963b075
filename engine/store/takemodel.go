package store

import (
	"errors"
	"fmt"

	"github.com/cubeward/cubeward/cube"
)

// modelTake reads the workspace that modelPut wrote. Lists have their items, whose names load reads when asked for.
type modelTake struct {
	*take
	ws    *cube.Workspace
	load  func(*cube.List) func() (string, []uint32, error)
	names []string // of files
	given map[*cube.Block]uint8
	rules []*cube.Rule // of all applications
}

var errOrder = errors.New("it is not where it was added")

func (t *modelTake) model() {
	t.ws = cube.NewWorkspace(t.text())
	t.flags(&t.ws.ResetAcrossApplications)
	t.keep(t.ws.Users, t.upTo(cube.MaxItems-2, "number of members"))
	accounts := t.array(uint64(cube.PrimaryOwner))
	if accounts.len() > t.ws.Users.Len() {
		t.fail(fmt.Errorf("%d accounts of %d members", accounts.len(), t.ws.Users.Len()))
	}
	for i := range accounts.len() {
		t.ws.Accounts = append(t.ws.Accounts, cube.AccountType(accounts.at(i)))
	}
	t.names = []string{""}
	for n := t.count(1); n > 0 && t.ok(); n-- {
		t.names = append(t.names, t.text())
	}
	for n := t.count(2); n > 0 && t.ok(); n-- {
		t.part()
	}
	t.ws.Users.Pos = t.position()
	t.given = map[*cube.Block]uint8{}
	for _, b := range t.ws.Blocks() {
		t.block(b)
	}
	for _, app := range t.ws.Applications {
		t.application(app)
	}
	for n := t.count(4); n > 0 && t.ok(); n-- {
		w := &cube.Error{Pos: t.position()}
		w.Message = t.text()
		t.ws.Warnings = append(t.ws.Warnings, w)
	}
	t.end()
}

func (t *modelTake) keep(l *cube.List, n int) {
	if !t.ok() {
		return
	}
	if err := l.Keep(n, t.load(l)); err != nil {
		t.fail(err)
	}
}

// part adds the next lists and blocks.
func (t *modelTake) part() {
	what := t.byte()
	switch what {
	case addApplication:
		t.ws.AddApplication(t.text())
	case addList:
		if app := t.app(); app != nil {
			l := app.AddList(t.text())
			t.keep(l, t.upTo(cube.MaxItems-2, "number of items"))
		}
	case addProperty:
		l := t.list()
		name := t.text()
		if l != nil {
			t.ws.AddProperty(l, name, cube.Type{})
		}
	case addMetric:
		if app := t.app(); app != nil {
			app.AddMetric(t.text(), cube.Type{})
		}
	default:
		t.fail(fmt.Errorf("unknown part %d", what))
	}
}

func (t *modelTake) app() *cube.Application {
	i := t.below(len(t.ws.Applications), "application")
	if !t.ok() {
		return nil
	}
	return t.ws.Applications[i]
}

func (t *modelTake) list() *cube.List {
	i := t.below(len(t.ws.Lists()), "list")
	if !t.ok() {
		return nil
	}
	return t.ws.Lists()[i]
}

func (t *modelTake) lists() []*cube.List {
	var out []*cube.List
	for n := t.count(1); n > 0 && t.ok(); n-- {
		out = append(out, t.list())
	}
	return out
}

func (t *modelTake) anyBlock() *cube.Block {
	i := t.below(len(t.ws.Blocks()), "block")
	if !t.ok() {
		return nil
	}
	return t.ws.Blocks()[i]
}

// place is a line or a column.
const maxPlace = 1<<31 - 1

func (t *modelTake) position() cube.Position {
	file := t.below(len(t.names), "file")
	p := cube.Position{Line: t.upTo(maxPlace, "line")}
	p.Column = t.upTo(maxPlace, "column")
	if t.ok() {
		p.File = t.names[file]
	}
	return p
}

func (t *modelTake) block(b *cube.Block) {
	b.Pos = t.position()
	if b.Kind == cube.ItemSet || b.App != nil && b == b.App.UsersRoles {
		return
	}
	b.Type.Kind = cube.Kind(t.upTo(int(cube.AccessRights), "type"))
	if b.Type.Kind == cube.Item {
		b.Type.List = t.list()
	}
	if b.Kind == cube.Metric {
		b.Dims = t.lists()
		if len(b.Dims) > cube.MaxDimensions {
			t.fail(fmt.Errorf("a metric of %d dimensions", len(b.Dims)))
		}
	}
	var calculated bool
	t.flags(&b.Overridable, &b.Public, &calculated)
	if given := uint8(t.upTo(givenLeft, "way to be given")); given != notGiven {
		t.given[b] = given
	}
	if calculated {
		b.Formula = t.formula()
	}
}

func (t *modelTake) formula() *cube.Formula {
	f := &cube.Formula{Text: t.text(), Pos: t.position()}
	f.Author = t.item(t.ws.Users.Len())
	f.AuthorPos = t.position()
	return f
}

func (t *modelTake) application(app *cube.Application) {
	app.Pos = t.position()
	var scenarios bool
	t.flags(&app.InheritWithin, &scenarios)
	app.Owner = t.item(t.ws.Users.Len())
	app.RoleList.Pos = t.position()
	for _, l := range app.Lists {
		l.Pos = t.position()
	}
	for i, n := 0, t.count(5); i < n && t.ok(); i++ {
		t.role(app, i)
	}
	if scenarios {
		t.scenarios(app)
	}
	for n := t.count(11); n > 0 && t.ok(); n-- {
		r := t.rule()
		app.Rules = append(app.Rules, r)
		t.rules = append(t.rules, r)
	}
}

// role reads role i, which must have that number.
func (t *modelTake) role(app *cube.Application, i int) {
	r := &cube.Role{Name: t.text()}
	t.flags(&r.Read, &r.Write)
	for n := t.count(1); n > 0 && t.ok(); n-- {
		r.Permissions = append(r.Permissions, cube.Permission(t.text()))
	}
	r.Pos = t.position()
	app.SetRole(r)
	if id, ok := app.RoleList.Find(r.Name); t.ok() && (!ok || int(id) != i) {
		t.fail(fmt.Errorf("role %d: %w", i, errOrder))
	}
}

func (t *modelTake) scenarios(app *cube.Application) {
	s := &cube.Scenarios{List: t.list(), Access: map[cube.ScenarioKey]cube.Access{}, ReadOnly: map[cube.ItemID]bool{}}
	s.Pos = t.position()
	items := 0
	if s.List != nil {
		items = s.List.Len()
	}
	for n := t.count(3); n > 0 && t.ok(); n-- {
		k := cube.ScenarioKey{Scenario: cube.ItemID(t.below(items, "scenario")), Role: cube.ItemID(t.below(len(app.Roles), "role"))}
		s.Access[k] = cube.Access(t.upTo(int(cube.AccessWrite), "level of access"))
	}
	for n := t.count(1); n > 0 && t.ok(); n-- {
		s.ReadOnly[cube.ItemID(t.below(items, "scenario"))] = true
	}
	app.Scenarios = s
}

func (t *modelTake) rule() *cube.Rule {
	r := &cube.Rule{Name: t.text(), Pos: t.position(), Metric: t.anyBlock()}
	var read, write bool
	t.flags(&read, &write, &r.Ignore)
	if read {
		r.Categories |= cube.Read
	}
	if write {
		r.Categories |= cube.Write
	}
	r.Target = cube.RuleTarget(t.upTo(int(cube.OnEverything), "target"))
	for n := t.count(1); n > 0 && t.ok(); n-- {
		r.Blocks = append(r.Blocks, t.anyBlock())
	}
	r.Dims = t.lists()
	for n := t.count(3); n > 0 && t.ok(); n-- {
		r.TargetPos = append(r.TargetPos, t.position())
	}
	for n := t.count(8); n > 0 && t.ok(); n-- {
		r.Replace = append(r.Replace, cube.Replacement{List: t.list(), Formula: *t.formula()})
	}
	return r
}
