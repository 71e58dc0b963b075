package store_test

import (
	"context"
	"flag"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/store"
)

// Opening must cost at most this part of what `cubeward compile` does: reading the model, working out its rights and
// writing them. A first answer may cost twice as much.
const (
	openShare   = 1.0 / 50
	answerShare = 1.0 / 25
)

// TestGuardOpen holds opening a file of 100,000 members against compiling their model, turn by turn, the best of each.
// What a member takes in the file is told.
func TestGuardOpen(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector slows down what is measured")
	}
	if !strings.Contains(flag.Lookup("test.run").Value.String(), "Guard") {
		t.Skip("guards need the machine for themselves: make guard")
	}
	const members = 100_000
	ws, err := bench.Company{Members: members}.Workspace()
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, bench.WriteModel(ws, dir))
	r, path := company(t, members)
	name := r.Workspace().Users.Item(cube.ItemID(members / 2))
	info, err := os.Stat(path)
	require.NoError(t, err)
	compile, open, first := time.Duration(1<<62), time.Duration(1<<62), time.Duration(1<<62)
	best := func(least *time.Duration, do func()) {
		began := time.Now()
		do()
		*least = min(*least, time.Since(began))
	}
	missed := func() bool {
		return open.Seconds()/compile.Seconds() > openShare || first.Seconds()/compile.Seconds() > answerShare
	}
	for turns := 0; turns < 5 || turns < 20 && missed(); turns++ { // where the machine does much else it takes more of them
		best(&compile, func() { compileFiles(t, dir) })
		for range 5 {
			best(&open, func() {
				_, f := opened(t, path)
				require.NoError(t, f.Close())
			})
			best(&first, func() {
				got, f := opened(t, path)
				answer(t, got, name)
				require.NoError(t, f.Close())
			})
		}
	}
	t.Logf("%d members: compile %v, open %v (1/%.0f), first answer %v (1/%.0f); %d bytes, %.1f a member",
		members, compile, open, compile.Seconds()/open.Seconds(), first, compile.Seconds()/first.Seconds(), info.Size(), float64(info.Size())/members)
	require.LessOrEqual(t, open.Seconds()/compile.Seconds(), openShare)
	require.LessOrEqual(t, first.Seconds()/compile.Seconds(), answerShare)
}

// compileFiles is what `cubeward compile` does.
func compileFiles(t *testing.T, dir string) {
	ws, err := modelfile.Load(dir, modelfile.Options{})
	require.NoError(t, err)
	r, err := engine.Compile(context.Background(), ws, engine.Options{})
	require.NoError(t, err)
	require.NoError(t, store.Write(context.Background(), io.Discard, r, store.WriteOptions{Folder: dir}))
}

// TestGuardOpenReadsLittle: what opening reads does not grow with what members hold, only with how many they are.
func TestGuardOpenReadsLittle(t *testing.T) {
	_, path := company(t, 10_000)
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	info, err := file.Stat()
	require.NoError(t, err)
	counted := &countingReader{from: file}
	f, err := store.New(counted, info.Size(), store.OpenOptions{})
	require.NoError(t, err)
	require.Less(t, counted.read, int64(6000)) // header, table, run and inputs
	_, err = f.Rights(context.Background(), engine.Options{})
	require.NoError(t, err)
	require.Less(t, counted.read, info.Size()/2)
}

// countingReader counts the bytes that are read.
type countingReader struct {
	from io.ReaderAt
	read int64
}

func (c *countingReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.from.ReadAt(p, off)
	c.read += int64(n)
	return n, err
}
