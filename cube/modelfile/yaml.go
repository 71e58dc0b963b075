package modelfile

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/cubeward/cubeward/cube"
)

// maxYAML is the largest YAML file (SPEC 2).
const maxYAML = 64 << 20

// maxDepth is how deep collections may nest in a YAML file. No model needs more than ten levels.
const maxDepth = 100

// nodeKind tells the nodes of a YAML tree apart.
type nodeKind uint8

const (
	nullNode     nodeKind = iota // nothing at all, or a plain null
	plainNode                    // a scalar without quotes; its text is the source text
	quotedNode                   // a scalar in quotes, or a block scalar
	sequenceNode                 //
	mappingNode                  //
)

// node is a value in a YAML file and where it starts: what of YAML a model may hold.
type node struct {
	kind      nodeKind
	line, col int32
	text      string // of scalars, and of a null as it was written
	kids      []node // of a sequence; of a mapping its keys and values in turn
}

// yamlProblem is a mistake in the syntax of a YAML file, or a use of what models do without. A line or column of 0 is
// not known.
type yamlProblem struct {
	line, col int
	message   string
}

// parseYAML reads a YAML file of one document. Where there are problems the node must not be used.
func parseYAML(src string) (node, []yamlProblem) {
	if at, message := invalidText(src); message != "" {
		line, col := lineColumn(src, at)
		return node{}, []yamlProblem{{line, col, message}}
	}
	src, problem := plainVersion(src)
	if problem != nil {
		return node{}, []yamlProblem{*problem}
	}
	loader, err := yaml.NewLoader(strings.NewReader(src))
	if err != nil {
		return node{}, []yamlProblem{syntaxProblem(err)}
	}
	var doc, more yaml.Node
	switch err := loadYAML(loader, &doc); {
	case errors.Is(err, io.EOF):
		return node{line: 1, col: 1}, nil
	case err != nil:
		return node{}, []yamlProblem{syntaxProblem(err)}
	}
	switch err := loadYAML(loader, &more); {
	case err == nil:
		return node{}, []yamlProblem{{max(more.Line, 1), max(more.Column, 1), "several documents in a file are not allowed"}}
	case !errors.Is(err, io.EOF):
		return node{}, []yamlProblem{syntaxProblem(err)}
	}
	var t yamlTree
	n := t.node(doc.Content[0], 0)
	return n, t.problems
}

// directive is all before the first directive of a file: comments and empty lines. YAML 1.1 and 1.2 are the versions that
// a model may name.
var (
	directive   = regexp.MustCompile(`^\x{FEFF}?([ \t]*(#[^\n]*)?\n)*%`)
	yamlVersion = regexp.MustCompile(`^%YAML 1\.[12][ \t]*(#.*)?\r?$`)
)

// plainVersion makes a comment of the directive %YAML 1.2: the library knows the one of version 1.1 only.
func plainVersion(src string) (string, *yamlProblem) {
	head := directive.FindString(src)
	if head == "" {
		return src, nil
	}
	at := len(head) - 1
	line, _, _ := strings.Cut(src[at:], "\n")
	if !yamlVersion.MatchString(line) {
		return "", &yamlProblem{strings.Count(head, "\n") + 1, 1, "only the directive %YAML 1.2 may stand in a model"}
	}
	return src[:at] + "#" + src[at+1:], nil
}

// loadYAML reads the next document. What the library panics with is a mistake of the file like others.
func loadYAML(l *yaml.Loader, into *yaml.Node) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("this is no YAML that can be read")
		}
	}()
	return l.Load(into)
}

// syntaxProblem is an error of the library with its place, and where that began which has no end.
func syntaxProblem(err error) yamlProblem {
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		return yamlProblem{message: err.Error()}
	}
	p := yamlProblem{load.Mark.Line, load.Mark.Column, load.Message}
	if strings.HasPrefix(p.message, "unknown anchor") {
		p.message = noAliases
		return p
	}
	if c := load.ContextMark; c.Line > 0 && (c.Line != p.line || c.Column != p.col) {
		p.message += fmt.Sprintf(" (%s that begins in line %d, column %d)", strings.TrimPrefix(load.ContextMsg, "while "), c.Line, c.Column)
	}
	return p
}

const noAliases = "aliases (*) are not allowed; write the value again"

// yamlTree takes from the library's tree what a model may hold, and refuses the rest (SPEC 2).
type yamlTree struct {
	problems []yamlProblem
}

func (t *yamlTree) node(y *yaml.Node, depth int) node {
	n := node{line: int32(y.Line), col: int32(y.Column), text: y.Value}
	switch {
	case depth > maxDepth:
		t.refuse(y, fmt.Sprintf("more than %d levels are not allowed", maxDepth))
		return n
	case y.Kind == yaml.AliasNode:
		t.refuse(y, noAliases)
		return n
	case y.Anchor != "":
		t.refuse(y, "anchors (&) are not allowed; write the value again where it is needed")
	case y.Style&yaml.TaggedStyle != 0 || y.Tag == "!":
		t.refuse(y, "tags (!) are not allowed; the model says what is of which type")
	}
	switch y.Kind {
	case yaml.MappingNode:
		n.kind = mappingNode
	case yaml.SequenceNode:
		n.kind = sequenceNode
	case yaml.ScalarNode:
		n.kind = scalarKind(y)
	}
	if len(y.Content) > 0 {
		n.kids = make([]node, len(y.Content))
	}
	for i, c := range y.Content {
		if n.kind == mappingNode && i%2 == 0 && c.Tag == "!!merge" { // elsewhere << is a text like any other
			t.refuse(c, "merge keys (<<) are not allowed; write the keys out, or quote the name")
		}
		n.kids[i] = t.node(c, depth+1)
	}
	return n
}

func scalarKind(y *yaml.Node) nodeKind {
	switch {
	case y.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return quotedNode
	case y.Tag == "!!null":
		return nullNode
	}
	return plainNode
}

func (t *yamlTree) refuse(y *yaml.Node, message string) {
	if len(t.problems) < cube.MaxErrors {
		t.problems = append(t.problems, yamlProblem{y.Line, y.Column, message})
	}
}

// invalidText is where src is not UTF-8 or holds a character that YAML forbids.
func invalidText(src string) (at int, message string) {
	for i := 0; i < len(src); {
		if c := src[i]; c >= ' ' && c < 0x7f || c == '\n' || c == '\t' || c == '\r' {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(src[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			return i, "the file is not UTF-8"
		case r < ' ' || r >= 0x7f && r < 0xa0 && r != 0x85 || r == 0xfffe || r == 0xffff:
			return i, fmt.Sprintf("the control character %U is not allowed", r)
		}
		i += n
	}
	return 0, ""
}

// lineColumn is the line and column, in code points, of a byte offset.
func lineColumn(src string, at int) (line, col int) {
	start := strings.LastIndexByte(src[:at], '\n') + 1
	return strings.Count(src[:start], "\n") + 1, utf8.RuneCountInString(strings.TrimPrefix(src[start:at], "\ufeff")) + 1
}
