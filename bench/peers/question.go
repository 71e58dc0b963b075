package peers

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/cubeward/cubeward/bench"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// question is a table by dictionary columns of which a part is hidden, taken apart for engines that know nothing of
// models: for each dimension with a factor which of its items are readable.
type question struct {
	sheet  *bench.Sheet
	view   *engine.View
	lists  []*cube.List
	codes  [][]int32 // of each dimension, by row: items
	values []float64
	axes   []int    // the dimensions that have a factor
	allows [][]bool // of each of axes, by item
}

// ask makes the question of a table with one factor for each of its first dimensions.
func ask(ctx context.Context, t bench.Table) (*question, error) {
	s, err := t.Sheet(ctx)
	if err != nil {
		return nil, err
	}
	app := s.Member.Rights().Workspace().Applications[0]
	last := s.Batch.NumCols() - 1
	block := app.Metric(s.Batch.ColumnName(int(last)))
	q := &question{sheet: s, lists: block.Dims, values: s.Batch.Column(int(last)).(*array.Float64).Float64Values()}
	if q.view, err = s.Member.Block(engine.Ref{App: app, Block: block}); err != nil {
		return nil, err
	}
	for i := range q.lists {
		d, ok := s.Batch.Column(i).(*array.Dictionary)
		if !ok {
			return nil, fmt.Errorf("column %d is no dictionary", i)
		}
		q.codes = append(q.codes, d.Indices().(*array.Int32).Int32Values())
	}
	for _, table := range q.view.Tables(engine.Readable) {
		if len(table.Axes) != 1 {
			return nil, fmt.Errorf("a factor over %d dimensions", len(table.Axes))
		}
		axis := table.Axes[0]
		allow := make([]bool, q.lists[axis].Len())
		for i := range allow {
			allow[i] = table.Bits[i>>6]>>(i&63)&1 != 0
		}
		q.axes, q.allows = append(q.axes, axis), append(q.allows, allow)
	}
	return q, nil
}

// readable is the truth, asked cell by cell.
func (q *question) readable() []bool {
	out := make([]bool, len(q.values))
	items := make([]cube.ItemID, len(q.lists))
	for r := range out {
		for i := range items {
			items[i] = cube.ItemID(q.codes[i][r])
		}
		out[r] = q.view.Read(items...)
	}
	return out
}

// dictionary is the dictionary array of a dimension.
func (q *question) dictionary(axis int) *array.Dictionary {
	return q.sheet.Batch.Column(axis).(*array.Dictionary)
}

// measure is the column of values.
func (q *question) measure() arrow.Array { return q.sheet.Batch.Column(len(q.lists)) }

// peer answers a question: do is what is measured; readable and values say what it found, by row.
type peer struct {
	name     string
	do       func() error
	readable func() []bool
	rows     int // rows of the question it answers
}
