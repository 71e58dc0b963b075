package main

import (
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What is wrong with a call is said in words of the command line, not in Go's.
func TestMistypedCalls(t *testing.T) {
	for call, want := range map[string]string{
		"chek -m x":                         `cubeward: unknown command "chek" (did you mean "check"?)`,
		"nothing --foo":                     `cubeward: unknown command "nothing"`,
		"--foo":                             `cubeward: unknown flag --foo`,
		"check --modle x":                   `cubeward check: unknown flag --modle (did you mean "--model"?)`,
		"check -json":                       `cubeward check: unknown flag -json (did you mean "--json"?)`,
		"what -b x":                         `cubeward what: unknown flag -b`,
		"check -m":                          `cubeward check: -m needs a value: PATH`,
		"mask --at":                         `cubeward mask: --at needs a value: DIMENSION=ITEM`,
		"mask --memory x":                   `cubeward mask: --memory: "x" is no size like 512MiB or 1GiB`,
		"compile --shard 0/2":               `cubeward compile: --shard: "0/2": parts are counted from 1 to 2`,
		"compile --workers x":               `cubeward compile: --workers: "x" is no whole number`,
		"rights -u ann --user ben":          `cubeward rights: --user is given 2 times`,
		"check --json=maybe":                `cubeward check: --json: "maybe" is neither true nor false`,
		"bench --time x":                    `cubeward bench: --time: "x" is no time like 500ms or 3s`,
		"bench compare --threshold x old n": `cubeward bench compare: --threshold: "x" is no number like 0.05`,
		"bench none-of-them":                `cubeward bench: no workload matches "none-of-them"; "cubeward bench list" shows them`,
		"version now":                       `cubeward version: unexpected "now": nothing follows`,
		"completion":                        `cubeward completion: name one shell: bash, fish, powershell or zsh`,
		"completion tcsh":                   `cubeward completion: unknown shell "tcsh": there are bash, fish, powershell and zsh`,
	} {
		got := callWith(t, nil, strings.Fields(call)...)
		require.Equal(t, statusInvalid, got.status, call)
		require.Equal(t, want, lines(got.stderr)[0])
	}
}

func TestCompletionScripts(t *testing.T) {
	for _, shell := range []string{"bash", "fish", "powershell", "zsh"} {
		got := call(t, "completion", shell)
		require.Equal(t, statusDone, got.status)
		require.True(t, strings.Contains(got.stdout, "__complete"), shell)
	}
	require.Contains(t, call(t, "__complete", "completion", "").stdout, "fish\n")
}

// A help text that nobody gets is no help.
func TestHelpThatCannotBeWritten(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("needs /dev/full")
	}
	defer full.Close()
	for _, args := range [][]string{{"help"}, {"check", "--help"}, {"help", "mask"}, {"completion", "bash"}} {
		var said strings.Builder
		require.Equal(t, statusFailed, run(args, nil, full, &said), "%q", args)
		require.Contains(t, said.String(), "no space left on device")
	}
}

func TestProgressSaysHowFast(t *testing.T) {
	p := &progress{what: "masking", unit: "rows", rows: 3_000_000}
	require.Equal(t, "masking: 3,000,000 rows, 2,000,000 a second", p.text(1500*time.Millisecond))
	require.Equal(t, "not cut", fitting(io.Discard, "not cut"))
}
