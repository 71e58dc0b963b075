package mask

import (
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
)

// indexedBatch is n rows of random cells, whose dictionaries hold the lists' items in order.
func indexedBatch(lists []*cube.List, n int) arrow.RecordBatch {
	rng := rand.New(rand.NewPCG(2, 2))
	mem := memory.DefaultAllocator
	dt := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	var fields []field
	for _, l := range lists {
		b := array.NewInt32Builder(mem)
		b.Reserve(n)
		for range n {
			b.UnsafeAppend(int32(rng.IntN(l.Len())))
		}
		fields = append(fields, field{l.Name, array.NewDictionaryArray(dt, b.NewArray(), texts(mem, l.Items()...))})
	}
	return batchOf(append(fields, field{"Revenue", randomFloats(n)})...)
}

func randomFloats(n int) arrow.Array {
	values := make([]float64, n)
	rng := rand.New(rand.NewPCG(3, 3))
	for i := range values {
		values[i] = rng.Float64()
	}
	return floats(memory.DefaultAllocator, values...)
}

// againstCopy is Mask against Go's copy of the values of the column Revenue into memory that is there.
func againstCopy(t *testing.T, w *world, batch arrow.RecordBatch, opt Options) duel {
	opt.Workers = 1
	m, err := New(w.member("bo"), batch.Schema(), opt)
	require.NoError(t, err)
	src := batch.Column(int(batch.NumCols()) - 1).(*array.Float64).Float64Values()
	dst := make([]float64, len(src))
	return fight(15, func() {
		out, err := m.Mask(batch)
		if err != nil {
			t.Fatal(err)
		}
		out.Release()
	}, func() { copy(dst, src) })
}

func TestGuardRowsAgainstCopy(t *testing.T) {
	guard(t)
	w, lists := benchWorld(t, 2, 10)
	againstCopy(t, w, indexedBatch(lists, 10<<20), Options{}).require(t, 1.0/4)
}

func TestGuardDenseAgainstCopy(t *testing.T) {
	guard(t)
	w := newWorld(t)
	country, product, month := w.list("Country", names("c", 200)...), w.list("Product", names("p", 1000)...), w.list("Month", names("m", 50)...)
	m := w.metric("Revenue", country, product, month)
	rng := rand.New(rand.NewPCG(4, 4))
	for i, dims := range [][]*cube.List{{country}, {product, month}} {
		w.rule([]string{"ByCountry", "ByCell"}[i], cube.OnMetrics, []*cube.Block{m}, func(cube.ItemID, []cube.ItemID) cube.Rights {
			if rng.IntN(20) == 0 {
				return 0
			}
			return cube.Read | cube.Write
		}, dims...)
	}
	batch := batchOf(field{"Revenue", randomFloats(10_000_000)})
	againstCopy(t, w, batch, Options{Dense: "Revenue"}).require(t, 0.4)
}
