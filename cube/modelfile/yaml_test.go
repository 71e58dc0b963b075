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

var _ = time.Now
var _ ast.Node
var _ = parser.ParseBytes
