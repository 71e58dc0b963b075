package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// consoleBlock is a fenced block of command lines with what they print.
var consoleBlock = regexp.MustCompile("(?s)```console\n(.*?)```\n")

// What docs/asking-why.md shows is what the commands print, in the folder of the repository.
func TestGoldenAskingWhy(t *testing.T) {
	t.Chdir("../..")
	const document = "docs/asking-why.md"
	text, err := os.ReadFile(document)
	require.NoError(t, err)
	calls := 0
	fresh := consoleBlock.ReplaceAllStringFunc(string(text), func(block string) string {
		var out strings.Builder
		for line := range strings.Lines(consoleBlock.FindStringSubmatch(block)[1]) {
			line = strings.TrimSuffix(line, "\n")
			command, ok := strings.CutPrefix(line, "$ cubeward ")
			if !ok {
				continue
			}
			calls++
			got := call(t, shellWords(t, command)...)
			require.Contains(t, []int{statusDone, statusRefused}, got.status, "%s\n%s", line, got.stderr)
			fmt.Fprintf(&out, "%s\n%s%s", line, got.stdout, got.stderr)
		}
		return "```console\n" + out.String() + "```\n"
	})
	require.Greater(t, calls, 10)
	if *update {
		require.NoError(t, os.WriteFile(document, []byte(fresh), 0o644))
		return
	}
	require.Equal(t, fresh, string(text), "%s is stale: run `make golden`", document)
}

// shellWords splits a command line with words in double quotes.
func shellWords(t *testing.T, line string) []string {
	t.Helper()
	var words []string
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			words = append(words, part)
			continue
		}
		words = append(words, strings.Fields(part)...)
	}
	require.Zero(t, strings.Count(line, `"`)%2, line)
	return words
}

func TestShellWords(t *testing.T) {
	require.Equal(t, []string{"a", "b c", "d"}, shellWords(t, `a "b c" d`))
	require.Equal(t, []string{"Fiscal year=2016"}, shellWords(t, `"Fiscal year=2016"`))
}

// The examples in the help of these commands work as they stand, from the repository's root.
func TestExamplesOfQuestions(t *testing.T) {
	t.Chdir("../..")
	root := newRoot(&tool{})
	for _, name := range []string{"explain", "who", "what", "summary", "test"} {
		cmd, _, err := root.Find([]string{name})
		require.NoError(t, err)
		ran := 0
		for line := range strings.Lines(strings.ReplaceAll(cmd.Example, "\\\n", "")) {
			command, ok := strings.CutPrefix(strings.TrimSpace(line), "cubeward ")
			if !ok {
				continue
			}
			args := shellWords(t, command)
			for i := range args {
				if args[i] == "-o" || args[i] == "--junit" {
					args[i+1] = filepath.Join(t.TempDir(), args[i+1])
				}
			}
			got := call(t, args...)
			require.Equal(t, statusDone, got.status, "%s%s", line, got.stderr)
			ran++
		}
		require.Positive(t, ran, name)
	}
}
