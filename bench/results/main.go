// Command results writes docs/performance.md and its plots, from a report of `cubeward bench` and, where there is one,
// the benchmarks of bench/peers. What needs rows of sizes or two that take turns it measures itself: the targets and the
// growth curves. `make results` calls it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cubeward/cubeward/bench"
)

func main() {
	report := flag.String("report", "", "a report of cubeward bench, in the Go benchmark format")
	peers := flag.String("peers", "", "the benchmarks of bench/peers; may be left out")
	live := flag.String("live", "", "a folder with self.txt and planted.txt, comparisons to be shown; may be left out")
	docs := flag.String("docs", "", "the folder of performance.md")
	times := flag.Int("times", 7, "how often each point of a curve is timed")
	flag.Parse()
	if *report == "" || *docs == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := write(context.Background(), *report, *peers, *live, *docs, *times); err != nil {
		fmt.Fprintln(os.Stderr, "results:", err)
		os.Exit(3)
	}
}

// write measures what is missing and writes the page.
func write(ctx context.Context, report, peers, live, docs string, times int) error {
	p := &page{plots: filepath.Join(docs, "performance")}
	if err := os.MkdirAll(p.plots, 0o777); err != nil {
		return err
	}
	r, err := read(report)
	if err != nil {
		return err
	}
	p.report = r
	if peers != "" {
		if p.peers, err = read(peers); err != nil {
			return err
		}
	}
	for _, name := range []string{"self", "planted"} {
		if live == "" {
			break
		}
		text, err := os.ReadFile(filepath.Join(live, name+".txt"))
		if err != nil {
			return err
		}
		p.live = append(p.live, string(text))
	}
	for _, t := range bench.Targets() {
		fmt.Fprintln(os.Stderr, "target:", t.Name)
		d, err := t.Measure(ctx)
		if err != nil {
			return err
		}
		p.duels = append(p.duels, met{t, d})
	}
	for _, c := range bench.Curves() {
		fmt.Fprintln(os.Stderr, "curve:", c.Name)
		points, err := c.Measure(ctx, times)
		if err != nil {
			return err
		}
		p.curves = append(p.curves, grown{c, points})
	}
	text, err := p.write()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(docs, "performance.md"), []byte(text), 0o666)
}

func read(name string) (*bench.Report, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return bench.ReadReport(f, name)
}
