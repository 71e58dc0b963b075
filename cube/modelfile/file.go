package modelfile

import (
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

// modelPath is the file that -m PATH means.
func modelPath(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("model: %w", err)
	}
	if !info.IsDir() {
		return path, nil
	}
	for _, name := range []string{"workspace.yaml", "model.yaml"} {
		file := filepath.Join(path, name)
		if _, err := os.Stat(file); err == nil {
			return file, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("model: %w", err)
		}
	}
	return "", fmt.Errorf("model: %s holds no workspace.yaml and no model.yaml: %w", path, fs.ErrNotExist)
}

// folder is the folder of the file given with -m, which no path of the model may leave.
type folder struct {
	main    string // the file given with -m, as messages name it
	mainRel string // the same, within the folder
	shown   string // the folder, as messages name it
	dir     string // the folder, links followed
	root    *os.Root
	inputs  *digests // of what is read; nil where nobody asks
}

// location is where a file is.
type location struct {
	shown string // as messages name it
	rel   string // within the folder, links followed
	label string // within the folder, as the model writes it: links that move it do not change its name
}

// mainLocation is where the file given with -m is.
func (f *folder) mainLocation() location { return location{f.main, f.mainRel, f.mainRel} }

func openFolder(file string) (*folder, error) {
	f := &folder{main: filepath.Clean(file), shown: filepath.Dir(file), mainRel: filepath.Base(file)}
	abs, err := filepath.Abs(f.shown)
	if err == nil {
		f.dir, err = filepath.EvalSymlinks(abs)
	}
	if err == nil {
		f.root, err = os.OpenRoot(f.dir)
	}
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	return f, nil
}

func (f *folder) close() { f.root.Close() }

// tooLargeError says that a file is over the limit.
type tooLargeError struct{}

func (*tooLargeError) Error() string { return "the file is too large" }

// open opens a file of the folder, and says how large it is. Pipes and devices are refused: opening them may wait for
// ever. The file given with -m may itself be a link that leads anywhere.
func (f *folder) open(rel string) (*os.File, int64, error) {
	stat, open := f.root.Stat, f.root.Open
	if rel == f.mainRel {
		stat = func(string) (fs.FileInfo, error) { return os.Stat(filepath.Join(f.dir, rel)) }
		open = func(string) (*os.File, error) { return os.Open(filepath.Join(f.dir, rel)) }
	}
	info, err := stat(rel)
	switch {
	case err != nil:
		return nil, 0, err
	case info.IsDir():
		return nil, 0, errors.New("is a folder")
	case !info.Mode().IsRegular():
		return nil, 0, errors.New("is not a regular file")
	}
	file, err := open(rel)
	return file, info.Size(), err
}

// read reads a whole file of at most limit bytes; 0 means any number.
func (f *folder) read(at location, limit int64) (string, error) {
	file, size, err := f.open(at.rel)
	if err != nil {
		return "", err
	}
	defer file.Close()
	var r io.Reader = file
	if limit > 0 {
		if size > limit {
			return "", &tooLargeError{}
		}
		r = io.LimitReader(file, limit+1)
	}
	var b strings.Builder
	b.Grow(int(size) + 1)
	if n, err := io.Copy(&b, r); err != nil {
		return "", err
	} else if limit > 0 && n > limit {
		return "", &tooLargeError{}
	}
	if f.inputs != nil {
		f.inputs.text(at, b.String())
	}
	return b.String(), nil
}

// openHeld opens a file that is read here and there. What is read of it is held to its digest where somebody asks for it.
func (f *folder) openHeld(at location) (*os.File, *io.SectionReader, error) {
	file, size, err := f.open(at.rel)
	if err != nil || f.inputs == nil {
		return file, io.NewSectionReader(file, 0, size), err
	}
	h, err := f.inputs.hold(at, file)
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	return file, io.NewSectionReader(h, 0, h.size), nil
}

// resolve finds the file that path, written at n, names.
func (l *loader) resolve(src *source, n *node, path string) (at location, ok bool) {
	pos := src.pos(n)
	native := filepath.FromSlash(path)
	joined := filepath.Join(filepath.Dir(src.at.rel), native)
	switch {
	case path == "":
		l.mistake(pos, "a path may not be empty")
		return at, false
	case filepath.IsAbs(native) || strings.HasPrefix(path, "/"):
		l.mistake(pos, "%q is an absolute path; write it relative to the folder of this file", path)
		return at, false
	case !filepath.IsLocal(joined):
		l.mistake(pos, "%q leaves the folder of %s", path, l.files.main)
		return at, false
	}
	at = l.files.at(joined)
	real, err := filepath.EvalSymlinks(filepath.Join(l.files.dir, joined))
	if err == nil {
		at.rel, err = filepath.Rel(l.files.dir, real)
	}
	switch {
	case missing(err):
		l.mistake(pos, "there is no file %q (%s)", path, at.shown)
	case err != nil:
		l.mistake(pos, "%q cannot be followed: %v", path, rootCause(err))
	case !filepath.IsLocal(at.rel):
		l.mistake(pos, "%q leads out of the folder of %s", path, l.files.main)
	default:
		info, err := l.files.root.Stat(at.rel)
		switch {
		case err != nil:
			l.failed(fmt.Errorf("%s: %w", at.shown, err))
		case !info.Mode().IsRegular():
			l.mistake(pos, "%q is not a file", path)
		default:
			if label := filepath.Join(filepath.Dir(src.at.label), native); label != joined && l.files.leadsTo(label, real) {
				rel := at.rel
				at = l.files.at(label)
				at.rel = rel
			}
			return at, true
		}
	}
	return at, false
}

// at is the location of a file by its name from the folder, but where it really is.
func (f *folder) at(label string) location {
	return location{shown: filepath.Join(f.shown, label), label: label}
}

// leadsTo says whether a path within the folder leads to a file.
func (f *folder) leadsTo(label, real string) bool {
	path, err := filepath.EvalSymlinks(filepath.Join(f.dir, label))
	return err == nil && path == real
}

// missing says whether the error is that of a path that leads to nothing.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, fs.ErrInvalid) || errors.Is(err, syscall.ENAMETOOLONG)
}

// rootCause is err without the paths that the system puts before it.
func rootCause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// source is a YAML file.
type source struct {
	at   location
	node node // what it holds
}

func (s *source) base() string { return filepath.Base(s.at.shown) }

func (s *source) pos(n *node) cube.Position {
	return cube.Position{File: s.at.shown, Line: int(n.line), Column: int(n.col)}
}
