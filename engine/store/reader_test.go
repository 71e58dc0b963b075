package store_test

// A reader of rights files that was written from docs/rights-file.md alone. It takes nothing from the package: it is
// plain, slow, and there to show that the page is enough.

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
	"github.com/zeebo/xxh3"
)

// plainReader reads the parts of a section, and panics where they are not there.
type plainReader []byte

func (r *plainReader) bytes(n uint64) []byte {
	out := (*r)[:n]
	*r = (*r)[n:]
	return out
}

func (r *plainReader) byte() byte { return r.bytes(1)[0] }

func (r *plainReader) uint() int {
	n, size := binary.Uvarint(*r)
	r.bytes(uint64(size))
	return int(n)
}

func (r *plainReader) text() string { return string(r.bytes(uint64(r.uint()))) }

func (r *plainReader) flag(i int) bool { return (*r)[0]>>i&1 == 1 }

func (r *plainReader) each(do func()) {
	for n := r.uint(); n > 0; n-- {
		do()
	}
}

func (r *plainReader) uints() (out []int) {
	r.each(func() { out = append(out, r.uint()) })
	return out
}

func (r *plainReader) array() []int {
	out := make([]int, r.uint())
	width := uint64(r.byte())
	for i := range out {
		b := append(slices.Clone(r.bytes(width)), make([]byte, 8)...)
		out[i] = int(binary.LittleEndian.Uint64(b))
	}
	return out
}

func (r *plainReader) position() [3]int { return [3]int{r.uint(), r.uint(), r.uint()} }

func (r *plainReader) formula() string {
	text := r.text()
	r.position()
	r.uint() // author
	r.position()
	return text
}

// What the page describes, as far as deciding needs it.
type (
	plainList struct {
		app, items int
		name       string
		names      []string
	}
	plainBlock struct {
		app, list, typ int // list: of a property or an item set, else -1
		name           string
		dims           []int
		item, reserved bool
		read, write    []int
	}
	plainRole struct {
		name        string
		read, write bool
		secure      bool
	}
	plainApp struct {
		name      string
		roles     []plainRole
		roleList  int
		users     int // the block Users roles
		scenarios int // the list, -1 where there are none
		access    map[[2]int]int
		readOnly  map[int]bool
		of        []int // the role of each member, -1 where there is none
		member    [2]int
	}
	plainSource struct{ form, list, expr, item, shift int }
	plainNode   struct {
		kind, app, metric         int
		write, blankAllows        bool
		dims, inputs, lists, over []int
		sources                   []plainSource
	}
	plainExpr struct {
		list  int
		dims  []int
		items []int // -1 is BLANK
	}
	plainFile struct {
		sections map[[2]int][]byte
		order    [][2]int
		members  int
		metrics  []int
		lists    []*plainList
		blocks   []*plainBlock
		apps     []*plainApp
		exprs    []plainExpr
		nodes    []plainNode
		profiles []int // by member
		rows     []int
		sets     []*roaring.Bitmap
	}
)

// section is the content of a section.
func (f *plainFile) section(kind, number int) *plainReader {
	r := plainReader(f.sections[[2]int{kind, number}])
	return &r
}

func readPlain(t *testing.T, data []byte) *plainFile {
	t.Helper()
	f := &plainFile{sections: map[[2]int][]byte{}}
	require.Equal(t, []byte{0x89, 0x43, 0x57, 0x52, 0x0d, 0x0a, 0x1a, 0x0a}, data[:8])
	le := binary.LittleEndian
	require.EqualValues(t, 1, le.Uint16(data[8:]))
	n := int(le.Uint32(data[12:]))
	require.EqualValues(t, len(data), le.Uint64(data[16:]))
	require.Equal(t, xxh3.Hash(append(slices.Clone(data[:24]), data[32:32+40*n]...)), le.Uint64(data[24:]))
	dec, err := zstd.NewReader(nil)
	require.NoError(t, err)
	at := uint64(32 + 40*n)
	for i := range n {
		e := data[32+40*i:]
		key := [2]int{int(le.Uint16(e)), int(le.Uint32(e[4:]))}
		offset, stored, size := le.Uint64(e[8:]), le.Uint64(e[16:]), le.Uint64(e[24:])
		require.Equal(t, at, offset)
		at += stored
		content := data[offset : offset+stored]
		require.Equal(t, xxh3.Hash(content), le.Uint64(e[32:]))
		if size != stored {
			content, err = dec.DecodeAll(content, nil)
			require.NoError(t, err)
		}
		require.EqualValues(t, size, len(content))
		f.sections[key], f.order = content, append(f.order, key)
	}
	require.EqualValues(t, len(data), at)
	require.True(t, slices.IsSortedFunc(f.order, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) }))
	f.model()
	f.plan()
	f.holdings(t)
	return f
}

func (f *plainFile) model() {
	r := f.section(3, 0)
	r.text() // workspace
	r.byte()
	f.members = r.uint()
	r.array() // accounts
	r.each(func() { r.text() })
	f.lists = []*plainList{{app: -1, items: f.members, name: "User"}}
	f.blocks = []*plainBlock{{app: -1, list: 0, name: "User", dims: []int{0}, item: true, reserved: true}}
	r.each(func() { f.part(r) })
	r.position() // of User
	for i, b := range f.blocks {
		r.position()
		if b.item || b.app >= 0 && f.apps[b.app].users == i {
			continue
		}
		if b.typ = int(r.byte()); b.typ == 5 {
			r.uint()
		}
		if b.list < 0 {
			b.dims = r.uints()
		}
		calculated := r.flag(2)
		r.byte()
		r.byte() // whether values are given
		if calculated {
			r.formula()
		}
	}
	for i, a := range f.apps {
		f.application(r, i, a)
	}
	r.each(func() { r.position(); r.text() })
	if len(*r) > 0 {
		panic("the model goes on")
	}
	for i, l := range f.lists {
		if i != 0 && l.name == "Role" {
			continue
		}
		r := f.section(4, i)
		for _, n := range r.array() {
			l.names = append(l.names, string((*r)[:n]))
			*r = (*r)[n:]
		}
	}
}

