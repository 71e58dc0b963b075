package mask

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine/mask/masktest"
)

// benchWorld is a measure over three dimensions, 200 × 500 × 36, with factors on the dimensions in turn; so many rows
// of a hundred are hidden.
func benchWorld(b testing.TB, factors, hidden int) (*world, []*cube.List) {
	w := newWorld(b)
	lists := []*cube.List{w.list("Country", names("country ", 200)...), w.list("Product", names("product ", 500)...), w.list("Month", names("month ", 36)...)}
	m := w.metric("Revenue", lists...)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range factors {
		dims := []*cube.List{lists[i%3]}
		if i >= 3 {
			dims = []*cube.List{lists[i%3], lists[(i+1)%3]}
		}
		w.rule(fmt.Sprint("F", i), cube.OnMetrics, []*cube.Block{m}, func(cube.ItemID, []cube.ItemID) cube.Rights {
			if rng.Float64() < float64(hidden)/100/float64(factors) {
				return 0
			}
			return cube.Read | cube.Write
		}, dims...)
	}
	return w, lists
}

// benchBatch has n rows of random cells, named as layout says.
func benchBatch(layout string, lists []*cube.List, n int) arrow.RecordBatch {
	rng := rand.New(rand.NewPCG(2, 2))
	mem := memory.DefaultAllocator
	var fields []field
	for _, l := range lists {
		items := make([]string, n)
		for i := range items {
			items[i] = l.Item(cube.ItemID(rng.IntN(l.Len())))
		}
		if layout == "text" {
			fields = append(fields, field{l.Name, texts(mem, items...)})
			continue
		}
		b := array.NewDictionaryBuilder(mem, &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String})
		for _, name := range items {
			_ = b.AppendValueFromString(name)
		}
		fields = append(fields, field{l.Name, b.NewArray()})
		b.Release()
	}
	values := make([]float64, n)
	for i := range values {
		values[i] = rng.Float64()
	}
	return batchOf(append(fields, field{"Revenue", floats(mem, values...)})...)
}

func BenchmarkMask(b *testing.B) {
	for _, layout := range []string{"columns", "text"} {
		for _, rows := range []int{1 << 16, 1 << 20} {
			for _, factors := range []int{2, 4, 6} {
				for _, hidden := range []int{0, 10} {
					if factors != 4 && (hidden == 0 || layout == "text") {
						continue
					}
					size := map[int]string{1 << 16: "64Ki", 1 << 20: "1Mi"}[rows]
					b.Run(fmt.Sprintf("layout=%s/rows=%s/dims=3/factors=%d/hidden=%d", layout, size, factors, hidden), func(b *testing.B) {
						w, lists := benchWorld(b, factors, hidden)
						benchmarkMask(b, w, benchBatch(layout, lists, rows), Options{Workers: 1})
					})
				}
			}
		}
	}
}

// BenchmarkMaskDense has no rows to place: they are the cells of a block, in order.
func BenchmarkMaskDense(b *testing.B) {
	for _, hidden := range []int{0, 10} {
		b.Run(fmt.Sprintf("layout=dense/rows=10Mi/dims=3/factors=2/hidden=%d", hidden), func(b *testing.B) {
			w, batch := denseBench(b, 10<<20, hidden)
			benchmarkMask(b, w, batch, Options{Workers: 1, Dense: "Revenue"})
		})
	}
}

// denseBench is a block of n cells, a multiple of 10240, with rights by its first dimension and by its others; so many
// of a hundred cells are hidden.
func denseBench(b testing.TB, n, hidden int) (*world, arrow.RecordBatch) {
	w := newWorld(b)
	country, product, month := w.list("Country", names("c", n/10240)...), w.list("Product", names("p", 256)...), w.list("Month", names("m", 40)...)
	m := w.metric("Revenue", country, product, month)
	rng := rand.New(rand.NewPCG(4, 4))
	for i, dims := range [][]*cube.List{{country}, {product, month}} {
		w.rule(fmt.Sprint("F", i), cube.OnMetrics, []*cube.Block{m}, func(cube.ItemID, []cube.ItemID) cube.Rights {
			if rng.Float64() < float64(hidden)/200 {
				return 0
			}
			return cube.Read | cube.Write
		}, dims...)
	}
	return w, batchOf(field{"Revenue", randomFloats(n)})
}

func benchmarkMask(b *testing.B, w *world, batch arrow.RecordBatch, opt Options) {
	m, err := New(w.member("bo"), batch.Schema(), opt)
	require.NoError(b, err)
	copied := ownBytes(b, m, batch)
	b.ReportAllocs()
	b.SetBytes(8 * batch.NumRows())
	for b.Loop() {
		out, err := m.Mask(batch)
		if err != nil {
			b.Fatal(err)
		}
		out.Release()
	}
	b.ReportMetric(float64(batch.NumRows())*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(copied, "B-copied/row")
}

// ownBytes are the bytes of the masked measures, by row, that are not the batch's own memory. Where nothing is hidden
// there are none.
func ownBytes(t testing.TB, m *Masker, batch arrow.RecordBatch) float64 {
	out, report, err := m.MaskReport(0, batch)
	require.NoError(t, err)
	defer out.Release()
	_, own := masktest.Shared(out.Column(int(batch.NumCols()-1)).Data(), batch.Column(int(batch.NumCols()-1)).Data())
	require.Equal(t, report.Hidden(), own > 0, "what is visible as a whole is not copied")
	return float64(own) / float64(batch.NumRows())
}

// BenchmarkCopy is the measure of things: Go's copy of the values.
func BenchmarkCopy(b *testing.B) {
	src := make([]float64, 1<<20)
	for i := range src {
		src[i] = float64(i)
	}
	dst := make([]float64, len(src))
	b.SetBytes(8 << 20)
	for b.Loop() {
		copy(dst, src)
	}
	b.ReportMetric(float64(len(src))*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
