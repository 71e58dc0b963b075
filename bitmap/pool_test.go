package bitmap

import (
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestConcurrentInterning has many goroutines intern the same contents at once, with a hash that tells only three
// kinds of content apart.
func TestConcurrentInterning(t *testing.T) {
	p := NewPool()
	p.hash = func(data []byte) uint64 { return uint64(len(data) % 3) }
	const workers, contents = 8, 300
	words := func(i int) []uint64 { return []uint64{uint64(i) + 1, uint64(i % 7), 0, uint64(i % 2)} }
	ids := make([][]SetID, workers)
	var wg sync.WaitGroup
	for w := range workers {
		ids[w] = make([]SetID, contents)
		wg.Go(func() {
			for _, i := range rand.New(rand.NewPCG(uint64(w), 1)).Perm(contents) {
				ids[w][i] = p.FromWords(words(i), 256)
				if got := p.Words(ids[w][i], 256); got[0] != uint64(i)+1 {
					panic("another content")
				}
				p.And(256, ids[w][i], ids[w][max(i-1, 0)], Full)
				p.Stats()
			}
		})
	}
	wg.Wait()
	seen := map[SetID]int{}
	for i := range contents {
		for w := range workers {
			require.Equal(t, ids[0][i], ids[w][i])
		}
		require.Equal(t, words(i), p.Words(ids[0][i], 256))
		seen[ids[0][i]] = i
	}
	require.Len(t, seen, contents, "different contents have different ids")
}

func TestIDsAreNeverGivenTwice(t *testing.T) {
	seen := map[SetID]bool{Empty: true, Full: true}
	for range 50 {
		p := NewPool()
		for i := range uint64(50) {
			id := p.FromCells([]uint64{i}, 100)
			require.False(t, seen[id])
			seen[id] = true
		}
	}
}

// TestArenas fills several chunks with sets of all sizes; none may move or change afterwards.
func TestArenas(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	p := NewPool()
	sets, ids := [][]uint64{}, []SetID{}
	bytes := uint64(0)
	for i := range 600 {
		words := make([]uint64, 1+r.IntN(1<<r.IntN(16)))
		for j := range words {
			words[j] = r.Uint64()
		}
		words[0] = uint64(i) << 1
		words[len(words)-1] |= 1 << 63
		sets, ids = append(sets, words), append(ids, p.FromWords(words, uint64(len(words))*64))
		bytes += uint64(len(p.packed(ids[i])))
	}
	for i, words := range sets {
		require.Equal(t, words, p.Words(ids[i], uint64(len(words))*64))
	}
	stats := p.Stats()
	require.Equal(t, 600, stats.Sets)
	require.GreaterOrEqual(t, stats.Bytes, bytes)
	require.Less(t, stats.Bytes, 2*bytes+lastChunk+64*600, "room is not wasted")
	require.Greater(t, len(p.chunks), 5)
}

func TestSmallPoolIsSmall(t *testing.T) {
	p := NewPool()
	require.Equal(t, 0, p.Stats().Sets)
	for i := range uint64(1000) {
		p.FromCells([]uint64{i, i + 100000}, 1<<20)
	}
	require.Equal(t, 1000, p.Stats().Sets)
	require.Less(t, p.Stats().Bytes, uint64(200*1000))
}

func TestAdopt(t *testing.T) {
	old, p := NewPool(), NewPool()
	a, b := old.FromCells([]uint64{1, 2}, 10), old.FromRuns([]Run{{5000, 90000}}, 100000)
	mine := p.FromCells([]uint64{1, 2}, 10)
	require.Equal(t, mine, p.Adopt(old, a))
	require.Equal(t, p.FromRuns([]Run{{5000, 90000}}, 100000), p.Adopt(old, b))
	require.Equal(t, Full, p.Adopt(old, Full))
	require.Equal(t, Empty, p.Adopt(old, Empty))
	require.Equal(t, mine, p.Adopt(p, mine))
	require.Panics(t, func() { p.Adopt(old, mine) })
	require.Equal(t, 2, p.Stats().Sets)
}
