package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench"
)

// companyModel is the folder of a model that takes some time.
func companyModel(t testing.TB, c bench.Company) string {
	t.Helper()
	dir := t.TempDir()
	ws, err := c.Workspace()
	require.NoError(t, err)
	require.NoError(t, bench.WriteModel(ws, dir))
	return dir
}

// kills is how many processes TestKilledCompiles kills: CUBEWARD_KILLS, else few. `make soak` kills many.
func kills(t *testing.T) int {
	text := os.Getenv("CUBEWARD_KILLS")
	if text == "" {
		return 20
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}

// TestKilledCompiles kills processes at random moments, half of them while they write. Each time the rights file is the
// old one or the new one, and what they left is no rights file and is taken away by the next run.
func TestKilledCompiles(t *testing.T) {
	n := kills(t)
	model := companyModel(t, bench.Company{Members: 2000, Employees: 200, Departments: 20, Countries: 12, Months: 6, Blocks: 10})
	folder := t.TempDir()
	out := filepath.Join(folder, "x.rights")
	args := []string{"compile", "-m", model, "-o", out}
	start := time.Now()
	require.NoError(t, process(t, args...).Run())
	took := time.Since(start)
	new := readFile(t, out)
	old := readFile(t, compiled(t, model, "--only", "@"+write(t, "members.txt", memberOf(t, out)+"\n")))
	require.NotEqual(t, old, new)
	seed := rand.Uint64()
	t.Logf("seed %d, one run takes %v", seed, took)
	random := rand.New(rand.NewPCG(seed, 0))
	killed, unfinished, replaced := 0, 0, 0
	for i := range n {
		require.NoError(t, os.WriteFile(out, []byte(old), privateMode))
		cmd := process(t, args...)
		require.NoError(t, cmd.Start())
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		delay := time.Duration(random.Int64N(int64(took)))
		if i%2 == 0 {
			waitForPart(folder, 10*took)
			delay = time.Duration(random.Int64N(int64(10 * time.Millisecond)))
		}
		select {
		case err := <-done:
			require.NoError(t, err)
		case <-time.After(delay):
			_ = cmd.Process.Kill()
			var exit *exec.ExitError
			if err := <-done; errors.As(err, &exit) {
				require.Equal(t, syscall.SIGKILL, exit.Sys().(syscall.WaitStatus).Signal())
				killed++
			}
		}
		switch readFile(t, out) {
		case new:
			replaced++
		case old:
		default:
			require.Fail(t, "the rights file is neither the old one nor the new one", "kill %d", i)
		}
		for _, name := range files(t, folder) {
			if name == "x.rights" {
				continue
			}
			unfinished++
			require.True(t, isUnfinishedName(name), name)
			if part := readFile(t, filepath.Join(folder, name)); part != new { // whole, and only its name is missing
				require.Equal(t, statusInvalid, call(t, "check", "-r", filepath.Join(folder, name)).status, "a part is no rights file")
			}
		}
	}
	t.Logf("%d of %d killed: %d left a part behind, %d files replaced", killed, n, unfinished, replaced)
	require.Positive(t, killed)
	require.NoError(t, process(t, args...).Run())
	require.Equal(t, []string{"x.rights"}, files(t, folder))
	require.Equal(t, new, readFile(t, out))
}

// waitForPart waits until somebody writes in a folder.
func waitForPart(folder string, atMost time.Duration) {
	for end := time.Now().Add(atMost); time.Now().Before(end); time.Sleep(100 * time.Microsecond) {
		entries, _ := os.ReadDir(folder)
		if slices.ContainsFunc(entries, func(e os.DirEntry) bool { return isUnfinishedName(e.Name()) }) {
			return
		}
	}
}

// waitForStart waits until a process ignores SIGPIPE, which the command does once it listens for signals: before that a
// signal ends it as it ends any program. Where there is no /proc it waits for a second.
func waitForStart(pid int, atMost time.Duration) {
	for end := time.Now().Add(atMost); time.Now().Before(end); time.Sleep(time.Millisecond) {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			time.Sleep(time.Second)
			return
		}
		_, ignored, _ := strings.Cut(string(status), "SigIgn:")
		ignored, _, _ = strings.Cut(ignored, "\n")
		mask, _ := strconv.ParseUint(strings.TrimSpace(ignored), 16, 64)
		if mask>>(uint(syscall.SIGPIPE)-1)&1 != 0 {
			return
		}
	}
}

// memberOf is the first member of a rights file.
func memberOf(t testing.TB, file string) string {
	t.Helper()
	names := call(t, "__complete", "rights", "-r", file, "-u", "")
	return lines(names.stdout)[0]
}

// Processes that make the same file at once do not take each other's parts away: each one ends well, and what stays is
// whole.
func TestCompilesAtOnce(t *testing.T) {
	folder := t.TempDir()
	out := filepath.Join(folder, "x.rights")
	var all []*exec.Cmd
	for i := range 6 {
		cmd := process(t, "compile", "-m", "testdata/shop", "-o", out)
		if i%2 == 0 {
			cmd = process(t, "rights", "-m", "testdata/shop", "-u", "ann", "-b", "Sales", "-o", filepath.Join(folder, "x.csv"))
		}
		require.NoError(t, cmd.Start())
		all = append(all, cmd)
	}
	for _, cmd := range all {
		require.NoError(t, cmd.Wait())
	}
	require.Equal(t, []string{"x.csv", "x.rights"}, files(t, folder))
	require.Equal(t, readFile(t, compiled(t, "testdata/shop")), readFile(t, out))
}

// A signal ends a compile with status 3, and leaves neither a file nor a part.
func TestSignalsEndCompiles(t *testing.T) {
	model := companyModel(t, bench.Company{Members: 20_000, Employees: 200, Departments: 20, Countries: 12, Months: 6, Blocks: 10})
	for i, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		folder := t.TempDir()
		cmd := process(t, "compile", "-m", model, "-o", filepath.Join(folder, "x.rights"))
		require.NoError(t, cmd.Start())
		if i == 0 {
			waitForPart(folder, time.Minute)
		} else {
			waitForStart(cmd.Process.Pid, time.Minute)
			time.Sleep(time.Duration(i) * 60 * time.Millisecond)
		}
		require.NoError(t, cmd.Process.Signal(signal))
		var exit *exec.ExitError
		if err := cmd.Wait(); err == nil {
			require.Equal(t, []string{"x.rights"}, files(t, folder), "it was faster")
			continue
		} else {
			require.ErrorAs(t, err, &exit)
		}
		require.Equal(t, statusFailed, exit.ExitCode())
		require.Empty(t, files(t, folder))
	}
}
