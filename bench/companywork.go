package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
	"github.com/cubeward/cubeward/formula"
	"github.com/cubeward/cubeward/inherit"
)

// Load reads the company from files: YAML and CSV.
func (c Company) Load() Workload {
	return Workload{Name: "Load/format=csv/" + c.Model(), Prepare: func(_ context.Context, s *Stage) (*Op, error) {
		ws, err := s.Company(c)
		if err != nil {
			return nil, err
		}
		dir, err := s.Folder()
		if err != nil {
			return nil, err
		}
		if err := WriteModel(ws, dir); err != nil {
			return nil, err
		}
		return loadOp(dir)
	}}
}

// loadOp loads the model in a folder, and counts the bytes of its files.
func loadOp(dir string) (*Op, error) {
	op := &Op{Do: func(context.Context) error {
		_, err := modelfile.Load(dir, modelfile.Options{})
		return err
	}}
	return op, filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		op.Bytes += info.Size()
		return err
	})
}

// Check resolves names, checks every formula and rule, and works out which factors govern which block.
func (c Company) Check() Workload {
	return Workload{Name: "Check/" + c.Model(), Prepare: func(_ context.Context, s *Stage) (*Op, error) {
		ws, err := s.Company(c)
		if err != nil {
			return nil, err
		}
		return &Op{
			Do:   func(context.Context) error { _, err := inherit.Resolve(ws); return err },
			Heap: held(func(context.Context) (any, error) { return inherit.Resolve(ws) }),
		}, nil
	}}
}

// Evaluate computes every calculated block that holds values, each from those below it.
func (c Company) Evaluate() Workload {
	return Workload{Name: "Evaluate/" + c.Model(), Prepare: func(_ context.Context, s *Stage) (*Op, error) {
		ws, err := s.Company(c)
		if err != nil {
			return nil, err
		}
		plan, err := inherit.Resolve(ws)
		if err != nil {
			return nil, err
		}
		op := &Op{}
		var order []*cube.Block
		for _, b := range plan.Order() {
			if b.Type.Kind == cube.AccessRights {
				continue
			}
			space, err := b.Space()
			if err != nil {
				return nil, err
			}
			order = append(order, b)
			op.Cells += int64(space.Len())
		}
		op.Do = func(ctx context.Context) error { return evaluate(ctx, plan, order) }
		return op, nil
	}}
}

// evaluate computes blocks in an order in which none comes before what it reads.
func evaluate(ctx context.Context, plan *inherit.Plan, order []*cube.Block) error {
	done := map[*cube.Block]*cube.Column{}
	ev := formula.NewEvaluator(func(_ context.Context, b *cube.Block) (*cube.Column, error) {
		if c := done[b]; c != nil {
			return c, nil
		}
		return b.Input, nil
	}, formula.EvalOptions{})
	for _, b := range order {
		col, err := ev.Eval(ctx, plan.Formula(b))
		if err != nil {
			return err
		}
		space, err := b.Space()
		if err != nil {
			return err
		}
		if done[b], err = formula.Broadcast(col, space); err != nil {
			return err
		}
	}
	return nil
}

// Compile compiles the company: the rights of all its members, without the views of blocks.
func (c Company) Compile() Workload {
	return Workload{Name: "Compile/" + c.Model(), Prepare: func(_ context.Context, s *Stage) (*Op, error) {
		ws, err := s.Company(c)
		if err != nil {
			return nil, err
		}
		return compileOp(ws, engine.Options{}), nil
	}}
}

// CompileBy compiles the company with so many workers.
func (c Company) CompileBy(workers int) Workload {
	return Workload{Name: fmt.Sprintf("Compile/%s/workers=%d", c.Model(), workers), Prepare: func(_ context.Context, s *Stage) (*Op, error) {
		ws, err := s.Company(c)
		if err != nil {
			return nil, err
		}
		return compileOp(ws, engine.Options{Workers: workers}), nil
	}}
}

// compileOp compiles a workspace.
func compileOp(ws *cube.Workspace, opt engine.Options) *Op {
	op := &Op{Members: int64(ws.Users.Len()), Do: func(ctx context.Context) error {
		_, err := engine.Compile(ctx, ws, opt)
		return err
	}}
	kinds := 0
	op.Heap = held(func(ctx context.Context) (any, error) {
		r, err := engine.Compile(ctx, ws, opt)
		if err == nil {
			kinds = len(r.Groups())
		}
		return r, err
	})
	op.Own = func(ctx context.Context) ([]Value, error) {
		heap, err := op.Heap(ctx)
		return []Value{{heap / float64(max(1, ws.Users.Len())), "B/user"}, {float64(kinds), "kinds"}}, err
	}
	return op
}

// Materialize compiles the company and works out the view of every block for every kind of member.
func (c Company) Materialize() Workload {
	return Workload{Name: "Materialize/" + c.Model(), Prepare: func(_ context.Context, s *Stage) (*Op, error) {
		ws, err := s.Company(c)
		if err != nil {
			return nil, err
		}
		do := func(ctx context.Context) (*engine.Rights, error) {
			r, err := engine.Compile(ctx, ws, engine.Options{})
			if err == nil {
				err = materialize(r)
			}
			return r, err
		}
		return &Op{
			Members: int64(ws.Users.Len()),
			Do:      func(ctx context.Context) error { _, err := do(ctx); return err },
			Heap:    held(func(ctx context.Context) (any, error) { return do(ctx) }),
		}, nil
	}}
}

