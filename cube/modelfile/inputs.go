package modelfile

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/cubeward/cubeward/cube"
)

// Input is a file that a model is made of.
type Input struct {
	Path   string   // from the folder of the file that -m names, as the model writes it, with slashes
	Size   int64    // in bytes
	SHA256 [32]byte // of its bytes
}

// ErrChanged says that a file was not the same from the beginning to the end of a Load: what was made of it is the
// content of no moment.
var ErrChanged = errors.New("the file changed while it was read")

// LoadInputs is Load, and says of which files the workspace was made: sorted by path, each once, with the digest of the
// very bytes that were parsed. A file that was read twice and was not the same both times is an ErrChanged. Where err
// is not nil there are no inputs.
//
// Cost: that of Load, and hashing, which goes on beside the parsing where there is a processor to spare. Tables in
// other formats than CSV are read once more to hash them; what is parsed is then held to what was hashed.
func LoadInputs(path string, opt Options) (*cube.Workspace, []Input, error) {
	l := newLoader(opt)
	inputs := &digests{}
	ws, err := l.read(path, inputs)
	list, changed := inputs.list()
	switch {
	case err == nil && changed == nil:
		return ws, list, nil
	case err == nil || errors.Is(changed, ErrChanged): // then what else is wrong may be so only because of that
		return nil, nil, changed
	}
	return ws, nil, err
}

// Inputs are the files that LoadInputs would name, as they are now, without reading what the tables hold: only YAML is
// parsed, as far as it names files. Equal inputs make equal workspaces. Where a file is missing, or YAML is none or
// names files in a way that Load would refuse, the error says so; it need not be all that Load would find.
func Inputs(path string, opt Options) ([]Input, error) {
	l := newLoader(opt)
	file, err := modelPath(path)
	if err != nil {
		return nil, err
	}
	if l.files, err = openFolder(file); err != nil {
		return nil, err
	}
	defer l.files.close()
	l.files.inputs = &digests{}
	l.scan()
	list, err := l.files.inputs.list()
	if err := cmp.Or(l.err, l.errs.Err(), err); err != nil {
		return nil, err
	}
	return list, nil
}

// scan digests every file that the YAML files name, and these.
func (l *loader) scan() {
	root, ok := l.open(l.files.mainLocation())
	if !ok {
		return
	}
	sources := []*source{root}
	for _, n := range root.node.values("applications") {
		if path, ok := l.text(root, n, "the application's file"); ok {
			if at, ok := l.resolve(root, n, path); ok {
				if src, ok := l.open(at); ok {
					sources = append(sources, src)
				}
			}
		}
	}
	seen := map[string]bool{}
	for _, src := range sources {
		for _, n := range src.node.tables() {
			path, ok := l.text(src, n, "file")
			if !ok {
				continue
			}
			if at, ok := l.resolve(src, n, path); ok && !seen[at.label] {
				seen[at.label] = true
				l.digest(at)
			}
		}
	}
}

// tables are the values of all keys of a model's or workspace's file that name tables.
func (n *node) tables() []*node {
	var out []*node
	file := func(of *node) {
		if f := of.value("file"); f != nil {
			out = append(out, f)
		}
	}
	if m := n.value("members"); m != nil {
		file(m)
	}
	for _, key := range []string{"lists", "metrics"} {
		for _, of := range n.values(key) {
			file(of)
		}
	}
	if r := n.value("user_roles"); r != nil && r.kind == mappingNode && r.fileForm() {
		file(r)
	}
	return out
}

// value is the value of a key of a mapping, nil where there is none.
func (n *node) value(key string) *node {
	if n.kind != mappingNode {
		return nil
	}
	for i := 0; i < len(n.kids); i += 2 {
		if k := &n.kids[i]; k.scalar() && k.text == key {
			return &n.kids[i+1]
		}
	}
	return nil
}

// values are the values of the mapping that a key of n holds.
func (n *node) values(key string) []*node {
	m := n.value(key)
	if m == nil || m.kind != mappingNode {
		return nil
	}
	var out []*node
	for i := 1; i < len(m.kids); i += 2 {
		out = append(out, &m.kids[i])
	}
	return out
}

