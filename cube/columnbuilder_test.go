package cube

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// anyValue draws a value of a kind, BLANK at times.
func anyValue(r *rand.Rand, k Kind) Value {
	if r.IntN(5) == 0 {
		return Value{}
	}
	switch k {
	case Number:
		return NumberValue(float64(r.IntN(9)))
	case Text:
		return TextValue(string(rune('a' + r.IntN(9))))
	case Boolean:
		return BooleanValue(r.IntN(2) == 0)
	case Date:
		return DateValue(int32(r.IntN(9)))
	}
	return RightsValue(Rights(r.IntN(4)))
}

// given is a call of Set.
type given struct {
	cell uint64
	v    Value
}

// firstTwice is what a DuplicateCellError says: the least cell that was set twice, and its first two calls.
func firstTwice(calls []given) *DuplicateCellError {
	var least *DuplicateCellError
	first, cell := map[uint64]int{}, uint64(0)
	for i, c := range calls {
		at, twice := first[c.cell]
		if !twice {
			first[c.cell] = i
		} else if least == nil || c.cell < cell {
			least, cell = &DuplicateCellError{at, i}, c.cell
		}
	}
	return least
}

// A column holds what was set, in any order, one by one or many at once; texts are numbered as they came.
func TestColumnBuilderInAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	small, err := NewSpace(lists(t, 5, 8)...)
	require.NoError(t, err)
	large, err := NewSpace(lists(t, 300, 200, 100)...)
	require.NoError(t, err)
	for i := range 3000 {
		space, n := small, r.IntN(30)
		if i%3 == 0 {
			space, n = large, r.IntN(60)
		}
		if i%300 == 0 {
			n = 5000
		}
		kind := []Kind{Number, Text, Boolean, Date, AccessRights}[r.IntN(5)]
		calls, cells := make([]given, n), map[uint64]Value{}
		for k := range calls {
			calls[k] = given{r.Uint64N(space.Len()), anyValue(r, kind)}
		}
		if r.IntN(3) == 0 {
			slices.SortStableFunc(calls, func(a, b given) int { return int(int64(a.cell) - int64(b.cell)) })
		}
		if r.IntN(3) > 0 {
			calls = slices.DeleteFunc(calls, func(c given) bool {
				_, twice := cells[c.cell]
				cells[c.cell] = c.v
				return twice
			})
			for _, c := range calls {
				cells[c.cell] = c.v
			}
		}
		b, dict := NewColumnBuilder(Type{Kind: kind}, space), []string(nil)
		for rest := calls; len(rest) > 0; {
			k := min(1+r.IntN(8), len(rest))
			if one := r.IntN(2) == 0; one {
				for _, c := range rest[:k] {
					b.Set(c.cell, c.v)
				}
			} else {
				at, values := []uint64{}, NewVectorBuilder(kind)
				for _, c := range rest[:k] {
					at = append(at, c.cell)
					values.Append(c.v)
				}
				b.SetAll(at, values.Vector())
			}
			rest = rest[k:]
		}
		for _, c := range calls {
			if text := c.v.Str(); kind == Text && !c.v.IsBlank() && !slices.Contains(dict, text) {
				dict = append(dict, text)
			}
		}
		col, err := b.Column()
		if want := firstTwice(calls); want != nil {
			require.Equal(t, want, err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, dict, col.Vector().Dict)
		values := 0
		for _, c := range calls {
			require.Equal(t, c.v, col.Value(c.cell))
			if !c.v.IsBlank() {
				values++
			}
		}
		require.Equal(t, uint64(values)*4 >= space.Len(), col.Form() == Dense)
		if col.Form() == Sparse {
			require.True(t, slices.IsSorted(col.Cells()))
			require.Len(t, col.Cells(), values)
		}
	}
}

func TestColumnBuilderRefuses(t *testing.T) {
	space, err := NewSpace(lists(t, 4, 4)...)
	require.NoError(t, err)
	b := NewColumnBuilder(Type{Kind: Number}, space)
	require.Panics(t, func() { b.SetAll([]uint64{1}, NewVector(Number, 2)) })
	require.Panics(t, func() { b.SetAll([]uint64{1, 2}, NewVector(Date, 2)) })
}
