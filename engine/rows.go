package engine

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
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

// metricRows is the rows of one access-rights metric: one for each kind of member.
type metricRows struct {
	kinds kinds
	rows  []row
}

func (m *metricRows) member(i int) row { return m.rows[m.kinds.of[i]] }

// fillRows works out the rows of every access-rights metric that a rule applies. As many goroutines work as there are
// workers: each at a metric of its own or, where there are fewer of these left, at some rows of another's. So no more metrics'
// values are held at once than there are workers.
func (r *Rights) fillRows(ctx context.Context) ([]metricRows, error) {
	var used []*cube.Block
	for id := range inherit.NodeID(r.plan.Len()) {
		n := r.plan.Node(id)
		if n.Kind != inherit.Metric {
			continue
		}
		if _, ok := r.metrics[n.Metric.ID]; !ok {
			r.addMetric(n.Metric)
			used = append(used, n.Metric)
		}
	}
	r.line = newLineage(r)
	all := make([]metricRows, len(used))
	r.progress.begin("rows", len(used)*r.ws.Users.Len())
	taken, err := r.takeRows(ctx, used, all)
	if err != nil {
		return nil, err
	}
	g, ctx := errgroup.WithContext(ctx)
	r.spare = make(chan struct{}, r.workers)
	for range r.workers {
		r.spare <- struct{}{}
	}
	for i, m := range used {
		if taken[i] {
			continue
		}
		<-r.spare
		g.Go(func() (err error) {
			defer func() { r.spare <- struct{}{} }()
			all[i], err = r.rowsOf(ctx, m)
			return err
		})
	}
	err = g.Wait()
	r.spare = nil
	return all, err
}

// takeRows fills in the rows that are taken over from older rights, and says which.
func (r *Rights) takeRows(ctx context.Context, used []*cube.Block, all []metricRows) (taken []bool, err error) {
	taken = make([]bool, len(used))
	for i, m := range used {
		if r.taking != nil {
			if all[i], taken[i], err = r.taking.rowsOf(ctx, r, m); err != nil {
				return nil, err
			}
		}
		if taken[i] {
			r.progress.add(r.ws.Users.Len())
		} else {
			r.work.metrics++
		}
	}
	return taken, nil
}

// addMetric numbers an access-rights metric.
func (r *Rights) addMetric(m *cube.Block) {
	r.metrics[m.ID] = len(r.cells)
	r.cells = append(r.cells, lenOf(r.rowDims(m)))
}

// rowDims are the dimensions of a metric's rows: its own without User, sorted by ListID.
func (r *Rights) rowDims(m *cube.Block) []*cube.List {
	dims := slices.DeleteFunc(slices.Clone(m.Dims), func(d *cube.List) bool { return d == r.ws.Users })
	slices.SortFunc(dims, func(a, b *cube.List) int { return int(a.ID) - int(b.ID) })
	return dims
}

// rowsOf splits the values of a metric by kind of member. A formula is evaluated over the dimensions that it has, so
// that one that reads two of five dimensions is never blown up to five.
func (r *Rights) rowsOf(ctx context.Context, m *cube.Block) (metricRows, error) {
	var col *cube.Column
	var k kinds
	var err error
	if e := r.plan.Formula(m); e != nil {
		col, k, err = r.byKinds(ctx, e)
	} else if col, err = r.values.of(ctx, m); err == nil {
		col, k, err = r.given(ctx, col)
	}
	if err != nil {
		return metricRows{}, placed(m, err)
	}
	rows, err := r.cut(ctx, m, col, k.len())
	return metricRows{k, rows}, err
}

// cutOne makes sets of the only row of a metric's values for one member.
func (r *Rights) cutOne(m *cube.Block, col *cube.Column) row {
	have := col.Space().Dims()
	if len(have) > 0 && have[0].ID == r.ws.Users.ID { // the list that stands for User
		have = have[1:]
	}
	want := r.rowDims(m)
	cut := rowCutter{pool: r.pool, col: col, n: lenOf(have)}
	one := cut.next()
	return row{r.spread(one.read, have, want), r.spread(one.write, have, want)}
}

// pieceRows is how many rows of a metric are cut at a time.
const pieceRows = 256

