package engine

import (
	"container/list"
	"sync"
)

const defaultViewBytes = 256 << 20

// viewKey names a grant. A cache belongs to one Rights, whose profile numbers never change, so that no member can
// ever be given another profile's entry.
type viewKey struct {
	profile profileID
	ref     Ref
}

// viewCache remembers grants within a budget of bytes; the one that was not asked for longest goes first. A grant that
// is gone from the cache lives on in the Views that hold it.
type viewCache struct {
	mu     sync.Mutex
	budget int64
	bytes  int64
	order  *list.List // of *cached, the latest first
	byKey  map[viewKey]*list.Element
}

type cached struct {
	key   viewKey
	grant *grant
	bytes int64
}

func newViewCache(budget int64) *viewCache {
	if budget == 0 {
		budget = defaultViewBytes
	}
	return &viewCache{budget: budget, order: list.New(), byKey: map[viewKey]*list.Element{}}
}

// get returns what is remembered, or makes it. Two goroutines that ask at once may both make it; one stays.
func (c *viewCache) get(key viewKey, make func() (*grant, error)) (*grant, error) {
	if g := c.find(key); g != nil {
		return g, nil
	}
	g, err := make()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[key]; ok {
		return e.Value.(*cached).grant, nil
	}
	entry := &cached{key, g, g.bytes()}
	c.byKey[key] = c.order.PushFront(entry)
	c.bytes += entry.bytes
	for c.bytes > c.budget && c.order.Len() > 1 {
		last := c.order.Remove(c.order.Back()).(*cached)
		delete(c.byKey, last.key)
		c.bytes -= last.bytes
	}
	return g, nil
}

func (c *viewCache) find(key viewKey) *grant {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*cached).grant
}
