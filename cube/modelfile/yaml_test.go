package modelfile

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	yamltestsuite "github.com/goccy/go-yaml/testdata/yaml-test-suite"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
)

// plainTree is a tree without places: nil, string, []any, or mappings as [][2]any, so that require.Equal prints it.
func plainTree(n *node) any {
	switch n.kind {
	case nullNode:
		return nil
	case sequenceNode:
		out := []any{}
		for i := range n.kids {
			out = append(out, plainTree(&n.kids[i]))
		}
		return out
	case mappingNode:
		out := [][2]any{}
		for i := 0; i < len(n.kids); i += 2 {
			out = append(out, [2]any{plainTree(&n.kids[i]), plainTree(&n.kids[i+1])})
		}
		return out
	}
	return n.text
}

// sameAsJSON compares a node with the value that JSON has for it.
func sameAsJSON(n *node, want any) bool {
	switch w := want.(type) {
	case nil:
		return n.kind == nullNode
	case string:
		return (n.kind == plainNode || n.kind == quotedNode) && n.text == w
	case bool:
		return n.kind == plainNode && strings.EqualFold(n.text, fmt.Sprint(w))
	case float64:
		i, err := strconv.ParseInt(strings.Replace(n.text, "0o", "0", 1), 0, 64)
		f, ferr := strconv.ParseFloat(n.text, 64)
		return n.kind == plainNode && (err == nil && float64(i) == w || ferr == nil && f == w)
	case []any:
		if n.kind != sequenceNode || len(n.kids) != len(w) {
			return false
		}
		for i := range w {
			if !sameAsJSON(&n.kids[i], w[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		if n.kind != mappingNode || len(n.kids) != 2*len(w) {
			return false
		}
		for i := 0; i < len(n.kids); i += 2 {
			v, ok := w[n.kids[i].text]
			if !ok || !sameAsJSON(&n.kids[i+1], v) {
				return false
			}
		}
		return true
	}
	return false
}

// TestYAMLSuite runs the YAML test suite: what models do without must be refused as such, other valid documents read
// as the suite says, and invalid ones refused.
func TestYAMLSuite(t *testing.T) {
	suites, err := yamltestsuite.TestSuites()
	require.NoError(t, err)
	require.Greater(t, len(suites), 300)
	read := 0
	for _, s := range suites {
		n, problems := parseYAML(string(s.InYAML))
		allowed := !slices.ContainsFunc(problems, func(p yamlProblem) bool {
			return strings.Contains(p.message, "not allowed") || strings.Contains(p.message, "may not be a key") || strings.Contains(p.message, "may stand in a model")
		})
		switch {
		case s.Error:
			if len(problems) == 0 && !slices.Contains(lenient, s.Name) {
				t.Errorf("%s: an error was expected\n%s", s.Name, s.InYAML)
			}
		case len(problems) > 0 && !allowed:
		case len(problems) > 0:
			if !slices.Contains(strict, s.Name) {
				t.Errorf("%s: %v\n%s", s.Name, problems, s.InYAML)
			}
		case len(s.InJSON) == 1 && !slices.Contains(endless, s.Name):
			read++
			if !sameAsJSON(&n, s.InJSON[0]) {
				want, _ := json.Marshal(s.InJSON[0])
				t.Errorf("%s: %v, want %s\n%s", s.Name, plainTree(&n), want, s.InYAML)
			}
		}
	}
	require.Greater(t, read, 100)
}

// lenient names the invalid documents of the suite that are read: their indentation within brackets and quotes is
// wrong, which nothing depends on.
var lenient = []string{
	"flow-collections-over-many-lines/00", "wrong-indented-flow-sequence", "wrong-indented-multiline-quoted-scalar",
	"tabs-in-various-contexts/000", "tabs-in-various-contexts/003", "tabs-that-look-like-indentation/01",
}

// strict names the valid documents of the suite that are refused: they have empty keys, or tabs that indent.
var strict = []string{
	"block-mapping-with-missing-keys", "empty-implicit-key-in-single-pair-flow-sequences", "empty-lines-at-end-of-document",
	"question-mark-edge-cases/00", "single-character-streams/01", "spec-example-7-16-flow-mapping-entries",
	"spec-example-7-3-completely-empty-flow-nodes", "spec-example-8-18-implicit-block-mapping-entries",
	"syntax-character-edge-cases/00", "tabs-that-look-like-indentation/00", "zero-indented-sequences-in-explicit-mapping-keys",
}

// endless names the documents whose last line has no end, where the suite adds one.
var endless = []string{"trailing-line-of-spaces/01", "trailing-whitespace-in-streams/02"}

// twin is the tree that goccy/go-yaml reads, where it reads one that our parser also may.
func twin(src string) (tree any, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	file, err := parser.ParseBytes([]byte(src), 0, parser.AllowDuplicateMapKey())
	if err != nil || len(file.Docs) != 1 {
		return nil, false
	}
	return twinTree(file.Docs[0].Body), true
}

func twinTree(n ast.Node) any {
	switch n := n.(type) {
	case nil, *ast.NullNode, *ast.CommentGroupNode:
		return nil
	case *ast.MappingNode:
		out := [][2]any{}
		for _, v := range n.Values {
			out = append(out, [2]any{twinTree(v.Key), twinTree(v.Value)})
		}
		return out
	case *ast.MappingValueNode:
		return [][2]any{{twinTree(n.Key), twinTree(n.Value)}}
	case *ast.MappingKeyNode:
		return twinTree(n.Value)
	case *ast.SequenceNode:
		out := []any{}
		for _, v := range n.Values {
			out = append(out, twinTree(v))
		}
		return out
	case *ast.LiteralNode:
		return n.Value.Value
	}
	return n.GetToken().Value
}

// TestYAMLTwin compares the trees of models, in the styles in which people write them, with those of the twin.
func TestYAMLTwin(t *testing.T) {
	for _, src := range yamlSamples {
		n, problems := parseYAML(src)
		require.Empty(t, problems, src)
		want, ok := twin(src)
		require.True(t, ok, src)
		require.Equal(t, want, plainTree(&n), src)
	}
}

var yamlSamples = []string{
	"", "a", "# only a comment\n", "a: 1\nb: 2\n", "a:\n  b: c\n  d:\n    - e\n    - f: g\n      h: i\n",
	"a:\n- b\n- c\nd: e\n", "- - a\n  - b\n- c: d\n  e: f\n", "a: {b: [c, d], e: {f: g}}\n", "{a: b,\n c: [d,\n  e]}\n",
	"a: 'it''s'\nb: \"x\\ny\\u00e9\\x41\"\n", "a: |\n  x\n   y\n\n  z\nb: c\n", "a: >-\n  x\n  y\n\n  z\n", "a: x\n  y\n  z\nb: c\n",
	"a: b # c\nd: e#f\ng: 'h' # i\n", "? a\n: b\n? c\n", "a:\nb:\n  - \n  - c\n", "---\na: b\n...\n", "a: [b, c: d, {e: f}]\n",
	"a: \"b\n  c\"\n", "\"a b\": c\n'd': e\n1: 2\ntrue: null\n", "a: -1\n", "a: http://x.y/z\nb: c:d\n", "a: [x, y,]\n",
	"a:   b   \n\n\nc: d", "a: |2-\n    x\n   y\n", "a:  b\n", "é: ü\n日本: [東京, 大阪]\n", "a: [1.50, 0b11, 012, +5, 1_000, .5, Yes]\n",
	"a: ''\nb: \"\"\nc: ~\n", "a: b\r\nc:\r\n  - d\r\n",
}

// TestYAMLHostile: what is made to be slow or deep is read or refused at once. The limit is far from what any of them
// takes, and nearer than what anything quadratic would.
func TestYAMLHostile(t *testing.T) {
	const n = 1 << 20
	for name, src := range map[string]string{
		"brackets": strings.Repeat("[", n), "braces": strings.Repeat("{", n), "pairs": strings.Repeat("[a: ", n/4), "dashes": strings.Repeat("- ", n/2),
		"questions": strings.Repeat("? ", n/2), "colons": strings.Repeat("a: ", n/3), "empty keys": strings.Repeat(": ", n/2),
		"keys": strings.Repeat("a: b\n", n/5), "entries": strings.Repeat("- a\n", n/4), "flow entries": "[" + strings.Repeat("a,", n/2) + "]",
		"flow keys": "{" + strings.Repeat("a: b,", n/5) + "}", "anchors": strings.Repeat("&a ", n/3), "anchored": "[" + strings.Repeat("&a b,", n/5) + "]",
		"aliases": strings.Repeat("- *a\n", n/5), "tags": "a: " + strings.Repeat("!a ", n/3), "documents": strings.Repeat("---\n", n/4), "ends": strings.Repeat("...\n", n/4),
		"lines": strings.Repeat("\n", n), "comments": strings.Repeat("#\n", n/2), "text": "a: " + strings.Repeat("x", n), "text lines": "a:" + strings.Repeat(" x\n", n/3),
		"blank text": "a: b" + strings.Repeat("\n ", n/2) + "c", "quotes": "a: \"" + strings.Repeat("x\n ", n/3) + "\"", "escapes": "\"" + strings.Repeat("\\\n", n/2),
		"literal": "a: |\n" + strings.Repeat("  x\n", n/4), "blank literal": "a: |\n" + strings.Repeat("  \n", n/3), "folded": ">\n" + strings.Repeat(" x\n\n", n/4),
		"stairs": stairs(1000), "spaces": "a:" + strings.Repeat(" ", n) + "b", "multi keys": strings.Repeat("\"a\n\": b\n", n/9), "unclosed": strings.Repeat("'a\n", n/3),
		"directives": strings.Repeat("%YAML 1.2\n", n/10), "tabs": strings.Repeat("\t", n), "returns": strings.Repeat("a: b\r", n/5),
	} {
		start := processorTime(t)
		_, problems := parseYAML(src)
		require.LessOrEqual(t, len(problems), cube.MaxErrors, name)
		require.Less(t, processorTime(t)-start, 10*time.Second, name)
	}
}

// stairs is a block mapping as deep as n lines make it.
func stairs(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

// FuzzYAML: no panic, places within the text, and the twin's tree where both read one.
func FuzzYAML(f *testing.F) {
	for _, s := range yamlSamples {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		n, problems := parseYAML(src)
		lines := strings.Count(src, "\n") + strings.Count(src, "\r") + 1
		for _, p := range problems {
			require.True(t, p.line >= 1 && p.line <= lines && p.col >= 1, "%v", p)
		}
		again, _ := parseYAML(src)
		require.Equal(t, n, again)
	})
}
