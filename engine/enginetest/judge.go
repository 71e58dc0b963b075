package enginetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/formula"
)

// judge answers for one cell: the engine and the oracle both do. admin is the member who impersonates, NoItem where
// nobody does.
type judge interface {
	decide(admin, member cube.ItemID, app *cube.Application, b *cube.Block, items []cube.ItemID) (Decision, error)
	value(b *cube.Block, items []cube.ItemID) (cube.Value, error)
	mayAct(admin, member cube.ItemID) (bool, error)
}

// decide, value and mayAct are the oracle as a judge.
func (o *Oracle) decide(admin, member cube.ItemID, app *cube.Application, b *cube.Block, items []cube.ItemID) (Decision, error) {
	if admin >= 0 {
		return o.DecideAs(admin, member, app, b, items...)
	}
	return o.Decide(member, app, b, items...)
}

func (o *Oracle) value(b *cube.Block, items []cube.ItemID) (cube.Value, error) {
	return o.Value(b, items...)
}

func (o *Oracle) mayAct(admin, member cube.ItemID) (bool, error) {
	return o.MayImpersonate(admin, member), nil
}

// engineJudge asks the engine.
type engineJudge struct {
	rights *engine.Rights
	views  map[viewKey]*engine.View
	values map[*cube.Block]*cube.Column
}

type viewKey struct {
	admin, member cube.ItemID
	ref           engine.Ref
}

func newEngineJudge(ws *cube.Workspace) (*engineJudge, error) {
	rights, err := engine.Compile(context.Background(), ws, engine.Options{})
	if err != nil {
		return nil, err
	}
	return judgeOf(rights), nil
}

func judgeOf(rights *engine.Rights) *engineJudge {
	return &engineJudge{rights: rights, views: map[viewKey]*engine.View{}, values: map[*cube.Block]*cube.Column{}}
}

// own is the block of the rights' own workspace, which has the number of b.
func (j *engineJudge) own(app *cube.Application, b *cube.Block) engine.Ref {
	ws := j.rights.Workspace()
	ref := engine.Ref{Block: ws.Blocks()[b.ID]}
	if app != nil {
		ref.App = ws.Application(app.Name)
	}
	return ref
}

func (j *engineJudge) view(k viewKey) (*engine.View, error) {
	if v := j.views[k]; v != nil {
		return v, nil
	}
	users := j.rights.Workspace().Users
	var m *engine.Member
	var err error
	if k.admin >= 0 {
		m, err = j.rights.Impersonate(users.Item(k.admin), users.Item(k.member))
	} else {
		m, err = j.rights.Member(users.Item(k.member))
	}
	if err != nil {
		return nil, err
	}
	v, err := m.Block(j.own(k.ref.App, k.ref.Block))
	if err == nil {
		j.views[k] = v
	}
	return v, err
}

func (j *engineJudge) decide(admin, member cube.ItemID, app *cube.Application, b *cube.Block, items []cube.ItemID) (Decision, error) {
	v, err := j.view(viewKey{admin, member, engine.Ref{App: app, Block: b}})
	if err != nil {
		return Decision{}, err
	}
	d := v.Decide(items...)
	out := Decision{Read: d.Read, Write: d.Write, Locked: d.Locked}
	for _, r := range d.Reasons {
		out.Reasons = append(out.Reasons, fmt.Sprint(r))
	}
	return out, nil
}

func (j *engineJudge) value(b *cube.Block, items []cube.ItemID) (cube.Value, error) {
	c := j.values[b]
	if c == nil {
		var err error
		if c, err = j.rights.Values(context.Background(), j.own(nil, b).Block); err != nil {
			return cube.Value{}, err
		}
		j.values[b] = c
	}
	return c.Value(c.Space().Cell(items)), nil
}

func (j *engineJudge) mayAct(admin, member cube.ItemID) (bool, error) {
	users := j.rights.Workspace().Users
	_, err := j.rights.Impersonate(users.Item(admin), users.Item(member))
	var refused *engine.RefusedError
	if errors.As(err, &refused) {
		return false, nil
	}
	return err == nil, err
}

// findBlock is the block that a reference of SPEC 6 names: a metric or list of exactly that name first, else formula
// syntax. Where no application stands before the name, it is app.
func findBlock(ws *cube.Workspace, app *cube.Application, ref string) (*cube.Application, *cube.Block, error) {
	exact := ref
	if before, after, ok := strings.Cut(ref, "::"); ok {
		if a := ws.Application(before); a != nil {
			app, exact = a, after
		}
	}
	if app != nil {
		if b := app.Block(exact, ""); b != nil {
			return app, b, nil
		}
	}
	named, name, property, err := formula.ParseReference(ref)
	if err != nil {
		return nil, nil, err
	}
	if named != "" {
		app = ws.Application(named)
	}
	if app == nil {
		return nil, nil, fmt.Errorf("%s: no application", ref)
	}
	if b := app.Block(name, property); b != nil {
		return app, b, nil
	}
	return nil, nil, fmt.Errorf("%s has no block %s", app.Name, ref)
}

// cells calls visit with the items of each cell of a block in cell order. The slice is reused.
func cells(b *cube.Block, visit func(items []cube.ItemID) error) error {
	items := make([]cube.ItemID, len(b.Dims))
	for _, d := range b.Dims {
		if d.Len() == 0 {
			return nil
		}
	}
	for {
		if err := visit(slices.Clone(items)); err != nil {
			return err
		}
		i := len(items) - 1
		for ; i >= 0; i-- {
			if items[i]++; int(items[i]) < b.Dims[i].Len() {
				break
			}
			items[i] = 0
		}
		if i < 0 {
			return nil
		}
	}
}
