package mask

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// Digest is what MetadataDigest holds for a list: the SHA-256, in hex, of its items' names in order, each followed by
// a line feed.
func Digest(l *cube.List) string {
	h := sha256.New()
	for _, name := range l.Items() {
		h.Write([]byte(name))
		h.Write([]byte{'\n'})
	}
	return hex.EncodeToString(h.Sum(nil))
}

// find is the block that a column name or a placement stands for. A name as results write it, Metric or List.Property
// as they stand, comes before the syntax of formulas, which cannot write every name without quotes. ok is false where the
// name stands for nothing; ambiguous says that it stands for more than one property.
func (b *binder) find(name string) (ref engine.Ref, ok, ambiguous bool) {
	in := []struct {
		app  *cube.Application
		name string
	}{{b.app, name}}
	if a, rest := b.ws.Cut(name); a != nil {
		in = append(in, struct {
			app  *cube.Application
			name string
		}{a, rest})
	}
	for _, x := range in {
		if block := x.app.Block(x.name, ""); block != nil {
			return engine.Ref{App: x.app, Block: block}, true, false
		}
		if found := propertiesNamed(x.app, x.name); len(found) > 0 {
			return engine.Ref{App: x.app, Block: found[0]}, true, len(found) > 1
		}
	}
	ref, err := b.member.Rights().Find(name, b.app.Name)
	return ref, err == nil, false
}

// propertiesNamed are the properties that an application writes as label: more than one where names hold dots.
func propertiesNamed(app *cube.Application, label string) []*cube.Block {
	if !strings.Contains(label, ".") {
		return nil
	}
	var found []*cube.Block
	lists := append([]*cube.List{app.Workspace().Users, app.RoleList}, app.Lists...)
	for _, l := range lists {
		rest, ok := strings.CutPrefix(label, l.Name+".")
		if !ok {
			continue
		}
		if p := l.Property(rest); p != nil {
			found = append(found, p)
		}
	}
	return found
}

// measurable is the metric or property that a placement names; a problem where it names none.
func (b *binder) measurable(column, name string) (engine.Ref, bool) {
	ref, ok, ambiguous := b.find(name)
	switch {
	case !ok:
		b.problem("column %q: the block it is placed as does not exist", column)
	case ambiguous:
		b.problem("column %q: more than one property is written like that; quote its list and name", column)
	case ref.Block.Kind == cube.ItemSet:
		b.problem("column %q: it is placed as a list, which is no measure; place it as a dimension", column)
	default:
		return ref, true
	}
	return engine.Ref{}, false
}

// list is the list that a placement names; a problem where it names none.
func (b *binder) list(column, name string) (*cube.List, bool) {
	for _, l := range append([]*cube.List{b.ws.Users, b.app.RoleList}, b.app.Lists...) {
		if l.Name == name {
			return l, true
		}
	}
	if ref, ok, _ := b.find(name); ok && ref.Block.Kind == cube.ItemSet {
		return ref.Block.List, true
	}
	b.problem("column %q: the list it is placed as does not exist", column)
	return nil, false
}

// dimensionNames are the names of the measured blocks' dimensions, as the blocks' own applications and the options'
// application write them, or with their own application before them. A name of two lists stands for nil.
func (b *binder) dimensionNames() map[string]*cube.List {
	names := map[string]*cube.List{}
	add := func(name string, l *cube.List) {
		if other, ok := names[name]; ok && other != l {
			l = nil
		}
		names[name] = l
	}
	blocks := make([]*cube.Block, 0, len(b.measures)+1)
	for _, m := range b.measures {
		blocks = append(blocks, m.ref.Block)
	}
	if b.dense != nil {
		blocks = append(blocks, b.dense)
	}
	for _, block := range blocks {
		for _, l := range block.Dims {
			add(l.NameIn(block.App), l)
			add(l.NameIn(b.app), l)
			add(l.String(), l)
		}
	}
	return names
}
