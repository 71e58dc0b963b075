package audit

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
)

// someRegion is a region of random constraints over a random space.
func someRegion(r *rand.Rand) (*regions, region) {
	s := newRegions()
	for range r.IntN(6) {
		s.sizes = append(s.sizes, 1+r.IntN(6)*r.IntN(4))
	}
	var out region
	for range r.IntN(7) {
		var axes []int
		for a := range s.sizes {
			if r.IntN(5) < 2 {
				axes = append(axes, a)
			}
		}
		n := s.shape(axes).Len()
		words := make([]uint64, bitmap.WordsFor(n))
		for c := range n {
			if r.IntN(100) < 85 {
				words[c>>6] |= 1 << (c & 63)
			}
		}
		out = s.and(out, region{{axes, s.pool.FromWords(words, n)}})
	}
	return s, out
}

// naive goes through all cells of the space.
func (s *regions) naive(r region, each func(items []cube.ItemID)) {
	items := make([]cube.ItemID, len(s.sizes))
	var run func(a int)
	run = func(a int) {
		if a < len(items) {
			for i := range s.sizes[a] {
				items[a] = cube.ItemID(i)
				run(a + 1)
			}
			return
		}
		for _, c := range r {
			var cell uint64
			for _, x := range c.axes {
				cell = cell*uint64(s.sizes[x]) + uint64(items[x])
			}
			if !s.pool.Contains(c.set, cell) {
				return
			}
		}
		each(items)
	}
	run(0)
}

// Counting, and finding cells, agree with going through all of them.
func TestRegionsAgreeWithCells(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	empty, shared := 0, 0
	for range 4000 {
		s, reg := someRegion(r)
		n := uint64(0)
		s.naive(reg, func([]cube.ItemID) { n++ })
		require.Equal(t, n, counted(t, s, reg), "%v %v", s.sizes, reg)
		for _, last := range []bool{false, true} {
			items, err := s.some(t.Context(), reg, last)
			require.NoError(t, err)
			require.Equal(t, n > 0, items != nil, "%v %v", s.sizes, reg)
			if items == nil {
				continue
			}
			found := false
			s.naive(reg, func(at []cube.ItemID) {
				same := true
				for i := range at {
					same = same && at[i] == items[i]
				}
				found = found || same
			})
			require.True(t, found, "%v is no cell of %v %v", items, s.sizes, reg)
		}
		if n == 0 {
			empty++
		}
		for _, c := range reg {
			not := s.not(c)
			require.Equal(t, s.shape(c.axes).Len(), (counted(t, s, region{c})+counted(t, s, region{not}))/s.rest(c))
			require.Zero(t, counted(t, s, s.and(region{c}, region{not})))
		}
		if len(reg) > 2 {
			shared++
		}
	}
	require.Greater(t, empty, 50)
	require.Greater(t, shared, 300)
}

func counted(t *testing.T, s *regions, r region) uint64 {
	t.Helper()
	n, err := s.count(t.Context(), r)
	require.NoError(t, err)
	require.False(t, n.atMost)
	return n.cells
}

// rest is how many cells of the space each cell of a constraint stands for.
func (s *regions) rest(c constraint) uint64 {
	n := uint64(1)
	for _, size := range s.sizes {
		n *= uint64(size)
	}
	return n / s.shape(c.axes).Len()
}
