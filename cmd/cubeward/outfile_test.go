package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFilesAppearWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.csv")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o640))
	set := &fileSet{}
	f, err := set.create(path, 0o666)
	require.NoError(t, err)
	_, err = f.Write([]byte("new"))
	require.NoError(t, err)
	require.Equal(t, "old", readFile(t, path))
	require.Len(t, files(t, dir), 2, "the temporary file stands beside")
	require.NoError(t, f.finish())
	require.Equal(t, "old", readFile(t, path))
	require.NoError(t, f.publish())
	require.Equal(t, "new", readFile(t, path))
	require.Equal(t, []string{"x.csv"}, files(t, dir))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.EqualValues(t, 0o640, info.Mode().Perm(), "permissions stay")

	f, err = set.create(path, 0o666)
	require.NoError(t, err)
	_, err = f.Write([]byte("lost"))
	require.NoError(t, err)
	set.discardAll()
	require.Equal(t, "new", readFile(t, path))
	require.Equal(t, []string{"x.csv"}, files(t, dir))
	require.Error(t, f.publish(), "what was given up does not come back")
	require.Equal(t, []string{"x.csv"}, files(t, dir))
}

func TestFilesOfAPrivateMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	f, err := (&fileSet{}).create(path, 0o600)
	require.NoError(t, err)
	require.NoError(t, f.publish())
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())
}

func TestOnlyOrdinaryFilesAreReplaced(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "folder.csv")
	require.NoError(t, os.Mkdir(folder, 0o700))
	pipe := filepath.Join(dir, "pipe.csv")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	link := filepath.Join(dir, "link.csv")
	target := filepath.Join(dir, "target.csv")
	require.NoError(t, os.WriteFile(target, []byte("old"), 0o600))
	require.NoError(t, os.Symlink("target.csv", link))
	for _, path := range []string{folder, pipe} {
		got := call(t, "values", "-m", "testdata/shop", "-b", "Sales", "-o", path)
		require.Equal(t, statusInvalid, got.status)
		require.Contains(t, got.stderr, path+": not an ordinary file")
	}
	require.Equal(t, statusDone, call(t, "values", "-m", "testdata/shop", "-b", "Sales", "-o", link).status)
	require.Contains(t, readFile(t, target), "Spain", "the file that the link leads to is replaced")
	info, err := os.Lstat(link)
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&os.ModeSymlink)
}

func TestNoFolderForTheOutput(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none", "x.csv")
	got := call(t, "values", "-m", "testdata/shop", "-b", "Sales", "-o", path)
	require.Equal(t, outcome{statusFailed, "", path + ": no such file or folder\n"}, got)
}

// An error anywhere in the input leaves neither a file nor a temporary one, and an old file as it was.
func TestMistakesLateInTheInputLeaveNoFile(t *testing.T) {
	late := "Market,Quarter,Sales\n" + strings.Repeat("Spain,Q1,1\n", 2*csvBatchRows) + "Spain,Q1\n"
	in := write(t, "in.csv", late)
	for _, ext := range []string{"csv", "arrow", "arrows", "parquet"} {
		dir := t.TempDir()
		out := filepath.Join(dir, "out."+ext)
		got := call(t, "mask", "-m", "testdata/shop", "-u", "ann", "-i", in, "-o", out)
		require.Equal(t, statusInvalid, got.status)
		require.Equal(t, in+":65538:1: the row has 2 fields, the header has 3\n", got.stderr)
		require.Empty(t, files(t, dir))
		require.NoError(t, os.WriteFile(out, []byte("old"), 0o600))
		require.Equal(t, statusInvalid, call(t, "mask", "-m", "testdata/shop", "-u", "ann", "-i", in, "-o", out).status)
		require.Equal(t, []string{"out." + ext}, files(t, dir))
		require.Equal(t, "old", readFile(t, out))
	}
}

func TestInterruptedWorkLeavesNoFile(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, args := range [][]string{
		{"rights", "-m", "testdata/shop", "-u", "ann", "-b", "Sales"},
		{"mask", "-m", "testdata/shop", "-u", "ann", "-i", write(t, "in.csv", "Market,Quarter,Sales\nSpain,Q1,1\n")},
		{"mask", "-m", "testdata/shop", "-u", "ann", "--sort", "-i", write(t, "in.csv", "Market,Quarter,Sales\nSpain,Q1,1\n")},
	} {
		dir := t.TempDir()
		var stdout, stderr strings.Builder
		tool := &tool{stdout: &stdout, stderr: &stderr, files: &fileSet{}}
		require.Equal(t, statusFailed, tool.run(ctx, append(args, "-o", filepath.Join(dir, "out.csv"))))
		require.Empty(t, files(t, dir))
		require.Empty(t, stdout.String())
		require.Contains(t, stderr.String(), "interrupted")
	}
}

// failing is an output that fails after some bytes.
type failing struct {
	left int
	err  error
}

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, f.err
	}
	return len(p), nil
}

func TestOutputsThatFail(t *testing.T) {
	in := write(t, "in.csv", "Market,Quarter,Sales\nSpain,Q1,1\n")
	for _, args := range [][]string{
		{"rights", "-m", "testdata/shop", "-u", "ann", "-b", "Sales"},
		{"rights", "-m", "testdata/shop", "-u", "ann", "-b", "Sales", "-o", "-"},
		{"values", "-m", "testdata/shop", "-b", "Sales"},
		{"check", "-m", "testdata/shop"},
		{"check", "-m", "testdata/shop", "--json"},
		{"version"},
		{"mask", "-m", "testdata/shop", "-u", "ann", "-i", in, "-o", "-"},
		{"mask", "-m", "testdata/shop", "-u", "ann", "-i", in, "-o", filepath.Join(t.TempDir(), "x.csv"), "--json"},
	} {
		var stderr strings.Builder
		require.Equal(t, statusFailed, run(args, nil, &failing{0, errors.New("disk full")}, &stderr), "%q", args)
		require.Contains(t, stderr.String(), "disk full")
		stderr.Reset()
		require.Equal(t, statusFailed, run(args, nil, &failing{0, syscall.EPIPE}, &stderr), "%q", args)
		require.NotContains(t, stderr.String(), "pipe", "nobody listens: nothing to say")
	}
}

// A panic is a mistake of ours; whoever calls must still get a status and no output, and from mask no value.
func TestPanicsBecomeAStatus(t *testing.T) {
	var stderr strings.Builder
	require.Equal(t, statusFailed, run([]string{"version"}, nil, panicking{}, &stderr))
	require.Contains(t, stderr.String(), "internal error")
	require.Contains(t, stderr.String(), "SECRET", "for those who may see the whole model")
	stderr.Reset()
	(&tool{stderr: &stderr}).reportPanic("SECRET", []string{"mask"})
	require.NotContains(t, stderr.String(), "SECRET")
}

type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("SECRET") }

func TestEveryFileIsTriedBeforeAnyIsPublished(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "ben.csv"), 0o700))
	members := write(t, "members.txt", "ann\nben\n")
	in := write(t, "in.csv", "Market,Quarter,Sales\nSpain,Q1,1\n")
	got := call(t, "mask", "-m", "testdata/shop", "--members", members, "-i", in, "-o", filepath.Join(dir, "{member}.csv"))
	require.Equal(t, statusInvalid, got.status)
	require.Equal(t, []string{"ben.csv"}, files(t, dir))
}
