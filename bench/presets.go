package bench

import (
	"fmt"
	"slices"
	"strings"
)

// The presets: groups of workloads with a purpose.
const (
	small    = "small"    // a bit of everything, in seconds
	planning = "planning" // the planning company and results as it makes them
	wide     = "wide"     // many dimensions, columns, blocks
	deep     = "deep"     // formulas on formulas on formulas
	hostile  = "hostile"  // made to hurt: every member of a kind of its own, nothing in runs, everything inherited
	shapes   = "shapes"   // real shapes: a star, a national budget
)

// Presets are the names of the presets; the first is the one to begin with.
func Presets() []string { return []string{small, planning, wide, deep, hostile, shapes} }

// Preset is the workloads of a preset, without the large ones.
func Preset(name string) ([]Workload, error) {
	if !slices.Contains(Presets(), name) {
		return nil, fmt.Errorf("bench: no preset %q; there are %s", name, strings.Join(Presets(), ", "))
	}
	return slices.DeleteFunc(Workloads(), func(w Workload) bool { return w.Large || !slices.Contains(w.Presets, name) }), nil
}

// Workloads are all workloads, each once, in the order of their presets.
func Workloads() []Workload {
	var all []Workload
	at := map[string]int{}
	add := func(preset string, large bool, ws ...Workload) {
		for _, w := range ws {
			i, ok := at[w.Name]
			if !ok {
				i = len(all)
				at[w.Name], w.Large = i, large
				all = append(all, w)
			}
			all[i].Presets = append(all[i].Presets, preset)
		}
	}
	thousand := Company{Members: 1000}
	add(small, false, thousand.All()...)
	add(small, false, thousand.Update("role"), thousand.Update("cell"), thousand.DiffMembers(), thousand.Write(), thousand.Open(), thousand.First())
	for _, layout := range []Layout{Columns, Text, Index, Dense} {
		add(small, false, Table{Layout: layout, Rows: 1 << 16, Hidden: 10}.Mask())
	}
	add(small, false, budget()...)
	for _, members := range []int{10_000, 100_000} {
		add(planning, false, Company{Members: members}.All()...)
	}
	add(planning, true, Company{Members: 1_000_000}.All()...)
	add(planning, false, stored{1_000_000, "csv"}.Load(), stored{1_000_000, "arrow"}.Load())
	add(planning, true, stored{10_000_000, "csv"}.Load(), stored{10_000_000, "arrow"}.Load())
	for _, w := range planningTables() {
		add(planning, false, w)
	}
	add(planning, true, Table{Layout: Dense, Rows: 10_000_000, Hidden: 10}.Mask(), Table{Rows: 10_000_000, Hidden: 10}.Mask())
	add(planning, false, large.Compile())
	for _, w := range keeping() {
		add(planning, false, w)
	}
	million := Company{Members: 1_000_000}
	add(planning, true, million.Update("role"), million.Update("cell"), million.Write(), million.Open(), million.First())
	for _, workers := range []int{1, 2, 4, 8} {
		add(planning, false, Company{Members: 100_000}.CompileBy(workers))
	}
	for _, factors := range []int{2, 6} {
		add(planning, false, Table{Rows: 1 << 16, Hidden: 10, Factors: factors}.Decide())
	}
	add(planning, false, Crowd{Hidden: 10}.Fan(), Crowd{Hidden: 10}.Loop())
	for _, workers := range []int{2, 4, 8} {
		add(planning, false, Table{Hidden: 10, Workers: workers}.Mask(), Table{Layout: Dense, Hidden: 10, Workers: workers}.Mask())
	}
	for _, t := range []Table{
		{Rows: 1 << 16, Dims: 6, Factors: 6, Hidden: 10},
		{Rows: 1 << 16, Dims: 12, Factors: 12, Hidden: 10},
		{Rows: 1 << 16, Hidden: 10, Measures: 64},
		{Layout: Dense, Rows: 1 << 16, Dims: 6, Factors: 6, Hidden: 10},
		{Layout: Dense, Rows: 1 << 16, Hidden: 10, Measures: 64},
	} {
		add(wide, false, t.Mask(), t.Bind())
	}
	blocks := Company{Members: 1000, Blocks: 600}
	add(wide, false, blocks.Check(), blocks.Compile(), blocks.Materialize(), blocks.View("none"))
	for _, depth := range []int{32, 128} {
		tall := Company{Members: 1000, Depth: depth, Blocks: 4 * (depth + 1)}
		add(deep, false, tall.Check(), tall.Compile(), tall.Materialize(), tall.View("none"), tall.Explain())
	}
	kinds := Company{Members: 10_000, Kinds: 10_000}
	add(hostile, false, kinds.Compile(), kinds.View("none"), kinds.Who(), join{10_000}.Compile())
	add(hostile, true, join{100_000}.Compile(), Company{Members: 100_000, Kinds: 100_000}.Compile())
	add(hostile, false, Table{Factors: 6, Hidden: 50}.Mask(), Table{Layout: Text, Hidden: 50, Type: "text"}.Mask(),
		Table{Layout: Dense, Factors: 6, Hidden: 50}.Mask(), Table{Hidden: 99}.Mask())
	add(shapes, false, star{Rows: 1 << 20}.Mask())
	add(shapes, false, budget()...)
	return all
}

// keeping is what becomes of the rights of the planning company: they change, are compared, written and opened.
func keeping() []Workload {
	many, few := Company{Members: 100_000}, Company{Members: 10_000}
	ws := []Workload{few.Update("role"), few.Update("cell"), few.DiffMembers(), few.Write(), few.Open(), few.First()}
	for _, kind := range changeKinds() {
		ws = append(ws, many.Update(kind))
	}
	return append(ws, many.DiffMembers(), many.Write(), many.Open(), many.First(), many.FromFiles())
}

// planningTables are the result sets of the planning company.
func planningTables() []Workload {
	var ws []Workload
	for _, t := range []Table{
		{Hidden: 0},
		{Hidden: 1},
		{Hidden: 10},
		{Hidden: 50},
		{Hidden: 10, Run: 64},
		{Hidden: 10, Factors: 4},
		{Hidden: 10, Factors: 6},
		{Hidden: 10, Locks: true},
		{Layout: Text, Hidden: 10},
		{Layout: Index, Hidden: 10},
		{Layout: Dense, Hidden: 0},
		{Layout: Dense, Hidden: 1},
		{Layout: Dense, Hidden: 10},
		{Layout: Dense, Hidden: 50},
		{Layout: Dense, Hidden: 10, Run: 64},
		{Layout: Dense, Hidden: 10, Factors: 6},
		{Layout: Dense, Rows: 1 << 16, Hidden: 10},
		{Rows: 1 << 16, Hidden: 10},
	} {
		ws = append(ws, t.Mask())
	}
	for _, typ := range []string{"int32", "bool", "text", "decimal", "list"} {
		ws = append(ws, Table{Hidden: 10, Type: typ}.Mask(), Table{Layout: Dense, Hidden: 10, Type: typ}.Mask())
	}
	return append(ws, Table{Hidden: 10}.Bind(), Table{Layout: Dense, Hidden: 10}.Bind())
}
