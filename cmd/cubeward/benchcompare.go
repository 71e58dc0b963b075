package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cubeward/cubeward/bench"
)

// benchCompareCommand is `cubeward bench compare`.
func benchCompareCommand(t *tool) *cobra.Command {
	var c bench.Comparing
	var asJSON, all bool
	cmd := &cobra.Command{
		Use:   "compare OLD NEW",
		Short: "What became slower, or allocates more, from one report to another",
		Long: `Compares two reports, written by "cubeward bench -o" or "go test -bench", and asks of
each workload whether its time or memory changed: by a Mann-Whitney U test, made
so strict that of a hundred comparisons of equals at most one raises any false
alarm. The change is the typical ratio of two samples, with its 95 % confidence
interval. "cannot tell" means that the noise could hide a change beyond the
threshold: measure longer, or on a quieter machine. Reports that were taken one
after the other differ by what the machine did meanwhile: "make bench-compare"
takes turns.
` + exitStatusHelp + ` Here the answer is no where anything became
worse beyond the threshold.`,
		Args:                  cobra.ArbitraryArgs,
		DisableFlagsInUseLine: true,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage("name two reports, OLD and NEW, not %d", len(args))
			}
			if c.Threshold <= 0 || c.Alpha <= 0 || c.Alpha >= 1 {
				return usage("the threshold is above 0, and alpha between 0 and 1")
			}
			old, err := readReport(args[0])
			if err != nil {
				return err
			}
			now, err := readReport(args[1])
			if err != nil {
				return err
			}
			rows := c.Compare(old, now)
			if asJSON {
				err = writeJSON(t.stdout, rows)
			} else {
				_, err = io.WriteString(t.stdout, compareTable(rows, c.Threshold, all, paintFor(t.stdout)))
			}
			if err == nil && bench.Worse(rows) {
				return &failure{status: statusRefused}
			}
			return failed(err)
		},
	}
	cmd.Flags().Float64Var(&c.Threshold, "threshold", 0.05, "changes up to this share are let be")
	cmd.Flags().Float64Var(&c.Alpha, "alpha", 0.01, "how often a comparison of equals may raise any false alarm")
	cmd.Flags().BoolVar(&all, "all", false, "with the rows that are the same")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return cmd
}

func readReport(name string) (*bench.Report, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := bench.ReadReport(f, name)
	return r, invalid(err)
}

// compareTable is a comparison for people: what changed or is unclear first comes with its figures, the rest as a
// count.
func compareTable(rows []bench.Row, threshold float64, all bool, p paint) string {
	counts := map[bench.Verdict]int{}
	g := grid{left: map[int]bool{1: true, 6: true}}
	g.add("workload", "unit", "old", "new", "change", "95 %", "verdict")
	for _, r := range rows {
		counts[r.Verdict]++
		switch {
		case r.Verdict == bench.Missing:
			g.add(r.Name, "", "", "", "", "", "only in one report")
		case r.Verdict != bench.Same || all:
			g.add(r.Name, r.Unit, number(r.Old), number(r.New), percent(r.Change), percent(r.Lo)+" … "+percent(r.Hi), string(r.Verdict))
		}
	}
	var out strings.Builder
	if len(g.rows) > 1 {
		for i, line := range strings.Split(strings.TrimSuffix(g.text(""), "\n"), "\n") {
			switch {
			case i == 0:
				line = p.bold(line)
			case strings.HasSuffix(line, string(bench.Slower)):
				line = p.red(line)
			case strings.HasSuffix(line, string(bench.Faster)):
				line = p.green(line)
			case strings.HasSuffix(line, string(bench.Unclear)):
				line = p.yellow(line)
			}
			out.WriteString(line + "\n")
		}
		out.WriteByte('\n')
	}
	fmt.Fprintf(&out, "%s: %d worse and %d better by more than %g %%, %d differ by less, %d same, %d cannot tell, %d in one report only\n",
		plural(len(rows), "row"), counts[bench.Slower], counts[bench.Faster], 100*threshold, counts[bench.Slight], counts[bench.Same],
		counts[bench.Unclear], counts[bench.Missing])
	return out.String()
}

func percent(x float64) string {
	if x > 100 {
		return "from 0"
	}
	return fmt.Sprintf("%+.1f%%", 100*x)
}

// number is a figure in a column of figures of all sizes.
func number(x float64) string {
	for _, unit := range []struct {
		of   float64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if x >= unit.of {
			return fmt.Sprintf("%.4g%s", x/unit.of, unit.name)
		}
	}
	return fmt.Sprintf("%.4g", x)
}
