package modelfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Compressed data may expand to this many times their size, and small ones to minBudget.
const (
	maxExpansion = 1 << 10
	minBudget    = 64 << 20
	maxBudget    = 8 << 30
)

const maxMetadata = 64 << 20

// ArrowOptions are the choices of ReadArrowStream and ReadArrowFile. The zero ArrowOptions are good.
type ArrowOptions struct {
	// MemoryLimit is the most bytes that a batch may have, as it stands in the data and expanded. Reading takes up to
	// twice as much, and what a decoder needs. 0 means no limit but about a thousand times the bytes read.
	MemoryLimit int64
}

// ReadArrowStream reads an Arrow IPC stream from a source that nobody vouches for. Where ipc.Reader would panic, run out of memory or
// take a stream that was cut for a shorter one, the reader that it returns ends with an error; its batches are
// validated in full. The caller releases it. A batch over the limit of the options is an ErrTooLarge.
func ReadArrowStream(r io.Reader, opt ArrowOptions) (array.RecordReader, error) {
	return newArrowReader(&messages{limit: opt.MemoryLimit, next: func(m *messages) ([]byte, []byte, error) { return m.read(r, -1) }})
}

// ReadArrowFile is ReadArrowStream for an Arrow IPC file of that size.
func ReadArrowFile(r io.ReaderAt, size int64, opt ArrowOptions) (array.RecordReader, error) {
	const magic = "ARROW1"
	tail := make([]byte, 4+len(magic))
	if size < int64(len(magic)+2+len(tail)) {
		return nil, errors.New("the file is too short for an Arrow file")
	}
	end := size - int64(len(tail))
	head := make([]byte, len(magic))
	if _, err := r.ReadAt(head, 0); err != nil {
		return nil, err
	}
	if _, err := r.ReadAt(tail, end); err != nil {
		return nil, err
	}
	length := int64(int32(binary.LittleEndian.Uint32(tail)))
	if string(head) != magic || string(tail[4:]) != magic || length <= 0 || length > end {
		return nil, errors.New("the file is no Arrow file, or was cut short")
	}
	footer := make([]byte, length)
	if _, err := r.ReadAt(footer, end-length); err != nil {
		return nil, err
	}
	blocks, err := checkFooter(footer)
	if err != nil {
		return nil, err
	}
	// The schema of the messages stands first, the batches where the footer says.
	blocks = append([]block{{offset: int64(len(magic) + 2)}}, blocks...)
	return newArrowReader(&messages{limit: opt.MemoryLimit, next: func(m *messages) ([]byte, []byte, error) {
		if len(blocks) == 0 {
			return nil, nil, io.EOF
		}
		at := blocks[0].offset
		blocks = blocks[1:]
		if at < 0 || at > size {
			return nil, nil, errMetadata
		}
		meta, body, err := m.read(io.NewSectionReader(r, at, size-at), size-at)
		if errors.Is(err, io.EOF) {
			err = errMetadata
		}
		return meta, body, err
	}})
}

// messages is an ipc.MessageReader that checks each message before arrow-go sees it.
type messages struct {
	next    func(*messages) (meta, body []byte, err error)
	limit   int64 // of a batch, 0 for none
	views   views
	budget  budget
	message *ipc.Message
}

// Message is the next message, valid until the one after; io.EOF after the last.
func (m *messages) Message() (*ipc.Message, error) {
	meta, body, err := m.next(m)
	if err != nil {
		return nil, err
	}
	m.Release()
	metaBuffer, bodyBuffer := memory.NewBufferBytes(meta), memory.NewBufferBytes(body)
	m.message = ipc.NewMessage(metaBuffer, bodyBuffer)
	metaBuffer.Release()
	bodyBuffer.Release()
	return m.message, nil
}

// Release gives the last message back.
func (m *messages) Release() {
	if m.message != nil {
		m.message.Release()
		m.message = nil
	}
}

// Retain does nothing: one reader owns the messages.
func (m *messages) Retain() {}

// read reads one message of at most left bytes, or of any number where left is negative. Nothing is allocated before
// its bytes are there. It fails with io.EOF only at an end marker.
func (m *messages) read(r io.Reader, left int64) (meta, body []byte, err error) {
	prefix := make([]byte, 8)
	if _, err := io.ReadFull(r, prefix[:4]); err != nil {
		return nil, nil, cut(err)
	}
	length := binary.LittleEndian.Uint32(prefix)
	if length == 0xffffffff { // else the form before Arrow 0.15, which has the length alone
		if _, err := io.ReadFull(r, prefix[4:]); err != nil {
			return nil, nil, cut(err)
		}
		length = binary.LittleEndian.Uint32(prefix[4:])
	}
	switch {
	case length == 0:
		return nil, nil, io.EOF
	case length > maxMetadata:
		return nil, nil, fmt.Errorf("the metadata of a message are larger than %d MiB", maxMetadata>>20)
	}
	if meta, err = readBytes(r, int64(length), max(left, m.limit)); err != nil {
		return nil, nil, err
	}
	size, packed, err := m.views.checkMessage(meta)
	switch {
	case err != nil:
		return nil, nil, err
	case left >= 0 && size > left:
		return nil, nil, cut(io.EOF)
	case m.limit > 0 && size > m.limit:
		return nil, nil, ErrTooLarge
	}
	if body, err = readBytes(r, size, max(left, m.limit)); err != nil {
		return nil, nil, err
	}
	if err = packed.check(body, m.limit); err != nil {
		return nil, nil, err
	}
	if m.limit == 0 {
		m.budget.grant(int64(length) + size)
	}
	return meta, body, nil
}

