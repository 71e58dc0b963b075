package store

import (
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/inherit"
)

// Rights are the rights that the file holds, with a workspace of their own. Names, mappings, and what members hold are
// read when they are asked for: keep the file open while the rights are used. What turns out to be damaged then is a
// *DamageError, never an answer. Each call makes new rights.
func (f *File) Rights(ctx context.Context, opt engine.Options) (*engine.Rights, error) {
	s := engine.Snapshot{Blame: f.blame}
	t, err := f.readModel(&s)
	if err != nil {
		return nil, err
	}
	if err := f.readMembers(t.ws, &s); err != nil {
		return nil, err
	}
	f.readLater(&s)
	return engine.Restore(ctx, t.ws, s, opt)
}

// blame says in which section what is wrong with rights stands.
func (f *File) blame(p engine.Part, number int, err error) error {
	k := key{kind: [...]kind{
		engine.PlanPart: planSection, engine.MembersPart: membersSection, engine.ProfilePart: profilesSection,
		engine.SetPart: setsSection, engine.MappingPart: mappingSection, engine.ValuesPart: valuesSection,
	}[p]}
	if k.kind.many() {
		k.number = uint32(number)
	}
	return f.damaged(k, err)
}

// readModel reads the workspace and the plan.
func (f *File) readModel(s *engine.Snapshot) (*modelTake, error) {
	t := &modelTake{load: f.loadNames}
	err := f.read(key{kind: modelSection}, func(content *take) {
		t.take = content
		t.model()
	})
	if err != nil {
		return nil, err
	}
	for _, l := range t.ws.Lists() {
		if l.Reserved && l != t.ws.Users {
			continue
		}
		// Each name is a byte and its length at least; so lists cannot be longer than the file allows.
		k := key{namesSection, uint32(l.ID)}
		if i, ok := f.byKey[k]; !ok || f.table[i].raw < 2*uint64(l.Len()) {
			return nil, f.damaged(k, fmt.Errorf("there are no %d names", l.Len()))
		}
	}
	if err := t.ws.Validate(); err != nil {
		return nil, f.damaged(key{kind: modelSection}, err)
	}
	for _, b := range t.ws.Blocks() {
		switch t.given[b] {
		case givenKept:
			s.Kept = append(s.Kept, b)
		case givenLeft:
			s.Left = append(s.Left, b)
		}
	}
	return t, f.read(key{kind: planSection}, func(content *take) {
		t.take = content
		t.plan(s)
	})
}

// readMembers reads the roles and profiles of members.
func (f *File) readMembers(ws *cube.Workspace, s *engine.Snapshot) error {
	members := ws.Users.Len()
	if members != f.run.members {
		return f.damaged(key{kind: runSection}, fmt.Errorf("%d members, and %d in the model", f.run.members, members))
	}
	for i, app := range ws.Applications {
		roles := make([]cube.ItemID, members)
		if err := f.readShifted(key{rolesSection, uint32(i)}, members, len(app.Roles), func(a numbers) { shifted(a, roles, cube.NoItem) }); err != nil {
			return err
		}
		app.SetRoles(roles)
	}
	s.Profiles, s.Sets = f.run.profiles, f.run.sets
	s.Of = make([]int32, members)
	if err := f.readShifted(key{kind: membersSection}, members, s.Profiles, func(a numbers) { shifted(a, s.Of, -1) }); err != nil {
		return err
	}
	held := 0
	for _, p := range s.Of {
		if p >= 0 {
			held++
		}
	}
	if held != f.run.held {
		return f.damaged(key{kind: membersSection}, fmt.Errorf("%d members have a profile, not %d", held, f.run.held))
	}
	if err := checkShard(s.Of, f.run.shard, f.run.shards); err != nil {
		return f.damaged(key{kind: membersSection}, err)
	}
	return nil
}

// readShifted reads a section that is one array of n numbers up to a limit.
func (f *File) readShifted(k key, n, limit int, with func(numbers)) error {
	return f.read(k, func(t *take) {
		a := t.array(uint64(limit))
		t.end()
		switch {
		case a.len() != n:
			t.fail(fmt.Errorf("%d numbers for %d", a.len(), n))
		case t.ok():
			with(a)
		}
	})
}

