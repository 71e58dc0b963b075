package engine

import (
	"context"
	"encoding/binary"
	"slices"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/inherit"
)

// profileID numbers the distinct profiles of a lineage, the generations of Rights that share a profileTable. A number
// is never given twice there.
type profileID int32

// profile is all that rights know of a member: the role in each application and what each access-rights metric
// holds. Members with equal profiles have equal rights, everywhere.
type profile struct {
	roles []cube.ItemID // by application
	rows  []row         // by access-rights metric
}

// makeProfiles gives every member a profile, equal ones stored once. Members are sorted by role and kind first, which
// costs a table look-up each; what those mean is compared only once for each combination.
func (r *Rights) makeProfiles(ctx context.Context, rows []metricRows) error {
	members := r.ws.Users.Len()
	k := everyone(members)
	for _, app := range r.ws.Applications {
		roles := make([]uint64, members)
		for m := range roles {
			roles[m] = uint64(max(app.RoleOf(cube.ItemID(m)), -1) + 1)
		}
		k = k.and(kindsOf(roles, uint64(len(app.Roles)+1)))
	}
	sorted := map[*int32]bool{}
	for i := range rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		// Rows that are taken over are sorted by one and the same kinds.
		if of := rows[i].kinds.of; len(of) > 0 && !sorted[&of[0]] {
			sorted[&of[0]] = true
			k = k.and(rows[i].kinds)
		}
	}
	k = k.only(r.held)
	known := map[string]profileID{}
	ids := make([]profileID, k.len())
	for i, m := range k.first {
		if i&0xfff == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		p := r.profileOf(int(m), rows)
		key := p.key()
		id, ok := known[key]
		if !ok {
			id = profileID(len(r.profiles))
			known[key] = id
			r.profiles = append(r.profiles, p)
		}
		ids[i] = id
	}
	of := make([]profileID, members)
	for m := range of {
		of[m] = nobody
		if k.of[m] != nobody {
			of[m] = ids[k.of[m]]
		}
	}
	r.of = chunksOf(of)
	return nil
}

// key is the content of a profile: equal keys, equal profiles.
func (p *profile) key() string { return string(p.appendKey(nil)) }

func (p *profile) appendKey(key []byte) []byte {
	for _, role := range p.roles {
		key = binary.LittleEndian.AppendUint32(key, uint32(role))
	}
	for _, row := range p.rows {
		key = binary.LittleEndian.AppendUint64(key, uint64(row.read))
		key = binary.LittleEndian.AppendUint64(key, uint64(row.write))
	}
	return key
}

func (r *Rights) profileOf(m int, rows []metricRows) profile {
	p := profile{rows: make([]row, len(rows))}
	for _, app := range r.ws.Applications {
		p.roles = append(p.roles, app.RoleOf(cube.ItemID(m)))
	}
	for i := range rows {
		p.rows[i] = rows[i].member(m)
	}
	return p
}

// leaf is the set of a leaf node for a profile: one of a metric's, or one that it interns in pool.
func (r *Rights) leaf(pool *bitmap.Pool, p *profile, n *inherit.Node) bitmap.SetID {
	if n.Kind == inherit.Metric {
		return p.rows[r.metrics[n.Metric.ID]].of(n.Category)
	}
	role := p.roles[slices.Index(r.ws.Applications, n.App)]
	switch {
	case role < 0 && n.Kind == inherit.Scenario:
		return bitmap.Full // membership denies already (SPEC 1.1.1), and a role is what this condition is about
	case role < 0:
		return bitmap.Empty
	case n.Kind == inherit.Scenario:
		return scenario(pool, n.App, role, n.Category)
	}
	def := n.App.Roles[role]
	grant := true
	switch n.Kind {
	case inherit.RoleDefault:
		grant = n.Category == cube.Read && def.Read || n.Category == cube.Write && def.Write
	case inherit.Permission:
		grant = def.Has(cube.DefineApplicationSecurity)
	}
	if grant {
		return bitmap.Full
	}
	return bitmap.Empty
}

// scenario is the scenarios of an application that a role may read, or write (SPEC 2.6).
func scenario(pool *bitmap.Pool, app *cube.Application, role cube.ItemID, c cube.Rights) bitmap.SetID {
	s := app.Scenarios
	n := s.List.Len()
	words := make([]uint64, (n+63)/64)
	for i := range n {
		if s.Rights(cube.ItemID(i), role)&c != 0 {
			words[i>>6] |= 1 << (i & 63)
		}
	}
	return pool.FromWords(words, uint64(n))
}

// Groups are the members by profile: those of one group have equal rights everywhere. Members are in list order, and
// groups in the order of their first members. Each call makes new slices. Members who are not held are in none: see
// Complete.
func (r *Rights) Groups() [][]cube.ItemID {
	heads := make([]int, len(r.profiles))
	for _, p := range r.of.all {
		if p != nobody {
			heads[p]++
		}
	}
	at := make([]int, len(r.profiles)) // one more than the group; profiles of other generations have none
	var groups [][]cube.ItemID
	for m, p := range r.of.all {
		if p == nobody {
			continue
		}
		if at[p] == 0 {
			groups = append(groups, make([]cube.ItemID, 0, heads[p]))
			at[p] = len(groups)
		}
		g := &groups[at[p]-1]
		*g = append(*g, cube.ItemID(m))
	}
	return groups
}

// MemberAt is the member of an item of the list User. It panics where there is none. Views of one who is not held fail.
func (r *Rights) MemberAt(id cube.ItemID) *Member {
	_ = r.of.at(int(id))
	return &Member{rights: r, id: id}
}
