package modelfile

import (
	"math"
	"slices"
	"strconv"

	"github.com/cubeward/cubeward/cube"
)

// Test is an expectation about who may read and write what, as a test file states it (SPEC 7). Names are as they stand
// there: whether the model has them is not known yet.
type Test struct {
	Name    string
	Pos     cube.Position // where the expectation starts
	Members []Word        // who is asked; none where only Only asks
	As      *Word         // who acts as the members; nil: nobody
	Block   Word
	Where   []TestSlice       // which cells; of dimensions that are absent all items
	Expect  map[string]Word   // "read", "write", "locked": "all", "some" or "none"
	Counts  map[string]uint64 // "read", "write", "locked": how many cells
	Only    map[string][]Word // "read", "write": exactly these members have at least one cell
}

// TestSlice is the items of one dimension that an expectation is about, at least one, each once.
type TestSlice struct {
	Dimension Word
	Items     []Word
}

// Word is a text of a file and its place.
type Word struct {
	Text string
	Pos  cube.Position
}

// LoadTests reads a test file. Mistakes are cube.Errors as those of Load: keys that are unknown, missing or stand twice,
// values of a wrong form. Any other error says that the file could not be read.
func LoadTests(path string) ([]Test, error) {
	l := &loader{byName: map[string]*application{}}
	var err error
	if l.files, err = openFolder(path); err != nil {
		return nil, err
	}
	defer l.files.close()
	src, ok := l.open(l.files.mainLocation())
	var tests []Test
	if ok {
		tests = l.tests(src)
	}
	if l.err != nil {
		return nil, l.err
	}
	if err := l.errs.Err(); err != nil {
		return nil, err
	}
	return tests, nil
}

func (l *loader) tests(src *source) []Test {
	if src.node.kind == nullNode {
		l.mistake(cube.Position{File: src.at.shown, Line: 1, Column: 1}, "the file is empty; a test file starts with cubeward_tests: 1")
		return nil
	}
	top, ok := l.object(src, &src.node, "a test file", "cubeward_tests", "tests")
	if !ok {
		return nil
	}
	if n := top.need(l, "cubeward_tests"); n != nil && (n.kind != plainNode || n.text != "1") {
		l.mistake(src.pos(n), "cubeward_tests: 1 is the only version of the format")
	}
	n := top.need(l, "tests")
	if n == nil {
		return nil
	}
	if n.kind != sequenceNode {
		l.mistake(src.pos(n), "tests must be a list, not %s", n.describe())
		return nil
	}
	var out []Test
	for i := range n.kids {
		o, ok := l.object(src, &n.kids[i], "an expectation", "name", "member", "members", "as", "block", "where", "expect", "counts", "only")
		if ok {
			out = append(out, l.test(o))
		}
	}
	return out
}

// test reads one expectation.
func (l *loader) test(o object) Test {
	src := o.src
	t := Test{Pos: src.pos(o.node), Expect: map[string]Word{}, Counts: map[string]uint64{}, Only: map[string][]Word{}}
	if n := o.need(l, "name"); n != nil {
		t.Name, _ = l.name(src, n, "the name of an expectation")
	}
	if n := o.need(l, "block"); n != nil {
		t.Block, _ = l.testWord(src, n, "block")
	}
	if n := o.get("member"); n != nil {
		if w, ok := l.testWord(src, n, "member"); ok {
			t.Members = []Word{w}
		}
	}
	if n := o.get("members"); n != nil {
		if t.Members = l.testWords(src, n, "members"); len(n.kids) == 0 && n.kind == sequenceNode {
			l.mistake(src.pos(n), "members names nobody")
		}
	}
	if n := o.get("as"); n != nil {
		if w, ok := l.testWord(src, n, "as"); ok {
			t.As = &w
		}
	}
	if n := o.get("where"); n != nil {
		t.Where = l.testWhere(src, n)
	}
	l.testAnswers(o, &t)
	l.testShape(o)
	return t
}

