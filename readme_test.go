package cubeward_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the quoted blocks of the documents anew")

// A quotation: a comment that names its source, FILE or FILE#FUNCTION, and the fenced block below it.
var quotation = regexp.MustCompile("(?s)<!-- from: ([^ #]+)(?:#([A-Za-z0-9_]+))? -->\n```([a-z]*)\n(.*?)```\n")

// What documents quote is what runs: each quoted block equals its source. `make golden` mends them.
func TestGoldenQuotations(t *testing.T) {
	for _, document := range []string{"README.md", "docs/architecture.md", "docs/updating.md", "docs/batch.md"} {
		text, err := os.ReadFile(document)
		require.NoError(t, err)
		quoted, n, err := requote(string(text))
		require.NoError(t, err, document)
		require.Positive(t, n, "%s quotes nothing: is the form of its marks right?", document)
		if *update {
			require.NoError(t, os.WriteFile(document, []byte(quoted), 0o644))
			continue
		}
		require.Equal(t, quoted, string(text), "%s is stale: run `make golden`", document)
	}
}

// requote puts the present text of each source into its block, and counts the blocks.
func requote(text string) (string, int, error) {
	n := 0
	var failed error
	text = quotation.ReplaceAllStringFunc(text, func(block string) string {
		n++
		m := quotation.FindStringSubmatch(block)
		source, err := quote(m[1], m[2])
		if err != nil {
			failed = err
			return block
		}
		mark, _, _ := strings.Cut(block, "\n")
		return mark + "\n```" + m[3] + "\n" + strings.TrimRight(source, "\n") + "\n```\n"
	})
	if marks := strings.Count(text, "<!-- from:"); failed == nil && marks != n {
		failed = fmt.Errorf("%d marks, but %d quoted blocks below them", marks, n)
	}
	return text, n, failed
}

// quote is the text of a file, or of one function in it with its comment.
func quote(file, function string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil || function == "" {
		return string(text), err
	}
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, file, text, parser.ParseComments)
	if err != nil {
		return "", err
	}
	for _, decl := range parsed.Decls {
		if d, ok := decl.(*ast.FuncDecl); ok && d.Name.Name == function {
			from := d.Pos()
			if d.Doc != nil {
				from = d.Doc.Pos()
			}
			return string(text[fset.Position(from).Offset:fset.Position(d.End()).Offset]), nil
		}
	}
	return "", fmt.Errorf("%s has no function %s", file, function)
}

var link = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)

// What documents point to in the repository is there.
func TestDocumentLinks(t *testing.T) {
	links := 0
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md", "examples/*/*.md"} {
		documents, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, document := range documents {
			text, err := os.ReadFile(document)
			require.NoError(t, err)
			for _, m := range link.FindAllStringSubmatch(string(text), -1) {
				links++
				if _, err := os.Stat(filepath.Join(filepath.Dir(document), m[1])); err != nil {
					t.Errorf("%s links %s, which is not there", document, m[1])
				}
			}
		}
	}
	require.Positive(t, links, "nothing was examined")
}

func TestQuotationsAreCompared(t *testing.T) {
	fresh, n, err := requote("x\n<!-- from: .gitignore -->\n```\nold\n```\ny\n")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.NotContains(t, fresh, "old")
	require.Contains(t, fresh, "/bin/")
	require.True(t, strings.HasPrefix(fresh, "x\n<!-- from: .gitignore -->\n```\n") && strings.HasSuffix(fresh, "\n```\ny\n"), fresh)
	fresh, _, err = requote("<!-- from: readme_test.go#quote -->\n```go\n```\n")
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(fresh, "<!-- from: readme_test.go#quote -->\n```go\n// quote is the text"), fresh)
	_, _, err = requote("<!-- from: readme_test.go#gone -->\n```go\n```\n")
	require.ErrorContains(t, err, "no function gone")
	_, _, err = requote("<!-- from: readme_test.go -->\n\n```go\n```\n")
	require.ErrorContains(t, err, "1 marks, but 0 quoted blocks")
}
