package engine

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
	"github.com/cubeward/cubeward/inherit"
)

// row is what an access-rights metric holds for one member: the cells that it lets the member read, and write, over
// the metric's dimensions without User, sorted by ListID.
type row struct{ read, write bitmap.SetID }

func (r row) of(c cube.Rights) bitmap.SetID {
	if c == cube.Read {
		return r.read
	}
	return r.write
}

// fillRows works out the rows of every access-rights metric that a rule applies.
func (r *Rights) fillRows(ctx context.Context) error {
	var used []*cube.Block
	for id := range inherit.NodeID(r.plan.Len()) {
		n := r.plan.Node(id)
		if n.Kind != inherit.Metric {
			continue
		}
		if _, ok := r.metrics[n.Metric.ID]; !ok {
			r.metrics[n.Metric.ID] = len(used)
			used = append(used, n.Metric)
		}
	}
	r.rows = make([][]row, len(used))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(r.workers)
	for i, m := range used {
		g.Go(func() error {
			rows, err := r.rowsOf(ctx, m)
			r.rows[i] = rows
			return err
		})
	}
	return g.Wait()
}

// rowsOf splits the values of a metric by member.
func (r *Rights) rowsOf(ctx context.Context, m *cube.Block) ([]row, error) {
	col, err := r.compact(ctx, m)
	if err != nil {
		return nil, err
	}
	users := r.ws.Users
	have := slices.DeleteFunc(slices.Clone(col.Space().Dims()), func(d *cube.List) bool { return d == users })
	want := slices.DeleteFunc(slices.Clone(m.Dims), func(d *cube.List) bool { return d == users })
	slices.SortFunc(want, func(a, b *cube.List) int { return int(a.ID) - int(b.ID) })
	cut := rowCutter{pool: r.pool, col: col, n: lenOf(have)}
	widen := func(id bitmap.SetID) bitmap.SetID { return r.spread(id, have, want) }
	rows := make([]row, users.Len())
	if col.Space().Axis(users) < 0 {
		one := cut.whole()
		one = row{widen(one.read), widen(one.write)}
		for i := range rows {
			rows[i] = one
		}
		return rows, nil
	}
	for i := range rows {
		if i&0xfff == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		rows[i] = cut.member(i)
		if len(have) != len(want) || !slices.Equal(have, want) {
			rows[i] = row{widen(rows[i].read), widen(rows[i].write)}
		}
	}
	return rows, nil
}

// compact is the values of a metric over no more dimensions than its formula has, User first, so that a formula that
// reads two of five dimensions is never blown up to five.
func (r *Rights) compact(ctx context.Context, m *cube.Block) (*cube.Column, error) {
	var col *cube.Column
	var err error
	if e := r.plan.Formula(m); e != nil {
		col, err = r.values.eval.Eval(ctx, e)
	} else {
		col, err = r.values.of(ctx, m)
	}
	if err != nil {
		return nil, placed(m, err)
	}
	dims := slices.Clone(col.Space().Dims())
	slices.SortFunc(dims, func(a, b *cube.List) int { return int(a.ID) - int(b.ID) })
	if i := slices.Index(dims, r.ws.Users); i > 0 {
		dims = slices.Insert(slices.Delete(dims, i, i+1), 0, r.ws.Users)
	}
	space, err := cube.NewSpace(dims...)
	if err != nil {
		return nil, placed(m, err)
	}
	if col, err = formula.Broadcast(col, space); err != nil {
		return nil, placed(m, err)
	}
	return col, nil
}

// spread carries a set to more dimensions.
func (r *Rights) spread(id bitmap.SetID, have, want []*cube.List) bitmap.SetID {
	if slices.Equal(have, want) {
		return id
	}
	from := make([]bitmap.Source, len(have))
	for i, d := range have {
		from[i] = bitmap.Source{Axis: slices.Index(want, d)}
	}
	return r.pool.Gather(id, shapeOf(have), shapeOf(want), from, true)
}

func lenOf(dims []*cube.List) uint64 { return shapeOf(dims).Len() }

func shapeOf(dims []*cube.List) bitmap.Shape {
	s := make(bitmap.Shape, len(dims))
	for i, d := range dims {
		s[i] = d.Len()
	}
	return s
}

