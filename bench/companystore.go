package bench

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/store"
)

// Write writes the compiled company as a rights file, to nowhere.
func (c Company) Write() Workload {
	return Workload{Name: "Write/" + c.Model(), Prepare: func(ctx context.Context, s *Stage) (*Op, error) {
		r, err := s.Rights(ctx, c)
		if err != nil {
			return nil, err
		}
		var buf bytes.Buffer
		if err := store.Write(ctx, &buf, r, store.WriteOptions{}); err != nil {
			return nil, err
		}
		size, members := float64(buf.Len()), r.Workspace().Users.Len()
		return &Op{
			Members: int64(members),
			Do:      func(ctx context.Context) error { return store.Write(ctx, io.Discard, r, store.WriteOptions{}) },
			Own: func(context.Context) ([]Value, error) {
				return []Value{{size, "file-B"}, {size / float64(members), "file-B/user"}}, nil
			},
		}, nil
	}}
}

// Open opens the rights file of the company.
func (c Company) Open() Workload {
	return Workload{Name: "Open/" + c.Model(), Prepare: func(ctx context.Context, s *Stage) (*Op, error) {
		file, r, err := c.rightsFile(ctx, s)
		if err != nil {
			return nil, err
		}
		return &Op{Members: int64(r.Workspace().Users.Len()), Do: func(ctx context.Context) error { return opened(ctx, file, nil) }}, nil
	}}
}

// First opens the rights file of the company and asks the first question: what a member reads of the deepest block, one
// member of each kind in turn.
func (c Company) First() Workload {
	return Workload{Name: "First/" + c.Model(), Prepare: func(ctx context.Context, s *Stage) (*Op, error) {
		file, r, err := c.rightsFile(ctx, s)
		if err != nil {
			return nil, err
		}
		groups, next := r.Groups(), 0
		return &Op{Members: 1, Do: func(ctx context.Context) error {
			name := r.Workspace().Users.Item(groups[next%len(groups)][0])
			next++
			return opened(ctx, file, func(r *engine.Rights) error { return firstAnswer(r, name) })
		}}, nil
	}}
}

// FromFiles is what First saves: the company is loaded from its files, compiled, and asked the same question.
func (c Company) FromFiles() Workload {
	return Workload{Name: "First/from=model/" + c.Model(), Prepare: func(ctx context.Context, s *Stage) (*Op, error) {
		ws, err := s.Company(c)
		if err != nil {
			return nil, err
		}
		dir, err := s.Folder()
		if err != nil {
			return nil, err
		}
		if err := WriteModel(ws, dir); err != nil {
			return nil, err
		}
		name := ws.Users.Item(0)
		return &Op{Members: 1, Do: func(ctx context.Context) error {
			ws, err := modelfile.Load(dir, modelfile.Options{})
			if err != nil {
				return err
			}
			r, err := engine.Compile(ctx, ws, engine.Options{})
			if err != nil {
				return err
			}
			return firstAnswer(r, name)
		}}, nil
	}}
}

// rightsFile writes the rights of the company to a file.
func (c Company) rightsFile(ctx context.Context, s *Stage) (string, *engine.Rights, error) {
	r, err := s.Rights(ctx, c)
	if err != nil {
		return "", nil, err
	}
	dir, err := s.Folder()
	if err != nil {
		return "", nil, err
	}
	f, err := os.Create(filepath.Join(dir, "company.rights"))
	if err != nil {
		return "", nil, err
	}
	return f.Name(), r, errors.Join(store.Write(ctx, f, r, store.WriteOptions{}), f.Close())
}

// opened opens a rights file, and asks something where there is something to ask.
func opened(ctx context.Context, name string, ask func(*engine.Rights) error) error {
	f, err := store.Open(name, store.OpenOptions{})
	if err != nil {
		return err
	}
	r, err := f.Rights(ctx, engine.Options{})
	if err == nil && ask != nil {
		err = ask(r)
	}
	return errors.Join(err, f.Close())
}

// firstAnswer asks what a member reads of the deepest block.
func firstAnswer(r *engine.Rights, member string) error {
	m, err := r.Member(member)
	if err != nil {
		return err
	}
	v, err := m.Block(deepest(r))
	if err != nil {
		return err
	}
	_ = v.Tables(engine.Readable)
	return nil
}
