package enginetest

import (
	"math/rand/v2"
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// generatorOf is a generator that knows the lists and blocks of a workspace as if it had made them, so that it can
// make more rules and formulas for them. What it is not asked for, such as given values, it does not know.
func generatorOf(random *rand.Rand, ws *cube.Workspace) *generator {
	g := &generator{Rand: random, size: Medium(), narrow: random.IntN(5) < 2}
	apps := map[*cube.Application]*genApp{}
	for _, app := range ws.Applications {
		apps[app] = &genApp{name: app.Name}
		g.apps = append(g.apps, apps[app])
	}
	for _, l := range ws.Lists() {
		g.lists = append(g.lists, &genList{number: int(l.ID), app: apps[l.App], name: l.Name, items: slices.Clone(l.Items())})
	}
	g.users = g.lists[ws.Users.ID]
	for _, b := range ws.Blocks() {
		if b.Kind != cube.ItemSet {
			g.visible = append(g.visible, g.known(b, apps[b.App]))
		}
	}
	for _, app := range ws.Applications {
		a := apps[app]
		a.roleList, a.usersRoles = g.lists[app.RoleList.ID], g.blockOf(app.UsersRoles)
		for _, l := range app.Lists {
			a.lists = append(a.lists, g.lists[l.ID])
		}
		for _, m := range app.Metrics {
			a.metrics = append(a.metrics, g.blockOf(m))
		}
	}
	return g
}

// known is a block as the generator has it.
func (g *generator) known(b *cube.Block, app *genApp) *genBlock {
	out := &genBlock{of: b, app: app, name: b.Name, typ: genType{kind: b.Type.Kind}, visible: true}
	if b.Type.List != nil {
		out.typ.list = g.lists[b.Type.List.ID]
	}
	for _, d := range b.Dims {
		out.order = append(out.order, g.lists[d.ID])
	}
	if b.Kind == cube.Property {
		out.list = g.lists[b.List.ID]
		out.list.props = append(out.list.props, out)
	}
	return out
}

// blockOf is what stands for a block of the workspace.
func (g *generator) blockOf(b *cube.Block) *genBlock {
	return g.visible[slices.IndexFunc(g.visible, func(x *genBlock) bool { return x.of == b })]
}

// before is the generator for a formula of a block: it sees only blocks that are not made of that one.
func (x *changer) before(b *cube.Block) *generator {
	out := *x.generator
	o, err := NewOracle(x.ws)
	if err != nil {
		return &out
	}
	made := map[*cube.Block]bool{b: true}
	for more := true; more; {
		more = false
		for other, f := range o.formulas {
			if !made[other] && f.reads(made) {
				made[other], more = true, true
			}
		}
	}
	for _, g := range x.visible {
		g.visible = !made[g.of]
	}
	out.visible = slices.DeleteFunc(slices.Clone(x.visible), func(g *genBlock) bool { return made[g.of] })
	return &out
}

// reads says whether a term refers to one of some blocks.
func (t *term) reads(blocks map[*cube.Block]bool) bool {
	return t.block != nil && blocks[t.block] || slices.ContainsFunc(t.args, func(a *term) bool { return a.reads(blocks) })
}
