package formula

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
)

// spaceOf is a space over some of the lists of a world, in any order, which holds those of dims.
func (w *evalWorld) spaceOf(t *testing.T, dims []*cube.List) cube.Space {
	lists := append([]*cube.List(nil), dims...)
	for _, l := range w.lists {
		if !containsDims(dims, []*cube.List{l}) && w.rng.IntN(2) == 0 {
			lists = append(lists, l)
		}
	}
	w.rng.Shuffle(len(lists), func(i, j int) { lists[i], lists[j] = lists[j], lists[i] })
	space, err := cube.NewSpace(lists...)
	require.NoError(t, err)
	return space
}

func randomSizes(rng *rand.Rand) []int {
	sizes := make([]int, 1+rng.IntN(4))
	for i := range sizes {
		sizes[i] = []int{0, 1, 2, 3, 5}[rng.IntN(5)]
	}
	return sizes
}

func TestBroadcastMatchesTwin(t *testing.T) {
	forms := map[cube.Form]int{}
	for seed := range uint64(2000) {
		rng := rand.New(rand.NewPCG(seed, 5))
		w := newEvalWorld(rng, randomSizes(rng)...)
		for b, c := range w.values {
			space := w.spaceOf(t, b.Dims)
			got, err := Broadcast(c, space)
			require.NoError(t, err)
			name := fmt.Sprintf("seed %d: %s over %s to %s", seed, b, c.Space(), space)
			require.Equal(t, c.Type(), got.Type(), name)
			require.Equal(t, space, got.Space(), name)
			items := make([]cube.ItemID, len(space.Dims()))
			for cell := range space.Len() {
				space.At(cell, items)
				where := place{}
				for i, d := range space.Dims() {
					where[d] = items[i]
				}
				require.Equal(t, twin{w.values}.block(b, where), got.Value(cell), name)
			}
			forms[got.Form()]++
			if c.Form() == cube.Constant {
				require.Equal(t, cube.Constant, got.Form(), name)
			}
		}
	}
	require.Len(t, forms, 3)
}

func TestBroadcastSharesWhatDoesNotMove(t *testing.T) {
	s := newSample(t)
	c := s.values[s.app.Metric("Sales")]
	same, err := Broadcast(c, c.Space())
	require.NoError(t, err)
	require.Same(t, c, same)

	space, err := cube.NewSpace(s.app.List("Month"))
	require.NoError(t, err)
	_, err = Broadcast(c, space)
	require.ErrorContains(t, err, "Month 4")
}

func TestBroadcastRefusesTooManyCells(t *testing.T) {
	w := newBenchWorld(t, 100_000, 2, 2, 100_000)
	users := w.ws.Users.Property("Level")
	space, err := cube.NewSpace(w.ws.Users, w.app.List("Employee"))
	require.NoError(t, err)
	_, err = Broadcast(w.values[users], space)
	require.ErrorContains(t, err, "User 100000 × Employee 100000")
}

func TestOverlayMatchesTwin(t *testing.T) {
	forms := map[[2]cube.Form]cube.Form{}
	for seed := range uint64(3000) {
		rng := rand.New(rand.NewPCG(seed, 6))
		w := newEvalWorld(rng, randomSizes(rng)...)
		typ := w.anyType()
		var dims []*cube.List
		space := w.spaceOf(t, dims)
		over, under := w.app.AddMetric("over", typ, space.Dims()...), w.app.AddMetric("under", typ, space.Dims()...)
		w.fill(over)
		w.fill(under)
		a, b := w.values[over], w.values[under]
		if a == nil || b == nil {
			continue
		}
		got, err := Overlay(a, b)
		require.NoError(t, err)
		require.Equal(t, typ, got.Type())
		for cell := range space.Len() {
			want := a.Value(cell)
			if want.IsBlank() {
				want = b.Value(cell)
			}
			require.Equal(t, want, got.Value(cell), "seed %d", seed)
		}
		forms[[2]cube.Form{a.Form(), b.Form()}] = got.Form()
	}
	require.Len(t, forms, 9)

	s := newSample(t)
	_, err := Overlay(s.values[s.app.Metric("A")], s.values[s.app.Metric("P")])
	require.Error(t, err)
	_, err = Overlay(s.values[s.app.Metric("A")], s.values[s.app.Metric("Quota")])
	require.Error(t, err)
}