// digest reads a file for its digest alone.
func (l *loader) digest(at location) {
	file, _, err := l.files.open(at.rel)
	if err != nil {
		l.failed(fmt.Errorf("%s: %w", at.shown, err))
		return
	}
	l.files.inputs.add(at, func() (Input, error) {
		defer file.Close()
		h := sha256.New()
		n, err := io.Copy(h, file)
		return sumOf(at, n, h.Sum(nil)), err
	})
}

// digests are the inputs of one Load, in the making.
type digests struct {
	running sync.WaitGroup
	slots   chan struct{}
	mu      sync.Mutex
	found   []Input
	err     error
}

// add lets sum work out a digest beside what else goes on.
func (d *digests) add(at location, sum func() (Input, error)) {
	if d.slots == nil {
		d.slots = make(chan struct{}, runtime.GOMAXPROCS(0))
	}
	d.slots <- struct{}{}
	d.running.Go(func() {
		defer func() { <-d.slots }()
		in, err := sum()
		if err != nil {
			err = fmt.Errorf("%s: %w", at.shown, err)
		}
		d.keep(in, err)
	})
}

func (d *digests) keep(in Input, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.found = append(d.found, in)
	if d.err == nil {
		d.err = err
	}
}

// list waits for all digests: each file once, by path.
func (d *digests) list() ([]Input, error) {
	d.running.Wait()
	if d.err != nil {
		return nil, d.err
	}
	slices.SortFunc(d.found, func(a, b Input) int { return strings.Compare(a.Path, b.Path) })
	out := slices.Compact(d.found)
	for i := 1; i < len(out); i++ {
		if out[i].Path == out[i-1].Path {
			return nil, fmt.Errorf("%s: %w", out[i].Path, ErrChanged)
		}
	}
	return out, nil
}

func sumOf(at location, size int64, sum []byte) Input {
	return Input{Path: filepath.ToSlash(at.label), Size: size, SHA256: [32]byte(sum)}
}

// text digests what was read of a file.
func (d *digests) text(at location, text string) {
	d.add(at, func() (Input, error) {
		h := sha256.New()
		buf := make([]byte, 64<<10)
		for rest := text; rest != ""; {
			n := copy(buf, rest)
			h.Write(buf[:n])
			rest = rest[n:]
		}
		return sumOf(at, int64(len(text)), h.Sum(nil)), nil
	})
}

// pageSize is how much of a held file is read and compared at once.
const pageSize = 256 << 10

// held is a file whose bytes were hashed, and of which every byte that is read is held to what was hashed: a reader may
// go about it as it likes.
type held struct {
	file io.ReaderAt
	lost func() // is told that the file changed
	size int64
	seed maphash.Seed
	sums []uint64 // of each page

	mu   sync.Mutex
	page []byte
	at   int // which page it is, -1 none
}

// hold hashes a file.
func (d *digests) hold(at location, file *os.File) (*held, error) {
	lost := func() { d.keep(Input{}, fmt.Errorf("%s: %w", at.shown, ErrChanged)) }
	h := &held{file: file, lost: lost, seed: maphash.MakeSeed(), page: make([]byte, 0, pageSize), at: -1}
	sum := sha256.New()
	for {
		n, err := io.ReadFull(file, h.page[:pageSize])
		if n > 0 {
			sum.Write(h.page[:n])
			h.sums = append(h.sums, maphash.Bytes(h.seed, h.page[:n]))
			h.size += int64(n)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	d.keep(sumOf(at, h.size, sum.Sum(nil)), nil)
	return h, nil
}

// ReadAt is io.ReaderAt's; it fails with ErrChanged where the file is another than was hashed.
func (h *held) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for n < len(p) {
		if off+int64(n) >= h.size {
			return n, io.EOF
		}
		i := int((off + int64(n)) / pageSize)
		if err := h.turn(i); err != nil {
			return n, err
		}
		n += copy(p[n:], h.page[off+int64(n)-int64(i)*pageSize:])
	}
	return n, nil
}

// turn reads page i, if it is not the one that was read last.
func (h *held) turn(i int) error {
	if h.at == i {
		return nil
	}
	h.at = -1
	start := int64(i) * pageSize
	h.page = h.page[:min(pageSize, h.size-start)]
	if n, err := h.file.ReadAt(h.page, start); n < len(h.page) {
		if errors.Is(err, io.EOF) {
			h.lost()
			return ErrChanged
		}
		return err
	}
	if maphash.Bytes(h.seed, h.page) != h.sums[i] {
		h.lost()
		return ErrChanged
	}
	h.at = i
	return nil
}
