package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
	"github.com/zeebo/xxh3"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
	"github.com/cubeward/cubeward/engine/enginetest"

	"github.com/cubeward/cubeward/cube/modelfile"
)

// small is the file of a small model that has something of everything.
func small(t testing.TB, seed uint64) []byte {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, enginetest.Generate(seed, enginetest.Small()).Write(dir))
	ws, err := modelfile.Load(dir, modelfile.Options{})
	require.NoError(t, err)
	r, err := engine.Compile(context.Background(), ws, engine.Options{})
	require.NoError(t, err)
	var b bytes.Buffer
	in := []Input{{Path: "model.yaml", Size: 7}}
	require.NoError(t, Write(context.Background(), &b, r, WriteOptions{Folder: dir, Inputs: in}))
	return b.Bytes()
}

// ask opens a file and asks it everything. An error must say that the file is damaged.
func ask(data []byte) error {
	f, err := New(bytes.NewReader(data), int64(len(data)), OpenOptions{MaxMemory: 64 << 20})
	if err != nil {
		return known(err)
	}
	r, err := f.Rights(context.Background(), engine.Options{})
	if err != nil {
		return known(err)
	}
	return known(errors.Join(questions(r), f.Verify(context.Background())))
}

// known passes on errors that say what they should, and nothing else.
func known(err error) error {
	var damage *DamageError
	var version *VersionError
	var missing *engine.NotHeldError
	var model cube.Errors
	if err == nil || errors.As(err, &damage) || errors.As(err, &version) || errors.As(err, &missing) || errors.As(err, &model) {
		return err
	}
	panic(fmt.Sprintf("an error that says nothing of the file: %.300s", err.Error()))
}

// questions asks about every member and block that are not too large, and why.
func questions(r *engine.Rights) error {
	ctx := context.Background()
	ws := r.Workspace()
	var errs error
	nodes := r.Plan().Snapshot().Nodes
	for _, n := range nodes {
		if s, err := cube.NewSpace(n.Dims...); err != nil || s.Len() > 1<<20 {
			return nil
		}
	}
	asked := 0
	for _, group := range r.Groups() {
		for _, ref := range audit.Blocks(ws) {
			space, err := ref.Block.Space()
			if err != nil || space.Len() > 1<<16 {
				continue
			}
			v, err := r.MemberAt(group[0]).Block(ref)
			if err != nil {
				return err
			}
			v.Tables(engine.Readable)
			v.Tables(engine.Unlocked)
			if space.Len() == 0 {
				continue
			}
			if asked++; asked%5 != 1 {
				continue // explanations cost much more than views
			}
			cell := make([]cube.ItemID, len(ref.Block.Dims))
			e, err := audit.Explain(ctx, v, cell...)
			errs = errors.Join(errs, err)
			if err == nil {
				_ = e.Remedies(cube.Write)
			}
		}
		if len(group) > 0 {
			_, err := r.Member(ws.Users.Item(group[0]))
			errs = errors.Join(errs, err)
		}
	}
	for _, b := range ws.Blocks() {
		if space, err := b.Space(); err == nil && space.Len() < 1<<16 && b.Kind != cube.ItemSet {
			if _, err := r.Values(ctx, b); err != nil {
				errs = errors.Join(errs, err)
			}
		}
	}
	return errs
}

// A file that is cut anywhere is refused, whether its size is known or not.
func TestCutAnywhere(t *testing.T) {
	data := small(t, 3)
	require.NoError(t, wholly(ask(data)))
	for n := range len(data) {
		err := ask(data[:n])
		var damage *DamageError
		require.ErrorAs(t, err, &damage, "%d bytes", n)
		require.NotEmpty(t, damage.Section)
		_, err = New(bytes.NewReader(data[:n]), int64(len(data)), OpenOptions{})
		f, openErr := New(io.NewSectionReader(bytes.NewReader(data), 0, int64(n)), int64(len(data)), OpenOptions{})
		if openErr == nil {
			err = f.Verify(context.Background())
		}
		require.ErrorAs(t, err, &damage, "%d bytes", n)
	}
	require.Error(t, ask(append(slices.Clone(data), 0)))
}

