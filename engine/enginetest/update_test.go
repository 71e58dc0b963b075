package enginetest

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
)

// changed is what a sequence of changes did: how many were made, how many refused, what differs from the oracle.
type changed struct {
	made, refused int
	shared        int // of those made, how many share the workspace with the generation before
	mix           Mix
	differences   []string
}

// change makes sequences of changes in a generated model and compares generations with the oracle, which reads the
// changed workspace from its beginning.
func change(dir string, seed uint64, steps int) (out changed, err error) {
	if dir, err = os.MkdirTemp(dir, "model"); err != nil {
		return out, err
	}
	defer os.RemoveAll(dir)
	if err := Generate(seed, sizeOf(seed)).Write(dir); err != nil {
		return out, err
	}
	ws, err := modelfile.Load(dir, modelfile.Options{})
	if err != nil {
		return out, err
	}
	r, err := engine.Compile(context.Background(), ws, engine.Options{})
	if err != nil {
		return out, err
	}
	random := rand.New(rand.NewPCG(seed, 0x0dd))
	for step := range steps {
		now, err := r.Current()
		if err != nil {
			return out, err
		}
		next, err := r.Update(context.Background(), RandomChanges(random, now, 3)...)
		var mistakes cube.Errors
		switch {
		case errors.As(err, &mistakes):
			out.refused++
			continue
		case err != nil:
			return out, err
		}
		out.made++
		if next.Workspace() == r.Workspace() {
			out.shared++
		}
		r = next
		if step%2 == 0 && step < steps-1 { // views of generations in between are asked for, or not
			continue
		}
		differences, mix, err := CompareRights(r)
		if err != nil {
			return out, err
		}
		out.mix.Add(mix)
		out.differences = append(out.differences, differences...)
	}
	return out, nil
}

// Rights that followed a sequence of changes are those of the model after it. 150 sequences, or as many as
// CUBEWARD_SEQUENCES says, from seed CUBEWARD_FIRST on.
func TestUpdatesAreTheOracle(t *testing.T) {
	dir := t.TempDir()
	var total changed
	forEach(t, seeds(t, "CUBEWARD_SEQUENCES", 1, 150, 30), func(seed uint64) func() {
		c, err := change(dir, seed, 8)
		return func() {
			if err != nil || len(c.differences) > 0 {
				t.Errorf("seed %d: %v\n%s", seed, err, strings.Join(c.differences, "\n"))
			}
			total.made, total.refused, total.shared = total.made+c.made, total.refused+c.refused, total.shared+c.shared
			total.mix.Add(c.mix)
		}
	})
	t.Logf("%d updates made, %d of them sharing the workspace, %d refused; %s", total.made, total.shared, total.refused, total.mix)
	require.Greater(t, total.made, total.refused)
	require.Greater(t, total.shared, total.made/8)
}
