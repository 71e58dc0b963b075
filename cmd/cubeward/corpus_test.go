package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// corpus is where the conformance models stand, beside the repository.
const corpus = "../../../shared/conformance"

// corpusCall is one entry of expected/index.json.
type corpusCall struct {
	Kind, Member, Application, B, As, File, Input string
	Status                                        int
	Locks, Readable, Sort, Refuse                 bool
	DropRows                                      bool `json:"drop_rows"`
	At, Column, Dim                               map[string]string
	Pass                                          []string
}

func (c corpusCall) args(dir, out string) []string {
	var args []string
	switch c.Kind {
	case "mask":
		args = []string{"mask", "-m", dir, "-u", c.Member, "-a", c.Application, "-i", filepath.Join(dir, c.Input), "-o", out}
	case "values":
		return []string{"values", "-m", dir, "-b", c.B}
	default:
		args = []string{"rights", "-m", dir, "-u", c.Member, "-b", c.B}
	}
	for flag, on := range map[string]bool{"--locks": c.Locks, "--readable": c.Readable, "--sort": c.Sort, "--refuse": c.Refuse, "--drop-rows": c.DropRows} {
		if on {
			args = append(args, flag)
		}
	}
	for flag, pairs := range map[string]map[string]string{"--at": c.At, "--column": c.Column, "--dim": c.Dim} {
		for left, right := range pairs {
			args = append(args, flag, left+"="+right)
		}
	}
	for _, p := range c.Pass {
		args = append(args, "--pass", p)
	}
	if c.As != "" {
		args = append(args, "--as", c.As)
	}
	return args
}

func needCorpus(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(corpus); errors.Is(err, fs.ErrNotExist) {
		t.Skip("no corpus beside the repository")
	}
}

func TestCorpusAnswers(t *testing.T) {
	needCorpus(t)
	indexes, err := filepath.Glob(filepath.Join(corpus, "*", "*", "expected", "index.json"))
	require.NoError(t, err)
	kinds := map[string]int{}
	for _, index := range indexes {
		dir := filepath.Dir(filepath.Dir(index))
		data, err := os.ReadFile(index)
		require.NoError(t, err)
		var calls []corpusCall
		require.NoError(t, json.Unmarshal(data, &calls))
		t.Run(filepath.Base(filepath.Dir(dir))+"/"+filepath.Base(dir), func(t *testing.T) {
			for _, c := range calls {
				if c.Status != 0 {
					kinds["status"]++
				} else {
					kinds[c.Kind]++
				}
				c.check(t, dir)
			}
		})
	}
	for _, kind := range []string{"", "values", "mask", "status"} {
		require.Positive(t, kinds[kind], "entries of kind %q", kind)
	}
}

func (c corpusCall) check(t *testing.T, dir string) {
	folder := t.TempDir()
	args := c.args(dir, filepath.Join(folder, "out.csv"))
	got := call(t, args...)
	if c.Status != 0 {
		require.Equal(t, c.Status, got.status, "%q: %s", args, got.stderr)
		require.Empty(t, got.stdout, "%q", args)
		require.NotEmpty(t, got.stderr, "%q", args)
		require.Empty(t, files(t, folder), "%q", args)
		return
	}
	require.Equal(t, 0, got.status, "%q: %s", args, got.stderr)
	want, err := os.ReadFile(filepath.Join(dir, c.File))
	require.NoError(t, err)
	answer := got.stdout
	if c.Kind == "mask" {
		require.Empty(t, got.stdout, "%q", args)
		require.Equal(t, []string{"out.csv"}, files(t, folder), "%q", args)
		data, err := os.ReadFile(filepath.Join(folder, "out.csv"))
		require.NoError(t, err)
		answer = string(data)
	}
	require.Equal(t, string(want), answer, "%q", args)
}

// defect is expected.json of an invalid model.
type defect struct {
	File        *string
	Line        *int
	Contains    []string
	ContainsAny []string `json:"contains_any"`
}

func TestCorpusInvalidModels(t *testing.T) {
	needCorpus(t)
	found, err := filepath.Glob(filepath.Join(corpus, "invalid", "*", "expected.json"))
	require.NoError(t, err)
	require.NotEmpty(t, found)
	for _, path := range found {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			var want defect
			require.NoError(t, json.Unmarshal(data, &want))
			got := call(t, "check", "-m", dir)
			require.Equal(t, statusInvalid, got.status, got.stderr)
			require.Empty(t, got.stdout)
			for _, text := range want.Contains {
				require.Contains(t, got.stderr, text)
			}
			require.True(t, len(want.ContainsAny) == 0 || slices.ContainsFunc(want.ContainsAny, func(s string) bool { return strings.Contains(got.stderr, s) }), got.stderr)
			if want.File != nil {
				require.Contains(t, got.stderr, filepath.Base(*want.File))
			}
			if want.Line != nil {
				require.Regexp(t, `(?m)^\S*`+filepath.Base(*want.File)+`:`+strconv.Itoa(*want.Line)+`:\d+: `, got.stderr)
			}
			asJSON := call(t, "check", "-m", dir, "--json")
			require.Equal(t, statusInvalid, asJSON.status)
			var result checkResult
			require.NoError(t, json.Unmarshal([]byte(asJSON.stdout), &result))
			require.False(t, result.Valid)
			require.NotEmpty(t, result.Errors)
		})
	}
}
