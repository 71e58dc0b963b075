package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Rights files that nobody made: each command that reads one says which file is damaged, where and how, with status 2,
// or gives the answer of the whole file. It never panics, and writes nothing.
func TestHostileRightsFiles(t *testing.T) {
	good := readFile(t, compiled(t, "testdata/shop"))
	in := write(t, "in.csv", "Market,Quarter,Sales\nSpain,Q1,1\n")
	path := filepath.Join(t.TempDir(), "x.rights")
	questions := [][]string{
		{"rights", "-u", "ann", "-b", "Sales"},
		{"who", "-b", "Sales"},
		{"summary"},
		{"explain", "-u", "ann", "-b", "Sales", "--cell", "Market=Spain", "--cell", "Quarter=Q1"},
		{"explain", "-u", "ann", "-b", "Sales", "--cell", "Market=Spain", "--cell", "Quarter=Q1", "--for", "zoe"},
		{"mask", "-u", "ann", "-i", in, "-o", "OUT"},
		{"check-write", "-u", "ann", "-i", in},
		{"check"},
	}
	require.NoError(t, os.WriteFile(path, []byte(good), 0o600))
	answers := make([]outcome, len(questions))
	ask := func(q []string) outcome {
		out := filepath.Join(t.TempDir(), "out.csv")
		args := append([]string{q[0], "-r", path}, q[1:]...)
		for i, a := range args {
			args[i] = strings.Replace(a, "OUT", out, 1)
		}
		got := call(t, args...)
		require.NotContains(t, got.stderr, "internal error", "%q", args)
		if got.status != statusDone && got.status != statusRefused {
			require.NoFileExists(t, out)
		}
		return got
	}
	for i, q := range questions {
		answers[i] = ask(q)
		require.NotEqual(t, statusInvalid, answers[i].status, "%q: %s", q, answers[i].stderr)
	}
	refused := 0
	try := func(data, what string, surely bool) {
		require.NoError(t, os.WriteFile(path, []byte(data), 0o600))
		for i, q := range questions {
			got := ask(q)
			if got.status == statusInvalid {
				refused++
				require.Empty(t, got.stdout)
				require.Regexp(t, "(?m)^"+path+": ", got.stderr, "%q: %s", q, what)
				if !strings.Contains(got.stderr, "not a rights file") && !strings.Contains(got.stderr, "of format") {
					require.Contains(t, got.stderr, "at byte ", "%q: %s", q, what)
				}
				continue
			}
			require.False(t, surely || q[0] == "check", "%q takes what is damaged: %s", q, what)
			require.Equal(t, answers[i], got, "%q: %s", q, what)
		}
	}
	step := len(good)/60 + 1
	if testing.Short() {
		step *= 8
	}
	for at := 0; at < len(good); at += step {
		bad := []byte(good)
		bad[at] ^= 1 << (at % 8)
		try(string(bad), "byte "+count(at), false)
		try(good[:at], "cut at "+count(at), true)
	}
	try("", "nothing", true)
	try(good+"x", "more", true)
	try(strings.Repeat("\x00", len(good)), "zeros", true)
	require.Positive(t, refused)
}

// A part of a file that is read late is blamed on its file, where there are several.
func TestDamageThatIsReadLate(t *testing.T) {
	good := readFile(t, compiled(t, "testdata/shop"))
	one, two := write(t, "one.rights", good), filepath.Join(t.TempDir(), "two.rights")
	late := 0
	for at := 400; at < len(good); at += len(good)/40 + 1 {
		bad := []byte(good)
		bad[at] ^= 4
		require.NoError(t, os.WriteFile(two, bad, 0o600))
		got := call(t, "compile", "-m", "testdata/shop", "-o", filepath.Join(t.TempDir(), "x"), "--since", two)
		require.Equal(t, statusInvalid, got.status)
		require.Contains(t, got.stderr, two+": damaged")
		late++
	}
	require.Positive(t, late)
	_ = one
}
