package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/bench"
)

// less is what a peer does less than Cubeward, by the value of the key `peer` in its benchmark's name.
func less(peer string) string {
	return map[string]string{
		"cubeward":      "",
		"gomap":         "knows nothing but a set of keys: no formulas, no inheritance, no locks",
		"roaring":       "answers yes or no for a row; values are nulled by the caller",
		"arrow-compute": "works out rows to keep or to null from lookup tables that it is handed; the hidden bytes stay in the buffers, as nulls",
		"arrow-filter":  "drops rows instead of nulling values; no locks",
		"casbin":        "one yes or no for each call; no values, no locks, no inheritance along formulas",
		"cedar":         "one yes or no for each call; no values, no locks, no inheritance along formulas",
		"postgres":      "drops rows, redacts no column; no locks; the time holds the way over the socket",
	}[peer]
}

// others is what other engines do with the same work.
func (p *page) others() {
	if p.peers == nil {
		return
	}
	p.printf(`## Others

The same questions and the same answers, checked cell by cell, in [bench/peers](../bench/peers). None of them does what
Cubeward does; what each does less stands beside its figure.

| work | with | time | a cell | against Cubeward | what it does less |
| --- | --- | ---: | ---: | ---: | --- |
`)
	ours := map[string]*bench.Result{}
	for i := range p.peers.Results {
		if work, peer := split(p.peers.Results[i].Name); peer == "cubeward" {
			ours[work] = &p.peers.Results[i]
		}
	}
	for i := range p.peers.Results {
		res := &p.peers.Results[i]
		work, peer := split(res.Name)
		cell, against := "", ""
		if v := res.Of("ns/cell"); len(v) > 0 {
			cell = duration(median(v))
			if o := ours[work]; o != nil && peer != "cubeward" {
				against = fmt.Sprintf("%s the time", times(median(v)/median(o.Of("ns/cell"))))
			}
		}
		p.printf("| %s | %s | %s | %s | %s | %s |\n", work, peer, timeOf(res), cell, against, less(peer))
	}
	p.printf("\n")
}

// arrowTarget is the row of the target whose opponent only bench/peers links.
func (p *page) arrowTarget() {
	if p.peers == nil {
		return
	}
	d := find(p.peers, "Arrow/layout=columns/rows=1Mi/dims=3/factors=2/hidden=10")
	if d == nil || len(d.Of("x-theirs")) == 0 {
		return
	}
	out, ratio, spread := "met", slices.Min(d.Of("x-theirs")), median(d.Of("%spread"))
	if ratio > 1.0/8 {
		out = "**short** in this run"
	}
	p.printf("| mask 1 Mi rows by columns, against arrow-go's compute (take, and, filter) | 1/8 | %s%s | %s |\n", times(ratio), warn(spread/100), out)
}

// split takes the peer out of a benchmark's name.
func split(name string) (work, peer string) {
	var rest []string
	for _, part := range strings.Split(name, "/") {
		if v, ok := strings.CutPrefix(part, "peer="); ok {
			peer = v
			continue
		}
		rest = append(rest, part)
	}
	return strings.Join(rest, "/"), peer
}
