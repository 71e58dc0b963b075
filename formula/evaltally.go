package formula

import (
	"fmt"
	"math"

	"github.com/cubeward/cubeward/cube"
)

// maxVisits is the most cells that an aggregation looks at one by one: some minutes.
const maxVisits = 1 << 36

func tooMany(space cube.Space) error {
	return fmt.Errorf("the space %s has too many cells to aggregate (%d)", space, space.Len())
}

// tally aggregates values into numbered places, each BLANK until the first value that is not (SPEC 3.3).
type tally struct {
	method Method
	acc    lane
	counts []float64 // Avg
}

// newTally is a tally with n places for values that are kept in st.
func newTally(m Method, st storage, n int) *tally {
	t := &tally{method: m}
	switch m {
	case Sum, Avg, Count:
		st = inNums
	}
	if m == Avg {
		t.counts = make([]float64, n)
	}
	t.acc = blankLane(st, n)
	return t
}

// add adds each value to the place that stands beside it; a negative place is none.
func (t *tally) add(places []int, v lane) {
	switch t.method {
	case Count:
		for i, p := range places {
			if p >= 0 && !v.blank(i) {
				t.acc.num[p] = plus(t.acc.num[p], 1)
			}
		}
	case Sum:
		addNumbers(t.acc.num, places, v.num)
	case Avg:
		addNumbers(t.acc.num, places, v.num)
		for i, p := range places {
			if p >= 0 && !v.blank(i) {
				t.counts[p]++
			}
		}
	case Min, Max:
		if v.num != nil {
			addExtremes(t.acc.num, places, v.num, t.method == Max, math.NaN())
		} else {
			addExtremes(t.acc.ints, places, v.ints, t.method == Max, cube.BlankInt)
		}
	default:
		addBits(t.acc.bytes, places, v.bytes, t.method == Any)
	}
}

// plus is the sum where BLANK is nothing.
func plus(a, b float64) float64 {
	switch {
	case a != a:
		return b
	case b != b:
		return a
	}
	return a + b
}

func addNumbers(acc []float64, places []int, v []float64) {
	v = v[:len(places)]
	for i, p := range places {
		if p < 0 {
			continue
		}
		acc[p] = plus(acc[p], v[i])
	}
}

func addExtremes[T float64 | int32](acc []T, places []int, v []T, largest bool, blank T) {
	v = v[:len(places)]
	for i, p := range places {
		x := v[i]
		if p < 0 || x != x || x == blank {
			continue
		}
		if a := acc[p]; a != a || a == blank || (x > a) == largest {
			acc[p] = x
		}
	}
}

func addBits(acc []uint8, places []int, v []uint8, any bool) {
	v = v[:len(places)]
	for i, p := range places {
		x := v[i]
		switch {
		case p < 0 || x == cube.BlankByte:
		case acc[p] == cube.BlankByte:
			acc[p] = x
		case any:
			acc[p] |= x
		default:
			acc[p] &= x
		}
	}
}

// addTimes adds the one value of v to a place n > 0 times.
func (t *tally) addTimes(place int, v lane, n float64) {
	if v.blank(0) {
		return
	}
	switch t.method {
	case Count:
		t.acc.num[place] = plus(t.acc.num[place], n)
	case Sum, Avg:
		t.acc.num[place] = plus(t.acc.num[place], v.num[0]*n)
		if t.counts != nil {
			t.counts[place] += n
		}
	default:
		t.add([]int{place}, v)
	}
}

// result is the aggregates where each value was there times times.
func (t *tally) result(times float64) lane {
	switch t.method {
	case Sum, Count:
		for i, x := range t.acc.num {
			t.acc.num[i] = finite(x * times)
		}
	case Avg:
		for i, x := range t.acc.num {
			t.acc.num[i] = finite(x / t.counts[i])
		}
	}
	return t.acc
}
