package audit

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/inherit"
)

// reason is one thing that changed, and the cells that it leaves as they were: it changed the others.
type reason struct {
	why    Why
	spares region
}

// piece is some of the cells that somebody gained or lost, all for the same reasons.
type piece struct {
	region
	why   []int // places of the reasons, in order
	n     amount
	apart bool          // one side lacks them
	cell  []cube.ItemID // one of them; nil: not found in time
}

// maxPieces is into how many pieces the cells of a direction are taken apart at most. What else changes some cells of a
// piece is then named for all of it.
const maxPieces = 64

// partsOf takes what changed for a kind of members apart by what changed it.
func (c *blockDiff) partsOf(ctx context.Context, k *memberKind, r *blockResult, change *Change) ([]Change, error) {
	if why, ok := c.wholly(k); ok {
		whole := *change
		whole.Why = []Why{why}
		return []Change{whole}, nil
	}
	x, err := c.reasoning(ctx, k)
	if err != nil {
		return nil, err
	}
	var parts []Change
	for i, dir := range directions() {
		if change.deltas()[i].Cells == 0 {
			continue
		}
		missing, reasons, err := x.reasons(ctx, dir, dir.grants(r.sides))
		if err != nil {
			return nil, err
		}
		pieces, err := c.split(ctx, dir.grants(r.sides), missing, reasons)
		if err != nil {
			return nil, err
		}
		reasons = slices.Concat(missing, reasons)
		for _, p := range pieces {
			var why []Why
			for _, n := range p.why {
				why = append(why, reasons[n].why)
			}
			if len(why) == 0 {
				why = []Why{{}}
			}
			part := partFor(&parts, change, mergeWhy(why, nil))
			delta := part.deltas()[i]
			if delta.add(p.n); p.apart {
				delta.Apart = addUp(delta.Apart, p.n.cells)
			}
			if p.cell != nil && len(part.Examples) < maxExamples {
				part.Examples = c.withExample(part.Examples, c.sample(r.sides, p.cell))
			}
		}
	}
	slices.SortStableFunc(parts, func(a, b Change) int { return slices.CompareFunc(a.Why, b.Why, compareWhy) })
	return parts, nil
}

// partFor is the part with some reasons, a new one where there is none.
func partFor(parts *[]Change, of *Change, why []Why) *Change {
	i := slices.IndexFunc(*parts, func(p Change) bool { return slices.Equal(p.Why, why) })
	if i < 0 {
		i = len(*parts)
		*parts = append(*parts, Change{Members: of.Members, Block: of.Block, Why: why})
	}
	return &(*parts)[i]
}

// withExample adds an example, where it is not there yet.
func (c *blockDiff) withExample(to []Example, s sample) []Example {
	e := Example{Old: c.cell(oldSide, s.items), New: c.cell(newSide, s.items), From: s.from, To: s.to}
	if slices.ContainsFunc(to, func(o Example) bool { return slices.Equal(o.Old, e.Old) && slices.Equal(o.New, e.New) }) {
		return to
	}
	return append(to, e)
}

// wholly is the one thing that changed all of what did for a kind of members, if it is one that has all cells.
func (c *blockDiff) wholly(k *memberKind) (Why, bool) {
	switch {
	case k.group[oldSide] < 0:
		return Why{Kind: MemberChange, New: cube.UserName}, true
	case k.group[newSide] < 0:
		return Why{Kind: MemberChange, Old: cube.UserName}, true
	case c.whole != c.pair:
		return whyOf(DimensionsChange, c.whole.New.Block), true
	case c.pair.Old.Block == nil:
		return Why{Kind: BlockChange, New: c.pair.String()}, true
	case c.pair.New.Block == nil:
		return Why{Kind: BlockChange, Old: c.pair.String()}, true
	}
	return Why{}, false
}

// split takes the cells that grants has and that the reasons do not all spare into pieces, each for other reasons: first
// those with items that one side lacks, which have no other reasons, then the others. It is remembered.
func (c *blockDiff) split(ctx context.Context, grants region, missing, reasons []reason) ([]piece, error) {
	key := binary.LittleEndian.AppendUint32(grants.key(nil), uint32(len(missing)))
	for _, r := range slices.Concat(missing, reasons) {
		key = r.spares.key(key)
	}
	if known, ok := c.splits[string(key)]; ok {
		return known, nil
	}
	all := []piece{{region: grants}}
	apart, here, err := c.splitBy(ctx, all, missing, 0)
	if err != nil {
		return nil, err
	}
	for i := range apart {
		apart[i].apart = true
	}
	var found []piece
	if len(here) > 0 {
		if found, _, err = c.splitBy(ctx, here, reasons, len(missing)); err != nil {
			return nil, err
		}
	}
	out := slices.Concat(apart, found)
	slices.SortStableFunc(out, func(a, b piece) int { return slices.Compare(a.why, b.why) })
	for i := range out {
		if out[i].cell, err = c.regions.some(ctx, out[i].region, false); err != nil {
			return nil, err
		}
	}
	c.splits[string(key)] = out
	return out, nil
}

