package modelfile

import (
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
)

// object is a mapping whose keys the format knows. The zero object is empty.
type object struct {
	src    *source
	node   *node
	what   string
	fields []entry
}

// entry is a key of a mapping, its name trimmed, and its value: nil where the value was null, which is reported.
type entry struct {
	name  string
	key   *node
	value *node
}

// find is the entry of that key, nil where there is none.
func (o object) find(key string) *entry {
	for i := range o.fields {
		if o.fields[i].name == key {
			return &o.fields[i]
		}
	}
	return nil
}

// get is the value of a key, nil where it is absent or null.
func (o object) get(key string) *node {
	if e := o.find(key); e != nil {
		return e.value
	}
	return nil
}

// need is like get, and reports a key that is absent.
func (o object) need(l *loader, key string) *node {
	e := o.find(key)
	if e == nil {
		l.mistake(o.src.pos(o.node), "%s needs the key %q", o.what, key)
		return nil
	}
	return e.value
}

// object reads a mapping of which keys may stand in it.
func (l *loader) object(src *source, n *node, what string, keys ...string) (object, bool) {
	o := object{src: src, node: n, what: what}
	entries, ok := l.entries(src, n, what)
	for _, e := range entries {
		if !slices.Contains(keys, e.name) || e.key.text != e.name {
			l.mistake(src.pos(e.key), "unknown key %s in %s%s", quote(e.key.text), what, l.didYouMean(e.name, oneOf(keys)))
			continue
		}
		o.fields = append(o.fields, e)
	}
	return o, ok
}

// entries reads a mapping of any names. Names that stand twice are left out the second time.
func (l *loader) entries(src *source, n *node, what string) ([]entry, bool) {
	if n.kind != mappingNode {
		l.mistake(src.pos(n), "%s must be a mapping, not %s", what, n.describe())
		return nil, false
	}
	entries := make([]entry, 0, len(n.kids)/2)
	first := make(map[string]*node, len(n.kids)/2)
	for i := 0; i < len(n.kids); i += 2 {
		key, value := &n.kids[i], &n.kids[i+1]
		name, ok := l.name(src, key, "a key of "+what)
		if !ok {
			continue
		}
		if before := first[name]; before != nil {
			l.mistake(src.pos(key), "%s stands twice in %s, first in line %d", quote(name), what, before.line)
			continue
		}
		first[name] = key
		e := entry{name: name, key: key, value: value}
		if value.kind == nullNode {
			l.mistake(src.pos(key), "%s has no value; leave the key out, or write one", quote(name))
			e.value = nil
		}
		entries = append(entries, e)
	}
	return entries, true
}

// has says whether a mapping has a key, whatever its value.
func (n *node) has(key string) bool {
	if n.kind != mappingNode {
		return false
	}
	for i := 0; i < len(n.kids); i += 2 {
		if k := &n.kids[i]; k.kind <= quotedNode && k.text == key {
			return true
		}
	}
	return false
}

// describe says what kind of value a node is, for messages.
func (n *node) describe() string {
	return [...]string{"null", "text", "text", "a list", "a mapping"}[n.kind]
}

// scalar says whether a node has a text.
func (n *node) scalar() bool { return n.kind == plainNode || n.kind == quotedNode }

// text reads a scalar as the text that stands there.
func (l *loader) text(src *source, n *node, what string) (string, bool) {
	if !n.scalar() {
		l.mistake(src.pos(n), "%s must be text, not %s", what, n.describe())
		return "", false
	}
	return n.text, true
}

// name reads a name: a text without its outer spaces, which is not empty.
func (l *loader) name(src *source, n *node, what string) (string, bool) {
	text, ok := l.text(src, n, what)
	if !ok {
		return "", false
	}
	if text = strings.TrimSpace(text); text == "" {
		l.mistake(src.pos(n), "%s may not be empty", what)
	}
	return text, text != ""
}

// validName refuses names with an application's separator in them.
func (l *loader) validName(src *source, e entry, what string) bool {
	if strings.Contains(e.name, "::") {
		l.mistake(src.pos(e.key), `%s: the name of %s may not hold "::"`, quote(e.name), what)
		return false
	}
	return true
}

// flag reads a key that is true or false.
func (l *loader) flag(o object, key string, absent bool) bool {
	n := o.get(key)
	if n == nil {
		return absent
	}
	if n.kind == plainNode {
		switch n.text {
		case "true", "True", "TRUE":
			return true
		case "false", "False", "FALSE":
			return false
		}
	}
	l.mistake(o.src.pos(n), "%s must be true or false", key)
	return absent
}

// word reads a key whose value is one of words; the first where the key is absent.
func (l *loader) word(o object, key string, words ...string) string {
	n := o.get(key)
	if n == nil {
		return words[0]
	}
	if text, ok := l.text(o.src, n, key); ok && !slices.Contains(words, text) {
		l.mistake(o.src.pos(n), "%s must be one of %s, not %s%s", key, strings.Join(words, ", "), quote(text), l.didYouMean(text, oneOf(words)))
	} else if ok {
		return text
	}
	return words[0]
}

// names reads a list of names.
func (l *loader) names(src *source, n *node, what string) ([]entry, bool) {
	if n.kind != sequenceNode {
		l.mistake(src.pos(n), "%s must be a list of names, not %s", what, n.describe())
		return nil, false
	}
	out := make([]entry, 0, len(n.kids))
	whole := true
	for i := range n.kids {
		name, ok := l.name(src, &n.kids[i], "a name in "+what)
		whole = whole && ok
		if ok {
			out = append(out, entry{name: name, key: &n.kids[i]})
		}
	}
	return out, whole
}

// member reads the name of a member; NoItem where it is none. Members are not reported as unknown where the list of
// them could not be read.
func (l *loader) member(src *source, n *node, what string) cube.ItemID {
	name, ok := l.name(src, n, what)
	if !ok {
		return cube.NoItem
	}
	id, ok := l.users.Find(name)
	if !ok {
		if !l.users.partial {
			l.flaw(src.pos(n), "%s: unknown member %s", what, quote(name))
		}
		return cube.NoItem
	}
	return id
}
