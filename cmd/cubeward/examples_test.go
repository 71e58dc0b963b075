package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The examples that help texts show work as they stand, from the repository's root, but those that need files of the
// reader's own.
func TestExamplesOfHelp(t *testing.T) {
	root := newRoot(&tool{})
	for name, want := range map[string]int{"": 3, "check": 3, "rights": 2, "values": 2, "mask": 2} {
		cmd, _, err := root.Find(strings.Fields(name))
		require.NoError(t, err)
		ran := 0
		for _, line := range strings.Split(strings.ReplaceAll(cmd.Example, "\\\n", ""), "\n") {
			args := strings.Fields(line)
			if len(args) == 0 || args[0] != "cubeward" || strings.Contains(line, "members.txt") || strings.Contains(line, ".rights") {
				continue
			}
			dir := t.TempDir()
			for i, a := range args {
				args[i] = strings.Replace(a, "examples/", "../../examples/", 1)
				if i > 0 && args[i-1] == "-o" {
					args[i] = filepath.Join(dir, a)
				}
			}
			got := call(t, args[1:]...)
			require.Equal(t, statusDone, got.status, "%s\n%s", line, got.stderr)
			ran++
		}
		require.Equal(t, want, ran, "examples of %q", name)
	}
}

// The examples of commands that make files of each other's are run in order, as a shell runs them.
func TestExamplesInOrder(t *testing.T) {
	needShell(t)
	scripts := map[string]string{"the tour": readFile(t, "../../examples/batch/tour.sh")}
	root := newRoot(&tool{})
	for _, name := range []string{"compile", "merge"} {
		cmd, _, err := root.Find([]string{name})
		require.NoError(t, err)
		scripts[name] = cmd.Example
	}
	examples, err := filepath.Abs("../../examples")
	require.NoError(t, err)
	for name, script := range scripts {
		dir := t.TempDir()
		require.NoError(t, os.Symlink(examples, filepath.Join(dir, "examples")))
		cmd := exec.Command("sh", "-e", "-c", script)
		cmd.Dir, cmd.Env = dir, withCommand(t)
		said, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s: %s", name, said)
		require.Equal(t, readFile(t, compiled(t, "../../examples/us-budget")), readFile(t, filepath.Join(dir, "budget.rights")), name)
	}
}
