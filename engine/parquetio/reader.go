package parquetio

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/cubeward/cubeward/cube/modelfile"
)

// DefaultMemoryLimit is what reading one batch may take where Options say nothing, in bytes.
const DefaultMemoryLimit = 1 << 30

// batchRows is the number of rows in a batch but the last.
const batchRows = 64 << 10

// Options are the choices of NewReader. The zero Options are good.
type Options struct {
	MemoryLimit int64 // the most bytes that reading one batch may take; 0 means DefaultMemoryLimit
}

// Validate reports what is wrong with the options.
func (o Options) Validate() error {
	if o.MemoryLimit < 0 {
		return fmt.Errorf("parquetio: MemoryLimit is %d; it may not be negative", o.MemoryLimit)
	}
	return nil
}

// ErrTooLarge says that reading a batch takes more than Options.MemoryLimit.
var ErrTooLarge = errors.New("parquetio: a batch takes more memory than allowed")

// Reader reads the rows of a Parquet file as batches of up to 64 Ki rows, in file order. It is an array.RecordReader
// for one goroutine.
type Reader struct {
	mem  *bounded
	file *file.Reader
	from pqarrow.RecordReader
	rows int64 // not read yet
	err  error
	refs atomic.Int64
}

// NewReader opens a Parquet file, which stays the caller's and must stay open until the Reader is released. The bytes
// need not be trusted: damage is an error, never a panic, and what reading takes is bounded by the options.
func NewReader(r parquet.ReaderAtSeeker, opt Options) (*Reader, error) {
	if err := opt.Validate(); err != nil {
		return nil, err
	}
	limit := opt.MemoryLimit
	if limit == 0 {
		limit = DefaultMemoryLimit
	}
	out := &Reader{mem: newBounded(limit)}
	out.refs.Store(1)
	err := guard(func() error { return out.open(r) })
	if err != nil {
		out.Release()
		return nil, fmt.Errorf("parquetio: %w", err)
	}
	return out, nil
}

// ReadTable reads a table of a model from a Parquet file: it is a modelfile.TableReader.
func ReadTable(f *io.SectionReader) (array.RecordReader, error) {
	r, err := NewReader(f, Options{})
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Reader) open(from parquet.ReaderAtSeeker) error {
	checked := &source{ReaderAtSeeker: from, limit: r.mem.limit}
	err := checked.checkTail()
	if err != nil {
		return err
	}
	props := parquet.NewReaderProperties(r.mem)
	props.MaxCompressedPageSize, props.MaxUncompressedPageSize = r.mem.limit, r.mem.limit
	r.file, err = file.NewParquetReader(checked, file.WithReadProps(props))
	if err != nil {
		return err
	}
	if err := checked.know(r.file, r.file.MetaData().GetSourceFileSize()); err != nil {
		return err
	}
	if err := rewriteSchema(r.file.MetaData().KeyValueMetadata()); err != nil {
		return err
	}
	arrows, err := pqarrow.NewFileReader(r.file, pqarrow.ArrowReadProperties{BatchSize: batchRows}, r.mem)
	if err != nil {
		return err
	}
	r.from, err = arrows.GetRecordReader(context.Background(), nil, nil)
	if err != nil {
		return err
	}
	r.rows = r.file.NumRows()
	if r.rows < 0 || r.rows > 1<<20+r.file.MetaData().GetSourceFileSize()*rowsPerByte {
		return fmt.Errorf("%w: it claims more rows than its size allows", errDamaged)
	}
	return nil
}

// rowsPerByte is how many rows a byte of a file may stand for: runs of equal values are a few bytes however long they
// are, and more rows than that would only be a way to keep a reader busy.
const rowsPerByte = 1 << 16

// rewriteSchema puts the Arrow schema that a writer stored in the file, read by a reader that checks it, in the place
// of the bytes that pqarrow would believe: the counts in those may claim more memory than there is.
func rewriteSchema(md metadata.KeyValueMetadata) error {
	stored := md.FindValue("ARROW:schema")
	if stored == nil {
		return nil
	}
	message, err := base64.StdEncoding.DecodeString(*stored)
	if err != nil {
		message, err = base64.RawStdEncoding.DecodeString(*stored)
	}
	if err != nil {
		return errors.New("the stored Arrow schema is damaged")
	}
	r, err := modelfile.ReadArrowStream(bytes.NewReader(message), modelfile.ArrowOptions{})
	if err != nil {
		return fmt.Errorf("the stored Arrow schema is damaged: %w", err)
	}
	defer r.Release()
	var again bytes.Buffer
	if err := ipc.NewWriter(&again, ipc.WithSchema(r.Schema())).Close(); err != nil {
		return err
	}
	*stored = base64.StdEncoding.EncodeToString(again.Bytes())
	return nil
}