// testShape checks which keys go together.
func (l *loader) testShape(o object) {
	asks := o.find("expect") != nil || o.find("counts") != nil
	who := o.find("members")
	if e := o.find("member"); e != nil {
		if who != nil {
			l.mistake(o.src.pos(who.key), `"member" and "members" stand both; write one`)
		}
		who = e
	}
	switch {
	case !asks && o.find("only") == nil:
		l.mistake(o.src.pos(o.node), `an expectation needs the key "expect", "counts" or "only"`)
	case asks && who == nil:
		l.mistake(o.src.pos(o.node), `an expectation with "expect" or "counts" needs the key "member" or "members"`)
	case !asks && who != nil:
		l.mistake(o.src.pos(who.key), `"only" asks about everyone; leave %s out, or say what to expect of them`, quote(who.name))
	}
	if e := o.find("as"); e != nil && !asks {
		l.mistake(o.src.pos(e.key), `"as" needs a member to act as`)
	}
}

// testAnswers reads what is expected.
func (l *loader) testAnswers(o object, t *Test) {
	all := []string{"read", "write", "locked"}
	for _, e := range l.testFields(o, "expect", all...) {
		w, ok := l.testWord(o.src, e.value, "expect "+e.name)
		if ok && !slices.Contains([]string{"all", "some", "none"}, w.Text) {
			l.mistake(w.Pos, "expect %s must be one of all, some, none, not %s", e.name, quote(w.Text))
		}
		t.Expect[e.name] = w
	}
	for _, e := range l.testFields(o, "counts", all...) {
		// A count is a number as everywhere (SPEC 2.3), and whole.
		v, err := strconv.ParseFloat(e.value.text, 64)
		if e.value.kind != plainNode || err != nil || !numeric(e.value.text) || v < 0 || v != math.Trunc(v) || v > 1<<53 {
			l.mistake(o.src.pos(e.value), "counts %s must be a number of cells", e.name)
			continue
		}
		t.Counts[e.name] = uint64(v)
	}
	for _, e := range l.testFields(o, "only", "read", "write") {
		t.Only[e.name] = l.testWords(o.src, e.value, "only "+e.name)
	}
}

// testFields are the entries of one of an expectation's mappings, of which there must be some.
func (l *loader) testFields(o object, key string, keys ...string) []entry {
	n := o.get(key)
	if n == nil {
		return nil
	}
	fields, ok := l.object(o.src, n, quote(key), keys...)
	if ok && len(n.kids) == 0 {
		l.mistake(o.src.pos(n), "%s says nothing", quote(key))
	}
	return slices.DeleteFunc(fields.fields, func(e entry) bool { return e.value == nil })
}

func (l *loader) testWhere(src *source, n *node) []TestSlice {
	entries, _ := l.entries(src, n, "where")
	var out []TestSlice
	for _, e := range entries {
		s := TestSlice{Dimension: Word{e.name, src.pos(e.key)}}
		switch {
		case e.value == nil:
			continue
		case e.value.kind == sequenceNode:
			if s.Items = l.testWords(src, e.value, "the items of "+quote(e.name)); len(e.value.kids) == 0 {
				l.mistake(src.pos(e.value), "where names no item of %s; leave it out to mean all", quote(e.name))
			}
		default:
			if w, ok := l.testWord(src, e.value, "an item of "+quote(e.name)); ok {
				s.Items = []Word{w}
			}
		}
		out = append(out, s)
	}
	return out
}

func (l *loader) testWord(src *source, n *node, what string) (Word, bool) {
	text, ok := l.name(src, n, what)
	return Word{text, src.pos(n)}, ok
}

// testWords reads a list of names, each once.
func (l *loader) testWords(src *source, n *node, what string) []Word {
	names, _ := l.names(src, n, what)
	out := make([]Word, 0, len(names))
	first := make(map[string]int32, len(names))
	for _, e := range names {
		if line, ok := first[e.name]; ok {
			l.mistake(src.pos(e.key), "%s stands twice in %s, first in line %d", quote(e.name), what, line)
			continue
		}
		first[e.name] = e.key.line
		out = append(out, Word{e.name, src.pos(e.key)})
	}
	return out
}
