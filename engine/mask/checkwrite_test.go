package mask

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// TestProposalsAsOneByOne compares with a decision for each cell.
func TestProposalsAsOneByOne(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 60))
		w := randomWorld(t, rng)
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		n := []int{0, 1, 64, 100, 5000}[min(rng.IntN(5), rng.IntN(60))]
		batch, opt, held, _ := randomBatch(w, rng, mem, n)
		start := rng.IntN(n + 1)
		window := batch.NewSlice(int64(start), int64(n))
		batch.Release()
		for _, name := range []string{"ada", "bo", "cy"} {
			masker, err := New(w.member(name), window.Schema(), opt)
			require.NoError(t, err)
			proposals, err := masker.CheckWrite(0, window)
			require.NoError(t, err)
			k := 0
			for p := range proposals {
				checkProposal(t, w, name, masker, p, k, held, start, fmt.Sprintf("seed %d, %s", seed, name))
				k++
			}
			require.Equal(t, 5*(n-start), k)
			require.Zero(t, masker.Report().Block["M0"].Rows, "what was only asked is not counted")
		}
		window.Release()
		mem.AssertSize(t, 0)
	}
}

func checkProposal(t *testing.T, w *world, name string, m *Masker, p Proposal, k int, held map[*cube.List][]int, start int, msg string) {
	columns := []string{"M0", "M1", "M2", "Days.Weight", "Choice"}
	msg = fmt.Sprintf("%s: %s row %d", msg, p.Column, p.Row)
	require.Equal(t, columns[k%5], p.Column, msg)
	require.Equal(t, k/5, p.Row, msg)
	want := make([]cube.ItemID, len(p.Block.Block.Dims))
	for i, l := range p.Block.Block.Dims {
		if want[i] = cube.ItemID(held[l][start+p.Row]); want[i] < 0 {
			want[i] = cube.NoItem
		}
	}
	require.Equal(t, want, p.Cell, msg)
	d := w.view(w.member(name), p.Block.Block).Decide(p.Cell...)
	require.Equal(t, d.Locked, p.Locked, msg)
	if !slices.Contains(p.Cell, cube.NoItem) {
		require.Equal(t, d.Reasons, p.Reasons, msg)
		return
	}
	require.Contains(t, p.Reasons, engine.NoRead, msg)
	if w.view(w.member(name), p.Block.Block).Space().Len() > 0 {
		require.Equal(t, name == "cy", slices.Contains(p.Reasons, engine.NoMembership), msg)
	}
}

func TestProposalsTellWhy(t *testing.T) {
	w := cityWorld(t)
	w.app.Metric("Twin").Formula = &cube.Formula{Text: `City."Oslo"[ADD: Month]`, Author: cube.NoItem}
	b := array.NewFloat64Builder(memory.DefaultAllocator)
	b.AppendValues(make([]float64, 5), []bool{true, false, true, false, true})
	batch := batchOf(
		field{"City", texts(memory.DefaultAllocator, "Oslo", "Rome", "Lima", "", "Paris")},
		field{"Twin", texts(memory.DefaultAllocator, "", "Rome", "Oslo", "Paris", "")},
		field{"Revenue", b.NewArray()},
	)
	ask := func(member *engine.Member, opt Options) []string {
		opt.At = map[string]string{"Month": "Feb"}
		m, err := New(member, batch.Schema(), opt)
		require.NoError(t, err)
		proposals, err := m.CheckWrite(0, batch)
		require.NoError(t, err)
		var out []string
		for p := range proposals {
			out = append(out, fmt.Sprintln(p.Row, p.Column, p.Cell, p.Locked, p.Reasons))
		}
		return out
	}
	none := cube.NoItem
	want := []string{
		fmt.Sprintln(0, "Twin", []cube.ItemID{1}, true, "[calculated]"),
		fmt.Sprintln(0, "Revenue", []cube.ItemID{0, 1}, true, "[no_write]"),
		fmt.Sprintln(1, "Twin", []cube.ItemID{1}, true, "[calculated]"),
		fmt.Sprintln(1, "Revenue", []cube.ItemID{1, 1}, false, "[]"),
		fmt.Sprintln(2, "Twin", []cube.ItemID{1}, true, "[calculated]"),
		fmt.Sprintln(2, "Revenue", []cube.ItemID{2, 1}, true, "[no_read no_write]"),
		fmt.Sprintln(3, "Twin", []cube.ItemID{1}, true, "[calculated]"),
		fmt.Sprintln(3, "Revenue", []cube.ItemID{none, 1}, true, "[no_read no_write]"),
		fmt.Sprintln(4, "Twin", []cube.ItemID{1}, true, "[calculated]"),
		fmt.Sprintln(4, "Revenue", []cube.ItemID{none, 1}, true, "[no_read no_write]"),
	}
	require.Equal(t, want, ask(w.member("bo"), Options{}))
	require.Equal(t, want, ask(w.member("bo"), Options{DropRows: true, Sort: true, Refuse: true, Locks: true}))
	as, err := w.rights.Impersonate("ada", "bo")
	require.NoError(t, err)
	got := ask(as, Options{})
	require.Equal(t, fmt.Sprintln(1, "Revenue", []cube.ItemID{1, 1}, true, "[impersonation]"), got[3])
	require.Equal(t, fmt.Sprintln(4, "Revenue", []cube.ItemID{none, 1}, true, "[no_read no_write impersonation]"), got[9])
	require.Equal(t, fmt.Sprintln(4, "Revenue", []cube.ItemID{none, 1}, true, "[no_membership no_read no_write]"), ask(w.member("cy"), Options{})[9])
}

func TestProposalsOfADenseBlock(t *testing.T) {
	w, m := denseWorld(t)
	member := w.member("bo")
	batch := denseBatch(memory.DefaultAllocator, 100).NewSlice(10, 60)
	masker, err := New(member, batch.Schema(), Options{Dense: "M"})
	require.NoError(t, err)
	proposals, err := masker.CheckWrite(70, batch)
	require.NoError(t, err)
	view, cell, locked := w.view(member, m), make([]cube.ItemID, 2), 0
	for p := range proposals {
		view.Space().At(uint64(70+p.Row), cell)
		require.Equal(t, cell, p.Cell)
		d := w.view(member, p.Block.Block).Decide(cell...)
		require.Equal(t, d, engine.Decision{Read: d.Read, Write: d.Write, Locked: p.Locked, Reasons: p.Reasons})
		if p.Locked {
			locked++
		}
	}
	require.Positive(t, locked)
	for range proposals {
		break // a walk may stop early, and start again
	}
	_, err = masker.CheckWrite(71, batch)
	require.ErrorContains(t, err, "has 120 cells")
	_, err = masker.CheckWrite(0, nil)
	require.Error(t, err)
}
