package modelfile

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

// Frames of every size, level and window are read as their encoder wrote them.
func TestZstdHeaders(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 200, 300, 70_000, 1 << 20} {
		data := make([]byte, n)
		for i := range data {
			data[i] = byte(rng.IntN(1 + n%7))
		}
		for _, opt := range [][]zstd.EOption{
			nil,
			{zstd.WithSingleSegment(true)},
			{zstd.WithEncoderCRC(false)},
			{zstd.WithZeroFrames(true)},
			{zstd.WithEncoderLevel(zstd.SpeedBestCompression)},
			{zstd.WithWindowSize(1 << 10)},
			{zstd.WithWindowSize(4 << 20)},
		} {
			e, err := zstd.NewWriter(nil, opt...)
			require.NoError(t, err)
			frame := e.EncodeAll(data, nil)
			var streamed bytes.Buffer
			e.Reset(&streamed)
			_, err = e.Write(data)
			require.NoError(t, err)
			require.NoError(t, e.Close())
			for _, b := range [][]byte{frame, streamed.Bytes(), append(bytes.Clone(frame), streamed.Bytes()...)} {
				require.NoError(t, checkZstd(b, minWindow), "%d bytes", n)
				if len(b) > 0 {
					require.Error(t, checkZstd(b[:len(b)-1], minWindow))
				}
				var h zstd.Header
				if len(b) > 0 && h.Decode(b) == nil && h.WindowSize > 0 {
					window, content, _ := zstdHeader(b[4], b[5:])
					require.Equal(t, h.WindowSize, uint64(window))
					if h.HasFCS {
						require.Equal(t, h.FrameContentSize, uint64(content))
					}
					_, most, err := ZstdNeeds(b)
					require.NoError(t, err)
					require.GreaterOrEqual(t, most, int64(n))
					require.LessOrEqual(t, most, 2*(int64(n)+maxZstdBlock))
					require.ErrorIs(t, checkZstd(b, window-1), ErrTooLarge)
				}
			}
		}
	}
	skipped := binary.LittleEndian.AppendUint32([]byte{0x5a, 0x2a, 0x4d, 0x18}, 3)
	require.NoError(t, checkZstd(append(skipped, 1, 2, 3), minWindow))
	require.ErrorIs(t, checkZstd(append(skipped, 1, 2), minWindow), errCompressed)
	require.ErrorIs(t, checkZstd([]byte("no frame at all"), minWindow), errCompressed)
}

// A second frame may ask for more than the first.
func TestZstdWindowOfALaterFrame(t *testing.T) {
	e, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	b := append(e.EncodeAll([]byte("small"), nil), 0x28, 0xb5, 0x2f, 0xfd, 0, 0xf8, 1, 0, 0)
	require.ErrorIs(t, checkZstd(b, maxWindow), ErrTooLarge)
	b[len(b)-4] = 0
	require.NoError(t, checkZstd(b, maxWindow))
}

// zeros is a stream of n bytes of zeros, compressed.
func zeros(t *testing.T, n int, opt ...ipc.Option) []byte {
	t.Helper()
	b := array.NewInt64Builder(memory.DefaultAllocator)
	b.AppendValues(make([]int64, n/8), nil)
	schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)
	batch := array.NewRecordBatch(schema, []arrow.Array{b.NewArray()}, int64(n/8))
	var buf bytes.Buffer
	w := ipc.NewWriter(&buf, append(opt, ipc.WithSchema(schema))...)
	require.NoError(t, w.Write(batch))
	require.NoError(t, w.Write(batch))
	require.NoError(t, w.Close())
	return buf.Bytes()
}

func TestMemoryLimitOfArrow(t *testing.T) {
	const size = 4 << 20
	for _, opt := range [][]ipc.Option{nil, {ipc.WithZstd()}, {ipc.WithLZ4()}} {
		data := zeros(t, size, opt...)
		read := func(limit int64) (int, error) {
			r, err := ReadArrowStream(bytes.NewReader(data), ArrowOptions{MemoryLimit: limit})
			require.NoError(t, err)
			defer r.Release()
			n := 0
			for r.Next() {
				n++
			}
			return n, r.Err()
		}
		_, err := read(size - 8)
		require.ErrorIs(t, err, ErrTooLarge)
		for _, limit := range []int64{0, size + 1024} {
			n, err := read(limit)
			require.NoError(t, err)
			require.Equal(t, 2, n, "the limit is for each batch")
		}
	}
}

// What a compressed buffer says of its size is checked before anybody believes it.
func TestLyingSizesOfCompressedBuffers(t *testing.T) {
	body := func(size int64, data ...byte) []byte {
		return append(binary.LittleEndian.AppendUint64(nil, uint64(size)), data...)
	}
	check := func(b []byte, limit int64, parts ...block) error { return compressed{parts: parts}.check(b, limit) }
	require.NoError(t, check(body(100, 1, 2), 100, block{0, 10}))
	require.ErrorIs(t, check(body(101, 1, 2), 100, block{0, 10}), ErrTooLarge)
	require.ErrorIs(t, check(body(60, 1, 2), 100, block{0, 10}, block{0, 10}), ErrTooLarge, "all buffers together")
	require.ErrorIs(t, check(body(1<<62, 1, 2), 100, block{0, 10}, block{0, 10}, block{0, 10}), ErrTooLarge)
	require.NoError(t, check(body(1<<62, 1, 2), 0, block{0, 10}, block{0, 10}, block{0, 10}))
	require.NoError(t, check(body(-1, 1, 2), 2, block{0, 10}))
	require.ErrorIs(t, check(body(-1, 1, 2), 1, block{0, 10}), ErrTooLarge)
	for _, p := range []block{{-1, 10}, {0, 11}, {3, 9}, {0, 7}, {1 << 62, 10}, {0, -1}, {10, 8}} {
		require.ErrorIs(t, check(body(5, 1, 2), 100, p), errCompressed, "%v", p)
	}
	require.ErrorIs(t, check(body(-2, 1, 2), 100, block{0, 10}), errCompressed)
}
