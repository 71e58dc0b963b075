package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// faultyDisk lets one of the things that a run asks of the disk fail, or stops the machine there.
type faultyDisk struct {
	mu      sync.Mutex // one thing after the other, whoever asks
	at      int        // which, from 0; -1 none
	fault   faultKind
	n       int // how many were asked for
	dead    bool
	dirty   map[string]bool // files with content that is not yet on the disk
	renamed []renaming      // names that are not yet on the disk
	ops     []string
}

type renaming struct {
	from, to string
	old      []byte // what had the name before
	had      bool
}

type faultKind uint8

const (
	failsThere   faultKind = iota // it is refused, and the run goes on
	failsHalfway                  // a write is carried out in part, then as failsThere
	stopsBefore                   // nothing is carried out any more
	stopsAfter                    // nothing after this one
)

var faultNames = []string{"fails", "fails halfway", "stops before", "stops after"}

var errStopped = errors.New("the machine has stopped")

// around is fileSet.around.
func (d *faultyDisk) around(op, path string, do func() error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dead {
		return errStopped
	}
	i := d.n
	d.n++
	d.ops = append(d.ops, op)
	if i == d.at {
		switch d.fault {
		case failsThere:
			return &os.PathError{Op: op, Path: path, Err: syscall.ENOSPC}
		case failsHalfway:
			err := d.carryOut(op, path, do)
			if op == "write" {
				info, _ := os.Stat(path)
				_ = os.Truncate(path, info.Size()/2)
			}
			return errors.Join(&os.PathError{Op: op, Path: path, Err: syscall.EIO}, err)
		case stopsBefore:
			d.dead = true
			return errStopped
		}
		d.dead = true
		_ = d.carryOut(op, path, do)
		return errStopped
	}
	return d.carryOut(op, path, do)
}

// carryOut does it, and notes what would be lost if the power went now.
func (d *faultyDisk) carryOut(op, path string, do func() error) error {
	switch op {
	case "write":
		d.dirty[path] = true
	case "rename":
		// The content of old is found behind the name that is about to be replaced.
		return d.rename(path, do)
	}
	err := do()
	if err == nil {
		switch op {
		case "sync":
			delete(d.dirty, path)
		case "sync-folder":
			d.renamed = slices.DeleteFunc(d.renamed, func(r renaming) bool { return filepath.Dir(r.to) == path })
		}
	}
	return err
}

func (d *faultyDisk) rename(from string, do func() error) error {
	before := map[string][]byte{}
	dir := filepath.Dir(from)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Type().IsRegular() {
			before[e.Name()], _ = os.ReadFile(filepath.Join(dir, e.Name()))
		}
	}
	moved, err := os.Stat(from)
	if err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	entries, _ = os.ReadDir(dir)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && os.SameFile(info, moved) {
			old, had := before[e.Name()]
			to := filepath.Join(dir, e.Name())
			d.renamed = append(d.renamed, renaming{from, to, old, had})
			if d.dirty[from] {
				d.dirty[to] = true
			}
		}
	}
	return nil
}

// losePower leaves on the disk what had to be there: contents that were not synced are cut, and new names that were not
// synced are undone where undo says so.
func (d *faultyDisk) losePower(t *testing.T, undo bool) {
	for path := range d.dirty {
		if info, err := os.Stat(path); err == nil {
			require.NoError(t, os.Truncate(path, info.Size()/3))
		}
	}
	if !undo {
		return
	}
	for _, r := range slices.Backward(d.renamed) {
		require.NoError(t, os.Rename(r.to, r.from))
		if r.had {
			require.NoError(t, os.WriteFile(r.to, r.old, 0o600))
		}
	}
}

// crashCase is a command that makes files in a folder, of which each must be the old one or the new one afterwards.
type crashCase struct {
	name string
	args func(dir string) []string
	out  []string
}

func crashCases(t *testing.T) []crashCase {
	in := write(t, "in.csv", shopSales)
	members := write(t, "members.txt", "ann\nben\n")
	compile := func(args ...string) crashCase {
		return crashCase{args[0], func(dir string) []string { return append(args, "-o", filepath.Join(dir, "x.rights")) }, []string{"x.rights"}}
	}
	part := func(i string) string { return compiled(t, "testdata/shop", "--shard", i) }
	one := func(name string, args ...string) crashCase {
		return crashCase{args[0], func(dir string) []string { return append(args, "-o", filepath.Join(dir, name)) }, []string{name}}
	}
	return []crashCase{
		compile("compile", "-m", "testdata/shop"),
		compile("compile", "-m", "testdata/shop", "--since", part("1/1")),
		compile("merge", part("1/2"), part("2/2")),
		one("out.parquet", "values", "-m", "testdata/shop", "-b", "Sales"),
		one("out.arrow", "summary", "-m", "testdata/shop"),
		{"mask for many", func(dir string) []string {
			return []string{"mask", "-m", "testdata/shop", "--members", members, "-i", in, "--pass", "note", "-o", filepath.Join(dir, "{member}.csv")}
		}, []string{"ann.csv", "ben.csv"}},
	}
}

