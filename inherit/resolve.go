package inherit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
)

// Resolve checks every formula and rule of a workspace and works out its plan. The error is a cube.Errors: as many
// mistakes as can be found, sorted by place. The workspace must not change afterwards.
//
// Its cost follows the number of blocks times the number of distinct dimension sets, and not the number of members,
// items or paths through formulas.
func Resolve(ws *cube.Workspace) (*Plan, error) { return ResolveContext(context.Background(), ws) }

// ResolveContext is Resolve, and stops with the error of ctx soon after that ends.
func ResolveContext(ctx context.Context, ws *cube.Workspace) (*Plan, error) {
	if err := ws.Validate(); err != nil {
		return nil, err
	}
	b := newBuilder(ws)
	each := func(blocks []*cube.Block, do func(*cube.Block)) {
		for _, blk := range blocks {
			if ctx.Err() == nil {
				do(blk)
			}
		}
	}
	each(ws.Blocks(), b.checkBlock)
	gov := map[*cube.Application]governance{}
	for _, app := range ws.Applications {
		b.plan.reserved[app] = stateNodes{b.leaf(Membership, app, cube.Read), b.leaf(Membership, app, cube.Write)}
		gov[app] = b.govern(ctx, app)
	}
	if err := ctx.Err(); err != nil {
		return nil, err // mistakes may be missing
	}
	if !b.sort() || len(b.errs) > 0 {
		return nil, b.errs.Err()
	}
	resolve := func(blk *cube.Block) { b.resolve(blk, gov[blk.App]) }
	each(ws.Blocks(), func(blk *cube.Block) {
		if !blk.Reserved() && blk.Kind == cube.ItemSet {
			resolve(blk)
		}
	})
	each(ws.Blocks(), func(blk *cube.Block) {
		if !blk.Reserved() && blk.Kind != cube.ItemSet && blk.Formula == nil {
			resolve(blk)
		}
	})
	each(b.plan.order, resolve)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(b.errs) > 0 {
		return nil, b.errs.Err()
	}
	return b.plan, nil
}

// checkBlock parses and checks the formula of a block, and its author's permission (SPEC 2.4).
func (b *builder) checkBlock(blk *cube.Block) {
	f := blk.Formula
	if f == nil {
		return
	}
	e := b.check(blk.App, blk.Describe(), f, formula.Target{Type: blk.Type, Dims: blk.Dims, Rights: blk.Type.Kind == cube.AccessRights})
	if e == nil {
		return
	}
	b.plan.formulas[blk.ID] = e
}

// check parses and checks a formula; nil where it has mistakes, which it notes.
func (b *builder) check(app *cube.Application, what string, f *cube.Formula, t formula.Target) *formula.Expr {
	n, err := formula.Parse(f.Text)
	if err == nil {
		if f.Author >= 0 && formula.UsesSecurity(n) {
			b.checkAuthor(app, what, f)
		}
		var e *formula.Expr
		if e, err = formula.Check(b.plan.ws, app, n, t); err == nil {
			return e
		}
	}
	var mistakes formula.Errors
	if !errors.As(err, &mistakes) {
		b.errs.Add(f.Pos, "%s: %s", what, err)
	}
	for _, m := range mistakes {
		b.errs.Add(f.Pos, "%s: formula %d:%d: %s", what, m.Pos.Line, m.Pos.Col, m.Message)
	}
	return nil
}

// checkAuthor refuses a formula about rights whose author may not define them.
func (b *builder) checkAuthor(app *cube.Application, what string, f *cube.Formula) {
	role := app.RoleOf(f.Author)
	if role >= 0 && app.Roles[role].Has(cube.DefineApplicationSecurity) {
		return
	}
	pos := f.AuthorPos
	if pos.File == "" {
		pos = f.Pos
	}
	b.errs.Add(pos, "%s: its formula uses ACCESSRIGHTS or RESETACCESSRIGHTS, but its author %q has no role in %s that holds %s; name another author, or leave the rights out",
		what, b.plan.ws.Users.Item(f.Author), app.Name, cube.DefineApplicationSecurity)
}

