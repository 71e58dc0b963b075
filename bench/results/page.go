package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cubeward/cubeward/bench"
)

// page is docs/performance.md in the making.
type page struct {
	plots    string // the folder of the plots
	profiles string // the folder of profiles; "" where there are none
	report   *bench.Report
	peers    *bench.Report // nil: not measured
	live     []string      // comparisons of a measurement with itself, and with a planted slow-down
	measured []measured
	out      strings.Builder
}

// tooNoisy is the spread above which a figure is marked.
const tooNoisy = 0.20

func (p *page) printf(format string, args ...any) { fmt.Fprintf(&p.out, format, args...) }

func (p *page) write() (string, error) {
	r := p.report
	p.printf(`# Performance

Written by `+"`make results`"+`: do not edit. Figures are of commit %s on %s, %d cores, %s %s/%s, %s. The workloads
are the same on every machine; [package bench](../bench) says what is in them, and "cubeward bench" measures them where
you are. A spread is how far the quartiles of the samples are apart; ⚠ marks figures whose spread is over %.0f %%, as
others used the machine meanwhile. Ratios within a run are worth more than seconds.

`, r.Commit, r.CPU, r.Cores, r.Go, r.OS, r.Arch, r.Time.Format(time.DateOnly), 100*tooNoisy)
	p.targets()
	if err := p.bounds(); err != nil {
		return "", err
	}
	if err := p.growth(); err != nil {
		return "", err
	}
	p.where()
	if err := p.masks(); err != nil {
		return "", err
	}
	p.others()
	p.all()
	p.comparing()
	return p.out.String(), nil
}

// targets is what is asked of Cubeward and what it does.
func (p *page) targets() {
	p.printf(`## Where we stand

Our time against an opponent's within one run, both in turns, the best of each. All are guarded at 0.6 of the target
(` + "`make guard`" + `), but where it says that they are not. Those for plain Go are measured in a program that was built without
vectors (the tag purego).

| | at most | measured | |
| --- | ---: | ---: | --- |
`)
	for _, t := range bench.Targets() {
		d, ok := p.duelOf(t)
		if !ok {
			why, _ := t.Here()
			p.printf("| %s | %s | – | not measured: %s |\n", t.Name, times(t.AtMost), why)
			continue
		}
		p.printf("| %s | %s | %s%s | %s |\n", t.Name, times(t.AtMost), times(d.Ratio()), warn(bench.Spread(d.Theirs)), verdict(t, d))
	}
	p.arrowTarget()
	p.printf("\nMemory:\n\n| | at most | measured | |\n| --- | ---: | ---: | --- |\n")
	for _, m := range p.measured {
		for _, l := range m.Limits {
			out := "met"
			if l.Bytes > l.AtMost {
				out = "**short**"
			}
			p.printf("| %s | %s | %s | %s |\n", l.Limit, bytesText(l.AtMost), bytesText(l.Bytes), out)
		}
	}
	p.printf("\n")
}

// verdict says whether a target is met.
func verdict(t bench.Target, d bench.Duel) string {
	out := "met"
	switch {
	case d.Ratio() > t.AtMost && t.Short != "":
		out = "**short**: " + t.Short
	case d.Ratio() > t.AtMost:
		out = "**short** in this run"
	case t.Short != "":
		out = "met in this run, not guarded: " + t.Short
	}
	if v := bench.Spread(d.Theirs); v > tooNoisy {
		out += fmt.Sprintf(" (the opponent varied by %.0f %%, a guard would be skipped)", 100*v)
	}
	return out
}

// times is a ratio for people.
func times(x float64) string {
	switch {
	case x < 0.1:
		return fmt.Sprintf("1/%.0f", 1/x)
	case x < 10:
		return fmt.Sprintf("%.2f ×", x)
	}
	return fmt.Sprintf("%.0f ×", x)
}

func warn(spread float64) string {
	if spread > tooNoisy {
		return " ⚠"
	}
	return ""
}

