package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/cubeward/cubeward/cube"
)

// The exit statuses of SPEC 6.
const (
	statusDone    = 0 // done
	statusRefused = 1 // the answer is no
	statusInvalid = 2 // the call or an input is invalid
	statusFailed  = 3 // it could not be carried out
)

// failure is an error that knows its exit status. One without err says nothing more: all was said already.
type failure struct {
	status int
	err    error
	hint   string // a further line: what to do about it
}

// Error is what failed.
func (f *failure) Error() string {
	if f.err == nil {
		return ""
	}
	return f.err.Error()
}

// Unwrap is the cause.
func (f *failure) Unwrap() error { return f.err }

// usage is a mistake in how the command was called.
func usage(format string, args ...any) error {
	return &failure{status: statusInvalid, err: fmt.Errorf(format, args...), hint: usageHint}
}

// usageHint stands for "CALLED COMMAND --help shows how", which the reporter knows.
const usageHint = "--help"

// fileError is what is wrong with a file that the call names.
func fileError(name, format string, args ...any) error {
	return cube.Errorf(cube.Position{File: name}, format, args...)
}

// invalid is an input that cannot be used, whatever kind of error says so.
func invalid(err error) error {
	if err == nil {
		return nil
	}
	return &failure{status: statusInvalid, err: err}
}

// failed is something that could not be carried out, whatever kind of error says so.
func failed(err error) error {
	var f *failure
	if err == nil || errors.As(err, &f) {
		return err
	}
	return &failure{status: statusFailed, err: err}
}

// statusOf is the exit status of an error: what a failure says, else what kind of error it is. An error of the
// library that is none of these is about the call or its input.
func statusOf(err error) int {
	var f *failure
	switch {
	case err == nil:
		return statusDone
	case errors.As(err, &f):
		return f.status
	case refuses(err):
		return statusRefused
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return statusFailed
	case errors.Is(err, fs.ErrNotExist):
		return statusInvalid
	case isIO(err):
		return statusFailed
	}
	return statusInvalid
}

// isIO says whether the operating system failed us.
func isIO(err error) bool {
	var (
		path *fs.PathError
		link *os.LinkError
		call *os.SyscallError
		no   syscall.Errno
	)
	return errors.As(err, &path) || errors.As(err, &link) || errors.As(err, &call) || errors.As(err, &no) ||
		errors.Is(err, io.ErrShortWrite) || errors.Is(err, io.ErrClosedPipe)
}

// report tells standard error what went wrong with the command at path, and returns the exit status. Errors about a
// file start with its place, each on a line of its own; others start with the command.
func (t *tool) report(path string, err error) int {
	status := statusOf(err)
	switch {
	case err.Error() == "", errors.Is(err, syscall.EPIPE), errors.Is(err, io.ErrClosedPipe):
		return status // nobody listens
	case errors.Is(err, context.Canceled):
		fmt.Fprintf(t.stderr, "%s: interrupted\n", path)
		return status
	}
	fmt.Fprintln(t.stderr, message(path, err))
	var f *failure
	if errors.As(err, &f) && f.hint != "" {
		hint := f.hint
		if hint == usageHint {
			hint = fmt.Sprintf("%q shows how it is called", path+" --help")
		}
		fmt.Fprintln(t.stderr, "  "+hint)
	}
	return status
}

// message is how an error is told: FILE:LINE:COLUMN: … where it is about a file, else after the command. An error of
// several lines is several errors.
func message(command string, err error) string {
	var (
		one  *cube.Error
		many cube.Errors
		path *fs.PathError
	)
	switch {
	case errors.As(err, &many):
		return many.Error()
	case errors.As(err, &one):
		return one.Error()
	case errors.As(err, &path):
		name := strings.TrimSuffix(strings.TrimSuffix(err.Error(), path.Error()), ": ")
		if name == "" || !strings.Contains(name, filepath.Base(path.Path)) {
			name = path.Path // what stands before is not the file
		}
		if name == os.Stdout.Name() {
			name = "standard output"
		}
		return name + ": " + plainCause(path.Err)
	}
	text := strings.Split(strings.TrimSpace(err.Error()), "\n")
	return command + ": " + strings.Join(text, "\n"+command+": ")
}

// plainCause says why the operating system refused.
func plainCause(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "no such file or folder"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	}
	return err.Error()
}
