package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// Stage holds what workloads share, so that a company that many of them measure is built once. It may be used by
// several goroutines.
type Stage struct {
	mu     sync.Mutex
	spaces map[Company]*cube.Workspace
	rights map[Company]*engine.Rights
	dir    string
	root   string
}

// NewStage is an empty stage. The folder root is that of Cubeward's sources, where the examples are; "" looks for it
// from the working folder upwards.
func NewStage(root string) *Stage {
	return &Stage{spaces: map[Company]*cube.Workspace{}, rights: map[Company]*engine.Rights{}, root: root}
}

// Close removes the files of the stage.
func (s *Stage) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	dir := s.dir
	s.dir = ""
	if dir == "" {
		return nil
	}
	return os.RemoveAll(dir)
}

// Company is the workspace of a company: shared, so nobody may change it.
func (s *Stage) Company(c Company) (*cube.Workspace, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.company(c.whole())
}

func (s *Stage) company(c Company) (*cube.Workspace, error) {
	if ws := s.spaces[c]; ws != nil {
		return ws, nil
	}
	ws, err := c.Workspace()
	if err == nil {
		s.spaces[c] = ws
	}
	return ws, err
}

// Rights is a compiled company, shared likewise.
func (s *Stage) Rights(ctx context.Context, c Company) (*engine.Rights, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c = c.whole()
	if r := s.rights[c]; r != nil {
		return r, nil
	}
	ws, err := s.company(c)
	if err != nil {
		return nil, err
	}
	r, err := engine.Compile(ctx, ws, engine.Options{})
	if err == nil {
		s.rights[c] = r
	}
	return r, err
}

// Folder makes an empty folder that lives as long as the stage.
func (s *Stage) Folder() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dir == "" {
		dir, err := os.MkdirTemp("", "cubeward-bench-")
		if err != nil {
			return "", err
		}
		s.dir = dir
	}
	return os.MkdirTemp(s.dir, "")
}

// Example is the folder of an example of Cubeward's sources; the error wraps ErrSkip where they are not at hand.
func (s *Stage) Example(name string) (string, error) {
	roots := []string{s.root}
	if s.root == "" {
		wd, err := os.Getwd()
		if err != nil {
			return "", err
		}
		for roots = []string{wd}; filepath.Dir(wd) != wd; roots = append(roots, wd) {
			wd = filepath.Dir(wd)
		}
	}
	for _, root := range roots {
		dir := filepath.Join(root, "examples", name)
		_, err := os.Stat(dir)
		switch {
		case err == nil:
			return dir, nil
		case !errors.Is(err, os.ErrNotExist):
			return "", err
		}
	}
	return "", fmt.Errorf("%w: examples/%s is not here: run it in a clone of Cubeward", ErrSkip, name)
}
