package main

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/zeebo/xxh3"
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

// Damage anywhere in the file of --since is no reason to compile all in silence.
func TestSinceOfDamagedFiles(t *testing.T) {
	good := readFile(t, compiled(t, "testdata/shop"))
	old := filepath.Join(t.TempDir(), "old.rights")
	for at := 0; at < len(good); at += len(good)/40 + 1 {
		bad := []byte(good)
		bad[at] ^= 4
		require.NoError(t, os.WriteFile(old, bad, 0o600))
		got := call(t, "compile", "-m", "testdata/shop", "-o", filepath.Join(t.TempDir(), "x"), "--since", old)
		if at == 8 || at == 9 { // the version of the format
			continue
		}
		require.Equal(t, statusInvalid, got.status, "byte %d: %s", at, got.stderr)
		require.Contains(t, got.stderr, old+": ", "byte %d", at)
	}
}

// ofAnother is a rights file that a cubeward made whose format or answers are others: at is where its header says so.
func ofAnother(t *testing.T, path string, at int) string {
	t.Helper()
	const headSize, entrySize = 32, 40
	data := []byte(readFile(t, path))
	data[at]++
	table := data[headSize : headSize+entrySize*int(binary.LittleEndian.Uint32(data[12:]))]
	binary.LittleEndian.PutUint64(data[24:], xxh3.Hash(append(bytes.Clone(data[:24]), table...)))
	return write(t, "other.rights", string(data))
}

// Answers that this program would not give are not given in its name, whatever file holds them.
func TestRightsFilesOfOtherVersions(t *testing.T) {
	good := compiled(t, "testdata/shop")
	answers, format := ofAnother(t, good, 10), ofAnother(t, good, 8)
	for _, file := range []string{answers, format} {
		want := map[string]string{answers: "whose answers may differ from this one's", format: "of format 2"}[file]
		for _, args := range [][]string{
			{"rights", "-r", file, "-u", "ann", "-b", "Sales"},
			{"mask", "-r", file, "-u", "ann", "-i", write(t, "in.csv", "Market,Quarter,Sales\n"), "-o", filepath.Join(t.TempDir(), "x.csv")},
			{"diff", file, good},
			{"merge", file, "-o", filepath.Join(t.TempDir(), "x")},
		} {
			got := call(t, args...)
			require.Equal(t, statusInvalid, got.status, "%q", args)
			require.Contains(t, got.stderr, file+": ", "%q", args)
			require.Contains(t, got.stderr, want, "%q", args)
		}
		out := filepath.Join(t.TempDir(), "x.rights")
		got := call(t, "compile", "-m", "testdata/shop", "-o", out, "--since", file)
		require.Equal(t, statusDone, got.status, got.stderr)
		require.Contains(t, got.stderr, "compile: nothing is taken over from "+file+": ")
		require.Equal(t, readFile(t, good), readFile(t, out))
	}
	got := call(t, "check", "-m", "testdata/shop", "-r", answers)
	require.Equal(t, outcome{statusRefused, answers + ": not as good as the model's, testdata/shop: made by a cubeward whose answers may differ from this one's\n", ""}, got)
	got = call(t, "check", "-r", answers)
	require.Equal(t, statusDone, got.status)
	require.Contains(t, got.stdout, "whose answers may differ")
}
