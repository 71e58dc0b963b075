package store

import (
	"context"

	"github.com/cubeward/cubeward/engine"
)

// Verify reads all of the file: it holds every section to its checksum and takes it apart, as if every member and block
// had been asked about. It fails with a *DamageError. It costs about as much as Write.
func (f *File) Verify(ctx context.Context) error {
	for i := range f.table {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := f.stored(i); err != nil {
			return err
		}
	}
	r, err := f.Rights(ctx, engine.Options{})
	if err != nil {
		return err
	}
	s, err := r.Snapshot() // reads profiles, sets, mappings, names and formulas
	if err != nil {
		return err
	}
	if s.Digests != nil {
		if _, err := s.Digests(); err != nil {
			return err
		}
	}
	for _, b := range s.Kept {
		if _, err := s.Input(b); err != nil {
			return err
		}
	}
	return nil
}
