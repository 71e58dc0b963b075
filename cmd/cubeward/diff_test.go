package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/engine/audit"
)

// What diff says, as text and as JSON, and refuses.
func TestGoldenDiff(t *testing.T) {
	var text strings.Builder
	for _, args := range [][]string{
		{"diff", "testdata/why", "testdata/whynext"},
		{"diff", "testdata/whynext", "testdata/why"},
		{"diff", "testdata/why", "testdata/why"},
		{"diff", "testdata/why", "testdata/why", "--json"},
		{"diff", "testdata/why", "testdata/whynext", "-u", "bo", "--json"},
		{"diff", "testdata/why", "testdata/whynext", "-b", "Plan::Month"},
		{"diff", "testdata/why", "testdata/whynext", "-b", "User", "-a", "Plan", "--members"},
		{"diff", "testdata/shop", "testdata/duo"},
		{"diff", "testdata/shop", "testdata/duo", "--json", "-b", "Shop::Total"},
		{"diff", "testdata/why", "testdata/whynext", "-b", "Month"},
		{"diff", "testdata/why", "testdata/whynext", "-b", "Plan::Mont"},
		{"diff", "testdata/why", "testdata/whynext", "-a", "Plan2"},
		{"diff", "testdata/why", "testdata/whynext", "-u", "nobody"},
		{"diff", "testdata/why", "testdata/whynext", "--fail-on", "all"},
		{"diff", "testdata/broken", "testdata/none"},
		{"diff", "testdata/shop", "testdata/broken", "--json"},
		{"diff", "testdata/why"},
		{"diff", "--help"},
	} {
		transcript(t, &text, args)
	}
	golden(t, "diff.txt", text.String())
}

// The exit status says what --fail-on asks for.
func TestDiffStatus(t *testing.T) {
	for _, x := range []struct {
		args   string
		status int
	}{
		{"why why", statusDone},
		{"why why --fail-on any", statusDone},
		{"why whynext", statusRefused},
		{"why whynext --fail-on any --json", statusRefused},
		{"why whynext --fail-on gained", statusRefused},
		{"why whynext --fail-on lost", statusRefused},
		{"why whynext --fail-on lost -u bo", statusRefused},
		{"why whynext --fail-on lost -u ada", statusDone},
		{"whynext why --fail-on gained -u ada", statusDone},
		{"whynext why --fail-on lost -u ada", statusRefused},
		{"why whynext -u cy -b Plan::Revenue", statusDone},
	} {
		words := strings.Fields(x.args)
		words[0], words[1] = "testdata/"+words[0], "testdata/"+words[1]
		got := call(t, append([]string{"diff"}, words...)...)
		require.Equal(t, x.status, got.status, x.args)
		require.Empty(t, got.stderr)
	}
}

// The JSON has the keys of SPEC 6 and no others, a row for each member and block.
func TestDiffJSON(t *testing.T) {
	got := call(t, "diff", "testdata/why", "testdata/whynext", "--json")
	var rows []struct {
		Member      *string `json:"member"`
		Block       *string `json:"block"`
		ReadGained  *uint64 `json:"read_gained"`
		ReadLost    *uint64 `json:"read_lost"`
		WriteGained *uint64 `json:"write_gained"`
		WriteLost   *uint64 `json:"write_lost"`
		Examples    []struct {
			Cell map[string]string `json:"cell"`
			From *string           `json:"from"`
			To   *string           `json:"to"`
		} `json:"examples"`
		Because []struct {
			Reasons     []string `json:"reasons"`
			ReadGained  *uint64  `json:"read_gained"`
			ReadLost    *uint64  `json:"read_lost"`
			WriteGained *uint64  `json:"write_gained"`
			WriteLost   *uint64  `json:"write_lost"`
		} `json:"because"`
	}
	d := json.NewDecoder(strings.NewReader(got.stdout))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&rows))
	seen := map[string]bool{}
	for _, r := range rows {
		key := *r.Member + " " + *r.Block
		require.False(t, seen[key], key)
		seen[key] = true
		require.Positive(t, *r.ReadGained+*r.ReadLost+*r.WriteGained+*r.WriteLost)
		require.NotEmpty(t, r.Examples)
		require.NotEmpty(t, r.Because)
		var sum [4]uint64
		for _, b := range r.Because {
			require.NotEmpty(t, b.Reasons)
			for i, n := range []*uint64{b.ReadGained, b.ReadLost, b.WriteGained, b.WriteLost} {
				sum[i] += *n
			}
		}
		require.Equal(t, [4]uint64{*r.ReadGained, *r.ReadLost, *r.WriteGained, *r.WriteLost}, sum)
		for _, e := range r.Examples {
			require.Contains(t, []string{"none", "r", "rw"}, *e.From)
			require.NotEqual(t, *e.From, *e.To)
			require.NotEmpty(t, e.Cell)
		}
	}
	require.Greater(t, len(seen), 20)
}

// Either side may be a rights file: the answer is the same, with the name of the file in place of the model's.
func TestDiffOfRightsFiles(t *testing.T) {
	dir := t.TempDir()
	sides := map[string][]string{}
	for _, name := range []string{"why", "whynext"} {
		file := filepath.Join(dir, name+".rights")
		got := call(t, "compile", "-m", "testdata/"+name, "-o", file)
		require.Equal(t, statusDone, got.status, got.stderr)
		sides[name] = []string{"testdata/" + name, file}
	}
	for _, flags := range [][]string{nil, {"--json"}, {"-u", "bo", "-b", "Plan::Month"}, {"--fail-on", "lost", "-u", "ada"}} {
		want := call(t, append([]string{"diff", "testdata/why", "testdata/whynext"}, flags...)...)
		for _, old := range sides["why"] {
			for _, new := range sides["whynext"] {
				got := call(t, append([]string{"diff", old, new}, flags...)...)
				got.stdout = strings.ReplaceAll(got.stdout, new, "testdata/whynext")
				require.Equal(t, want, got, "%s %s %q", old, new, flags)
			}
		}
	}
	part := filepath.Join(dir, "part.rights")
	got := call(t, "compile", "-m", "testdata/why", "--shard", "1/2", "-o", part)
	require.Equal(t, statusDone, got.status, got.stderr)
	got = call(t, "diff", part, "testdata/whynext")
	require.Equal(t, statusInvalid, got.status)
	require.Empty(t, got.stdout)
	require.Contains(t, got.stderr, "do not hold every member")
}

// What could not be counted in time is marked wherever it stands, and is a difference.
func TestBoundsAreMarked(t *testing.T) {
	require.Equal(t, "+≤5 −3", deltaText(deltaRange{2, 5, true}, deltaRange{3, 3, false}))
	require.Equal(t, "≤7", partOf(audit.Partial, 7, true))
	require.Empty(t, partOf(audit.Full, 7, false))
	change := audit.Change{ReadGained: audit.Delta{Cells: 3, AtMost: true}}
	require.True(t, inexact(change))
	require.False(t, inexact(audit.Change{ReadGained: audit.Delta{Cells: 3}}))
	d := &audit.Difference{Changes: []audit.Change{change}}
	require.True(t, fails(d, failOnGained))
	require.True(t, fails(d, failOnAny))
	require.False(t, fails(d, failOnLost))
}
