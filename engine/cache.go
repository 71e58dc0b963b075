package engine

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

const defaultViewBytes = 256 << 20

// viewKey names a grant. A cache belongs to one Rights and the later generations of its lineage, among whom a profile
// number is never given twice, so that no member can ever be given another profile's entry.
type viewKey struct {
	profile profileID
	ref     Ref
}

// viewCache remembers grants within a budget of bytes, which it never passes: room is made before something is taken in,
// and before a grant that it holds expands its tables. What does not fit by itself is not remembered. A grant that is gone from
// the cache lives on in the Views that hold it.
//
// A look-up takes no lock: the table is a list of grants for each of its buckets, linked through the grants, and who
// misses one that is being moved just asks again under the lock. All changes happen under mu. What goes is the one that was
// asked for longest ago, nearly: the oldest of which nobody asked since it was last looked at.
type viewCache struct {
	budget int64
	table  atomic.Pointer[[]atomic.Pointer[grant]] // its length is a power of two
	misses atomic.Uint64

	mu        sync.Mutex
	bytes     int64 // of all grants, and of the table past its first size
	entries   int
	newest    *grant
	oldest    *grant
	evictions uint64
	gone      uint64 // the hits of grants that are gone
}

// cached is what the cache keeps with a grant. All but next and hits is guarded by its lock.
type cached struct {
	key          viewKey
	next         atomic.Pointer[grant] // of the bucket
	bytes        int64                 // 0: not in the cache
	newer, older *grant
	seen         uint64 // hits when it was last looked at
	_            [64]byte
	hits         atomic.Uint64 // far from what look-ups read
}

// firstBuckets is the first size of the table.
const firstBuckets = 64

func newViewCache(budget int64) *viewCache {
	if budget == 0 {
		budget = defaultViewBytes
	}
	c := &viewCache{budget: budget}
	table := make([]atomic.Pointer[grant], firstBuckets)
	c.table.Store(&table)
	return c
}

// bucket is where the grants of a key are linked.
func bucket(table []atomic.Pointer[grant], key viewKey) *atomic.Pointer[grant] {
	h := uint64(key.profile)<<32 | uint64(key.ref.Block.ID)
	if key.ref.App != nil {
		h ^= uint64(key.ref.App.RoleList.ID) << 56
	}
	h *= 0x9e3779b97f4a7c15
	return &table[h>>(64-bits.TrailingZeros(uint(len(table))))&bucketBits]
}

// get returns what is remembered, or makes it. Two goroutines that ask at once may both make it; one stays.
func (c *viewCache) get(key viewKey, make func() (*grant, error)) (*grant, error) {
	if g := c.find(key); g != nil {
		return g, nil
	}
	c.mu.Lock()
	g := c.find(key) // it may have been on the move
	c.mu.Unlock()
	if g != nil {
		return g, nil
	}
	c.misses.Add(1)
	g, err := make()
	if err != nil {
		return nil, err
	}
	return c.put(key, g), nil
}

func (c *viewCache) find(key viewKey) *grant {
	for g := bucket(*c.table.Load(), key).Load(); g != nil; g = g.cached.next.Load() {
		if g.cached.key == key {
			g.cached.hits.Add(1)
			return g
		}
	}
	return nil
}

// put takes a grant in that was made for a key, unless another one was faster, which it returns.
func (c *viewCache) put(key viewKey, g *grant) *grant {
	g.cached.key = key
	n := g.bytes()
	c.mu.Lock()
	defer c.mu.Unlock()
	if other := c.find(key); other != nil {
		return other
	}
	if !c.room(n) {
		return g
	}
	c.widen()
	g.cached.bytes = n
	c.bytes += n
	c.entries++
	c.push(g)
	head := bucket(*c.table.Load(), key)
	g.cached.next.Store(head.Load())
	head.Store(g)
	return g
}

// grow makes room for n more bytes of a grant that the cache may hold.
func (c *viewCache) grow(g *grant, n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if g.cached.bytes == 0 {
		return
	}
	if g.cached.bytes+n > c.budget {
		c.evict(g)
		return
	}
	c.unlink(g) // so that it does not go itself
	held := c.room(n)
	c.push(g)
	if !held {
		c.evict(g)
		return
	}
	g.cached.bytes += n
	c.bytes += n
}

// room evicts until n bytes more fit; it says false where they never will.
func (c *viewCache) room(n int64) bool {
	for chances := c.entries; c.bytes+n > c.budget; {
		g := c.oldest
		if g == nil {
			return false
		}
		if hits := g.cached.hits.Load(); hits != g.cached.seen && chances > 0 {
			chances--
			g.cached.seen = hits
			c.unlink(g)
			c.push(g)
			continue
		}
		c.evict(g)
	}
	return true
}

// widen doubles the table where it is full and that fits the budget.
func (c *viewCache) widen() {
	old := *c.table.Load()
	more := int64(8 * len(old))
	if c.entries < len(old) || c.bytes+more > c.budget {
		return
	}
	c.bytes += more
	table := make([]atomic.Pointer[grant], 2*len(old))
	for g := c.oldest; g != nil; g = g.cached.newer {
		head := bucket(table, g.cached.key)
		g.cached.next.Store(head.Load())
		head.Store(g)
	}
	c.table.Store(&table)
}

// evict forgets a grant. It keeps its own link, for those who stand on it.
func (c *viewCache) evict(g *grant) {
	c.unlink(g)
	for at := bucket(*c.table.Load(), g.cached.key); ; at = &at.Load().cached.next {
		if at.Load() == g {
			at.Store(g.cached.next.Load())
			break
		}
	}
	c.bytes -= g.cached.bytes
	g.cached.bytes = 0
	c.entries--
	c.evictions++
	c.gone += g.cached.hits.Load()
}

func (c *viewCache) push(g *grant) {
	g.cached.older, g.cached.newer = c.newest, nil
	if c.newest != nil {
		c.newest.cached.newer = g
	} else {
		c.oldest = g
	}
	c.newest = g
}

func (c *viewCache) unlink(g *grant) {
	if g.cached.newer != nil {
		g.cached.newer.cached.older = g.cached.older
	} else {
		c.newest = g.cached.older
	}
	if g.cached.older != nil {
		g.cached.older.cached.newer = g.cached.newer
	} else {
		c.oldest = g.cached.newer
	}
	g.cached.older, g.cached.newer = nil, nil
}

// stats is what the cache did and holds.
func (c *viewCache) stats() CacheStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := CacheStats{Hits: c.gone, Misses: c.misses.Load(), Evictions: c.evictions, Entries: c.entries, Bytes: c.bytes, Budget: c.budget}
	for g := c.oldest; g != nil; g = g.cached.newer {
		s.Hits += g.cached.hits.Load()
	}
	return s
}
