package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/inherit"
)

// Input is a file that a model was read from.
type Input struct {
	Path   string // relative to the model's folder, with slashes
	Size   int64
	SHA256 [sha256.Size]byte
}

// WriteOptions are the choices of Write. The zero WriteOptions are good.
type WriteOptions struct {
	Inputs        []Input // what the model was read from; kept sorted by path
	Folder        string  // the model's folder, as positions name it: they are kept relative to it
	Shard, Shards int     // the rights are those of ShardMembers(Shard, Shards, …); 0: of all members, or of some that are no shard
}

// Validate reports what is wrong with the options, all of it.
func (o WriteOptions) Validate() error {
	var errs []error
	if o.Shards < 0 || o.Shard < 0 || o.Shard > o.Shards || o.Shards > 0 && o.Shard == 0 || o.Shards > maxShards {
		errs = append(errs, fmt.Errorf("store: there is no shard %d of %d", o.Shard, o.Shards))
	}
	seen := map[string]bool{}
	for _, in := range o.Inputs {
		if in.Path == "" || in.Size < 0 || seen[in.Path] {
			errs = append(errs, fmt.Errorf("store: the input %q has no name or size, or stands twice", in.Path))
		}
		seen[in.Path] = true
	}
	return errors.Join(errs...)
}

// maxShards is the most shards that rights may be written in.
const maxShards = 1 << 20

// Write writes rights as a rights file. Equal rights of equal models give equal bytes, whoever worked them out, in
// whatever order and, given the folder, wherever the model stands. It holds the compressed file in memory.
//
// It fails where the workspace was not built in the ways that package cube offers, where the members that are held are
// not those of the shard, and where ctx is done or w fails.
func Write(ctx context.Context, w io.Writer, r *engine.Rights, opt WriteOptions) error {
	if err := opt.Validate(); err != nil {
		return err
	}
	s, err := r.Snapshot()
	if err != nil {
		return err
	}
	if err := checkShard(s.Of, opt.Shard, opt.Shards); err != nil {
		return err
	}
	if _, err := inherit.Restore(r.Workspace(), s.Plan); err != nil {
		return fmt.Errorf("store: the plan cannot be kept: %w", err)
	}
	f, err := newFileWriter(ctx)
	if err != nil {
		return err
	}
	f.add(inputsSection, 0, inputs(opt.Inputs))
	if err := f.model(r, &s, opt.Folder); err != nil {
		return err
	}
	if err := f.rights(opt.Shard, opt.Shards, &s); err != nil {
		return err
	}
	return f.write(w)
}

func inputs(ins []Input) []byte {
	p := put{}
	ins = slices.SortedFunc(slices.Values(ins), func(a, b Input) int { return cmp.Compare(a.Path, b.Path) })
	p.int(len(ins))
	for _, in := range ins {
		p.text(in.Path)
		p.uint(uint64(in.Size))
		p.b = append(p.b, in.SHA256[:]...)
	}
	return p.b
}

// fileWriter collects the sections of a file.
type fileWriter struct {
	ctx   context.Context
	enc   *zstd.Encoder
	table []section
	data  [][]byte // as stored
	raw   [][]byte // of those that are compressed so much that they may have to be stored as they are
}

func newFileWriter(ctx context.Context) (*fileWriter, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderCRC(false))
	return &fileWriter{ctx: ctx, enc: enc}, err
}

// add adds a section, which it takes over.
func (f *fileWriter) add(k kind, number int, raw []byte) {
	s := section{key: key{k, uint32(number)}, version: sectionVersion, raw: uint64(len(raw))}
	data := f.enc.EncodeAll(raw, nil)
	if len(data) >= len(raw) || !plausible(k, uint64(len(data)), uint64(len(raw))) {
		data = raw
	}
	f.keep(s, data, raw)
}

func (f *fileWriter) keep(s section, data, raw []byte) {
	s.stored, s.sum = uint64(len(data)), xxh3.Hash(data)
	f.table = append(f.table, s)
	f.data = append(f.data, data)
	if uint64(len(raw)) <= rawRatio*uint64(len(data)) {
		raw = nil
	}
	f.raw = append(f.raw, raw)
}

// plausible says whether a section of so many bytes may be so many raw. What describes a model becomes much larger in
// memory than it is here, so less is taken for granted.
func plausible(k kind, stored, raw uint64) bool {
	switch k {
	case runSection, inputsSection, modelSection, planSection:
		return raw <= 64<<10+32*stored
	}
	return true
}

// write puts the sections in order and writes the file.
func (f *fileWriter) write(w io.Writer) error {
	order := make([]int, len(f.table))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return f.table[a].compare(f.table[b].key) })
	f.expand(order)
	size := uint64(headSize + entrySize*len(order))
	table := make([]section, len(order))
	for i, o := range order {
		table[i] = f.table[o]
		table[i].offset = size
		size += table[i].stored
	}
	if _, err := w.Write(head(size, table)); err != nil {
		return err
	}
	for _, o := range order {
		if err := f.ctx.Err(); err != nil {
			return err
		}
		if _, err := w.Write(f.data[o]); err != nil {
			return err
		}
	}
	return nil
}

