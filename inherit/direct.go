package inherit

import (
	"context"
	"fmt"
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
)

// contribution is a rule's factor on a block in one category.
type contribution struct {
	rule *cube.Rule
	node NodeID
}

// governance is what the rules of one application say of its blocks.
type governance struct {
	given  map[cube.BlockID][]contribution
	lifted map[cube.BlockID][]*cube.Rule // the `ignore` rules that target the block
}

var categories = [...]cube.Rights{cube.Read, cube.Write}

// govern applies the rules of an application to its blocks (SPEC 2.7).
func (b *builder) govern(ctx context.Context, app *cube.Application) governance {
	g := governance{given: map[cube.BlockID][]contribution{}, lifted: map[cube.BlockID][]*cube.Rule{}}
	blocks := slices.DeleteFunc(slices.Clone(b.plan.ws.Blocks()), func(blk *cube.Block) bool {
		return blk.App != app || blk.Reserved() || blk.Type.Kind == cube.AccessRights
	})
	for _, r := range app.Rules {
		if ctx.Err() != nil {
			break
		}
		if r.Ignore {
			for _, i := range targets(r, blocks) {
				g.lifted[i.block.ID] = append(g.lifted[i.block.ID], r)
				b.plan.governed[r]++
			}
			continue
		}
		b.apply(app, r, blocks, g)
	}
	return g
}

// apply gives the factor of an `apply` rule to the blocks that it governs, and reports those that it cannot.
func (b *builder) apply(app *cube.Application, r *cube.Rule, blocks []*cube.Block, g governance) {
	at, ok := b.replacements(app, r)
	if !ok {
		return
	}
	n := b.gather(metricDims(r.Metric), at, false)
	if r.Target == cube.OnDimensions && !contains(r.Dims, n.Dims) {
		b.errs.Add(r.Pos, "rule %q cannot govern these dimensions: its metric %q needs %s too; name it under `dimensions`, or replace it",
			r.Name, r.Metric.Name, dimNames(without(n.Dims, r.Dims...), app))
		return
	}
	nodes := map[cube.Rights]NodeID{}
	for _, c := range categories {
		if r.Categories&c != 0 {
			nodes[c] = b.ruleNode(r.Metric, c, n)
		}
	}
	b.narrow(r.Pos, fmt.Sprintf("rule %q", r.Name))
	for _, tgt := range targets(r, blocks) {
		if !contains(tgt.block.Dims, n.Dims) {
			if r.Target == cube.OnEverything {
				b.plan.passed[r]++
				continue
			}
			b.errs.Add(tgt.pos, "rule %q cannot govern %s: its metric %q needs the dimension %s, which the block lacks; replace it, or target other blocks",
				r.Name, tgt.block.Describe(), r.Metric.Name, dimNames(without(n.Dims, tgt.block.Dims...), app))
			continue
		}
		b.plan.governed[r]++
		for _, c := range categories {
			if id, ok := nodes[c]; ok {
				g.given[tgt.block.ID] = append(g.given[tgt.block.ID], contribution{r, id})
			}
		}
	}
}

// ruleNode is the node of a rule's metric in one category, read where its replacements say.
func (b *builder) ruleNode(metric *cube.Block, c cube.Rights, n Node) NodeID {
	leaf := b.add(Node{Kind: Metric, Dims: metricDims(metric), Origin: metric.App, Category: c, Metric: metric})
	if !slices.ContainsFunc(n.From, func(s Source) bool { return s.Form != FromDim }) {
		return leaf
	}
	return b.derive(leaf, n)
}

// metricDims are the dimensions of an access-rights metric other than the member asking, sorted.
func metricDims(m *cube.Block) []*cube.List {
	return sortDims(slices.DeleteFunc(slices.Clone(m.Dims), func(d *cube.List) bool { return d == m.App.Workspace().Users }))
}

