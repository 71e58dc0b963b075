package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// asProcess, set in the environment, makes the test binary the command itself.
const asProcess = "CUBEWARD_TEST_AS_PROCESS"

func TestMain(m *testing.M) {
	if os.Getenv(asProcess) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func process(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), asProcess+"=1")
	return cmd
}

func TestProcessStatus(t *testing.T) {
	out, err := process(t, "values", "-m", "testdata/shop", "-b", "Total").Output()
	require.NoError(t, err)
	require.Equal(t, "Total\n1e+21\n", string(out))
	var exit *exec.ExitError
	require.ErrorAs(t, process(t, "chek").Run(), &exit)
	require.Equal(t, statusInvalid, exit.ExitCode())
}

// A signal in the middle of the work removes what was begun.
func TestSignalsLeaveNoFile(t *testing.T) {
	schema, batches := salesTable(t)
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		dir := t.TempDir()
		cmd := process(t, "mask", "-m", "testdata/shop", "-u", "ann", "-i", "-", "-o", filepath.Join(dir, "x.csv"))
		stdin, err := cmd.StdinPipe()
		require.NoError(t, err)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		require.NoError(t, cmd.Start())
		_, err = stdin.Write(streamOf(t, schema, batches, false))
		require.NoError(t, err)
		require.Eventually(t, func() bool { return len(files(t, dir)) == 1 }, time.Minute, 5*time.Millisecond, "the temporary file")
		require.NoError(t, cmd.Process.Signal(signal))
		require.NoError(t, cmd.Process.Signal(signal), "a second one does not wait")
		err = cmd.Wait()
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit, "%s", stderr.String())
		require.Equal(t, statusFailed, exit.ExitCode(), "%s: %s", signal, stderr.String())
		require.Empty(t, files(t, dir))
		_ = stdin.Close()
	}
}

// Who reads only the first lines closes the pipe: no message, no crash.
func TestBrokenPipe(t *testing.T) {
	model := write(t, "model.yaml", `cubeward: 1
application: Wide
members: {file: members.csv}
metrics: {M: {type: number, formula: "1"}}
user_roles: {m1: Admin}
`)
	var members bytes.Buffer
	members.WriteString("Name\n")
	for i := range 200_000 {
		members.WriteString("m" + string(rune('0'+i%10)) + "x" + time.Duration(i).String() + "\n")
	}
	members.WriteString("m1\n")
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(model), "members.csv"), members.Bytes(), 0o600))
	cmd := process(t, "rights", "-m", model, "-u", "m1", "-b", "User")
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(io.LimitReader(stdout, 100)).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "User,read,write\n", line)
	require.NoError(t, stdout.Close())
	var exit *exec.ExitError
	require.ErrorAs(t, cmd.Wait(), &exit)
	require.Equal(t, statusFailed, exit.ExitCode())
	require.Empty(t, stderr.String())
}
