package engine

import (
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/cubeward/cubeward/bitmap"
)

// lineage is what generations share that have the same workspace, plan and mappings: what is known of the plan, and
// the numbers of profiles. They share the pool, the memo and the views, too, for these go by the plan's numbers, by
// profiles and by sets, of which none is ever given twice.
type lineage struct {
	readers *readers
	locals  *locals
	table   *profileTable
	rows    *rowMemo
	bytes   uint64       // of the pool's sets at first, each of which some member had
	made    atomic.Int64 // how many generations were made in it, from whichever of its generations
}

// newLineage is one for rights whose metrics are known; see settle.
func newLineage(r *Rights) *lineage {
	return &lineage{readers: newReaders(r.plan, r.metrics), locals: newLocals(r.plan), rows: newRowMemo(len(r.metrics))}
}

// settle gives a lineage the profiles of its first generation. A pool that was taken over is as full as it may be
// whatever is live in it now.
func (l *lineage) settle(r *Rights) {
	l.table = &profileTable{all: r.profiles, live: len(r.profiles)}
	l.bytes = r.pool.Stats().Bytes
	if t := r.taking; t != nil {
		if t.told == nil {
			if !t.adopt {
				l.bytes = t.old.line.bytes
			}
			r.before = t.old.shared()
		}
		r.taking = nil
	}
}

// shared is a generation that has all that r has, and nothing that was before it.
func (r *Rights) shared() *Rights {
	return &Rights{
		ws: r.ws, plan: r.plan, pool: r.pool, values: r.values, mappings: r.mappings, metrics: r.metrics, cells: r.cells,
		profiles: r.profiles, of: r.of, held: r.held, stored: r.stored, memo: r.memo, views: r.views, workers: r.workers, opt: r.opt,
		inputs: r.inputs, line: r.line, steps: r.steps,
	}
}

// How much a lineage may hold that no member had at first, besides as much as members had then.
const (
	spareProfiles = 4096
	spareBytes    = 16 << 20
)

// crowded says whether most of what a lineage holds came after it began: much of that is of members as they were in
// generations that nobody asks any more, but as long as one of the lineage is held it stays.
func (r *Rights) crowded() bool {
	t := r.line.table
	t.mu.Lock()
	profiles := len(t.all)
	t.mu.Unlock()
	return profiles > 2*t.live+spareProfiles || r.pool.Stats().Bytes > 2*r.line.bytes+spareBytes
}

// roomy is rights like r for a next generation to share: r itself, or where its lineage is crowded the beginning of
// another one. Where most generations of the lineage lead to r, that is made once: it costs as much as there are
// members. Else most were made side by side, to be forgotten, and each further one gets a lineage of its own.
func (r *Rights) roomy() *Rights {
	if r.crowded() && 2*r.steps >= r.line.made.Load() {
		r.compact.Do(func() { r.small = r.compacted() })
		r = r.small
	}
	if r.crowded() {
		return r.forked()
	}
	return r
}

// forked is rights like r whose next generations leave nothing behind in the lineage of r: they read its sets, and add
// their own to a pool on top of it.
func (r *Rights) forked() *Rights {
	next := r.shared()
	next.pool = r.pool.Over()
	next.profiles = slices.Clip(r.profiles)
	next.begins()
	return next
}

// begins gives rights with a pool and profiles of their own a lineage, and room to remember.
func (r *Rights) begins() {
	r.steps = 0
	r.memo = newMemo(r.pool, r.plan.Len(), r.opt.MemoBytes)
	r.views = newViewCache(r.opt.ViewBytes)
	r.line = &lineage{
		readers: r.line.readers, locals: r.line.locals, table: &profileTable{all: r.profiles, live: len(r.profiles)},
		rows: newRowMemo(len(r.metrics)), bytes: r.pool.Stats().Bytes,
	}
	r.values = r.values.over(r.inputs, nil)
	r.values.roles = r.roles()
}

// compacted is rights like r in a lineage of their own, which has only the profiles and sets that members have. The
// older one, and what it holds, goes when nobody asks it any more.
func (r *Rights) compacted() *Rights {
	next := r.shared()
	next.pool = bitmap.NewPool()
	next.profiles = nil
	of, number := make([]profileID, r.of.len()), make([]profileID, len(r.profiles)) // one more: zero is not known
	for m, p := range r.of.all {
		of[m] = nobody
		if p == nobody {
			continue
		}
		if number[p] == 0 {
			next.profiles = append(next.profiles, r.profiles[p].adopted(next.pool, r.pool))
			number[p] = profileID(len(next.profiles))
		}
		of[m] = number[p] - 1
	}
	next.of = chunksOf(of)
	next.begins()
	return next
}

// adopted is a profile whose sets stand in another pool.
func (p *profile) adopted(to, from *bitmap.Pool) profile {
	out := profile{roles: p.roles, rows: make([]row, len(p.rows))}
	for i, r := range p.rows {
		out.rows[i] = row{to.Adopt(from, r.read), to.Adopt(from, r.write)}
	}
	return out
}

// work counts what a generation worked out that it could not take over, for tests.
type work struct {
	rows     int // of access-rights metrics, one for each member and metric, where single members were looked at
	metrics  int // of which all rows were worked out
	mappings int
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
