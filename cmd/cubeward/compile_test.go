package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/store"
)

// compiled is the rights file of a model.
func compiled(t testing.TB, model string, args ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "model.rights")
	got := call(t, append([]string{"compile", "-m", model, "-o", out}, args...)...)
	require.Equal(t, statusDone, got.status, got.stderr)
	require.Empty(t, got.stdout)
	return out
}

// copyOf is a model's folder in a place where it may be changed.
func copyOf(t testing.TB, model string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "model")
	require.NoError(t, os.CopyFS(dir, os.DirFS(model)))
	return dir
}

func change(t testing.TB, path, old, new string) {
	t.Helper()
	text := readFile(t, path)
	require.Contains(t, text, old)
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(text, old, new, 1)), 0o600))
}

func TestRightsFilesArePrivate(t *testing.T) {
	out := compiled(t, "testdata/shop")
	mode := func() fs.FileMode {
		info, err := os.Stat(out)
		require.NoError(t, err)
		return info.Mode().Perm()
	}
	require.EqualValues(t, privateMode, mode())
	require.Equal(t, []string{"model.rights"}, files(t, filepath.Dir(out)))
	first := readFile(t, out)
	require.NoError(t, os.Chmod(out, 0o644))
	require.Equal(t, statusDone, call(t, "compile", "-m", "testdata/shop", "-o", out).status)
	require.EqualValues(t, privateMode, mode(), "also in the place of one that was not")
	require.Equal(t, first, readFile(t, out), "the same input gives the same bytes")
	require.Equal(t, first, readFile(t, compiled(t, "testdata/shop", "--workers", "1")))
}

func TestPartsMakeTheWhole(t *testing.T) {
	for _, model := range []string{"testdata/shop", "testdata/duo", "testdata/why", "../../examples/us-budget"} {
		whole := readFile(t, compiled(t, model))
		for _, n := range []int{1, 2, 3, 9} {
			var parts []string
			for i := range n {
				parts = append(parts, compiled(t, model, "--shard", fmt.Sprintf("%d/%d", i+1, n)))
			}
			slices.Reverse(parts)
			out := filepath.Join(t.TempDir(), "x.rights")
			got := call(t, append([]string{"merge", "-o", out}, parts...)...)
			require.Equal(t, statusDone, got.status, got.stderr)
			require.Empty(t, got.stdout)
			require.True(t, whole == readFile(t, out), "%s in %d parts", model, n)
			info, err := os.Stat(out)
			require.NoError(t, err)
			require.EqualValues(t, privateMode, info.Mode().Perm())
		}
	}
}

func TestPartsThatDoNotFit(t *testing.T) {
	part := func(model, shard string) string { return compiled(t, model, "--shard", shard) }
	one, two := part("testdata/shop", "1/2"), part("testdata/shop", "2/2")
	other := copyOf(t, "testdata/shop")
	change(t, filepath.Join(other, "model.yaml"), "application: Shop", "application: Shop # later")
	out := filepath.Join(t.TempDir(), "x.rights")
	for name, parts := range map[string][]string{
		"one is missing":           {one},
		"one twice":                {one, two, one},
		"one of another model":     {one, part("testdata/duo", "2/2")},
		"one of a changed model":   {one, part(other, "2/2")},
		"one of another number":    {one, part("testdata/shop", "2/3")},
		"one that is no part":      {one, two, compiled(t, "testdata/shop", "--only", "ann")},
		"one that is no file":      {one, "none.rights"},
		"one that is no rights":    {one, "testdata/shop/model.yaml"},
		"the output would be lost": nil,
	} {
		args := append([]string{"merge", "-o", out}, parts...)
		if parts == nil {
			args = []string{"merge", one, two, "-o", one}
		}
		before := readFile(t, one)
		got := call(t, args...)
		require.Equal(t, statusInvalid, got.status, "%s: %s", name, got.stderr)
		require.NotEmpty(t, got.stderr, name)
		require.Empty(t, got.stdout, name)
		require.NoFileExists(t, out, name)
		require.Equal(t, before, readFile(t, one), name)
	}
}

// Each file that does not fit is told for itself, with what it does not fit to.
func TestPartsThatDoNotFitSayWhy(t *testing.T) {
	part := func(shard string) string { return compiled(t, "testdata/shop", "--shard", shard) }
	one, third, none := part("1/2"), part("3/3"), compiled(t, "testdata/shop")
	got := call(t, "merge", none, one, one, third, "-o", filepath.Join(t.TempDir(), "x.rights"))
	require.ElementsMatch(t, []string{
		none + ": no part: compile --shard makes parts",
		one + ": part 1 of 2, which " + one + " is too: every part is needed once",
		third + ": part 3 of 3, but " + one + " is part 1 of 2",
	}, lines(got.stderr))
}