// splitBy takes pieces apart by reasons, which are numbered from first. Rest are the cells that all of them spare.
func (c *blockDiff) splitBy(ctx context.Context, pieces []piece, reasons []reason, first int) (hit, rest []piece, err error) {
	for i, r := range reasons {
		var next []piece
		for _, p := range pieces {
			if len(next)+len(pieces) > maxPieces {
				some, err := c.denied(ctx, p.region, r.spares)
				if err != nil {
					return nil, nil, err
				}
				if some {
					p.why = append(slices.Clip(p.why), first+i)
				}
				next = append(next, p)
				continue
			}
			left := p
			for _, cond := range r.spares {
				q := piece{region: c.regions.and(left.region, region{c.regions.not(cond)}), why: append(slices.Clip(p.why), first+i)}
				if q.n, err = c.regions.count(ctx, q.region); err != nil {
					return nil, nil, err
				}
				if q.n.cells > 0 {
					next = append(next, q)
					left.region = c.regions.and(left.region, region{cond})
				}
			}
			next = append(next, left)
		}
		pieces = slices.DeleteFunc(next, func(p piece) bool { return p.nowhere() })
	}
	for _, p := range pieces {
		if p.n, err = c.regions.count(ctx, p.region); err != nil {
			return nil, nil, err
		}
		switch {
		case p.n.cells == 0:
		case len(p.why) == 0:
			rest = append(rest, p)
		default:
			hit = append(hit, p)
		}
	}
	return hit, rest, nil
}

// denied says whether a region has, or may have, any cell outside of another.
func (c *blockDiff) denied(ctx context.Context, of, spares region) (bool, error) {
	for _, cond := range spares {
		n, err := c.regions.count(ctx, c.regions.and(of, region{c.regions.not(cond)}))
		if n.cells > 0 || err != nil {
			return err == nil, err
		}
	}
	return false, nil
}

// reasons are what changed the cells of a direction: missing items, and what made factors deny where they granted, or
// grant where they denied, each with the cells that it leaves alone. Where a cell is denied on one side and on the other
// is not, whatever stated factor denies it there changed, as nothing does on the other side.
func (x *reasoning) reasons(ctx context.Context, dir direction, grants region) (missing, reasons []reason, err error) {
	s := dir.denies
	for _, cond := range x.exists[s] {
		missing = append(missing, reason{x.itemsMissing(s, cond.axes[0]), region{cond}})
	}
	here := x.regions.and(grants, x.exists[s])
	touched, err := x.touchedFactors(ctx, dir, here)
	if err != nil {
		return nil, nil, err
	}
	add := func(whys []Why, spares constraint) error {
		some, err := x.denied(ctx, here, region{spares})
		if !some || err != nil {
			return err
		}
		for _, why := range whys {
			i := slices.IndexFunc(reasons, func(r reason) bool { return r.why == why })
			if i < 0 {
				reasons = append(reasons, reason{why: why})
				i = len(reasons) - 1
			}
			reasons[i].spares = x.regions.and(reasons[i].spares, region{spares})
		}
		return nil
	}
	for _, i := range touched {
		if err := x.factor(s, i, here, add); err != nil {
			return nil, nil, err
		}
	}
	slices.SortFunc(reasons, func(a, b reason) int { return compareWhy(a.why, b.why) })
	return missing, reasons, x.err
}

// itemsMissing is the list along an axis whose items a side lacks.
func (x *reasoning) itemsMissing(s, axis int) Why {
	there := [...]engine.Ref{x.pair.Old, x.pair.New}[1-s]
	return x.ordered(1-s, Why{Kind: ItemsChange, Old: there.Block.Dims[slices.Index(x.axes[1-s], axis)].String()})
}

// touchedFactors are the factors of the denying side that deny any of some cells, of which both sides have all. What is
// found is remembered for all members of whom the factors say the same.
func (x *reasoning) touchedFactors(ctx context.Context, dir direction, cells region) ([]int, error) {
	s := dir.denies
	t := x.traces[s]
	key := append(cells.key(nil), byte(s), byte(dir.category))
	var asked []int
	for i := range t.Factors {
		if t.Factors[i].Cut == inherit.NotCut && (t.Category(i) == cube.Read || dir.category == engine.Writable) {
			asked = append(asked, i)
			_, id := t.Set(i)
			key = binary.LittleEndian.AppendUint64(key, uint64(id))
		}
	}
	if known, ok := x.touched[string(key)]; ok {
		return known, nil
	}
	var out []int
	for _, i := range asked {
		says, err := x.says(s, i)
		if err != nil {
			return nil, err
		}
		some, err := x.denied(ctx, cells, region{says})
		if err != nil {
			return nil, err
		}
		if some {
			out = append(out, i)
		}
	}
	x.touched[string(key)] = out
	return out, nil
}

// says is where factor i of a side grants its category, in the space of both; cells that the side lacks among it.
func (x *reasoning) says(s, i int) (constraint, error) {
	set, id := x.traces[s].Set(i)
	return x.remembered(s, i, []uint64{uint64(id)}, func() bitmap.Set { return set })
}

// remembered is a set over what factor i of a side tells apart, in the space of both; the numbers tell it from others.
func (x *reasoning) remembered(s, i int, numbers []uint64, make func() bitmap.Set) (constraint, error) {
	key := []byte{byte(s)}
	for _, n := range append([]uint64{uint64(i)}, numbers...) {
		key = binary.LittleEndian.AppendUint64(key, n)
	}
	if c, ok := x.said[string(key)]; ok {
		return c, nil
	}
	block := [...]engine.Ref{x.pair.Old, x.pair.New}[s].Block
	var axes []int
	for _, d := range x.traces[s].Over(i) {
		axes = append(axes, slices.Index(block.Dims, d))
	}
	set := func(n uint64) bitmap.SetID { return x.regions.pool.FromWords(make().Words(), n) }
	c, err := x.constraint(s, axes, set, true)
	if err == nil {
		x.said[string(key)] = c
	}
	return c, err
}

// compareWhy is the order of reasons.
func compareWhy(x, y Why) int {
	return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Application, y.Application), cmp.Compare(x.New, y.New), cmp.Compare(x.Old, y.Old))
}
