package cube

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Validate reports what is wrong with a workspace in itself: names, types, dimensions, given values, roles and rules
// that contradict SPEC 2, as an Errors. Formulas are not looked at, nor is what rules can govern: that is the business of
// inherit.Resolve, which calls Validate first. Workspaces that modelfile.Load returned without an error are valid.
// Its cost does not follow the number of members, items or cells.
func (ws *Workspace) Validate() error {
	v := validator{ws: ws}
	seen := map[string]bool{}
	for _, app := range ws.Applications {
		v.name(app.Pos, "application", app.Name, seen)
		if app.ws != ws {
			v.errs.Add(app.Pos, "application %q belongs to another workspace", app.Name)
			continue
		}
		v.application(app)
	}
	v.properties(ws.Users)
	return v.errs.Err()
}

type validator struct {
	ws   *Workspace
	errs Errors
}

// name checks a name, and that none before was the same.
func (v *validator) name(pos Position, what, name string, seen map[string]bool) {
	switch {
	case name == "" || strings.TrimSpace(name) != name:
		v.errs.Add(pos, "%s %q: a name may not be empty, nor begin or end with a space", what, name)
	case !utf8.ValidString(name):
		v.errs.Add(pos, "%s %q: a name must be UTF-8", what, name)
	case strings.Contains(name, "::"):
		v.errs.Add(pos, "%s %q: a name may not hold \"::\"", what, name)
	case seen[name]:
		v.errs.Add(pos, "%s %q stands twice", what, name)
	}
	seen[name] = true
}

func (v *validator) application(app *Application) {
	seen := map[string]bool{UserName: true, RoleName: true, UsersRolesName: true}
	for _, l := range app.Lists {
		v.name(l.Pos, "list", l.Name, seen)
		v.properties(l)
	}
	for _, m := range app.Metrics {
		v.name(m.Pos, "metric", m.Name, seen)
		v.block(m)
		v.metric(m)
	}
	if len(app.Roles) != app.RoleList.Len() {
		v.errs.Add(app.Pos, "application %q: %d roles for %d items of Role; use SetRole", app.Name, len(app.Roles), app.RoleList.Len())
	}
	for m, role := range app.roleOf {
		if int(role) >= len(app.Roles) || m >= v.ws.Users.Len() && role >= 0 {
			v.errs.Add(app.Pos, "application %q: a member or a role that does not exist was given to SetRoleOf", app.Name)
			break
		}
	}
	if !app.InheritWithin && !v.ws.ResetAcrossApplications {
		v.errs.Add(app.Pos, "application %q: inheritance within an application is only left out where RESETACCESSRIGHTS may cut what comes from others", app.Name)
	}
	if s := app.Scenarios; s != nil && (s.List == nil || s.List.App != app || s.List.Reserved) {
		v.errs.Add(s.Pos, "application %q: its scenarios must be the items of a list of its own", app.Name)
	}
	rules := map[string]bool{UsersRolesName: true}
	for _, r := range app.Rules {
		v.name(r.Pos, "rule", r.Name, rules)
		v.rule(app, r)
	}
}

func (v *validator) properties(l *List) {
	seen := map[string]bool{}
	for _, p := range l.Properties {
		v.name(p.Pos, "property", p.Name, seen)
		v.block(p)
		if p.Type.Kind == AccessRights {
			v.errs.Add(p.Pos, "%s: a property cannot be of type access_rights", p.Describe())
		}
		if p.App == nil && p.Formula != nil {
			v.errs.Add(p.Pos, "%s: properties of members have no formulas", p.Describe())
		}
	}
}

// block checks what metrics and properties share.
func (v *validator) block(b *Block) {
	if (b.Type.Kind == Item) != (b.Type.List != nil) || b.Type.Kind == NoKind || b.Type.Kind > AccessRights {
		v.errs.Add(b.Pos, "%s: its type is none", b.Describe())
	}
	for i, d := range b.Dims {
		if d == nil || int(d.ID) >= len(v.ws.lists) || v.ws.lists[d.ID] != d {
			v.errs.Add(b.Pos, "%s: its dimension %d is no list of this workspace", b.Describe(), i+1)
			return
		}
		if slices.Contains(b.Dims[:i], d) {
			v.errs.Add(b.Pos, "%s has the dimension %q twice", b.Describe(), d.Name)
		}
	}
	if len(b.Dims) > MaxDimensions {
		v.errs.Add(b.Pos, "%s has %d dimensions; a block may have %d", b.Describe(), len(b.Dims), MaxDimensions)
	}
	if in := b.Input; in != nil && (in.Type() != b.Type || !slices.Equal(in.Space().Dims(), b.Dims)) {
		v.errs.Add(b.Pos, "%s: its values are %s over (%s), not of its type over its dimensions in order", b.Describe(), in.Type(), in.Space())
	}
	if b.Overridable && b.Formula == nil {
		v.errs.Add(b.Pos, "%s is overridable, but has no formula to override", b.Describe())
	}
	if b.Input != nil && b.Formula != nil && !b.Overridable {
		v.errs.Add(b.Pos, "%s has values and a formula; make it overridable, or drop one", b.Describe())
	}
}

// metric checks what is said of metrics alone, above all of access-rights metrics (SPEC 1.1, 2.4).
func (v *validator) metric(m *Block) {
	if m.Type.Kind != AccessRights {
		return
	}
	if !slices.Contains(m.Dims, v.ws.Users) {
		v.errs.Add(m.Pos, "%s is of type access_rights and needs the dimension User", m.Describe())
	}
	if m.Public || m.Overridable {
		v.errs.Add(m.Pos, "%s is of type access_rights: it can be neither public nor overridable", m.Describe())
	}
}

func (v *validator) rule(app *Application, r *Rule) {
	wrong := func(format string, args ...any) {
		v.errs.Add(r.Pos, "rule %q "+format, append([]any{r.Name}, args...)...)
	}
	switch {
	case r.Metric == nil || r.Metric.App != app:
		wrong("needs a metric of its application")
	case r.Metric == app.UsersRoles && !r.Ignore:
		wrong("can only ignore Users roles: it is applied everywhere")
	case r.Metric != app.UsersRoles && r.Metric.Type.Kind != AccessRights:
		wrong("needs a metric of type access_rights, not %s", r.Metric.Type)
	}
	if r.Categories == 0 || r.Categories > Read|Write {
		wrong("must be about reading, writing or both")
	}
	if r.Ignore && len(r.Replace) > 0 {
		wrong("ignores: it has nothing to replace")
	}
	want := map[RuleTarget]BlockKind{OnMetrics: Metric, OnProperties: Property, OnItems: ItemSet}
	kind, named := want[r.Target]
	if r.Target == OnNothing || r.Target > OnEverything || named && len(r.Blocks) == 0 || r.Target == OnDimensions && len(r.Dims) == 0 {
		wrong("targets nothing")
	}
	for _, b := range r.Blocks {
		if !named || b.Kind != kind || b.App != app || b.Reserved() || b.Type.Kind == AccessRights {
			wrong("cannot target %s", b.Describe())
		}
	}
}
