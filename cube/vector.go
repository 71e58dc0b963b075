package cube

import (
	"math"
	"slices"
)

// BlankInt is BLANK in Vector.Ints; NoItem is the same number.
const BlankInt = math.MinInt32

// BlankByte is BLANK in Vector.Bytes.
const BlankByte = 0xff

// Vector is a run of values of one kind in the plainest form that holds it. Exactly the slice of its kind is used:
//
//	Number               Numbers, NaN is BLANK
//	Date                 Ints, days since 1970-01-01, BlankInt is BLANK
//	Item                 Ints, item numbers, BlankInt is BLANK
//	Text                 Ints, places in Dict, BlankInt is BLANK; the texts of Dict are distinct
//	Boolean              Bytes, 0 or 1, BlankByte is BLANK
//	AccessRights         Bytes, Rights, BlankByte is BLANK
//	NoKind               none: every value is BLANK (N says how many)
type Vector struct {
	Kind    Kind
	Numbers []float64
	Ints    []int32
	Bytes   []uint8
	Dict    []string
	N       int // the length, for every kind
}

// NewVector is a vector of n BLANKs.
func NewVector(k Kind, n int) Vector {
	v := Vector{Kind: k, N: n}
	switch k {
	case Number:
		v.Numbers = make([]float64, n)
		nan := math.NaN()
		for i := range v.Numbers {
			v.Numbers[i] = nan
		}
	case Date, Item, Text:
		v.Ints = make([]int32, n)
		for i := range v.Ints {
			v.Ints[i] = BlankInt
		}
	case Boolean, AccessRights:
		v.Bytes = make([]uint8, n)
		for i := range v.Bytes {
			v.Bytes[i] = BlankByte
		}
	}
	return v
}

// Blank says whether value i is BLANK.
func (v *Vector) Blank(i int) bool {
	switch v.Kind {
	case Number:
		return v.Numbers[i] != v.Numbers[i]
	case Date, Item, Text:
		return v.Ints[i] == BlankInt
	case Boolean, AccessRights:
		return v.Bytes[i] == BlankByte
	}
	return true
}

// Value is value i.
func (v *Vector) Value(i int) Value {
	if v.Blank(i) {
		return Value{}
	}
	switch v.Kind {
	case Number:
		return NumberValue(v.Numbers[i])
	case Date:
		return DateValue(v.Ints[i])
	case Item:
		return ItemValue(ItemID(v.Ints[i]))
	case Text:
		return TextValue(v.Dict[v.Ints[i]])
	case Boolean:
		return BooleanValue(v.Bytes[i] == 1)
	}
	return RightsValue(Rights(v.Bytes[i]))
}

// Take is the vector of v's values at the given places; a negative place gives BLANK. Texts share v's Dict.
func (v *Vector) Take(places []int) Vector {
	out := NewVector(v.Kind, len(places))
	out.Dict = v.Dict
	for i, p := range places {
		if p < 0 {
			continue
		}
		out.put(i, v, p)
	}
	return out
}

// padded is n values: those of v, then BLANKs.
func (v *Vector) padded(n int) Vector {
	out, more := *v, NewVector(v.Kind, n-v.N)
	out.N = n
	out.Numbers, out.Ints, out.Bytes = slices.Concat(v.Numbers, more.Numbers), slices.Concat(v.Ints, more.Ints), slices.Concat(v.Bytes, more.Bytes)
	return out
}

// put sets value i to value j of another vector of the same kind, whose texts have the same codes.
func (v *Vector) put(i int, from *Vector, j int) {
	switch v.Kind {
	case Number:
		v.Numbers[i] = from.Numbers[j]
	case Date, Item, Text:
		v.Ints[i] = from.Ints[j]
	case Boolean, AccessRights:
		v.Bytes[i] = from.Bytes[j]
	}
}

// VectorBuilder appends values of one kind to a Vector. The zero VectorBuilder is not ready: use NewVectorBuilder.
type VectorBuilder struct {
	v     Vector
	codes map[string]int32
}

// NewVectorBuilder is an empty builder for values of kind k.
func NewVectorBuilder(k Kind) *VectorBuilder {
	return &VectorBuilder{v: Vector{Kind: k}, codes: map[string]int32{}}
}

// Append adds a value; one of another kind than the builder's is added as BLANK.
func (b *VectorBuilder) Append(x Value) {
	b.v.N++
	blank := x.kind != b.v.Kind
	switch b.v.Kind {
	case Number:
		f := x.num
		if blank {
			f = math.NaN()
		}
		b.v.Numbers = append(b.v.Numbers, f)
	case Date, Item, Text:
		n := int32(x.num)
		switch {
		case blank:
			n = BlankInt
		case x.kind == Text:
			n = b.code(x.text)
		}
		b.v.Ints = append(b.v.Ints, n)
	case Boolean, AccessRights:
		n := uint8(x.num)
		if blank {
			n = BlankByte
		}
		b.v.Bytes = append(b.v.Bytes, n)
	}
}

func (b *VectorBuilder) code(s string) int32 {
	n, ok := b.codes[s]
	if !ok {
		n = int32(len(b.v.Dict))
		b.codes[s] = n
		b.v.Dict = append(b.v.Dict, s)
	}
	return n
}

// Vector is what was appended so far; it shares memory with the builder, which must not be used again.
func (b *VectorBuilder) Vector() Vector { return b.v }

// Slice is the values from lo up to hi, sharing memory with v.
func (v *Vector) Slice(lo, hi int) Vector {
	out := Vector{Kind: v.Kind, Dict: v.Dict, N: hi - lo}
	switch v.Kind {
	case Number:
		out.Numbers = slices.Clip(v.Numbers[lo:hi])
	case Date, Item, Text:
		out.Ints = slices.Clip(v.Ints[lo:hi])
	case Boolean, AccessRights:
		out.Bytes = slices.Clip(v.Bytes[lo:hi])
	}
	return out
}
