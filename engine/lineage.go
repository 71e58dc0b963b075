package engine

import (
	"hash/maphash"
	"slices"
	"sync"
)

// lineage is what generations share that have the same workspace, plan and mappings: what is known of the plan, and
// the numbers of profiles. They share the pool, the memo and the views, too.
type lineage struct {
	readers *readers
	locals  *locals
	table   *profileTable
}

func newLineage(r *Rights) *lineage {
	return &lineage{newReaders(r.plan, r.metrics), newLocals(r.plan), &profileTable{all: r.profiles, live: len(r.profiles)}}
}

// work counts what a generation worked out that it could not take over, for tests.
type work struct {
	rows     int // of access-rights metrics, one for each member and metric, where single members were looked at
	metrics  int // of which all rows were worked out
	mappings int
	plans    int
}

// profileTable holds the profiles of a lineage, equal ones once. It only grows; each generation knows the part of it
// that there was when it was made, and reads that without a lock.
type profileTable struct {
	live int // how many there were at first, each of which some member had

	mu    sync.Mutex
	all   []profile
	seed  maphash.Seed
	index map[uint64][]profileID // by hash of their content, once somebody looked for one
}

// intern is the number of a profile, and all profiles up to then, its own among them.
func (t *profileTable) intern(p profile) (profileID, []profile) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.index == nil {
		t.seed, t.index = maphash.MakeSeed(), make(map[uint64][]profileID, len(t.all))
		for i := range t.all {
			h := t.hash(&t.all[i])
			t.index[h] = append(t.index[h], profileID(i))
		}
	}
	h := t.hash(&p)
	for _, id := range t.index[h] {
		if known := &t.all[id]; slices.Equal(known.roles, p.roles) && slices.Equal(known.rows, p.rows) {
			return id, t.all
		}
	}
	id := profileID(len(t.all))
	t.all = append(t.all, p)
	t.index[h] = append(t.index[h], id)
	return id, t.all
}

func (t *profileTable) hash(p *profile) uint64 {
	var room [512]byte
	return maphash.Bytes(t.seed, p.appendKey(room[:0]))
}
