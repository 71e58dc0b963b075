package modelfile

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
)

// TestYAMLTree: the text of scalars stands as in the source, and everything knows its place.
func TestYAMLTree(t *testing.T) {
	n, problems := parseYAML("# é\nñ: {a: 3.10, 'b': [Yes, \"0b11\", ~, ], c: null}\n012: |\n  x\n")
	require.Empty(t, problems)
	scalar := func(k nodeKind, line, col int32, text string) node {
		return node{kind: k, line: line, col: col, text: text}
	}
	require.Equal(t, node{kind: mappingNode, line: 2, col: 1, kids: []node{
		scalar(plainNode, 2, 1, "ñ"),
		{kind: mappingNode, line: 2, col: 4, kids: []node{
			scalar(plainNode, 2, 5, "a"), scalar(plainNode, 2, 8, "3.10"),
			scalar(quotedNode, 2, 14, "b"),
			{kind: sequenceNode, line: 2, col: 19, kids: []node{
				scalar(plainNode, 2, 20, "Yes"), scalar(quotedNode, 2, 25, "0b11"), scalar(nullNode, 2, 33, "~"),
			}},
			scalar(plainNode, 2, 39, "c"), scalar(nullNode, 2, 42, "null"),
		}},
		scalar(plainNode, 3, 1, "012"), scalar(quotedNode, 3, 6, "x\n"),
	}}, n)
}

// TestMergeKeys: << is refused where it is a key; elsewhere, and in quotes, it is a text like any other (SPEC 2).
func TestMergeKeys(t *testing.T) {
	n, problems := parseYAML("a: [<<, b]\nc: <<\n'<<': d\n")
	require.Empty(t, problems)
	require.Equal(t, node{kind: plainNode, line: 1, col: 5, text: "<<"}, n.kids[1].kids[0])
	_, problems = parseYAML("a:\n  <<: {b: c}\n")
	require.Equal(t, []yamlProblem{{2, 3, "merge keys (<<) are not allowed; write the keys out, or quote the name"}}, problems)
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
	const n = 1 << 18
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
		start := time.Now()
		_, problems := parseYAML(src)
		require.LessOrEqual(t, len(problems), cube.MaxErrors, name)
		require.Less(t, time.Since(start), 20*time.Second, name)
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

// FuzzYAML: no panic, and places within the text.
func FuzzYAML(f *testing.F) {
	for _, s := range yamlSamples {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		n, problems := parseYAML(src)
		lines := strings.Count(src, "\n") + strings.Count(src, "\r") + 1
		for _, p := range problems {
			require.True(t, p.line >= 0 && p.line <= lines+1 && p.col >= 0, "%v", p)
		}
		again, _ := parseYAML(src)
		require.Equal(t, n, again)
	})
}
