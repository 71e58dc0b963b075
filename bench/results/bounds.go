package main

import "fmt"

// bound is a workload whose profile the page shows, and what a profile of it means.
type bound struct{ name, says string }

// bounded are the workloads that are profiled, in the order of the page.
func bounded() []bound {
	return []bound{
		{"Mask/layout=dense/rows=10M/dims=3/factors=2/hidden=10", ""},
		{"Mask/layout=dense/rows=64Ki/dims=3/factors=2/hidden=10", ""},
		{"Mask/layout=dense/rows=1Mi/dims=3/factors=2/hidden=0", ""},
		{"Mask/layout=columns/rows=10M/dims=3/factors=2/hidden=10", ""},
		{"Mask/layout=columns/rows=1Mi/dims=3/factors=2/hidden=0", ""},
		{"Decide/layout=columns/rows=64Ki/dims=3/factors=2/hidden=10", ""},
		{"Decide/layout=columns/rows=64Ki/dims=3/factors=6/hidden=10", ""},
		{"Mask/layout=columns/rows=1Mi/dims=3/factors=2/hidden=10", ""},
		{"Mask/layout=text/rows=1Mi/dims=3/factors=2/hidden=10", ""},
		{"Fan/members=1k/rows=1Ki/dims=3/factors=2/hidden=10", ""},
		{"Compile/members=100k/kinds=300", ""},
		{"Compile/members=100k/kinds=300/departments=200/countries=500/months=36", ""},
		{"Materialize/members=100k/kinds=300", ""},
		{"Update/change=role/members=100k/kinds=300", ""},
		{"Write/members=100k/kinds=300", ""},
		{"First/members=100k/kinds=300", ""},
		{"Diff/members=100k/kinds=300", ""},
	}
}

func profiled() []string {
	var names []string
	for _, b := range bounded() {
		names = append(names, b.name)
	}
	return names
}

// bounds is where the time of each figure goes.
func (p *page) bounds() error {
	if p.profiles == "" {
		return nil
	}
	p.printf(`## What bounds each figure

The functions that take most of the time of a workload themselves, as CPU profiles see it (` + "`make profile`" + ` writes them
to out/profile, for ` + "`go tool pprof`" + `). memmove and memclr are copies and clearing, by the Go runtime.

| workload | top functions | |
| --- | --- | --- |
`)
	for _, b := range bounded() {
		functions, err := top(p.profiles, b.name, 5)
		if err != nil {
			return err
		}
		list := ""
		for _, f := range functions {
			if f.flat >= 3 {
				list += fmt.Sprintf("%.0f %% `%s`<br>", f.flat, f.name)
			}
		}
		p.printf("| %s | %s | %s |\n", b.name, list, b.says)
	}
	p.printf("\n")
	return nil
}
