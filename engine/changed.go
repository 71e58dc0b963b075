package engine

import (
	"iter"
	"slices"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
)

// Changed yields what this generation decides otherwise than the one that it was updated from: members, as items of
// the list User of this generation and in its order, and a block of this generation for which they have other rights
// now, or other reasons. Whoever keeps what followed from a member's rights to a block drops it where the pair is
// yielded. Members who are new have all blocks of which they may read anything; blocks whose lists changed, so that
// their cells have other numbers, are yielded for everyone, and so are those that cannot be compared. Nothing is
// yielded for rights that were compiled without Options.Since, or since restored ones.
//
// Pairs come by block, those of one block by first members. Equal sets are equal rights, wherever they came from. It
// works out the views of both generations for those whose sets differ at all, as far as it is asked; until it is gone
// this generation keeps of the one before what it does not share.
func (r *Rights) Changed() iter.Seq2[[]cube.ItemID, Ref] {
	return func(yield func([]cube.ItemID, Ref) bool) {
		c := r.comparison()
		if c == nil {
			return
		}
		for _, b := range r.ws.Blocks() {
			apps := []*cube.Application{b.App}
			if b.Reserved() {
				apps = r.ws.Applications
			}
			for _, app := range apps {
				for _, members := range c.changed(Ref{app, b}) {
					if !yield(members, Ref{app, b}) {
						return
					}
				}
			}
		}
	}
}

// comparison compares the rights of members in two generations.
type comparison struct {
	old, new *Rights
	same     *matcher
	groups   []regrouped
}

// regrouped is members who had one profile and have one now; from is nobody for new members.
type regrouped struct {
	from, to profileID
	members  []cube.ItemID
}

func (r *Rights) comparison() *comparison {
	switch {
	case r.before != nil:
		c := &comparison{old: r.before, new: r, same: newMatcher(r.before, r.ws)}
		c.regroup()
		return c
	case r.moves == nil:
		return nil
	}
	c := &comparison{old: r, new: r}
	at := map[[2]profileID]int{}
	for _, m := range r.moves { // by member
		c.add(at, m.member, m.from, m.to)
	}
	return c
}

// regroup sorts all members by what they had and what they have.
func (c *comparison) regroup() {
	at := map[[2]profileID]int{}
	users, before := c.new.ws.Users, c.old.ws.Users
	kept := c.same.list(users)
	for m, to := range c.new.of.all {
		id, known := cube.ItemID(m), kept
		if !kept {
			id, known = before.Find(users.Item(cube.ItemID(m)))
		}
		from := profileID(nobody)
		if known {
			from = c.old.of.at(int(id))
		}
		if to != nobody && (from != to || !c.sharesLineage()) {
			c.add(at, cube.ItemID(m), from, to)
		}
	}
}

func (c *comparison) sharesLineage() bool { return c.old.line == c.new.line }

func (c *comparison) add(at map[[2]profileID]int, m cube.ItemID, from, to profileID) {
	key := [2]profileID{from, to}
	i, ok := at[key]
	if !ok {
		i = len(c.groups)
		at[key] = i
		c.groups = append(c.groups, regrouped{from: from, to: to})
	}
	c.groups[i].members = append(c.groups[i].members, m)
}

// changed are the groups of members whose rights to a block differ.
func (c *comparison) changed(ref Ref) [][]cube.ItemID {
	before, comparable := ref, true
	if c.same != nil {
		before, comparable = c.same.ref(ref)
	}
	var out [][]cube.ItemID
	for _, g := range c.groups {
		if !comparable && g.from != nobody || c.differs(g, before, ref) {
			out = append(out, g.members)
		}
	}
	return out
}

func (c *comparison) differs(g regrouped, before, now Ref) bool {
	b, err := c.new.grant(g.to, now)
	if err != nil {
		return true
	}
	if g.from == nobody {
		return !nowhereAtAll(b)
	}
	a, err := c.old.grant(g.from, before)
	if err != nil {
		return true
	}
	if a == b {
		return false
	}
	if a.member != b.member || a.calculated() != b.calculated() {
		return true
	}
	for _, keep := range conditionsToCompare {
		if !slices.EqualFunc(a.conditions(keep), b.conditions(keep), func(x, y factor) bool {
			return slices.Equal(x.axes, y.axes) && x.set.Equal(y.set)
		}) {
			return true
		}
	}
	return false
}

// conditionsToCompare are what tells decisions and their reasons: what is read, what is written, and what would be
// written but for scenarios (SPEC 1.2).
var conditionsToCompare = []func(factor) bool{
	func(f factor) bool { return f.category == cube.Read },
	func(f factor) bool { return f.category == cube.Write },
	func(f factor) bool { return f.category == cube.Write && !f.scenario },
}

func nowhereAtAll(g *grant) bool {
	read := g.conditions(conditionsToCompare[0])
	return len(read) == 1 && read[0].set.IsEmpty()
}

// conditions are some factors of a grant, those on the same axes ANDed, sorted by axes. Where one of them is empty it
// stands alone, without axes: no other can say more.
func (g *grant) conditions(keep func(factor) bool) []factor {
	var out []factor
	for _, f := range g.factors {
		if !keep(f) {
			continue
		}
		i, found := slices.BinarySearchFunc(out, f, func(a, b factor) int { return slices.Compare(a.axes, b.axes) })
		if found {
			out[i].set = out[i].set.And(f.set)
		} else {
			out = slices.Insert(out, i, f)
		}
	}
	for _, f := range out {
		if f.set.IsEmpty() {
			return []factor{{set: bitmap.Set{}}}
		}
	}
	return out
}
