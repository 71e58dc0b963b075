package bench

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
)

// Curve is how the time of a workload grows with one of its sizes.
type Curve struct {
	Name  string // such as "compile by members"
	Sizes []int
	At    func(size int) Workload
	Meant float64 // the exponent it is meant to have at most: 1 is linear, 0 is flat
	Known string  // why it is worse today, "" where it is not
	Most  float64 // the exponent above which a guard fails
}

// Curves are the growth curves that are watched. Large sizes are those that a guard can afford.
func Curves() []Curve {
	company := func(c Company, set func(*Company, int), task func(Company) Workload) func(int) Workload {
		return func(n int) Workload {
			set(&c, n)
			return task(c)
		}
	}
	table := func(t Table, set func(*Table, int)) func(int) Workload {
		return func(n int) Workload {
			set(&t, n)
			return t.Mask()
		}
	}
	members := func(c *Company, n int) { c.Members = n }
	blocks := func(c *Company, n int) { c.Blocks = n }
	depth := func(c *Company, n int) { c.Depth, c.Blocks = n, 4*(n+1) }
	rows := func(t *Table, n int) { t.Rows = n }
	thousand := Company{Members: 1000}
	curves := []Curve{
		{Name: "mask by rows, columns", Sizes: []int{1 << 15, 1 << 16, 1 << 17, 1 << 18, 1 << 19}, At: table(Table{Hidden: 10}, rows), Meant: 1},
		{Name: "mask by rows, dense", Sizes: []int{1 << 16, 1 << 17, 1 << 18, 1 << 19, 1 << 20}, At: table(Table{Layout: Dense, Hidden: 10}, rows), Meant: 1},
		{Name: "mask by dimensions", Sizes: []int{1, 2, 4, 8, 16}, At: table(Table{Rows: 1 << 17, Hidden: 10}, func(t *Table, n int) { t.Dims = n }), Meant: 1},
		{Name: "mask by factors", Sizes: []int{1, 2, 4, 8, 16}, At: table(Table{Rows: 1 << 17, Hidden: 10}, func(t *Table, n int) { t.Factors = n }), Meant: 1},
		{Name: "mask by hidden share", Sizes: []int{1, 3, 10, 30, 90}, At: table(Table{Rows: 1 << 17}, func(t *Table, n int) { t.Hidden = n }), Meant: 0, Most: 0.3},
		{Name: "compile by members", Sizes: []int{10_000, 20_000, 40_000, 80_000, 160_000}, At: company(Company{Kinds: 300}, members, Company.Compile), Meant: 1},
		{Name: "compile by kinds", Sizes: []int{100, 200, 400, 800, 1600}, At: company(Company{Members: 10_000}, func(c *Company, n int) { c.Kinds = n }, Company.Compile), Meant: 1},
		{Name: "check by blocks", Sizes: []int{60, 120, 240, 480, 960}, At: company(thousand, blocks, Company.Check), Meant: 1},
		{Name: "compile by blocks", Sizes: []int{60, 120, 240, 480}, At: company(thousand, blocks, Company.Compile), Meant: 1},
		{Name: "check by depth", Sizes: []int{8, 16, 32, 64, 128}, At: company(thousand, depth, Company.Check), Meant: 1},
		{Name: "materialize by depth", Sizes: []int{16, 32, 64, 128}, At: company(thousand, depth, Company.Materialize), Meant: 1},
		{Name: "join by members", Sizes: []int{10_000, 20_000, 40_000, 80_000}, At: func(n int) Workload { return Join{n}.Compile() }, Meant: 1.2, Most: 1.2},
	}
	for i := range curves {
		curves[i].Most = cmp.Or(curves[i].Most, curves[i].Meant+0.25)
	}
	return curves
}

// Point is the shortest time at one size, of a few.
type Point struct {
	Size    int     `json:"size"`
	Seconds float64 `json:"seconds"`
	Spread  float64 `json:"spread"` // how far the quartiles of the times are apart, in parts of their median
}

// Measure measures a curve: its sizes in turns, the best of so many times each.
func (c Curve) Measure(ctx context.Context, times int) ([]Point, error) {
	stage := NewStage("")
	ops := make([]*Op, len(c.Sizes))
	taken := make([][]float64, len(c.Sizes))
	for i, n := range c.Sizes {
		op, err := c.At(n).Prepare(ctx, stage)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		if err := op.Do(ctx); err != nil {
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
	points := make([]Point, len(c.Sizes))
	for i, n := range c.Sizes {
		points[i] = Point{n, slices.Min(taken[i]), Spread(taken[i])}
	}
	return points, stage.Close()
}

// Spread is how far the quartiles of values are apart, in parts of their median.
func Spread(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	return (v[len(v)*3/4] - v[len(v)/4]) / middle(v)
}

// Exponent is the e of the power n^e that fits the points best, each weighing the same: what time is multiplied by,
// where the size doubles, is 2^e.
func Exponent(points []Point) float64 {
	var sx, sy, sxx, sxy float64
	n := float64(len(points))
	for _, p := range points {
		x, y := math.Log(float64(p.Size)), math.Log(p.Seconds)
		sx, sy, sxx, sxy = sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}
