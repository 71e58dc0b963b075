package audit

import (
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
	"github.com/cubeward/cubeward/inherit"
)

// effect is what a rule does to the direct factors of the blocks that it targets.
type effect struct {
	counts bool // a factor that it brings counts somewhere, or it lifts one
	first  bool // somewhere no rule before it brings the same factor
	before *cube.Rule
}

// rules looks for rules that do nothing, or deny everything.
func (l *linter) rules() error {
	effects := l.effects()
	for _, app := range l.ws.Applications {
		for _, r := range app.Rules {
			governed, passed := l.plan.Governed(r)
			e := effects[r]
			switch {
			case governed == 0 && passed > 0:
				l.add(codeGovernsNothing, r.Pos, "replace dimensions of its metric, or leave the rule out",
					"rule %q governs nothing: no block has all dimensions of %q", r.Name, r.Metric.Name)
			case governed == 0:
				l.add(codeGovernsNothing, r.Pos, "correct what it is on, or leave the rule out", "rule %q governs nothing: no block is what it is on", r.Name)
			case r.Ignore && !e.counts:
				l.add(codeWithoutEffect, r.Pos, "leave the rule out, or name the metric, access and blocks that it is to lift",
					"rule %q lifts nothing: no rule brings %q to what it is on, for its access", r.Name, r.Metric.Name)
			case !e.counts:
				l.add(codeWithoutEffect, r.Pos, "leave the rule out, or take its blocks out of what lifts it",
					"rule %q has no effect: all that it brings is lifted by ignore rules or public", r.Name)
			case !r.Ignore && !e.first:
				l.add(codeRepeated, r.Pos, "leave one of them out", "rule %q repeats what rule %q says of the same blocks", r.Name, e.before.Name)
			}
			if !r.Ignore && governed > 0 {
				if err := l.denier(app, r); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (l *linter) effects() map[*cube.Rule]*effect {
	out := map[*cube.Rule]*effect{}
	for _, app := range l.ws.Applications {
		for _, r := range app.Rules {
			out[r] = &effect{}
		}
	}
	for _, ref := range Blocks(l.ws) {
		st := l.plan.State(ref.App, ref.Block)
		for _, d := range st.Direct {
			if d.Items {
				continue // the item set's own entry tells
			}
			for i, r := range d.Rules {
				out[r].counts = true
				if i == 0 {
					out[r].first = true
				} else {
					out[r].before = d.Rules[0]
				}
			}
		}
		for _, lifted := range st.Lifted {
			for _, r := range lifted.By {
				out[r].counts = true
			}
		}
	}
	return out
}

// denier looks for a rule whose metric gives nobody with a role the right to read, or nothing at all. That nobody may
// write is how a plan is closed, and no finding.
func (l *linter) denier(app *cube.Application, r *cube.Rule) error {
	g, err := l.gives(r.Metric)
	if err != nil || !g.known || g.rights&r.Categories != 0 && (g.rights|^r.Categories)&cube.Read != 0 || g.rights != 0 && r.Categories&cube.Read == 0 {
		return err
	}
	what := map[cube.Rights]string{cube.Read: "read", cube.Write: "write", cube.Read | cube.Write: "read or write"}[r.Categories&^g.rights]
	governed, _ := l.plan.Governed(r)
	l.add(codeDeniesEveryone, r.Pos, "fill the metric, correct its formula, or leave the rule out",
		"rule %q lets nobody %s %s: %q gives no member of %q that right in any cell", r.Name, what, plural(governed, "block", "blocks"), r.Metric.Name, app.Name)
	return nil
}

// grants is what an access-rights metric gives any member with a role, in any cell.
type grants struct {
	rights cube.Rights
	known  bool // false where it has no cells, nobody a role, or its values take too much room
}

func (l *linter) gives(m *cube.Block) (grants, error) {
	if g, ok := l.given[m]; ok {
		return g, nil
	}
	g := grants{}
	if space, err := m.Space(); err == nil && space.Len() > 0 && l.inhabited(m.App) {
		var col *cube.Column
		if e := l.plan.Formula(m); e != nil {
			if col, err = l.evaluate(l.granting, e); err != nil {
				return g, err
			}
			g.known = col != nil
		} else {
			g.known = true
			if col, err = l.r.Values(l.ctx, m); err != nil {
				return g, err
			}
		}
		if col != nil {
			g.rights = l.givenBy(m.App, col)
		}
	}
	l.given[m] = g
	return g, nil
}

// givenBy is what a column of access rights holds in the rows of members with a role.
func (l *linter) givenBy(app *cube.Application, col *cube.Column) cube.Rights {
	user := col.Space().Axis(l.ws.Users)
	items := make([]cube.ItemID, len(col.Space().Dims()))
	vec := col.Vector()
	var gives cube.Rights
	for i, b := range vec.Bytes { // a literal BLANK has none
		v := cube.Rights(b)
		if b == cube.BlankByte || v&^gives == 0 {
			continue
		}
		switch col.Form() {
		case cube.Constant: // somebody has a role
			return v
		case cube.Sparse:
			col.Space().At(col.Cells()[i], items)
		default:
			col.Space().At(uint64(i), items)
		}
		if user < 0 || l.r.RoleOf(app, items[user]) >= 0 {
			gives |= v
		}
	}
	return gives
}

// rightsMetrics looks for access-rights metrics that no rule applies, nor reads by way of another.
func (l *linter) rightsMetrics() error {
	used := map[*cube.Block]bool{}
	var use func(*cube.Block)
	use = func(b *cube.Block) {
		if used[b] {
			return
		}
		used[b] = true
		if e := l.plan.Formula(b); e != nil {
			for next := range formula.Blocks(e) {
				use(next)
			}
		}
	}
	for _, app := range l.ws.Applications {
		for _, r := range app.Rules {
			if !r.Ignore {
				use(r.Metric)
			}
		}
	}
	for i := range l.plan.Exprs() { // mappings of rules and formulas
		for b := range formula.Blocks(l.plan.Expr(inherit.ExprID(i))) {
			use(b)
		}
	}
	for _, b := range l.plan.Order() { // what is no rights metric may read one, and show it
		if b.Type.Kind != cube.AccessRights {
			use(b)
		}
	}
	for _, app := range l.ws.Applications {
		for _, m := range app.Metrics {
			if m.Type.Kind != cube.AccessRights || used[m] {
				continue
			}
			remedy := "apply it by a rule, or leave it out"
			if slices.ContainsFunc(app.Rules, func(r *cube.Rule) bool { return r.Metric == m }) {
				l.addBlock(codeUnusedMetric, m, cube.Position{}, remedy, "only ignore rules name the access-rights metric %q: it governs nothing", m.Name)
				continue
			}
			l.addBlock(codeUnusedMetric, m, cube.Position{}, remedy, "no rule uses the access-rights metric %q, nor does a formula of one that is used", m.Name)
		}
	}
	return nil
}
