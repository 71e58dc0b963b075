package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// MergeError says that files are not the shards of one run.
type MergeError struct{ Message string }

// Error is the message.
func (e *MergeError) Error() string { return e.Message }

func mergeError(format string, args ...any) error { return &MergeError{fmt.Sprintf(format, args...)} }

// Merge writes the rights of all shards as one file: the very bytes that Write would have written for rights that
// were worked out in one run. Shards may come in any order; it fails with a *MergeError where one is missing or stands
// twice, or where they are of different models. It costs what the shards' members hold, and holds it in memory.
func Merge(ctx context.Context, w io.Writer, shards ...*File) error {
	shards, err := inOrder(shards)
	if err != nil {
		return err
	}
	first := shards[0]
	f, err := newFileWriter(ctx)
	if err != nil {
		return err
	}
	for i, s := range first.table {
		if ofMembers(s.kind) {
			continue
		}
		data, err := first.sameInAll(i, shards[1:])
		if err != nil {
			return err
		}
		raw := data
		if s.raw != s.stored {
			if raw, err = first.section(s.key); err != nil {
				return err
			}
		}
		f.keep(s, data, raw)
	}
	m := merger{ctx: ctx, number: map[string]uint32{}, known: map[string]int32{}}
	for i, shard := range shards {
		if err := m.shard(shard); err != nil {
			return fmt.Errorf("shard %d: %w", i+1, err)
		}
	}
	s, err := m.snapshot()
	if err != nil {
		return err
	}
	if err := f.rights(0, 0, s); err != nil {
		return err
	}
	return f.write(w)
}

// ofMembers says whether a section differs from shard to shard.
func ofMembers(k kind) bool {
	return k == runSection || k == membersSection || k == profilesSection || k == setsSection
}

// inOrder puts shards in order, and says which is missing.
func inOrder(shards []*File) ([]*File, error) {
	if len(shards) == 0 {
		return nil, mergeError("there is nothing to merge")
	}
	_, n := shards[0].Shard()
	if n == 0 {
		return nil, mergeError("the first file is no shard")
	}
	if len(shards) > n {
		return nil, mergeError("%d files for %d shards", len(shards), n)
	}
	out := make([]*File, n)
	for i, f := range shards {
		shard, of := f.Shard()
		switch {
		case of == 0:
			return nil, mergeError("file %d is no shard", i+1)
		case of != n:
			return nil, mergeError("file %d is shard %d of %d, others are of %d", i+1, shard, of, n)
		case !f.Current(): // the whole would say that it is
			return nil, mergeError("file %d was made by another version of cubeward", i+1)
		case out[shard-1] != nil:
			return nil, mergeError("shard %d stands twice", shard)
		}
		out[shard-1] = f
	}
	if i := slices.Index(out, nil); i >= 0 {
		return nil, mergeError("shard %d of %d is missing", i+1, n)
	}
	return out, nil
}

// sameInAll is a section as it stands in the file, which must be the same in others.
func (f *File) sameInAll(i int, others []*File) ([]byte, error) {
	data, err := f.stored(i)
	if err != nil {
		return nil, err
	}
	for _, o := range others {
		shard, _ := o.Shard()
		k, ok := o.byKey[f.table[i].key]
		if !ok || o.table[k].raw != f.table[i].raw || o.table[k].sum != f.table[i].sum || !o.sameKeys(f) {
			return nil, mergeError("shard %d is of another model than the first: its %s differ", shard, f.table[i].key)
		}
		other, err := o.stored(k)
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(data, other) {
			return nil, mergeError("shard %d is of another model than the first: its %s differ", shard, f.table[i].key)
		}
	}
	return data, nil
}

// sameKeys says whether two files have the same sections.
func (f *File) sameKeys(o *File) bool {
	return slices.EqualFunc(f.table, o.table, func(a, b section) bool { return a.key == b.key })
}

// merger puts the members of shards together.
type merger struct {
	ctx    context.Context
	of     []int32
	rows   [][]uint32 // by profile; sets by their numbers here
	known  map[string]int32
	sets   [][]byte
	number map[string]uint32 // of a set here, by content
}

// shard adds the members of a shard.
func (m *merger) shard(f *File) error {
	if err := m.ctx.Err(); err != nil {
		return err
	}
	s := engine.Snapshot{Blame: f.blame}
	t, err := f.readModel(&s)
	if err != nil {
		return err
	}
	if err := f.readMembers(t.ws, &s); err != nil {
		return err
	}
	f.readLater(&s)
	if m.of == nil {
		m.of = slices.Repeat([]int32{-1}, len(s.Of))
	}
	here := make([]int32, s.Profiles) // one more: zero is not known
	for member, p := range s.Of {
		if p < 0 {
			continue
		}
		if here[p] == 0 {
			id, err := m.profile(&s, int(p), rolesOf(t, member))
			if err != nil {
				return err
			}
			here[p] = id + 1
		}
		m.of[member] = here[p] - 1
	}
	return nil
}

// rolesOf is the roles of a member, which tell profiles apart as sets do.
func rolesOf(t *modelTake, member int) []byte {
	p := put{}
	for _, app := range t.ws.Applications {
		p.item(app.RoleOf(cube.ItemID(member)))
	}
	return p.b
}

// profile is the number of a shard's profile among all.
func (m *merger) profile(s *engine.Snapshot, i int, roles []byte) (int32, error) {
	rows, err := s.Profile(i)
	if err != nil {
		return 0, err
	}
	p := put{b: roles}
	for k, n := range rows {
		if n >= firstSet {
			if int(n-firstSet) >= s.Sets {
				return 0, s.Blame(engine.ProfilePart, i, errors.New("there is no such set"))
			}
			set, err := s.Set(int(n - firstSet))
			if err != nil {
				return 0, err
			}
			if rows[k], err = m.set(s, int(n-firstSet), set); err != nil {
				return 0, err
			}
		}
		p.uint(uint64(rows[k]))
	}
	id, ok := m.known[string(p.b)]
	if !ok {
		id = int32(len(m.rows))
		m.known[string(p.b)] = id
		m.rows = append(m.rows, rows)
	}
	return id, nil
}

func (m *merger) set(s *engine.Snapshot, n int, data []byte) (uint32, error) {
	if id, ok := m.number[string(data)]; ok {
		return id, nil
	}
	if _, err := bitmap.NewPool().Decode(data, bitmap.MaxCells); err != nil {
		return 0, s.Blame(engine.SetPart, n, err)
	}
	id := uint32(firstSet + len(m.sets))
	m.number[string(data)] = id
	m.sets = append(m.sets, data)
	return id, nil
}

// snapshot is what Rights.Snapshot would say, as far as members go.
func (m *merger) snapshot() (*engine.Snapshot, error) {
	order := make([]int, len(m.sets))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return bytes.Compare(m.sets[a], m.sets[b]) })
	sorted := make([]uint32, len(order))
	for i, o := range order {
		sorted[o] = uint32(firstSet + i)
	}
	return &engine.Snapshot{
		Of: m.of, Profiles: len(m.rows), Sets: len(m.sets),
		Profile: func(i int) ([]uint32, error) {
			rows := slices.Clone(m.rows[i])
			for k, n := range rows {
				if n >= firstSet {
					rows[k] = sorted[n-firstSet]
				}
			}
			return rows, nil
		},
		Set: func(n int) ([]byte, error) { return m.sets[order[n]], nil },
	}, nil
}
