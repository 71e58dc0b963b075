package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// Answer is who reads and who writes a cell, or a slice of cells.
type Answer struct {
	Ref       engine.Ref
	At        []cube.ItemID // one for each dimension; NoItem: all its items
	Cells     uint64        // of the slice
	Read      []cube.ItemID // members who read all cells of the slice, in list order
	Write     []cube.ItemID // members who read and write all of them
	ReadSome  []cube.ItemID // members who read any of them
	WriteSome []cube.ItemID // members who write any of them
}

// Who says which members read and write a slice of a block. It asks once for each profile, not for each member. Nobody
// reads a slice without cells. It fails with an *engine.NotHeldError where the rights do not hold every member.
func Who(ctx context.Context, r *engine.Rights, ref engine.Ref, at []cube.ItemID) (Answer, error) {
	a := Answer{Ref: ref, At: at}
	if err := r.Complete(); err != nil {
		return a, err
	}
	a.Cells = 1
	for i, d := range ref.Block.Dims {
		if at == nil || at[i] < 0 {
			a.Cells *= uint64(d.Len())
		}
	}
	for _, group := range r.Groups() {
		if err := ctx.Err(); err != nil {
			return a, err
		}
		v, err := r.MemberAt(group[0]).Block(ref)
		if err != nil {
			return a, err
		}
		for _, q := range []struct {
			c         engine.Category
			all, some *[]cube.ItemID
		}{{engine.Readable, &a.Read, &a.ReadSome}, {engine.Writable, &a.Write, &a.WriteSome}} {
			granted, cells, err := v.Count(q.c, at)
			some, all := granted > 0, granted == cells
			if entangled(err) { // not all of them, for those would be counted: any?
				all = false
				some, err = v.Any(q.c, at)
			}
			if err != nil {
				return a, err
			}
			if some {
				*q.some = append(*q.some, group...)
			}
			if some && all {
				*q.all = append(*q.all, group...)
			}
		}
	}
	for _, members := range [][]cube.ItemID{a.Read, a.Write, a.ReadSome, a.WriteSome} {
		slices.Sort(members)
	}
	return a, nil
}

// entangled says whether cells could not be counted in time.
func entangled(err error) bool {
	var e *engine.EntangledError
	return errors.As(err, &e)
}

// tallied is a count of a view, or how many there are at most.
func tallied(v *engine.View, c engine.Category) (n, cells uint64, atMost bool, err error) {
	n, cells, err = v.Count(c, nil)
	var e *engine.EntangledError
	if errors.As(err, &e) {
		return e.AtMost, cells, true, nil
	}
	return n, cells, false, err
}

// Reach is what of one block a member reads.
type Reach struct {
	Ref             engine.Ref
	Cells, Readable uint64
	AtMost          bool            // Readable could not be counted in time: it is the most that it can be
	Items           [][]cube.ItemID // for each dimension the items with any cell that the member reads
}

// What is the reverse of Who: every block of which a member reads anything, in the order of the workspace. The lists
// User and Role, which all members of an application read, are left out.
func What(ctx context.Context, m *engine.Member) ([]Reach, error) {
	var out []Reach
	for _, ref := range Blocks(m.Rights().Workspace()) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		v, err := m.Block(ref)
		if err != nil {
			return nil, err
		}
		reach := Reach{Ref: ref}
		if reach.Readable, reach.Cells, reach.AtMost, err = tallied(v, engine.Readable); err != nil {
			return nil, err
		}
		some := reach.Readable > 0
		if reach.AtMost {
			if some, err = v.Any(engine.Readable, nil); err != nil {
				return nil, err
			}
		}
		if !some {
			continue
		}
		for i := range ref.Block.Dims {
			items, err := v.Items(engine.Readable, i, nil)
			if err != nil {
				return nil, err
			}
			reach.Items = append(reach.Items, items)
		}
		out = append(out, reach)
	}
	return out, nil
}

// Blocks are the blocks that rules can govern or that hold rights, application by application: metrics, then each
// list's item set and properties.
func Blocks(ws *cube.Workspace) []engine.Ref {
	var refs []engine.Ref
	for _, app := range ws.Applications {
		for _, m := range app.Metrics {
			refs = append(refs, engine.Ref{App: app, Block: m})
		}
		for _, l := range app.Lists {
			refs = append(refs, engine.Ref{App: app, Block: l.ItemSet})
			for _, p := range l.Properties {
				refs = append(refs, engine.Ref{App: app, Block: p})
			}
		}
	}
	return refs
}

// Row is how much of one block the members of one profile read and write.
type Row struct {
	Ref                       engine.Ref
	Members                   []cube.ItemID // in list order, all with the same rights
	Cells, Readable, Writable uint64
	// Readable, and Writable, could not be counted in time: they are the most that they can be. There may be none.
	ReadAtMost, WriteAtMost bool
}

// Extent is none, partial or full.
type Extent uint8

// The extents. A block without cells has None.
const (
	None Extent = iota
	Partial
	Full
)

// String is the extent as results write it.
func (e Extent) String() string { return [...]string{"none", "partial", "full"}[e] }

// Read is how much of the block the members read; Write likewise.
func (r Row) Read() Extent { return extent(r.Readable, r.Cells) }

// Write is how much of the block the members write.
func (r Row) Write() Extent { return extent(r.Writable, r.Cells) }

func extent(n, of uint64) Extent {
	switch {
	case n == 0:
		return None
	case n < of:
		return Partial
	}
	return Full
}

// Summarize says how much of each block each group of members reads and writes, and calls each with every row: block
// by block for one group after the other. A nil member means everyone (an *engine.NotHeldError where the rights do not
// hold every member), no refs mean all of Blocks. Where the cells of a block cannot be counted in time, its row says so.
// It stops at the first error, its own or each's.
func Summarize(ctx context.Context, r *engine.Rights, m *engine.Member, refs []engine.Ref, each func(Row) error) error {
	groups := r.Groups()
	if m != nil {
		groups = [][]cube.ItemID{{m.ID()}}
	}
	if m == nil {
		if err := r.Complete(); err != nil {
			return err
		}
	}
	if len(refs) == 0 {
		refs = Blocks(r.Workspace())
	}
	for _, group := range groups {
		who := m
		if who == nil {
			who = r.MemberAt(group[0])
		}
		for _, ref := range refs {
			if err := ctx.Err(); err != nil {
				return err
			}
			row, err := summary(who, ref)
			if err != nil {
				return fmt.Errorf("%s: %w", ref, err)
			}
			row.Members = group
			if err := each(row); err != nil {
				return err
			}
		}
	}
	return nil
}

func summary(m *engine.Member, ref engine.Ref) (Row, error) {
	row := Row{Ref: ref}
	v, err := m.Block(ref)
	if err != nil {
		return row, err
	}
	if row.Readable, row.Cells, row.ReadAtMost, err = tallied(v, engine.Readable); err != nil {
		return row, err
	}
	row.Writable, _, row.WriteAtMost, err = tallied(v, engine.Writable)
	row.Writable = min(row.Writable, row.Readable)
	row.WriteAtMost = row.WriteAtMost && row.Writable > 0
	return row, err
}