func (k key) compare(o key) int {
	return cmp.Or(cmp.Compare(k.kind, o.kind), cmp.Compare(k.number, o.number))
}

// expand stores sections that shrank too well as they are, until the file may be read.
func (f *fileWriter) expand(order []int) {
	for _, o := range order {
		size, raw := uint64(headSize+entrySize*len(f.table)), uint64(0)
		for _, s := range f.table {
			size, raw = size+s.stored, raw+s.raw
		}
		if raw <= freeRaw+rawRatio*size {
			return
		}
		if data := f.raw[o]; data != nil {
			f.data[o], f.table[o].stored, f.table[o].sum = data, uint64(len(data)), xxh3.Hash(data)
		}
	}
}

// model adds what does not depend on which members the rights hold.
func (f *fileWriter) model(r *engine.Rights, s *engine.Snapshot, folder string) error {
	ws := r.Workspace()
	given := map[*cube.Block]uint8{}
	for _, b := range s.Kept {
		given[b] = givenKept
	}
	for _, b := range s.Left {
		given[b] = givenLeft
	}
	p := newModelPut(ws, folder)
	model, err := p.model(given)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	f.add(modelSection, 0, model)
	f.add(planSection, 0, p.plan(s))
	for _, l := range ws.Lists() {
		if l.Reserved && l != ws.Users {
			continue // roles are named by the model
		}
		if err := f.names(l); err != nil {
			return err
		}
	}
	for i, app := range ws.Applications {
		roles := make([]uint32, ws.Users.Len())
		for m := range roles {
			roles[m] = uint32(max(r.RoleOf(app, cube.ItemID(m)), -1) + 1)
		}
		f.addArray(rolesSection, i, roles)
	}
	for i := range s.Plan.Exprs {
		items, err := s.Mapping(inherit.ExprID(i))
		if err != nil {
			return err
		}
		ns := make([]uint32, len(items))
		for k, item := range items {
			ns[k] = uint32(max(item, -1) + 1)
		}
		f.addArray(mappingSection, i, ns)
	}
	for _, b := range s.Kept {
		col, err := s.Input(b)
		if err != nil {
			return err
		}
		values := put{}
		putColumn(&values, col)
		f.add(valuesSection, int(b.ID), values.b)
	}
	if err := f.digests(s); err != nil {
		return err
	}
	return f.ctx.Err()
}

// digests adds what the metrics and mappings were made of, where that is known.
func (f *fileWriter) digests(s *engine.Snapshot) error {
	if s.Digests == nil {
		return nil
	}
	d, err := s.Digests()
	if err != nil {
		return err
	}
	p := put{}
	for _, all := range [][]engine.Digest{d.Metrics, d.Mappings} {
		p.int(len(all))
		for _, one := range all {
			p.b = append(p.b, one[:]...)
		}
	}
	f.add(digestsSection, 0, p.b)
	return nil
}

// names adds the names of a list: how long each is, then all of them.
func (f *fileWriter) names(l *cube.List) error {
	if err := l.Load(); err != nil {
		return err
	}
	names := l.Items()
	lengths, total := make([]uint32, len(names)), uint64(0)
	for i, name := range names {
		lengths[i] = uint32(len(name))
		total += uint64(len(name))
	}
	if total > math.MaxUint32 {
		return fmt.Errorf("store: the names of %s are longer than 4 GiB together", l)
	}
	p := put{}
	array(&p, lengths)
	p.b = slices.Grow(p.b, int(total))
	for _, name := range names {
		p.b = append(p.b, name...)
	}
	f.add(namesSection, int(l.ID), p.b)
	return f.ctx.Err()
}

func (f *fileWriter) addArray(k kind, number int, ns []uint32) {
	p := put{}
	array(&p, ns)
	f.add(k, number, p.b)
}

// rights adds what the members hold.
func (f *fileWriter) rights(shard, shards int, s *engine.Snapshot) error {
	held := make([]uint32, len(s.Of))
	n := 0
	for m, p := range s.Of {
		held[m] = uint32(p + 1)
		if p >= 0 {
			n++
		}
	}
	p := put{}
	p.int(shard)
	p.int(shards)
	p.int(len(s.Of))
	p.int(n)
	p.int(s.Profiles)
	p.int(s.Sets)
	f.add(runSection, 0, p.b)
	f.addArray(membersSection, 0, held)
	var rows []uint32
	for i := range s.Profiles {
		row, err := s.Profile(i)
		if err != nil {
			return err
		}
		rows = append(rows, row...)
	}
	f.addArray(profilesSection, 0, rows)
	lengths := make([]uint32, s.Sets)
	var all bytes.Buffer
	for i := range s.Sets {
		set, err := s.Set(i)
		if err != nil {
			return err
		}
		lengths[i] = uint32(len(set))
		all.Write(set)
	}
	if all.Len() > math.MaxUint32 {
		return fmt.Errorf("store: the members' sets are larger than 4 GiB together; keep the rights of fewer members in one file")
	}
	sets := put{}
	array(&sets, lengths)
	f.add(setsSection, 0, append(sets.b, all.Bytes()...))
	return f.ctx.Err()
}
