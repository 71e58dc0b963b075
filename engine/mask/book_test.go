package mask

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"
)

// bookTexts are names of all lengths that are easily taken for each other, and texts that are none.
func bookTexts(rng *rand.Rand, n int) (items, others []string) {
	seen := map[string]bool{"": true}
	make := func() string {
		for {
			b := []byte(strings.Repeat("a", rng.IntN(70)))
			for range rng.IntN(3) {
				if len(b) > 0 {
					b[rng.IntN(len(b))] = "abc\x00"[rng.IntN(4)]
				}
			}
			if s := string(b); !seen[s] {
				seen[s] = true
				return s
			}
		}
	}
	for range n {
		items, others = append(items, make()), append(others, make())
	}
	return items, others
}

// A book says of each text what the list says, however often and in whatever order it is asked.
func TestBookAsTheList(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 50))
		w := newWorld(t)
		items, others := bookTexts(rng, 1+rng.IntN(600))
		l := w.list("L", items...)
		lk, err := newLookup(arrow.BinaryTypes.String, l, false)
		require.NoError(t, err)
		b := newBook(lk)
		if seed%4 == 0 {
			b.limit = 20
		}
		c := plainCoder{lookup: lk, n: uint32(l.Len())}
		for range 100 {
			texts := make([]string, 1+rng.IntN(bookBlock))
			for i := range texts {
				texts[i] = append(items, others...)[rng.IntN(2*len(items))]
				if rng.IntN(20) == 0 {
					texts[i] = ""
				}
			}
			got, want := make([]uint32, len(texts)), make([]uint32, len(texts))
			c.codes(got, texts, b)
			c.codes(want, texts, nil)
			require.Equal(t, want, got)
		}
	}
}

// Texts that all start at the same slot are found too.
func TestBookWithACrowdedSlot(t *testing.T) {
	w := newWorld(t)
	l := w.list("L", names("name ", 3*bookProbes)...)
	lk, err := newLookup(arrow.BinaryTypes.String, l, false)
	require.NoError(t, err)
	b := newBook(lk)
	for range 3 {
		for i := range 3 * bookProbes {
			k := bookKey{head: uint64(i), size: 6}
			require.Equal(t, uint32(i), b.search(&k, 7<<32|uint64(i), l.Items()[i]))
		}
	}
}

// Columns of texts are coded alike whatever their layout, in runs and out of them, and null rows whatever lies under them.
func TestTextsAsOneByOne(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 51))
		w := newWorld(t)
		l := w.list("L", names([]string{"n", "a name ", "a name that is quite long and then some "}[seed%3], 1+rng.IntN(200))...)
		n, run := rng.IntN(1000), []int{1, 1, 3, 64, 300}[rng.IntN(5)]
		values, want := make([]string, n), make([]uint32, n)
		for i := range values {
			switch k := rng.IntN(l.Len() + 2); {
			case i%run != 0:
				values[i], want[i] = values[i-1], want[i-1]
			case k < l.Len():
				values[i], want[i] = l.Items()[k], uint32(k)
			case k == l.Len():
				values[i], want[i] = fmt.Sprint("no item ", rng.IntN(3)), uint32(l.Len()+unknownSlot)
			default:
				want[i] = uint32(l.Len() + nullSlot)
			}
		}
		for _, dt := range []arrow.DataType{arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.StringView} {
			a := textsAs(memory.DefaultAllocator, dt, values)
			lk, err := newLookup(dt, l, false)
			require.NoError(t, err)
			p, err := whole(a.Data())
			require.NoError(t, err)
			from := rng.IntN(n + 1)
			p, err = p.window(from, n-from)
			require.NoError(t, err)
			c, _, err := newCoder(p, dt, lk)
			require.NoError(t, err)
			got := make([]uint32, n-from)
			for _, seen := range []*book{nil, newBook(lk)} {
				require.NoError(t, c.code(0, got, seen))
				require.Equal(t, want[from:], got, "%s, seed %d", dt, seed)
			}
		}
	}
}
