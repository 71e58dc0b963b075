package mask

import (
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// Masker masks batches of one schema for one member. It is immutable but for the totals of Report, and may be used by
// many goroutines at once.
type Masker struct {
	opt           Options
	member        string
	asker         *engine.Member
	input, output *arrow.Schema
	columns       []column
	items         []itemColumn
	measures      []measure

	lanes   lanes
	asked   []int // of a Fan's questions
	groups  []group
	groupOf []int // by lane; -1 where it is in none
	grids   []grid
	axes    []axis
	tables  []*laneTable   // by lane; nil where it has none
	wide    bool           // rows are looked up by bits, lane by lane
	itself  []*translation // by item column: of the list's items as they are
	known   []translations // by item column
	dense   *denseBlock    // nil where rows are placed by columns

	mem     memory.Allocator
	workers int
	scratch sync.Pool // of *scratch
	passes  sync.Pool // of *pass

	mu     sync.Mutex
	totals counts
}

// New binds the columns of a schema for a member (SPEC 5). The error joins all that is wrong with the options, the
// placement of the columns and their types; it names columns, and no value or item. It costs about as much as the
// tables of the measures' rights have cells.
func New(member *engine.Member, schema *arrow.Schema, opt Options) (*Masker, error) {
	b, err := newBinder(member, schema, opt)
	if err != nil {
		return nil, err
	}
	m, err := b.masker()
	if err != nil {
		return nil, err
	}
	m.bindRows()
	return m, nil
}

// newBinder binds the columns of a schema.
func newBinder(member *engine.Member, schema *arrow.Schema, opt Options) (*binder, error) {
	if member == nil || member.Rights() == nil {
		return nil, errors.New("mask: no member")
	}
	if schema == nil {
		return nil, errors.New("mask: no schema")
	}
	b := &binder{opt: opt, member: member, ws: member.Rights().Workspace(), schema: schema}
	if err := b.bind(); err != nil {
		return nil, fmt.Errorf("mask: %w", err)
	}
	b.output = b.outputSchema()
	return b, nil
}

// masker asks for the rights of the binder's member. What it returns cannot read rows yet.
func (b *binder) masker() (*Masker, error) {
	m := &Masker{opt: b.opt, member: b.member.Name(), asker: b.member, input: b.schema, output: b.output, mem: b.opt.Allocator, workers: b.opt.Workers}
	if m.mem == nil {
		m.mem = new(recycler)
	}
	if m.workers == 0 {
		m.workers = runtime.GOMAXPROCS(0)
	}
	if err := b.ask(m); err != nil {
		return nil, fmt.Errorf("mask: %w", err)
	}
	if err := errors.Join(b.problems...); err != nil {
		return nil, fmt.Errorf("mask: %w", err)
	}
	m.columns, m.items, m.measures = b.columns, b.items, b.measures
	m.totals = m.newCounts()
	m.bindAsked()
	return m, nil
}

// bindRows prepares for reading rows.
func (m *Masker) bindRows() {
	m.groups = fold(m.lanes, m.items)
	m.wide = wideBits()
	m.bindCouples()
	m.bindTerms()
	m.bindTables()
	m.bindColumns()
	m.scratch.New = func() any { return m.newScratch() }
}

// ask turns the rights of the member into the lanes, and the dense tables, that answer for the bound columns.
func (b *binder) ask(m *Masker) error {
	for i := range b.items {
		c := &b.items[i]
		c.placed = m.lanes.add(lane{placed: []int{i}})
		ref := engine.Ref{App: c.list.App, Block: c.list.ItemSet}
		if c.list.Reserved { // Its rights are those of whoever is a member of the application that asks.
			ref.App = b.app
		}
		v, err := b.member.Block(ref)
		if err != nil {
			return err
		}
		c.ref = ref
		c.visible = m.lanes.add(laneOf(v, engine.Readable, []place{{column: i}}))
	}
	if b.dense != nil {
		space, err := cube.NewSpace(b.dense.Dims...)
		if err != nil {
			return err
		}
		m.dense = &denseBlock{space: space}
	}
	for i := range b.measures {
		x := &b.measures[i]
		v, err := b.member.Block(x.ref)
		if err != nil {
			return err
		}
		x.view = v
		if m.dense != nil {
			x.readable, x.unlocked = m.dense.add(v.Tables(engine.Readable)), m.dense.add(v.Tables(engine.Unlocked))
			continue
		}
		x.readable = m.lanes.add(laneOf(v, engine.Readable, x.dims))
		x.unlocked = m.lanes.add(laneOf(v, engine.Unlocked, x.dims))
	}
	return nil
}

// Schema is the schema of what Mask returns: the input's, nullable where values are masked, without foreign metadata, and with
// the columns of Options.Readable and Options.Locks after the input's.
func (m *Masker) Schema() *arrow.Schema { return m.output }

// Report counts all batches that were masked so far, by whatever goroutine.
func (m *Masker) Report() *Report {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.report(m.totals)
}

// Mask is a batch as the member may see it. The batch is left as it is; the caller releases the result. Every batch
// stands for itself, but a dense one, which must be the whole block.
//
// It fails with a *RefusedError where Options.Refuse says so, and for batches of another schema or whose arrays
// contradict their types; it never returns a batch that is masked in part. Rows cost no allocation.
func (m *Masker) Mask(batch arrow.RecordBatch) (arrow.RecordBatch, error) {
	if err := m.checkWhole(batch); err != nil {
		return nil, err
	}
	return m.MaskAt(0, batch)
}

// checkWhole makes sure that a dense batch is the whole block.
func (m *Masker) checkWhole(batch arrow.RecordBatch) error {
	if m.dense != nil && batch != nil && uint64(batch.NumRows()) != m.dense.space.Len() {
		return fmt.Errorf("mask: a dense batch of %d rows for a block of %d cells; use MaskAt or Stream for a part", batch.NumRows(), m.dense.space.Len())
	}
	return nil
}

// MaskAt is Mask for a piece of a dense block whose first row is the cell first, in cell order. For rows placed by
// columns first must be 0.
func (m *Masker) MaskAt(first uint64, batch arrow.RecordBatch) (arrow.RecordBatch, error) {
	return m.maskAt(first, batch, nil, m.workers)
}

// MaskReport is MaskAt and the report of this call alone.
func (m *Masker) MaskReport(first uint64, batch arrow.RecordBatch) (arrow.RecordBatch, *Report, error) {
	c := m.newCounts()
	out, err := m.maskAt(first, batch, &c, m.workers)
	if err != nil {
		return nil, nil, err
	}
	return out, m.report(c), nil
}

// maskAt masks with so many workers. It also adds what the call counts to c, where that is not nil.
func (m *Masker) maskAt(first uint64, batch arrow.RecordBatch, c *counts, workers int) (out arrow.RecordBatch, err error) {
	p := m.newPass()
	defer p.release()
	if m.opt.Audit != nil {
		defer func() { m.audit(m.asker, batch, p.counts, err != nil) }()
	}
	defer func() {
		if err != nil {
			out = nil
		}
	}()
	defer caught(&err)
	if err = m.check(first, batch); err != nil {
		return nil, err
	}
	p.batch, p.n, p.first, p.workers = batch, int(batch.NumRows()), first, workers
	if out, err = p.run(); err != nil {
		return nil, err
	}
	if c != nil {
		c.add(p.counts)
	}
	m.mu.Lock()
	m.totals.add(p.counts)
	m.mu.Unlock()
	return out, nil
}

// caught makes an error of a panic, which arrays that contradict their type may set off in the Arrow library. What it
// says may hold a number of the data, so it is not repeated.
func caught(err *error) {
	if recover() != nil {
		*err = fmt.Errorf("mask: %w", errShape)
	}
}

// check makes sure that the batch is what New bound the columns of.
func (m *Masker) check(first uint64, batch arrow.RecordBatch) error {
	if batch == nil || batch.Schema() == nil {
		return errors.New("mask: no batch")
	}
	if s := batch.Schema(); s != m.input {
		same := s.NumFields() == m.input.NumFields()
		for i := 0; same && i < s.NumFields(); i++ {
			f, g := s.Field(i), m.input.Field(i)
			same = f.Name == g.Name && sameType(f.Type, g.Type)
			if m.opt.TrustMetadata { // Other metadata may place the column elsewhere.
				same = same && samePlacement(f.Metadata, g.Metadata)
			}
		}
		if m.opt.TrustMetadata {
			same = same && samePlacement(s.Metadata(), m.input.Metadata())
		}
		if !same {
			return errors.New("mask: the batch has another schema than the one that was bound")
		}
	}
	if batch.NumCols() != int64(m.input.NumFields()) {
		return errors.New("mask: the batch has another number of columns than its schema")
	}
	for i := range m.input.NumFields() {
		col := batch.Column(i)
		if col == nil || int64(col.Len()) != batch.NumRows() || !sameType(col.DataType(), m.input.Field(i).Type) {
			return fmt.Errorf("mask: column %q: %w: its length or type is not the batch's", m.input.Field(i).Name, errShape)
		}
	}
	rows := uint64(batch.NumRows())
	switch {
	case m.dense == nil && first != 0:
		return errors.New("mask: rows placed by columns have no first cell")
	case m.dense != nil && (first > m.dense.space.Len() || rows > m.dense.space.Len()-first):
		return fmt.Errorf("mask: %d rows from cell %d on, but the dense block has %d cells", rows, first, m.dense.space.Len())
	}
	return nil
}

func (m *Masker) columnError(item int, err error) error {
	return fmt.Errorf("mask: column %q: %w", m.input.Field(m.items[item].field).Name, err)
}