// growth is how times and memory grow with sizes.
func (p *page) growth() error {
	p.printf(`## How it grows

Time is fitted by size to the power of an exponent: 0 is flat, 1 linear. A guard fails above the last column. Memory is
what the result of the work holds on to.

| | sizes | times | exponent | meant | guarded at | memory | its exponent |
| --- | --- | --- | ---: | ---: | ---: | --- | ---: |
`)
	var known []string
	var curves []grown
	for _, c := range bench.Curves() {
		points := p.pointsOf(c)
		if len(points) == 0 {
			continue
		}
		curves = append(curves, grown{c, points})
		first, last, noisy := points[0], points[len(points)-1], 0.0
		for _, pt := range points {
			noisy = max(noisy, pt.Spread)
		}
		seconds, heap := bench.Exponents(points)
		p.printf("| %s | %d … %d | %s … %s%s | %.2f | %.1f | %.2f |", c.Name, first.Size, last.Size,
			duration(1e9*first.Seconds), duration(1e9*last.Seconds), warn(noisy), seconds, c.Meant, c.Most)
		if first.Heap > 0 {
			p.printf(" %s … %s | %.2f |\n", bytesText(first.Heap), bytesText(last.Heap), heap)
		} else {
			p.printf(" | |\n")
		}
		if c.Known != "" {
			known = append(known, fmt.Sprintf("%s: %s.", c.Name, c.Known))
		}
	}
	p.printf("\n")
	for _, k := range known {
		p.printf("What we lose: %s\n\n", k)
	}
	p.printf("![Time and memory over members, kinds, blocks and depth](performance/sizes.svg)\n\n![All times by size](performance/growth.svg)\n\n")
	if err := plotSizes(p.plots, curves); err != nil {
		return err
	}
	return plotGrowth(p.plots, curves)
}

func bytesText(n float64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.2f GB", n/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.3g MB", n/1e6)
	}
	return fmt.Sprintf("%.3g kB", n/1e3)
}

// where is where the time goes: the steps from files to a masked table.
func (p *page) where() {
	p.printf(`## Where the time goes

From the files of a planning company to a masked table.

| step | 1k members | 10k members | 100k members |
| --- | ---: | ---: | ---: |
`)
	for _, step := range []struct{ task, says string }{
		{"Load/format=csv", "read the files"},
		{"Check", "check formulas and rules"},
		{"Evaluate", "compute all blocks (not needed for rights)"},
		{"Compile", "compile rights"},
		{"Materialize", "compile, and open every block for every kind of member"},
		{"View/cache=none", "open one block for one member"},
		{"View/cache=hot", "the same, remembered"},
		{"Explain", "explain one cell"},
		{"Who", "who reads one cell"},
		{"Update/change=role", "a member's role changes"},
		{"Update/change=cell", "a given cell of a member changes"},
		{"Diff/change=members", "who gains and loses what by 200 changes of members"},
		{"Diff", "the same, where a rule is gone"},
		{"Write", "write a rights file"},
		{"Open", "open it"},
		{"First", "open it, and ask about one block for one member"},
	} {
		p.printf("| %s |", step.says)
		for _, size := range []string{"members=1k/kinds=30", "members=10k/kinds=30", "members=100k/kinds=300"} {
			p.printf(" %s |", p.time(step.task+"/"+size))
		}
		p.printf("\n")
	}
	p.printf("\n")
	p.scaling()
}

// scaling is what more workers bring, here.
func (p *page) scaling() {
	p.printf(`With more workers, on the %d cores there are:

| | 1 | 2 | 4 | 8 |
| --- | ---: | ---: | ---: | ---: |
`, p.report.Cores)
	for _, row := range []struct{ says, one, more string }{
		{"compile 100k members of 300 kinds", "Compile/members=100k/kinds=300/workers=1", "Compile/members=100k/kinds=300/workers=%d"},
		{"mask 1 Mi rows by columns", "Mask/layout=columns/rows=1Mi/dims=3/factors=2/hidden=10", "Mask/layout=columns/rows=1Mi/dims=3/factors=2/hidden=10/workers=%d"},
		{"mask 1 Mi dense cells", "Mask/layout=dense/rows=1Mi/dims=3/factors=2/hidden=10", "Mask/layout=dense/rows=1Mi/dims=3/factors=2/hidden=10/workers=%d"},
	} {
		p.printf("| %s | %s |", row.says, p.time(row.one))
		for _, n := range []int{2, 4, 8} {
			p.printf(" %s |", p.time(fmt.Sprintf(row.more, n)))
		}
		p.printf("\n")
	}
	p.printf("\n")
}

