package store_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/store"
)

// Rights are worked out and written once, and then asked by whoever opens the file.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "rights")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "budget.rights")
	if err := writeRights(ctx, "../../examples/us-budget", path); err != nil {
		log.Fatal(err)
	}
	readable, cells, err := countReadable(ctx, path, "ines@treasury.gov", "Receipts")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("Ines reads %d of %d cells\n", readable, cells)
	// Output:
	// Ines reads 3000 of 14220 cells
}

// writeRights makes a rights file of a model. By the inputs `cubeward check -m -r` finds out whether it is still the
// model's.
func writeRights(ctx context.Context, model, path string) error {
	ws, inputs, err := modelfile.LoadInputs(model, modelfile.Options{})
	if err != nil {
		return err
	}
	rights, err := engine.Compile(ctx, ws, engine.Options{})
	if err != nil {
		return err
	}
	opt := store.WriteOptions{Folder: model}
	for _, in := range inputs {
		opt.Inputs = append(opt.Inputs, store.Input(in))
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // as secret as the model
	if err != nil {
		return err
	}
	return errors.Join(store.Write(ctx, file, rights, opt), file.Close())
}

// countReadable asks a rights file. The rights read from it as long as they are asked, so it stays open until then.
func countReadable(ctx context.Context, path, member, block string) (readable, cells uint64, err error) {
	file, err := store.Open(path, store.OpenOptions{})
	if err != nil {
		return 0, 0, err // no rights file, or damaged
	}
	defer file.Close()
	if !file.Current() {
		return 0, 0, errors.New("made by a version whose answers may differ from this one's: compile again")
	}
	rights, err := file.Rights(ctx, engine.Options{})
	if err != nil {
		return 0, 0, err
	}
	m, err := rights.Member(member)
	if err != nil {
		return 0, 0, err
	}
	ref, err := rights.Find(block, "")
	if err != nil {
		return 0, 0, err
	}
	view, err := m.Block(ref)
	if err != nil {
		return 0, 0, err
	}
	return view.Count(engine.Readable, nil)
}
