package audit

import (
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/inherit"
)

// Covered is what of a model expectations exercise.
type Covered struct {
	Rules, Idle []*cube.Rule // those that an expectation exercises, and those that none does, in the order of the model
	Factors     []IdleFactor // other conditions that none does
}

// IdleFactor is a condition, other than a rule's, that no expectation exercises.
type IdleFactor struct {
	Kind        inherit.NodeKind // Membership, RoleDefault, Permission or Scenario
	Application *cube.Application
	Role        *cube.Role // RoleDefault: whose default
}

// Coverage says what of a model expectations exercise. A rule is exercised where a block that is asked about has it
// among the factors of its rights, direct or inherited, in a category that is asked about, or has it to thank for not
// having one. So is an application's scenario access, and the permission on access-rights metrics. The default of a
// role is where a member with that role is asked about such a block, membership where one without a role is. Nothing is
// missed that the model does not have: roles and lacking roles count where members have, or lack, them.
func Coverage(r *engine.Rights, tests []Expectation) Covered {
	c := coverage{map[*cube.Rule]bool{}, map[coveredFactor]bool{}}
	for _, t := range tests {
		c.test(r, t)
	}
	var out Covered
	ws := r.Workspace()
	for _, app := range ws.Applications {
		for _, rule := range app.Rules {
			if c.rules[rule] {
				out.Rules = append(out.Rules, rule)
			} else {
				out.Idle = append(out.Idle, rule)
			}
		}
		out.Factors = append(out.Factors, c.idle(r, app)...)
	}
	return out
}

// coveredFactor is a factor by its kind, as it can be exercised.
type coveredFactor struct {
	kind inherit.NodeKind
	app  *cube.Application
	role cube.ItemID // RoleDefault, Membership: of a member asked about; 0 elsewhere
}

// coverage notes the rules and conditions that expectations exercise.
type coverage struct {
	rules      map[*cube.Rule]bool
	conditions map[coveredFactor]bool
}

// test notes what one expectation exercises.
func (c *coverage) test(r *engine.Rights, t Expectation) {
	trace := r.Plan().Trace(t.Ref.App, t.Ref.Block)
	for _, f := range trace.Factors {
		n := trace.Plan().Node(f.Over)
		if !t.asks(n.Category) {
			continue
		}
		for _, rule := range f.CutBy {
			c.rules[rule] = true
		}
		if f.Cut != inherit.NotCut {
			continue
		}
		for _, rule := range f.Rules {
			c.rules[rule] = true
		}
		switch f.Kind {
		case inherit.Scenario, inherit.Permission:
			c.conditions[coveredFactor{kind: f.Kind, app: n.Origin}] = true
		case inherit.Membership, inherit.RoleDefault:
			for _, role := range t.roles(r, n.Origin) {
				c.conditions[coveredFactor{f.Kind, n.Origin, role}] = true
			}
		}
	}
}

// asks says whether an expectation asks about a category. Writing needs reading, so every question is about reading.
func (t *Expectation) asks(category cube.Rights) bool {
	if category == cube.Read {
		return true
	}
	return t.Expect[WriteAspect] != AnyCells || t.Expect[LockedAspect] != AnyCells || t.Counts[WriteAspect] != nil ||
		t.Counts[LockedAspect] != nil || t.Only[WriteAspect] != nil
}

// roles are the roles of the members that an expectation asks about, NoItem for those without. Only asks about all.
func (t *Expectation) roles(r *engine.Rights, app *cube.Application) []cube.ItemID {
	var out []cube.ItemID
	for _, m := range t.Members {
		out = append(out, r.RoleOf(app, m.ID()))
	}
	if t.Only[ReadAspect] != nil || t.Only[WriteAspect] != nil {
		for m := range app.Workspace().Users.Len() {
			out = append(out, r.RoleOf(app, cube.ItemID(m)))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// idle are the conditions of an application that nothing exercises.
func (c *coverage) idle(r *engine.Rights, app *cube.Application) []IdleFactor {
	var out []IdleFactor
	have := map[cube.ItemID]bool{}
	for m := range app.Workspace().Users.Len() {
		have[r.RoleOf(app, cube.ItemID(m))] = true
	}
	if have[cube.NoItem] && !c.conditions[coveredFactor{inherit.Membership, app, cube.NoItem}] {
		out = append(out, IdleFactor{Kind: inherit.Membership, Application: app})
	}
	for i, role := range app.Roles {
		if have[cube.ItemID(i)] && !c.conditions[coveredFactor{inherit.RoleDefault, app, cube.ItemID(i)}] {
			out = append(out, IdleFactor{inherit.RoleDefault, app, role})
		}
	}
	secured := slices.ContainsFunc(app.Metrics, func(b *cube.Block) bool { return b.Type.Kind == cube.AccessRights })
	if secured && !c.conditions[coveredFactor{kind: inherit.Permission, app: app}] {
		out = append(out, IdleFactor{Kind: inherit.Permission, Application: app})
	}
	if app.Scenarios != nil && !c.conditions[coveredFactor{kind: inherit.Scenario, app: app}] {
		out = append(out, IdleFactor{Kind: inherit.Scenario, Application: app})
	}
	return out
}
