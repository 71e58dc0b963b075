package mask

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// checkStreams cuts the batch into pieces for a stream.
func (e *everything) checkStreams(t *testing.T, msg string, table, batch arrow.RecordBatch, opt Options) {
	t.Helper()
	whole := e.dense == nil
	if e.dense != nil {
		space, _ := e.dense.Space()
		whole = e.cellOf(e.from) == 0 && uint64(batch.NumRows()) == space.Len()
	}
	opt.Ahead = e.rng.IntN(4)
	opt.Audit = nil
	m, err := New(e.members[0], batch.Schema(), opt)
	require.NoError(t, err, msg)
	reader := &listReader{schema: batch.Schema()}
	for from := 0; from < int(batch.NumRows()); {
		to := min(from+1+e.rng.IntN(300), int(batch.NumRows()))
		reader.batches = append(reader.batches, batch.NewSlice(int64(from), int64(to)))
		from = to
	}
	defer func() {
		for _, b := range reader.batches {
			b.Release()
		}
	}()
	s, err := m.Stream(reader)
	if opt.Sort {
		require.Error(t, err, msg)
		return
	}
	require.NoError(t, err, msg)
	defer s.Release()
	if !whole {
		for s.Next() {
		}
		require.Error(t, s.Err(), msg)
		return
	}
	x := e.expect(e.members[0])
	rows := x.rows
	for s.Next() {
		n := int(s.RecordBatch().NumRows())
		require.LessOrEqual(t, n, len(rows), msg)
		e.check(t, msg+", streamed", x, table, s.RecordBatch(), rows[:n])
		rows = rows[n:]
	}
	if x.refused != nil {
		var refused *RefusedError
		require.ErrorAs(t, s.Err(), &refused, msg)
		return
	}
	require.NoError(t, s.Err(), msg)
	require.Empty(t, rows, msg)
	require.Equal(t, x.report, s.Report(), msg)
}

// checkFans masks for all members at once, from several goroutines.
func (e *everything) checkFans(t *testing.T, msg string, table, batch arrow.RecordBatch, opt Options) {
	t.Helper()
	members := append(slices.Clone(e.members), e.members...)
	opt.Audit = nil
	fan, err := NewFan(members, batch.Schema(), opt)
	require.NoError(t, err, msg)
	if e.dense != nil {
		if space, _ := e.dense.Space(); uint64(batch.NumRows()) != space.Len() {
			for _, err := range fan.Mask(batch) {
				require.ErrorContains(t, err, "a dense batch of", msg)
			}
			return
		}
	}
	for _, m := range e.members {
		e.expect(m)
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			i := 0
			for out, err := range fan.Mask(batch) {
				x := e.expect(members[i])
				if i++; x.refused != nil {
					require.Equal(t, x.refused, err, msg)
					continue
				}
				require.NoError(t, err, msg)
				e.check(t, fmt.Sprintf("%s, fan, %s", msg, members[i-1].Name()), x, table, out, x.rows)
				out.Release()
			}
		})
	}
	wg.Wait()
	for i, m := range members {
		if x := e.expect(m); x.refused == nil {
			require.Equal(t, e.times(x.report, 2), fan.Report(i), msg)
		}
	}
}

// checkProposals asks which cells may be changed.
func (e *everything) checkProposals(t *testing.T, msg string, batch arrow.RecordBatch, opt Options) {
	t.Helper()
	x := e.expect(e.members[0])
	m, err := New(e.members[0], batch.Schema(), opt)
	require.NoError(t, err, msg)
	proposals, err := m.CheckWrite(e.cellOf(e.from), batch)
	require.NoError(t, err, msg)
	row, at := e.from, 0
	for p := range proposals {
		for e.columns[at].block == nil {
			at++
		}
		require.Equal(t, e.columns[at].name, p.Column, msg)
		require.Equal(t, row-e.from, p.Row, msg)
		require.Equal(t, x.locked[at][row], p.Locked, "%s: %s row %d", msg, p.Column, row)
		cell, placed := e.cell(p.Block.Block, row)
		if placed {
			require.Equal(t, cell, p.Cell, msg)
			require.Equal(t, e.w.view(e.members[0], p.Block.Block).Decide(cell...).Reasons, p.Reasons, msg)
		} else {
			require.Contains(t, p.Cell, cube.NoItem, msg)
			require.Contains(t, p.Reasons, engine.NoWrite, msg)
		}
		if at++; !slices.ContainsFunc(e.columns[at:], func(c everyColumn) bool { return c.block != nil }) {
			at, row = 0, row+1
		}
	}
}
