package bench

import (
	"math/bits"
	"math/rand/v2"
)

// dice draws what workloads are made of. It builds on nothing but the bits of PCG, which are the same in every version
// of Go and on every machine, and draws no fractions that floating point could round in more than one way.
type dice struct{ pcg *rand.PCG }

func newDice(seed, stream uint64) dice { return dice{rand.NewPCG(seed, stream)} }

// n is a number from 0 up to, not including, n.
func (d dice) n(n int) int {
	hi, _ := bits.Mul64(d.pcg.Uint64(), uint64(n))
	return int(hi)
}

// chance is true in so many of a hundred thousand draws.
func (d dice) chance(of100k int) bool { return d.n(100_000) < of100k }

// number is a multiple of 1/8, as money often is a multiple of a cent.
func (d dice) number() float64 { return float64(d.n(1<<20)) / 8 }
