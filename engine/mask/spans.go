package mask

import (
	"cmp"
	"slices"
	"sort"
)

// span is the stretch [from,to) of a child or a buffer.
type span struct{ from, to int }

// spans are the stretches that visible rows point at, wherever and in whatever order: views may overlap, repeat and
// leave gaps. Packed, they are kept once each and without the gaps, so that the output is never larger than the input.
type spans struct {
	list []span
	base []int // where each of list starts once packed
	size int   // how much is left once packed
}

func (s *spans) add(from, size int) {
	if size == 0 {
		return
	}
	// Most arrays lie in order: then nothing is collected that pack would have to merge.
	if n := len(s.list); n > 0 && s.list[n-1].from <= from && from <= s.list[n-1].to {
		s.list[n-1].to = max(s.list[n-1].to, from+size)
		return
	}
	s.list = append(s.list, span{from, from + size})
}

// pack merges what was added; at may be used after it.
func (s *spans) pack() {
	byStart := func(a, b span) int { return cmp.Compare(a.from, b.from) }
	if !slices.IsSortedFunc(s.list, byStart) {
		slices.SortFunc(s.list, byStart)
	}
	kept := s.list[:0]
	for _, x := range s.list {
		if n := len(kept); n > 0 && x.from <= kept[n-1].to {
			kept[n-1].to = max(kept[n-1].to, x.to)
			continue
		}
		kept = append(kept, x)
	}
	s.list, s.size, s.base = kept, 0, make([]int, len(kept))
	for i, x := range kept {
		s.base[i] = s.size
		s.size += x.to - x.from
	}
}

// at is where a place inside one of the spans went.
func (s *spans) at(from int) int {
	i := sort.Search(len(s.list), func(i int) bool { return s.list[i].to > from })
	return s.base[i] + from - s.list[i].from
}

// covers says that the spans are all of [0,n), so that nothing moves.
func (s *spans) covers(n int) bool {
	return len(s.list) == 1 && s.list[0] == span{0, n}
}
