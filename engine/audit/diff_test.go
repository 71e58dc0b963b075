package audit_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
)

// turnover is what changed for one member in one block, counted cell by cell.
type turnover struct{ readGained, readLost, writeGained, writeLost uint64 }

// turnovers are those that are not zero, by member and block.
type turnovers map[[2]string]turnover

func diffOf(t *testing.T, old, new *engine.Rights) (*audit.Difference, turnovers) {
	t.Helper()
	d, err := audit.Diff(context.Background(), old, new, audit.DiffOptions{})
	require.NoError(t, err)
	out := turnovers{}
	for _, c := range d.Changes {
		require.NotEmpty(t, c.Members)
		for _, m := range c.Members {
			key := [2]string{m, c.Block.String()}
			require.NotContains(t, out, key)
			out[key] = turnover{c.ReadGained.Cells, c.ReadLost.Cells, c.WriteGained.Cells, c.WriteLost.Cells}
		}
	}
	return d, out
}

// allowed are the rights of every member in every cell, by the names of member, block and items.
func allowed(t *testing.T, r *engine.Rights) map[[2]string]map[string]cube.Rights {
	t.Helper()
	out := map[[2]string]map[string]cube.Rights{}
	for id, name := range r.Workspace().Users.Items() {
		for _, ref := range audit.Blocks(r.Workspace()) {
			v, err := r.MemberAt(cube.ItemID(id)).Block(ref)
			require.NoError(t, err)
			cells := map[string]cube.Rights{}
			items := make([]cube.ItemID, len(ref.Block.Dims))
			for cell := range v.Space().Len() {
				v.Space().At(cell, items)
				cells[cellText(ref.Block, items)] = decided(v, items)
			}
			out[[2]string{name, ref.String()}] = cells
		}
	}
	return out
}

func cellText(b *cube.Block, items []cube.ItemID) string {
	var parts []string
	for i, d := range b.Dims {
		parts = append(parts, fmt.Sprintf("%s=%q", d, d.Item(items[i])))
	}
	slices.Sort(parts)
	return fmt.Sprint(parts)
}

func decided(v *engine.View, items []cube.ItemID) cube.Rights {
	var out cube.Rights
	d := v.Decide(items...)
	if d.Read {
		out |= cube.Read
	}
	if d.Write {
		out |= cube.Write
	}
	return out
}

// counted is a difference, counted naively.
func counted(old, new map[[2]string]map[string]cube.Rights) turnovers {
	out := turnovers{}
	add := func(a, b map[[2]string]map[string]cube.Rights, count func(*turnover, cube.Rights)) {
		for key, cells := range b {
			t := out[key]
			for cell, is := range cells {
				count(&t, is&^a[key][cell])
			}
			if t != (turnover{}) {
				out[key] = t
			}
		}
	}
	add(old, new, func(t *turnover, more cube.Rights) {
		t.readGained += uint64(more & 1)
		t.writeGained += uint64(more >> 1)
	})
	add(new, old, func(t *turnover, less cube.Rights) { t.readLost += uint64(less & 1); t.writeLost += uint64(less >> 1) })
	return out
}

// Between two models that have nothing to do with each other, names of members, blocks and items meet by chance.
func TestDiffOfStrangers(t *testing.T) {
	var last *engine.Rights
	var lastAllowed map[[2]string]map[string]cube.Rights
	for seed := range models {
		r := generated(t, seed)
		is := allowed(t, r)
		_, same := diffOf(t, r, generated(t, seed))
		require.Empty(t, same)
		if last != nil {
			_, got := diffOf(t, last, r)
			require.Equal(t, counted(lastAllowed, is), got, "seed %d", seed)
		}
		last, lastAllowed = r, is
	}
}
