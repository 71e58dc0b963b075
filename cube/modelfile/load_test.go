package modelfile

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
)

var update = flag.Bool("update", false, "write the answers of testdata anew")

// base is the model that the cases of testdata/refused change, by top-level key.
var base = [][2]string{
	{"cubeward", "1"},
	{"application", "A"},
	{"members", "{items: [ada, bo]}"},
	{"lists", `{L: {items: [a, b]}, K: {items: [x, y, z], properties: {P: {type: number}, Q: {type: "list:L"}}}}`},
	{"metrics", "{N: {type: number, dimensions: [L]}, AR: {type: access_rights, dimensions: [User, L]}}"},
	{"user_roles", "{ada: Admin, bo: Reader}"},
}

// model is base with the top-level keys of text in the place of its own; a line !key takes one away. text stays at
// the top, so that places are those of the case.
func model(text string) string {
	var b strings.Builder
	absent := map[string]bool{}
	for _, line := range strings.SplitAfter(text, "\n") {
		if key, ok := strings.CutPrefix(line, "!"); ok {
			absent[strings.TrimSpace(key)] = true
			b.WriteString("\n")
			continue
		}
		if key, _, ok := strings.Cut(line, ":"); ok && line[0] != ' ' {
			absent[key] = true
		}
		b.WriteString(line)
	}
	for _, kv := range base {
		if !absent[kv[0]] {
			fmt.Fprintf(&b, "%s: %s\n", kv[0], kv[1])
		}
	}
	return b.String()
}

// writeFiles writes files that stand one after the other in text, each after a line "-- name --"; what stands before
// the first changes the base model.
func writeFiles(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	parts := strings.Split("\n"+text+"\n", "\n-- ")
	files := map[string]string{}
	for _, p := range parts[1:] {
		name, content, ok := strings.Cut(p, " --\n")
		require.True(t, ok, "a file has no name: %q", p)
		files[name] = content
	}
	if files["model.yaml"] == "" && files["workspace.yaml"] == "" {
		files["model.yaml"] = model(strings.TrimPrefix(parts[0], "\n") + "\n")
	}
	for name, content := range files {
		write(t, dir, name, content)
	}
	return dir
}

func write(t testing.TB, dir, name, content string) {
	t.Helper()
	file := filepath.Join(dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o777))
	require.NoError(t, os.WriteFile(file, []byte(content), 0o666))
}

// mistakes loads a model and is what is wrong with it, a line each, with paths relative to dir. A line "(workspace)" at the end says that a workspace came with it.
func mistakes(t *testing.T, dir string) string {
	t.Helper()
	ws, err := Load(dir, Options{})
	if err == nil {
		return "none\n"
	}
	require.IsType(t, cube.Errors{}, err)
	var b strings.Builder
	for _, e := range err.(cube.Errors) {
		fmt.Fprintln(&b, strings.ReplaceAll(e.Error(), dir+string(filepath.Separator), ""))
	}
	if ws != nil {
		b.WriteString("(workspace)\n")
	}
	return b.String()
}

// TestRefused loads the models of testdata/refused. Each file holds cases: a line "## name", the files, a line "----",
// and the mistakes.
func TestRefused(t *testing.T) {
	files, err := filepath.Glob("testdata/refused/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		var b strings.Builder
		head, rest, _ := strings.Cut(string(content), "## ")
		b.WriteString(head)
		for _, c := range strings.Split(rest, "\n## ") {
			name, text, _ := strings.Cut(c, "\n")
			input, want, _ := strings.Cut(text, "\n----\n")
			input = strings.TrimRight(input, "\n")
			t.Run(filepath.Base(file)+"/"+name, func(t *testing.T) {
				got := mistakes(t, writeFiles(t, input))
				fmt.Fprintf(&b, "## %s\n%s\n----\n%s\n", name, input, got)
				if !*update {
					require.Equal(t, strings.TrimSpace(want), strings.TrimSpace(got))
				}
			})
		}
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(strings.TrimRight(b.String(), "\n")+"\n"), 0o666))
		}
	}
}
