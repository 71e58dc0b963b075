package bitmap

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/stretchr/testify/require"
)

func TestSet(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 9))
	p, other := NewPool(), NewPool()
	for i := range 800 {
		set := randomSet(r, uint64(r.IntN(700)))
		if i%15 == 0 {
			set = largeSet(r)
		}
		n := uint64(len(set))
		s := p.Set(p.FromWords(set.words(), n), n)
		require.Equal(t, n, s.Cells())
		require.Equal(t, uint64(len(set.cells())), s.Len())
		require.Equal(t, set.words(), s.Words())
		require.Equal(t, set.runs(), slices.Collect(s.Runs()))
		for range 20 {
			c := r.Uint64N(n + 10)
			require.Equal(t, c < n && set[c], s.Contains(c))
		}
		require.True(t, s.Equal(other.Set(other.FromCells(set.cells(), n), n)))
		require.False(t, s.Equal(p.Set(Full, n+1)))
		if n > 0 {
			set[n/2] = !set[n/2]
			require.False(t, s.Equal(p.Set(p.FromWords(set.words(), n), n)))
		}
	}
}

// TestSetWriteTo reads what was written with the roaring library, which validates it.
func TestSetWriteTo(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 9))
	p := NewPool()
	for range 60 {
		set := largeSet(r)
		n := uint64(len(set))
		s := p.Set(p.FromWords(set.words(), n), n)
		var buf bytes.Buffer
		written, err := s.WriteTo(&buf)
		require.NoError(t, err)
		require.Equal(t, int64(buf.Len()), written)
		data := bytes.Clone(buf.Bytes())
		rb := roaring.New()
		_, err = rb.ReadFrom(&buf)
		require.NoError(t, err)
		if !rb.IsEmpty() {
			require.NoError(t, rb.Validate())
		}
		words := make([]uint64, WordsFor(n))
		rb.WriteDenseTo(words)
		require.Equal(t, set.words(), words)

		rb.RunOptimize()
		again, err := rb.ToBytes()
		require.NoError(t, err)
		require.Equal(t, again, data, "one form for one content")
	}
}

func TestSetConstants(t *testing.T) {
	p := NewPool()
	full, empty, none := p.Set(Full, MaxCells), p.Set(Empty, 100), p.Set(Full, 0)
	require.Equal(t, uint64(MaxCells), full.Len())
	require.True(t, full.Contains(MaxCells-1))
	require.False(t, full.Contains(MaxCells))
	require.Equal(t, []Run{{0, MaxCells}}, slices.Collect(full.Runs()))
	require.Equal(t, uint64(0), empty.Len())
	require.False(t, empty.Contains(0))
	require.Empty(t, slices.Collect(empty.Runs()))
	require.True(t, none.Equal(Set{}))
	require.True(t, p.Set(Empty, 0).Equal(none), "there is one set of no cells")
	require.Empty(t, none.Words())
	var buf bytes.Buffer
	_, err := full.WriteTo(&buf)
	require.NoError(t, err)
	rb := roaring.New()
	_, err = rb.ReadFrom(&buf)
	require.NoError(t, err)
	require.Equal(t, uint64(MaxCells), rb.GetCardinality())
}

func TestSetRunsStops(t *testing.T) {
	p := NewPool()
	s := p.Set(p.FromRuns([]Run{{3, 70000}, {70001, 70002}, {200000, 300000}}, 400000), 400000)
	var seen []Run
	for run := range s.Runs() {
		if seen = append(seen, run); len(seen) == 2 {
			break
		}
	}
	require.Equal(t, []Run{{3, 70000}, {70001, 70002}}, seen)
}