// find is the result of a name, nil where it was not measured.
func find(r *bench.Report, name string) *bench.Result {
	at := slices.IndexFunc(r.Results, func(res bench.Result) bool { return res.Name == name })
	if at < 0 {
		return nil
	}
	return &r.Results[at]
}

func (p *page) time(name string) string {
	res := find(p.report, name)
	if res == nil {
		return "–"
	}
	return timeOf(res)
}

// timeOf is the median time of an operation.
func timeOf(res *bench.Result) string {
	ns := res.Of("ns/op")
	return duration(median(ns)) + warn(bench.Spread(ns))
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	if len(v) == 0 {
		return 0
	}
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

func duration(ns float64) string {
	switch {
	case ns >= 1e9:
		return fmt.Sprintf("%.2f s", ns/1e9)
	case ns >= 1e6:
		return fmt.Sprintf("%.3g ms", ns/1e6)
	case ns >= 1e3:
		return fmt.Sprintf("%.3g µs", ns/1e3)
	}
	return fmt.Sprintf("%.3g ns", ns)
}

// masks is masking by layout and type.
func (p *page) masks() error {
	p.printf(`## Masking

One core, a million rows, 10 %% hidden, 2 factors. Beside the time for a cell is how often Go's copy of the same values
would fit into it: less than 1 means that values were not copied.

| values | dense | × copy | by dictionary columns | × copy |
| --- | ---: | ---: | ---: | ---: |
`)
	var bars []bar
	for _, typ := range []string{"float64", "int32", "bool", "decimal", "text", "list"} {
		suffix := "/rows=1Mi/dims=3/factors=2/hidden=10"
		if typ != "float64" {
			suffix += "/type=" + typ
		}
		b := bar{name: typ}
		p.printf("| %s |", typ)
		for i, layout := range []string{"dense", "columns"} {
			res := find(p.report, "Mask/layout="+layout+suffix)
			if res == nil {
				p.printf(" – | – |")
				continue
			}
			b.ns[i] = median(res.Of("ns/cell"))
			p.printf(" %s%s | %.3g |", duration(b.ns[i]), warn(bench.Spread(res.Of("ns/op"))), median(res.Of("x-copy")))
		}
		p.printf("\n")
		bars = append(bars, b)
	}
	p.printf("\n![Time for a cell by type](performance/mask.svg)\n\n")
	return plotMasks(p.plots, bars)
}

// all is every figure.
func (p *page) all() {
	p.printf("## Every workload\n\n| workload | time | bytes | allocations | own figures |\n| --- | ---: | ---: | ---: | --- |\n")
	for i := range p.report.Results {
		res := &p.report.Results[i]
		var own []string
		for _, unit := range []string{"ns/cell", "ns/user", "B/user", "x-copy", "%hidden"} {
			if v := res.Of(unit); len(v) > 0 {
				own = append(own, fmt.Sprintf("%.3g %s", median(v), unit))
			}
		}
		p.printf("| %s | %s | %.0f | %.0f | %s |\n", res.Name, timeOf(res), median(res.Of("B/op")), median(res.Of("allocs/op")), strings.Join(own, ", "))
	}
	p.printf("\n")
}

// comparing is what comparisons are worth.
func (p *page) comparing() {
	p.printf(`## Comparisons

"cubeward bench compare" was tried on recorded noise: of 10,000 comparisons of equals, 21 rows each, 28 raised a false
alarm (at most 100 are allowed); of 10,000 slow-downs by 10 %% of one row, whose quartiles were 5 %% apart, 9,666 were
found. ` + "`CUBEWARD_COMPARISONS=all go test ./bench -run Compare -v`" + ` does it again.
`)
	for i, says := range []string{"A live run against itself:", "The same with everything made 10 % slower on purpose:"} {
		if i < len(p.live) {
			p.printf("\n%s\n\n```text\n%s\n```\n", says, strings.TrimRight(p.live[i], "\n"))
		}
	}
}