func TestSince(t *testing.T) {
	model := copyOf(t, "testdata/shop")
	out := compiled(t, model)
	old := readFile(t, out)
	report := func(args ...string) compileReport {
		t.Helper()
		got := call(t, append([]string{"compile", "-m", model, "-o", out, "--json"}, args...)...)
		require.Equal(t, statusDone, got.status, got.stderr)
		var r compileReport
		require.NoError(t, json.Unmarshal([]byte(got.stdout), &r))
		return r
	}
	require.Nil(t, report().Reused)
	r := report("--since", out)
	require.Equal(t, &reuseReport{Since: out, File: true, Inputs: 1}, r.Reused)
	require.Equal(t, old, readFile(t, out), "nothing changed")
	require.NotContains(t, r.Seconds, "rows", "nothing was compiled")

	inputs, err := modelfile.Inputs(model, loadOptions())
	require.NoError(t, err)
	kept := stored(inputs)
	require.True(t, sameSizes(kept, model))
	require.False(t, sameSizes(append(kept, store.Input{Path: "gone.csv"}), model))
	change(t, filepath.Join(model, "model.yaml"), "ann: ", "zoe: Reader\n  ann: ")
	require.False(t, sameSizes(kept, model))
	require.Equal(t, statusInvalid, call(t, "compile", "-m", model, "-o", out, "--since", out).status, "a member twice")
	require.Equal(t, old, readFile(t, out))
}

// What --since cannot take over from, it takes nothing from.
func TestSinceOfOtherMembers(t *testing.T) {
	model := "testdata/shop"
	whole := compiled(t, model)
	for _, c := range []struct{ since, made []string }{
		{nil, []string{"--shard", "1/2"}},
		{[]string{"--shard", "1/2"}, nil},
		{[]string{"--shard", "1/2"}, []string{"--shard", "2/2"}},
		{[]string{"--only", "ann"}, nil},
		{nil, []string{"--only", "ann"}},
		{[]string{"--only", "ann"}, []string{"--only", "ann"}},
	} {
		old := compiled(t, model, c.since...)
		require.Equal(t, readFile(t, compiled(t, model, c.made...)), readFile(t, compiled(t, model, append(c.made, "--since", old)...)), "%v", c)
	}
	for name, since := range map[string]string{"none": "none.rights", "foreign": "testdata/shop/model.yaml", "empty": write(t, "x", ""), "cut": write(t, "x", readFile(t, whole)[:200])} {
		out := filepath.Join(t.TempDir(), "x.rights")
		got := call(t, "compile", "-m", model, "-o", out, "--since", since)
		require.Equal(t, statusInvalid, got.status, "%s: %s", name, got.stderr)
		require.Contains(t, got.stderr, since+": ", name)
		require.NoFileExists(t, out)
	}
}

func TestOnlySomeMembers(t *testing.T) {
	names := write(t, "members.txt", "zoe\n")
	out := compiled(t, "testdata/shop", "--only", "ann", "--only", "@"+names, "--only", "ann")
	for _, member := range []string{"ann", "zoe"} {
		want := call(t, "rights", "-m", "testdata/shop", "-u", member, "-b", "Sales")
		require.Equal(t, want, call(t, "rights", "-r", out, "-u", member, "-b", "Sales"))
	}
	require.Equal(t, readFile(t, out), readFile(t, compiled(t, "testdata/shop", "--only", "zoe", "--only", "ann")), "the order means nothing")
	for _, args := range [][]string{
		{"rights", "-r", out, "-u", "ben", "-b", "Sales"},
		{"summary", "-r", out},
		{"who", "-r", out, "-b", "Sales"},
		{"what", "-r", out, "-u", "ben"},
		{"explain", "-r", out, "-u", "ben", "-b", "Sales", "--cell", "Market=Spain", "--cell", "Quarter=Q1"},
		{"mask", "-r", out, "-u", "ben", "-i", write(t, "in.csv", "Market,Quarter,Sales\n"), "-o", filepath.Join(t.TempDir(), "x.csv")},
		{"mask", "-r", out, "--members", write(t, "m.txt", "ann\nben\n"), "-i", write(t, "in.csv", "Market,Quarter,Sales\n"), "-o", filepath.Join(t.TempDir(), "{member}.csv")},
	} {
		got := call(t, args...)
		require.Equal(t, statusInvalid, got.status, "%q: %s", args, got.stderr)
		require.Empty(t, got.stdout)
		require.Contains(t, got.stderr, "these rights do not hold", "%q", args)
	}
	none := filepath.Join(t.TempDir(), "x.rights")
	for only, want := range map[string]string{
		"zo":                             `cubeward compile: --only: unknown member "zo" (did you mean "zoe"?)`,
		"@" + write(t, "m", "ann\nzo\n"): `m:2:1: unknown member "zo"`,
		"@none.txt":                      "none.txt: no such file or folder",
	} {
		got := call(t, "compile", "-m", "testdata/shop", "-o", none, "--only", only)
		require.Equal(t, statusInvalid, got.status)
		require.Contains(t, got.stderr, want)
		require.NoFileExists(t, none)
	}
}