// wholly forgets that values are not held.
func wholly(err error) error {
	var missing *engine.NotHeldError
	var damage *DamageError
	if errors.As(err, &missing) && !errors.As(err, &damage) {
		return nil
	}
	return err
}

// A file of which any byte is another one is refused, and the error says where.
func TestEveryByteFlipped(t *testing.T) {
	data := small(t, 3)
	for i := range data {
		for k, x := range []byte{1, 0x80, 0xff} {
			if testing.Short() && k != i%3 {
				continue
			}
			bad := bytes.Clone(data)
			bad[i] ^= x
			err := ask(bad)
			var damage *DamageError
			var version *VersionError
			if errors.As(err, &version) {
				require.Less(t, i, 10)
				continue
			}
			require.ErrorAs(t, err, &damage, "byte %d", i)
			require.LessOrEqual(t, damage.Offset, int64(max(i, headSize)), "byte %d: %v", i, err)
		}
	}
}

// refixed is a file with the checksums that its bytes should have, so that what is behind them is reached.
func refixed(data []byte) []byte {
	data = bytes.Clone(data)
	if len(data) < headSize {
		return data
	}
	copy(data, magic)
	binary.LittleEndian.PutUint16(data[8:], formatVersion)
	binary.LittleEndian.PutUint64(data[16:], uint64(len(data)))
	n := min(uint64(binary.LittleEndian.Uint32(data[12:])), uint64(len(data)-headSize)/entrySize)
	binary.LittleEndian.PutUint32(data[12:], uint32(n))
	for i := range n {
		e := data[headSize+entrySize*i:]
		at, size := binary.LittleEndian.Uint64(e[8:]), binary.LittleEndian.Uint64(e[16:])
		if at <= uint64(len(data)) && size <= uint64(len(data))-at {
			binary.LittleEndian.PutUint64(e[32:], xxh3.Hash(data[at:at+size]))
		}
	}
	binary.LittleEndian.PutUint64(data[24:], headSum(data[:headSize+entrySize*n]))
	return data
}

// contents are the sections of a file, decompressed.
func contents(t testing.TB, data []byte) ([]key, [][]byte) {
	t.Helper()
	f, err := New(bytes.NewReader(data), int64(len(data)), OpenOptions{})
	require.NoError(t, err)
	var keys []key
	var raw [][]byte
	for _, s := range f.table {
		r, err := f.section(s.key)
		require.NoError(t, err)
		keys, raw = append(keys, s.key), append(raw, r)
	}
	return keys, raw
}

