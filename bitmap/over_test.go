package bitmap

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// A pool on top of another reads the ids of both, interns what the lower one lacks, and gives equal content one id.
func TestOver(t *testing.T) {
	base := NewPool()
	a := base.FromCells([]uint64{1, 2, 3}, 100)
	over := base.Over()
	b := over.FromCells([]uint64{2, 3, 4}, 100)
	require.True(t, base.Owns(a))
	require.False(t, over.Owns(a))
	require.True(t, over.Owns(b))
	for _, id := range []SetID{Empty, Full} {
		require.False(t, base.Owns(id) || over.Owns(id))
	}
	require.Equal(t, a, over.FromCells([]uint64{1, 2, 3}, 100), "what stands below is not stored again")
	require.Equal(t, []uint64{0b1100}, over.Words(over.And(100, a, b), 64))
	require.Equal(t, uint64(3), over.Count(a, 100))
	require.True(t, over.Contains(b, 4))
	require.Equal(t, 1, base.Stats().Sets, "what is made on top is not stored below")
	require.Equal(t, 2, over.Stats().Sets)
	top := over.Over()
	require.Equal(t, b, top.FromCells([]uint64{2, 3, 4}, 100))
	require.Equal(t, over.And(100, a, b), top.And(100, a, b))
	require.Equal(t, a, top.Set(a, 100).data.intern(top))
	require.Panics(t, func() { base.Words(b, 100) })
	require.Panics(t, func() { over.Words(NewPool().FromCells([]uint64{9}, 100), 100) })
}

func (p packed) intern(pool *Pool) SetID { return pool.intern(p) }

// What sets do without a pool is what pools do.
func TestSetsWithoutAPool(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	p := NewPool()
	for range 400 {
		in := Shape{1 + r.IntN(5), 1 + r.IntN(40), 1 + r.IntN(70)}
		if r.IntN(20) == 0 {
			in[r.IntN(3)] = 0
		}
		n := in.Len()
		pick := func() SetID {
			words := make([]uint64, WordsFor(n))
			switch r.IntN(4) {
			case 0:
				OnesWords(words, n)
			case 1:
			default:
				for i := range words {
					words[i] = r.Uint64() | r.Uint64()
				}
			}
			return p.FromWords(words, n)
		}
		a, b := pick(), pick()
		x, y := p.Set(a, n), p.Set(b, n)
		require.True(t, p.Set(p.And(n, a, b), n).Equal(x.And(y)))
		require.Equal(t, x.Len() == 0 && n > 0, x.IsEmpty() && n > 0)
		require.True(t, x.Equal(x.Clone()))
		out := Shape{in[2], in[0], in[1], 3}
		from := []Source{{Axis: 1}, {Axis: 2}, {Axis: 0}}
		blank := r.IntN(2) == 0
		if in[0] > 0 && r.IntN(2) == 0 {
			from[0] = Source{Items: []int32{int32(r.IntN(in[0]+1) - 1), 0, -1}, Axes: []int{3}}
		}
		want := p.Set(p.Gather(a, in, out, from, blank), out.Len())
		require.True(t, want.Equal(x.Gather(in, out, from, blank)))
	}
	require.Panics(t, func() { p.Set(Full, 3).And(p.Set(Full, 4)) })
}
