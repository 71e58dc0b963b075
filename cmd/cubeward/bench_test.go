package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench"
)

// benched runs the command and returns its exit status and what it wrote.
func benched(args ...string) (status int, out, errs string) {
	var stdout, stderr strings.Builder
	status = run(append([]string{"bench"}, args...), strings.NewReader(""), &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}

const quick = "^(Check/members=1k/kinds=30|Mask/shape=us-budget)$"

func TestBenchWritesWhatBenchstatReads(t *testing.T) {
	status, out, errs := benched(quick, "--time", "20ms", "--samples", "2")
	require.Equal(t, statusDone, status, errs)
	require.Empty(t, errs)
	r, err := bench.ReadReport(strings.NewReader(out), "out")
	require.NoError(t, err)
	require.Len(t, r.Results, 2)
	require.Equal(t, "Check/members=1k/kinds=30", r.Results[0].Name)
	require.Len(t, r.Results[1].Of("ns/op"), 2)
	require.Len(t, r.Results[1].Of("x-copy"), 2)
	require.NotEmpty(t, r.CPU)
}

func TestBenchWritesFilesTablesAndProfiles(t *testing.T) {
	dir := t.TempDir()
	text, asJSON, prof := filepath.Join(dir, "a.txt"), filepath.Join(dir, "a.json"), filepath.Join(dir, "p", "q")
	status, out, errs := benched(quick, "--time", "20ms", "--samples", "2", "-o", text, "--profile", prof)
	require.Equal(t, statusDone, status, errs)
	require.Contains(t, out, "x-copy")
	require.Contains(t, out, "Mask/shape=us-budget")
	for _, name := range []string{"cpu.pprof", "heap.pprof"} {
		info, err := os.Stat(filepath.Join(prof, name))
		require.NoError(t, err)
		require.NotZero(t, info.Size())
	}
	status, _, errs = benched(quick, "--time", "20ms", "--samples", "2", "-o", asJSON)
	require.Equal(t, statusDone, status, errs)
	status, out, errs = benched(quick, "--time", "20ms", "--samples", "2", "--json")
	require.Equal(t, statusDone, status, errs)
	var report bench.Report
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	require.Len(t, report.Results, 2)
	status, out, errs = benched("compare", text, asJSON, "--all")
	require.Equal(t, statusDone, status, out+errs)
	require.Contains(t, out, "cannot tell", "two samples tell nothing")
}

func TestBenchCompare(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, ns ...string) string {
		var b strings.Builder
		for _, v := range ns {
			b.WriteString("BenchmarkMask/rows=1-2 10 " + v + " ns/op 5 allocs/op\n")
		}
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(b.String()), 0o666))
		return file
	}
	old := write("old", "100", "101", "102", "103", "104", "105", "106", "107")
	slow := write("slow", "200", "201", "202", "203", "204", "205", "206", "207")
	status, out, errs := benched("compare", old, slow)
	require.Equal(t, statusRefused, status)
	require.Empty(t, errs)
	require.Contains(t, out, "worse")
	require.Contains(t, out, "2 rows: 1 worse and 0 better by more than 5 %, 0 differ by less, 1 same")
	status, out, _ = benched("compare", slow, old)
	require.Equal(t, statusDone, status)
	require.Contains(t, out, "0 worse and 1 better")
	status, out, _ = benched("compare", old, slow, "--threshold", "2")
	require.Equal(t, statusDone, status)
	require.Contains(t, out, "slight")
	status, out, _ = benched("compare", old, slow, "--json")
	require.Equal(t, statusRefused, status)
	var rows []bench.Row
	require.NoError(t, json.Unmarshal([]byte(out), &rows))
	require.Equal(t, bench.Slower, rows[0].Verdict)
	status, out, _ = benched("compare", old, old)
	require.Equal(t, statusDone, status)
	require.Equal(t, "2 rows: 0 worse and 0 better by more than 5 %, 0 differ by less, 2 same, 0 cannot tell, 0 in one report only\n", out)
}

func TestBenchRefuses(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"nothing of the kind"}, "no workload matches"},
		{[]string{"("}, "missing closing"},
		{[]string{"--samples", "0"}, "no samples"},
		{[]string{"--time", "-1s"}, "-1s"},
		{[]string{"compare", "one"}, "two reports"},
		{[]string{"compare", "none", "neither"}, "no such file"},
		{[]string{"compare", "bench_test.go", "bench_test.go"}, "no benchmark in it"},
		{[]string{"list", "nothing of the kind"}, "no workload matches"},
	} {
		status, out, errs := benched(c.args...)
		require.Equal(t, statusInvalid, status, "%v: %s", c.args, errs)
		require.Empty(t, out)
		require.Contains(t, errs, c.want)
	}
}

func TestBenchList(t *testing.T) {
	status, out, _ := benched("list")
	require.Equal(t, statusDone, status)
	require.Equal(t, len(bench.Workloads()), strings.Count(out, "\n"))
	require.Contains(t, out, "(large)")
	status, out, _ = benched("list", "deep", "^Who/")
	require.Equal(t, statusDone, status)
	require.Contains(t, out, "depth=128")
	require.Contains(t, out, "Who/members=100k")
}
