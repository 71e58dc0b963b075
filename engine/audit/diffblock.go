package audit

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

const (
	maxExamples = 3 // of a Change
	maxSampled  = 8 // cells whose causes are looked for, of each direction
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
	cells   uint64
	exists  [2]region               // the cells that a side has
	sides   [2]map[int]*sideRights  // by the side's group
	results map[string]*blockResult // by the regions of both sides
	traced  [2]*tracedBlock
}

// sideRights is what the members of one group may do on one side: nothing where it lacks the block, or the members. It
// holds on to sets that many groups have in common, and not to views, of which there may be more than memory.
type sideRights struct {
	allowed [2]region // by engine.Readable and engine.Writable
}

// blockResult is how two sets of regions differ.
type blockResult struct {
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
	c := &blockDiff{differ: d, pair: pair, results: map[string]*blockResult{}, cells: 1}
	c.regions = &regions{pool: bitmap.NewPool()}
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
		hi, lo := bits.Mul64(c.cells, uint64(p.size))
		if c.cells = lo; hi != 0 {
			return nil, fmt.Errorf("%s: with the items of both sides it has more cells than can be counted", pair)
		}
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
	if c.cells == 0 {
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
	change.Why, err = c.reasonsFor(ctx, k, r)
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
		axes := make([]int, len(t.Axes))
		for i, d := range t.Axes {
			axes[i] = c.axes[s][d]
		}
		sorted := slices.Sorted(slices.Values(axes))
		shape := c.regions.shape(sorted)
		if shape.Len() > bitmap.MaxCells {
			return nil, fmt.Errorf("with the items of both sides a constraint has more than %d cells", uint64(bitmap.MaxCells))
		}
		same, in := slices.Equal(axes, sorted), make(bitmap.Shape, len(axes))
		from := make([]bitmap.Source, len(axes))
		for i, a := range axes {
			in[i] = [...]engine.Ref{c.pair.Old, c.pair.New}[s].Block.Dims[t.Axes[i]].Len()
			at := slices.Index(sorted, a)
			from[i] = bitmap.Source{Axis: at}
			if items := c.dims[a].of[s]; items != nil {
				from[i] = bitmap.Source{Items: items, Axes: []int{at}}
				same = false
			}
		}
		set := c.regions.pool.FromWords(t.Bits, in.Len())
		if !same {
			set = c.regions.pool.Gather(set, in, shape, from, false)
		}
		out = c.regions.and(out, region{{sorted, set}})
	}
	return out, nil
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
			for _, cond := range r {
				for _, a := range cond.axes {
					key = append(key, byte(a))
				}
				key = binary.LittleEndian.AppendUint64(append(key, 0xff), uint64(cond.set))
			}
			key = append(key, 0xfe)
		}
	}
	if r := c.results[string(key)]; r != nil {
		return r, nil
	}
	r := &blockResult{}
	for i, dir := range directions() {
		var err error
		if r.deltas[i], r.samples[i], err = c.direction(ctx, dir, sides); err != nil {
			return nil, err
		}
	}
	c.results[string(key)] = r
	return r, nil
}

// direction counts what is gained or lost, and takes samples of it: for each constraint that denies, two cells that it
// does.
func (c *blockDiff) direction(ctx context.Context, dir direction, sides [2]*sideRights) (Delta, []sample, error) {
	grants, denies := sides[1-dir.denies].allowed[dir.category], sides[dir.denies].allowed[dir.category]
	if grants.equal(denies) {
		return Delta{}, nil, nil
	}
	n, err := c.regions.count(ctx, grants)
	if err != nil {
		return Delta{}, nil, err
	}
	less := func(region region) uint64 {
		both, err2 := c.regions.count(ctx, c.regions.and(grants, region))
		err = cmp.Or(err, err2)
		return n - both
	}
	delta := Delta{Cells: less(denies)}
	if delta.Cells == 0 || err != nil {
		return delta, nil, err
	}
	if exists := c.exists[dir.denies]; len(exists) > 0 {
		delta.Apart = less(exists)
	}
	var out []sample
	for _, cond := range denies {
		where := c.regions.and(grants, region{c.regions.not(cond)})
		for _, last := range []bool{false, true} {
			items, err2 := c.regions.some(ctx, where, last)
			err = cmp.Or(err, err2)
			known := func(o sample) bool { return slices.Equal(o.items, items) }
			if items == nil || len(out) == maxSampled || slices.ContainsFunc(out, known) {
				continue
			}
			out = append(out, sample{items, c.rights(sides[oldSide], items), c.rights(sides[newSide], items)})
		}
	}
	slices.SortFunc(out, func(a, b sample) int { return slices.Compare(a.items, b.items) })
	return delta, out, err
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
