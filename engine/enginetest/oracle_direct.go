package enginetest

import (
	"slices"

	"github.com/cubeward/cubeward/cube"
)

const all = cube.Read | cube.Write

// factor is a condition: member × items of dims → what it allows (SPEC 1). In a category that it has no say in, it
// allows everything.
type factor struct {
	kind   string
	origin *cube.Application // the application whose rule it comes from
	direct bool              // of the block itself, not brought in by its formula
	dims   []*cube.List      // which dimensions it has, structurally (SPEC 4.1)
	allows func(member cube.ItemID, p place) cube.Rights

	memo      map[memberAt]cube.Rights
	elsewhere *factor // see brought
}

type memberAt struct {
	member cube.ItemID
	at     uint64
}

// The kinds of factors of SPEC 1.1.
const (
	membership  = "membership"
	roleDefault = "role_default"
	byRule      = "rule"
	scenario    = "scenario"
	permission  = "permission"
)

// at is what the factor allows at a place that has an item of each of its dimensions.
func (f *factor) at(member cube.ItemID, p place) cube.Rights {
	k := memberAt{member, p.key(f.dims)}
	if r, ok := f.memo[k]; ok {
		return r
	}
	r := f.allows(member, p)
	if f.memo == nil {
		f.memo = map[memberAt]cube.Rights{}
	}
	f.memo[k] = r
	return r
}

func (f *factor) has(lists ...*cube.List) bool { return len(shared(f.dims, lists)) > 0 }

// rights is read and write as one value.
func rights(read, write bool) cube.Rights {
	var r cube.Rights
	if read {
		r |= cube.Read
	}
	if write {
		r |= cube.Write
	}
	return r
}

// factorsOf is every factor of a block, direct and inherited, as blocks that use it inherit them. app is the
// application that names the block.
func (o *Oracle) factorsOf(app *cube.Application, b *cube.Block) []*factor {
	if !b.Reserved() {
		app = b.App
	}
	g := governed{app, b}
	if fs, ok := o.factors[g]; ok {
		return fs
	}
	if o.running[g] { // SPEC 3.4
		refuse("%s depends on itself", b)
	}
	o.running[g] = true
	fs := slices.Concat(o.direct(app, b), o.inherited(b))
	o.running[g] = false
	o.factors[g] = fs
	return fs
}

// direct is SPEC 1.1.
func (o *Oracle) direct(app *cube.Application, b *cube.Block) []*factor {
	if b.Reserved() {
		// The lists User and Role, their properties and Users roles carry only membership in the naming application.
		return []*factor{o.membership(app)}
	}
	if b.Type.Kind == cube.AccessRights {
		return []*factor{o.membership(app), o.permission(app)}
	}
	fs := o.itemsOrOwn(app, b)
	if b.Kind == cube.Property { // 1.1.5
		fs = append(fs, o.itemsOrOwn(app, b.List.ItemSet)...)
	}
	return fs
}

// itemsOrOwn is the direct factors of a block by itself, without those that a property has from its item set.
func (o *Oracle) itemsOrOwn(app *cube.Application, b *cube.Block) []*factor {
	fs := []*factor{o.membership(app)} // 1.1.1
	contributed := o.roleDefault(app, b)
	for _, rule := range app.Rules {
		if !rule.Ignore && targets(rule, b) && canGovern(o, rule, b) {
			if say := rule.Categories &^ lifted(app, b, rule.Metric); say != 0 {
				contributed = append(contributed, o.rule(app, rule, say))
			}
		}
	}
	if b.Public { // 1.1.6: the read factors go, but for membership and scenario
		for i, f := range contributed {
			contributed[i] = f.withoutRead()
		}
	}
	fs = append(fs, contributed...)
	if s := app.Scenarios; s != nil && slices.Contains(b.Dims, s.List) { // 1.1.4
		fs = append(fs, o.scenario(app, s))
	}
	return fs
}

// withoutRead is the factor without its say on reading.
func (f *factor) withoutRead() *factor {
	g := &factor{kind: f.kind, origin: f.origin, direct: f.direct, dims: f.dims}
	g.allows = func(member cube.ItemID, p place) cube.Rights { return f.at(member, p) | cube.Read }
	return g
}

// membership is 1.1.1.
func (o *Oracle) membership(app *cube.Application) *factor {
	return &factor{kind: membership, origin: app, direct: true, allows: func(member cube.ItemID, _ place) cube.Rights {
		if app.RoleOf(member) < 0 {
			return 0
		}
		return all
	}}
}