var reportKeys = []string{"output", "members", "held", "shard", "kinds", "profiles", "sets", "bytes", "seconds", "peak_memory", "inputs", "reused"}

func TestCompileReport(t *testing.T) {
	dir := t.TempDir()
	out, metrics := filepath.Join(dir, "x.rights"), filepath.Join(dir, "x.json")
	got := call(t, "compile", "-m", "testdata/duo", "-o", out, "--json", "--metrics", metrics)
	require.Equal(t, statusDone, got.status, got.stderr)
	require.Empty(t, got.stderr)
	require.Equal(t, got.stdout, readFile(t, metrics))
	var keys map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &keys))
	for _, key := range reportKeys {
		require.Contains(t, keys, key)
	}
	require.Len(t, keys, len(reportKeys))
	var r compileReport
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &r))
	info, err := os.Stat(out)
	require.NoError(t, err)
	require.Equal(t, info.Size(), r.Bytes)
	require.Equal(t, r.Members, r.Held)
	require.Positive(t, r.Members)
	require.Positive(t, r.Profiles)
	require.Positive(t, r.PeakMemory)
	for _, stage := range []string{"load", "resolve", "rows", "profiles", "write", "total"} {
		require.Contains(t, r.Seconds, stage)
	}
	require.Len(t, r.Inputs, 3)
	require.Equal(t, "workspace.yaml", r.Inputs[2].Path)
	require.Len(t, r.Inputs[2].SHA256, 64)

	shown := call(t, "compile", "-m", "testdata/duo", "-o", out)
	require.Regexp(t, `^`+regexp.QuoteMeta(out)+`: \d members in \d profiles, [\d.,]+ (KB|bytes), 0\.\d\d s\n$`, shown.stderr)
	require.Empty(t, shown.stdout)
}

func TestStaleRights(t *testing.T) {
	model := copyOf(t, "testdata/duo")
	out := compiled(t, model)
	check := func(args ...string) outcome {
		return call(t, append([]string{"check", "-m", model, "-r", out}, args...)...)
	}
	require.Equal(t, outcome{statusDone, out + ": still the model's, " + model + "\n", ""}, check())
	require.NoError(t, os.WriteFile(filepath.Join(model, "unread.csv"), nil, 0o600))
	require.Equal(t, statusDone, check().status, "what is not read does not count")

	change(t, filepath.Join(model, "hr/model.yaml"), "cubeward: 1", "cubeward: 1 # again")
	require.Equal(t, outcome{statusRefused, out + ": no longer the model's, " + model + "\n  changed  hr/model.yaml\n", ""}, check())

	require.NoError(t, os.Rename(filepath.Join(model, "hr"), filepath.Join(model, "people")))
	change(t, filepath.Join(model, "workspace.yaml"), "hr/model.yaml", "people/model.yaml")
	want := out + ": no longer the model's, " + model + "\n  gone     hr/model.yaml\n  new      people/model.yaml\n  changed  workspace.yaml\n"
	require.Equal(t, outcome{statusRefused, want, ""}, check())

	var result checkResult
	got := check("--json")
	require.Equal(t, statusRefused, got.status)
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &result))
	require.False(t, *result.Rights.Current)
	require.Equal(t, []inputChange{{"hr/model.yaml", inputGone}, {"people/model.yaml", inputNew}, {"workspace.yaml", inputChanged}}, result.Rights.Changes)

	change(t, filepath.Join(model, "people/model.yaml"), "cubeward: 1", "cubeward: 2")
	require.Equal(t, statusRefused, check().status, "whether what is new is valid was not asked")
	require.NoError(t, os.WriteFile(filepath.Join(model, "people/model.yaml"), []byte("a: ["), 0o600))
	require.Equal(t, statusInvalid, check().status, "of what is no YAML nobody can say what it is made of")
	require.Equal(t, statusInvalid, call(t, "check", "-m", "testdata/none", "-r", out).status)
}

