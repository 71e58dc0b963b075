package audit

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

const (
	maxExamples = 3 // of a Change
	maxSampled  = 8 // cells that examples are taken from, of each direction
)

// direction is a way to gain or lose.
type direction struct {
	category engine.Category
	denies   int // the side on which the cells are denied
}

// directions are in the order of Change's fields.
func directions() [4]direction {
	return [...]direction{{engine.Readable, oldSide}, {engine.Readable, newSide}, {engine.Writable, oldSide}, {engine.Writable, newSide}}
}

// blockDiff compares one block for one kind of members after the other. Its space has the dimensions of the block, and
// of each the items of both sides.
type blockDiff struct {
	*differ
	whole   BlockPair
	pair    BlockPair // what is compared: one side alone where the dimensions differ
	dims    []*listPair
	axes    [2][]int // of the space, by dimension of the block on a side
	regions *regions
	exists  [2]region               // the cells that a side has, a constraint for each axis where it lacks items
	sides   [2]map[int]*sideRights  // by the side's group
	results map[string]*blockResult // by the regions of both sides
	traced  [2]*tracedBlock
	said    map[string]constraint // what factors say, or would say
	touched map[string][]int      // the factors that deny some of the cells asked about
	splits  map[string][]piece
}

// sideRights is what the members of one group may do on one side: nothing where it lacks the block, or the members. It
// holds on to sets that many groups have in common, and not to views, of which there may be more than memory.
type sideRights struct {
	allowed [2]region // by engine.Readable and engine.Writable
}

// blockResult is how two sets of regions differ.
type blockResult struct {
	sides   [2]*sideRights
	deltas  [4]Delta
	samples [4][]sample
}

// sample is a cell of the space, with what the members may do there on each side.
type sample struct {
	items    []cube.ItemID
	from, to cube.Rights
}

// lay makes the space of a block.
func (d *differ) lay(pair BlockPair) (*blockDiff, error) {
	c := &blockDiff{
		differ: d, pair: pair, regions: newRegions(), results: map[string]*blockResult{},
		said: map[string]constraint{}, touched: map[string][]int{}, splits: map[string][]piece{},
	}
	blocks := [2]*cube.Block{pair.Old.Block, pair.New.Block}
	lead := newSide
	if blocks[newSide] == nil {
		lead = oldSide
	}
	for axis, l := range blocks[lead].Dims {
		lists := [2]*cube.List{}
		for s, b := range blocks {
			if b == nil {
				continue
			}
			lists[s] = b.Dims[slices.IndexFunc(b.Dims, func(o *cube.List) bool { return o.String() == l.String() })]
		}
		p := d.pairLists(lists[oldSide], lists[newSide])
		c.dims, c.regions.sizes = append(c.dims, p), append(c.regions.sizes, p.size)
		for s := range c.exists {
			if i := slices.Index(p.of[s], -1); i >= 0 {
				c.exists[s] = append(c.exists[s], c.itemsOf(s, axis))
			}
		}
	}
	for s, b := range blocks {
		c.sides[s] = map[int]*sideRights{}
		if b == nil {
			c.exists[s] = nowhere()
			continue
		}
		for _, l := range b.Dims {
			axis := slices.IndexFunc(blocks[lead].Dims, func(o *cube.List) bool { return o.String() == l.String() })
			c.axes[s] = append(c.axes[s], axis)
		}
	}
	return c, nil
}

func nowhere() region { return region{{set: bitmap.Empty}} }

// itemsOf is the items of an axis that a side has.
func (c *blockDiff) itemsOf(s, axis int) constraint {
	words := make([]uint64, bitmap.WordsFor(uint64(c.dims[axis].size)))
	for i, item := range c.dims[axis].of[s] {
		if item >= 0 {
			words[i>>6] |= 1 << (i & 63)
		}
	}
	return constraint{[]int{axis}, c.regions.pool.FromWords(words, uint64(c.dims[axis].size))}
}

