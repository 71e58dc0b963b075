package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/engine/mask"
)

func TestMaskForManyMembers(t *testing.T) {
	in := write(t, "in.csv", shopSales)
	members := write(t, "members.txt", "\ufeffann\r\n\n  d'Arc, the 3rd  \nben")
	dir := t.TempDir()
	args := []string{"mask", "-m", "testdata/shop", "--members", members, "-i", in, "-o", filepath.Join(dir, "{member}.csv"), "--pass", "note", "--locks"}
	got := call(t, args...)
	require.Equal(t, statusDone, got.status, got.stderr)
	require.Empty(t, got.stdout)
	require.Equal(t, []string{"ann.csv", "ben.csv", "d'Arc, the 3rd.csv"}, files(t, dir))
	for _, name := range []string{"ann", "ben", "d'Arc, the 3rd"} {
		alone := filepath.Join(t.TempDir(), "x.csv")
		require.Equal(t, statusDone, call(t, "mask", "-m", "testdata/shop", "-u", name, "-i", in, "-o", alone, "--pass", "note", "--locks").status)
		require.Equal(t, readFile(t, alone), readFile(t, filepath.Join(dir, name+".csv")))
	}
	golden(t, "members.txt", got.stderr)

	asJSON := call(t, append(args, "--json")...)
	var reports []mask.Report
	require.NoError(t, json.Unmarshal([]byte(asJSON.stdout), &reports))
	require.Len(t, reports, 3)
	require.Equal(t, "d'Arc, the 3rd", reports[1].Member)

	sorted := call(t, append(args, "--sort", "--drop-rows")...)
	require.Equal(t, statusDone, sorted.status, sorted.stderr)
	require.Equal(t, "Market,Quarter,Sales,note,Sales_locked\n", readFile(t, filepath.Join(dir, "ben.csv")))
}

func TestFilesOfMembers(t *testing.T) {
	in := write(t, "in.csv", shopSales)
	for text, want := range map[string]string{
		"ann\nnobody\nnobody2\n": "members.txt:2:1: unknown member\n%members.txt:3:1: unknown member\n",
		"ann\nben\nann\n":        "members.txt:3:1: the member stands here and in line 1\n",
		"\n \n":                  "members.txt: names no member\n",
		"\xff\n":                 "members.txt:1:1: not UTF-8\n",
	} {
		members := write(t, "members.txt", text)
		dir := t.TempDir()
		got := call(t, "mask", "-m", "testdata/shop", "--members", members, "-i", in, "-o", filepath.Join(dir, "{member}.csv"), "--pass", "note")
		folder := filepath.Dir(members) + "/"
		require.Equal(t, outcome{statusInvalid, "", folder + strings.ReplaceAll(want, "%", folder)}, got)
		require.Empty(t, files(t, dir))
	}
	got := call(t, "mask", "-m", "testdata/shop", "--members", "none.txt", "-i", in, "-o", filepath.Join(t.TempDir(), "{member}.csv"))
	require.Equal(t, outcome{statusInvalid, "", "none.txt: no such file or folder\n"}, got)
	marked := call(t, "mask", "-m", "testdata/shop", "-u", "ann", "-i", in, "-o", filepath.Join(t.TempDir(), "{member}.csv"), "--pass", "note")
	require.Equal(t, statusInvalid, marked.status)
	require.Contains(t, marked.stderr, "-o holds {member}, which only --members puts names in the place of")
	refused := call(t, "mask", "-m", "testdata/shop", "--members", write(t, "m.txt", "ann\n"), "--as", "ben", "-i", in, "-o", filepath.Join(t.TempDir(), "{member}.csv"))
	require.Equal(t, statusRefused, refused.status)
}

// Links may lead the files of two members to one: who opens theirs would see what was made for the other.
func TestMembersWhoseFilesAreOne(t *testing.T) {
	dir, in := t.TempDir(), write(t, "in.csv", shopSales)
	members := write(t, "members.txt", "ann\nben\n")
	shared := filepath.Join(dir, "shared")
	require.NoError(t, os.Mkdir(shared, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(shared, "x.csv"), []byte("old"), 0o600))
	for _, name := range []string{"ann", "ben"} {
		require.NoError(t, os.Symlink(filepath.Join(shared, "x.csv"), filepath.Join(dir, name+".csv")))
		require.NoError(t, os.Symlink(shared, filepath.Join(dir, name)))
	}
	for _, out := range []string{"{member}.csv", "{member}/x.csv", "{member}/new.csv"} {
		got := call(t, "mask", "-m", "testdata/shop", "--members", members, "-i", in, "-o", filepath.Join(dir, out), "--pass", "note")
		require.Equal(t, statusInvalid, got.status, got.stderr)
		require.Contains(t, got.stderr, "another output of this call goes to the same file")
		require.Equal(t, []string{"x.csv"}, files(t, shared))
		require.Equal(t, "old", readFile(t, filepath.Join(shared, "x.csv")))
	}
}
