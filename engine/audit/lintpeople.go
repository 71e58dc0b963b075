package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
)

// settings looks at the settings that take rights away from formulas (SPEC 4.4).
func (l *linter) settings() error {
	if l.ws.ResetAcrossApplications && len(l.ws.Applications) > 1 {
		l.add(codeAcross, l.ws.Applications[0].Pos, "leave the setting out where no application means to publish what another one guards",
			"settings.reset_across_applications is true: RESETACCESSRIGHTS in any application cuts the rights that come from the others")
	}
	for _, app := range l.ws.Applications {
		if !app.InheritWithin {
			l.add(codeInheritanceOff, app.Pos, "govern every calculated block by rules of its own, or leave the setting out",
				"settings.inherit_within_application is false: formulas of %q show what they read to whoever may read the result, whatever rules govern the source", app.Name)
		}
		l.scenarios(app)
	}
	return nil
}

// scenarios looks for access that is what is absent means (SPEC 2.6).
func (l *linter) scenarios(app *cube.Application) {
	s := app.Scenarios
	if s == nil {
		return
	}
	var named []string
	for scenario := range s.List.Len() {
		for role := range app.Roles {
			key := cube.ScenarioKey{Scenario: cube.ItemID(scenario), Role: cube.ItemID(role)}
			if level, ok := s.Access[key]; ok && level == cube.AccessWrite {
				named = append(named, fmt.Sprintf("%q for %q", s.List.Item(key.Scenario), app.Roles[role].Name))
			}
		}
	}
	if len(named) > 0 {
		l.add(codeDefaultAccess, s.Pos, "leave it out: what is absent is write",
			"scenario access names write, which holds where nothing is named: %s", few(named))
	}
}

// people looks for members without a role, and roles without members.
func (l *linter) people() error {
	for _, app := range l.ws.Applications {
		heads := make([]int, len(app.Roles))
		var without []cube.ItemID
		for m := range l.ws.Users.Len() {
			if role := l.r.RoleOf(app, cube.ItemID(m)); role >= 0 {
				heads[role]++
			} else {
				without = append(without, cube.ItemID(m))
			}
		}
		switch n := len(without); {
		case n == 0:
		case n == l.ws.Users.Len():
			l.add(codeNoRole, app.Pos, "give somebody a role under user_roles", "no member has a role in %q: nobody reads anything in it", app.Name)
		default:
			l.add(codeNoRole, app.Pos, "give them a role under user_roles, or leave it at that if they have no business here",
				"%d of %s %s no role in %q, and so no rights in it: %s", n, plural(l.ws.Users.Len(), "member", "members"), hasOrHave(n), app.Name, l.memberNames(without))
		}
		for i, r := range app.Roles {
			if heads[i] == 0 && r.Pos.File != "" {
				l.add(codeUnusedRole, r.Pos, "give it to somebody, or leave it out", "nobody has the role %q in %q", r.Name, app.Name)
			}
		}
	}
	return nil
}

func hasOrHave(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
}

// warnings passes on what Load left out, at the metric or user_roles that the file is of where that is clear.
func (l *linter) warnings() error {
	for _, w := range l.ws.Warnings {
		var at []*cube.Block
		for _, app := range l.ws.Applications {
			if strings.HasPrefix(w.Message, "user_roles: ") {
				at = append(at, app.UsersRoles)
			}
			for _, m := range app.Metrics {
				if m.Type.Kind == cube.AccessRights && strings.HasPrefix(w.Message, m.Describe()+": ") {
					at = append(at, m)
				}
			}
		}
		at = slices.DeleteFunc(at, func(b *cube.Block) bool { return b.Pos.File == "" })
		const remedy = "correct the file, or add the members and items; what is left out only denies"
		if len(at) != 1 {
			l.add(codeUnknownSkipped, w.Pos, remedy, "%s", w.Message)
			continue
		}
		l.addBlock(codeUnknownSkipped, at[0], cube.Position{}, remedy, "%s, in %s", w.Message, w.Pos)
	}
	return nil
}