// rowCutter cuts the values of an access-rights metric, User first, into the sets of one member after the other.
type rowCutter struct {
	pool *bitmap.Pool
	col  *cube.Column
	n    uint64 // cells of a row
	at   int    // Sparse: where the next member's cells begin
}

func (c *rowCutter) whole() row { return c.values(c.col.Vector().Bytes, c.col.Cells(), 0) }

// member is the row of a member; members are asked for in order.
func (c *rowCutter) member(i int) row {
	vec := c.col.Vector()
	first := uint64(i) * c.n
	switch c.col.Form() {
	case cube.Dense:
		return c.values(vec.Bytes[first:first+c.n], nil, first)
	case cube.Sparse:
		cells := c.col.Cells()
		lo := c.at
		for c.at < len(cells) && cells[c.at] < first+c.n {
			c.at++
		}
		return c.values(vec.Bytes[lo:c.at], cells[lo:c.at], first)
	}
	return c.whole()
}

// values makes sets of rights values: BLANK and none grant nothing (SPEC 1.1.3).
func (c *rowCutter) values(rights []uint8, cells []uint64, first uint64) row {
	if c.col.Form() == cube.Constant {
		if c.n == 0 {
			return row{bitmap.Full, bitmap.Full} // over no cells, as every set
		}
		return row{fullIf(rights, cube.Read), fullIf(rights, cube.Write)}
	}
	read, write := make([]uint64, (c.n+63)/64), make([]uint64, (c.n+63)/64)
	for i, v := range rights {
		if v == cube.BlankByte {
			continue
		}
		cell := uint64(i)
		if cells != nil {
			cell = cells[i] - first
		}
		read[cell>>6] |= uint64(v&uint8(cube.Read)) << (cell & 63)
		write[cell>>6] |= uint64(v&uint8(cube.Write)) >> 1 << (cell & 63)
	}
	return row{c.pool.FromWords(read, c.n), c.pool.FromWords(write, c.n)}
}

func fullIf(rights []uint8, c cube.Rights) bitmap.SetID {
	if len(rights) == 1 && rights[0] != cube.BlankByte && cube.Rights(rights[0])&c != 0 {
		return bitmap.Full
	}
	return bitmap.Empty
}

// mapping is the items that an expression gives, with the system's eyes, over its dimensions (last fastest); a
// negative item is BLANK.
type mapping struct {
	dims  []*cube.List
	items []int32
}

// maxMapping is how many items a mapping may hold: 4 bytes each.
const maxMapping = 1 << 31

// mapItems evaluates every expression that the plan reads items from, each once.
func (r *Rights) mapItems(ctx context.Context) error {
	var err error
	r.mappings, err = r.mapMore(ctx, nil, r.plan)
	return err
}

// mapMore evaluates the expressions of a plan behind those of known.
func (r *Rights) mapMore(ctx context.Context, known []mapping, plan *inherit.Plan) ([]mapping, error) {
	maps := append(slices.Clip(known), make([]mapping, plan.Exprs()-len(known))...)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(r.workers)
	for i := len(known); i < len(maps); i++ {
		g.Go(func() (err error) {
			maps[i], err = r.mapping(ctx, plan.Expr(inherit.ExprID(i)))
			return err
		})
	}
	return maps, g.Wait()
}

func (r *Rights) mapping(ctx context.Context, e *formula.Expr) (mapping, error) {
	col, err := r.values.eval.Eval(ctx, e)
	if err != nil {
		return mapping{}, err
	}
	n := col.Space().Len()
	if n > maxMapping {
		return mapping{}, fmt.Errorf("a mapping over %s has more than %d cells", col.Space(), maxMapping)
	}
	return mapping{e.Dims, itemsOf(col, n)}, nil
}

func itemsOf(col *cube.Column, n uint64) []int32 {
	vec := col.Vector()
	if vec.Kind != cube.Item { // a literal BLANK
		return cube.NewVector(cube.Item, int(n)).Ints
	}
	switch col.Form() {
	case cube.Dense:
		return vec.Ints
	case cube.Constant:
		return slices.Repeat(vec.Ints, int(n))
	}
	items := cube.NewVector(cube.Item, int(n)).Ints
	for i, c := range col.Cells() {
		items[c] = vec.Ints[i]
	}
	return items
}
