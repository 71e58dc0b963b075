package main

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
)

// tool is what a command may touch of the world besides the files that its flags name.
type tool struct {
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	files  *fileSet

	mu          sync.Mutex
	kept        []io.Closer
	rightsFiles []*rightsFile // in the order in which they were opened
}

// keep closes what is open when the run ends.
func (t *tool) keep(c io.Closer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, c)
}

// closeKept closes what was kept, last first. It was only read from.
func (t *tool) closeKept() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range slices.Backward(t.kept) {
		_ = c.Close()
	}
	t.kept = nil
}

// run carries out one command line (without the program's name) and returns its exit status. It may be called any
// number of times in a process, and at once by several goroutines.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	t := &tool{stdin: stdin, stdout: stdout, stderr: stderr, files: &fileSet{}}
	return t.run(context.Background(), args)
}

// run is the function run in a given context, whose end means that the command was told to stop. Whatever happens,
// no unfinished file stays behind.
func (t *tool) run(ctx context.Context, args []string) (status int) {
	defer t.closeKept()
	defer t.files.discardAll()
	defer func() {
		if p := recover(); p != nil {
			t.reportPanic(p, args)
			status = statusFailed
		}
	}()
	root := newRoot(t)
	root.SetArgs(append([]string{}, args...)) // nil would mean the arguments of the process
	root.SetIn(t.stdin)
	help := &lastError{w: t.stdout}
	root.SetOut(help)
	root.SetErr(t.stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		err = failed(help.err)
	}
	if err != nil {
		return t.report(cmd.CommandPath(), t.blame(err))
	}
	return statusDone
}

// lastError keeps why it could not write: cobra, which writes help texts, does not tell.
type lastError struct {
	w   io.Writer
	err error
}

// Write writes.
func (l *lastError) Write(p []byte) (int, error) {
	n, err := l.w.Write(p)
	if err != nil {
		l.err = err
	}
	return n, err
}

// reportPanic is the last resort. What panicked may hold values of the data, so only code places are told, and the
// full trace only where the command is for people who may see the whole model.
func (t *tool) reportPanic(p any, args []string) {
	fmt.Fprintln(t.stderr, "cubeward: internal error; this is a mistake in cubeward, please report it")
	forMember := func(arg string) bool { return arg == "--for" || strings.HasPrefix(arg, "--for=") }
	if len(args) == 0 || args[0] == "mask" || slices.ContainsFunc(args, forMember) {
		return
	}
	fmt.Fprintf(t.stderr, "%v\n%s", p, debug.Stack())
}
