package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Curve is how the time of a workload grows with one of its sizes, and what it makes.
type Curve struct {
	Name  string // what, by which size: "compile by members"
	Sizes []int
	At    func(size int) Workload
	Meant float64 // the exponent it is meant to have at most: 1 is linear, 0 is flat
	Known string  // why it is worse today, "" where it is not
	Most  float64 // the exponent above which a guard fails
}

// Curves are the growth curves that are watched. Large sizes are those that a guard can afford.
func Curves() []Curve {
	curves := append(maskCurves(), companyCurves()...)
	curves = append(curves, Curve{
		Name: "compile join by members", Sizes: []int{10_000, 20_000, 40_000, 80_000},
		At: func(n int) Workload { return join{n}.Compile() }, Meant: 1.2, Most: 1.2,
	})
	for i := range curves {
		curves[i].Most = cmp.Or(curves[i].Most, curves[i].Meant+0.25)
	}
	return curves
}

func maskCurves() []Curve {
	table := func(t Table, set func(*Table, int)) func(int) Workload {
		return func(n int) Workload {
			set(&t, n)
			return t.Mask()
		}
	}
	rows := func(t *Table, n int) { t.Rows = n }
	return []Curve{
		{Name: "mask columns by rows", Sizes: []int{1 << 15, 1 << 16, 1 << 17, 1 << 18, 1 << 19}, At: table(Table{Hidden: 10}, rows), Meant: 1},
		{Name: "mask dense by rows", Sizes: []int{1 << 16, 1 << 17, 1 << 18, 1 << 19, 1 << 20}, At: table(Table{Layout: Dense, Hidden: 10}, rows), Meant: 1},
		{Name: "mask by dimensions", Sizes: []int{1, 2, 4, 8, 16}, At: table(Table{Rows: 1 << 17, Hidden: 10}, func(t *Table, n int) { t.Dims = n }), Meant: 1},
		{Name: "mask by factors", Sizes: []int{1, 2, 4, 8, 16}, At: table(Table{Rows: 1 << 17, Hidden: 10}, func(t *Table, n int) { t.Factors = n }), Meant: 1},
		{Name: "mask by hidden share", Sizes: []int{1, 3, 10, 30, 90}, At: table(Table{Rows: 1 << 17}, func(t *Table, n int) { t.Hidden = n }), Meant: 0, Most: 0.3},
	}
}

func companyCurves() []Curve {
	company := func(c Company, set func(*Company, int), task func(Company) Workload) func(int) Workload {
		return func(n int) Workload {
			set(&c, n)
			return task(c)
		}
	}
	members := func(c *Company, n int) { c.Members = n }
	kinds := func(c *Company, n int) { c.Kinds = n }
	blocks := func(c *Company, n int) { c.Blocks = n }
	depth := func(c *Company, n int) { c.Depth, c.Blocks = n, 4*(n+1) }
	thousand, many := Company{Members: 1000}, Company{Members: 10_000}
	byMembers, byKinds := []int{10_000, 20_000, 40_000, 80_000, 160_000}, []int{100, 200, 400, 800, 1600}
	byBlocks, byDepth := []int{60, 120, 240, 480}, []int{16, 32, 64, 128}
	return []Curve{
		{Name: "compile by members", Sizes: byMembers, At: company(Company{Kinds: 300}, members, Company.Compile), Meant: 1},
		{Name: "materialize by members", Sizes: byMembers, At: company(Company{Kinds: 300}, members, Company.Materialize), Meant: 1},
		{Name: "update a role by members", Sizes: byMembers, At: company(Company{Kinds: 300}, members, func(c Company) Workload { return c.Update("role") }), Meant: 0, Most: 0.25},
		{Name: "first answer from a file by members", Sizes: byMembers, At: company(Company{Kinds: 300}, members, Company.First), Meant: 1},
		{Name: "write by members", Sizes: byMembers, At: company(Company{Kinds: 300}, members, Company.Write), Meant: 1},
		{Name: "compile by kinds", Sizes: byKinds, At: company(many, kinds, Company.Compile), Meant: 1},
		{Name: "materialize by kinds", Sizes: byKinds[:4], At: company(many, kinds, Company.Materialize), Meant: 1},
		{Name: "check by blocks", Sizes: append(byBlocks, 960), At: company(thousand, blocks, Company.Check), Meant: 1},
		{Name: "compile by blocks", Sizes: byBlocks, At: company(thousand, blocks, Company.Compile), Meant: 1},
		{Name: "materialize by blocks", Sizes: byBlocks, At: company(thousand, blocks, Company.Materialize), Meant: 1},
		{Name: "check by depth", Sizes: append([]int{8}, byDepth...), At: company(thousand, depth, Company.Check), Meant: 1},
		{Name: "compile by depth", Sizes: byDepth, At: company(thousand, depth, Company.Compile), Meant: 1},
		{Name: "materialize by depth", Sizes: byDepth, At: company(thousand, depth, Company.Materialize), Meant: 1},
	}
}

// Point is the shortest time at one size, of a few.
type Point struct {
	Size    int     `json:"size"`
	Seconds float64 `json:"seconds"`
	Spread  float64 `json:"spread"`         // how far the quartiles of the times are apart, in parts of their median
	Heap    float64 `json:"heap,omitempty"` // bytes that what was made holds on to; 0 where it is nothing that lasts
}

// Measure measures a curve: its sizes in turns, the best of so many times each.
func (c Curve) Measure(ctx context.Context, times int) (points []Point, err error) {
	stage := NewStage("")
	defer func() { err = errors.Join(err, stage.Close()) }()
	ops := make([]*Op, len(c.Sizes))
	taken := make([][]float64, len(c.Sizes))
	for i, n := range c.Sizes {
		op, err := c.At(n).Prepare(ctx, stage)
		if err == nil {
			err = op.Do(ctx)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		ops[i] = op
	}
	for range times {
		for i, op := range ops {
			s := series{op: op, n: 1}
			took, err := s.time(ctx)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.Name, err)
			}
			taken[i] = append(taken[i], took.Seconds())
		}
	}
	for i, n := range c.Sizes {
		p := Point{Size: n, Seconds: slices.Min(taken[i]), Spread: Spread(taken[i])}
		if ops[i].Heap != nil {
			if p.Heap, err = ops[i].Heap(ctx); err != nil {
				return nil, fmt.Errorf("%s: %w", c.Name, err)
			}
		}
		points = append(points, p)
	}
	return points, nil
}

// Spread is how far the quartiles of values are apart, in parts of their median.
func Spread(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	return (v[len(v)*3/4] - v[len(v)/4]) / middle(v)
}

// Exponents are the e of the power n^e that fits the times of points best, and of the bytes they hold on to, each
// weighing the same: what is multiplied by 2^e, where the size doubles.
func Exponents(points []Point) (seconds, heap float64) {
	return fit(points, func(p Point) float64 { return p.Seconds }), fit(points, func(p Point) float64 { return p.Heap })
}

func fit(points []Point, of func(Point) float64) float64 {
	var sx, sy, sxx, sxy float64
	n := float64(len(points))
	for _, p := range points {
		x, y := math.Log(float64(p.Size)), math.Log(of(p))
		sx, sy, sxx, sxy = sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}
