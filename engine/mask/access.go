package mask

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/cubeward/cubeward/engine"
)

// Access is one question that a Masker answered, for an audit log: who asked about which block in one batch, and for
// how many cells. It holds no value of the data and no item name.
type Access struct {
	Member string     // whose rights decided
	Admin  string     // who asked as that member (SPEC 1.3); "" where it was the member
	Block  engine.Ref // a measure's block, or the item set of a dimension column's list
	Column string     // the column of the input
	Cells  uint64     // rows of the batch
	Hidden uint64     // those whose value was hidden
	Locked uint64     // those that may not be changed; 0 for dimension columns
	Failed bool       // the batch was refused or broken: nothing of it came out, and nothing was counted but Cells
}

// audit tells Options.Audit of one batch: of each measure, then of each dimension column, in the input's order.
func (m *Masker) audit(asker *engine.Member, batch arrow.RecordBatch, c counts, failed bool) {
	rows := uint64(0)
	if batch != nil {
		rows = uint64(batch.NumRows())
	}
	a := Access{Member: asker.Name(), Admin: asker.Admin(), Cells: rows, Failed: failed}
	for i, x := range m.measures {
		a.Block, a.Column = x.ref, m.input.Field(x.field).Name
		if a.Hidden, a.Locked = 0, 0; !failed {
			a.Hidden, a.Locked = c.measures[i].Hidden, c.measures[i].Locked
		}
		m.opt.Audit(a)
	}
	a.Locked = 0
	for i, x := range m.items {
		if !x.dimension {
			continue
		}
		a.Block, a.Column = x.ref, m.input.Field(x.field).Name
		if a.Hidden = 0; !failed {
			a.Hidden = c.dimensions[i]
		}
		m.opt.Audit(a)
	}
}