// Schema is the schema of all batches: the one stored by an Arrow writer, else what the Parquet types say.
func (r *Reader) Schema() *arrow.Schema { return r.from.Schema() }

// Next goes to the next batch; false after the last, and where reading failed: see Err.
func (r *Reader) Next() bool {
	if r.err != nil {
		return false
	}
	r.mem.left.Store(r.mem.limit)
	more := false
	err := guard(func() error {
		if more = r.from.Next(); !more {
			if err := r.from.Err(); err != nil {
				return err
			}
			if r.rows > 0 {
				return errors.New("the file holds fewer rows than it claims")
			}
			return nil
		}
		if r.rows -= r.from.RecordBatch().NumRows(); r.rows < 0 {
			return errors.New("the file holds more rows than it claims")
		}
		return validate(r.from.RecordBatch())
	})
	if err != nil {
		r.err = fmt.Errorf("parquetio: %w", err)
	}
	return more && err == nil
}

// validate checks every value of a batch. Columns of nulls have none, and the check would miss their buffers.
func validate(b arrow.RecordBatch) error {
	for i, f := range b.Schema().Fields() {
		if f.Type.ID() == arrow.NULL {
			continue
		}
		if err := array.ValidateFull(b.Column(i)); err != nil {
			return fmt.Errorf("column %q: %w", f.Name, err)
		}
	}
	return nil
}

// RecordBatch is the current batch, which belongs to the Reader until the next call of Next.
func (r *Reader) RecordBatch() arrow.RecordBatch { return r.from.RecordBatch() }

// Record is RecordBatch, which array.RecordReader still asks for under its old name.
func (r *Reader) Record() arrow.RecordBatch { return r.from.RecordBatch() }

// Err is why Next stopped before the end of the file; nil where it did not.
func (r *Reader) Err() error { return r.err }

// Retain says that one more user must release the Reader.
func (r *Reader) Retain() { r.refs.Add(1) }

// Release gives back what the Reader holds, once every user did.
func (r *Reader) Release() {
	if r.refs.Add(-1) != 0 {
		return
	}
	if r.from != nil {
		r.from.Release()
	}
	if r.file != nil {
		_ = guard(r.file.Close)
	}
}

// guard turns the panics of the Parquet reader on damaged bytes into errors.
func guard(call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if e, ok := p.(error); ok && errors.Is(e, ErrTooLarge) {
				err = ErrTooLarge
				return
			}
			err = fmt.Errorf("damaged file: %v", p)
		}
	}()
	return call()
}

// bounded allocates at most left bytes; more panics, which guard turns into ErrTooLarge. A small compressed page may
// claim to be of any size. Batches may be let go by other goroutines than the one that reads.
type bounded struct {
	memory.Allocator
	limit int64
	left  atomic.Int64
}

func newBounded(limit int64) *bounded {
	b := &bounded{Allocator: memory.NewGoAllocator(), limit: limit}
	b.left.Store(limit)
	return b
}

// Allocate is size bytes.
func (b *bounded) Allocate(size int) []byte {
	b.take(size)
	return b.Allocator.Allocate(size)
}

// Reallocate is Allocate for a slice that changes its size.
func (b *bounded) Reallocate(size int, old []byte) []byte {
	b.take(size - len(old))
	return b.Allocator.Reallocate(size, old)
}

// Free gives a slice back.
func (b *bounded) Free(old []byte) {
	for {
		left := b.left.Load()
		if b.left.CompareAndSwap(left, min(left+int64(len(old)), b.limit)) {
			break
		}
	}
	b.Allocator.Free(old)
}

func (b *bounded) take(n int) {
	if n > 0 && b.left.Add(-int64(n)) < 0 {
		panic(ErrTooLarge)
	}
}
