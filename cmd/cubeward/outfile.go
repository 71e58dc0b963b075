package main

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// outFile is a file in the making: everything is written to a temporary file in the same folder, which takes the
// final name when it is complete. So a reader sees the old file or the new one, never a part.
type outFile struct {
	set  *fileSet
	name string // the final path
	tmp  string
	file *os.File
	buf  *bufio.Writer
	done bool // finished, published or discarded: nothing more is written
}

// fileSet knows the unfinished files of a run, so that none stays behind. It may be used by several goroutines.
type fileSet struct {
	mu   sync.Mutex
	open map[*outFile]struct{}
}

const outBufferSize = 64 << 10

// create starts the file name. It asks nothing of the file that may stand there but that it is an ordinary one: its
// permissions are kept, and where it is a link the file linked to is replaced. A new one is made with mode.
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
	f := &outFile{set: s, name: target, tmp: filepath.Join(filepath.Dir(target), fmt.Sprintf(".cubeward-%s.tmp", rand.Text()))}
	s.mu.Lock()
	defer s.mu.Unlock()
	f.file, err = os.OpenFile(f.tmp, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			path.Path = name // the temporary name helps nobody
		}
		return nil, failed(err)
	}
	if s.open == nil {
		s.open = map[*outFile]struct{}{}
	}
	s.open[f] = struct{}{}
	if info != nil {
		if err := f.file.Chmod(info.Mode().Perm()); err != nil {
			return nil, failed(err)
		}
	}
	f.buf = bufio.NewWriterSize(f.file, outBufferSize)
	return f, nil
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
		err = f.file.Sync()
	}
	if e := f.file.Close(); err == nil {
		err = e
	}
	f.done = true
	return failed(err)
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
	if err := os.Rename(f.tmp, f.name); err != nil {
		return failed(err)
	}
	delete(f.set.open, f)
	syncFolder(filepath.Dir(f.name))
	return nil
}

// syncFolder makes a new name last. Not every file system can do that to a folder, and the file is whole either way.
func syncFolder(path string) {
	if d, err := os.Open(path); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

// discardAll removes what was not published.
func (s *fileSet) discardAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for f := range s.open {
		_ = f.file.Close()
		_ = os.Remove(f.tmp)
	}
	clear(s.open)
}
