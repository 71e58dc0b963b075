// Command results writes docs/performance.md and its plots. `results measure` measures what needs two that take turns, or
// rows of sizes: the targets and the growth curves. `results profile` profiles what the page shows profiles of. `results
// page` puts these, a report of `cubeward bench` and the benchmarks of bench/peers on the page. `make results` calls
// all three.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cubeward/cubeward/bench"
)

func main() {
	ctx := context.Background()
	tasks := map[string]func(context.Context, []string) error{"measure": measure, "profile": profiles, "page": writePage}
	if len(os.Args) < 2 || tasks[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: results measure | profile | page [flags]")
		os.Exit(2)
	}
	if err := tasks[os.Args[1]](ctx, os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "results:", err)
		os.Exit(3)
	}
}

// writePage writes the page from what was measured.
func writePage(_ context.Context, args []string) error {
	flags := flag.NewFlagSet("page", flag.ContinueOnError)
	report := flags.String("report", "", "a report of cubeward bench, in the Go benchmark format")
	peers := flags.String("peers", "", "the benchmarks of bench/peers; may be left out")
	live := flags.String("live", "", "a folder with self.txt and planted.txt, comparisons to be shown; may be left out")
	profiles := flags.String("profiles", "", "a folder that `results profile` wrote; may be left out")
	docs := flags.String("docs", "", "the folder of performance.md")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *report == "" || *docs == "" || flags.NArg() == 0 {
		return errors.New("page: say -report and -docs, and name the files that `results measure` wrote")
	}
	p := &page{plots: filepath.Join(*docs, "performance"), profiles: *profiles}
	if err := os.MkdirAll(p.plots, 0o777); err != nil {
		return err
	}
	var err error
	if p.report, err = read(*report); err != nil {
		return err
	}
	if *peers != "" {
		if p.peers, err = read(*peers); err != nil {
			return err
		}
	}
	for _, name := range []string{"self", "planted"} {
		if *live == "" {
			break
		}
		text, err := os.ReadFile(filepath.Join(*live, name+".txt"))
		if err != nil {
			return err
		}
		p.live = append(p.live, string(text))
	}
	for _, name := range flags.Args() {
		m, err := readMeasured(name)
		if err != nil {
			return err
		}
		p.measured = append(p.measured, m)
	}
	text, err := p.write()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(*docs, "performance.md"), []byte(text), 0o666)
}

func read(name string) (*bench.Report, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return bench.ReadReport(f, name)
}