// assembled is a file of sections, none of them compressed.
func assembled(keys []key, raw [][]byte) []byte {
	f := fileWriter{ctx: context.Background()}
	for i, k := range keys {
		f.keep(section{key: k, version: sectionVersion, raw: uint64(len(raw[i]))}, raw[i], nil)
	}
	var b bytes.Buffer
	if err := f.write(&b); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// Bytes of the content of every section are changed in turn, with checksums that hold: nothing panics, whatever is
// asked, and what is refused is refused with its place.
func TestMadeUpContents(t *testing.T) {
	keys, raw := contents(t, small(t, 3))
	require.NoError(t, wholly(ask(assembled(keys, raw))))
	refused, taken, step := 0, 0, 3
	if testing.Short() {
		step = 41
	}
	for s := range keys {
		for i := 0; i < len(raw[s]); i += step {
			changed := slices.Clone(raw)
			changed[s] = bytes.Clone(raw[s])
			changed[s][i] ^= [...]byte{1, 0x80, 0xff, 2, 0x10}[i%5]
			if wholly(ask(assembled(keys, changed))) != nil {
				refused++
			} else {
				taken++
			}
		}
	}
	t.Logf("%d refused, %d taken", refused, taken)
	require.Greater(t, refused, taken)
}

// Sections that are missing, or there twice, or of unknown kinds.
func TestOtherSections(t *testing.T) {
	keys, raw := contents(t, small(t, 3))
	for s := range keys {
		err := ask(assembled(slices.Delete(slices.Clone(keys), s, s+1), slices.Delete(slices.Clone(raw), s, s+1)))
		if keys[s].kind >= optional {
			require.NoError(t, wholly(err), keys[s])
			continue
		}
		require.Error(t, err, keys[s])
		var damage *DamageError
		require.ErrorAs(t, err, &damage, keys[s])
	}
	err := ask(assembled(append(slices.Clone(keys), key{kind: 99}), append(slices.Clone(raw), nil)))
	require.ErrorContains(t, err, "unknown kind")
	require.NoError(t, wholly(ask(assembled(append(slices.Clone(keys), key{kind: optional + 7}), append(slices.Clone(raw), []byte("more"))))))
	require.Error(t, ask(assembled(append(slices.Clone(keys), keys[0]), append(slices.Clone(raw), raw[0]))))
}

// A file that claims much makes no room for it.
func TestClaims(t *testing.T) {
	data := small(t, 3)
	claim := func(entry int, raw uint64) []byte {
		bad := bytes.Clone(data)
		binary.LittleEndian.PutUint64(bad[headSize+entrySize*entry+24:], raw)
		return refixed(bad)
	}
	n := int(binary.LittleEndian.Uint32(data[12:]))
	for i := range n {
		for _, raw := range []uint64{0, 1, 1 << 20, 1 << 40, 1 << 63, 1<<64 - 1} {
			bad := claim(i, raw)
			if bytes.Equal(bad, refixed(data)) {
				continue
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := ask(bad)
			runtime.ReadMemStats(&after)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(32<<20), "section %d of %d bytes", i, raw)
			require.Error(t, err, "section %d of %d bytes", i, raw)
		}
	}
	// A section that says it is small and decompresses to much.
	enc, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	bomb := enc.EncodeAll(make([]byte, 64<<20), nil)
	f := &fileWriter{ctx: context.Background(), enc: enc}
	keys, raw := contents(t, data)
	for i, k := range keys {
		if k.kind == namesSection && k.number == 0 {
			f.keep(section{key: k, version: sectionVersion, raw: uint64(len(raw[i]) + len(bomb))}, bomb, nil)
			continue
		}
		f.add(k.kind, int(k.number), raw[i])
	}
	var b bytes.Buffer
	require.NoError(t, f.write(&b))
	var damage *DamageError
	require.ErrorAs(t, ask(b.Bytes()), &damage)
	require.Equal(t, "names 0", damage.Section)
}

func TestVersions(t *testing.T) {
	data := small(t, 3)
	newer := bytes.Clone(data)
	binary.LittleEndian.PutUint16(newer[8:], formatVersion+1)
	var version *VersionError
	require.ErrorAs(t, ask(newer), &version)
	require.Equal(t, formatVersion+1, version.Have)
	other := bytes.Clone(data)
	binary.LittleEndian.PutUint16(other[10:], decisionsVersion+1)
	f, err := New(bytes.NewReader(refixed(other)), int64(len(other)), OpenOptions{})
	require.NoError(t, err)
	require.False(t, f.Current())
	var merge *MergeError
	require.ErrorAs(t, Merge(t.Context(), io.Discard, f), &merge)
	f.run.shard, f.run.shards = 1, 1
	require.ErrorAs(t, Merge(t.Context(), io.Discard, f), &merge)
	require.Contains(t, merge.Message, "another version")
	for _, text := range []string{"", "x", "cubeward: 1\napplication: HR\n", magic} {
		require.Error(t, ask([]byte(text)), "%q", text)
	}
	_, err = New(bytes.NewReader(data), -1, OpenOptions{})
	require.Error(t, err)
	_, err = New(bytes.NewReader(data), int64(len(data)), OpenOptions{MaxMemory: -1})
	require.Error(t, err)
	_, err = New(bytes.NewReader(data), int64(len(data)), OpenOptions{MaxMemory: 100})
	require.Error(t, err)
	require.ErrorContains(t, ask([]byte("cubeward: 1\napplication: HR\n")), "not a rights file")
}
