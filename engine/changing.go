package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cubeward/cubeward/cube"
)

// changing makes changes in a workspace that nobody else has seen yet, and collects what is wrong with them.
type changing struct {
	ws      *cube.Workspace
	errs    cube.Errors
	at      int // which change it is, from 0
	change  Change
	pending map[*cube.Block]map[uint64]cube.Value // given cells that are not in their columns yet
	roles   map[*cube.Application]bool            // whose members' roles changed
}

// fail notes a mistake of the present change. Changes stand in no file: their number takes the place's.
func (c *changing) fail(format string, args ...any) {
	c.errs.Add(cube.Position{}, "change %d, %s: %s", c.at+1, c.change.what(), fmt.Sprintf(format, args...))
}

// make makes all changes, in order. The error is a cube.Errors.
func (c *changing) make(changes []Change) error {
	c.pending, c.roles = map[*cube.Block]map[uint64]cube.Value{}, map[*cube.Application]bool{}
	for i, change := range changes {
		c.at, c.change = i, change
		change.apply(c)
	}
	c.flush()
	for app := range c.roles {
		if err := setUsersRoles(app); err != nil {
			c.errs.Add(app.UsersRoles.Pos, "%s: %s", app.UsersRoles, err)
		}
	}
	c.errs = append(c.errs, ownersWithoutRole(c.ws)...)
	return c.errs.Err()
}

// setUsersRoles brings the given cells of Users roles up to the members' roles.
func setUsersRoles(app *cube.Application) error {
	if app.UsersRoles.Input == nil {
		return nil
	}
	space, err := app.UsersRoles.Space()
	if err == nil {
		app.UsersRoles.Input = roleColumn(app.UsersRoles, space, app.RoleOf)
	}
	return err
}

// ownersWithoutRole are the owners of applications whose role does not hold all permissions (SPEC 2.2).
func ownersWithoutRole(ws *cube.Workspace) (errs cube.Errors) {
	for _, app := range ws.Applications {
		if app.Owner < 0 {
			continue
		}
		if role := app.RoleOf(app.Owner); role < 0 || !app.Roles[role].HasAll() {
			errs.Add(app.Pos, "application %q: its owner %q needs a role with all permissions; change the owner first, or leave the role", app.Name, ws.Users.Item(app.Owner))
		}
	}
	return errs
}

// set remembers a given cell, until its column is made.
func (c *changing) set(b *cube.Block, cell uint64, v cube.Value) {
	if c.pending[b] == nil {
		c.pending[b] = map[uint64]cube.Value{}
	}
	c.pending[b][cell] = v
}

// flush puts the given cells into their columns.
func (c *changing) flush() {
	for b, given := range c.pending {
		col, err := inputOf(b)
		if err != nil {
			c.fail("%s", err)
			continue
		}
		cells := slices.Sorted(maps.Keys(given))
		values := make([]cube.Value, len(cells))
		for i, cell := range cells {
			values[i] = given[cell]
		}
		b.Input = col.With(cells, values)
	}
	clear(c.pending)
}

// inputOf is what is given for a block, BLANK where nothing is.
func inputOf(b *cube.Block) (*cube.Column, error) {
	if b.Input != nil {
		return b.Input, nil
	}
	space, err := b.Space()
	if err != nil {
		return nil, err
	}
	return cube.NewConstant(b.Type, space, cube.Value{}), nil
}

// The names in changes.

// find is the block of a name, as Rights.Find has it.
func (c *changing) find(ref, app string) *cube.Block {
	if ref == cube.UserName {
		return c.ws.Users.ItemSet
	}
	found, err := (&Rights{ws: c.ws}).Find(ref, app)
	if err != nil {
		c.fail("%s", err)
		return nil
	}
	return found.Block
}

func (c *changing) application(name string) *cube.Application {
	app, err := (&Rights{ws: c.ws}).application(name)
	switch {
	case err != nil:
		c.fail("%s", err)
	case app == nil:
		c.fail("the workspace has several applications; name one")
	}
	return app
}

func (c *changing) member(name string) (cube.ItemID, bool) {
	id, ok := c.ws.Users.Find(name)
	if !ok {
		c.fail("unknown member %q", name)
	}
	return id, ok
}

func (c *changing) list(ref, app string) *cube.List {
	b := c.find(ref, app)
	if b == nil {
		return nil
	}
	if b.Kind != cube.ItemSet {
		c.fail("%s is no list", b.Describe())
		return nil
	}
	return b.List
}

func (c *changing) metric(ref, app string) *cube.Block {
	b := c.find(ref, app)
	if b == nil {
		return nil
	}
	if b.Kind != cube.Metric {
		c.fail("%s is no metric", b.Describe())
		return nil
	}
	return b
}

func (c *changing) property(l *cube.List, name string) *cube.Block {
	p := l.Property(name)
	if p == nil {
		names := make([]string, len(l.Properties))
		for i, q := range l.Properties {
			names[i] = q.Name
		}
		c.fail("list %q has no property %q%s", l.Name, name, didYouMean(name, names))
	}
	return p
}

func (c *changing) item(l *cube.List, name string) (cube.ItemID, bool) {
	if l == c.ws.Users {
		return c.member(name)
	}
	id, ok := l.Find(name)
	if !ok {
		c.fail("list %q has no item %q", l.Name, name)
	}
	return id, ok
}

// role is the role of a name, NoItem for "".
func (c *changing) role(app *cube.Application, name string) (cube.ItemID, bool) {
	if name == "" {
		return cube.NoItem, true
	}
	id, ok := app.RoleList.Find(strings.TrimPrefix(name, app.Name+"::"))
	if !ok {
		id, ok = app.RoleList.Find(name)
	}
	if !ok {
		c.fail("unknown role %q in %s%s", name, app.Name, didYouMean(name, app.RoleList.Items()))
	}
	return id, ok
}

// The days of the years 0 to 9999: what files can say (SPEC 2.3).
const (
	minDay = -719528
	maxDay = 2932896
)

// value is a value for a block, as columns hold it.
func (c *changing) value(b *cube.Block, v cube.Value) (cube.Value, bool) {
	switch {
	case v.IsBlank():
		return v, true
	case b.Type.Kind == cube.Item && v.Kind() == cube.Text:
		id, ok := c.item(b.Type.List, v.Str())
		return cube.ItemValue(id), ok
	case b.Type.Kind == cube.Item:
		c.fail("%s is of type %s: give an item as the text of its name", b.Describe(), b.Type)
		return v, false
	case b.Type.Kind != v.Kind():
		c.fail("%s is of type %s, the value of type %s", b.Describe(), b.Type, v.Kind())
		return v, false
	case v.Kind() == cube.Text && !utf8.ValidString(v.Str()):
		c.fail("a text must be UTF-8")
		return v, false
	case v.Kind() == cube.Date && (v.Days() < minDay || v.Days() > maxDay):
		c.fail("the date is not of the years 0 to 9999")
		return v, false
	}
	return v, true
}

// name checks the name of a new item.
func (c *changing) name(l *cube.List, name string) bool {
	_, known := l.Find(name)
	switch {
	case name == "" || strings.TrimSpace(name) != name:
		c.fail("a name may not be empty, nor begin or end with a space")
	case !utf8.ValidString(name):
		c.fail("a name must be UTF-8")
	case known:
		c.fail("list %q has an item %q already", l.Name, name)
	default:
		return true
	}
	return false
}
