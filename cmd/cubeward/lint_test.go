package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/engine/audit"
)

// What lint answers in each of its forms.
func TestLintGolden(t *testing.T) {
	var all strings.Builder
	for _, args := range [][]string{
		{"lint", "-m", "testdata/shop"},
		{"lint", "-m", "testdata/duo"},
		{"lint", "-m", "testdata/duo", "--json"},
		{"lint", "-m", "../../examples/us-budget"},
		{"lint", "-m", "testdata/broken"},
		{"lint", "-m", "testdata/duo", "--json", "--sarif"},
		{"lint"},
	} {
		got := call(t, args...)
		all.WriteString("$ cubeward " + strings.Join(args, " ") + "\n" + got.stdout + got.stderr + "\n")
	}
	golden(t, "lint.txt", all.String())
}

const clean = `cubeward: 1
application: HR
members: {items: [ann]}
user_roles: {ann: Admin}
lists: {Month: {items: [Jan]}}%s
`

func TestLintStatus(t *testing.T) {
	model := write(t, "model.yaml", strings.ReplaceAll(clean, "%s", ""))
	got := call(t, "lint", "-m", model)
	require.Equal(t, statusRefused, got.status)
	require.Empty(t, got.stderr)
	require.Contains(t, got.stdout, "1 finding: 1 no-rule\n")

	quiet := write(t, "model.yaml", strings.ReplaceAll(clean, "%s", " # cubeward:ignore no-rule months are no secret"))
	require.Equal(t, outcome{statusDone, "no findings\n", ""}, call(t, "lint", "-m", quiet))
	require.Equal(t, outcome{statusDone, "[]\n", ""}, call(t, "lint", "-m", quiet, "--json"))

	out := filepath.Join(t.TempDir(), "out.json")
	require.Equal(t, outcome{statusRefused, "", ""}, call(t, "lint", "-m", model, "--json", "-o", out))
	data, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Equal(t, call(t, "lint", "-m", model, "--json").stdout, string(data))
	require.Equal(t, statusInvalid, call(t, "lint", "-m", model, "-o", t.TempDir()).status)
}

// Comments count in every file of a workspace, and a file without a block is read as well.
func TestLintIgnoresInEveryFile(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"workspace.yaml": "cubeward: 1\nmembers: {items: [ann]}\n# cubeward:ignore no-rule nothing\napplications: {HR: hr.yaml, IT: it.yaml}\n",
		"hr.yaml":        "cubeward: 1\nuser_roles: {ann: Admin}\nlists:\n  # cubeward:ignore no-rule months\n  Month: {items: [Jan]}\n",
		"it.yaml":        "cubeward: 1\nuser_roles: {ann: Admin}\nlists:\n  Month: {items: [Jan]}\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	got := call(t, "lint", "-m", dir, "--json")
	var found []lintResult
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &found))
	require.Len(t, found, 2)
	require.Equal(t, "no-rule it.yaml IT::Month", found[0].Code+" "+filepath.Base(found[0].File)+" "+found[0].Block)
	require.Equal(t, "ignore-unanswered workspace.yaml ", found[1].Code+" "+filepath.Base(found[1].File)+" "+found[1].Block)
}

// The keys of the JSON are part of the interface (SPEC 6).
func TestLintJSONKeys(t *testing.T) {
	got := call(t, "lint", "-m", "testdata/duo", "--json")
	var found []map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &found))
	require.NotEmpty(t, found)
	for _, f := range found {
		keys := []string{}
		for k := range f {
			keys = append(keys, k)
		}
		require.ElementsMatch(t, []string{"code", "file", "line", "column", "block", "message", "remedy"}, keys)
	}
}

// SARIF: what its schema requires of the parts that are used, and what readers of it rely on.
func TestLintSARIF(t *testing.T) {
	got := call(t, "lint", "-m", "testdata/duo", "--sarif")
	require.Equal(t, statusRefused, got.status)
	var log sarifFile
	d := json.NewDecoder(strings.NewReader(got.stdout))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&log))
	require.Equal(t, "2.1.0", log.Version)
	require.Len(t, log.Runs, 1)
	rules := log.Runs[0].Tool.Driver.Rules
	require.Len(t, rules, len(audit.Codes()))
	var plain []lintResult
	require.NoError(t, json.Unmarshal([]byte(call(t, "lint", "-m", "testdata/duo", "--json").stdout), &plain))
	require.Len(t, log.Runs[0].Results, len(plain))
	for i, r := range log.Runs[0].Results {
		require.Equal(t, r.RuleID, rules[r.RuleIndex].ID)
		require.Contains(t, []string{"note", "warning"}, r.Level)
		require.Equal(t, plain[i].Code, r.RuleID)
		require.Equal(t, plain[i].Line, r.Locations[0].Physical.Region.Line)
		require.Equal(t, plain[i].Column, r.Locations[0].Physical.Region.Column)
		require.Equal(t, filepath.ToSlash(plain[i].File), r.Locations[0].Physical.Artifact.URI)
		require.Contains(t, r.Message.Text, plain[i].Message)
	}
	empty := call(t, "lint", "-m", write(t, "model.yaml", "cubeward: 1\napplication: A\n"), "--sarif")
	require.Contains(t, empty.stdout, `"results": []`)
}

func TestFileURI(t *testing.T) {
	for path, want := range map[string]string{
		"a/model.yaml": "a/model.yaml", "/tmp/my model.yaml": "file:///tmp/my%20model.yaml", "a b/é%.yaml": "a%20b/%C3%A9%25.yaml", "x:y.yaml": "./x:y.yaml",
	} {
		require.Equal(t, want, fileURI(path))
	}
}

// Text for people fits on a narrow screen, but for names that are longer.
func TestLintTextWidth(t *testing.T) {
	for _, model := range []string{"testdata/shop", "testdata/duo", "../../examples/us-budget"} {
		for _, line := range lines(call(t, "lint", "-m", model).stdout) {
			require.LessOrEqual(t, utf8.RuneCountInString(line), screenWidth, line)
		}
	}
}

// The examples of the help text work as they stand.
func TestLintExamples(t *testing.T) {
	ran := 0
	for _, line := range strings.Split(lintCommand(&tool{}).Example, "\n") {
		args := strings.Fields(strings.ReplaceAll(line, "examples/", "../../examples/"))
		if len(args) == 0 || args[0] != "cubeward" {
			continue
		}
		if i := len(args) - 2; args[i] == "-o" {
			args[i+1] = filepath.Join(t.TempDir(), args[i+1])
		}
		require.Equal(t, statusRefused, call(t, args[1:]...).status, line)
		ran++
	}
	require.Equal(t, 2, ran)
}
