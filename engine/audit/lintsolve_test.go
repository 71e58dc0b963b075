package audit

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/formula"
)

// world is a random model with a block "Out" whose formula resets rights.
type world struct {
	ws     *cube.Workspace
	app    *cube.Application
	a, b   *cube.List
	inputs []*cube.Block
	out    *cube.Block
	rand   *rand.Rand
	text   string
}

func newWorld(seed uint64) *world {
	w := &world{ws: cube.NewWorkspace(""), rand: rand.New(rand.NewPCG(seed, 7))}
	w.app = w.ws.AddApplication("M")
	_ = w.ws.Users.Append("u1", "u2", "u3")
	for u := range 3 {
		w.app.SetRoleOf(cube.ItemID(u), 1) // Modeler
	}
	g := w.list("G", "g1", "g2")
	w.a, w.b = w.list("A", "a1", "a2", "a3"), w.list("B", "b1", "b2", "b3")
	group := w.ws.AddProperty(w.a, "G", cube.Type{Kind: cube.Item, List: g})
	w.fill(group, func() cube.Value { return cube.ItemValue(cube.ItemID(w.rand.IntN(3) - 1)) })
	flag := w.ws.AddProperty(w.a, "F", cube.Type{Kind: cube.Boolean})
	w.fill(flag, func() cube.Value { return cube.BooleanValue(w.rand.IntN(3) > 0) })
	for i, dims := range [][]*cube.List{{w.b}, {w.a}, {w.a, w.b}, {w.a, w.b}, {g}} {
		w.inputs = append(w.inputs, w.app.AddMetric("VWXYZ"[i:i+1], cube.Type{Kind: cube.Number}, dims...))
	}
	for _, m := range w.inputs {
		w.fill(m, func() cube.Value { return cube.NumberValue(1 + 9*w.rand.Float64()) })
		for _, d := range m.Dims {
			if w.rand.IntN(3) > 0 {
				w.guard(m, d)
			}
		}
	}
	total := w.app.AddMetric("T", cube.Type{Kind: cube.Number}, w.b)
	total.Formula = &cube.Formula{Text: "X[REMOVE: A] + V", Author: cube.NoItem}
	return w
}

func (w *world) list(name string, items ...string) *cube.List {
	x := w.app.AddList(name)
	_ = x.Append(items...)
	return x
}

func (w *world) fill(b *cube.Block, value func() cube.Value) {
	space, _ := b.Space()
	c := cube.NewColumnBuilder(b.Type, space)
	for cell := range space.Len() {
		c.Set(cell, value())
	}
	b.Input, _ = c.Column()
}

// guard puts a rule on a metric that gives each member most items of a dimension.
func (w *world) guard(m *cube.Block, d *cube.List) {
	name := fmt.Sprintf("AR %s %s", m.Name, d.Name)
	ar := w.app.AddMetric(name, cube.Type{Kind: cube.AccessRights}, w.ws.Users, d)
	w.fill(ar, func() cube.Value {
		if w.rand.IntN(10) < 3 {
			return cube.Value{}
		}
		return cube.RightsValue(cube.Read | cube.Write)
	})
	w.app.Rules = append(w.app.Rules, &cube.Rule{
		Name: name, Metric: ar, Categories: cube.Read | cube.Write, Target: cube.OnMetrics, Blocks: []*cube.Block{m},
	})
}

// expression draws a formula; many are wrong, and drawn again.
func (w *world) expression(depth int) string {
	pick := func(of ...string) string { return of[w.rand.IntN(len(of))] }
	if depth == 0 {
		return pick("X", "X", "Y", "V", "W", "T", "Z", "2")
	}
	e := w.expression(depth - 1)
	switch w.rand.IntN(4) {
	case 0:
		return "(" + e + pick(" + ", " - ", " * ", " / ") + w.expression(w.rand.IntN(depth)) + ")"
	case 1:
		return "RESETACCESSRIGHTS(" + e + ")"
	case 2:
		return e + pick("[REMOVE: A]", "[REMOVE: B]", "[REMOVE: A, B]", "[BY: A.G]", "[SELECT: A.\"a1\"]", "[SELECT: B - 1]", "[SELECT: B + 1]",
			"[FILTER: A.F]", "[EXCLUDE: A.F]", "[REMOVE AVG: B]")
	}
	return pick("(-"+e+")", "CUMULATE("+e+", B)", "IF(A.F, "+e+", "+w.expression(0)+")", "IF(A.F, "+e+")", "IFBLANK("+e+", 3)", "SWITCH(A.G, G.\"g1\", "+e+", "+w.expression(0)+")",
		"SWITCH(A.G, G.\"g2\", 1, G.\"g1\", "+e+")")
}

