package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/store"
)

// rightsFile is an open rights file.
type rightsFile struct {
	*store.File
	path string
	data *os.File
	size int64
}

// openFile opens a rights file, which stays open until the run ends: what rights need of it is read when it is asked for.
// What becomes of its name meanwhile does not matter.
func (t *tool) openFile(path string) (*rightsFile, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fileError(path, "a folder, not an ordinary file: -r takes a rights file, -m the folder of a model")
	case !info.Mode().IsRegular():
		return nil, fileError(path, "not an ordinary file: a rights file is not read from front to back")
	}
	data, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	t.keep(data)
	if info, err = data.Stat(); err != nil {
		return nil, err
	}
	f, err := store.New(data, info.Size(), store.OpenOptions{})
	if err != nil {
		return nil, ofRightsFile(path, err)
	}
	t.keep(f)
	out := &rightsFile{f, path, data, info.Size()}
	t.rightsFiles = append(t.rightsFiles, out)
	return out, nil
}

// unreadable says whether an error is that a part of a rights file, which is read when it is asked for, could not be
// read: nothing then is the fault of who asked.
func unreadable(err error) bool {
	var damage *store.DamageError
	return errors.As(err, &damage) || isIO(err)
}

// blame says of which file a part is damaged that was read late, or which does not hold what was asked. Where there are
// several it looks through them for damage.
func (t *tool) blame(err error) error {
	var (
		damage *store.DamageError
		placed rightsFileError
		lacks  *engine.NotHeldError
	)
	switch {
	case errors.As(err, &lacks) && len(t.rightsFiles) == 1:
		return ofRightsFile(t.rightsFiles[0].path, lacks)
	case !errors.As(err, &damage) || errors.As(err, &placed):
		return err
	}
	for i, f := range t.rightsFiles {
		if i == len(t.rightsFiles)-1 || f.Verify(context.Background()) != nil {
			return ofRightsFile(f.path, damage)
		}
	}
	return err
}

// copyTo writes the file as it is.
func (f *rightsFile) copyTo(w io.Writer) error {
	n, err := io.Copy(w, io.NewSectionReader(f.data, 0, f.size))
	if err == nil && n < f.size {
		err = io.ErrUnexpectedEOF
	}
	return failed(err)
}

// ofRightsFile is an error of package store as one about the file that the call names.
func ofRightsFile(path string, err error) error {
	var (
		file   *fs.PathError
		damage *store.DamageError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &damage) && !isRightsFile(path):
		return fileError(path, "not a rights file: cubeward compile makes one of a model")
	case errors.As(err, &file):
		return named(path, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return &failure{status: statusInvalid, err: rightsFileError{fileError(path, "%v", err), err}}
}

// rightsFileError is told as an error about a file, and keeps its kind.
type rightsFileError struct{ told, cause error }

// Error names the file.
func (e rightsFileError) Error() string { return e.told.Error() }

// Unwrap is both.
func (e rightsFileError) Unwrap() []error { return []error{e.told, e.cause} }

// otherAnswers is what is wrong with a file that is whole, and may hold answers that this program would not give.
const otherAnswers = "made by a cubeward whose answers may differ from this one's"

// rightsOf are the rights that a rights file holds. One whose answers may be others than this program's is refused: they
// were changed because they were wrong.
func (t *tool) rightsOf(ctx context.Context, path string) (*engine.Rights, error) {
	f, err := t.openFile(path)
	if err != nil {
		return nil, err
	}
	if !f.Current() {
		return nil, fileError(path, otherAnswers+": compile the model again")
	}
	rights, err := f.Rights(ctx, engine.Options{})
	return rights, ofRightsFile(path, err)
}

// openRights are the rights of a model, named as with -m, or of a rights file, named as with -r: which of them it is
// the file says.
func (t *tool) openRights(ctx context.Context, path, app string) (*engine.Rights, error) {
	m := modelFlags{path: path, app: app, tool: t}
	if isRightsFile(path) {
		m.path, m.file = "", path
	}
	return m.compile(ctx)
}

// isRightsFile says whether a file begins as a rights file does.
func isRightsFile(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 64)
	n, _ := io.ReadFull(f, head)
	return store.IsFile(head[:n])
}
