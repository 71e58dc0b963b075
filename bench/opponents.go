package bench

import (
	"context"
	"fmt"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// The opponents of the targets stand here, so that a ratio always means the same.

// Pair is two who do the same work and are timed in turns; the opponent's time is multiplied by Scale, where it does
// only a part of it.
type Pair struct {
	Ours, Theirs func(context.Context) error
	Scale        float64 // 0 means 1
}

func repeated(n int, f func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		for range n {
			if err := f(ctx); err != nil {
				return err
			}
		}
		return nil
	}
}

// against lets two workloads meet, so many operations of each at a time.
func against(ours, theirs Workload, n int) func(context.Context, *Stage) (Pair, error) {
	return against2(ours, n, theirs, n)
}

// against2 is against with different numbers of operations; the ratio is that of single ones.
func against2(ours Workload, n int, theirs Workload, m int) func(context.Context, *Stage) (Pair, error) {
	return func(ctx context.Context, s *Stage) (Pair, error) {
		x, err := ours.Prepare(ctx, s)
		if err != nil {
			return Pair{}, err
		}
		y, err := theirs.Prepare(ctx, s)
		if err != nil {
			return Pair{}, err
		}
		return Pair{repeated(n, x.Do), repeated(m, y.Do), float64(n) / float64(m)}, nil
	}
}

// againstCopy lets a table's mask meet Go's copy of its values, into memory that is there.
func againstCopy(t Table, n int) func(context.Context, *Stage) (Pair, error) {
	return func(ctx context.Context, s *Stage) (Pair, error) {
		op, err := t.Mask().Prepare(ctx, s)
		if err != nil {
			return Pair{}, err
		}
		return Pair{Ours: repeated(n, op.Do), Theirs: repeated(n, func(context.Context) error { op.Copy(); return nil })}, nil
	}
}

// againstLoop lets what is decided about a table's rows meet the plain loop over bits, column by column.
func againstLoop(t Table, n int) func(context.Context, *Stage) (Pair, error) {
	return func(ctx context.Context, s *Stage) (Pair, error) {
		op, err := t.Decide().Prepare(ctx, s)
		if err != nil {
			return Pair{}, err
		}
		loop, err := newBitLoop(ctx, t)
		if err != nil {
			return Pair{}, err
		}
		return Pair{Ours: repeated(n, op.Do), Theirs: repeated(n, func(context.Context) error { loop.run(); return nil })}, nil
	}
}

// bitLoop is what one writes to decide about rows without any trick: factor by factor, one column at a time, a bit of a
// table for each row. It starts from item numbers, which Mask must first make of dictionary entries.
type bitLoop struct {
	factors []bitTable
	columns [][]int32 // the item of each row, by dimension
	cells   []int32
	words   []uint64 // a bit a row: readable
}

func newBitLoop(ctx context.Context, t Table) (*bitLoop, error) {
	s, err := t.Sheet(ctx)
	if err != nil {
		return nil, err
	}
	app := s.Member.Rights().Workspace().Applications[0]
	block := app.Metric(measureName(0))
	v, err := s.Member.Block(engine.Ref{App: app, Block: block})
	if err != nil {
		return nil, err
	}
	rows := int(s.Batch.NumRows())
	l := &bitLoop{cells: make([]int32, rows), words: make([]uint64, (rows+63)/64)}
	for _, f := range v.Tables(engine.Readable) {
		l.factors = append(l.factors, newBitTable(f, block.Dims))
	}
	for i := range block.Dims {
		d, ok := s.Batch.Column(i).(*array.Dictionary) // of all items in their order, so that codes are items
		if !ok {
			return nil, fmt.Errorf("bench: column %d is no dictionary", i)
		}
		l.columns = append(l.columns, d.Indices().(*array.Int32).Int32Values())
	}
	return l, nil
}

func (l *bitLoop) run() {
	for i := range l.words {
		l.words[i] = ^uint64(0)
	}
	for _, f := range l.factors {
		cells := l.place(f)
		for w := range l.words {
			word := uint64(0)
			for k, cell := range cells[w*64 : min(w*64+64, len(cells))] {
				word |= f.bits[cell>>6] >> (cell & 63) & 1 << k
			}
			l.words[w] &= word
		}
	}
}

// place is the cell of a factor for each row: a column as it is, where the factor has one dimension.
func (l *bitLoop) place(f bitTable) []int32 {
	var cells []int32
	for i, stride := range f.strides {
		column, stride := l.columns[i], int32(stride)
		switch {
		case stride == 0:
		case stride == 1 && cells == nil:
			cells = column
		case cells == nil:
			cells = l.cells
			for r, item := range column {
				cells[r] = item * stride
			}
		default:
			for r, item := range column {
				l.cells[r] = cells[r] + item*stride
			}
			cells = l.cells
		}
	}
	return cells
}

// large is the company whose members a product each would be made for: its deepest blocks have 3.6 million cells.
var large = Company{Members: 100_000, Departments: 200, Countries: 500, Months: 36}

// againstProducts lets the compilation of a company, and the views of its deepest block for every kind, meet what
// Cubeward does not do: a bitmap of that block's cells for each member. A thousand are made, and their time is scaled.
func againstProducts(ctx context.Context, s *Stage) (Pair, error) {
	r, err := s.Rights(ctx, large)
	if err != nil {
		return Pair{}, err
	}
	ours := func(ctx context.Context) error {
		r, err := engine.Compile(ctx, r.Workspace(), engine.Options{})
		if err != nil {
			return err
		}
		for _, g := range r.Groups() {
			v, err := r.MemberAt(g[0]).Block(deepest(r))
			if err != nil {
				return err
			}
			_ = v.Tables(engine.Readable)
		}
		return nil
	}
	made := make([]*roaring.Bitmap, 1000)
	space, err := deepest(r).Block.Space()
	if err != nil {
		return Pair{}, err
	}
	words := make([]uint64, (space.Len()+63)/64)
	theirs := func(context.Context) error {
		for i := range made {
			v, err := r.MemberAt(cube.ItemID(i)).Block(deepest(r))
			if err != nil {
				return err
			}
			made[i] = product(v, words)
		}
		return nil
	}
	return Pair{ours, theirs, float64(r.Workspace().Users.Len()) / float64(len(made))}, nil
}