// cut makes sets of the first n rows of a metric's values, whose first dimension are members or kinds of them, if it
// has that dimension at all. Goroutines that have nothing else to do help.
func (r *Rights) cut(ctx context.Context, m *cube.Block, col *cube.Column, n int) ([]row, error) {
	have := col.Space().Dims()
	if len(have) > 0 && have[0].ID == r.ws.Users.ID { // the list of kinds
		have = have[1:]
	}
	want := r.rowDims(m)
	rows := make([]row, n)
	told := r.progress.share(r.ws.Users.Len(), n)
	var next atomic.Int64
	piece := func() bool {
		lo := int(next.Add(pieceRows)) - pieceRows
		if lo >= n || ctx.Err() != nil {
			return false
		}
		hi := min(n, lo+pieceRows)
		cut := rowCutter{pool: r.pool, col: col, n: lenOf(have)}
		cut.skip(uint64(lo))
		for i := lo; i < hi; i++ {
			one := cut.next()
			rows[i] = row{r.spread(one.read, have, want), r.spread(one.write, have, want)}
		}
		told(hi - lo)
		return true
	}
	var helpers sync.WaitGroup
	for {
		if int(next.Load())+pieceRows < n {
			select {
			case <-r.spare:
				helpers.Go(func() {
					defer func() { r.spare <- struct{}{} }()
					for piece() {
					}
				})
			default:
			}
		}
		if !piece() {
			helpers.Wait()
			return rows, ctx.Err()
		}
	}
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

// rowCutter cuts the values of an access-rights metric, kinds first, into the sets of one kind after the other.
type rowCutter struct {
	pool *bitmap.Pool
	col  *cube.Column
	n    uint64 // cells of a row
	row  uint64 // the next row
	at   int    // Sparse: where its cells begin
}

// skip leaves out the rows before one.
func (c *rowCutter) skip(row uint64) {
	c.row = row
	c.at, _ = slices.BinarySearch(c.col.Cells(), row*c.n)
}

// next is the set of the next row: BLANK and none grant nothing (SPEC 1.1.3). A column without kinds has one row.
func (c *rowCutter) next() row {
	vec := c.col.Vector()
	first := c.row * c.n
	c.row++
	switch c.col.Form() {
	case cube.Constant:
		if c.n == 0 {
			return row{bitmap.Full, bitmap.Full} // over no cells, as every set
		}
		return row{fullIf(vec.Bytes, cube.Read), fullIf(vec.Bytes, cube.Write)}
	case cube.Dense:
		return c.dense(vec.Bytes[first : first+c.n])
	}
	cells := c.col.Cells()
	lo := c.at
	for c.at < len(cells) && cells[c.at] < first+c.n {
		c.at++
	}
	return c.sparse(vec.Bytes[lo:c.at], cells[lo:c.at], first)
}

func (c *rowCutter) dense(rights []uint8) row {
	read, write := make([]uint64, bitmap.WordsFor(c.n)), make([]uint64, bitmap.WordsFor(c.n))
	for i, v := range rights {
		if v == cube.BlankByte {
			continue
		}
		read[i>>6] |= uint64(v&uint8(cube.Read)) << (i & 63)
		write[i>>6] |= uint64(v&uint8(cube.Write)) >> 1 << (i & 63)
	}
	return row{c.pool.FromWords(read, c.n), c.pool.FromWords(write, c.n)}
}

// sparse costs what the row has, not what its space has.
func (c *rowCutter) sparse(rights []uint8, cells []uint64, first uint64) row {
	var read, write []uint64
	for i, v := range rights {
		if v == cube.BlankByte {
			continue
		}
		if cube.Rights(v)&cube.Read != 0 {
			read = append(read, cells[i]-first)
		}
		if cube.Rights(v)&cube.Write != 0 {
			write = append(write, cells[i]-first)
		}
	}
	return row{c.pool.FromCells(read, c.n), c.pool.FromCells(write, c.n)}
}

func fullIf(rights []uint8, c cube.Rights) bitmap.SetID {
	if len(rights) == 1 && rights[0] != cube.BlankByte && cube.Rights(rights[0])&c != 0 {
		return bitmap.Full
	}
	return bitmap.Empty
}