// runOn carries out a command on a disk, and leaves everything as a process does that ends there.
func runOn(t *testing.T, d *faultyDisk, args []string) (status int, stderr string) {
	t.Helper()
	d.dirty = map[string]bool{}
	var out, errs strings.Builder
	files := &fileSet{around: d.around}
	tool := &tool{stdin: strings.NewReader(""), stdout: &out, stderr: &errs, files: files}
	status = tool.run(context.Background(), args)
	require.NotContains(t, errs.String(), "internal error")
	return status, errs.String()
}

// TestEveryFaultOfTheDisk lets everything that a command asks of the disk fail in turn, and the machine stop there in turn:
// each file is then the old one or the new one, whole, and the next run is not disturbed by what was left.
func TestEveryFaultOfTheDisk(t *testing.T) {
	const old = "old"
	for _, c := range crashCases(t) {
		t.Run(c.name, func(t *testing.T) {
			whole := map[string]string{}
			good := &faultyDisk{at: -1}
			dir := t.TempDir()
			status, stderr := runOn(t, good, c.args(dir))
			require.Equal(t, statusDone, status, stderr)
			for _, name := range c.out {
				whole[name] = readFile(t, filepath.Join(dir, name))
			}
			require.Equal(t, c.out, files(t, dir))
			for _, op := range []string{"create", "write", "sync", "close", "rename", "sync-folder"} {
				require.Contains(t, good.ops, op)
			}
			for at := range good.n {
				for fault := range faultKind(len(faultNames)) {
					for variant := range 4 {
						before, undo := variant&1 != 0, variant&2 != 0
						if stops := fault == stopsBefore || fault == stopsAfter; undo && !stops {
							continue // no name is lost
						}
						what := fmt.Sprintf("%s at %d (%s), a file before: %v, names lost: %v", faultNames[fault], at, good.ops[at], before, undo)
						d := &faultyDisk{at: at, fault: fault}
						c.fault(t, d, what, whole, before, undo, old)
					}
				}
			}
		})
	}
}

// fault is one run with a fault.
func (c crashCase) fault(t *testing.T, d *faultyDisk, what string, whole map[string]string, before, undo bool, old string) {
	dir := t.TempDir()
	if before {
		for _, name := range c.out {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(old), 0o600))
		}
	}
	status, stderr := runOn(t, d, c.args(dir))
	require.Equal(t, statusFailed, status, "%s: %s", what, stderr)
	require.NotContains(t, stderr, unfinishedPrefix, "%s: the temporary name helps nobody", what)
	if d.fault == stopsBefore || d.fault == stopsAfter {
		d.losePower(t, undo)
	} else {
		require.True(t, slices.ContainsFunc(c.out, func(name string) bool { return strings.Contains(stderr, filepath.Join(dir, name)+": ") }), "%s: %s", what, stderr)
		for _, name := range files(t, dir) {
			require.Contains(t, c.out, name, "%s: nothing is left behind", what)
		}
	}
	for _, name := range files(t, dir) {
		if isUnfinishedName(name) {
			continue
		}
		require.Contains(t, c.out, name, what)
		content := readFile(t, filepath.Join(dir, name))
		require.True(t, content == whole[name] || before && content == old, "%s: %s is neither the old file nor the new one", what, name)
	}
	if before {
		require.Subset(t, files(t, dir), c.out, "%s: the old file is gone", what)
	}
	again := &faultyDisk{at: -1}
	status, stderr = runOn(t, again, c.args(dir))
	require.Equal(t, statusDone, status, "%s: %s", what, stderr)
	require.Equal(t, c.out, files(t, dir), "%s: what was left behind is taken away", what)
	for _, name := range c.out {
		require.Equal(t, whole[name], readFile(t, filepath.Join(dir, name)), what)
	}
}

// What a process works on that lives is nobody else's to remove.
func TestUnfinishedFilesOfTheLiving(t *testing.T) {
	dir := t.TempDir()
	living := &fileSet{}
	path := filepath.Join(dir, "x.csv")
	f, err := living.create(path, 0o666)
	require.NoError(t, err)
	strange := filepath.Join(dir, unfinishedName("folder"))
	require.NoError(t, os.Mkdir(strange, 0o700))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, unfinishedName("pipe")), 0o600))
	require.NoError(t, os.Symlink("x.csv", filepath.Join(dir, unfinishedName("link"))))
	require.NoError(t, os.WriteFile(filepath.Join(dir, unfinishedName("dead")), nil, 0o600))
	sweep := func() {
		other, err := (&fileSet{}).create(filepath.Join(dir, "y.csv"), 0o666)
		require.NoError(t, err)
		require.NoError(t, other.publish())
	}
	sweep()
	require.NotContains(t, files(t, dir), unfinishedName("dead"))
	_, err = io.WriteString(f, "text")
	require.NoError(t, err)
	require.NoError(t, f.finish())
	sweep()
	require.NoError(t, f.publish(), "finished and closed it is still ours")
	require.Equal(t, "text", readFile(t, path))
	names := files(t, dir)
	slices.Sort(names)
	require.Equal(t, []string{unfinishedName("folder"), unfinishedName("link"), unfinishedName("pipe"), "x.csv", "y.csv"}, names)
}
