package bitmap

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// benchSet is a set over a shape: each cell with the given chance in a thousand, or runs of about 500 cells.
func benchSet(p *Pool, shape Shape, density string) SetID {
	r := rand.New(rand.NewPCG(1, 2))
	n := shape.Len()
	words := make([]uint64, WordsFor(n))
	on := false
	for c := range n {
		switch density {
		case "half":
			on = r.IntN(2) == 0
		case "sparse":
			on = r.IntN(1000) == 0
		case "runs":
			on = on != (r.IntN(500) == 0)
		}
		if on {
			words[c/64] |= 1 << (c % 64)
		}
	}
	return p.FromWords(words, n)
}

func report(b *testing.B, cells uint64) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(cells), "ns/cell")
	b.ReportAllocs()
}

// benchItems maps n places to items below size: random, or sorted.
func benchItems(n, size int, sorted bool) []int32 {
	r := rand.New(rand.NewPCG(3, 4))
	items := make([]int32, n)
	for i := range items {
		items[i] = int32(r.IntN(size))
		if sorted {
			items[i] = int32(i * size / n)
		}
	}
	return items
}

func BenchmarkGather(b *testing.B) {
	own := func(axes ...int) []Source {
		from := []Source{}
		for _, k := range axes {
			from = append(from, Source{Axis: k})
		}
		return from
	}
	item := func(items []int32, axes ...int) Source { return Source{Items: items, Axes: append([]int{}, axes...)} }
	for _, c := range []struct {
		name    string
		in, out Shape
		from    []Source
	}{
		{"axis=outer/op=broadcast/cells=3600Ki", Shape{500}, Shape{200, 500, 36}, own(1)},
		{"axis=inner/op=broadcast/cells=1Mi", Shape{1 << 17}, Shape{1 << 17, 8}, own(0)},
		{"axis=outer/op=repeat/cells=1Mi", Shape{1 << 10}, Shape{1 << 10, 1 << 10}, own(1)},
		{"axis=both/op=transpose/cells=1Mi", Shape{1 << 10, 1 << 10}, Shape{1 << 10, 1 << 10}, own(1, 0)},
		{"axis=both/op=transpose/cells=3600Ki", Shape{36, 500, 200}, Shape{200, 500, 36}, own(2, 1, 0)},
		{"axis=outer/op=slice/cells=1Mi", Shape{64, 1 << 20}, Shape{1 << 20}, []Source{item([]int32{31}), {Axis: 0}}},
		{"axis=inner/op=shift/cells=1Mi", Shape{29128, 36}, Shape{29128, 36}, []Source{{Axis: 0}, item(append([]int32{-1}, benchItems(35, 35, true)...), 1)}},
		{"axis=outer/op=map/cells=1Mi", Shape{300, 1 << 10}, Shape{1 << 10, 1 << 10}, []Source{item(benchItems(1<<10, 300, false), 0), {Axis: 1}}},
		{"axis=inner/op=map/cells=1Mi", Shape{1 << 10, 300}, Shape{1 << 10, 1 << 10}, []Source{{Axis: 0}, item(benchItems(1<<10, 300, false), 1)}},
		{"axis=inner/op=map_sorted/cells=1Mi", Shape{1 << 10, 300}, Shape{1 << 10, 1 << 10}, []Source{{Axis: 0}, item(benchItems(1<<10, 300, true), 1)}},
		{"axis=only/op=map/cells=1Mi", Shape{300}, Shape{1 << 20}, []Source{item(benchItems(1<<20, 300, false), 0)}},
		{"axis=joined/op=map/cells=3600Ki", Shape{300, 36}, Shape{100000, 36}, []Source{item(benchItems(3600000, 300, false), 0, 1), {Axis: 1}}},
		{"axis=joined_outer/op=map/cells=3600Ki", Shape{30, 12, 64}, Shape{4688, 12, 64}, []Source{item(benchItems(4688*12, 30, false), 0, 1), {Axis: 1}, {Axis: 2}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := NewPool()
			id := benchSet(p, c.in, "half")
			for b.Loop() {
				p.Gather(id, c.in, c.out, c.from, false)
			}
			report(b, c.out.Len())
		})
	}
}