// complete gives the world its block Out.
func (w *world) complete(t *testing.T) {
	for {
		w.text = w.expression(1 + w.rand.IntN(5))
		n, err := formula.Parse(w.text)
		require.NoError(t, err, w.text)
		if !formula.UsesSecurity(n) {
			continue
		}
		e, err := formula.Check(w.ws, w.app, n, formula.Target{Type: cube.Type{Kind: cube.Number}, AnyDims: true})
		if err != nil {
			continue
		}
		w.out = w.app.AddMetric("Out", cube.Type{Kind: cube.Number}, e.Dims...)
		w.out.Formula = &cube.Formula{Text: w.text, Author: cube.NoItem}
		return
	}
}

// unknownCell is a cell of an input that a member may not read.
type unknownCell struct {
	block *cube.Block
	cell  uint64
}

// observed are the values of Out that a member reads, with some of the inputs changed.
func (w *world) observed(t *testing.T, r *engine.Rights, cells []uint64, change unknownCell, by float64) []float64 {
	var values func(context.Context, *cube.Block) (*cube.Column, error)
	var ev *formula.Evaluator
	values = func(ctx context.Context, b *cube.Block) (*cube.Column, error) {
		if e := r.Plan().Formula(b); e != nil {
			c, err := ev.Eval(ctx, e)
			require.NoError(t, err)
			space, err := b.Space()
			require.NoError(t, err)
			return formula.Broadcast(c, space)
		}
		if b != change.block {
			return b.Input, nil
		}
		c := cube.NewColumnBuilder(b.Type, b.Input.Space())
		for cell := range b.Input.Space().Len() {
			v := b.Input.Value(cell)
			if cell == change.cell {
				v = cube.NumberValue(v.Float() + by)
			}
			c.Set(cell, v)
		}
		return c.Column()
	}
	ev = formula.NewEvaluator(values, formula.EvalOptions{})
	col, err := values(context.Background(), w.out)
	require.NoError(t, err)
	out := make([]float64, len(cells))
	for i, c := range cells {
		out[i] = col.Value(c).Float()
	}
	return out
}

// readable are the cells of a block that a member reads, or does not.
func readable(t *testing.T, m *engine.Member, b *cube.Block, want bool) []uint64 {
	v, err := m.Block(engine.Ref{App: b.App, Block: b})
	require.NoError(t, err)
	items := make([]cube.ItemID, len(b.Dims))
	var cells []uint64
	for cell := range v.Space().Len() {
		if v.Space().At(cell, items); v.Read(items...) == want {
			cells = append(cells, cell)
		}
	}
	return cells
}

// What a search says can be worked out is determined by what the member sees: the hidden value's direction lies in the
// span of the derivatives of the visible results by the hidden inputs. Nothing of that is how the search goes about it.
func TestWorkedOutIsDetermined(t *testing.T) {
	found, hidden, complete := 0, 0, 0
	for seed := range uint64(400) {
		w := newWorld(seed)
		w.complete(t)
		r, err := engine.Compile(context.Background(), w.ws, engine.Options{})
		require.NoError(t, err, w.text)
		l := &linter{ctx: context.Background(), r: r, ws: w.ws, plan: r.Plan(), groups: r.Groups(), columns: map[*formula.Expr]*cube.Column{}}
		l.opt.MaxCells = defaultMaxCells
		l.eval = formula.NewEvaluator(r.Values, formula.EvalOptions{})
		s := newSolver(l, w.out, r.Plan().Formula(w.out))
		require.NoError(t, s.run(), w.text)
		require.False(t, s.cutShort)
		for u := range w.ws.Users.Len() {
			m := r.MemberAt(cube.ItemID(u))
			got := w.leaksOf(s, m)
			identified := w.identified(t, r, m)
			for b, cell := range got {
				found++
				require.Contains(t, identified[b], cell, "seed %d, %s, member %s: %s", seed, w.text, m.Name(), b)
			}
			for b := range identified {
				hidden++
				if _, ok := got[b]; ok {
					complete++
				}
			}
		}
	}
	t.Logf("%d found; of %d blocks of which anything is determined, %d were found", found, hidden, complete)
	require.Greater(t, found, 200)
	require.Greater(t, complete*2, hidden, "more than half is found")
}