// kind is what changed for one kind of members.
func (c *blockDiff) kind(ctx context.Context, k *memberKind) (Change, error) {
	change := Change{Members: k.names, Block: c.pair}
	if slices.Contains(c.regions.sizes, 0) {
		return change, nil
	}
	var sides [2]*sideRights
	for s := range sides {
		var err error
		if sides[s], err = c.rightsOf(s, k); err != nil {
			return change, err
		}
	}
	r, err := c.result(ctx, sides)
	if err != nil {
		return change, err
	}
	change.ReadGained, change.ReadLost, change.WriteGained, change.WriteLost = r.deltas[0], r.deltas[1], r.deltas[2], r.deltas[3]
	if !change.any() {
		return change, nil
	}
	for _, s := range r.examples() {
		change.Examples = append(change.Examples, Example{Old: c.cell(oldSide, s.items), New: c.cell(newSide, s.items), From: s.from, To: s.to})
	}
	change.Parts, err = c.partsOf(ctx, k, r, &change)
	for _, p := range change.Parts {
		change.Why = mergeWhy(change.Why, p.Why)
	}
	return change, err
}

// view is a view of the block for a kind of members, nil where the side lacks the block or the members.
func (c *blockDiff) view(s int, k *memberKind) (*engine.View, error) {
	ref := [...]engine.Ref{c.pair.Old, c.pair.New}[s]
	if ref.Block == nil || k.group[s] < 0 {
		return nil, nil
	}
	return c.side(s).MemberAt(k.first[s]).Block(ref)
}

// rightsOf is what a kind of members may do on a side.
func (c *blockDiff) rightsOf(s int, k *memberKind) (*sideRights, error) {
	if r := c.sides[s][k.group[s]]; r != nil {
		return r, nil
	}
	v, err := c.view(s, k)
	if err != nil {
		return nil, err
	}
	out := &sideRights{allowed: [2]region{nowhere(), nowhere()}}
	if v != nil {
		for _, category := range []engine.Category{engine.Readable, engine.Writable} {
			if out.allowed[category], err = c.region(s, v.Tables(category)); err != nil {
				return nil, err
			}
		}
	}
	c.sides[s][k.group[s]] = out
	return out, nil
}

// region is where a side's tables hold, in the space of both.
func (c *blockDiff) region(s int, tables []engine.Table) (region, error) {
	out := c.exists[s]
	for _, t := range tables {
		set := func(n uint64) bitmap.SetID { return c.regions.pool.FromWords(t.Bits, n) }
		cond, err := c.constraint(s, t.Axes, set, false)
		if err != nil {
			return nil, err
		}
		out = c.regions.and(out, region{cond})
	}
	return out, nil
}

// constraint is a set over some axes of a side's block, in the space of both; where the side lacks the cell it holds if
// missing is set.
func (c *blockDiff) constraint(s int, of []int, set func(cells uint64) bitmap.SetID, missing bool) (constraint, error) {
	axes := make([]int, len(of))
	for i, d := range of {
		axes[i] = c.axes[s][d]
	}
	sorted := slices.Sorted(slices.Values(axes))
	shape := c.regions.shape(sorted)
	if shape.Len() > bitmap.MaxCells {
		return constraint{}, fmt.Errorf("with the items of both sides a constraint has more than %d cells", uint64(bitmap.MaxCells))
	}
	same, in := slices.Equal(axes, sorted), make(bitmap.Shape, len(axes))
	from := make([]bitmap.Source, len(axes))
	for i, a := range axes {
		in[i] = [...]engine.Ref{c.pair.Old, c.pair.New}[s].Block.Dims[of[i]].Len()
		at := slices.Index(sorted, a)
		from[i] = bitmap.Source{Axis: at}
		if items := c.dims[a].of[s]; items != nil {
			from[i] = bitmap.Source{Items: items, Axes: []int{at}}
			same = false
		}
	}
	id := set(in.Len())
	if !same {
		id = c.regions.pool.Gather(id, in, shape, from, missing)
	}
	return constraint{sorted, id}, nil
}

// cell is a cell of the space as a side numbers it, nil where the side lacks it.
func (c *blockDiff) cell(s int, items []cube.ItemID) []cube.ItemID {
	if [...]engine.Ref{c.pair.Old, c.pair.New}[s].Block == nil {
		return nil
	}
	out := make([]cube.ItemID, len(c.axes[s]))
	for i, a := range c.axes[s] {
		out[i] = items[a]
		if of := c.dims[a].of[s]; of != nil {
			out[i] = cube.ItemID(of[items[a]])
		}
		if out[i] < 0 {
			return nil
		}
	}
	return out
}

