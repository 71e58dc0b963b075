package mask

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// againstTwin is a kernel with some instructions against its twin in plain Go, so many times a turn.
func againstTwin(s simd, times int, kernel func()) duel {
	best := vectors
	defer func() { vectors = best }()
	run := func(s simd) func() {
		return func() {
			vectors = s
			for range times {
				kernel()
			}
		}
	}
	return fight(25, run(s), run(portable))
}

func TestGuardKernels(t *testing.T) {
	guard(t)
	const rows = 4096
	rng := rand.New(rand.NewPCG(1, 1))
	half := make([]uint64, rows/64)
	for i := range half {
		half[i] = rng.Uint64()
	}
	words, scratch, bytes := fullWords(rows), make([]byte, rows), make([]byte, rows)
	src, dst := randomBytes8(rng, 8*rows), make([]byte, 8*rows)
	lookUp := func(size int) func() {
		table, codes := bitTable{randomWords(rng, size), size}, randomCodes[uint32](rng, rows, size)
		return func() { andBits(words, codes, table, scratch) }
	}
	codes, short := randomCodes[uint32](rng, rows, 500), randomCodes[uint16](rng, rows, 36)
	table := randomBytes8(rng, 500)
	cells, items := make([]uint32, rows), make([]uint32, 500)
	for i := range items {
		items[i] = uint32(i)
	}
	linear := newSteps(items, 36)
	items[7] = 1
	anyhow := newSteps(items, 36)
	set := slices.Repeat([]byte{0xff}, 8<<10)
	many, more := randomWords(rng, 64*1024), randomWords(rng, 64*1025)
	for _, k := range []struct {
		name         string
		avx2, avx512 float64 // how many times as fast; 0: there is no kernel
		kernel       func()
	}{
		{"redact half", 2.5, 2.5, func() { maskBytes(dst, src, half, rows, 8) }},
		{"look up 500 bits", 5, 12, lookUp(500)},
		{"look up 7,200 bits", 1.5, 4, lookUp(7200)},
		{"look up 100,000 bits", 1.5, 1.5, lookUp(100_000)},
		{"look up 500 bytes", 0, 5, func() { andTable(bytes, codes, table) }},
		{"look up 36 and 500 bytes", 0, 5, func() { setTables(bytes, short, table[:36], codes, table) }},
		{"cells", 3, 3, func() { addToCells(cells, codes, &linear) }},
		{"cells by item", 0, 2, func() { addToCells(cells, codes, &anyhow) }},
		{"all below", 5, 5, func() { allBelow(codes, 500) }},
		{"count", 0, 4, func() { countBits(many) }},
		{"count both", 0, 4, func() { countBoth(many, more[:1024]) }},
		{"shifted", 4, 4, func() { andShifted(many, more, 7) }},
		{"all bits", 3, 3, func() { allBits(set, 0, 8*len(set)) }},
		{"pack", 5, 8, func() { pack(words, bytes, 3) }},
	} {
		for s, target := range [...]float64{avx2: k.avx2, avx512: k.avx512} {
			if target == 0 {
				continue
			}
			t.Run(fmt.Sprint(k.name, "/", simd(s)), func(t *testing.T) {
				if simd(s) > bestSIMD() {
					t.Skip("this machine has none")
				}
				if gathered := k.name == "look up 100,000 bits" || simd(s) == avx2 && k.name == "look up 7,200 bits"; gathered && !measureGathers() {
					t.Skip("gathers do not pay here")
				}
				againstTwin(simd(s), 100, k.kernel).require(t, target)
			})
		}
	}
}

// Values in cache are masked at least 0.65 times as fast as Go copies them, and those that no cache holds 1.15 times.
func TestGuardKernelAgainstCopy(t *testing.T) {
	guard(t)
	for _, c := range []struct {
		name   string
		least  simd
		rows   int
		times  int
		target float64
	}{{"64Ki", avx2, 1 << 16, 20, 0.65}, {"10M", avx512, 10_000_000 &^ 63, 1, 1.15}} {
		t.Run(c.name, func(t *testing.T) {
			if bestSIMD() < c.least {
				t.Skipf("this machine has no %s", c.least)
			}
			rng := rand.New(rand.NewPCG(1, 1))
			words := make([]uint64, c.rows/64)
			for i := range words {
				words[i] = ^uint64(0)
				if rng.IntN(10) == 0 {
					words[i] = rng.Uint64()
				}
			}
			src, dst, other := make([]byte, 8*c.rows), make([]byte, 8*c.rows), make([]byte, 8*c.rows)
			for i := range src { // Memory that was never written is no memory yet.
				src[i] = byte(i)
			}
			run := func(f func()) func() {
				return func() {
					for range c.times {
						f()
					}
				}
			}
			fight(25, run(func() { maskBytes(dst, src, words, c.rows, 8) }), run(func() { copy(other, src) })).require(t, c.target)
		})
	}
}