func BenchmarkReduce(b *testing.B) {
	shape := Shape{1 << 7, 36, 1 << 8}
	for axis, name := range []string{"outer", "middle", "inner"} {
		b.Run("axis="+name+"/cells=1152Ki", func(b *testing.B) {
			p := NewPool()
			id := benchSet(p, shape, "runs")
			for b.Loop() {
				p.Reduce(id, shape, []int{axis})
			}
			report(b, shape.Len())
		})
	}
}

func BenchmarkPrefix(b *testing.B) {
	shape := Shape{1 << 7, 36, 1 << 8}
	for axis, name := range []string{"outer", "middle", "inner"} {
		b.Run("axis="+name+"/cells=1152Ki", func(b *testing.B) {
			p := NewPool()
			id := benchSet(p, shape, "runs")
			for b.Loop() {
				p.Prefix(id, shape, axis)
			}
			report(b, shape.Len())
		})
	}
}

func BenchmarkReduceBy(b *testing.B) {
	for _, density := range []string{"half", "runs"} {
		for _, c := range []struct {
			name string
			by   By
		}{
			{"block=1000", By{Loop: Shape{1000, 1000}, In: []int{0, 1}, ItemAxes: []int{0}, Out: []int{-1, 1}}},
			{"block=1", By{Loop: Shape{1000000}, In: []int{0}, ItemAxes: []int{0}, Out: []int{-1}}},
			{"block=1_joined", By{Loop: Shape{27778, 36}, In: []int{0}, ItemAxes: []int{0, 1}, Out: []int{-1, 1}}},
		} {
			b.Run(fmt.Sprintf("%s/set=%s/cells=1M", c.name, density), func(b *testing.B) {
				p, n := NewPool(), 1
				var in Shape
				for _, k := range c.by.In {
					in = append(in, c.by.Loop[k])
				}
				for _, k := range c.by.ItemAxes {
					n *= c.by.Loop[k]
				}
				c.by.Items, c.by.Target = benchItems(n, 300, false), 300
				id := benchSet(p, in, density)
				for b.Loop() {
					p.ReduceBy(id, in, c.by)
				}
				report(b, 1000000)
			})
		}
	}
}

func BenchmarkWords(b *testing.B) {
	for _, density := range []string{"half", "sparse", "runs"} {
		b.Run("set="+density+"/cells=1Mi", func(b *testing.B) {
			p := NewPool()
			id := benchSet(p, Shape{1 << 20}, density)
			for b.Loop() {
				p.Words(id, 1<<20)
			}
			report(b, 1<<20)
		})
	}
}

// BenchmarkIntern is FromWords of a content that the pool has.
func BenchmarkIntern(b *testing.B) {
	for _, cells := range []int{100, 4096, 1 << 20} {
		for _, density := range []string{"half", "sparse", "runs"} {
			b.Run(fmt.Sprintf("set=%s/cells=%d", density, cells), func(b *testing.B) {
				p, n := NewPool(), uint64(cells)
				words := p.Words(benchSet(p, Shape{cells}, density), n)
				for b.Loop() {
					p.FromWords(words, n)
				}
				report(b, n)
			})
		}
	}
}

func BenchmarkAnd(b *testing.B) {
	for _, density := range []string{"half", "sparse", "runs"} {
		b.Run("set="+density+"/sets=4/cells=1Mi", func(b *testing.B) {
			p, n := NewPool(), uint64(1<<20)
			ids := make([]SetID, 4)
			for i := range ids {
				ids[i] = p.FromWords(append(p.Words(benchSet(p, Shape{1<<20 - 64}, density), n-64), uint64(i)), n)
			}
			for b.Loop() {
				p.And(n, ids...)
			}
			report(b, n)
		})
	}
}

func BenchmarkFromCells(b *testing.B) {
	p := NewPool()
	for b.Loop() {
		p.FromCells([]uint64{77777}, 100000)
	}
	report(b, 1)
}

func BenchmarkContains(b *testing.B) {
	p := NewPool()
	id := benchSet(p, Shape{1 << 20}, "runs")
	for b.Loop() {
		p.Contains(id, 999999)
	}
	report(b, 1)
}