// materialize works out every view there is.
func materialize(r *engine.Rights) error {
	refs := audit.Blocks(r.Workspace())
	for _, group := range r.Groups() {
		m := r.MemberAt(group[0])
		for _, ref := range refs {
			if _, err := m.Block(ref); err != nil {
				return err
			}
		}
	}
	return nil
}

// held is how many bytes something that is made holds on to, beyond what was there before.
func held(make func(context.Context) (any, error)) func(context.Context) (float64, error) {
	return func(ctx context.Context) (float64, error) {
		before := liveHeap()
		made, err := make(ctx)
		if err != nil {
			return 0, err
		}
		after := liveHeap()
		runtime.KeepAlive(made)
		return max(0, float64(after)-float64(before)), nil
	}
}

func liveHeap() uint64 {
	runtime.GC()
	runtime.GC() // what finalizers and pools held on to
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// View asks for a block, for one member of each kind in turn. The cache is "hot", where all views are remembered, or
// "none", where each is put together anew from the sets of its factors.
func (c Company) View(cache string) Workload {
	return Workload{Name: "View/cache=" + cache + "/" + c.Model(), Prepare: func(ctx context.Context, s *Stage) (*Op, error) {
		r, err := s.Rights(ctx, c)
		if err == nil && cache == "none" {
			r, err = engine.Compile(ctx, r.Workspace(), engine.Options{ViewBytes: 1})
		}
		if err != nil {
			return nil, err
		}
		var names []string
		for _, g := range r.Groups() {
			names = append(names, r.Workspace().Users.Item(g[0]))
		}
		ref := deepest(r)
		next := 0
		return &Op{Members: 1, Do: func(context.Context) error {
			m, err := r.Member(names[next%len(names)])
			if err != nil {
				return err
			}
			next++
			v, err := m.Block(ref)
			if err != nil {
				return err
			}
			_ = v.Tables(engine.Readable)
			return nil
		}}, nil
	}}
}

// deepest is the last metric that holds values and has the most dimensions: it stands on all levels of formulas.
func deepest(r *engine.Rights) engine.Ref {
	var found *cube.Block
	for _, m := range r.Workspace().Applications[0].Metrics {
		if m.Type.Kind == cube.Number && (found == nil || len(m.Dims) >= len(found.Dims)) {
			found = m
		}
	}
	return engine.Ref{App: found.App, Block: found}
}

// Explain explains one cell of the deepest block for one member of each kind in turn.
func (c Company) Explain() Workload {
	return Workload{Name: "Explain/" + c.Model(), Prepare: func(ctx context.Context, s *Stage) (*Op, error) {
		r, err := s.Rights(ctx, c)
		if err != nil {
			return nil, err
		}
		ref, groups := deepest(r), r.Groups()
		d := newDice(c.Seed, 5)
		next := 0
		cell := make([]cube.ItemID, len(ref.Block.Dims))
		return &Op{Cells: 1, Do: func(ctx context.Context) error {
			v, err := r.MemberAt(groups[next%len(groups)][0]).Block(ref)
			if err != nil {
				return err
			}
			next++
			for i, l := range ref.Block.Dims {
				cell[i] = cube.ItemID(d.n(l.Len()))
			}
			_, err = audit.Explain(ctx, v, cell...)
			return err
		}}, nil
	}}
}

// Who asks which members read and write a cell of the deepest block.
func (c Company) Who() Workload {
	return Workload{Name: "Who/" + c.Model(), Prepare: func(ctx context.Context, s *Stage) (*Op, error) {
		r, err := s.Rights(ctx, c)
		if err != nil {
			return nil, err
		}
		ref := deepest(r)
		d := newDice(c.Seed, 6)
		cell := make([]cube.ItemID, len(ref.Block.Dims))
		return &Op{Members: int64(r.Workspace().Users.Len()), Do: func(ctx context.Context) error {
			for i, l := range ref.Block.Dims {
				cell[i] = cube.ItemID(d.n(l.Len()))
			}
			_, err := audit.Who(ctx, r, ref, cell)
			return err
		}}, nil
	}}
}

// Diff compares the rights of the company with those that it had if its first rule were gone.
func (c Company) Diff() Workload {
	return Workload{Name: "Diff/" + c.Model(), Prepare: func(ctx context.Context, s *Stage) (*Op, error) {
		r, err := s.Rights(ctx, c)
		if err != nil {
			return nil, err
		}
		ws, err := c.Workspace()
		if err != nil {
			return nil, err
		}
		ws.Applications[0].Rules = ws.Applications[0].Rules[1:]
		less, err := engine.Compile(ctx, ws, engine.Options{})
		if err != nil {
			return nil, err
		}
		return &Op{Members: int64(ws.Users.Len()), Do: func(ctx context.Context) error {
			_, err := audit.Diff(ctx, r, less, audit.DiffOptions{})
			return err
		}}, nil
	}}
}

// All are the workloads of a company.
func (c Company) All() []Workload {
	return []Workload{
		c.Load(), c.Check(), c.Evaluate(), c.Compile(), c.Materialize(), c.View("hot"), c.View("none"), c.Explain(), c.Who(), c.Diff(),
	}
}
