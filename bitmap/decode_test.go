package bitmap

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench/fewest"
)

// portable is a set as Set.WriteTo writes it.
func portable(t testing.TB, p *Pool, id SetID, n uint64) []byte {
	t.Helper()
	var b bytes.Buffer
	_, err := p.Set(id, n).WriteTo(&b)
	require.NoError(t, err)
	return b.Bytes()
}

// What a pool writes, and the same cells as the library keeps them before it looks for a smaller form, are one set.
func TestDecodeIsOneForm(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	p := NewPool()
	for i := range 600 {
		set := randomSet(r, uint64(1+r.IntN(1<<(1+r.IntN(18)))))
		n := uint64(len(set))
		id := p.FromWords(set.words(), n)
		got, err := p.Decode(portable(t, p, id, n), n)
		require.NoError(t, err, "round %d", i)
		require.Equal(t, id, got)
		plain, err := roaring.BitmapOf(shorts(set)...).ToBytes()
		require.NoError(t, err)
		got, err = p.Decode(plain, n)
		require.NoError(t, err)
		require.Equal(t, id, got)
		other := NewPool()
		got, err = other.Decode(plain, n)
		require.NoError(t, err)
		require.True(t, other.Set(got, n).Equal(p.Set(id, n)))
	}
}

func TestDecodeOfSparseSets(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	p := NewPool()
	for range 30 {
		var cells []uint64
		for c := uint64(r.IntN(1 << 24)); c < MaxCells; c += 1 + uint64(r.IntN(1<<27)) {
			cells = append(cells, c)
		}
		id := p.FromCells(cells, MaxCells)
		got, err := p.Decode(portable(t, p, id, MaxCells), MaxCells)
		require.NoError(t, err)
		require.Equal(t, id, got)
	}
}

func TestDecodeOfNothingAndAll(t *testing.T) {
	p := NewPool()
	for _, n := range []uint64{0, 1, 64, 70_000, 1 << 20} {
		full, err := p.Decode(portable(t, p, Full, n), n)
		require.NoError(t, err)
		require.Equal(t, Full, full)
		if n > 0 {
			empty, err := p.Decode(portable(t, p, Empty, n), n)
			require.NoError(t, err)
			require.Equal(t, Empty, empty)
			_, err = p.Decode(portable(t, p, Full, n), n-1)
			require.ErrorContains(t, err, "cell")
		}
	}
}

// FuzzDecode holds what is taken against the library's own check, and what is refused against a set that is whole.
func FuzzDecode(f *testing.F) {
	r := rand.New(rand.NewPCG(10, 10))
	p := NewPool()
	for range 20 {
		set := randomSet(r, uint64(1+r.IntN(1<<(1+r.IntN(18)))))
		id := p.FromWords(set.words(), uint64(len(set)))
		f.Add(portable(f, p, id, uint64(len(set))), uint32(len(set)))
	}
	f.Add([]byte{58, 48, 0, 0, 0, 0, 0, 0}, uint32(3))
	f.Fuzz(func(t *testing.T, data []byte, n uint32) {
		if len(data) > 1<<16 || n > 1<<22 {
			return
		}
		p := NewPool()
		id, err := p.Decode(data, uint64(n))
		rb := roaring.New()
		read, libErr := rb.ReadFrom(bytes.NewReader(data))
		if libErr == nil {
			libErr = rb.Validate()
		}
		if err != nil {
			return
		}
		require.NoError(t, libErr)
		require.EqualValues(t, len(data), read)
		want := make([]uint64, WordsFor(uint64(n)))
		copy(want, rb.ToDense())
		require.Equal(t, want, p.Words(id, uint64(n)))
		require.Equal(t, p.FromWords(want, uint64(n)), id)
	})
}

// Every byte of a set flipped, and every length cut: an error, or another set that is whole.
func TestDecodeOfDamage(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 11))
	p := NewPool()
	set := append(randomSet(r, 1<<16), randomSet(r, 1<<12)...)
	n := uint64(len(set))
	data := portable(t, p, p.FromWords(set.words(), n), n)
	for cut := range len(data) {
		_, err := p.Decode(data[:cut], n)
		require.Error(t, err, "%d bytes", cut)
	}
	_, err := p.Decode(append(data[:len(data):len(data)], 0), n)
	require.ErrorContains(t, err, "after the set")
	refused := 0
	for i := range data {
		for _, x := range []byte{1, 0x80, 0xff} {
			bad := bytes.Clone(data)
			bad[i] ^= x
			id, err := p.Decode(bad, n)
			if err != nil {
				refused++
				continue
			}
			again, err := p.Decode(portable(t, p, id, n), n)
			require.NoError(t, err)
			require.Equal(t, id, again)
		}
	}
	require.Positive(t, refused)
}

// Bytes that claim much, and have little, are refused before anything is made for them.
func TestDecodeClaimsNothing(t *testing.T) {
	p := NewPool()
	claim := binary.LittleEndian.AppendUint32(nil, plainCookie)
	for _, count := range []uint32{1, 1 << 16, 1<<16 + 1, 1 << 31} {
		data := binary.LittleEndian.AppendUint32(claim[:4:4], count)
		require.Less(t, fewest.Allocations(10, func() {
			_, err := p.Decode(data, MaxCells)
			if err == nil {
				t.Error("taken")
			}
		}), 8.0)
	}
}
