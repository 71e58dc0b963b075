package audit

import (
	"context"
	"fmt"
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// DiffOptions narrow a comparison. The zero DiffOptions compare everything.
type DiffOptions struct {
	Member   string                // only the member of this name; "": everyone
	Blocks   []BlockPair           // only these; nil: those of Blocks on either side, paired by name
	Progress func(done, total int) // told how many comparisons of a block for a kind of member are done; nil: nobody
}

// BlockPair is a block as each side has it. The zero Ref stands for a side that lacks it.
type BlockPair struct{ Old, New engine.Ref }

// String is the block's name.
func (p BlockPair) String() string {
	if p.New.Block != nil {
		return p.New.String()
	}
	return p.Old.String()
}

// Difference is what members may do by new rights and not by old ones, and the other way round. What has no name on
// one side can be neither read nor written there: an item, a block or a member that is new and readable is a gain.
type Difference struct {
	Old, New         *engine.Rights
	Changes          []Change // kind of member by kind of member, and for each block by block, in the order of new
	OnlyOld, OnlyNew OneSided
	Members          int // how many members were compared; those of both sides count once
	Blocks           int // how many blocks were, likewise
}

// OneSided is what one side has and the other lacks. It may be without meaning for anybody's rights.
type OneSided struct {
	Members []cube.ItemID
	Blocks  []engine.Ref                 // of Blocks; not the properties of a list that is missing, and not the blocks of an application that is
	Items   map[*cube.List][]cube.ItemID // of lists that both sides have
}

// Delta is how many cells somebody gained or lost.
type Delta struct {
	Cells  uint64
	Apart  uint64 // how many of them one side lacks altogether
	AtMost bool   // the conditions are too entangled to be counted in time: there are not more than these, and maybe none
}

// Change is what changed for some members in one block. Its members had equal rights before, and have now.
type Change struct {
	Members []string // in the order of the list; shared with other changes
	Block   BlockPair
	// Cells that the members may read, or read and write, now and not before (gained), or before and not now (lost).
	ReadGained, ReadLost, WriteGained, WriteLost Delta
	Examples                                     []Example // some cells, not the same as counted all; none where none was found in time
	Why                                          []Why     // all that changed it; sorted, each once
	// Parts are the cells by what changed them: of each part those that just the things in its Why did. Their counts
	// add up to those above; a cell that several things changed is in the part that names them all. The members and the
	// block are the same; parts have no parts.
	Parts []Change
}

// Example is one cell that members may do something else with.
type Example struct {
	Old, New []cube.ItemID // one for each dimension of the block on that side; nil where that side lacks the cell
	From, To cube.Rights
}

// Diff compares two rights. Members, blocks and items are the same where they have the same name, whatever order they
// stand in; a block with other dimensions is another block. Members with the same rights before and the same rights now
// are worked out once, and so are those for whom a block's conditions are the same; no block's product is built.
//
// It fails with an *engine.UnknownError where neither side has the member of the options, and with an
// *engine.NotHeldError where one side does not hold the rights of all who are asked about.
func Diff(ctx context.Context, old, new *engine.Rights, opt DiffOptions) (*Difference, error) {
	d, blocks, err := newDiffer(old, new, opt)
	if err != nil {
		return nil, err
	}
	d.Blocks = len(blocks)
	changes := make([][]Change, len(d.kinds))
	done, total := 0, len(blocks)*len(d.kinds)
	for _, b := range blocks {
		parts, err := d.parts(b)
		if err != nil {
			return nil, err
		}
		for i, k := range d.kinds {
			change := Change{Members: k.names, Block: b}
			for _, p := range parts {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				part, err := p.kind(ctx, k)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", b, err)
				}
				change.add(part)
				for i := range change.Parts {
					change.Parts[i].Block = b
				}
			}
			if change.any() {
				changes[i] = append(changes[i], change)
			}
			if done++; opt.Progress != nil {
				opt.Progress(done, total)
			}
		}
	}
	d.Changes = slices.Concat(changes...)
	return &d.Difference, nil
}

// newDiffer pairs members and blocks.
func newDiffer(old, new *engine.Rights, opt DiffOptions) (*differ, []BlockPair, error) {
	d := &differ{
		Difference: Difference{Old: old, New: new}, opt: opt,
		lists: map[[2]*cube.List]*listPair{}, there: map[[2]*cube.List][]int32{}, compared: map[[2]*cube.Block]bool{},
	}
	for s := range 2 {
		if err := d.complete(s); err != nil {
			return nil, nil, err
		}
		d.stated[s] = d.side(s).Traces()
	}
	d.oneSided()
	if err := d.pairMembers(); err != nil {
		return nil, nil, err
	}
	if opt.Blocks != nil {
		return d, opt.Blocks, nil
	}
	return d, d.pairBlocks(), nil
}

// parts are what is compared of a block: both sides together, or each by itself where their dimensions differ and they
// have no cell in common.
func (d *differ) parts(b BlockPair) ([]*blockDiff, error) {
	pairs := []BlockPair{b}
	if b.Old.Block != nil && b.New.Block != nil && !sameDims(b.Old.Block, b.New.Block) {
		pairs = []BlockPair{{New: b.New}, {Old: b.Old}}
	}
	var out []*blockDiff
	for _, p := range pairs {
		c, err := d.lay(p)
		if err != nil {
			return nil, err
		}
		c.whole = b
		out = append(out, c)
	}
	return out, nil
}

// add adds what changed in another part of the block.
func (c *Change) add(o Change) {
	for i, d := range c.deltas() {
		by := *o.deltas()[i]
		d.Cells, d.Apart, d.AtMost = addUp(d.Cells, by.Cells), addUp(d.Apart, by.Apart), d.AtMost || by.AtMost
	}
	c.Examples = append(c.Examples, o.Examples...)
	c.Why = mergeWhy(c.Why, o.Why)
	for _, p := range o.Parts {
		i := slices.IndexFunc(c.Parts, func(q Change) bool { return slices.Equal(p.Why, q.Why) })
		if i < 0 {
			c.Parts = append(c.Parts, p)
			continue
		}
		c.Parts[i].add(p)
	}
}

// deltas are the counts in the order of directions.
func (c *Change) deltas() [4]*Delta {
	return [...]*Delta{&c.ReadGained, &c.ReadLost, &c.WriteGained, &c.WriteLost}
}

// any says whether anything changed.
func (c *Change) any() bool {
	for _, d := range c.deltas() {
		if d.Cells > 0 {
			return true
		}
	}
	return false
}
