package engine

import (
	"context"
	"encoding/binary"
	"math"
	"slices"
	"sync"

	"github.com/cubeward/cubeward/cube"
)

// rowMemo remembers what access-rights metrics with formulas give for what they read from a member: members of one
// kind have the same row, in all generations of a lineage. Its sets are of the lineage's pool.
type rowMemo struct {
	mu    sync.Mutex
	rows  []map[string]row // by metric
	bytes int              // of keys and entries
}

const (
	maxRowMemo    = 16 << 20
	rowEntryBytes = 64 // besides the key's own bytes
)

func newRowMemo(metrics int) *rowMemo { return &rowMemo{rows: make([]map[string]row, metrics)} }

func (m *rowMemo) get(metric int, key []byte) (row, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.rows[metric][string(key)]
	return r, ok
}

// put remembers a row. Where there are too many, all are forgotten: that is seldom, and simple.
func (m *rowMemo) put(metric int, key []byte, r row) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bytes > maxRowMemo {
		clear(m.rows)
		m.bytes = 0
	}
	if m.rows[metric] == nil {
		m.rows[metric] = map[string]row{}
	}
	m.rows[metric][string(key)] = r
	m.bytes += rowEntryBytes + len(key)
}

// known is what metric i holds for the member: remembered, or worked out.
func (x *memberEval) known(ctx context.Context, i int) (row, error) {
	m := x.line.readers.metrics[i]
	own, ok := x.line.readers.ownOf(m)
	if !ok {
		return x.metric(ctx, m)
	}
	var room [256]byte
	key := room[:0]
	for _, b := range own {
		col, err := x.rowOf(ctx, b, x.line.locals.dimsOf(b))
		if err != nil {
			return row{}, placed(m, err)
		}
		key = appendRow(key, col)
	}
	if r, ok := x.line.rows.get(i, key); ok {
		return r, nil
	}
	r, err := x.metric(ctx, m)
	if err == nil {
		x.line.rows.put(i, key, r)
	}
	return r, err
}

// appendRow writes the content of a member's row: equal bytes mean equal rows, whichever generation they are of. Texts
// are written out, as each column numbers them by itself.
func appendRow(key []byte, col *cube.Column) []byte {
	vec := col.Vector()
	key = append(key, byte(col.Form()), byte(vec.Kind))
	key = binary.LittleEndian.AppendUint64(key, uint64(vec.N))
	for _, c := range col.Cells() {
		key = binary.LittleEndian.AppendUint64(key, c)
	}
	if vec.Kind != cube.Text {
		return appendValues(key, vec, 0, vec.N)
	}
	for _, code := range vec.Ints {
		if code == cube.BlankInt {
			key = binary.LittleEndian.AppendUint64(key, math.MaxUint64)
			continue
		}
		text := vec.Dict[code]
		key = binary.LittleEndian.AppendUint64(key, uint64(len(text)))
		key = append(key, text...)
	}
	return key
}

// ownOf are the given blocks that a metric's formula reads from the member, by number; false where it has no formula,
// or where the member itself decides.
func (x *readers) ownOf(m *cube.Block) ([]*cube.Block, bool) {
	if x.plan.Formula(m) == nil {
		return nil, false
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	r := x.of(m)
	if r.self {
		return nil, false
	}
	if r.sorted == nil {
		r.sorted = make([]*cube.Block, 0, len(r.own))
		for b := range r.own {
			r.sorted = append(r.sorted, b)
		}
		slices.SortFunc(r.sorted, func(a, b *cube.Block) int { return int(a.ID) - int(b.ID) })
	}
	return r.sorted, true
}
