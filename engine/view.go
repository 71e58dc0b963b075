package engine

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
)

// Category is a question about cells.
type Category uint8

// The categories: each is contained in the one before.
const (
	Readable Category = iota // the member reads the cell
	Writable                 // the member reads and writes the cell
	Unlocked                 // the member may change the cell: writable, not calculated, not impersonated (SPEC 1.2)
)

// View is what one member may do with one block. The zero View denies. Views are immutable and may be shared by all
// goroutines; they hold on to the Rights that they are of.
type View struct {
	member *Member
	grant  *grant
}

// Block is the member's view of a block. Working it out costs as much as the block's factors have cells, and is
// remembered for all members with the same profile.
func (m *Member) Block(ref Ref) (*View, error) {
	if m.rights == nil || ref.Block == nil {
		return nil, errors.New("engine: a view needs a member and a block")
	}
	if ref.App == nil && ref.Block.App == nil {
		return nil, fmt.Errorf("engine: %s belongs to no application: name one", ref.Block)
	}
	if !m.rights.Holds(m.id) {
		return nil, &NotHeldError{"member", m.Name()}
	}
	g, err := m.rights.grant(m.rights.of.at(int(m.id)), ref)
	if err != nil {
		return nil, err
	}
	return &View{m, g}, nil
}

// Member is whose view it is.
func (v *View) Member() *Member { return v.member }

// Ref is the block, and the application that named it.
func (v *View) Ref() Ref { return v.grant.ref }

// Space is the block's cells.
func (v *View) Space() cube.Space { return v.grant.space }

// Reason is why a cell is locked (SPEC 1.2).
type Reason uint8

// The reasons, in the order of SPEC 1.2. The zero Reason is none.
const (
	NotLocked Reason = iota
	NoMembership
	NoRead
	NoWrite
	ScenarioReadOnly
	Calculated
	Impersonation
)

// String is the reason as results write it.
func (r Reason) String() string {
	return [...]string{"", "no_membership", "no_read", "no_write", "scenario_read_only", "calculated", "impersonation"}[r]
}

// Decision is what the engine decides for one cell. The zero Decision denies, though it does not say so: Locked.
type Decision struct {
	Read, Write, Locked bool
	Reasons             []Reason // why it is locked, in the order of SPEC 1.2; empty where it is not
}

// Decide is the decision on a cell, given one item for each of the block's dimensions. It panics where their number
// is wrong. An item that is no item of its dimension denies. It is for single questions: Tables answers many.
func (v *View) Decide(items ...cube.ItemID) Decision {
	g := v.grant
	if g == nil {
		return denied()
	}
	if len(items) != len(g.ref.Block.Dims) {
		panic(fmt.Sprintf("engine: %s has %d dimensions, asked with %d items", g.ref.Block, len(g.ref.Block.Dims), len(items)))
	}
	for i, d := range g.ref.Block.Dims {
		if items[i] < 0 || int(items[i]) >= d.Len() {
			return denied()
		}
	}
	read, write, writeButScenario := g.at(items)
	d := Decision{Read: read, Write: read && write && v.member.admin == ""}
	if !g.member {
		d.Reasons = append(d.Reasons, NoMembership)
	}
	if !read {
		d.Reasons = append(d.Reasons, NoRead)
	}
	switch {
	case !write && writeButScenario:
		d.Reasons = append(d.Reasons, ScenarioReadOnly)
	case !write:
		d.Reasons = append(d.Reasons, NoWrite)
	}
	if g.calculated() {
		d.Reasons = append(d.Reasons, Calculated)
	}
	if v.member.admin != "" {
		d.Reasons = append(d.Reasons, Impersonation)
	}
	d.Locked = len(d.Reasons) > 0
	return d
}

func denied() Decision { return Decision{Locked: true, Reasons: []Reason{NoRead, NoWrite}} }

// Read says whether the member reads a cell; see Decide.
func (v *View) Read(items ...cube.ItemID) bool { return v.Decide(items...).Read }

// Write says whether the member writes a cell; see Decide.
func (v *View) Write(items ...cube.ItemID) bool { return v.Decide(items...).Write }

// Locked says whether a cell is locked, and its main reason; see Decide.
func (v *View) Locked(items ...cube.ItemID) (bool, Reason) {
	d := v.Decide(items...)
	if !d.Locked {
		return false, NotLocked
	}
	return true, d.Reasons[0]
}

// Table is one condition on the cells of a block, over some of its dimensions.
type Table struct {
	Axes []int    // places in the block's dimensions, increasing; none: one bit for all cells
	Bits []uint64 // one bit a cell of those dimensions, the last fastest; bits past the end are zero
}

// Tables are the conditions of a category: a cell has it where every table has its bit, and so everywhere where there
// is no table. There is at most one table for each set of axes, none has all bits, and "nowhere" is one table without
// axes whose bit is zero. Tables belong to the view and are shared: do not change them. The first call expands them,
// later ones cost nothing.
func (v *View) Tables(c Category) []Table {
	if v.grant == nil || v.denies(c) {
		return nowhere()
	}
	return v.grant.tables(c)
}

// denies says whether a category is denied in every cell for reasons that are no factors.
func (v *View) denies(c Category) bool {
	return c > Readable && v.member.admin != "" || c == Unlocked && v.grant.calculated()
}

func nowhere() []Table { return []Table{{Bits: []uint64{0}}} }

// Set is every cell of the block with a category, its factors intersected: as large as the block. It fails where the
// block has more cells than a set may (2^32).
func (v *View) Set(ctx context.Context, c Category) (bitmap.Set, error) {
	g := v.grant
	if g == nil {
		return bitmap.Set{}, errors.New("engine: the zero View has no cells")
	}
	n := g.space.Len()
	if n > bitmap.MaxCells {
		return bitmap.Set{}, fmt.Errorf("%s has %d cells, too many for one set (%d)", g.ref.Block, n, uint64(bitmap.MaxCells))
	}
	if v.denies(c) {
		return v.member.rights.pool.Set(bitmap.Empty, n), nil
	}
	parts := g.combined(c)
	sets := make([]bitmap.Set, len(parts))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(v.member.rights.workers)
	for i, f := range parts {
		work.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			from := make([]bitmap.Source, len(f.axes))
			for k, a := range f.axes {
				from[k] = bitmap.Source{Axis: a}
			}
			sets[i] = f.set.Gather(g.shape(f.axes), shapeOf(g.ref.Block.Dims), from, true)
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return bitmap.Set{}, err
	}
	all := v.member.rights.pool.Set(bitmap.Full, n)
	for _, s := range sets {
		all = all.And(s)
	}
	return all, nil
}
