package bitmap

import (
	"bytes"
	"hash/maphash"
	"sync"
	"sync/atomic"
)

// pools numbers the pools of the process. It is all that they share: an id holds its pool's number, so none is given
// twice and an id of another pool is noticed. No answer depends on the numbers.
var pools atomic.Uint32

// Pool interns sets: it keeps one copy of each content and numbers it. A pool only grows; what is to be forgotten is
// forgotten with its pool, by those that still count being taken over to a new one with Adopt. The sets stand in
// arenas without pointers, so a large pool costs the garbage collector nothing.
//
// All methods may be called by many goroutines at once. An operation holds no lock while it computes.
type Pool struct {
	number uint32
	under  *Pool               // whose sets are read too; nil where there is none
	hash   func([]byte) uint64 // finds candidates; content decides

	mu      sync.RWMutex
	entries []entry           // by the low half of the id, from 1
	heads   map[uint64]uint32 // by hash: the newest entry of that hash
	chunks  [][]byte          // never moved or rewritten: readers keep slices of them
	open    int               // the chunk that is being filled; -1 before the first
	used    uint64
	filled  uint64 // by the sets alone
}

// entry is where a set stands, and the next entry of its hash, 0 where there is none.
type entry struct{ chunk, at, size, next uint32 }

// Chunks grow from the first size to the last; a set that is larger than a quarter of the last is one by itself.
const (
	firstChunk = 4 << 10
	lastChunk  = 1 << 20
)

// NewPool is an empty pool.
func NewPool() *Pool {
	number := pools.Add(1)
	if number == 0 {
		panic("bitmap: out of pool numbers")
	}
	seed := maphash.MakeSeed()
	return &Pool{
		number:  number,
		hash:    func(data []byte) uint64 { return maphash.Bytes(seed, data) },
		entries: make([]entry, 1),
		open:    -1,
		heads:   map[uint64]uint32{},
	}
}

// Over is an empty pool on top of p, for what is worked out from p's sets and forgotten before them: it reads the ids of
// both, and interns only what p lacks when it is asked. It holds on to p, and p knows nothing of it.
func (p *Pool) Over() *Pool {
	over := NewPool()
	over.under, over.hash = p, p.hash
	return over
}

// Owns says whether a set stands in p itself: not in a pool beneath it, and not nowhere, as Empty and Full.
func (p *Pool) Owns(id SetID) bool { return uint32(id>>32) == p.number }

// Stats is what a pool holds.
type Stats struct {
	Sets  int    // distinct sets but Empty and Full
	Bytes uint64 // memory of the sets, of the room kept for further ones and of the index, nearly
	Least uint64 // Bytes without the room: the same in whatever order sets were interned
}

// Stats counts what the pool holds, in constant time.
func (p *Pool) Stats() Stats {
	p.mu.RLock()
	defer p.mu.RUnlock()
	sets := len(p.entries) - 1
	// An entry and a slot of the map are 16 bytes each; both tables are at worst half empty.
	return Stats{
		Sets:  sets,
		Bytes: p.used + 16*uint64(cap(p.entries)) + 32*uint64(sets),
		Least: p.filled + 48*uint64(sets),
	}
}

// Adopt is the id in p of a set of another pool: its content is copied where p lacks it.
func (p *Pool) Adopt(from *Pool, id SetID) SetID {
	if id == Empty || id == Full {
		return id
	}
	return p.intern(from.packed(id))
}

// packed is the content of an id other than Empty and Full.
func (p *Pool) packed(id SetID) packed {
	for p.under != nil && !p.Owns(id) {
		p = p.under
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	i := uint32(id)
	if uint32(id>>32) != p.number || i == 0 || int(i) >= len(p.entries) {
		panic("bitmap: a set of another pool")
	}
	return p.content(p.entries[i])
}

// inSpace is packed, for a space of n cells.
func (p *Pool) inSpace(id SetID, n uint64) packed {
	data := p.packed(id)
	if data.end() > n {
		panic("bitmap: a set of a larger space")
	}
	return data
}

func (p *Pool) content(e entry) packed {
	return packed(p.chunks[e.chunk][e.at : e.at+e.size : e.at+e.size])
}

// intern is the id of a packed set, which is copied where it is new.
func (p *Pool) intern(data packed) SetID {
	h := p.hash(data) & hashBits
	for below := p.under; below != nil; below = below.under {
		if i := below.look(h, data); i != 0 {
			return SetID(below.number)<<32 | SetID(i)
		}
	}
	i := p.look(h, data)
	if i == 0 {
		p.mu.Lock()
		defer p.mu.Unlock()
		if i = p.find(h, data); i == 0 {
			i = p.add(h, data)
		}
	}
	return SetID(p.number)<<32 | SetID(i)
}

// look is find for callers that do not hold the lock.
func (p *Pool) look(h uint64, data packed) uint32 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.find(h, data)
}

// find is the entry of a content, 0 where there is none. The caller holds the lock.
func (p *Pool) find(h uint64, data packed) uint32 {
	i := p.heads[h]
	for i != 0 && !bytes.Equal(p.content(p.entries[i]), data) {
		i = p.entries[i].next
	}
	return i
}

// add stores a content that the pool lacks, of which a large one becomes a chunk as it is. The caller holds the lock
// for writing.
func (p *Pool) add(h uint64, data packed) uint32 {
	if uint64(len(p.entries)) >= 1<<32 {
		panic("bitmap: out of set numbers")
	}
	i := uint32(len(p.entries))
	chunk := len(p.chunks)
	p.filled += uint64(len(data))
	if len(data) > lastChunk/4 {
		p.chunks = append(p.chunks, data)
		p.used += uint64(cap(data))
	} else {
		chunk = p.room(len(data))
		p.chunks[chunk] = append(p.chunks[chunk], data...)
	}
	at := len(p.chunks[chunk]) - len(data)
	p.entries = append(p.entries, entry{uint32(chunk), uint32(at), uint32(len(data)), p.heads[h]})
	p.heads[h] = i
	return i
}

// room is the chunk that is being filled, or a new one where that has no room for size bytes.
func (p *Pool) room(size int) int {
	made := firstChunk
	if p.open >= 0 {
		chunk := p.chunks[p.open]
		if cap(chunk)-len(chunk) >= size {
			return p.open
		}
		made = min(2*cap(chunk), lastChunk)
	}
	made = max(made, size)
	p.open = len(p.chunks)
	p.chunks = append(p.chunks, make([]byte, 0, made))
	p.used += uint64(made)
	return p.open
}