// replacements checks the mappings of a rule (SPEC 2.7, dimension replacement).
func (b *builder) replacements(app *cube.Application, r *cube.Rule) (map[*cube.List]reading, bool) {
	at, ok := map[*cube.List]reading{}, true
	for i := range r.Replace {
		rep := &r.Replace[i]
		if !slices.Contains(metricDims(r.Metric), rep.List) {
			b.errs.Add(rep.Formula.Pos, "rule %q: cannot replace %s: it is not a dimension of the metric %q", r.Name, rep.List.NameIn(app), r.Metric.Name)
			ok = false
			continue
		}
		e := b.check(app, fmt.Sprintf("rule %q", r.Name), &rep.Formula,
			formula.Target{Type: cube.Type{Kind: cube.Item, List: rep.List}, AnyDims: true})
		if e == nil {
			ok = false
			continue
		}
		at[rep.List] = reading{b.source(e), e.Dims}
	}
	return at, ok
}

type target struct {
	block *cube.Block
	pos   cube.Position
}

// targets are the blocks that a rule names, whether it can govern them or not.
func targets(r *cube.Rule, blocks []*cube.Block) []target {
	var out []target
	switch r.Target {
	case cube.OnMetrics, cube.OnProperties, cube.OnItems:
		for i, blk := range r.Blocks {
			pos := r.Pos
			if i < len(r.TargetPos) {
				pos = r.TargetPos[i]
			}
			out = append(out, target{blk, pos})
		}
	case cube.OnDimensions, cube.OnEverything:
		for _, blk := range blocks {
			if r.Target == cube.OnEverything || blk.Kind == cube.Metric && contains(blk.Dims, r.Dims) {
				out = append(out, target{blk, r.Pos})
			}
		}
	}
	return out
}

// direct are the direct factors of a block (SPEC 1.1), and those lifted from it.
func (b *builder) direct(blk *cube.Block, g governance) (kept []Direct, lifted []Lifted) {
	app := blk.App
	for _, c := range categories {
		kept = append(kept, Direct{Node: b.leaf(Membership, app, c), Kind: Membership})
		if blk.Type.Kind == cube.AccessRights {
			kept = append(kept, Direct{Node: b.leaf(Permission, app, c), Kind: Permission})
			continue
		}
		stated := append([]Direct{{Node: b.leaf(RoleDefault, app, c), Kind: RoleDefault}}, b.ruled(blk, c, g)...)
		for _, d := range stated {
			by := lifters(d, c, app, g.lifted[blk.ID])
			if len(by) > 0 || blk.Public && c == cube.Read {
				lifted = append(lifted, Lifted{d, by})
				continue
			}
			kept = append(kept, d)
		}
		if s := app.Scenarios; s != nil && slices.Contains(blk.Dims, s.List) {
			kept = append(kept, Direct{Node: b.leaf(Scenario, app, c), Kind: Scenario})
		}
	}
	return kept, lifted
}

// ruled are the factors that rules give a block in one category: one for each metric and replacement, with all rules
// that bring it.
func (b *builder) ruled(blk *cube.Block, c cube.Rights, g governance) []Direct {
	var out []Direct
	for _, given := range g.given[blk.ID] {
		if b.plan.nodes[given.node].Category != c {
			continue
		}
		i := slices.IndexFunc(out, func(d Direct) bool { return d.Node == given.node })
		if i < 0 {
			i = len(out)
			out = append(out, Direct{Node: given.node, Kind: Metric})
		}
		out[i].Rules = append(out[i].Rules, given.rule)
	}
	return out
}

// lifters are the `ignore` rules that lift a direct factor: those of its own metric, in its category.
func lifters(d Direct, c cube.Rights, app *cube.Application, rules []*cube.Rule) []*cube.Rule {
	metric := app.UsersRoles
	if d.Kind == Metric {
		metric = d.Rules[0].Metric
	}
	var by []*cube.Rule
	for _, r := range rules {
		if r.Metric == metric && r.Categories&c != 0 {
			by = append(by, r)
		}
	}
	return by
}
