package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/formula"
	"github.com/cubeward/cubeward/inherit"
)

// blocks looks at what everybody together may do with each block.
func (l *linter) blocks() error {
	ruled := ruledNodes(l.plan)
	deniers := map[*cube.Rule]bool{}
	for _, app := range l.ws.Applications {
		for _, r := range app.Rules {
			if r.Ignore || r.Categories&cube.Read == 0 {
				continue
			}
			g, err := l.gives(r.Metric)
			if err != nil {
				return err
			}
			deniers[r] = g.known && g.rights&cube.Read == 0
		}
	}
	unread := map[*cube.Block]bool{}
	for _, ref := range Blocks(l.ws) {
		b := ref.Block
		if b.Public {
			l.public(b)
		} else {
			l.unruled(b, ruled)
		}
		if !l.inhabited(b.App) {
			continue
		}
		read, err := l.anybody(ref, engine.Readable)
		if err != nil {
			return err
		}
		unread[b] = !read
		switch {
		case read:
			err = l.unwritten(ref)
		case b.Kind != cube.Property || !unread[b.List.ItemSet]: // the names say it for their properties
			l.unread(ref, deniers)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// public reports a public metric (SPEC 1.1.6).
func (l *linter) public(b *cube.Block) {
	l.addBlock(codePublic, b, cube.Position{}, "leave public out where not everyone with a role in the application is meant",
		"%s is public: whatever its rules and the defaults of roles say, every member with a role in %q reads it, as far as its formula and scenarios allow", b.Describe(), b.App.Name)
}

// ruledNodes says of each node of a plan whether a rule has a say in it.
func ruledNodes(p *inherit.Plan) []bool {
	out := make([]bool, p.Len())
	for i := range out {
		n := p.Node(inherit.NodeID(i))
		out[i] = n.Kind == inherit.Metric || slices.ContainsFunc(n.Inputs, func(in inherit.NodeID) bool { return out[in] })
	}
	return out
}

// unruled reports a block of which no rule, direct or inherited, says who reads it. What is calculated from such
// blocks alone is not reported again, and properties are reported with their list.
func (l *linter) unruled(b *cube.Block, ruled []bool) {
	if b.Type.Kind == cube.AccessRights || l.isRuled(b, ruled) {
		return
	}
	if e := l.plan.Formula(b); e != nil {
		read := slices.Collect(formula.Blocks(e))
		if len(read) > 0 && !b.Overridable && !slices.ContainsFunc(read, func(b *cube.Block) bool { return l.isRuled(b, ruled) }) {
			return
		}
	} else if b.Kind == cube.Property {
		return
	}
	what, beside := b.Describe(), l.unruledProperties(b, ruled)
	switch len(beside) {
	case 0:
	case 1:
		what += " and its property " + beside[0]
	default:
		what += " and its properties " + few(beside)
	}
	st := l.plan.State(b.App, b)
	only := "only the defaults of roles do"
	if slices.ContainsFunc(st.Direct, func(d inherit.Direct) bool { return d.Kind == inherit.Scenario }) {
		only = "only the defaults of roles and the access to scenarios do"
	}
	for _, lifted := range st.Lifted {
		if lifted.Kind == inherit.RoleDefault && l.plan.Node(lifted.Node).Category == cube.Read {
			only = "even the defaults of roles are lifted"
			if len(lifted.By) > 0 {
				only += fmt.Sprintf(" by rule %q", lifted.By[0].Name)
			}
		}
	}
	writes := ""
	for _, d := range st.Direct {
		if d.Kind == inherit.Metric && l.plan.Node(d.Node).Category == cube.Write {
			writes = "; rules say only who writes it"
		}
	}
	l.addBlock(codeNoRule, b, cube.Position{}, "put a rule on it, or say in a comment that all roles may know it",
		"no rule governs who reads %s: %s%s", what, only, writes)
}

// unruledProperties names the properties that are reported with their list.
func (l *linter) unruledProperties(b *cube.Block, ruled []bool) []string {
	var names []string
	if b.Kind == cube.ItemSet {
		for _, p := range b.List.Properties {
			if !l.isRuled(p, ruled) && p.Formula == nil {
				names = append(names, fmt.Sprintf("%q", p.Name))
			}
		}
	}
	return names
}

func (l *linter) isRuled(b *cube.Block, ruled []bool) bool {
	return slices.ContainsFunc(l.plan.State(b.App, b).Read, func(id inherit.NodeID) bool { return ruled[id] })
}

// anybody says whether any member has a category in any cell of a block. Where that takes too much to count, somebody
// is assumed to. A block without cells is nobody's fault.
func (l *linter) anybody(ref engine.Ref, c engine.Category) (bool, error) {
	for _, group := range l.groups {
		if !l.hasRole(ref.Block.App, group) {
			continue
		}
		if err := l.ctx.Err(); err != nil {
			return false, err
		}
		v, err := l.r.MemberAt(group[0]).Block(ref)
		if err != nil {
			return false, err
		}
		if some, err := v.Any(c, nil); err != nil || some || v.Space().Len() == 0 {
			return true, nil
		}
	}
	return false, nil
}

// unread reports a block that nobody reads. Where a rule that denies everyone stands in the way, that says it.
func (l *linter) unread(ref engine.Ref, deniers map[*cube.Rule]bool) {
	if ref.Block.Type.Kind == cube.AccessRights {
		return // who may define security is a matter of roles, not of this metric
	}
	for _, f := range l.plan.Trace(ref.App, ref.Block).Factors {
		if f.Cut == inherit.NotCut && slices.ContainsFunc(f.Rules, func(r *cube.Rule) bool { return deniers[r] }) {
			return
		}
	}
	l.addBlock(codeNobodyReads, ref.Block, cube.Position{}, "let cubeward explain say what stands in the way of somebody who should read it",
		"nobody reads any cell of %s%s", ref.Block.Describe(), l.against(ref, cube.Read))
}

// unwritten reports a block for input that nobody writes.
func (l *linter) unwritten(ref engine.Ref) error {
	b := ref.Block
	if b.Kind == cube.ItemSet || b.Type.Kind == cube.AccessRights || b.Formula != nil && !b.Overridable {
		return nil
	}
	written, err := l.anybody(ref, engine.Unlocked)
	if err != nil || written {
		return err
	}
	why, remedy := "has no formula", "let somebody write it, or leave it at that if its values only come from files"
	if b.Overridable {
		why, remedy = "is overridable", "cut what its formula inherits with RESETACCESSRIGHTS, let somebody write it, or leave overridable out"
	}
	l.addBlock(codeNobodyWrites, b, cube.Position{}, remedy, "%s %s, but nobody writes any cell of it%s", b.Describe(), why, l.against(ref, cube.Write))
	return nil
}

// against names what every member with a role finds in the way, where it is one condition in all of the block.
func (l *linter) against(ref engine.Ref, c cube.Rights) string {
	read, reads, reading := "read", "reads", "reading"
	if c == cube.Write {
		read, reads, reading = "write", "writes", "writing"
	}
	for _, f := range l.plan.Trace(ref.App, ref.Block).Factors {
		if f.Cut != inherit.NotCut || l.plan.Node(f.Node).Category != c || !l.deniesAll(f) {
			continue
		}
		source := ""
		if f.Source != ref.Block {
			source = quoted(f.Source, ref.App) + ", which it reads"
		}
		switch origin := l.plan.Node(f.Node).Origin; {
		case !l.inhabited(origin):
			return fmt.Sprintf(": nobody has a role in %q to %s %s", origin.Name, read, source)
		case f.Kind == inherit.Metric:
			return fmt.Sprintf(": rule %q lets nobody %s %s", f.Rules[0].Name, read, cmp.Or(source, "it"))
		case f.Kind == inherit.RoleDefault:
			return ": no role that anybody has " + reads + " " + cmp.Or(source, "by default")
		case f.Kind == inherit.Scenario:
			return strings.TrimSpace(": no scenario is open for " + reading + " " + source)
		}
		return fmt.Sprintf(": no role that anybody has holds %s, which %s asks for", cube.DefineApplicationSecurity, quoted(f.Source, ref.App))
	}
	return ""
}

// deniesAll says whether a stated factor gives no member with a role anything, for its category.
func (l *linter) deniesAll(f inherit.Factor) bool {
	n := l.plan.Node(f.Node)
	app := n.Origin
	if f.Kind == inherit.Metric {
		g := l.given[f.Rules[0].Metric]
		return g.known && g.rights&n.Category == 0
	}
	for _, group := range l.groups {
		role := l.r.RoleOf(app, group[0])
		if role < 0 {
			continue
		}
		switch f.Kind {
		case inherit.RoleDefault:
			if def := app.Roles[role]; n.Category == cube.Read && def.Read || n.Category == cube.Write && def.Write {
				return false
			}
		case inherit.Scenario:
			for s := range app.Scenarios.List.Len() {
				if app.Scenarios.Rights(cube.ItemID(s), role)&n.Category != 0 {
					return false
				}
			}
		case inherit.Permission:
			if app.Roles[role].Has(cube.DefineApplicationSecurity) {
				return false
			}
		default:
			return false
		}
	}
	return true
}
