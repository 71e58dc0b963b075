package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"math"
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
	"github.com/cubeward/cubeward/inherit"
)

// Digest is SHA-256 over all that a mapping or the rows of an access-rights metric are made of: formulas by the names in
// them, the items of lists, given values, members' roles. Equal digests mean equal results, in other programs too.
type Digest = [sha256.Size]byte

// Digests are those of what rights hold.
type Digests struct {
	Metrics  []Digest // by access-rights metric, in the order of Snapshot.Metrics
	Mappings []Digest // by expression of the plan
}

// digester works out digests; it remembers those of the parts. It reads the columns of one generation.
type digester struct {
	r      *Rights
	lists  map[*cube.List]Digest
	blocks map[*cube.Block]Digest
	exprs  map[*formula.Expr]Digest
}

func newDigester(r *Rights) *digester {
	return &digester{r, map[*cube.List]Digest{}, map[*cube.Block]Digest{}, map[*formula.Expr]Digest{}}
}

// digests are those of all metrics and mappings. It reads all that they are made of.
func (r *Rights) digests() (Digests, error) {
	if r.stored != nil {
		if r.stored.snap.Digests == nil {
			return Digests{}, &NotHeldError{What: "update"}
		}
		return r.stored.snap.Digests()
	}
	d := newDigester(r)
	out := Digests{Metrics: make([]Digest, len(r.metrics)), Mappings: make([]Digest, r.plan.Exprs())}
	for id, i := range r.metrics {
		var err error
		if out.Metrics[i], err = d.block(r.ws.Blocks()[id]); err != nil {
			return Digests{}, err
		}
	}
	for i := range out.Mappings {
		var err error
		if out.Mappings[i], err = d.expr(r.plan.Expr(inherit.ExprID(i))); err != nil {
			return Digests{}, err
		}
	}
	return out, nil
}

// digestWriter writes parts so that no two sequences of parts are the same bytes.
type digestWriter struct {
	hash.Hash
	room []byte
}

func newDigestWriter(what string) *digestWriter {
	w := &digestWriter{Hash: sha256.New()}
	w.text(what)
	return w
}

// fullRoom is how much is hashed at a time.
const fullRoom = 1 << 15

func (w *digestWriter) text(s string) {
	w.room = binary.AppendUvarint(w.room, uint64(len(s)))
	w.room = append(w.room, s...)
	if len(w.room) > fullRoom {
		w.flush()
	}
}

func (w *digestWriter) number(n uint64) {
	w.room = binary.AppendUvarint(w.room, n)
	if len(w.room) > fullRoom {
		w.flush()
	}
}

func (w *digestWriter) digest(d Digest) { w.room = append(w.room, d[:]...) }

func (w *digestWriter) flush() {
	w.Write(w.room) // a hash takes everything
	w.room = w.room[:0]
}

func (w *digestWriter) done() Digest {
	w.flush()
	return Digest(w.Sum(nil))
}

func (d *digester) list(l *cube.List) Digest {
	if out, ok := d.lists[l]; ok {
		return out
	}
	w := newDigestWriter("list")
	w.text(l.String())
	w.number(uint64(l.Len()))
	for _, name := range l.Items() {
		w.text(name)
	}
	out := w.done()
	d.lists[l] = out
	return out
}

func (d *digester) listsOf(w *digestWriter, lists []*cube.List) {
	w.number(uint64(len(lists)))
	for _, l := range lists {
		w.digest(d.list(l))
	}
}

func (d *digester) typ(w *digestWriter, t cube.Type) {
	w.number(uint64(t.Kind))
	if t.List != nil {
		w.digest(d.list(t.List))
	}
}

// block is the digest of a block's values.
func (d *digester) block(b *cube.Block) (Digest, error) {
	if out, ok := d.blocks[b]; ok {
		return out, nil
	}
	w := newDigestWriter("block")
	w.text(blockName(b))
	d.typ(w, b.Type)
	d.listsOf(w, b.Dims)
	e := d.r.plan.Formula(b)
	if e != nil {
		of, err := d.expr(e)
		if err != nil {
			return Digest{}, err
		}
		w.text("formula")
		w.digest(of)
	}
	if e == nil || b.Overridable {
		w.text("given")
		if err := d.given(w, b); err != nil {
			return Digest{}, err
		}
	}
	out := w.done()
	d.blocks[b] = out
	return out, nil
}

// given writes the given cells that are not BLANK, however the column keeps them.
func (d *digester) given(w *digestWriter, b *cube.Block) error {
	if b == usersRoles(b) {
		role := b.App.RoleOf
		if of := d.r.values.roles; of != nil {
			role = of(b.App)
		}
		for m := range cube.ItemID(d.r.ws.Users.Len()) {
			w.number(uint64(max(role(m), -1) + 1))
		}
		return nil
	}
	col, err := d.r.values.input(b)
	if err != nil || col == nil {
		return err
	}
	vec, last := col.Vector(), uint64(0)
	n := col.Space().Len()
	if col.Form() == cube.Sparse {
		n = uint64(vec.N)
	}
	for i := range n {
		cell, at := i, int(i)
		switch col.Form() {
		case cube.Constant:
			at = 0
		case cube.Sparse:
			cell = col.Cells()[i]
		}
		if !vec.Blank(at) {
			w.cell(cell-last, vec, at)
			last = cell
		}
	}
	return nil
}

// cell writes a cell, as how far it is behind the one before, and its value.
func (w *digestWriter) cell(behind uint64, vec *cube.Vector, i int) {
	w.room = binary.AppendUvarint(w.room, behind)
	switch vec.Kind {
	case cube.Number:
		w.room = binary.LittleEndian.AppendUint64(w.room, math.Float64bits(vec.Numbers[i]))
	case cube.Text:
		w.text(vec.Dict[vec.Ints[i]])
	case cube.Date, cube.Item:
		w.room = binary.LittleEndian.AppendUint32(w.room, uint32(vec.Ints[i]))
	default:
		w.room = append(w.room, vec.Bytes[i])
	}
	if len(w.room) > fullRoom {
		w.flush()
	}
}

// expr is the digest of an expression's values.
func (d *digester) expr(e *formula.Expr) (Digest, error) {
	if out, ok := d.exprs[e]; ok {
		return out, nil
	}
	w := newDigestWriter("expression")
	w.text(exprText(e, nil))
	d.listsOf(w, slices.Concat(e.Dims, e.Lists))
	d.typ(w, e.Type)
	if e.List != nil {
		w.digest(d.list(e.List))
	}
	if e.Block != nil {
		of, err := d.block(e.Block)
		if err != nil {
			return Digest{}, err
		}
		w.digest(of)
	}
	for _, a := range e.Args {
		of, err := d.expr(a)
		if err != nil {
			return Digest{}, err
		}
		w.digest(of)
	}
	out := w.done()
	d.exprs[e] = out
	return out, nil
}