func TestNamesOfRightsFiles(t *testing.T) {
	good := compiled(t, "testdata/shop")
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"compile", "-m", "testdata/shop", "-o", "-"}, statusInvalid, "needs a name"},
		{[]string{"compile", "-m", "testdata/shop", "-o", pipe}, statusInvalid, "not an ordinary file"},
		{[]string{"compile", "-m", "testdata/shop", "-o", t.TempDir()}, statusInvalid, "not an ordinary file"},
		{[]string{"compile", "-m", "testdata/shop", "-o", filepath.Join(good, "x")}, statusFailed, "not a directory"},
		{[]string{"compile", "-m", "testdata/shop", "-o", filepath.Join(t.TempDir(), "none/x")}, statusFailed, "no such file or folder"},
		{[]string{"compile", "-m", "testdata/shop", "-o", "testdata/shop/model.yaml"}, statusInvalid, "would replace the input"},
		{[]string{"compile", "-m", "testdata/broken", "-o", good}, statusInvalid, "model.yaml:7:56"},
		{[]string{"compile", "-m", "testdata/shop", "-o", good, "--since", pipe}, statusInvalid, "not an ordinary file"},
		{[]string{"rights", "-r", pipe, "-u", "ann", "-b", "Sales"}, statusInvalid, "not an ordinary file"},
		{[]string{"rights", "-r", "/dev/zero", "-u", "ann", "-b", "Sales"}, statusInvalid, "not an ordinary file"},
		{[]string{"rights", "-r", "testdata", "-u", "ann", "-b", "Sales"}, statusInvalid, "not an ordinary file"},
		{[]string{"rights", "-r", "none.rights", "-u", "ann", "-b", "Sales"}, statusInvalid, "no such file or folder"},
		{[]string{"rights", "-r", good, "-m", "testdata/shop", "-u", "ann", "-b", "Sales"}, statusInvalid, "-m and -r exclude each other"},
		{[]string{"lint", "-r", good}, statusInvalid, "lint looks at the model as it is written"},
		{[]string{"compile", "-m", "testdata/shop", "-o", "x.rights", "--metrics", "./x.rights"}, statusInvalid, "name the same file"},
		{[]string{"merge", pipe, good, "-o", "x"}, statusInvalid, "not an ordinary file"},
		{[]string{"values", "-r", good, "-b", "Sales"}, statusInvalid, "does not hold the values"},
	} {
		before := readFile(t, good)
		got := call(t, c.args...)
		require.Equal(t, c.status, got.status, "%q: %s", c.args, got.stderr)
		require.Contains(t, got.stderr, c.want, "%q", c.args)
		require.Empty(t, got.stdout)
		require.Equal(t, before, readFile(t, good))
	}
}

func TestMemoryOfCompiles(t *testing.T) {
	model := companyModel(t, bench.Company{Members: 20_000, Employees: 200, Departments: 20, Countries: 12, Months: 6, Blocks: 10})
	folder := t.TempDir()
	out := filepath.Join(folder, "x.rights")
	cmd := process(t, "compile", "-m", model, "-o", out, "--memory", "4MiB")
	said, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit, "%s", said)
	require.Equal(t, statusFailed, exit.ExitCode())
	require.Contains(t, string(said), "cubeward compile: more than --memory 4MiB is needed\n")
	require.Empty(t, files(t, folder))
	limit := debug.SetMemoryLimit(-1)
	require.Equal(t, statusDone, call(t, "compile", "-m", model, "-o", out, "--memory", "4GiB").status)
	require.Equal(t, limit, debug.SetMemoryLimit(-1), "the process has its own limit back")
}

// What is taken over makes no difference.
func TestSinceOfChanges(t *testing.T) {
	for name, edit := range map[string][2]string{
		"a role":              {"ann: Modeler", "ann: Reader"},
		"a cell of rights":    {"[ann, Italy, r]", "[ann, Italy, rw]"},
		"a value":             {"[Spain, Q1, 1.5]", "[Spain, Q1, 2.5]"},
		"a rule less":         {"  - {name: by market, metric: Access, on: {dimensions: [Market]}}\n", ""},
		"a rule's category":   {"access: write, on: {everything", "access: read, on: {everything"},
		"a member more":       {`, "d'Arc, the 3rd", zoe]`, `, "d'Arc, the 3rd", zoe, max]`},
		"an item more":        {"[Q1, Q2]", "[Q1, Q2, Q3]"},
		"an item elsewhere":   {"[Spain, Italy, ", "[Italy, Spain, "},
		"a formula":           {"Sales[REMOVE: Market, Quarter]", "Sales[REMOVE: Quarter, Market] + 1"},
		"nothing that counts": {"application: Shop", "application: Shop # the same"},
	} {
		model := copyOf(t, "testdata/shop")
		old := compiled(t, model)
		change(t, filepath.Join(model, "model.yaml"), edit[0], edit[1])
		require.Equal(t, statusRefused, call(t, "check", "-m", model, "-r", old).status, name)
		since := compiled(t, model, "--since", old)
		require.True(t, readFile(t, compiled(t, model)) == readFile(t, since), name)
		for _, member := range []string{"ann", "ben", "zoe"} {
			sameAnswer(t, model, since, "what", "-u", member, "--json")
		}
	}
}

