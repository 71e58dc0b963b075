package audit_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
)

// lint is the findings in a model file, whose comments count.
func lint(t *testing.T, path string) []audit.Finding {
	t.Helper()
	ws, err := modelfile.Load(path, modelfile.Options{})
	require.NoError(t, err)
	r, err := engine.Compile(context.Background(), ws, engine.Options{})
	require.NoError(t, err)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	found, err := audit.Lint(context.Background(), r, audit.LintOptions{Files: map[string]string{path: string(text)}})
	require.NoError(t, err)
	return found
}

// lintText is the findings in a model that stands in the test.
func lintText(t *testing.T, text string) []audit.Finding {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return lint(t, path)
}

func ofCode(found []audit.Finding, code string) []audit.Finding {
	return slices.DeleteFunc(slices.Clone(found), func(f audit.Finding) bool { return f.Code != code })
}

func linesOf(found []audit.Finding) []int {
	lines := []int{}
	for _, f := range found {
		lines = append(lines, f.Pos.Line)
	}
	return lines
}

// wanted are the lines of a test model that say that they are found, each as often as it says so. A comment about a
// comment is none, so of those the lines are given here.
func wanted(t *testing.T, code, path string) []int {
	t.Helper()
	if lines, ok := map[string][]int{"ignore-without-reason": {7}, "ignore-unknown-code": {7, 9}, "ignore-unanswered": {7, 9}}[code]; ok {
		return lines
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := []int{}
	for i, line := range strings.Split(string(text), "\n") {
		if _, comment, ok := strings.Cut(line, "# finds"); ok {
			for range 1 + strings.Count(comment, "finds") {
				lines = append(lines, i+1)
			}
		}
	}
	return lines
}

// Every kind of finding has a model that triggers it, line by line, and one that comes near and does not.
func TestLintCodes(t *testing.T) {
	folders, err := os.ReadDir("testdata/lint")
	require.NoError(t, err)
	var names []string
	for _, f := range folders {
		names = append(names, f.Name())
	}
	require.ElementsMatch(t, names, codeNames(), "a folder for each code")
	for _, code := range names {
		t.Run(code, func(t *testing.T) {
			path := filepath.Join("testdata", "lint", code, "finds.yaml")
			found := ofCode(lint(t, path), code)
			require.Equal(t, wanted(t, code, path), linesOf(found), "%+v", found)
			require.NotEmpty(t, found)
			for _, f := range found {
				require.Equal(t, path, f.Pos.File)
				require.Positive(t, f.Pos.Column)
				require.NotEmpty(t, f.Message)
				require.NotEmpty(t, f.Remedy)
				require.NotRegexp(t, `[.\s]$`, f.Message)
			}
			near := ofCode(lint(t, filepath.Join("testdata", "lint", code, "misses.yaml")), code)
			require.Empty(t, near)
		})
	}
}

func codeNames() []string {
	var names []string
	for _, c := range audit.Codes() {
		names = append(names, c.Name)
	}
	return names
}

// docs/lint.md has a section on each code, and on nothing else, in the order of Codes.
func TestLintIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/lint.md")
	require.NoError(t, err)
	var sections []string
	for _, m := range regexp.MustCompile("(?m)^### `(.+)`$").FindAllStringSubmatch(string(text), -1) {
		sections = append(sections, m[1])
	}
	require.Equal(t, codeNames(), sections)
	for i, section := range strings.Split(string(text), "\n### ")[1:] {
		require.Contains(t, section, "**What to do.**", sections[i])
		require.Contains(t, section, "**Why it matters.**", sections[i])
		_, example, ok := strings.Cut(section, "```yaml\n")
		require.True(t, ok, "%s: an example", sections[i])
		example, _, _ = strings.Cut(example, "```")
		model, err := os.ReadFile(filepath.Join("testdata", "lint", sections[i], "finds.yaml"))
		require.NoError(t, err)
		for line := range strings.Lines(example) {
			require.Contains(t, string(model), strings.TrimRight(line, "\n"), "%s: the example is part of what is tested", sections[i])
		}
	}
}

func TestLintCodesAreWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range audit.Codes() {
		require.Regexp(t, `^[a-z]+(-[a-z]+)*$`, c.Name)
		require.False(t, seen[c.Name])
		require.NotEmpty(t, c.Summary)
		seen[c.Name] = true
	}
}

func TestLintOptions(t *testing.T) {
	require.Error(t, audit.LintOptions{MaxCells: -1}.Validate())
	require.NoError(t, audit.LintOptions{}.Validate())
	_, err := audit.Lint(context.Background(), nil, audit.LintOptions{MaxCells: -1})
	require.Error(t, err)
}

func TestLintStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	ws, err := modelfile.Load("testdata/lint/reset-gives-away/finds.yaml", modelfile.Options{})
	require.NoError(t, err)
	r, err := engine.Compile(ctx, ws, engine.Options{})
	require.NoError(t, err)
	cancel()
	_, err = audit.Lint(ctx, r, audit.LintOptions{})
	require.ErrorIs(t, err, context.Canceled)
}

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
}

// A comment on the line of a metric, list or rule silences what is found in its formula, too.
func TestIgnoreComments(t *testing.T) {
	const model = `cubeward: 1
application: HR
members: {items: [ann, bob]}
user_roles: {ann: Admin, bob: Modeler}
lists: {Month: {items: [Jan]}} # cubeward:ignore no-rule months are no secret
metrics:
  Revenue: {type: number, dimensions: [Month]}
  # The board publishes it.
  # cubeward:ignore reset-access-rights it is published
  # cubeward:ignore reset-gives-away and so is known
  Copy: # cubeward:ignore no-rule it is published
    type: number
    dimensions: [Month]
    formula: |
      RESETACCESSRIGHTS(Revenue)
  Copy 2:
    type: number
    dimensions: [Month]
    # cubeward:ignore reset-access-rights it is published
    formula: |
      RESETACCESSRIGHTS(Revenue)
  AR: {type: access_rights, dimensions: [User, Month], cells: [[ann, Jan, rw]]}
rules:
  - name: r
    metric: AR
    on: {metrics: [Revenue]}
`
	var got []string
	for _, f := range lintText(t, model) {
		got = append(got, f.Code+" "+f.Block.String())
	}
	require.Equal(t, []string{"no-rule HR::Copy 2", "reset-gives-away HR::Copy 2"}, got)
}
