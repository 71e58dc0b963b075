package bench

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// noise are the times of real workloads, recorded on a machine that others used too, as multiples of their medians.
func noise(t *testing.T) [][]float64 {
	f, err := os.Open(filepath.Join("testdata", "noise.txt"))
	require.NoError(t, err)
	defer f.Close()
	r, err := ReadReport(f, f.Name())
	require.NoError(t, err)
	var rows [][]float64
	for i := range r.Results {
		ns := slices.Sorted(slices.Values(r.Results[i].Of("ns/op")))
		require.GreaterOrEqual(t, len(ns), 40, "too few samples to draw from")
		for k, m := 0, middle(ns); k < len(ns); k++ {
			ns[k] /= m
		}
		rows = append(rows, ns)
	}
	require.GreaterOrEqual(t, len(rows), 15)
	return rows
}

// spread is how far the quartiles of sorted values are apart, in parts of their median.
func spread(v []float64) float64 {
	return (v[len(v)*3/4] - v[len(v)/4]) / middle(v)
}

// withSpread is noise of the same shape, whose quartiles are so far apart.
func withSpread(v []float64, want float64) []float64 {
	out := slices.Clone(v)
	for range 50 { // exponents do not scale quartiles exactly
		f := want / spread(out)
		for i := range out {
			out[i] = math.Pow(out[i], f)
		}
		slices.Sort(out)
	}
	return out
}

// drawn is a report of samples that are drawn from noise, each row times its factor. No two are equal,
// as no two times are.
func drawn(d dice, rows [][]float64, samples int, factor func(row int) float64) *Report {
	r := &Report{}
	for i, row := range rows {
		res := Result{Name: string(rune('A' + i))}
		for range samples {
			res.Samples = append(res.Samples, Sample{1, []Value{{1000 * row[d.n(len(row))] * factor(i) * (1 + 1e-9*d.number()), "ns/op"}}})
		}
		r.Results = append(r.Results, res)
	}
	return r
}

// enough is how many samples a measurement takes where nobody says otherwise.
var enough = Measurement{}.whole().Samples

// comparisons is how many comparisons the two tests below make: 10,000 were made before they were published.
func comparisons(t *testing.T) int {
	if os.Getenv("CUBEWARD_COMPARISONS") == "all" {
		return 10_000
	}
	if testing.Short() {
		return 50
	}
	return 1000
}

// A comparison of equals raises a false alarm, on any of its rows, at most once in a hundred times.
func TestCompareRaisesFewFalseAlarms(t *testing.T) {
	rows, d, n := noise(t), newDice(1, 1), comparisons(t)
	equal := func(int) float64 { return 1 }
	alarms, found := 0, 0
	for range n {
		out := Comparing{}.Compare(drawn(d, rows, enough, equal), drawn(d, rows, enough, equal))
		require.Len(t, out, len(rows))
		if Worse(out) {
			alarms++
		}
		if slices.ContainsFunc(out, func(r Row) bool { return r.Verdict == Faster || r.Verdict == Slight }) {
			found++
		}
	}
	t.Logf("%d comparisons of %d rows each: %d false alarms, %d other differences", n, len(rows), alarms, found)
	// Where the true rate is 1 %, more than this is seen once in a thousand runs.
	rate := 0.01
	if n < 10_000 {
		rate += 3.1 * math.Sqrt(0.01*0.99/float64(n))
	}
	require.LessOrEqual(t, float64(alarms), rate*float64(n))
}

// A slow-down by 10 % of one row, whose quartiles are 5 % apart, is found in 95 of a hundred comparisons.
func TestCompareFindsASlowDown(t *testing.T) {
	rows, d, n := noise(t), newDice(2, 2), comparisons(t)
	for i := range rows {
		rows[i] = withSpread(rows[i], 0.05)
		require.InDelta(t, 0.05, spread(rows[i]), 0.002)
	}
	hit := 0
	for k := range n {
		planted := k % len(rows)
		out := Comparing{}.Compare(
			drawn(d, rows, enough, func(int) float64 { return 1 }),
			drawn(d, rows, enough, func(i int) float64 {
				if i == planted {
					return 1.1
				}
				return 1
			}))
		if out[planted].Verdict == Slower {
			hit++
		}
	}
	t.Logf("%d of %d slow-downs of one of %d rows found", hit, n, len(rows))
	rate := 0.95
	if n < 10_000 {
		rate -= 3.1 * math.Sqrt(0.05*0.95/float64(n))
	}
	require.GreaterOrEqual(t, float64(hit), rate*float64(n))
}

