package main

import (
	"fmt"
	"strings"
)

// bound is a workload whose profile the page shows, and what a profile of it means.
type bound struct{ name, says string }

// bounded are the workloads that are profiled, in the order of the page.
func bounded() []bound {
	return []bound{
		{"Mask/layout=dense/rows=10M/dims=3/factors=2/hidden=10", "Memory: 80 MB are read and 80 MB written, as by a copy; the bits are a 64th of that. Stores past the caches are what can make it quicker than a copy."},
		{"Mask/layout=dense/rows=64Ki/dims=3/factors=2/hidden=10", "Half is the pass over the values, in the second cache; the rest is what every batch costs: buffers, the record, laying out and counting the bits."},
		{"Mask/layout=dense/rows=1Mi/dims=3/factors=2/hidden=0", "Nothing that grows with values: a few microseconds for the batch."},
		{"Mask/layout=columns/rows=10M/dims=3/factors=2/hidden=10", "Memory: 12 bytes of codes a row are read beside 8 of value, and 8 written, where a copy reads 8 and writes 8. Reading the codes alone takes 0.8 to 0.95 of the copy's time, the values 0.85 to 1. To decide and redact 64 rows at a time in one kernel, to prefetch, and to read a column in several places at once gained no more than the 4 % that such measurements vary by."},
		{"Mask/layout=columns/rows=1Mi/dims=3/factors=2/hidden=0", "No value is touched: that each code stands within its dictionary has to be seen, so all codes are read once."},
		{"Decide/layout=columns/rows=64Ki/dims=3/factors=2/hidden=10", "About half is looking up two columns in tables that stay in registers; the other half hands out the batch: its columns, the record, whether dictionaries are used as a whole."},
		{"Decide/layout=columns/rows=64Ki/dims=3/factors=6/hidden=10", "Gathers: tables over two dimensions are too large for registers, and a gather takes a load for each row."},
		{"Mask/layout=columns/rows=1Mi/dims=3/factors=2/hidden=10", "A third is the pass over the values, the rest reading and looking up codes."},
		{"Mask/layout=text/rows=1Mi/dims=3/factors=2/hidden=10", "Each text has to be read, hashed and compared with the item of that hash."},
		{"Fan/members=1k/rows=1Ki/dims=3/factors=2/hidden=10", "Deciding is a fraction; a thousand batches of their own have to be built and let go, about two microseconds each."},
		{"Compile/members=100k/kinds=300", "Sorting the members by what each of eight metrics stores for them, a hash and a comparison for each; the formulas are evaluated for kinds alone."},
		{"Compile/members=100k/kinds=300/departments=200/countries=500/months=36", "One formula over 100,000 cells for each of 90 kinds, and the sorting of members, about the same each."},
		{"Materialize/members=100k/kinds=300", "Sets that are carried along formulas, for 300 kinds and 66 blocks, and remembering the views."},
		{"Update/change=role/members=100k/kinds=300", "Allocating a generation, and finding the names of the change."},
		{"Write/members=100k/kinds=300", "Compression of the names of members and items, which are most of the file."},
		{"First/members=100k/kinds=300", "Decompression of what the question needs: the members' names and profiles, and one profile's sets."},
		{"Diff/members=100k/kinds=300", "Working out the views of both sides for each pair of kinds, and the reasons of what differs; maps and allocations are a third of it."},
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
to out/profile, for ` + "`go tool pprof`" + `). memmove and memclr are copies and clearing by the Go runtime, asyncPreempt is where
it let others run.

| workload | top functions | |
| --- | --- | --- |
`)
	for _, b := range bounded() {
		functions, err := top(p.profiles, b.name, 5)
		if err != nil {
			return err
		}
		var list []string
		for _, f := range functions {
			if f.flat >= 3 {
				list = append(list, fmt.Sprintf("%.0f %% `%s`", f.flat, f.name))
			}
		}
		p.printf("| %s | %s | %s |\n", b.name, strings.Join(list, "<br>"), b.says)
	}
	p.printf("\n")
	return nil
}
