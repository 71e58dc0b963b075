package formula

import (
	"math"

	"github.com/cubeward/cubeward/cube"
)

// lane is a run of raw values of one kind, kept as cube.Vector keeps them: exactly one slice is used.
type lane struct {
	num   []float64
	ints  []int32
	bytes []uint8
}

// storage says which slice of a lane a kind uses.
type storage uint8

const (
	inBytes storage = iota // Boolean, AccessRights; NoKind, whose values are all BLANK
	inInts                 // Date, Item, Text
	inNums                 // Number
)

func storageOf(k cube.Kind) storage {
	switch k {
	case cube.Number:
		return inNums
	case cube.Date, cube.Item, cube.Text:
		return inInts
	}
	return inBytes
}

// width is the bytes a value takes.
func (s storage) width() uint64 { return [...]uint64{1, 4, 8}[s] }

// makeLane is a lane of n values, which are not BLANK but zero.
func makeLane(s storage, n int) lane {
	switch s {
	case inNums:
		return lane{num: make([]float64, n)}
	case inInts:
		return lane{ints: make([]int32, n)}
	}
	return lane{bytes: make([]uint8, n)}
}

// blankLane is a lane of n BLANKs.
func blankLane(s storage, n int) lane {
	l := makeLane(s, n)
	l.fill(0, n, blankRaw(s))
	return l
}

// window is the values from lo up to hi, sharing memory.
func (l lane) window(lo, hi int) lane {
	switch {
	case l.num != nil:
		return lane{num: l.num[lo:hi]}
	case l.ints != nil:
		return lane{ints: l.ints[lo:hi]}
	}
	return lane{bytes: l.bytes[lo:hi]}
}

// raw is a value as a number that is equal for equal values of one kind and dictionary.
func (l lane) raw(i int) uint64 {
	switch {
	case l.num != nil:
		if x := l.num[i]; x == x {
			return math.Float64bits(x + 0)
		}
		return blankRaw(inNums)
	case l.ints != nil:
		return uint64(uint32(l.ints[i]))
	}
	return uint64(l.bytes[i])
}

func blankRaw(s storage) uint64 {
	switch s {
	case inNums:
		return math.Float64bits(math.NaN())
	case inInts:
		return 1 << 31 // cube.BlankInt
	}
	return cube.BlankByte
}

// fill sets the values from lo up to hi to a raw value.
func (l lane) fill(lo, hi int, raw uint64) {
	switch {
	case l.num != nil:
		fillWith(l.num[lo:hi], math.Float64frombits(raw))
	case l.ints != nil:
		fillWith(l.ints[lo:hi], int32(uint32(raw)))
	case l.bytes != nil:
		fillWith(l.bytes[lo:hi], uint8(raw))
	}
}

func fillWith[T any](s []T, v T) {
	for i := range s {
		s[i] = v
	}
}

// rawLane is a lane of one value.
func rawLane(s storage, raw uint64) lane {
	l := makeLane(s, 1)
	l.fill(0, 1, raw)
	return l
}

// blank says whether value i is BLANK.
func (l lane) blank(i int) bool {
	switch {
	case l.num != nil:
		return l.num[i] != l.num[i]
	case l.ints != nil:
		return l.ints[i] == cube.BlankInt
	}
	return l.bytes[i] == cube.BlankByte
}

// copyFrom copies n values of src from place from on to place at on.
func (l lane) copyFrom(at int, src lane, from, n int) {
	switch {
	case l.num != nil:
		copy(l.num[at:at+n], src.num[from:from+n])
	case l.ints != nil:
		copy(l.ints[at:at+n], src.ints[from:from+n])
	default:
		copy(l.bytes[at:at+n], src.bytes[from:from+n])
	}
}

// same says whether two lanes of n > 0 values are the same memory.
func (l lane) same(o lane) bool {
	switch {
	case l.num != nil:
		return o.num != nil && &l.num[0] == &o.num[0]
	case l.ints != nil:
		return o.ints != nil && &l.ints[0] == &o.ints[0]
	}
	return o.bytes != nil && &l.bytes[0] == &o.bytes[0]
}

// gather copies the values of src at the places from on: l[i] = src[from[i]], BLANK for a negative place.
func (l lane) gather(src lane, from []int) {
	switch {
	case l.num != nil:
		gatherInto(l.num, src.num, from, math.NaN())
	case l.ints != nil:
		gatherInto(l.ints, src.ints, from, cube.BlankInt)
	default:
		gatherInto(l.bytes, src.bytes, from, cube.BlankByte)
	}
}

func gatherInto[T any](out, src []T, from []int, blank T) {
	out = out[:len(from)]
	for i, p := range from {
		if p < 0 {
			out[i] = blank
			continue
		}
		out[i] = src[p]
	}
}

// keep moves the values at the given increasing places to the front.
func (l lane) keep(places []int) lane {
	switch {
	case l.num != nil:
		return lane{num: keepIn(l.num, places)}
	case l.ints != nil:
		return lane{ints: keepIn(l.ints, places)}
	}
	return lane{bytes: keepIn(l.bytes, places)}
}

func keepIn[T any](s []T, places []int) []T {
	out := make([]T, len(places))
	for i, p := range places {
		out[i] = s[p]
	}
	return out
}

func laneOf(v *cube.Vector) lane {
	return lane{num: v.Numbers, ints: v.Ints, bytes: v.Bytes}
}

func vectorOf(k cube.Kind, l lane, dict []string, n int) cube.Vector {
	v := cube.Vector{Kind: k, N: n}
	switch storageOf(k) {
	case inNums:
		v.Numbers = l.num
	case inInts:
		v.Ints = l.ints
	default:
		v.Bytes = l.bytes
	}
	if k == cube.Text {
		v.Dict = dict
	}
	if k == cube.NoKind {
		v.Bytes = nil
	}
	return v
}