// sort puts the calculated blocks in an order in which each stands after those that it reads; false where there is a
// circle, which it notes (SPEC 3.4).
func (b *builder) sort() bool {
	const visiting, done = 1, 2
	mark := make([]uint8, len(b.plan.formulas))
	var path []*cube.Block
	ok := true
	var visit func(*cube.Block)
	visit = func(blk *cube.Block) {
		e := b.plan.formulas[blk.ID]
		if e == nil || mark[blk.ID] == done {
			return
		}
		if mark[blk.ID] == visiting {
			b.circle(path[slices.Index(path, blk):])
			ok = false
			return
		}
		mark[blk.ID] = visiting
		path = append(path, blk)
		for next := range formula.Blocks(e) {
			visit(next)
		}
		path = path[:len(path)-1]
		mark[blk.ID] = done
		b.plan.order = append(b.plan.order, blk)
	}
	for _, blk := range b.plan.ws.Blocks() {
		visit(blk)
	}
	return ok
}

func (b *builder) circle(blocks []*cube.Block) {
	names := make([]string, 0, len(blocks)+1)
	for _, blk := range blocks {
		names = append(names, blk.String())
	}
	names = append(names, blocks[0].String())
	b.errs.Add(blocks[0].Formula.Pos, "%s: its formula refers to itself: %s; take one reference out of the circle", blocks[0].Describe(), strings.Join(names, " → "))
}

// resolve works out what governs a block. What its formula reads is resolved already.
func (b *builder) resolve(blk *cube.Block, g governance) {
	st := &State{Block: blk, App: blk.App}
	b.plan.states[blk.ID] = st
	st.Direct, st.Lifted = b.direct(blk, g)
	all := state{}
	for _, d := range st.Direct {
		b.join(all, d.Node)
	}
	if blk.Kind == cube.Property {
		items := b.plan.State(blk.App, blk.List.ItemSet)
		for _, d := range items.Direct {
			d.Items = true
			b.join(all, d.Node)
			if d.Kind == Metric || !slices.ContainsFunc(st.Direct, func(o Direct) bool { return o.Node == d.Node }) {
				st.Direct = append(st.Direct, d)
			}
		}
	}
	b.inherit(blk, all)
	b.narrow(blk.Pos, blk.Describe())
	ids := sortedNodes(all)
	slices.SortStableFunc(ids, func(x, y NodeID) int { return len(b.plan.nodes[x].Dims) - len(b.plan.nodes[y].Dims) })
	for _, id := range ids {
		if b.plan.nodes[id].Category == cube.Read {
			st.Read = append(st.Read, id)
		} else {
			st.Write = append(st.Write, id)
		}
	}
}

// inherit joins what the block's formula brings in (SPEC 4.1, 4.4). A metric of type access_rights inherits nothing.
func (b *builder) inherit(blk *cube.Block, all state) {
	e := b.plan.formulas[blk.ID]
	if e == nil || blk.Type.Kind == cube.AccessRights {
		return
	}
	for _, id := range sortedNodes(b.transport(blk.App).of(e)) {
		if blk.App.InheritWithin || b.plan.nodes[id].Origin != blk.App {
			b.join(all, id)
		}
	}
}

// narrow notes a mistake where a node made since the last call spans too large a space (SPEC 2, limits).
func (b *builder) narrow(pos cube.Position, what string) {
	if b.wide == nil {
		return
	}
	names := make([]string, len(b.wide))
	for i, d := range b.wide {
		names[i] = fmt.Sprintf("%s (%d)", d.Name, d.Len())
	}
	b.wide = nil
	b.errs.Add(pos, "%s: a factor of its rights would span %s, more than %d cells; give the access-rights metric fewer dimensions",
		what, strings.Join(names, " × "), uint64(MaxCells))
}

func dimNames(dims []*cube.List, app *cube.Application) string {
	names := make([]string, len(dims))
	for i, d := range dims {
		names[i] = fmt.Sprintf("%q", d.NameIn(app))
	}
	return strings.Join(names, ", ")
}
