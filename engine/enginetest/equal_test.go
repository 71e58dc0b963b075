package enginetest

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// number is a number from the environment.
func number(t *testing.T, name string, otherwise uint64) uint64 {
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(s, 10, 64)
	require.NoError(t, err, name)
	return n
}

func sizeOf(seed uint64) Size {
	if seed%3 == 0 {
		return Small()
	}
	return Medium()
}

var digits = regexp.MustCompile(`[0-9]+`)

// wrong is what is wrong with a model, in words that stay the same while it is made smaller; "" if nothing is.
func wrong(dir string, m Model) (kind string, details []string, mix Mix) {
	dir, err := os.MkdirTemp(dir, "model")
	if err == nil {
		defer os.RemoveAll(dir)
		err = m.Write(dir)
	}
	if err != nil {
		return "cannot be written", []string{err.Error()}, mix
	}
	differences, mix, err := Compare(dir)
	switch {
	case err != nil:
		return "refused: " + digits.ReplaceAllString(err.Error(), "#"), []string{err.Error()}, mix
	case len(differences) > 0:
		return "differs", differences, mix
	}
	return "", nil, mix
}

// TestEngineIsOracle compares the engine with the oracle on generated models: 2000, or as many as CUBEWARD_MODELS says,
// from seed CUBEWARD_FIRST on. CUBEWARD_SEED is one seed alone; a failing model is made smaller and printed.
func TestEngineIsOracle(t *testing.T) {
	first, n := number(t, "CUBEWARD_FIRST", 1), number(t, "CUBEWARD_MODELS", 2000)
	if testing.Short() {
		n = min(n, 60)
	}
	if seed := number(t, "CUBEWARD_SEED", 0); seed != 0 {
		first, n = seed, 1
	}
	dir := t.TempDir()
	var mutex sync.Mutex
	var total Mix
	var failing []uint64
	var work errgroup.Group
	work.SetLimit(2)
	for seed := first; seed < first+n; seed++ {
		work.Go(func() error {
			kind, _, mix := wrong(dir, Generate(seed, sizeOf(seed)))
			mutex.Lock()
			defer mutex.Unlock()
			total.Add(mix)
			if kind != "" {
				failing = append(failing, seed)
			}
			return nil
		})
	}
	require.NoError(t, work.Wait())
	t.Log(total)
	if len(failing) > 0 {
		t.Error(report(dir, slices.Min(failing)))
	}
	require.Empty(t, failing, "failing seeds of %d models", n)
	if n >= 500 { // fewer say little about the generator: shares of 60 models vary by several points
		requireLively(t, total)
	}
}

// report makes the model of a failing seed smaller and tells what is wrong with what is left.
func report(dir string, seed uint64) string {
	m := Shrink(Generate(seed, sizeOf(seed)), func(m Model) string {
		kind, _, _ := wrong(dir, m)
		return kind
	})
	_, details, _ := wrong(dir, m)
	out := fmt.Sprintf("CUBEWARD_SEED=%d go test -run TestEngineIsOracle\n", seed)
	for _, d := range details {
		out += d + "\n"
	}
	return out + m.String()
}

// requireLively fails where most members may read, or write, all or nothing: such models would hide mistakes.
func requireLively(t *testing.T, m Mix) {
	for _, of := range [][3]uint64{m.Read, m.Write} {
		total := of[0] + of[1] + of[2]
		require.Greater(t, of[1]*100, total*15, "too few mixed answers: %s", m)
		require.Greater(t, of[2]*100, total*10, "too few full answers: %s", m)
		require.Greater(t, of[0]*100, total*10, "too few empty answers: %s", m)
	}
	require.Greater(t, m.Values, m.Blocks, "too few values: %s", m)
}

// TestGenerateIsSeeded: the same seed gives the same files, another seed others.
func TestGenerateIsSeeded(t *testing.T) {
	require.Equal(t, Generate(7, Medium()), Generate(7, Medium()))
	require.NotEqual(t, Generate(7, Medium()).Files, Generate(8, Medium()).Files)
}

// TestShrink: a model is made as small as what is wrong with it, which stays the same.
func TestShrink(t *testing.T) {
	m := Model{Seed: 3, Files: map[string]string{
		"model.yaml": "a: 1\nbad: 2\nc: {file: one.csv}\nbad: 4\n",
		"one.csv":    "x\n",
		"two.csv":    "y\n",
	}}
	small := Shrink(m, func(m Model) string {
		if n := strings.Count(m.Files["model.yaml"], "bad"); n > 0 {
			return "bad"
		}
		return ""
	})
	require.Equal(t, "bad: 2\n", small.Files["model.yaml"])
	require.Equal(t, "seed 3\n--- model.yaml\nbad: 2\n", small.String())
	require.Contains(t, m.String(), "--- one.csv\nx\n")
	require.NotContains(t, m.String(), "two.csv")
}