func TestVerdicts(t *testing.T) {
	flat := func(v float64, n int) []float64 { return slices.Repeat([]float64{v}, n) }
	wide := []float64{60, 70, 80, 90, 95, 105, 110, 120, 130, 140}
	tight := []float64{99, 99.2, 99.4, 99.6, 99.8, 100.2, 100.4, 100.6, 100.8, 101}
	times := func(v []float64, f float64) []float64 {
		out := slices.Clone(v)
		for i := range out {
			out[i] *= f
		}
		return out
	}
	for _, c := range []struct {
		name     string
		old, now []float64
		want     Verdict
	}{
		{"equal", flat(7, 10), flat(7, 10), Same},
		{"none of both", flat(0, 10), flat(0, 10), Same},
		{"a tenth more", tight, times(tight, 1.1), Slower},
		{"a tenth less", tight, times(tight, 0.9), Faster},
		{"2 % more", tight, times(tight, 1.02), Slight},
		{"the same again", tight, times(tight, 1.0005), Same},
		{"noise", wide, times(wide, 1.02), Unclear},
		{"too few samples", tight[:2], times(tight[:2], 1.5), Unclear},
		{"an allocation where there was none", flat(0, 10), flat(1, 10), Slower},
		{"twice the allocations", flat(10, 10), flat(20, 10), Slower},
		{"a lot of noise, and slower still", wide, times(wide, 4), Slower},
	} {
		rows := Comparing{}.Compare(reportOf("x", c.old), reportOf("x", c.now))
		require.Len(t, rows, 1)
		require.Equal(t, c.want, rows[0].Verdict, "%s: %+v", c.name, rows[0])
	}
	rows := Comparing{}.Compare(reportOf("x", tight), reportOf("y", tight))
	require.Len(t, rows, 2)
	require.Equal(t, Missing, rows[0].Verdict)
	require.Equal(t, Missing, rows[1].Verdict)
	require.False(t, Worse(rows))
}

func reportOf(name string, ns []float64) *Report {
	res := Result{Name: name}
	for _, v := range ns {
		res.Samples = append(res.Samples, Sample{1, []Value{{v, "ns/op"}, {1, "x-copy"}}})
	}
	return &Report{Results: []Result{res}}
}

// Two rows at the limit of what one alone would show are none, where twenty are looked at.
func TestCompareMindsTheNumberOfRows(t *testing.T) {
	old, now := &Report{}, &Report{}
	a, b := []float64{100, 101, 102, 103, 104}, []float64{110, 111, 112, 113, 114} // p = 2/252
	for i := range 20 {
		name := string(rune('A' + i))
		old.Results = append(old.Results, reportOf(name, a).Results...)
		now.Results = append(now.Results, reportOf(name, map[bool][]float64{true: b, false: a}[i == 0]).Results...)
	}
	require.Equal(t, Slower, Comparing{}.Compare(reportOf("A", a), reportOf("A", b))[0].Verdict)
	require.Equal(t, Unclear, Comparing{}.Compare(old, now)[0].Verdict)
}

func TestReportsRoundTrip(t *testing.T) {
	ws, err := Match("^(Check/members=1k/kinds=30|Mask/layout=dense/rows=64Ki/dims=3/factors=2/hidden=10)$", false)
	require.NoError(t, err)
	require.Len(t, ws, 2)
	var told int
	r, err := Measurement{Time: 30e6, Samples: 3, Progress: func(done, steps int, _ string) { told = done; require.LessOrEqual(t, done, steps) }}.Measure(t.Context(), ws)
	require.NoError(t, err)
	require.Equal(t, 8, told)
	var text bytes.Buffer
	require.NoError(t, r.WriteText(&text))
	back, err := ReadReport(&text, "x.txt")
	require.NoError(t, err)
	require.Equal(t, []any{r.Commit, r.CPU, r.Cores, r.Go, r.OS, r.Arch, r.Time}, []any{back.Commit, back.CPU, back.Cores, back.Go, back.OS, back.Arch, back.Time})
	require.Len(t, back.Results, 2)
	for i, res := range r.Results {
		require.Equal(t, res.Name, back.Results[i].Name)
		require.Equal(t, res.Units(), back.Results[i].Units())
		require.Len(t, back.Results[i].Samples, 3)
		for k, s := range res.Samples {
			for j, v := range s.Values {
				require.InEpsilon(t, 1+v.Value, 1+back.Results[i].Samples[k].Values[j].Value, 1e-5)
			}
		}
	}
	require.Equal(t, []string{"ns/op", "B/op", "allocs/op", "MB/s", "cells/s", "ns/cell", "x-copy", "%hidden"}, back.Results[1].Units())
}

func TestReadReportRefusesWhatIsNone(t *testing.T) {
	for _, text := range []string{"", "hello", "{\"results\": 3}", "Benchmark"} {
		_, err := ReadReport(strings.NewReader(text), "x")
		require.Error(t, err, text)
	}
	r, err := ReadReport(strings.NewReader("goos: linux\nBenchmarkX/a=b-8   10  200 ns/op\nBenchmarkX/a=b-8   10  300 ns/op\nok  x\n"), "x")
	require.NoError(t, err)
	require.Equal(t, "X/a=b", r.Results[0].Name)
	require.Equal(t, []float64{200, 300}, r.Results[0].Of("ns/op"))
	require.Equal(t, 8, r.Cores)
}

// A planted slow-down shows.
func TestMeasurementCanBeSlowedDown(t *testing.T) {
	ws, err := Match("^Check/members=1k/kinds=30$", false)
	require.NoError(t, err)
	m := Measurement{Time: 60e6, Samples: 5}
	plain, err := m.Measure(t.Context(), ws)
	require.NoError(t, err)
	m.SlowDown = 20
	slow, err := m.Measure(t.Context(), ws)
	require.NoError(t, err)
	require.Greater(t, slices.Min(slow.Results[0].Of("ns/op")), 2*slices.Min(plain.Results[0].Of("ns/op")))
	require.Error(t, Measurement{Time: -1, Samples: -1, SlowDown: -1}.Validate())
}
