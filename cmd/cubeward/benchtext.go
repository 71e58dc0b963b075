package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/cubeward/cubeward/bench"
)

// benchTable is a report for people.
func benchTable(r *bench.Report, p paint) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s, %d cores, %s %s/%s, commit %s\n\n", r.CPU, r.Cores, r.Go, r.OS, r.Arch, orUnknown(r.Commit))
	g := grid{}
	g.add("workload", "time", "spread", "a cell", "x-copy", "bytes", "allocs")
	for _, res := range r.Results {
		ns := res.Of("ns/op")
		g.add(res.Name, timeText(quantile(ns, 0.5)), spreadText(ns), perCellText(res), figure(res, "x-copy", "%.2f"),
			figure(res, "B/op", "%.0f"), figure(res, "allocs/op", "%.0f"))
	}
	head, rest, _ := strings.Cut(g.text(""), "\n")
	out.WriteString(p.bold(head) + "\n" + rest)
	for _, s := range r.Skipped {
		fmt.Fprintf(&out, "%s %s\n", p.yellow(s.Name+":"), s.Why)
	}
	return out.String()
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// quantile is a quantile of values in any order.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	v := slices.Sorted(slices.Values(values))
	at := q * float64(len(v)-1)
	i := int(at)
	if i+1 == len(v) {
		return v[i]
	}
	return v[i] + (at-float64(i))*(v[i+1]-v[i])
}

// spreadText is how far the quartiles are apart, in percent of the median.
func spreadText(v []float64) string {
	return fmt.Sprintf("%.0f%%", 100*(quantile(v, 0.75)-quantile(v, 0.25))/quantile(v, 0.5))
}

func timeText(ns float64) string {
	switch d := time.Duration(ns); {
	case d >= 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d >= time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d >= time.Millisecond:
		return fmt.Sprintf("%.3g ms", ns/1e6)
	case d >= time.Microsecond:
		return fmt.Sprintf("%.3g µs", ns/1e3)
	}
	return fmt.Sprintf("%.3g ns", ns)
}

// perCellText is the time for a cell, or for a member where no cells are counted.
func perCellText(res bench.Result) string {
	if v := res.Of("ns/cell"); len(v) > 0 {
		return timeText(quantile(v, 0.5))
	}
	if v := res.Of("ns/user"); len(v) > 0 {
		return timeText(quantile(v, 0.5)) + "/user"
	}
	return ""
}

func figure(res bench.Result, unit, format string) string {
	v := res.Of(unit)
	if len(v) == 0 {
		return ""
	}
	return fmt.Sprintf(format, quantile(v, 0.5))
}
