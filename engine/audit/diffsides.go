package audit

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// The two sides of a comparison.
const (
	oldSide = iota
	newSide
)

// differ works out a Difference.
type differ struct {
	Difference
	opt    DiffOptions
	stated [2]*engine.Traces // of the sides
	kinds  []*memberKind
	lists  map[[2]*cube.List]*listPair
	there  map[[2]*cube.List][]int32 // the items of a list as the other side has them
	// Whether the given values of two blocks differ, where that was asked.
	compared map[[2]*cube.Block]bool
}

func (d *differ) side(s int) *engine.Rights { return [...]*engine.Rights{d.Old, d.New}[s] }

// complete says whether a side holds the rights of all who are asked about, and all names. Those that it does not tell
// are not lost.
func (d *differ) complete(s int) error {
	for _, l := range d.side(s).Workspace().Lists() {
		if err := l.Load(); err != nil {
			return err
		}
	}
	if d.opt.Member == "" {
		return d.side(s).Complete()
	}
	_, err := d.side(s).Member(d.opt.Member)
	var missing *engine.NotHeldError
	if errors.As(err, &missing) {
		return err
	}
	return nil
}

// memberKind is members with the same rights on each side.
type memberKind struct {
	names []string
	first [2]cube.ItemID // a member of them; NoItem on a side that they are not on
	group [2]int         // which of the side's groups they are in; -1 likewise
}

// pairMembers finds the kinds: those of the new side in its order, then those who are on the old one alone.
func (d *differ) pairMembers() error {
	var of [2][]int
	for s := range of {
		r := d.side(s)
		of[s] = slices.Repeat([]int{-1}, r.Workspace().Users.Len())
		for g, members := range r.Groups() {
			for _, m := range members {
				of[s][m] = g
			}
		}
	}
	users := [2]*cube.List{d.Old.Workspace().Users, d.New.Workspace().Users}
	known := map[[2]int]*memberKind{}
	add := func(name string) {
		if d.opt.Member != "" && d.opt.Member != name {
			return
		}
		d.Members++
		k := memberKind{first: [2]cube.ItemID{cube.NoItem, cube.NoItem}, group: [2]int{-1, -1}}
		for s := range of {
			if id, ok := users[s].Find(name); ok {
				k.first[s], k.group[s] = id, of[s][id]
			}
		}
		if known[k.group] == nil {
			known[k.group] = &k
			d.kinds = append(d.kinds, &k)
		}
		known[k.group].names = append(known[k.group].names, name)
	}
	for _, name := range users[newSide].Items() {
		add(name)
	}
	for _, m := range d.OnlyOld.Members {
		add(users[oldSide].Item(m))
	}
	if d.Members == 0 && d.opt.Member != "" {
		return &engine.UnknownError{What: "member", Name: d.opt.Member, Message: fmt.Sprintf("unknown member %q: neither side has it", d.opt.Member)}
	}
	return nil
}

// pairBlocks are the blocks of both sides: those of the new one in its order, then those that the old one alone has.
func (d *differ) pairBlocks() []BlockPair {
	var out []BlockPair
	for _, ref := range Blocks(d.New.Workspace()) {
		out = append(out, BlockPair{Old: sameRef(d.Old.Workspace(), ref), New: ref})
	}
	for _, ref := range Blocks(d.Old.Workspace()) {
		if sameRef(d.New.Workspace(), ref).Block == nil {
			out = append(out, BlockPair{Old: ref})
		}
	}
	return out
}

// sameRef is the block of the same name and kind in another workspace; the zero Ref where there is none.
func sameRef(ws *cube.Workspace, ref engine.Ref) engine.Ref {
	app := ws.Application(ref.App.Name)
	if app == nil {
		return engine.Ref{}
	}
	b := sameBlock(ws, ref.Block)
	if b == nil {
		return engine.Ref{}
	}
	return engine.Ref{App: app, Block: b}
}

// sameBlock is the block of the same name and kind in another workspace, nil where there is none.
func sameBlock(ws *cube.Workspace, b *cube.Block) *cube.Block {
	if b.List != nil {
		l := sameList(ws, b.List)
		switch {
		case l == nil:
			return nil
		case b.Kind == cube.ItemSet:
			return l.ItemSet
		}
		return l.Property(b.Name)
	}
	app := ws.Application(b.App.Name)
	if app == nil {
		return nil
	}
	return app.Metric(b.Name)
}

// sameList is the list of the same name in another workspace, nil where there is none.
func sameList(ws *cube.Workspace, l *cube.List) *cube.List {
	if l.App == nil {
		return ws.Users
	}
	app := ws.Application(l.App.Name)
	if app == nil {
		return nil
	}
	return app.List(l.Name)
}

// oneSided finds what one side alone has.
func (d *differ) oneSided() {
	for s, out := range []*OneSided{&d.OnlyOld, &d.OnlyNew} {
		ws, other := d.side(s).Workspace(), d.side(1-s).Workspace()
		out.Items = map[*cube.List][]cube.ItemID{}
		for _, l := range ws.Lists() {
			o := sameList(other, l)
			if o == nil || l.Reserved && l != ws.Users {
				continue
			}
			var items []cube.ItemID
			for i, name := range l.Items() {
				if _, ok := o.Find(name); !ok {
					items = append(items, cube.ItemID(i))
				}
			}
			switch {
			case l == ws.Users:
				out.Members = items
			case len(items) > 0:
				out.Items[l] = items
			}
		}
		for _, ref := range Blocks(ws) {
			missing := sameRef(other, ref).Block == nil
			if missing && other.Application(ref.App.Name) != nil && (ref.Block.Kind != cube.Property || sameList(other, ref.Block.List) != nil) {
				out.Blocks = append(out.Blocks, ref)
			}
		}
	}
}

// listPair is the items of a list as both sides have it: those of the new side in its order, then those that the old
// side alone has.
type listPair struct {
	size int
	of   [2][]int32 // by item of the pair the item on each side, -1 where it has none; nil where they are the same
}

// pairLists pairs the items of a list. Either may be nil: a side that lacks the block.
func (d *differ) pairLists(old, new *cube.List) *listPair {
	key := [2]*cube.List{old, new}
	if p := d.lists[key]; p != nil {
		return p
	}
	p := &listPair{}
	switch {
	case old == nil:
		p.size = new.Len()
	case new == nil:
		p.size = old.Len()
	case old == new || slices.Equal(old.Items(), new.Items()):
		p.size = new.Len()
	default:
		for s := range p.of {
			p.of[s] = []int32{}
		}
		add := func(name string) {
			for s, l := range key {
				id, ok := l.Find(name)
				if !ok {
					id = -1
				}
				p.of[s] = append(p.of[s], int32(id))
			}
			p.size++
		}
		for _, name := range new.Items() {
			add(name)
		}
		for _, name := range old.Items() {
			if _, ok := new.Find(name); !ok {
				add(name)
			}
		}
	}
	d.lists[key] = p
	return p
}
