package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// maxMetadata bounds the schema and the header of a batch, in bytes.
const maxMetadata = 64 << 20

// boundedMemory allocates at most limit bytes between two calls of reset: a small compressed message may claim to be
// of any size. What is past the limit panics, which the readers of Arrow IPC turn into an error.
type boundedMemory struct {
	memory.Allocator
	limit, left int64
}

var errTooLarge = errors.New("larger than --memory")

func newBoundedMemory(limit int64) *boundedMemory {
	return &boundedMemory{Allocator: memory.NewGoAllocator(), limit: limit, left: limit}
}

func (b *boundedMemory) reset() { b.left = b.limit }

// Allocate is size bytes, or a panic where too many were asked for.
func (b *boundedMemory) Allocate(size int) []byte {
	b.take(size)
	return b.Allocator.Allocate(size)
}

// Reallocate is Allocate for a slice that grows.
func (b *boundedMemory) Reallocate(size int, old []byte) []byte {
	b.take(size - len(old))
	return b.Allocator.Reallocate(size, old)
}

func (b *boundedMemory) take(n int) {
	if b.left -= int64(max(n, 0)); b.left < 0 {
		panic(errTooLarge)
	}
}

func limits(mem memory.Allocator, limit int64) []ipc.Option {
	return []ipc.Option{ipc.WithAllocator(mem), ipc.WithMetadataSizeLimit(min(maxMetadata, limit)), ipc.WithBodySizeLimit(limit)}
}

// endWatch notices whether its reader came to the end of the bytes.
type endWatch struct {
	r     io.Reader
	ended bool
}

// Read reads on.
func (e *endWatch) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if n == 0 && err == io.EOF {
		e.ended = true
	}
	return n, err
}

// streamReader reads an Arrow IPC stream.
type streamReader struct {
	name   string
	close  io.Closer // nil for standard input
	from   *ipc.Reader
	bytes  *endWatch
	mem    *boundedMemory
	number int
}

func newStreamReader(name string, r io.Reader, c io.Closer, limit int64) (*streamReader, error) {
	mem := newBoundedMemory(limit)
	s := &streamReader{name: name, close: c, bytes: &endWatch{r: bufio.NewReaderSize(r, 256<<10)}, mem: mem}
	err := guard(func() (err error) {
		s.from, err = ipc.NewReaderFromMessageReader(ipc.NewMessageReader(s.bytes, limits(mem, limit)...), ipc.WithAllocator(mem))
		return err
	})
	if err != nil {
		return nil, damaged(name, "is not an Arrow IPC stream", err)
	}
	return s, nil
}

// Schema is the schema of the batches.
func (s *streamReader) Schema() *arrow.Schema { return s.from.Schema() }

// Next is the next batch, or io.EOF. A stream that stops without its end marker is an error: whoever wrote it failed
// on the way (SPEC 6).
func (s *streamReader) Next() (arrow.RecordBatch, error) {
	s.mem.reset()
	if !s.from.Next() {
		switch err := s.from.Err(); {
		case err != nil:
			return nil, damaged(s.name, s.unreadable(err), err)
		case s.bytes.ended:
			return nil, fileError(s.name, "the stream stops after %d batches without its end marker: it is not complete", s.number)
		}
		return nil, io.EOF
	}
	s.number++
	b := s.from.RecordBatch()
	if err := checked(s.name, s.number, b); err != nil {
		return nil, err
	}
	b.Retain()
	return b, nil
}

func (s *streamReader) unreadable(err error) string {
	if errors.Is(err, errTooLarge) {
		return fmt.Sprintf("batch %d is larger than --memory allows", s.number+1)
	}
	return fmt.Sprintf("batch %d cannot be read", s.number+1)
}

// Close gives back the file.
func (s *streamReader) Close() error {
	s.from.Release()
	if s.close == nil {
		return nil
	}
	return s.close.Close()
}

// fileReader reads an Arrow IPC file.
type fileReader struct {
	name   string
	file   *os.File
	from   *ipc.FileReader
	mem    *boundedMemory
	number int
}

func newFileReader(name string, file *os.File, limit int64) (*fileReader, error) {
	mem := newBoundedMemory(limit)
	r := &fileReader{name: name, file: file, mem: mem}
	err := guard(func() (err error) {
		r.from, err = ipc.NewFileReader(file, limits(mem, limit)...)
		return err
	})
	if err != nil {
		return nil, damaged(name, "is not an Arrow IPC file", err)
	}
	return r, nil
}

// Schema is the schema of the batches.
func (r *fileReader) Schema() *arrow.Schema { return r.from.Schema() }

// Next is the next batch, or io.EOF.
func (r *fileReader) Next() (arrow.RecordBatch, error) {
	if r.number >= r.from.NumRecords() {
		return nil, io.EOF
	}
	r.mem.reset()
	var b arrow.RecordBatch
	err := guard(func() (err error) {
		b, err = r.from.RecordBatchAt(r.number)
		return err
	})
	r.number++
	if err != nil {
		return nil, damaged(r.name, fmt.Sprintf("batch %d cannot be read", r.number), err)
	}
	if err := checked(r.name, r.number, b); err != nil {
		b.Release()
		return nil, err
	}
	return b, nil
}

// Close gives back the file.
func (r *fileReader) Close() error {
	_ = guard(r.from.Close)
	return r.file.Close()
}