// roleDefault is 1.1.2: Users roles applied by an implicit rule to everything, which `ignore` may lift.
func (o *Oracle) roleDefault(app *cube.Application, b *cube.Block) []*factor {
	say := all &^ lifted(app, b, app.UsersRoles)
	if say == 0 {
		return nil
	}
	return []*factor{{kind: roleDefault, origin: app, direct: true, allows: func(member cube.ItemID, _ place) cube.Rights {
		var given cube.Rights
		if r := app.RoleOf(member); r >= 0 {
			given = rights(app.Roles[r].Read, app.Roles[r].Write)
		}
		return given | all&^say
	}}}
}

// permission is the factor of access-rights metrics: true for roles with define_application_security.
func (o *Oracle) permission(app *cube.Application) *factor {
	return &factor{kind: permission, origin: app, direct: true, allows: func(member cube.ItemID, _ place) cube.Rights {
		if r := app.RoleOf(member); r >= 0 && slices.Contains(app.Roles[r].Permissions, cube.DefineApplicationSecurity) {
			return all
		}
		return 0
	}}
}

// scenario is SPEC 2.6: the access of the member's role on each scenario; read_only forbids writing to everyone.
func (o *Oracle) scenario(app *cube.Application, s *cube.Scenarios) *factor {
	return &factor{kind: scenario, origin: app, direct: true, dims: dimSet(s.List), allows: func(member cube.ItemID, p place) cube.Rights {
		role, item := app.RoleOf(member), p[s.List.ID]
		access, written := s.Access[cube.ScenarioKey{Scenario: item, Role: role}]
		if !written {
			access = cube.AccessWrite
		}
		return rights(access != cube.AccessNone, access == cube.AccessWrite && !s.ReadOnly[item])
	}}
}

// targets is the `on` of SPEC 2.7. Access-rights metrics and reserved blocks are not governed by rules (1.1).
func targets(rule *cube.Rule, b *cube.Block) bool {
	if b.Type.Kind == cube.AccessRights || b.Reserved() {
		return false
	}
	switch rule.Target {
	case cube.OnMetrics, cube.OnProperties, cube.OnItems:
		return slices.Contains(rule.Blocks, b)
	case cube.OnDimensions: // metrics with all of them; never properties
		return b.Kind == cube.Metric && contains(b.Dims, rule.Dims)
	case cube.OnEverything:
		return true
	}
	return false
}

// lifted is the categories in which `ignore` rules lift every contribution of a metric from a block (1.1.3).
func lifted(app *cube.Application, b *cube.Block, metric *cube.Block) cube.Rights {
	var r cube.Rights
	for _, rule := range app.Rules {
		if rule.Ignore && rule.Metric == metric && targets(rule, b) {
			r |= rule.Categories
		}
	}
	return r
}

// after is N after `replace`: the metric's dimensions other than User, without the keys, together with the
// dimensions of all mappings (2.7).
func (o *Oracle) after(rule *cube.Rule) []*cube.List {
	dims := minus(dimSet(rule.Metric.Dims...), []*cube.List{o.ws.Users})
	for _, r := range rule.Replace {
		dims = minus(dims, []*cube.List{r.List})
	}
	for _, m := range o.mappings[rule] {
		dims = union(dims, m.dims)
	}
	return dims
}

// canGovern: N, after replace, is contained in the block's dimensions (2.7). Only `everything` passes over others.
func canGovern(o *Oracle, rule *cube.Rule, b *cube.Block) bool {
	return contains(b.Dims, o.after(rule))
}

// rule is what an apply rule contributes (1.1.3) in the categories where nothing lifts it: the metric's value at the
// member asking and the cell projected on the metric's other dimensions; BLANK, and a BLANK mapping, is neither read
// nor write.
func (o *Oracle) rule(app *cube.Application, rule *cube.Rule, say cube.Rights) *factor {
	mappings := o.mappings[rule]
	return &factor{kind: byRule, origin: app, direct: true, dims: o.after(rule), allows: func(member cube.ItemID, p place) cube.Rights {
		at := p.with(o.ws.Users, member)
		for i, r := range rule.Replace {
			// All replacements are simultaneous, and the mapping's User is the block's own: both read p.
			item := o.eval(mappings[i], p)
			if item.IsBlank() {
				return all &^ say
			}
			at = at.with(r.List, item.Item())
		}
		return o.blockValue(rule.Metric, at).Rights() | all&^say
	}}
}
