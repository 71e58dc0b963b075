package mask

import (
	"iter"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// Proposal is a cell that somebody proposes to change, and whether the member may (SPEC 1.2).
type Proposal struct {
	Column  string          // the measure's
	Row     int             // of the batch, counted from 0
	Block   engine.Ref      // the measure's
	Cell    []cube.ItemID   // by dimension of the block; cube.NoItem where the row holds no item of it
	Locked  bool            // the member may not change the cell
	Reasons []engine.Reason // why it is locked, in the order of SPEC 1.2; empty where it is not
}

// CheckWrite says of each cell that a batch proposes to change whether it is locked, and why: of every measure in
// every row, row by row. A null is a proposal like any other: it empties the cell. The values themselves are not
// looked at. A row that stands nowhere, as a dimension value is null or no item, is locked: it cannot be read or written.
//
// The batch is one of the schema that New bound; first is its first cell as in MaskAt. All is decided before CheckWrite
// returns: the result does not need the batch any more, may be walked more than once, and makes each Proposal anew, the
// caller's to keep. Options that say what comes out of Mask have no say here, and nothing is counted in Report. It costs
// what deciding a batch costs, and four bytes a row and dimension; each locked cell then costs a single decision.
func (m *Masker) CheckWrite(first uint64, batch arrow.RecordBatch) (proposals iter.Seq[Proposal], err error) {
	defer func() {
		if err != nil {
			proposals = nil
		}
	}()
	defer caught(&err)
	if err = m.check(first, batch); err != nil {
		return nil, err
	}
	p := &pass{m: m, batch: batch, n: int(batch.NumRows()), first: first, workers: m.workers}
	cols, err := p.decide()
	if err != nil {
		return nil, err
	}
	p.measure()
	w := writeCheck{m: m, n: p.n, first: first, items: make([][]cube.ItemID, len(cols))}
	for i := range m.measures {
		w.locked = append(w.locked, p.locked(i))
		w.unplaced = append(w.unplaced, reasonsAnywhere(m.measures[i].view))
	}
	codes := make([]uint32, p.n)
	for i, c := range cols {
		if !m.items[i].dimension {
			continue
		}
		if err := c.code(0, codes, nil); err != nil {
			return nil, m.columnError(i, err)
		}
		w.items[i] = make([]cube.ItemID, p.n)
		for row, code := range codes {
			if w.items[i][row] = cube.ItemID(c.item(code)); w.items[i][row] < 0 {
				w.items[i][row] = cube.NoItem
			}
		}
	}
	return w.walk, nil
}

// writeCheck is what CheckWrite decided.
type writeCheck struct {
	m        *Masker
	n        int
	first    uint64
	items    [][]cube.ItemID   // by item column and row; nil for columns that are no dimensions
	locked   [][]uint64        // by measure
	unplaced [][]engine.Reason // by measure: why rows that stand nowhere are locked
}

func (w *writeCheck) walk(yield func(Proposal) bool) {
	for row := range w.n {
		for i := range w.m.measures {
			if !yield(w.proposal(row, i)) {
				return
			}
		}
	}
}

func (w *writeCheck) proposal(row, i int) Proposal {
	x := &w.m.measures[i]
	p := Proposal{Column: w.m.input.Field(x.field).Name, Row: row, Block: x.ref, Locked: hasBit(w.locked[i], row)}
	p.Cell = make([]cube.ItemID, len(x.ref.Block.Dims))
	if w.m.dense != nil {
		w.m.dense.space.At(w.first+uint64(row), p.Cell)
	}
	for k, d := range x.dims {
		p.Cell[k] = d.item
		if d.column >= 0 {
			p.Cell[k] = w.items[d.column][row]
		}
	}
	switch {
	case !p.Locked:
	case slices.Contains(p.Cell, cube.NoItem):
		p.Reasons = slices.Clone(w.unplaced[i])
	default:
		p.Reasons = x.view.Decide(p.Cell...).Reasons
	}
	return p
}

// reasonsAnywhere are why a cell that does not exist is locked: there is nothing to read or write, besides what locks
// every cell of the block.
func reasonsAnywhere(v *engine.View) []engine.Reason {
	reasons := []engine.Reason{engine.NoRead, engine.NoWrite}
	if v.Space().Len() == 0 {
		return reasons
	}
	for _, r := range v.Decide(make([]cube.ItemID, len(v.Ref().Block.Dims))...).Reasons {
		switch r {
		case engine.NoMembership, engine.Calculated, engine.Impersonation:
			reasons = append(reasons, r)
		}
	}
	slices.Sort(reasons)
	return reasons
}
