package audit

import (
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
)

// valuesChanged is why a rights metric holds other values than on the other side: the nearest changes among its formula
// and what that reads, and what that reads; of formulas, of given values, or of the members' role. Where rights do not
// hold the values it is those of the metric.
func (x *reasoning) valuesChanged(s int, metric *cube.Block) []Why {
	x.unheld = map[*cube.Block]bool{}
	if found := x.nearestChanges(s, []*cube.Block{metric}); found != nil {
		return found
	}
	if found := x.suspect(); found != nil {
		return found
	}
	return []Why{whyOf(ValuesChange, metric)}
}

// read is the nearest changes among what an expression reads.
func (x *reasoning) read(s int, e *formula.Expr) []Why {
	return x.nearestChanges(s, slices.Collect(formula.Blocks(e)))
}

// nearestChanges looks through blocks of a side, and what their formulas read, but not behind what changed. It notes
// blocks whose values the rights of a side do not hold.
func (x *reasoning) nearestChanges(s int, blocks []*cube.Block) []Why {
	plan, other := x.side(s).Plan(), x.side(1-s).Workspace()
	var found []Why
	seen := map[*cube.Block]bool{}
	for i := 0; i < len(blocks); i++ {
		b := blocks[i]
		if seen[b] {
			continue
		}
		seen[b] = true
		twin := sameBlock(other, b)
		switch {
		case twin == nil:
			found = append(found, x.ordered(s, Why{Kind: BlockChange, Old: b.String()}))
			continue
		case b.App != nil && b == b.App.UsersRoles:
			if why, ok := x.roleGiven(s, b.App, twin.App); ok {
				found = append(found, why)
			}
			continue
		case !sameFormula(b, twin):
			found = append(found, whyOf(FormulaChange, b))
			continue
		case b.Formula == nil && x.valuesDiffer(s, b, twin):
			found = append(found, whyOf(ValuesChange, b))
			continue
		case b.Formula == nil && (x.held(s, b) == nil || x.held(1-s, twin) == nil):
			x.unheld[b] = true
		}
		if e := plan.Formula(b); e != nil {
			blocks = append(blocks, slices.Collect(formula.Blocks(e))...)
		}
	}
	if found != nil {
		return found
	}
	for _, b := range blocks { // none of what they read changed: what differs was given instead of computed
		if twin := sameBlock(other, b); b.Overridable && x.valuesDiffer(s, b, twin) {
			return []Why{whyOf(ValuesChange, b)}
		}
	}
	return nil
}

// suspect is the one block whose values may have changed unseen: where nothing else did, they have. Nil where there is
// none, or several.
func (x *reasoning) suspect() []Why {
	if len(x.unheld) != 1 {
		return nil
	}
	for b := range x.unheld {
		return []Why{whyOf(ValuesChange, b)}
	}
	return nil
}

// maxCompared is how many given values are compared at most to name a change; of more it is not known whether they
// differ.
const maxCompared = 1 << 20

// valuesDiffer says whether a block of a side holds other values than the other side's, at the items that both have;
// along User for the members asked about alone.
func (x *reasoning) valuesDiffer(s int, b, twin *cube.Block) bool {
	if !sameDims(b, twin) {
		return true
	}
	own := slices.Index(b.Dims, x.side(s).Workspace().Users)
	key := [2]*cube.Block{b, twin}
	if differ, ok := x.compared[key]; ok && own < 0 {
		return differ
	}
	where, cells := make([]cube.ItemID, len(b.Dims)), uint64(1)
	for i, d := range b.Dims {
		where[i] = cube.NoItem
		if i == own {
			where[i] = x.kind.first[s]
		} else {
			cells *= uint64(d.Len())
		}
	}
	differ := false
	if here, there := x.held(s, b), x.held(1-s, twin); cells <= maxCompared && here != there && here != nil && there != nil {
		for cell := range cellsOf(b, where) {
			at, ok := moved(cell, b.Dims, twin.Dims)
			if ok && !sameValue(here.Value(here.Space().Cell(cell)), there.Value(there.Space().Cell(at)), b.Type, twin.Type) {
				differ = true
				break
			}
		}
	}
	if own < 0 {
		x.compared[key] = differ
	}
	return differ
}

func sameValue(a, b cube.Value, of, other cube.Type) bool {
	if a.Kind() == cube.Item && b.Kind() == cube.Item {
		return of.List.Item(a.Item()) == other.List.Item(b.Item())
	}
	return a == b
}
