package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/klauspost/cpuid/v2"
	"golang.org/x/perf/benchfmt"
)

// Report is what was measured, where and of what. Its JSON form is that of `cubeward bench --json`.
type Report struct {
	Commit  string    `json:"commit"` // of Cubeward's sources, "" where it is not known; with "+" where they were changed
	CPU     string    `json:"cpu"`
	Cores   int       `json:"cores"`
	Go      string    `json:"go"`
	OS      string    `json:"os"`
	Arch    string    `json:"arch"`
	Time    time.Time `json:"time"`
	Results []Result  `json:"results"`
	Skipped []Skip    `json:"skipped,omitempty"`
}

// Result is the samples of one workload.
type Result struct {
	Name    string   `json:"name"` // without the word Benchmark
	Samples []Sample `json:"samples"`
}

// Sample is one timing of N operations, its values by operation.
type Sample struct {
	N      int     `json:"n"`
	Values []Value `json:"values"`
}

// Skip is a workload that was not measured, and why.
type Skip struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

func newReport() *Report {
	return &Report{
		Commit: commit(), CPU: strings.TrimSpace(cpuid.CPU.BrandName), Cores: runtime.GOMAXPROCS(0),
		Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, Time: time.Now().UTC().Truncate(time.Second),
	}
}

// commit is what the program was built from: what its build says, else what git says of the working folder.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	revision, changed := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+"
		}
	}
	if revision != "" {
		return revision[:min(12, len(revision))] + changed
	}
	out, err := exec.Command("git", "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return ""
	}
	if diff, err := exec.Command("git", "status", "--porcelain", "--untracked-files=no").Output(); err == nil && len(diff) > 0 {
		changed = "+"
	}
	return strings.TrimSpace(string(out)) + changed
}

// Of are the values of a unit, one of each sample that has it.
func (r *Result) Of(unit string) []float64 {
	var out []float64
	for _, s := range r.Samples {
		for _, v := range s.Values {
			if v.Unit == unit {
				out = append(out, v.Value)
			}
		}
	}
	return out
}

// Units are the units of a result, in the order in which its samples have them.
func (r *Result) Units() []string {
	var out []string
	if len(r.Samples) > 0 {
		for _, v := range r.Samples[0].Values {
			out = append(out, v.Unit)
		}
	}
	return out
}

// WriteText writes the report in the Go benchmark format, which benchstat reads.
func (r *Report) WriteText(w io.Writer) error {
	var buf bytes.Buffer
	for _, c := range [][2]string{
		{"goos", r.OS},
		{"goarch", r.Arch},
		{"pkg", "github.com/cubeward/cubeward/bench"},
		{"cpu", r.CPU},
		{"go", r.Go},
		{"cores", fmt.Sprint(r.Cores)},
		{"commit", r.Commit},
		{"time", r.Time.Format(time.RFC3339)},
	} {
		if c[1] != "" {
			fmt.Fprintf(&buf, "%s: %s\n", c[0], c[1])
		}
	}
	for _, s := range r.Skipped {
		fmt.Fprintf(&buf, "# %s: %s\n", s.Name, s.Why)
	}
	for _, res := range r.Results {
		for _, s := range res.Samples {
			fmt.Fprintf(&buf, "Benchmark%s-%d\t%8d", res.Name, r.Cores, s.N)
			for _, v := range s.Values {
				fmt.Fprintf(&buf, "\t%.6g %s", v.Value, v.Unit)
			}
			buf.WriteByte('\n')
		}
	}
	_, err := w.Write(buf.Bytes())
	return err
}

// ReadReport reads a report in either form: JSON, or the Go benchmark format, which `go test -bench` writes too. The
// name is the file's, for errors. Samples of one name are one result; the rest comes from the first header.
func ReadReport(in io.Reader, name string) (*Report, error) {
	all, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	if text := bytes.TrimSpace(all); len(text) > 0 && text[0] == '{' {
		r := &Report{}
		if err := json.Unmarshal(text, r); err != nil {
			return nil, fmt.Errorf("%s: no report: %w", name, err)
		}
		return r, nil
	}
	return readText(bytes.NewReader(all), name)
}

func readText(in io.Reader, name string) (*Report, error) {
	report := &Report{}
	at := map[string]int{}
	var errs []error
	reader := benchfmt.NewReader(in, name)
	for reader.Scan() {
		switch rec := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			errs = append(errs, rec)
		case *benchfmt.Result:
			if len(report.Results) == 0 {
				report.head(rec)
			}
			full := trimProcs(rec.Name)
			i, ok := at[full]
			if !ok {
				i = len(report.Results)
				at[full] = i
				report.Results = append(report.Results, Result{Name: full})
			}
			s := Sample{N: rec.Iters}
			for _, v := range rec.Values {
				value, unit := v.Value, v.Unit
				if v.OrigUnit != "" { // seconds, where nanoseconds were written
					value, unit = v.OrigValue, v.OrigUnit
				}
				s.Values = append(s.Values, Value{value, unit})
			}
			report.Results[i].Samples = append(report.Results[i].Samples, s)
		}
	}
	errs = append(errs, reader.Err())
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if len(report.Results) == 0 {
		return nil, fmt.Errorf("%s: no benchmark in it", name)
	}
	return report, nil
}

func (r *Report) head(rec *benchfmt.Result) {
	r.Commit, r.CPU, r.Go = rec.GetConfig("commit"), rec.GetConfig("cpu"), rec.GetConfig("go")
	r.OS, r.Arch = rec.GetConfig("goos"), rec.GetConfig("goarch")
	if t, err := time.Parse(time.RFC3339, rec.GetConfig("time")); err == nil {
		r.Time = t
	}
	_, parts := rec.Name.Parts()
	if n := len(parts); n > 0 && parts[n-1][0] == '-' {
		_, _ = fmt.Sscan(string(parts[n-1][1:]), &r.Cores)
	}
}

// trimProcs is a benchmark's name without its number of processors.
func trimProcs(n benchfmt.Name) string {
	_, parts := n.Parts()
	full := n.String()
	if k := len(parts); k > 0 && parts[k-1][0] == '-' {
		full = strings.TrimSuffix(full, string(parts[k-1]))
	}
	return full
}