// Where a model lies makes no difference: parts may be made on machines that have it elsewhere.
func TestPartsFromElsewhere(t *testing.T) {
	here, there := copyOf(t, "testdata/duo"), copyOf(t, "testdata/duo")
	require.NoError(t, os.Rename(filepath.Join(there, "hr"), filepath.Join(there, "..really")))
	require.NoError(t, os.Symlink("..really", filepath.Join(there, "hr")))
	one, two := compiled(t, here, "--shard", "1/2"), compiled(t, filepath.Join(there, "workspace.yaml"), "--shard", "2/2")
	out := filepath.Join(t.TempDir(), "x.rights")
	require.Equal(t, statusDone, call(t, "merge", one, two, "-o", out).status)
	require.Equal(t, readFile(t, compiled(t, "testdata/duo")), readFile(t, out))
	require.Equal(t, statusDone, call(t, "check", "-m", there, "-r", out).status)
	require.Equal(t, statusDone, call(t, "check", "-m", here, "-r", out).status)
}

func TestCompletionFromRightsFiles(t *testing.T) {
	file := compiled(t, "testdata/duo")
	for _, args := range [][]string{{"rights", "-u", ""}, {"rights", "-b", ""}, {"what", "-u", ""}, {"rights", "-a", ""}} {
		ask := func(flag, asked string) []string {
			got := call(t, "__complete", args[0], flag, asked, args[1], args[2])
			return lines(got.stdout)
		}
		require.Equal(t, ask("-m", "testdata/duo"), ask("-r", file), "%q", args)
		require.Greater(t, len(ask("-r", file)), 1)
	}
}

func TestModelsThatChangeWhileTheyAreRead(t *testing.T) {
	err := loadError("m", nil, fmt.Errorf("m/x.csv: %w", modelfile.ErrChanged))
	require.Equal(t, statusFailed, statusOf(err), "again it may go well")
	require.Equal(t, "cubeward compile: m/x.csv: the file changed while it was read", message("cubeward compile", err))
}

// Who takes a rights file for a model is told so, and not what its bytes are not.
func TestARightsFileIsNoModel(t *testing.T) {
	file := compiled(t, "testdata/shop")
	got := call(t, "who", "-m", file, "-b", "Sales")
	require.Equal(t, outcome{status: statusInvalid, stderr: file + ": a rights file and no model: commands that ask for rights take it with -r\n"}, got)
}

// What a run counts does not depend on how its file came about.
func TestCountsOfRunsThatCompileNothing(t *testing.T) {
	const model = "../../examples/us-budget"
	out := compiled(t, model)
	one, two := compiled(t, model, "--shard", "1/2"), compiled(t, model, "--shard", "2/2")
	counts := func(args ...string) (kinds, sets int) {
		got := call(t, append(args, "--json")...)
		require.Equal(t, statusDone, got.status, got.stderr)
		var r compileReport
		require.NoError(t, json.Unmarshal([]byte(got.stdout), &r))
		return r.Kinds, r.Sets
	}
	kinds, sets := counts("compile", "-m", model, "-o", out)
	require.Positive(t, kinds)
	require.Positive(t, sets)
	for _, args := range [][]string{{"compile", "-m", model, "-o", out, "--since", out}, {"merge", one, two, "-o", out}} {
		k, s := counts(args...)
		require.Equal(t, []int{kinds, sets}, []int{k, s}, "%q", args)
	}

	stats := func(args ...string) *engine.Stats {
		got := call(t, append([]string{"check", "--stats", "--json"}, args...)...)
		require.Equal(t, statusDone, got.status, got.stderr)
		var r checkResult
		require.NoError(t, json.Unmarshal([]byte(got.stdout), &r))
		return r.Stats
	}
	ofModel, ofFile := stats("-m", model), stats("-r", out)
	require.Equal(t, ofModel.Kinds, ofFile.Kinds)
	require.Equal(t, ofModel.Sets, ofFile.Sets)
}
