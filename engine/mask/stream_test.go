package mask

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"
)

// streamed are the bytes of a masked stream of batches of a few thousand rows, and its report.
func streamed(t *testing.T, w *world, table arrow.RecordBatch, opt Options) ([]byte, *Report) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	opt.Allocator = mem
	m, err := New(w.member("bo"), table.Schema(), opt)
	require.NoError(t, err)
	var batches []arrow.RecordBatch
	rng := rand.New(rand.NewPCG(5, 5))
	for from := int64(0); from < table.NumRows(); {
		to := min(from+1+rng.Int64N(30_000), table.NumRows())
		batches = append(batches, table.NewSlice(from, to))
		from = to
	}
	in, err := array.NewRecordReader(table.Schema(), batches)
	require.NoError(t, err)
	defer in.Release()
	for _, b := range batches {
		b.Release()
	}
	s, err := m.Stream(in)
	require.NoError(t, err)
	defer s.Release()
	var out bytes.Buffer
	to := ipc.NewWriter(&out, ipc.WithSchema(s.Schema()))
	for s.Next() {
		require.NoError(t, to.Write(s.RecordBatch()))
	}
	require.NoError(t, s.Err())
	require.NoError(t, to.Close())
	return out.Bytes(), s.Report()
}

// However many workers there are, and whatever is masked ahead, the same bytes come out.
func TestStreamsAreTheSameWhoeverWorks(t *testing.T) {
	w, lists := benchWorld(t, 4, 10)
	for name, table := range map[string]arrow.RecordBatch{"columns": benchBatch("columns", lists, 120_000), "text": benchBatch("text", lists, 60_000)} {
		want, report := streamed(t, w, table, Options{Workers: 1, Locks: true})
		for _, ahead := range []int{0, 2, 7} {
			for _, workers := range []int{1, 3, 8} {
				got, r := streamed(t, w, table, Options{Workers: workers, Ahead: ahead, Locks: true})
				require.True(t, bytes.Equal(want, got), "%s, %d ahead, %d workers", name, ahead, workers)
				require.Equal(t, report, r)
			}
		}
	}
	dense, batch := denseBench(t, 10*10240, 10)
	want, report := streamed(t, dense, batch, Options{Workers: 1, Dense: "Revenue"})
	got, r := streamed(t, dense, batch, Options{Workers: 2, Ahead: 4, Dense: "Revenue"})
	require.True(t, bytes.Equal(want, got))
	require.Equal(t, report, r)
}

// brokenReader yields so many batches, and then fails.
type brokenReader struct {
	array.RecordReader
	left int
	read *int
}

var errBroken = errors.New("the pipe broke")

func (b *brokenReader) Next() bool {
	if b.left == 0 {
		return false
	}
	b.left--
	*b.read++
	return b.RecordReader.Next()
}

func (b *brokenReader) Err() error {
	if b.left == 0 {
		return errBroken
	}
	return nil
}

func TestStreamAheadYieldsWhatCameBeforeAnError(t *testing.T) {
	w, lists := benchWorld(t, 2, 10)
	batch := benchBatch("columns", lists, 100)
	for _, ahead := range []int{0, 1, 2, 3, 10} {
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		m, err := New(w.member("bo"), batch.Schema(), Options{Ahead: ahead, Allocator: mem})
		require.NoError(t, err)
		in, err := array.NewRecordReader(batch.Schema(), []arrow.RecordBatch{batch, batch, batch, batch, batch})
		require.NoError(t, err)
		read := 0
		s, err := m.Stream(&brokenReader{in, 3, &read})
		require.NoError(t, err)
		for i := range 3 {
			require.True(t, s.Next())
			require.Equal(t, min(3, i+max(1, ahead)), read, "%d ahead", ahead)
		}
		require.False(t, s.Next())
		require.ErrorIs(t, s.Err(), errBroken)
		require.False(t, s.Next())
		require.EqualValues(t, 300, s.Report().Block["Revenue"].Rows)
		s.Release()

		// A stream that nobody reads to its end, and one whose second batch is refused.
		in, err = array.NewRecordReader(batch.Schema(), []arrow.RecordBatch{batch, batch, batch})
		require.NoError(t, err)
		s, err = m.Stream(in)
		require.NoError(t, err)
		require.True(t, s.Next())
		s.Release()
		mem.AssertSize(t, 0)
	}
}

func TestStreamAheadStopsAtTheFirstError(t *testing.T) {
	w, lists := benchWorld(t, 2, 0)
	good := benchBatch("columns", lists, 100)
	bad := batchOf(field{"Country", texts(memory.DefaultAllocator, "x")}, field{"Product", texts(memory.DefaultAllocator, "x")}, field{"Month", texts(memory.DefaultAllocator, "x")}, field{"Revenue", floats(memory.DefaultAllocator, 1)})
	for _, ahead := range []int{0, 4} {
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		m, err := New(w.member("bo"), good.Schema(), Options{Ahead: ahead, Allocator: mem})
		require.NoError(t, err)
		s, err := m.Stream(&listReader{schema: good.Schema(), batches: []arrow.RecordBatch{good, bad, good, good}})
		require.NoError(t, err)
		require.True(t, s.Next())
		require.False(t, s.Next())
		require.ErrorContains(t, s.Err(), "another schema")
		require.False(t, s.Next())
		s.Release()
		mem.AssertSize(t, 0)
	}
}

// listReader yields batches of whatever schema.
type listReader struct {
	array.RecordReader
	schema  *arrow.Schema
	batches []arrow.RecordBatch
	at      int
}

func (r *listReader) Retain()                        {}
func (r *listReader) Release()                       {}
func (r *listReader) Next() bool                     { r.at++; return r.at <= len(r.batches) }
func (r *listReader) RecordBatch() arrow.RecordBatch { return r.batches[r.at-1] }
func (r *listReader) Err() error                     { return nil }

// BenchmarkStream says what workers and batches beside each other bring.
func BenchmarkStream(b *testing.B) {
	w, lists := benchWorld(b, 2, 10)
	table := indexedBatch(lists, 1<<20)
	for _, ahead := range []int{1, 2, 4} {
		for _, workers := range []int{1, 2, 4} {
			b.Run(fmt.Sprintf("layout=columns/rows=1Mi/batch=64Ki/ahead=%d/workers=%d", ahead, workers), func(b *testing.B) {
				m, err := New(w.member("bo"), table.Schema(), Options{Workers: workers, Ahead: ahead})
				require.NoError(b, err)
				b.SetBytes(8 << 20)
				for b.Loop() {
					r := &listReader{schema: table.Schema()}
					for i := range 16 {
						r.batches = append(r.batches, table.NewSlice(int64(i)<<16, int64(i+1)<<16))
					}
					s, err := m.Stream(r)
					require.NoError(b, err)
					for s.Next() {
					}
					require.NoError(b, s.Err())
					s.Release()
				}
			})
		}
	}
}
