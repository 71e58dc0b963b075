package bench

import (
	"context"
	"fmt"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
)

// updatesInARow is how many generations a measurement makes one from the other, before it begins anew.
const updatesInARow = 1000

// changeKinds are the kinds of change that are measured: those of one member first.
func changeKinds() []string {
	return []string{"role", "cell", "attribute", "member-added", "member-removed", "property", "item", "rule", "formula"}
}

// Update changes the compiled company: makes another generation of its rights. Those of one member are made one after
// the other, as in the life of a service; the others, which let the model grow or shrink, all of the first generation.
func (c Company) Update(kind string) Workload {
	return Workload{Name: "Update/change=" + kind + "/" + c.Model(), Prepare: func(ctx context.Context, s *Stage) (*Op, error) {
		base, err := s.Rights(ctx, c)
		if err != nil {
			return nil, err
		}
		draw := newChanges(base.Workspace(), c.Seed)
		if draw.of(kind, 0) == nil {
			return nil, fmt.Errorf("bench: no change %q; there are %v", kind, changeKinds())
		}
		last, done := base, 0
		return &Op{Members: 1, Do: func(ctx context.Context) error {
			next, err := last.Update(ctx, draw.of(kind, done))
			if err != nil {
				return err
			}
			if done++; kind == "role" || kind == "cell" || kind == "attribute" {
				last = next
			}
			if done%updatesInARow == 0 {
				last = base
			}
			return nil
		}}, nil
	}}
}

// changes draws changes of a company.
type changes struct {
	dice dice
	ws   *cube.Workspace
	app  *cube.Application
}

func newChanges(ws *cube.Workspace, seed uint64) *changes {
	return &changes{newDice(seed, 10), ws, ws.Applications[0]}
}

// member is any member but the first one, who owns the application and stays what they are.
func (c *changes) member() string {
	return c.ws.Users.Item(cube.ItemID(1 + c.dice.n(c.ws.Users.Len()-1)))
}

func (c *changes) any(l *cube.List) string { return l.Item(cube.ItemID(c.dice.n(l.Len()))) }

// of is a change of a kind; nil where there is no such kind. Each differs from the one before.
func (c *changes) of(kind string, n int) engine.Change {
	country := c.app.List("Country")
	switch kind {
	case "role":
		return engine.SetRole{Member: c.member(), Role: c.any(c.app.RoleList)}
	case "cell":
		return engine.SetCell{Metric: "Countries given", Items: []string{c.member(), c.any(country)}, Value: cube.RightsValue(cube.Rights(c.dice.n(4)))}
	case "attribute":
		return engine.SetProperty{List: cube.UserName, Item: c.member(), Property: "Country", Value: cube.TextValue(c.any(country))}
	case "member-added":
		return engine.AddMember{
			Name: fmt.Sprintf("new-%08d@example.com", n), Attributes: map[string]cube.Value{"Country": cube.TextValue(c.any(country)), "Level": cube.NumberValue(3)},
			Roles: map[string]string{c.app.Name: "Reader"},
		}
	case "member-removed":
		return engine.RemoveMember{Name: c.member()}
	case "property":
		return engine.SetProperty{List: "Country", Item: c.any(country), Property: "Region", Value: cube.TextValue(c.any(c.app.List("Region")))}
	case "item":
		return engine.AppendItem{List: "Country", Item: fmt.Sprintf("country-new-%d", n), Properties: map[string]cube.Value{"Region": cube.TextValue(c.any(c.app.List("Region")))}}
	case "rule":
		return engine.RemoveRule{Name: c.app.Rules[n%len(c.app.Rules)].Name}
	case "formula":
		return engine.SetFormula{Block: "By country", Formula: fmt.Sprintf("IF(User.Country = Country OR User.Level > %d, ACCESSRIGHTS(TRUE, TRUE))", n%10)}
	}
	return nil
}

// DiffMembers says who gains and who loses what between two generations of the company: a hundred members have other
// roles, a hundred other cells.
func (c Company) DiffMembers() Workload {
	return Workload{Name: "Diff/change=members/" + c.Model(), Prepare: func(ctx context.Context, s *Stage) (*Op, error) {
		old, err := s.Rights(ctx, c)
		if err != nil {
			return nil, err
		}
		draw := newChanges(old.Workspace(), c.Seed)
		var all []engine.Change
		for n := range 100 {
			all = append(all, draw.of("role", n), draw.of("cell", n))
		}
		now, err := old.Update(ctx, all...)
		if err != nil {
			return nil, err
		}
		return &Op{Members: int64(old.Workspace().Users.Len()), Do: func(ctx context.Context) error {
			_, err := audit.Diff(ctx, old, now, audit.DiffOptions{})
			return err
		}}, nil
	}}
}
