package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/cubeward/cubeward/bench"
)

// benchFlags are the flags of `cubeward bench`.
type benchFlags struct {
	measure bench.Measurement
	large   bool
	json    bool
	out     string
	profile string
}

// benchCommand is `cubeward bench`.
func benchCommand(t *tool) *cobra.Command {
	f := &benchFlags{}
	cmd := &cobra.Command{
		Use:   "bench [PRESET | PATTERN]...",
		Short: "How fast it is here: workloads, reports, comparisons",
		Long: `Measures workloads: models and tables that are the same on every machine. Name them
by preset (` + strings.Join(bench.Presets(), ", ") + `) or by a regular expression
over their names; the preset small is measured where nothing is named.

All workloads are warmed up, then give one sample each in turn, so that what
disturbs the machine disturbs all alike. The spread is how far the quartiles of
the samples are apart. x-copy is how often Go's copy of the same values would fit into the time.

On a terminal the result is a table, else lines in the Go benchmark format, which
benchstat reads too. -o writes these lines, or JSON to a file named .json.
` + exitStatusHelp,
		Example: `  cubeward bench
  cubeward bench planning -o new.txt
  cubeward bench '^Mask/layout=dense' --time 3s --profile prof`,
		Args:                  cobra.ArbitraryArgs,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			ws, err := chosenWorkloads(args, f.large)
			if err != nil {
				return err
			}
			return t.bench(cmd, ws, f)
		},
	}
	flags := cmd.Flags()
	flags.DurationVar(&f.measure.Time, "time", time.Second, "how long each workload is measured")
	flags.IntVar(&f.measure.Samples, "samples", 24, "how many samples each workload gives")
	flags.BoolVar(&f.large, "large", false, "with workloads that take gigabytes or minutes")
	flags.BoolVar(&f.json, "json", false, "write JSON")
	flags.StringVarP(&f.out, "output", "o", "", "write the report to `FILE`: the Go benchmark format, or .json")
	flags.StringVar(&f.profile, "profile", "", "write cpu.pprof and heap.pprof of the measurement into `DIR`")
	flags.Float64Var(&f.measure.SlowDown, "slow-down", 0, "make everything slower, 0.1 for 10 %: to try out comparisons")
	_ = flags.MarkHidden("slow-down")
	cmd.AddCommand(benchListCommand(t), benchCompareCommand(t))
	return cmd
}

// benchListCommand is `cubeward bench list`.
func benchListCommand(t *tool) *cobra.Command {
	return &cobra.Command{
		Use:                   "list [PRESET | PATTERN]...",
		Short:                 "The workloads there are",
		Args:                  cobra.ArbitraryArgs,
		DisableFlagsInUseLine: true,
		RunE: func(_ *cobra.Command, args []string) error {
			ws := bench.Workloads()
			if len(args) > 0 {
				var err error
				if ws, err = chosenWorkloads(args, true); err != nil {
					return err
				}
			}
			g := grid{left: map[int]bool{1: true}}
			for _, w := range ws {
				in := strings.Join(w.Presets, ", ")
				if w.Large {
					in += " (large)"
				}
				g.add(w.Name, in)
			}
			_, err := io.WriteString(t.stdout, g.text(""))
			return failed(err)
		},
	}
}

// chosenWorkloads are the workloads that presets and patterns name, each once.
func chosenWorkloads(args []string, large bool) ([]bench.Workload, error) {
	if len(args) == 0 {
		args = bench.Presets()[:1]
	}
	var chosen []bench.Workload
	for _, arg := range args {
		find := bench.Match
		if slices.Contains(bench.Presets(), arg) {
			find = inPreset
		}
		ws, err := find(arg, large)
		if err != nil {
			return nil, usage("%s; \"cubeward bench list\" shows them", strings.TrimPrefix(err.Error(), "bench: "))
		}
		for _, w := range ws {
			if !slices.ContainsFunc(chosen, func(c bench.Workload) bool { return c.Name == w.Name }) {
				chosen = append(chosen, w)
			}
		}
	}
	return chosen, nil
}

func inPreset(name string, large bool) ([]bench.Workload, error) {
	if !large {
		return bench.Preset(name)
	}
	return slices.DeleteFunc(bench.Workloads(), func(w bench.Workload) bool { return !slices.Contains(w.Presets, name) }), nil
}

// bench measures workloads and writes the report.
func (t *tool) bench(cmd *cobra.Command, ws []bench.Workload, f *benchFlags) error {
	if err := f.measure.Validate(); err != nil {
		return usage("%w", err)
	}
	if f.measure.Time == 0 || f.measure.Samples == 0 {
		return usage("nothing is measured in no time, or with no samples")
	}
	bar := newBenchBar(t.stderr)
	f.measure.Progress = bar.show
	stop, err := startProfile(f.profile)
	if err != nil {
		return failed(err)
	}
	report, err := f.measure.Measure(cmd.Context(), ws)
	bar.done()
	if err = errors.Join(err, stop()); err != nil {
		return failed(err)
	}
	if f.out != "" {
		if err := t.writeReport(f.out, report); err != nil {
			return err
		}
	}
	switch {
	case f.json:
		return writeJSON(t.stdout, report)
	case f.out != "" || isTerminal(t.stdout):
		_, err = io.WriteString(t.stdout, benchTable(report, paintFor(t.stdout)))
	default:
		err = report.WriteText(t.stdout)
	}
	return failed(err)
}

func (t *tool) writeReport(name string, report *bench.Report) error {
	out, err := t.files.create(name, 0o666)
	if err != nil {
		return err
	}
	if strings.EqualFold(filepath.Ext(name), ".json") {
		err = writeJSON(out, report)
	} else {
		err = report.WriteText(out)
	}
	if err != nil {
		return failed(err)
	}
	return out.publish()
}

// startProfile profiles until stop is called; "" means not at all.
func startProfile(dir string) (stop func() error, err error) {
	if dir == "" {
		return func() error { return nil }, nil
	}
	if err := os.MkdirAll(dir, fs.ModePerm); err != nil {
		return nil, err
	}
	cpu, err := os.Create(filepath.Join(dir, "cpu.pprof"))
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return nil, errors.Join(err, cpu.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		heap, err := os.Create(filepath.Join(dir, "heap.pprof"))
		if err != nil {
			return errors.Join(err, cpu.Close())
		}
		runtime.GC()
		return errors.Join(cpu.Close(), pprof.WriteHeapProfile(heap), heap.Close())
	}, nil
}

// benchBar is a progress bar of a known number of steps, drawn only on a terminal. It is touched between samples
// alone, so that drawing is never measured.
type benchBar struct {
	w   io.Writer
	bar *progressbar.ProgressBar
}

func newBenchBar(w io.Writer) *benchBar {
	if !isTerminal(w) {
		return &benchBar{}
	}
	return &benchBar{w: w}
}

func (b *benchBar) show(done, steps int, doing string) {
	if b.w == nil {
		return
	}
	if b.bar == nil {
		b.bar = progressbar.NewOptions(steps, progressbar.OptionSetWriter(b.w), progressbar.OptionSetWidth(24),
			progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(50*time.Millisecond))
	}
	const width = 48
	if len(doing) > width {
		doing = doing[:width-1] + "…"
	}
	b.bar.Describe(fmt.Sprintf("%-*s", width, doing))
	b.bar.ChangeMax(steps)
	_ = b.bar.Set(done)
}

func (b *benchBar) done() {
	if b.bar != nil {
		_ = b.bar.Finish()
	}
}