// spareBytes is the room behind what is read. arrow-go looks at a buffer as values of its type before it asks how many
// there are, and a buffer of a few bytes at the very end would be looked at past the memory that it is in.
const spareBytes = 64

// readBytes reads n bytes, of which some are known to be there, or may be asked for. Past them the buffer grows with what
// was read: n is the file's word.
func readBytes(r io.Reader, n, some int64) ([]byte, error) {
	if n <= max(some, 1<<20) {
		b := make([]byte, n, n+spareBytes)
		_, err := io.ReadFull(r, b)
		return b, cut(err)
	}
	var b bytes.Buffer
	b.Grow(int(min(n, 1<<20)))
	if _, err := io.CopyN(&b, r, n); err != nil {
		return nil, cut(err)
	}
	b.Grow(spareBytes)
	return b.Bytes(), nil
}

// cut is the error of a stream that ends too early.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the data were cut short")
	}
	return err // or nil
}

// arrowReader is an ipc.Reader that never panics and whose batches are valid.
type arrowReader struct {
	*ipc.Reader
	from *messages
	err  error
}

func newArrowReader(m *messages) (array.RecordReader, error) {
	m.budget.Allocator = memory.NewGoAllocator()
	m.budget.start(m.limit)
	// The constructor recovers from panics itself.
	r, err := ipc.NewReaderFromMessageReader(m, ipc.WithAllocator(&m.budget))
	if err != nil {
		return nil, err
	}
	return &arrowReader{Reader: r, from: m}, nil
}

// Next moves to the next batch, and says whether there is one.
func (r *arrowReader) Next() (more bool) {
	defer func() {
		if p := recover(); p != nil {
			r.err, more = fmt.Errorf("the data are damaged: %v", p), false
		}
	}()
	if r.err != nil {
		return false
	}
	if r.from.limit > 0 {
		r.from.budget.start(r.from.limit)
	}
	if !r.Reader.Next() {
		return false
	}
	r.err = validate(r.RecordBatch())
	return r.err == nil
}

// Err is what ended the reading, nil where it was the end of the data.
func (r *arrowReader) Err() error {
	if r.err != nil {
		return r.err
	}
	return r.Reader.Err()
}

// validate checks all values of a batch.
func validate(b arrow.RecordBatch) error {
	for i, f := range b.Schema().Fields() {
		if err := validateColumn(b.Column(i)); err != nil {
			return fmt.Errorf("column %s: %w", quote(f.Name), err)
		}
	}
	return nil
}

func validateColumn(a arrow.Array) error {
	if holdsNulls(a.DataType()) {
		d := withNullBuffers(a.Data())
		defer d.Release()
		a = array.MakeFromData(d)
		defer a.Release()
	}
	return array.ValidateFull(a)
}

// budget is an allocator that refuses to hand out more than data of their size can need: the sizes within compressed
// data are their own word, and running out of memory cannot be recovered from.
type budget struct {
	memory.Allocator
	granted int64
	left    atomic.Int64
}

// start allows limit bytes, or what data of any size may take.
func (b *budget) start(limit int64) {
	if limit == 0 {
		limit = minBudget
	}
	b.left.Store(limit)
}

// grant adds what n more bytes of data may expand to.
func (b *budget) grant(n int64) {
	n = min(n, maxBudget/maxExpansion) * maxExpansion
	n = min(n, maxBudget-b.granted)
	b.granted += n
	b.left.Add(n)
}

func (b *budget) spend(n int) {
	if b.left.Add(-int64(n)) < 0 {
		panic(fmt.Errorf("%w: the data expand to more than their size allows", ErrTooLarge))
	}
}

// Allocate is memory.Allocator's; it panics over the budget, which the readers turn into errors.
func (b *budget) Allocate(size int) []byte {
	b.spend(size)
	return b.Allocator.Allocate(size)
}

// Reallocate is memory.Allocator's.
func (b *budget) Reallocate(size int, old []byte) []byte {
	b.spend(size - len(old))
	return b.Allocator.Reallocate(size, old)
}

// Free is memory.Allocator's.
func (b *budget) Free(p []byte) {
	b.left.Add(int64(len(p)))
	b.Allocator.Free(p)
}
