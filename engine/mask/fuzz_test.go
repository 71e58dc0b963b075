package mask

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/mask/masktest"
)

// byteSource makes random numbers of given bytes, so that a fuzzer steers every choice; after them it goes on by itself.
type byteSource struct {
	bytes []byte
	after *rand.PCG
}

func (s *byteSource) Uint64() uint64 {
	if len(s.bytes) == 0 {
		return s.after.Uint64()
	}
	b := uint64(s.bytes[0])
	s.bytes = s.bytes[1:]
	return b<<56 | b*0x9e3779b97f4a7 // rand takes the high bits first
}

// fuzzWorld has measures over 70 cities. bo reads and writes every third; reads the next; and neither reads the third
// nor sees its name, which holds a marker.
func fuzzWorld(t testing.TB) (*world, *engine.Member) {
	w := newWorld(t)
	items := make([]string, 70)
	for i := range items {
		items[i] = []string{"open", "read", "WWWW"}[i%3] + fmt.Sprint(i)
	}
	city := w.list("City", items...)
	var blocks []*cube.Block
	for i := range 3 {
		blocks = append(blocks, w.metric(fmt.Sprint("M", i), city))
	}
	rights := func(_ cube.ItemID, items []cube.ItemID) cube.Rights {
		return []cube.Rights{cube.Read | cube.Write, cube.Read, 0}[items[0]%3]
	}
	w.rule("R", cube.OnMetrics, blocks, rights, city)
	w.rule("I", cube.OnItems, []*cube.Block{city.ItemSet}, rights, city)
	return w, w.member("bo")
}

// fuzzCase is a batch of the world and how it is masked.
type fuzzCase struct {
	opt     Options
	batch   arrow.RecordBatch // nil where damage leaves none that could be one
	first   uint64
	damaged bool
}

// newFuzzCase makes all choices from choose, and what is hidden from hidden.
func newFuzzCase(w *world, types []arrow.DataType, choose, hidden rand.Source, mem memory.Allocator) fuzzCase {
	rng := rand.New(choose)
	c := fuzzCase{damaged: rng.IntN(3) == 0}
	n, dense := rng.IntN(70), rng.IntN(3) == 0
	if !dense && rng.IntN(8) == 0 {
		n += rng.IntN(600) // some whole words, which vectors are for
	}
	from := rng.IntN(n + 1)
	to := from + rng.IntN(n-from+1)
	c.opt = Options{
		Locks: rng.IntN(2) == 0, Readable: rng.IntN(2) == 0, DropRows: rng.IntN(4) == 0,
		Sort: rng.IntN(4) == 0, Refuse: rng.IntN(16) == 0, Allocator: mem,
	}
	city := w.app.List("City")
	held := make([]int, n)
	var fields []field
	if dense {
		c.opt.Dense, c.opt.Sort = "M0", false
		at := rng.IntN(70 - n + 1)
		for i := range held {
			held[i] = at + i
		}
		c.first = uint64(at + from)
	} else {
		for i := range held {
			held[i] = rng.IntN(72) - 2 // someoneElse, nothing, or a city
		}
		fields = append(fields, field{"City", itemsAs(memory.DefaultAllocator, itemTypes(rng, city), city, held)})
	}
	g := masktest.From(choose, hidden)
	for i := range 1 + rng.IntN(3) {
		rows := make([]masktest.State, n)
		for k, item := range held {
			switch {
			case item < 0 || item%3 == 2 || k < from || k >= to:
				rows[k] = masktest.Hidden
			case rng.IntN(4) == 0:
				rows[k] = masktest.Null
			}
		}
		fields = append(fields, field{fmt.Sprint("M", i), array.MakeFromData(g.Array(types[rng.IntN(len(types))], rows, true))})
	}
	if c.damaged {
		k := rng.IntN(len(fields))
		a := tryArray(damaged(rng, fields[k].data.Data().(*array.Data)))
		if a == nil || a.Len() != n {
			return c
		}
		fields[k].data = a
	}
	c.batch = tryBatch(fields, int64(from), int64(to))
	return c
}

