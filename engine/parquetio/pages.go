package parquetio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"

	"github.com/cubeward/cubeward/cube/modelfile"
)

var errDamaged = errors.New("damaged file")

// chunk is one column of a row group, as the metadata has it.
type chunk struct {
	size   int64
	values int64
	codec  compress.Compression
}

// source is a Parquet file whose metadata and pages are checked before the library reads them: it believes the sizes in
// them, and running out of memory cannot be recovered from. It reads a chunk at once.
type source struct {
	parquet.ReaderAtSeeker // stays open: it is its owner's to close
	limit                  int64
	chunks                 map[int64]chunk // by their first byte; nil until the metadata are read
}

// checkTail checks the metadata at the end of the file. Where there are none the library says so.
func (s *source) checkTail() error {
	size, err := s.Seek(0, io.SeekEnd)
	if err != nil || size < 12 {
		return err
	}
	tail := make([]byte, 8)
	if _, err := s.ReadAt(tail, size-8); err != nil {
		return err
	}
	n := int64(binary.LittleEndian.Uint32(tail))
	switch {
	case string(tail[4:]) == "PARE":
		return errors.New("the file is encrypted")
	case string(tail[4:]) != "PAR1" || n > size-8:
		return fmt.Errorf("%w: no metadata at its end", errDamaged)
	case n > s.limit:
		return ErrTooLarge
	}
	footer := make([]byte, n)
	if _, err := s.ReadAt(footer, size-8-n); err != nil {
		return err
	}
	return checkFooter(footer, s.limit)
}

// know takes down where the chunks of the file are.
func (s *source) know(r *file.Reader, size int64) error {
	s.chunks = map[int64]chunk{}
	for g := range r.NumRowGroups() {
		group := r.MetaData().RowGroup(g)
		for c := range group.NumColumns() {
			col, err := group.ColumnChunk(c)
			if err != nil {
				return err
			}
			start := col.DataPageOffset()
			if at := col.DictionaryPageOffset(); col.HasDictionaryPage() && at > 0 && at < start {
				start = at
			}
			x := chunk{col.TotalCompressedSize(), col.NumValues(), col.Compression()}
			switch {
			case start < 0 || x.size < 0 || x.values < 0 || start > size || x.size > size-start:
				return fmt.Errorf("%w: a column lies outside of it", errDamaged)
			case x.size > s.limit:
				return ErrTooLarge
			case x.size == 0:
				continue
			}
			if other, twice := s.chunks[start]; twice && other != x {
				return fmt.Errorf("%w: two columns lie in one place", errDamaged)
			}
			s.chunks[start] = x
		}
	}
	return nil
}

// ReadAt refuses negative offsets, which damaged files lead to: to a file they would be failures of its own. Chunks are
// checked.
func (s *source) ReadAt(p []byte, at int64) (int, error) {
	if at < 0 {
		return 0, errors.New("an offset in the file is negative")
	}
	n, err := s.ReaderAtSeeker.ReadAt(p, at)
	if s.chunks == nil || n == 0 {
		return n, err
	}
	x, ok := s.chunks[at]
	if !ok {
		return 0, fmt.Errorf("%w: no column starts there", errDamaged)
	}
	if bad := x.check(p[:n], s.limit); bad != nil {
		return 0, bad
	}
	return n, err
}

// page is the header of a page.
type page struct {
	kind                int64
	raw, packed         int64 // bytes of the body, expanded and as it stands
	values, rows        int64
	defined, repetition int64 // bytes of levels before the compressed values, in version 2
	plain               bool  // version 2: not compressed
}

// The kinds of pages.
const (
	dataPage       = 0
	dictionaryPage = 2
	dataPageV2     = 3
)

// page reads a page's header.
func (t *thrift) page() page {
	var p page
	numbers := func(into map[int]*int64) func(int, byte) bool {
		return func(id int, typ byte) bool {
			if id == 7 && typ == thriftFalse {
				p.plain = true
			}
			v, ok := into[id]
			if !ok || typ != 5 {
				return false
			}
			*v = t.number()
			return true
		}
	}
	t.fields(0, func(id int, typ byte) bool {
		switch {
		case typ == 5 && id >= 1 && id <= 3:
			*map[int]*int64{1: &p.kind, 2: &p.raw, 3: &p.packed}[id] = t.number()
		case typ == thriftStruct && id == 5, typ == thriftStruct && id == 7:
			t.fields(1, numbers(map[int]*int64{1: &p.values}))
		case typ == thriftStruct && id == 8:
			t.fields(1, numbers(map[int]*int64{1: &p.values, 3: &p.rows, 5: &p.defined, 6: &p.repetition}))
		default:
			return false
		}
		return true
	})
	return p
}

// check goes through the pages of a chunk until it has seen its values.
func (c chunk) check(b []byte, limit int64) error {
	for seen := int64(0); seen < c.values && len(b) > 0; {
		t := &thrift{b: b}
		p := t.page()
		levels := p.defined + p.repetition
		switch {
		case t.bad, min(p.raw, p.packed, p.values, p.rows, p.defined, p.repetition) < 0, p.packed > int64(len(b)-t.at), levels > min(p.packed, p.raw):
			return fmt.Errorf("%w: the header of a page", errDamaged)
		case p.raw > limit || t.cost > limit:
			return ErrTooLarge
		case p.kind == dictionaryPage && p.values > p.raw:
			return fmt.Errorf("%w: a dictionary of more values than bytes", errDamaged)
		}
		body := b[t.at : t.at+int(p.packed)]
		b = b[t.at+int(p.packed):]
		switch p.kind {
		case dataPage:
			seen += p.values
		case dataPageV2:
			seen += p.rows
			body, p.raw = body[levels:], p.raw-levels
			if p.plain {
				continue
			}
		}
		if err := checkPacked(c.codec, body, p.raw, limit); err != nil {
			return err
		}
	}
	return nil
}

// checkPacked makes sure that a body expands to no more than its page says. Codecs that are not named here stop there by
// themselves.
func checkPacked(codec compress.Compression, body []byte, raw, limit int64) error {
	if len(body) == 0 {
		return nil
	}
	switch codec {
	case compress.Codecs.Snappy:
		if n, k := binary.Uvarint(body); k <= 0 || n > uint64(raw) {
			return fmt.Errorf("%w: a page expands to more than it says", errDamaged)
		}
	case compress.Codecs.Zstd:
		window, size, err := modelfile.ZstdNeeds(body)
		switch {
		case err != nil:
			return fmt.Errorf("%w: %w", errDamaged, err)
		case window > max(limit, 8<<20) || size > max(limit, raw):
			return ErrTooLarge
		}
	}
	return nil
}
