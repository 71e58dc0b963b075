package engine

import (
	"encoding/binary"
	"sync"
	"sync/atomic"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/inherit"
)

const (
	defaultMemoBytes = 256 << 20
	leastMemoBytes   = 64 << 10 // below this the memo would be emptied at every step
)

// memo remembers the sets between metrics and views, within a budget of bytes: what nodes made of the sets that they
// were given, which members with the same sets and blocks that share a node have in common, and the sets of nodes by
// profile, so that a block which stands on others does not ask for all that these stand on once more.
//
// It belongs to one Rights and the later generations of its lineage, among whom a number of a node or profile always
// means the same. When half of the budget is full of sets it is emptied as a whole: its pool goes with them, and
// numbers of sets are never given twice. Who walks at that moment keeps the epoch that they began with. Node sets by
// profile have the other half, and are emptied by themselves.
type memo struct {
	base   *bitmap.Pool
	nodes  int // of the plan
	budget int64
	now    atomic.Pointer[epoch]

	hits, misses, evictions atomic.Uint64
}

func newMemo(base *bitmap.Pool, nodes int, budget int64) *memo {
	if budget == 0 {
		budget = defaultMemoBytes
	}
	m := &memo{base: base, nodes: nodes, budget: max(budget, leastMemoBytes)}
	m.now.Store(m.epoch())
	return m
}

func (m *memo) epoch() *epoch {
	e := &epoch{memo: m, pool: m.base.Over(), one: map[oneKey]bitmap.SetID{}, many: map[string]bitmap.SetID{}}
	e.profiles.Store(newProfileSets())
	return e
}

// stats is what the memo did and holds.
func (m *memo) stats() CacheStats {
	e := m.now.Load()
	e.mu.RLock()
	entries := len(e.one) + len(e.many)
	e.mu.RUnlock()
	return CacheStats{
		Hits: m.hits.Load(), Misses: m.misses.Load(), Evictions: m.evictions.Load(),
		Entries: entries, Bytes: e.size() + e.profiles.Load().bytes.Load(), Budget: m.budget,
	}
}

// epoch is a memo from when it was emptied until it is emptied again.
type epoch struct {
	memo *memo
	pool *bitmap.Pool // of what is worked out, on top of the metrics' own

	mu    sync.RWMutex
	one   map[oneKey]bitmap.SetID // by node and its only input
	many  map[string]bitmap.SetID // by node and its inputs
	bytes int64                   // of both maps

	profiles atomic.Pointer[profileSets]
}

type oneKey struct {
	node  inherit.NodeID
	input bitmap.SetID
}

// What an entry of the maps takes, reckoned: key and value, with the room that a Go map keeps free.
const (
	oneBytes  = 40
	manyBytes = 64 // besides the key's own bytes
)

func (e *epoch) size() int64 {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.bytes + int64(e.pool.Stats().Bytes)
}

// carried is the set that a node makes of its inputs: remembered, or made.
func (e *epoch) carried(node inherit.NodeID, inputs []bitmap.SetID, work func() bitmap.SetID) bitmap.SetID {
	if len(inputs) == 1 {
		key := oneKey{node, inputs[0]}
		e.mu.RLock()
		s, ok := e.one[key]
		e.mu.RUnlock()
		if !ok {
			s = work()
			e.mu.Lock()
			e.one[key] = s
			e.bytes += oneBytes
			e.mu.Unlock()
		}
		e.count(ok)
		return s
	}
	key := binary.LittleEndian.AppendUint32(make([]byte, 0, 4+8*len(inputs)), uint32(node))
	for _, in := range inputs {
		key = binary.LittleEndian.AppendUint64(key, uint64(in))
	}
	e.mu.RLock()
	s, ok := e.many[string(key)]
	e.mu.RUnlock()
	if !ok {
		s = work()
		e.mu.Lock()
		e.many[string(key)] = s
		e.bytes += manyBytes + int64(len(key))
		e.mu.Unlock()
	}
	e.count(ok)
	return s
}

// count notes whether a set was remembered, and empties the memo where one more was too much.
func (e *epoch) count(hit bool) {
	m := e.memo
	if hit {
		m.hits.Add(1)
		return
	}
	m.misses.Add(1)
	if e.size() <= m.budget/2 || m.now.Load() != e {
		return
	}
	if m.now.CompareAndSwap(e, m.epoch()) {
		e.mu.RLock()
		m.evictions.Add(uint64(len(e.one) + len(e.many)))
		e.mu.RUnlock()
	}
}

// profileSets is the sets of nodes by profile.
type profileSets struct {
	mu    sync.RWMutex
	of    map[profileID]*nodeSets
	bytes atomic.Int64
}

func newProfileSets() *profileSets { return &profileSets{of: map[profileID]*nodeSets{}} }

// nodeSets is the sets of the plan's nodes for one profile, as far as they were asked for. Node numbers of blocks that build
// on each other are neighbours, so they stand in pages; 0 is not known, else it is one more than the set. Several may
// fill a page at once: they write the same.
type nodeSets struct {
	all   *profileSets
	pages []atomic.Pointer[nodePage]
}

const pageNodes = 64

type nodePage [pageNodes]atomic.Uint64

// of is the node sets of a profile. Those of all profiles are forgotten where they are too many.
func (e *epoch) of(p profileID) *nodeSets {
	all := e.profiles.Load()
	if all.bytes.Load() > e.memo.budget/2 {
		if fresh := newProfileSets(); e.profiles.CompareAndSwap(all, fresh) {
			all = fresh
		} else {
			all = e.profiles.Load()
		}
	}
	all.mu.RLock()
	n := all.of[p]
	all.mu.RUnlock()
	if n != nil {
		return n
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	if n = all.of[p]; n == nil {
		n = &nodeSets{all: all, pages: make([]atomic.Pointer[nodePage], (e.memo.nodes+pageNodes-1)/pageNodes)}
		all.of[p] = n
		all.bytes.Add(int64(oneBytes + 48 + 8*len(n.pages)))
	}
	return n
}

func (n *nodeSets) get(id inherit.NodeID) (bitmap.SetID, bool) {
	page := n.pages[id/pageNodes].Load()
	if page == nil {
		return 0, false
	}
	v := page[id%pageNodes].Load()
	return bitmap.SetID(v - 1), v != 0
}

func (n *nodeSets) put(id inherit.NodeID, s bitmap.SetID) {
	at := &n.pages[id/pageNodes]
	page := at.Load()
	if page == nil {
		page = new(nodePage)
		if at.CompareAndSwap(nil, page) {
			n.all.bytes.Add(8 * pageNodes)
		} else {
			page = at.Load()
		}
	}
	page[id%pageNodes].Store(uint64(s) + 1)
}