// readLater gives a snapshot what it reads when it is asked for.
func (f *File) readLater(s *engine.Snapshot) {
	rows := 2 * len(s.Metrics)
	profiles := sync.OnceValues(func() (numbers, error) {
		var all numbers
		err := f.read(key{kind: profilesSection}, func(t *take) {
			all = t.array(uint64(s.Sets) + 1)
			t.end()
			if all.len() != s.Profiles*rows {
				t.fail(fmt.Errorf("%d sets of %d profiles, of %d each", all.len(), s.Profiles, rows))
			}
		})
		return all, err
	})
	s.Profile = func(i int) ([]uint32, error) {
		all, err := profiles()
		if err != nil {
			return nil, err
		}
		out := make([]uint32, rows)
		for k := range out {
			out[k] = uint32(all.at(i*rows + k))
		}
		return out, nil
	}
	sets := sync.OnceValues(func() (cut, error) {
		var c cut
		err := f.read(key{kind: setsSection}, func(t *take) { c = t.cut(f.run.sets) })
		return c, err
	})
	s.Set = func(n int) ([]byte, error) {
		c, err := sets()
		if err != nil {
			return nil, err
		}
		return c.part(n), nil
	}
	exprs := s.Plan.Exprs
	s.Mapping = func(id inherit.ExprID) ([]int32, error) { return f.mapping(id, exprs[id]) }
	s.Input = f.input
	k := key{kind: digestsSection}
	if i, ok := f.byKey[k]; ok && f.table[i].version == sectionVersion {
		s.Digests = func() (d engine.Digests, err error) {
			err = f.read(k, func(t *take) {
				d.Metrics, d.Mappings = t.digests(len(s.Metrics)), t.digests(len(exprs))
				t.end()
			})
			return d, err
		}
	}
}

// digests reads n digests.
func (t *take) digests(n int) []engine.Digest {
	if m := t.uint(); m != uint64(n) {
		t.fail(fmt.Errorf("%d digests, not %d", m, n))
		return nil
	}
	out := make([]engine.Digest, n)
	for i := range out {
		copy(out[i][:], t.bytes(uint64(len(out[i]))))
	}
	return out
}

// mapping reads the items of an expression.
func (f *File) mapping(id inherit.ExprID, shape inherit.Shape) ([]int32, error) {
	limit := 0
	if shape.List != nil {
		limit = shape.List.Len()
	}
	var items []int32
	err := f.read(key{mappingSection, uint32(id)}, func(t *take) {
		a := t.array(uint64(limit))
		t.end()
		if t.ok() {
			items = make([]int32, a.len())
			shifted(a, items, int32(cube.NoItem))
		}
	})
	return items, err
}

// input reads what is given for a block.
func (f *File) input(b *cube.Block) (*cube.Column, error) {
	var col *cube.Column
	err := f.read(key{valuesSection, uint32(b.ID)}, func(t *take) { col = takeColumn(t, b) })
	return col, err
}

// loadNames reads the names of a list.
func (f *File) loadNames(l *cube.List) func() (string, []uint32, error) {
	return func() (text string, ends []uint32, err error) {
		err = f.read(key{namesSection, uint32(l.ID)}, func(t *take) {
			c := t.cut(l.Len())
			for i := range c.ends {
				if t.ok() && c.ends[i] == c.start(i) {
					t.fail(fmt.Errorf("the name of item %d is empty", i))
				}
			}
			text, ends = string(c.data), c.ends
		})
		return text, ends, err
	}
}

// cut is one run of bytes that stands for many.
type cut struct {
	data []byte
	ends []uint32
}

// cut reads how long each of n parts is, then all of them.
func (t *take) cut(n int) cut {
	lengths := t.array(math.MaxUint32)
	if lengths.len() != n {
		t.fail(fmt.Errorf("%d parts, not %d", lengths.len(), n))
		return cut{}
	}
	c := cut{ends: make([]uint32, n)}
	at := uint64(0)
	for i := range c.ends {
		if at += lengths.at(i); at > math.MaxUint32 {
			t.fail(errShort)
			return cut{}
		}
		c.ends[i] = uint32(at)
	}
	c.data = t.bytes(at)
	t.end()
	return c
}

func (c cut) start(i int) uint32 {
	if i == 0 {
		return 0
	}
	return c.ends[i-1]
}

func (c cut) part(i int) []byte { return c.data[c.start(i):c.ends[i]] }