// result compares the regions of two sides. Kinds whose regions are the same share it.
func (c *blockDiff) result(ctx context.Context, sides [2]*sideRights) (*blockResult, error) {
	var key []byte
	for _, v := range sides {
		for _, r := range v.allowed {
			key = r.key(key)
		}
	}
	if r := c.results[string(key)]; r != nil {
		return r, nil
	}
	r := &blockResult{sides: sides}
	for i, dir := range directions() {
		var err error
		if r.deltas[i], r.samples[i], err = c.direction(ctx, dir, sides); err != nil {
			return nil, err
		}
	}
	c.results[string(key)] = r
	return r, nil
}

// grants is what the other side grants of a direction's cells, and denies is what its own side does.
func (d direction) grants(sides [2]*sideRights) region { return sides[1-d.denies].allowed[d.category] }

func (d direction) of(sides [2]*sideRights) region { return sides[d.denies].allowed[d.category] }

// direction counts what is gained or lost, and takes samples of it: for each constraint that denies, two cells that it
// does. Each cell is counted with the first constraint that denies it.
func (c *blockDiff) direction(ctx context.Context, dir direction, sides [2]*sideRights) (Delta, []sample, error) {
	grants, denies := dir.grants(sides), dir.of(sides)
	var delta Delta
	var out []sample
	if grants.equal(denies) {
		return delta, nil, nil
	}
	left := grants
	for _, cond := range denies {
		if slices.ContainsFunc(grants, cond.equal) {
			continue
		}
		not := region{c.regions.not(cond)}
		n, err := c.regions.count(ctx, c.regions.and(left, not))
		if err != nil {
			return delta, nil, err
		}
		if left = c.regions.and(left, region{cond}); n.cells > 0 {
			delta.add(n)
		}
		for _, last := range []bool{false, true} {
			items, err := c.regions.some(ctx, c.regions.and(grants, not), last)
			if err != nil {
				return delta, nil, err
			}
			known := func(o sample) bool { return slices.Equal(o.items, items) }
			if items == nil || len(out) == maxSampled || slices.ContainsFunc(out, known) {
				continue
			}
			out = append(out, c.sample(sides, items))
		}
	}
	slices.SortFunc(out, func(a, b sample) int { return slices.Compare(a.items, b.items) })
	if delta.Cells == 0 {
		return delta, nil, nil
	}
	left = grants
	for _, cond := range c.exists[dir.denies] {
		n, err := c.regions.count(ctx, c.regions.and(left, region{c.regions.not(cond)}))
		if err != nil {
			return delta, nil, err
		}
		delta.Apart, left = min(addUp(delta.Apart, n.cells), delta.Cells), c.regions.and(left, region{cond})
	}
	return delta, out, nil
}

// sample is a cell with what both sides allow there.
func (c *blockDiff) sample(sides [2]*sideRights, items []cube.ItemID) sample {
	return sample{items, c.rights(sides[oldSide], items), c.rights(sides[newSide], items)}
}

// add adds cells.
func (d *Delta) add(n amount) {
	d.Cells = addUp(d.Cells, n.cells)
	d.AtMost = d.AtMost || n.atMost
}

// addUp is a sum, as large as can be where it overflows.
func addUp(a, b uint64) uint64 {
	if sum := a + b; sum >= a {
		return sum
	}
	return math.MaxUint64
}

// rights are what a side allows in a cell of the space.
func (c *blockDiff) rights(v *sideRights, items []cube.ItemID) cube.Rights {
	var out cube.Rights
	for category, r := range v.allowed {
		holds := !slices.ContainsFunc(r, func(cond constraint) bool {
			var cell uint64
			for _, a := range cond.axes {
				cell = cell*uint64(c.regions.sizes[a]) + uint64(items[a])
			}
			return !c.regions.pool.Contains(cond.set, cell)
		})
		if holds {
			out |= [...]cube.Rights{cube.Read, cube.Write}[category]
		}
	}
	return out
}

// examples are a few samples: of each direction one, then more of the first.
func (r *blockResult) examples() []sample {
	var out []sample
	for n := range maxSampled {
		for _, samples := range r.samples {
			if n >= len(samples) || len(out) == maxExamples {
				continue
			}
			if !slices.ContainsFunc(out, func(o sample) bool { return slices.Equal(o.items, samples[n].items) }) {
				out = append(out, samples[n])
			}
		}
	}
	return out
}
