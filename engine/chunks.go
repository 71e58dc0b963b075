package engine

// chunks is an array that never changes: with gives another one that shares all but the way to the element that is
// different. Elements that nobody set are zero. The zero chunks has no elements.
type chunks[T any] struct {
	n   int
	top []*branch[T]
}

type (
	branch[T any] [branchSize]*leaf[T]
	leaf[T any]   [leafSize]T
)

// A leaf and a branch are about as large, so that a copy of the way costs two kilobytes and a pointer for each 8,192
// elements.
const (
	leafBits   = 7
	branchBits = 6
	leafSize   = 1 << leafBits
	branchSize = 1 << branchBits
)

// newChunks is n elements, all zero: it takes no room for them.
func newChunks[T any](n int) chunks[T] {
	return chunks[T]{n, make([]*branch[T], (n+leafSize*branchSize-1)/(leafSize*branchSize))}
}

// chunksOf is elements one behind the other in memory. It copies them.
func chunksOf[T any](from []T) chunks[T] {
	c := newChunks[T](len(from))
	leaves := make([]leaf[T], (len(from)+leafSize-1)/leafSize)
	for i := range leaves {
		copy(leaves[i][:], from[i<<leafBits:])
		at := &c.top[i>>branchBits]
		if *at == nil {
			*at = new(branch[T])
		}
		(*at)[i%branchSize] = &leaves[i]
	}
	return c
}

func (c *chunks[T]) len() int { return c.n }

// at is element i. It panics where there is none.
func (c *chunks[T]) at(i int) T {
	if uint(i) >= uint(c.n) {
		panic("engine: no such element")
	}
	var none T
	b := c.top[i>>(leafBits+branchBits)]
	if b == nil {
		return none
	}
	l := b[i>>leafBits%branchSize]
	if l == nil {
		return none
	}
	return l[i%leafSize]
}

// with is the array with another element i.
func (c *chunks[T]) with(i int, x T) chunks[T] {
	if uint(i) >= uint(c.n) {
		panic("engine: no such element")
	}
	out := chunks[T]{c.n, make([]*branch[T], len(c.top))}
	copy(out.top, c.top)
	b, l := new(branch[T]), new(leaf[T])
	if old := c.top[i>>(leafBits+branchBits)]; old != nil {
		*b = *old
	}
	if old := b[i>>leafBits%branchSize]; old != nil {
		*l = *old
	}
	l[i%leafSize] = x
	b[i>>leafBits%branchSize] = l
	out.top[i>>(leafBits+branchBits)] = b
	return out
}

// all yields the elements in order, those that nobody set too, each with its place.
func (c *chunks[T]) all(yield func(int, T) bool) {
	for i := range c.n {
		if !yield(i, c.at(i)) {
			return
		}
	}
}

// set yields the elements of leaves in which any was set, each with its place.
func (c *chunks[T]) set(yield func(int, T) bool) {
	for t, b := range c.top {
		if b == nil {
			continue
		}
		for k, l := range b {
			if l == nil {
				continue
			}
			first := (t<<branchBits + k) << leafBits
			for i := range min(leafSize, c.n-first) {
				if !yield(first+i, l[i]) {
					return
				}
			}
		}
	}
}
