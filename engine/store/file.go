package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"

	"github.com/cubeward/cubeward/cube"
)

// OpenOptions are the choices of Open. The zero OpenOptions are good.
type OpenOptions struct {
	MaxMemory int64 // what the parts of a file may be together when they are decompressed, in bytes; 0 means 16 GiB
}

const defaultMaxMemory = 16 << 30

// Validate reports what is wrong with the options.
func (o OpenOptions) Validate() error {
	if o.MaxMemory < 0 {
		return fmt.Errorf("store: MaxMemory is %d; it may not be negative", o.MaxMemory)
	}
	return nil
}

// File is an open rights file. It may be used by many goroutines at once.
type File struct {
	from   io.ReaderAt
	close  func() error
	size   uint64
	means  int // the version of decisions
	table  []section
	byKey  map[key]int
	run    run
	inputs []Input

	mu  sync.Mutex // of dec
	dec *zstd.Decoder
}

// run is which members the rights are of.
type run struct {
	shard, shards  int
	members, held  int
	profiles, sets int
}

// Open opens a rights file. It reads what stands at its beginning, and nothing that nobody asks for: so a file that is
// damaged further on is noticed when that part is first read (Verify reads all). It fails with a *DamageError, a
// *VersionError, or the system's error.
func Open(path string, opt OpenOptions) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("not a file")
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	out, err := New(f, info.Size(), opt)
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	out.close = f.Close
	return out, nil
}

// New is Open for a file of size bytes that from reads. The bytes must not change while it is used; who reads them with
// other bytes gets an error, not an answer.
func New(from io.ReaderAt, size int64, opt OpenOptions) (*File, error) {
	if err := opt.Validate(); err != nil {
		return nil, err
	}
	if size < 0 {
		return nil, fmt.Errorf("store: a file of %d bytes", size)
	}
	f := &File{from: from, size: uint64(size), close: func() error { return nil }, byKey: map[key]int{}}
	if err := f.readHead(); err != nil {
		return nil, err
	}
	limit := uint64(opt.MaxMemory)
	if limit == 0 {
		limit = defaultMaxMemory
	}
	if err := f.checkTable(limit); err != nil {
		return nil, err
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(limit), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		return nil, err
	}
	f.dec = dec
	if err := f.readRun(); err != nil {
		return nil, err
	}
	return f, f.readInputs()
}

// Close closes the file. Rights that were made of it fail from then on where they still have to read something.
func (f *File) Close() error { return f.close() }

// Inputs are the files that the model was read from, sorted by path.
func (f *File) Inputs() []Input { return slices.Clone(f.inputs) }

// Shard is which of how many shards the file is, from 1; 0, 0 where it is none.
func (f *File) Shard() (shard, shards int) { return f.run.shard, f.run.shards }

// Members is how many members the file holds the rights of, and how many the model has.
func (f *File) Members() (held, all int) { return f.run.held, f.run.members }

// Current says whether the file holds what this program would decide: a fix may have changed the answers since.
func (f *File) Current() bool { return f.means == decisionsVersion }

// readHead reads the header and the table.
func (f *File) readHead() error {
	bad := func(at int, format string, args ...any) error {
		return &DamageError{"header", int64(at), fmt.Errorf(format, args...)}
	}
	start := make([]byte, min(f.size, 4096))
	if err := f.readAt(start, 0); err != nil {
		return err
	}
	if len(start) < len(magic) || !IsFile(start) {
		return bad(0, "not a rights file")
	}
	if len(start) < headSize {
		return bad(len(start), "it ends too early")
	}
	if v := binary.LittleEndian.Uint16(start[8:]); v != formatVersion {
		return &VersionError{int(v), formatVersion}
	}
	f.means = int(binary.LittleEndian.Uint16(start[10:]))
	if size := binary.LittleEndian.Uint64(start[16:]); size != f.size {
		return bad(16, "it says that the file has %d bytes, and it has %d", size, f.size)
	}
	n := uint64(binary.LittleEndian.Uint32(start[12:]))
	if n > (f.size-headSize)/entrySize {
		return bad(12, "%d sections in %d bytes", n, f.size)
	}
	end := headSize + entrySize*n
	if end > uint64(len(start)) {
		rest := make([]byte, end-uint64(len(start)))
		if err := f.readAt(rest, uint64(len(start))); err != nil {
			return err
		}
		start = append(start, rest...)
	}
	start = start[:end]
	if headSum(start) != binary.LittleEndian.Uint64(start[24:]) {
		return bad(24, "the checksum of header and table is another one")
	}
	for e := start[headSize:]; len(e) > 0; e = e[entrySize:] {
		f.table = append(f.table, section{
			key:     key{kind(binary.LittleEndian.Uint16(e)), binary.LittleEndian.Uint32(e[4:])},
			version: binary.LittleEndian.Uint16(e[2:]),
			offset:  binary.LittleEndian.Uint64(e[8:]),
			stored:  binary.LittleEndian.Uint64(e[16:]),
			raw:     binary.LittleEndian.Uint64(e[24:]),
			sum:     binary.LittleEndian.Uint64(e[32:]),
		})
	}
	return nil
}

