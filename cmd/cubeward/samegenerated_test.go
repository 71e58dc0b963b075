package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
	"github.com/cubeward/cubeward/engine/enginetest"
)

// Generated models, whose names are as awkward as can be, and their rights files give the same answers to all commands
// that take both, and do not differ. 2 models, or as many as CUBEWARD_COMMANDS says.
func TestRightsFilesAnswerAsGeneratedModels(t *testing.T) {
	n := 2
	if s := os.Getenv("CUBEWARD_COMMANDS"); s != "" {
		var err error
		n, err = strconv.Atoi(s)
		require.NoError(t, err)
	}
	answered := map[string]int{}
	for seed := range uint64(n) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			size := enginetest.Medium()
			if seed%3 == 0 {
				size = enginetest.Small()
			}
			dir := t.TempDir()
			require.NoError(t, enginetest.Generate(500_000+seed, size).Write(dir))
			file := compiled(t, dir)
			got := call(t, "diff", dir, file)
			require.Equal(t, statusDone, got.status, got.stdout+got.stderr)
			for _, args := range commandsFor(t, dir, seed) {
				if sameAnswer(t, dir, file, args...).status == statusDone {
					answered[args[0]]++
				}
			}
		})
	}
	t.Log(answered)
	for _, command := range []string{"summary", "what", "rights", "explain", "who", "mask"} {
		require.Positive(t, answered[command], command)
	}
}

// commandsFor are questions about a model: everything in short, and some at random.
func commandsFor(t *testing.T, dir string, seed uint64) [][]string {
	ws, err := modelfile.Load(dir, modelfile.Options{})
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(seed, 9))
	calls := [][]string{{"summary"}, {"summary", "--json"}}
	for _, member := range ws.Users.Items() {
		calls = append(calls, []string{"what", "-u", member, "--json"})
		for _, ref := range audit.Blocks(ws) {
			// "x" is no member of any workspace that is generated: a refusal is an answer, too.
			who := []string{member, member, member, "x"}[random.IntN(4)]
			block := blockArgument(ref)
			calls = append(calls, []string{"rights", "-u", who, "-b", block})
			if cell, ok := someCell(random, ref); ok && random.IntN(2) == 0 {
				calls = append(calls, append([]string{"explain", "-u", member, "-b", block, "--json"}, cell...),
					append([]string{"who", "-b", block, "--json"}, cell[:len(cell)/4*2]...))
			}
			if b := ref.Block; b.Kind == cube.Metric && b.Type.Kind == cube.Number && len(b.Dims) > 0 {
				calls = append(calls, []string{"mask", "-u", member, "-a", ref.App.Name, "-i", batchOf(t, ref), "-o", "DIR/out.csv", "--locks", "--json"})
			}
		}
	}
	return calls
}

// blockArgument names a block as -b takes it.
func blockArgument(ref engine.Ref) string {
	if ref.Block.Kind != cube.Property {
		return ref.String()
	}
	quoted := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	return quoted(ref.App.Name) + "::" + quoted(ref.Block.List.Name) + "." + quoted(ref.Block.Name)
}

// someCell is the flags that name a cell; false where the block has none.
func someCell(random *rand.Rand, ref engine.Ref) ([]string, bool) {
	var out []string
	for i, name := range dimensionNames(ref) {
		d := ref.Block.Dims[i]
		if d.Len() == 0 {
			return nil, false
		}
		out = append(out, "--cell", name+"="+d.Item(cube.ItemID(random.IntN(d.Len()))))
	}
	return out, true
}

// batchOf is a CSV file with a row for each item of the block's first dimension.
func batchOf(t *testing.T, ref engine.Ref) string {
	names := dimensionNames(ref)
	var out []byte
	row := func(fields ...string) {
		for i, f := range fields {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(out, `"`+strings.ReplaceAll(f, `"`, `""`)+`"`...)
		}
		out = append(out, '\n')
	}
	row(append(names, ref.Block.Name)...)
	for i, item := range ref.Block.Dims[0].Items() {
		fields := []string{item}
		for _, d := range ref.Block.Dims[1:] {
			name := "none"
			if d.Len() > 0 {
				name = d.Item(cube.ItemID(i % d.Len()))
			}
			fields = append(fields, name)
		}
		row(append(fields, "42")...)
	}
	return write(t, "in.csv", string(out))
}