// tryArray is nil where the Arrow library makes no array of the data.
func tryArray(d *array.Data) (a arrow.Array) {
	defer func() {
		if recover() != nil {
			a = nil
		}
	}()
	return array.MakeFromData(d)
}

// tryBatch is nil where the Arrow library does not cut the window out of damaged columns.
func tryBatch(fields []field, from, to int64) (b arrow.RecordBatch) {
	defer func() {
		if recover() != nil {
			b = nil
		}
	}()
	return batchOf(fields...).NewSlice(from, to)
}

// mask masks the case's batch: the result as an IPC stream, or nil where it was refused.
func (c *fuzzCase) mask(t *testing.T, member *engine.Member) []byte {
	m, err := New(member, c.batch.Schema(), c.opt)
	require.NoError(t, err)
	out, err := m.MaskAt(c.first, c.batch)
	if err != nil {
		require.Nil(t, out)
		return nil
	}
	defer out.Release()
	for i, col := range out.Columns() {
		// What visible rows hold is theirs, be it text or not.
		if err := array.ValidateFull(col); err != nil && !(c.damaged && strings.Contains(err.Error(), "utf8")) {
			require.NoError(t, err, "%s", out.Schema().Field(i))
		}
		masktest.EachBuffer(col.Data(), func(b *memory.Buffer) { require.Nil(t, b.Parent()) })
		if !c.damaged {
			requireClean(t, col.Data(), out.Schema().Field(i).String())
		}
	}
	var buf bytes.Buffer
	w := ipc.NewWriter(&buf, ipc.WithSchema(out.Schema()))
	require.NoError(t, w.Write(out))
	require.NoError(t, w.Close())
	return buf.Bytes()
}

// checkMask masks the batch that data make. What comes out is whole, and tells nothing of what is hidden: another hidden
// content gives the same bytes, and so does every kind of instructions that this machine has. Damaged batches are errors or give something that is whole; what a damaged row shows,
// nobody knows.
func checkMask(t *testing.T, w *world, member *engine.Member, types []arrow.DataType, data []byte) {
	var outs [2][]byte
	for k := range outs {
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		choose := &byteSource{data, rand.NewPCG(uint64(len(data)), 2)}
		c := newFuzzCase(w, types, choose, rand.NewPCG(uint64(k), 3), mem)
		if c.batch == nil {
			return
		}
		eachSIMD(func(s simd) {
			out := c.mask(t, member)
			if s == portable {
				outs[k] = out
			}
			require.True(t, bytes.Equal(outs[k], out), "%s masks otherwise than plain Go", s)
		})
		mem.AssertSize(t, 0)
		if c.damaged {
			return
		}
		require.True(t, outs[k] != nil || c.opt.Refuse)
		require.False(t, masktest.Marked(outs[k]))
	}
	require.True(t, bytes.Equal(outs[0], outs[1]), "the output tells what is hidden")
}

func randomBytes(seed uint64) []byte {
	data := make([]byte, 200)
	rng := rand.New(rand.NewPCG(seed, 1))
	for k := range data {
		data[k] = byte(rng.Uint32())
	}
	return data
}

func TestMasksOfAnySchema(t *testing.T) {
	w, member := fuzzWorld(t)
	types := masktest.Types()
	for seed := range uint64(2000) {
		checkMask(t, w, member, types, randomBytes(seed))
	}
}

// FuzzMasker masks batches of any schema, as slices, in dense blocks, damaged.
func FuzzMasker(f *testing.F) {
	f.Add([]byte{})
	for i := range uint64(24) {
		f.Add(randomBytes(i))
	}
	w, member := fuzzWorld(f)
	types := masktest.Types()
	f.Fuzz(func(t *testing.T, data []byte) { checkMask(t, w, member, types, data) })
}
