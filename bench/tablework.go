package bench

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/cubeward/cubeward/engine/mask"
)

// Mask masks the table, by a Masker that is made once.
func (t Table) Mask() Workload {
	return Workload{Name: "Mask/" + t.Model(), Prepare: func(ctx context.Context, _ *Stage) (*Op, error) {
		s, err := t.Sheet(ctx)
		if err != nil {
			return nil, err
		}
		return s.Op()
	}}
}

// Decide works out which rows are readable, as bits, and carries no values: the table has one measure of nulls, and a
// column of booleans beside it.
func (t Table) Decide() Workload {
	name := "Decide/" + t.Model()
	t.Type = nulls
	return Workload{Name: name, Prepare: func(ctx context.Context, _ *Stage) (*Op, error) {
		s, err := t.Sheet(ctx)
		if err != nil {
			return nil, err
		}
		s.Options.Readable = true
		return s.Op()
	}}
}

// Bind makes a Masker for the table: what is paid for each member and schema before the first row.
func (t Table) Bind() Workload {
	return Workload{Name: "Bind/" + t.Model(), Prepare: func(ctx context.Context, _ *Stage) (*Op, error) {
		s, err := t.Sheet(ctx)
		if err != nil {
			return nil, err
		}
		return &Op{Members: 1, Do: func(context.Context) error {
			_, err := mask.New(s.Member, s.Batch.Schema(), s.Options)
			return err
		}}, nil
	}}
}

// Op masks the sheet's batch again and again.
func (s *Sheet) Op() (*Op, error) {
	m, err := mask.New(s.Member, s.Batch.Schema(), s.Options)
	if err != nil {
		return nil, err
	}
	hidden, err := hiddenShare(m, s.Batch)
	if err != nil {
		return nil, err
	}
	op := &Op{
		Cells: s.Cells, Bytes: s.Values,
		Do: func(context.Context) error {
			out, err := m.Mask(s.Batch)
			if err == nil {
				out.Release()
			}
			return err
		},
		Own: func(context.Context) ([]Value, error) { return []Value{{hidden, "%hidden"}}, nil },
	}
	if s.Values > 0 {
		src, dst := make([]byte, s.Values), make([]byte, s.Values)
		for i := range src {
			src[i] = byte(i)
		}
		copy(dst, src)
		op.Copy = func() { copy(dst, src) }
	}
	return op, nil
}

// hiddenShare is how many of a hundred cells are in fact hidden.
func hiddenShare(m *mask.Masker, batch arrow.RecordBatch) (float64, error) {
	out, report, err := m.MaskReport(0, batch)
	if err != nil {
		return 0, err
	}
	out.Release()
	var hidden, rows uint64
	for _, b := range report.Block {
		hidden, rows = hidden+b.Hidden, rows+b.Rows
	}
	return 100 * float64(hidden) / float64(max(1, rows)), nil
}
