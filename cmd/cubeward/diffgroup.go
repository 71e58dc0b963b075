package main

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
)

// diffGroup is the changes that have the same reasons.
type diffGroup struct {
	why     []audit.Why
	members []string // in the order in which they were met
	blocks  []*diffBlockRow
	rows    map[audit.BlockPair]*diffBlockRow
	first   audit.Change
}

// diffBlockRow is what changes in one block, for all members of a group together.
type diffBlockRow struct {
	audit.BlockPair
	members int
	deltas  [4]deltaRange
}

// deltaRange is how much members gain or lose, from whom it is least to whom it is most; of some it may be less where
// atMost is set.
type deltaRange struct {
	least, most uint64
	atMost      bool
}

// groups puts the changes with the same reasons together: those by which somebody gains first, then those that concern
// more members.
func (w *diffWriter) groups() []*diffGroup {
	var out []*diffGroup
	known := map[string]*diffGroup{}
	for c := range w.parts() {
		key := fmt.Sprint(c.Why)
		g := known[key]
		if g == nil {
			g = &diffGroup{why: c.Why, first: c, rows: map[audit.BlockPair]*diffBlockRow{}}
			known[key] = g
			out = append(out, g)
		}
		g.add(c)
	}
	seen := map[string]bool{}
	order := w.order()
	for _, g := range out {
		slices.SortFunc(g.blocks, func(a, b *diffBlockRow) int { return order[a.BlockPair] - order[b.BlockPair] })
		clear(seen)
		g.members = slices.DeleteFunc(g.members, func(m string) bool {
			was := seen[m]
			seen[m] = true
			return was
		})
	}
	slices.SortStableFunc(out, func(a, b *diffGroup) int {
		if a.gains() != b.gains() {
			if a.gains() {
				return -1
			}
			return 1
		}
		return len(b.members) - len(a.members)
	})
	return out
}

// theBlock stands for the name of a block that is itself all that is new, or gone.
const theBlock = "the block"

// parts are the changes, taken apart by what changed them. Of blocks that are new, or gone, the reason is the same: one
// section will do.
func (w *diffWriter) parts() iter.Seq[audit.Change] {
	return func(yield func(audit.Change) bool) {
		for _, c := range w.Changes {
			own := c.Block.String()
			for _, p := range c.Parts {
				for i, why := range p.Why {
					if why.Kind == audit.BlockChange && (why.Old == own || why.New == own) {
						p.Why = slices.Clone(p.Why)
						p.Why[i].Old, p.Why[i].New = strings.Replace(why.Old, own, theBlock, 1), strings.Replace(why.New, own, theBlock, 1)
					}
				}
				if !yield(p) {
					return
				}
			}
		}
	}
}

// order is where blocks stand: as the new side has them, then those that the old one alone has.
func (w *diffWriter) order() map[audit.BlockPair]int {
	at := map[engine.Ref]int{}
	for _, r := range []*engine.Rights{w.New, w.Old} {
		for _, ref := range audit.Blocks(r.Workspace()) {
			at[ref] = len(at)
		}
	}
	out := map[audit.BlockPair]int{}
	for _, c := range w.Changes {
		out[c.Block] = at[shown(c.Block)]
	}
	return out
}

func (g *diffGroup) add(c audit.Change) {
	g.members = append(g.members, c.Members...)
	if len(g.first.Examples) == 0 {
		g.first = c
	}
	row := g.rows[c.Block]
	deltas := [4]audit.Delta{c.ReadGained, c.ReadLost, c.WriteGained, c.WriteLost}
	if row == nil {
		row = &diffBlockRow{BlockPair: c.Block, members: len(c.Members)}
		for k, d := range deltas {
			row.deltas[k] = deltaRange{d.Cells, d.Cells, d.AtMost}
		}
		g.blocks, g.rows[c.Block] = append(g.blocks, row), row
		return
	}
	row.members += len(c.Members)
	for k, d := range deltas {
		r := &row.deltas[k]
		r.least, r.most, r.atMost = min(r.least, d.Cells), max(r.most, d.Cells), r.atMost || d.AtMost
	}
}

// gains says whether anybody gains anything.
func (g *diffGroup) gains() bool {
	return slices.ContainsFunc(g.blocks, func(b *diffBlockRow) bool { return b.deltas[0].most+b.deltas[2].most > 0 })
}
