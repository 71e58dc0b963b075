package main

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
)

// outFile is a file in the making: everything is written to a temporary file in the same folder, which takes the
// final name when it is complete. So a reader sees the old file or the new one, never a part, whenever the process is
// killed or the machine stops.
type outFile struct {
	set  *fileSet
	name string // the final path
	tmp  string
	file *os.File
	lock *os.File // holds the lock on the temporary file once file is closed; nil where there is none
	buf  *bufio.Writer
	done bool // finished, published or discarded: nothing more is written
}

// fileSet knows the unfinished files of a run, so that none stays behind. It may be used by several goroutines.
type fileSet struct {
	mu    sync.Mutex
	open  map[*outFile]struct{}
	swept map[string]bool // folders in which what dead processes left was looked for

	// Tests put themselves around everything that is asked of the disk, to let it fail and stop. Else nil.
	around func(op, path string, do func() error) error
}

// do carries out what is asked of the disk.
func (s *fileSet) do(op, path string, do func() error) error {
	if s.around != nil {
		return s.around(op, path, do)
	}
	return do()
}

const outBufferSize = 64 << 10

// privateMode is that of files that are as secret as the model.
const privateMode = 0o600

// create starts the file name. It asks nothing of the file that may stand there but that it is an ordinary one: its
// permissions are kept unless mode is private, and where it is a link the file linked to is replaced. A new one is made
// with mode.
func (s *fileSet) create(name string, mode fs.FileMode) (*outFile, error) {
	target := name
	info, err := os.Stat(name)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return nil, fileError(name, "not an ordinary file: it cannot be replaced as a whole")
	case err == nil:
		if target, err = filepath.EvalSymlinks(name); err != nil {
			return nil, failed(err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, failed(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for other := range s.open { // Links may lead names that differ to one file, of which the last would stay.
		if samePlace(other.name, target) {
			return nil, fileError(name, "another output of this call goes to the same file")
		}
	}
	s.sweep(filepath.Dir(target))
	f := &outFile{set: s, name: target}
	if err := f.start(mode); err != nil {
		return nil, failed(named(name, err))
	}
	if s.open == nil {
		s.open = map[*outFile]struct{}{}
	}
	s.open[f] = struct{}{}
	if info != nil && mode != privateMode {
		if err := s.do("chmod", f.tmp, func() error { return f.file.Chmod(info.Mode().Perm()) }); err != nil {
			return nil, failed(named(name, err))
		}
	}
	f.buf = bufio.NewWriterSize(diskWriter{f}, outBufferSize)
	return f, nil
}

// samePlace says whether two files that may not be there yet have the same name in the same folder.
func samePlace(a, b string) bool {
	if filepath.Base(a) != filepath.Base(b) {
		return false
	}
	x, errX := os.Stat(filepath.Dir(a))
	y, errY := os.Stat(filepath.Dir(b))
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// start makes the temporary file, and locks it for as long as this process lives: a temporary file without a lock is
// nobody's. Another process may take it for that before the lock is there; then there is another.
func (f *outFile) start(mode fs.FileMode) error {
	for {
		f.tmp = filepath.Join(filepath.Dir(f.name), unfinishedName(rand.Text()))
		err := f.set.do("create", f.tmp, func() (err error) {
			f.file, err = os.OpenFile(f.tmp, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
			return err
		})
		if err != nil {
			if f.file != nil { // some file systems answer late
				f.remove()
			}
			return err
		}
		if lockFile(f.file) && f.stands() {
			return nil
		}
		f.remove()
	}
}

// remove takes the temporary file away.
func (f *outFile) remove() {
	_ = f.file.Close()
	_ = f.set.do("remove", f.tmp, func() error { return os.Remove(f.tmp) })
	f.unlock()
}

// stands says whether the temporary file is still the one that was made.
func (f *outFile) stands() bool {
	a, err := f.file.Stat()
	if err != nil {
		return true // nothing speaks against it
	}
	b, err := os.Lstat(f.tmp)
	return err == nil && os.SameFile(a, b)
}

// diskWriter writes what the buffer gives up.
type diskWriter struct{ f *outFile }

// Write writes to the temporary file.
func (w diskWriter) Write(p []byte) (n int, err error) {
	err = w.f.set.do("write", w.f.tmp, func() (err error) {
		n, err = w.f.file.Write(p)
		return err
	})
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return n, named(w.f.name, err)
}

// Write appends to the file.
func (f *outFile) Write(p []byte) (int, error) {
	n, err := f.buf.Write(p)
	if err != nil {
		return n, failed(err)
	}
	return n, nil
}

// finish makes sure that everything is on the disk. The file does not yet have its name.
func (f *outFile) finish() error {
	if f.done {
		return nil
	}
	err := f.buf.Flush()
	if err == nil {
		err = f.set.do("sync", f.tmp, f.file.Sync)
	}
	f.lock = keepLock(f.file)
	if e := f.set.do("close", f.tmp, f.file.Close); err == nil {
		err = e
	}
	f.done = true
	return failed(named(f.name, err))
}

// publish gives a finished file its name. It finishes one that is not.
func (f *outFile) publish() error {
	if err := f.finish(); err != nil {
		return err
	}
	f.set.mu.Lock()
	defer f.set.mu.Unlock()
	if _, ok := f.set.open[f]; !ok {
		return failed(fmt.Errorf("%s: the file was given up", f.name))
	}
	if err := f.set.do("rename", f.tmp, func() error { return os.Rename(f.tmp, f.name) }); err != nil {
		return failed(named(f.name, err))
	}
	delete(f.set.open, f)
	f.unlock()
	dir := filepath.Dir(f.name)
	return failed(named(f.name, f.set.do("sync-folder", dir, func() error { return syncFolder(dir) })))
}

// named is an error of the disk as one about the file that was asked for: the temporary name helps nobody.
func named(name string, err error) error {
	var (
		path *fs.PathError
		link *os.LinkError
	)
	switch {
	case errors.As(err, &path):
		return &fs.PathError{Op: path.Op, Path: name, Err: path.Err}
	case errors.As(err, &link):
		return &fs.PathError{Op: link.Op, Path: name, Err: link.Err}
	}
	return err
}

func (f *outFile) unlock() {
	if f.lock != nil {
		_ = f.lock.Close()
		f.lock = nil
	}
}

// syncFolder makes a new name last. Not every file system can do that to a folder, and not everyone may who may write
// into it; the file is whole either way.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if err == nil {
		err = errors.Join(d.Sync(), d.Close())
	}
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		return nil
	}
	return err
}

// discardAll removes what was not published.
func (s *fileSet) discardAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for f := range s.open {
		f.remove()
	}
	clear(s.open)
}