func (f *File) readAt(to []byte, at uint64) error {
	n, err := f.from.ReadAt(to, int64(at))
	if n == len(to) {
		return nil
	}
	if err == nil || err == io.EOF {
		return &DamageError{"file", int64(at) + int64(n), io.ErrUnexpectedEOF}
	}
	return err
}

// checkTable says whether sections follow one another up to the end of the file, in order, and claim no more than
// their bytes allow.
func (f *File) checkTable(limit uint64) error {
	at, raw := uint64(headSize+entrySize*len(f.table)), uint64(0)
	for i, s := range f.table {
		bad := func(format string, args ...any) error {
			return &DamageError{"table", int64(headSize + entrySize*i), fmt.Errorf(s.key.String()+": "+format, args...)}
		}
		switch {
		case s.kind == 0 || s.kind < optional && s.kind > setsSection:
			return bad("an unknown kind of section")
		case s.kind < optional && s.version != sectionVersion:
			return &VersionError{formatVersion + 1, formatVersion}
		case !s.kind.many() && s.number != 0 || i > 0 && f.table[i-1].compare(s.key) >= 0:
			return bad("not in order")
		case s.offset != at || s.stored > f.size-at:
			return bad("it does not stand where the one before ends, or ends after the file")
		case s.raw < s.stored || s.raw > limit || raw+s.raw > limit || !plausible(s.kind, s.stored, s.raw):
			return bad("%d bytes of %d", s.raw, s.stored)
		}
		at, raw = at+s.stored, raw+s.raw
		f.byKey[s.key] = i
	}
	if at != f.size || raw > freeRaw+rawRatio*f.size {
		return &DamageError{"table", headSize, fmt.Errorf("sections of %d bytes, %d decompressed, in a file of %d", at, raw, f.size)}
	}
	for _, k := range []kind{runSection, inputsSection, modelSection, planSection, membersSection, profilesSection, setsSection} {
		if _, ok := f.byKey[key{kind: k}]; !ok {
			return &DamageError{"table", headSize, fmt.Errorf("there is no section %s", k)}
		}
	}
	return nil
}

// stored is a section as it stands in the file, held to its checksum.
func (f *File) stored(i int) ([]byte, error) {
	s := f.table[i]
	data := make([]byte, s.stored)
	if err := f.readAt(data, s.offset); err != nil {
		return nil, err
	}
	if xxh3.Hash(data) != s.sum {
		return nil, f.damaged(s.key, errors.New("its checksum is another one"))
	}
	return data, nil
}

// section is the content of a section.
func (f *File) section(k key) ([]byte, error) {
	i, ok := f.byKey[k]
	if !ok {
		return nil, &DamageError{"table", headSize, fmt.Errorf("there is no section %s", k)}
	}
	data, err := f.stored(i)
	s := f.table[i]
	if err != nil || s.raw == s.stored {
		return data, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	raw, err := f.dec.DecodeAll(data, make([]byte, 0, s.raw))
	if err == nil && uint64(len(raw)) != s.raw {
		err = fmt.Errorf("%d bytes, not %d", len(raw), s.raw)
	}
	if err != nil {
		return nil, f.damaged(k, fmt.Errorf("it cannot be decompressed: %w", err))
	}
	return raw, nil
}

// damaged says which section is wrong, and where it stands.
func (f *File) damaged(k key, err error) error {
	if err == nil {
		return nil
	}
	at := int64(headSize)
	if i, ok := f.byKey[k]; ok {
		at = int64(f.table[i].offset)
	}
	return &DamageError{k.String(), at, err}
}

// read reads a whole section with what reads its content.
func (f *File) read(k key, with func(*take)) error {
	raw, err := f.section(k)
	if err != nil {
		return err
	}
	t := taking(raw)
	with(t)
	return f.damaged(k, t.failed())
}

func (f *File) readRun() error {
	return f.read(key{kind: runSection}, func(t *take) {
		r := &f.run
		r.shard = t.upTo(maxShards, "shard")
		r.shards = t.upTo(maxShards, "number of shards")
		r.members = t.upTo(cube.MaxItems-2, "number of members")
		r.held = t.upTo(r.members, "number of members")
		r.profiles = t.upTo(r.held, "number of profiles")
		r.sets = t.upTo(math.MaxUint32-2, "number of sets")
		if r.shard > r.shards || (r.shard == 0) != (r.shards == 0) {
			t.fail(fmt.Errorf("there is no shard %d of %d", r.shard, r.shards))
		}
		t.end()
	})
}

func (f *File) readInputs() error {
	return f.read(key{kind: inputsSection}, func(t *take) {
		for n := t.count(34); n > 0 && t.ok(); n-- {
			in := Input{Path: t.text(), Size: int64(t.upTo(1<<62, "size"))}
			copy(in.SHA256[:], t.bytes(uint64(len(in.SHA256))))
			if k := len(f.inputs); in.Path == "" || k > 0 && f.inputs[k-1].Path >= in.Path {
				t.fail(errors.New("inputs are not in order"))
			}
			f.inputs = append(f.inputs, in)
		}
		t.end()
	})
}
