package enginetest

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

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
	all := seeds(t, "CUBEWARD_MODELS", 1, 2000, 60)
	total := requireEqual(t, all, sizeOf)
	if len(all) >= 500 { // fewer say little about the generator: shares of 60 models vary by several points
		requireLively(t, total)
	}
}

// Lists of more items, and members, than a word has bits.
func TestEngineIsOracleOfWideModels(t *testing.T) {
	requireEqual(t, seeds(t, "CUBEWARD_WIDE", 700_000, 4, 1), func(uint64) Size { return Wide() })
}

// Sets of more cells than a container of a Roaring bitmap has.
func TestEngineIsOracleOfLongModels(t *testing.T) {
	requireEqual(t, seeds(t, "CUBEWARD_WIDE", 800_000, 1, 1), func(uint64) Size { return Long() })
}

// requireEqual compares the engine with the oracle on the models of some seeds.
func requireEqual(t *testing.T, all []uint64, size func(seed uint64) Size) Mix {
	t.Helper()
	dir := t.TempDir()
	var total Mix
	var failing []uint64
	forEach(t, all, func(seed uint64) func() {
		kind, _, mix := wrong(dir, Generate(seed, size(seed)))
		return func() {
			total.Add(mix)
			if kind != "" {
				failing = append(failing, seed)
			}
		}
	})
	t.Log(total)
	if len(failing) > 0 {
		seed := slices.Min(failing)
		t.Error(report(dir, Generate(seed, size(seed))))
	}
	require.Empty(t, failing, "failing seeds of %d models", len(all))
	return total
}

// report makes a failing model smaller and tells what is wrong with what is left.
func report(dir string, m Model) string {
	m = Shrink(m, func(m Model) string {
		kind, _, _ := wrong(dir, m)
		return kind
	})
	_, details, _ := wrong(dir, m)
	out := fmt.Sprintf("CUBEWARD_SEED=%d go test -run TestEngineIsOracle\n", m.Seed)
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
