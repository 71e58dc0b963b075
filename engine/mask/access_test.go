package mask

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// auditLog is what an Options.Audit was told.
type auditLog struct {
	mu   sync.Mutex
	told []Access
}

func (l *auditLog) add(a Access) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, a)
}

// requireReport fails where what was told does not add up to a report of so many rows.
func (l *auditLog) requireReport(t *testing.T, member string, rows uint64, report *Report, msg string) {
	t.Helper()
	measures, dimensions := map[string]MeasureReport{}, map[string]DimensionReport{}
	cells := map[string]uint64{}
	for _, a := range l.told {
		if a.Member != member {
			continue
		}
		require.False(t, a.Failed, msg)
		require.NotNil(t, a.Block.Block, msg)
		cells[a.Column] += a.Cells
		if _, ok := report.Dimensions[a.Column]; ok {
			require.Equal(t, cube.ItemSet, a.Block.Block.Kind)
			require.Zero(t, a.Locked, msg)
			dimensions[a.Column] = DimensionReport{dimensions[a.Column].Hidden + a.Hidden}
			continue
		}
		m := measures[a.Column]
		m.Rows, m.Hidden, m.Locked = m.Rows+a.Cells, m.Hidden+a.Hidden, m.Locked+a.Locked
		m.Unplaced = report.Block[a.Column].Unplaced
		measures[a.Column] = m
	}
	require.Equal(t, report.Block, measures, msg)
	require.Equal(t, report.Dimensions, dimensions, msg)
	for column, n := range cells {
		require.Equal(t, rows, n, "%s: %s", msg, column)
	}
}

// What Audit is told adds up to the report, for one Masker and for many members at once.
func TestAuditIsTheReport(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 77))
		w := randomWorld(t, rng)
		mem := memory.NewGoAllocator()
		batch, opt, _, _ := randomBatch(w, rng, mem, rng.IntN(200))
		opt.Refuse = false
		rows, msg := uint64(batch.NumRows()), fmt.Sprint("seed ", seed)
		var one auditLog
		opt.Audit = one.add
		m, err := New(w.member("bo"), batch.Schema(), opt)
		require.NoError(t, err)
		for range 2 {
			out, err := m.Mask(batch)
			require.NoError(t, err)
			out.Release()
		}
		one.requireReport(t, "bo", 2*rows, m.Report(), msg)
		var many auditLog
		opt.Audit = many.add
		fan, err := NewFan([]*engine.Member{w.member("ada"), w.member("bo"), w.member("cy")}, batch.Schema(), opt)
		require.NoError(t, err)
		for out, err := range fan.Mask(batch) {
			require.NoError(t, err)
			out.Release()
		}
		for i, name := range []string{"ada", "bo", "cy"} {
			many.requireReport(t, name, rows, fan.Report(i), msg)
		}
		batch.Release()
	}
}

// A batch that is refused or broken is told of, without counts; so is who acts as whom. Nothing told is a value.
func TestAuditOfRefusals(t *testing.T) {
	w := cityWorld(t)
	batch := cityBatch(memory.NewGoAllocator())
	defer batch.Release()
	var log auditLog
	m, err := New(w.member("bo"), batch.Schema(), Options{Refuse: true, Audit: log.add})
	require.NoError(t, err)
	_, err = m.Mask(batch)
	var refused *RefusedError
	require.ErrorAs(t, err, &refused)
	_, err = m.Mask(nil)
	require.Error(t, err)
	require.Len(t, log.told, 6) // Revenue, City, Month, twice
	for i, a := range log.told {
		require.True(t, a.Failed)
		require.Zero(t, a.Hidden+a.Locked)
		require.Equal(t, []uint64{7, 0}[i/3], a.Cells)
	}
	fan, err := NewFan([]*engine.Member{w.member("bo"), w.member("cy")}, batch.Schema(), Options{Audit: log.add})
	require.NoError(t, err)
	for _, err := range fan.Mask(nil) {
		require.Error(t, err)
	}
	require.Len(t, log.told, 12)

	log.told = nil
	w.ws.Accounts = []cube.AccountType{cube.PrimaryOwner}
	as, err := w.member("bo").Rights().Impersonate("ada", "bo")
	require.NoError(t, err)
	m, err = New(as, batch.Schema(), Options{Audit: log.add})
	require.NoError(t, err)
	out, err := m.Mask(batch)
	require.NoError(t, err)
	out.Release()
	require.Len(t, log.told, 3)
	require.Equal(t, "Revenue", log.told[0].Column)
	require.Equal(t, log.told[0].Cells, log.told[0].Locked, "nobody writes as somebody else")
	for _, a := range log.told {
		require.Equal(t, []string{"bo", "ada"}, []string{a.Member, a.Admin})
		a.Block = engine.Ref{}
		for _, name := range []string{"Oslo", "Rome", "Lima", "Paris", "Jan"} {
			require.False(t, strings.Contains(fmt.Sprintf("%+v", a), name))
		}
	}
}