// part adds lists and blocks.
func (f *plainFile) part(r *plainReader) {
	switch r.byte() {
	case 1:
		app := len(f.apps)
		f.apps = append(f.apps, &plainApp{name: r.text(), roleList: len(f.lists), users: len(f.blocks) + 1, scenarios: -1, access: map[[2]int]int{}, readOnly: map[int]bool{}})
		f.blocks = append(f.blocks, &plainBlock{app: app, list: len(f.lists), name: "Role", dims: []int{len(f.lists)}, item: true, reserved: true})
		f.blocks = append(f.blocks, &plainBlock{app: app, list: -1, typ: 5, name: "Users roles", dims: []int{0}, reserved: true})
		f.lists = append(f.lists, &plainList{app: app, name: "Role"})
	case 2:
		l := &plainList{app: r.uint(), name: r.text()}
		l.items = r.uint()
		f.blocks = append(f.blocks, &plainBlock{app: l.app, list: len(f.lists), name: l.name, dims: []int{len(f.lists)}, item: true})
		f.lists = append(f.lists, l)
	case 3:
		list := r.uint()
		f.blocks = append(f.blocks, &plainBlock{app: f.lists[list].app, list: list, name: r.text(), dims: []int{list}, reserved: list == 0})
	case 4:
		f.blocks = append(f.blocks, &plainBlock{app: r.uint(), list: -1, name: r.text()})
	default:
		panic("what adds nothing")
	}
}

func (f *plainFile) application(r *plainReader, number int, a *plainApp) {
	r.position()
	scenarios := r.flag(1)
	r.byte()
	r.uint() // owner
	r.position()
	for _, l := range f.lists {
		if l.app == number && l.name != "Role" {
			r.position()
		}
	}
	r.each(func() {
		role := plainRole{name: r.text()}
		role.read, role.write = r.flag(0), r.flag(1)
		r.byte()
		r.each(func() { role.secure = r.text() == "define_application_security" || role.secure })
		r.position()
		a.roles = append(a.roles, role)
	})
	f.lists[a.roleList].items = len(a.roles)
	if scenarios {
		a.scenarios = r.uint()
		r.position()
		r.each(func() {
			key := [2]int{r.uint(), r.uint()}
			a.access[key] = int(r.byte())
		})
		for _, s := range r.uints() {
			a.readOnly[s] = true
		}
	}
	r.each(func() { // rules
		r.text()
		r.position()
		r.uint()
		r.byte()
		r.byte()
		r.uints()
		r.uints()
		r.each(func() { r.position() })
		r.each(func() { r.uint(); r.formula() })
	})
	for _, role := range f.section(5, number).array() {
		a.of = append(a.of, role-1)
	}
}

func (f *plainFile) plan() {
	r := f.section(6, 0)
	f.metrics = r.uints()
	r.each(func() { f.exprs = append(f.exprs, plainExpr{list: r.uint() - 1, dims: r.uints()}) })
	r.each(func() {
		n := plainNode{kind: int(r.byte()), write: r.flag(0), blankAllows: r.flag(2)}
		r.byte()
		n.app, n.dims = r.uint(), r.uints()
		switch {
		case n.kind == 4:
			n.metric = r.uint()
		case n.kind > 4:
			n.inputs = r.uints()
			r.each(func() { n.sources = append(n.sources, r.source()) })
			n.lists, n.over = r.uints(), r.uints()
		}
		f.nodes = append(f.nodes, n)
	})
	for _, a := range f.apps {
		a.member = [2]int{r.uint(), r.uint()}
	}
	for _, b := range f.blocks {
		if b.reserved {
			continue
		}
		b.read, b.write = r.uints(), r.uints()
		r.each(r.factor)
		r.each(func() { r.factor(); r.uints() })
	}
	for i := range f.exprs {
		for _, item := range f.section(7, i).array() {
			f.exprs[i].items = append(f.exprs[i].items, item-1)
		}
	}
}

func (r *plainReader) source() plainSource {
	s := plainSource{form: int(r.byte())}
	switch s.form {
	case 0:
		s.list = r.uint()
	case 1:
		s.expr = r.uint()
	case 2:
		s.item = r.uint()
	case 3:
		s.list = r.uint()
		back := r.byte() == 1
		if s.shift = r.uint(); back {
			s.shift = -s.shift
		}
	}
	return s
}

func (r *plainReader) factor() {
	r.uint()
	r.byte()
	r.byte()
	r.uints()
}

func (f *plainFile) holdings(t *testing.T) {
	for _, p := range f.section(9, 0).array() {
		f.profiles = append(f.profiles, p-1)
	}
	f.rows = f.section(10, 0).array()
	r := f.section(11, 0)
	for _, n := range r.array() {
		b := roaring.New()
		_, err := b.FromUnsafeBytes(slices.Clone((*r)[:n]))
		require.NoError(t, err)
		require.NoError(t, b.Validate())
		f.sets = append(f.sets, b)
		*r = (*r)[n:]
	}
}
