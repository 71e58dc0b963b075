package modelfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
)

func testFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tests.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

// Names are literal texts without their outer spaces, wherever they stand, and each has its place.
func TestLoadTests(t *testing.T) {
	path := testFile(t, `cubeward_tests: 1
tests:
  - name: " Yes "
    members: [1.0, true]
    as: no
    block: Sales
    where: {Year: 2024, 'Month ': [1, "2"]}
    expect: {read: some}
    counts: {write: 1e3, locked: 0}
  - {name: n, block: b, only: {read: []}}
`)
	at := func(line, column int) cube.Position { return cube.Position{File: path, Line: line, Column: column} }
	tests, err := LoadTests(path)
	require.NoError(t, err)
	require.Equal(t, []Test{
		{
			Name: "Yes", Pos: at(3, 5), Members: []Word{{"1.0", at(4, 15)}, {"true", at(4, 20)}}, As: &Word{"no", at(5, 9)}, Block: Word{"Sales", at(6, 12)},
			Where: []TestSlice{
				{Word{"Year", at(7, 13)}, []Word{{"2024", at(7, 19)}}},
				{Word{"Month", at(7, 25)}, []Word{{"1", at(7, 36)}, {"2", at(7, 39)}}},
			},
			Expect: map[string]Word{"read": {"some", at(8, 20)}}, Counts: map[string]uint64{"write": 1000, "locked": 0}, Only: map[string][]Word{},
		},
		{Name: "n", Pos: at(10, 5), Block: Word{"b", at(10, 22)}, Expect: map[string]Word{}, Counts: map[string]uint64{}, Only: map[string][]Word{"read": {}}},
	}, tests)
}

func TestLoadTestsRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                            ":1:1: the file is empty; a test file starts with cubeward_tests: 1",
		"- a":                         ":1:1: a test file must be a mapping, not a list",
		"cubeward_tests: 1":           ":1:1: a test file needs the key \"tests\"",
		"tests: []":                   ":1:1: a test file needs the key \"cubeward_tests\"",
		"cubeward_tests: 1\ntests: a": ":2:8: tests must be a list, not text",
		"cubeward_tests: 1\ntests: [{name: a, member: m, block: b, expect: {read: all}, where: {a: [1, 1]}}]": ":2:76: \"1\" stands twice in the items of \"a\", first in line 2",
		"cubeward_tests: 1\ntests: [&a {name: a}]":                                                            ":2:9: ",
	} {
		path := testFile(t, text)
		_, err := LoadTests(path)
		var many cube.Errors
		require.ErrorAs(t, err, &many, text)
		require.Contains(t, err.Error(), path+want, text)
	}
	_, err := LoadTests(filepath.Join(t.TempDir(), "none.yaml"))
	require.ErrorIs(t, err, fs.ErrNotExist)
}