// leaksOf are the inputs that the search says a member can work out, with the cell that it found.
func (w *world) leaksOf(s *solver, m *engine.Member) map[*cube.Block]uint64 {
	out := map[*cube.Block]uint64{}
	s.member = m
	space, _ := w.out.Space()
	res, err := s.search(space)
	if err != nil {
		return nil
	}
	for b, t := range res.hits {
		if b.Input == nil {
			continue
		}
		bspace, _ := b.Space()
		items := make([]cube.ItemID, len(b.Dims))
		for cell := range bspace.Len() {
			bspace.At(cell, items)
			for i, d := range b.Dims {
				s.at[d.ID] = items[i]
			}
			if s.cell(b) == t.example && b.Kind == cube.Metric {
				out[b] = cell
			}
		}
	}
	return out
}

// identified are the hidden cells of inputs that the visible results determine, to first order.
func (w *world) identified(t *testing.T, r *engine.Rights, m *engine.Member) map[*cube.Block][]uint64 {
	var unknown []unknownCell
	for _, b := range w.inputs {
		for _, cell := range readable(t, m, b, false) {
			unknown = append(unknown, unknownCell{b, cell})
		}
	}
	seen := readable(t, m, w.out, true)
	rows := make([][]float64, len(seen))
	for i := range rows {
		rows[i] = make([]float64, len(unknown))
	}
	const h = 1e-4
	for k, c := range unknown {
		up, down := w.observed(t, r, seen, c, h), w.observed(t, r, seen, c, -h)
		for i := range rows {
			rows[i][k] = (up[i] - down[i]) / (2 * h)
		}
	}
	rank := rankOf(rows)
	out := map[*cube.Block][]uint64{}
	for k, c := range unknown {
		direction := make([]float64, len(unknown))
		direction[k] = 1
		if rankOf(append(slices.Clone(rows), direction)) == rank {
			out[c.block] = append(out[c.block], c.cell)
		}
	}
	return out
}

// rankOf is the rank of a matrix whose rows are scaled to length 1.
func rankOf(matrix [][]float64) int {
	var rows [][]float64
	for _, r := range matrix {
		norm := 0.0
		for _, x := range r {
			norm = math.Hypot(norm, x)
		}
		if norm < 1e-9 {
			continue
		}
		row := make([]float64, len(r))
		for i, x := range r {
			row[i] = x / norm
		}
		rows = append(rows, row)
	}
	rank := 0
	for rank < len(rows) {
		bi, bj, best := 0, 0, 0.0
		for i := rank; i < len(rows); i++ {
			for j, x := range rows[i] {
				if math.Abs(x) > best {
					bi, bj, best = i, j, math.Abs(x)
				}
			}
		}
		if best < 1e-5 {
			break
		}
		rows[rank], rows[bi] = rows[bi], rows[rank]
		for i := rank + 1; i < len(rows); i++ {
			f := rows[i][bj] / rows[rank][bj]
			for j := range rows[i] {
				rows[i][j] -= f * rows[rank][j]
			}
		}
		rank++
	}
	return rank
}

// What somebody reads of a block whose formula resets nothing they know by its parts, and what is known of a block's
// name is what is read of it.
func TestReadingIsWhatViewsSay(t *testing.T) {
	for seed := range uint64(200) {
		w := newWorld(seed)
		w.complete(t)
		r, err := engine.Compile(context.Background(), w.ws, engine.Options{})
		require.NoError(t, err)
		blocks := slices.Concat(w.inputs, []*cube.Block{w.app.Metric("T"), w.out})
		roots := map[*cube.Block]*formula.Expr{}
		for _, b := range blocks {
			roots[b] = naming(b)
		}
		reading, err := r.Reading(context.Background(), w.app, slices.Collect(maps.Values(roots))...)
		require.NoError(t, err)
		for u := range w.ws.Users.Len() {
			m := r.MemberAt(cube.ItemID(u))
			for _, b := range blocks {
				space, err := cube.NewSpace(roots[b].Dims...)
				require.NoError(t, err)
				conds, at := conditionsOf(reading.Tables(m, roots[b]), roots[b].Dims), make([]cube.ItemID, len(w.ws.Lists()))
				v, err := m.Block(engine.Ref{App: w.app, Block: b})
				require.NoError(t, err)
				items := make([]cube.ItemID, len(b.Dims))
				for cell := range space.Len() {
					v.Space().At(cell, items)
					for i, d := range b.Dims {
						at[d.ID] = items[i]
					}
					require.Equal(t, v.Read(items...), hold(conds, at), "%s %s", w.text, b)
				}
			}
		}
	}
}
