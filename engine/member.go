package engine

import (
	"fmt"
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// Member is a member of a workspace, whose rights Views tell. The zero Member reads and writes nothing. Members are
// immutable and may be shared by all goroutines.
type Member struct {
	rights *Rights
	id     cube.ItemID
	admin  string
}

// UnknownError says that a name in a question stands for nothing: an unknown member, block, application …
type UnknownError struct {
	What    string // "member", "block" …
	Name    string
	Message string // the whole message, with a suggestion where there is one
}

// Error is the message.
func (e *UnknownError) Error() string { return e.Message }

// RefusedError says that a member may not act as another one.
type RefusedError struct{ Admin, Member, Why string }

// Error says who asked for whom, and why not.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("%q may not act as %q: %s", e.Admin, e.Member, e.Why)
}

// Member is the member of that name; an *UnknownError where there is none, a *NotHeldError where the rights are not
// theirs.
func (r *Rights) Member(name string) (*Member, error) {
	m, err := r.named(name)
	if err == nil && !r.Holds(m.id) {
		return nil, &NotHeldError{"member", name}
	}
	return m, err
}

// named is the member of that name, whose rights may not be held.
func (r *Rights) named(name string) (*Member, error) {
	if err := r.ws.Users.Load(); err != nil {
		return nil, err
	}
	id, ok := r.ws.Users.Find(name)
	if !ok {
		return nil, &UnknownError{"member", name, fmt.Sprintf("unknown member %q", name)}
	}
	return &Member{rights: r, id: id}, nil
}

// Impersonate is a member as an administrator sees the workspace through their eyes: what the member reads, and
// nothing to write (SPEC 1.3). It fails with an *UnknownError, a *RefusedError or, where the rights do not hold the
// member, a *NotHeldError.
func (r *Rights) Impersonate(admin, member string) (*Member, error) {
	a, err := r.named(admin)
	if err != nil {
		return nil, err
	}
	m, err := r.Member(member)
	if err != nil {
		return nil, err
	}
	refuse := func(why string) (*Member, error) { return nil, &RefusedError{admin, member, why} }
	account := r.ws.Account(a.id)
	switch {
	case account != cube.SecurityAdmin && account != cube.PrimaryOwner:
		return refuse("only the accounts security_admin and primary_owner may act as others")
	case a.id == m.id:
		return refuse("nobody acts as themselves")
	case account == cube.SecurityAdmin && r.ws.Account(m.id) == cube.PrimaryOwner:
		return refuse("a security_admin may not act as a primary_owner")
	}
	m.admin = admin
	return m, nil
}

// Name is the member's name.
func (m *Member) Name() string { return m.rights.ws.Users.Item(m.id) }

// ID is the member's item in the list User.
func (m *Member) ID() cube.ItemID { return m.id }

// Admin is who acts as the member, "" where it is the member.
func (m *Member) Admin() string { return m.admin }

// Rights are the rights that the member was asked from.
func (m *Member) Rights() *Rights { return m.rights }

// Role is the member's role in an application, nil where they have none.
func (m *Member) Role(app *cube.Application) *cube.Role {
	if role := m.rights.RoleOf(app, m.id); role >= 0 {
		return app.Roles[role]
	}
	return nil
}

// RoleOf is the role that a member has in an application, as of this generation of rights: NoItem where there is none,
// or no such member or application. Roles change without a new workspace, so this is the one to ask, and not
// Application.RoleOf.
func (r *Rights) RoleOf(app *cube.Application, member cube.ItemID) cube.ItemID {
	if !slices.Contains(r.ws.Applications, app) || member < 0 || int(member) >= r.of.len() {
		return cube.NoItem
	}
	return r.roles()(app)(member)
}

// roleFinder finds the members' roles in an application of the workspace.
type roleFinder func(*cube.Application) func(member cube.ItemID) cube.ItemID

// roles finds roles as of this generation, without holding on to it.
func (r *Rights) roles() roleFinder {
	apps, of, profiles := r.ws.Applications, r.of, r.profiles
	return func(app *cube.Application) func(cube.ItemID) cube.ItemID {
		i := slices.Index(apps, app)
		return func(member cube.ItemID) cube.ItemID {
			p := of.at(int(member))
			if p == nobody {
				return app.RoleOf(member)
			}
			return profiles[p].roles[i]
		}
	}
}
