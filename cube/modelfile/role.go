package modelfile

import (
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
)

// declareRoles adds the roles of an application to the built-in ones, or in place of them.
func (l *loader) declareRoles(a *application) {
	n := a.def.get("roles")
	if n == nil {
		return
	}
	before := l.found
	defer func() { a.unsure = l.found > before }()
	roles := a.lists[cube.RoleName]
	entries, ok := l.entries(a.src, n, "roles")
	roles.partial = !ok
	for _, e := range entries {
		if !l.validName(a.src, e, "a role") {
			roles.partial = true
			continue
		}
		r := &cube.Role{Name: e.name, Pos: a.src.pos(e.key)}
		if e.value != nil {
			l.role(a, r, e)
		}
		a.SetRole(r)
	}
}

func (l *loader) role(a *application, r *cube.Role, e entry) {
	o, ok := l.object(a.src, e.value, "role "+quote(e.name), "read", "write", "permissions")
	if !ok {
		return
	}
	o.need(l, "read")
	o.need(l, "write")
	r.Read, r.Write = l.flag(o, "read", false), l.flag(o, "write", false)
	n := o.need(l, "permissions")
	switch {
	case n == nil:
		return
	case n.scalar() && n.text == "all":
		r.Permissions = cube.Permissions()
		return
	case n.scalar():
		l.mistake(a.src.pos(n), `permissions must be a list of permissions, or "all"`)
		return
	}
	known := cube.Permissions()
	names := make([]string, len(known))
	for i, p := range known {
		names[i] = string(p)
	}
	given, _ := l.names(a.src, n, "permissions")
	for _, p := range given {
		switch {
		case !slices.Contains(names, p.name):
			l.mistake(a.src.pos(p.key), "unknown permission %s%s", quote(p.name), l.didYouMean(p.name, oneOf(names)))
		case !r.Has(cube.Permission(p.name)):
			r.Permissions = append(r.Permissions, cube.Permission(p.name))
		}
	}
}

// findRole reads the name of a role, NoItem where it is none.
func (l *loader) findRole(a *application, n *node, name string) cube.ItemID {
	roles := a.lists[cube.RoleName]
	id, ok := roles.Find(name)
	if !ok {
		id, ok = roles.Find(a.own(name))
	}
	if ok {
		return id
	}
	if !roles.partial {
		l.flaw(a.src.pos(n), "unknown role %s%s", quote(name), l.didYouMean(name, roles.Items))
	}
	return cube.NoItem
}

// loadUserRoles reads who has which role, from the file or a table (SPEC 2.5).
func (l *loader) loadUserRoles(a *application) {
	e := a.def.find("user_roles")
	if e == nil || e.value == nil {
		return
	}
	a.UsersRoles.Pos = a.src.pos(e.key)
	before := l.found
	defer func() { a.unsure = a.unsure || l.found > before }()
	space, err := cube.NewSpace(l.ws.Users)
	if err != nil {
		l.mistake(a.UsersRoles.Pos, "%v", err)
		return
	}
	m := &metric{Block: a.UsersRoles, dims: []*list{l.users}, of: a.lists[cube.RoleName], def: object{what: "user_roles"}}
	c := l.newCells(a.src, m, space)
	if e.value.fileForm() {
		l.userRolesFile(a, c, e.value)
	} else {
		l.userRolesMapping(a, c, e.value)
	}
	column := c.column()
	if column == nil {
		return
	}
	a.UsersRoles.Input = column
	for u := range cube.ItemID(l.ws.Users.Len()) {
		if role := column.Value(uint64(u)).Item(); role != cube.NoItem {
			a.SetRoleOf(u, role)
		}
	}
}

// fileForm says whether user_roles names a file: it has the key file, and no other but on_unknown.
func (n *node) fileForm() bool {
	if !n.has("file") {
		return false
	}
	for i := 0; i < len(n.kids); i += 2 {
		if k := strings.TrimSpace(n.kids[i].text); k != "file" && k != "on_unknown" {
			return false
		}
	}
	return true
}

func (l *loader) userRolesFile(a *application, c *cells, n *node) {
	o, ok := l.object(a.src, n, "user_roles", "file", "on_unknown")
	file := o.get("file")
	if !ok || file == nil {
		return
	}
	c.skip = l.word(o, "on_unknown", "error", "skip") == "skip"
	c.filled = true
	c.readFile(file, [][]string{{cube.UserName}}, valueColumn{file, []string{cube.RoleName}})
}

func (l *loader) userRolesMapping(a *application, c *cells, n *node) {
	entries, _ := l.entries(a.src, n, "user_roles")
	for _, e := range entries {
		user := l.member(a.src, e.key, "user_roles")
		if e.value == nil {
			continue
		}
		name, ok := l.name(a.src, e.value, "a role")
		if !ok {
			continue
		}
		if role := l.findRole(a, e.value, name); role != cube.NoItem && user != cube.NoItem {
			c.builder.Set(uint64(user), cube.ItemValue(role))
		}
	}
}

// loadOwner checks that the owner of an application has a role with all permissions.
func (l *loader) loadOwner(a *application) {
	n := a.def.get("owner")
	if n == nil {
		return
	}
	if a.Owner = l.member(a.src, n, "owner"); a.Owner == cube.NoItem || a.unsure {
		return
	}
	role := a.RoleOf(a.Owner)
	switch {
	case role == cube.NoItem:
		l.flaw(a.src.pos(n), "the owner %s has no role; an owner needs one with all permissions", quote(n.text))
	case !a.Roles[role].HasAll():
		l.flaw(a.src.pos(n), "the owner %s has the role %s, which lacks permissions; an owner needs all",
			quote(n.text), quote(a.Roles[role].Name))
	}
}

// loadAccounts reads the types of the members' accounts (SPEC 2.1).
func (l *loader) loadAccounts(src *source, n *node) {
	if n == nil {
		return
	}
	var types []string
	for t := cube.Standard; t <= cube.PrimaryOwner; t++ {
		types = append(types, t.String())
	}
	l.ws.Accounts = make([]cube.AccountType, l.ws.Users.Len())
	entries, _ := l.entries(src, n, "accounts")
	for _, e := range entries {
		user := l.member(src, e.key, "accounts")
		if e.value == nil {
			continue
		}
		name, ok := l.text(src, e.value, "an account type")
		if !ok {
			continue
		}
		t := slices.Index(types, name)
		switch {
		case t < 0:
			l.flaw(src.pos(e.value), "unknown account type %s; they are %s%s", quote(name), strings.Join(types, ", "), l.didYouMean(name, oneOf(types)))
		case user != cube.NoItem:
			l.ws.Accounts[user] = cube.AccountType(t)
		}
	}
}
