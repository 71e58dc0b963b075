package bench

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/mask"
)

// Layout is how the rows of a table say which cells they are.
type Layout string

// The layouts of tables.
const (
	Columns Layout = "columns" // dimension columns of dictionaries over text
	Text    Layout = "text"    // dimension columns of text
	Index   Layout = "index"   // dimension columns of item positions
	Dense   Layout = "dense"   // no dimension columns: the rows are the cells of the block
)

// Table is a result set that is masked for one member: rows of measures, placed by dimension columns or as a dense
// block, of which a share is hidden by rights that are stored cell by cell. The zero value of a field stands for its
// default, but for Hidden. Equal Tables make equal batches, on every machine.
type Table struct {
	Layout   Layout // Columns, Text, Index or Dense; default Columns
	Rows     int    // default 1 Mi
	Dims     int    // default 3; by columns of 200, 500, 36, 12, 8, 4 items and 4 in each further one
	Factors  int    // access-rights metrics that govern the measures; default 2: one on each dimension, then on pairs, and on more where lists are short
	Hidden   int    // of a hundred cells
	Run      int    // how many neighbours share their fate: rows of one cell by columns, cells of a factor in a dense block; default 1
	Type     string // of the measures: float64 (default), int32, bool, text, decimal, list
	Measures int    // columns of values; default 1
	Locks    bool   // with a column of locks for each measure
	Workers  int    // how many work at once; default 1, so that figures are those of one core
	Seed     uint64
}

func (t Table) whole() Table {
	or := func(n *int, def int) {
		if *n == 0 {
			*n = def
		}
	}
	or(&t.Rows, 1<<20)
	or(&t.Dims, 3)
	or(&t.Factors, 2)
	or(&t.Run, 1)
	or(&t.Measures, 1)
	or(&t.Workers, 1)
	if t.Layout == "" {
		t.Layout = Columns
	}
	if t.Type == "" {
		t.Type = "float64"
	}
	return t
}

// Model is the name of the table among workloads. Keys that have their default values but for the first five are left
// out.
func (t Table) Model() string {
	t = t.whole()
	out := fmt.Sprintf("layout=%s/rows=%s/dims=%d/factors=%d/hidden=%d", t.Layout, inBinary(t.Rows), t.Dims, t.Factors, t.Hidden)
	if t.Run != 1 {
		out += fmt.Sprintf("/run=%s", inBinary(t.Run))
	}
	if t.Type != "float64" {
		out += "/type=" + t.Type
	}
	if t.Measures != 1 {
		out += fmt.Sprintf("/measures=%d", t.Measures)
	}
	if t.Locks {
		out += "/locks=true"
	}
	if t.Workers != 1 {
		out += fmt.Sprintf("/workers=%d", t.Workers)
	}
	return out
}

// Sheet is a Table made: a batch, whom it is masked for, and how.
type Sheet struct {
	Member  *engine.Member
	Batch   arrow.RecordBatch // Release it when it is needed no more
	Options mask.Options
	Values  int64 // bytes of the measures' values
	Cells   int64 // rows times measures
}

// Sheet makes the table.
func (t Table) Sheet(ctx context.Context) (*Sheet, error) {
	t = t.whole()
	ws, lists, err := t.workspace()
	if err != nil {
		return nil, err
	}
	rights, err := engine.Compile(ctx, ws, engine.Options{})
	if err != nil {
		return nil, err
	}
	s := &Sheet{Member: rights.MemberAt(0), Options: mask.Options{Workers: t.Workers, Locks: t.Locks}, Cells: int64(t.Rows) * int64(t.Measures)}
	switch t.Layout {
	case Dense:
		s.Options.Dense = measureName(0)
	case Index:
		s.Options.DimIndex = map[string]string{}
		for _, l := range lists {
			s.Options.DimIndex[l.Name] = l.Name
		}
	}
	s.Batch, s.Values, err = t.batch(lists)
	return s, err
}

func measureName(i int) string { return fmt.Sprintf("Value %02d", i) }

// workspace is a model of one member whose rights are stored: each factor denies an exact share of its cells, so that
// all together hide what Hidden says.
func (t Table) workspace() (*cube.Workspace, []*cube.List, error) {
	sizes, err := t.sizes()
	if err != nil {
		return nil, nil, err
	}
	ws := cube.NewWorkspace("Table")
	app := ws.AddApplication("Results")
	if err := ws.Users.Append("reader@example.com"); err != nil {
		return nil, nil, err
	}
	modeler, _ := app.RoleList.Find("Modeler")
	app.SetRoleOf(0, modeler)
	var lists []*cube.List
	for i, n := range sizes {
		l := app.AddList(fmt.Sprintf("Dimension %02d", i))
		lists = append(lists, l)
		for k := range n {
			if err := l.Append(fmt.Sprintf("dimension %02d item %06d", i, k)); err != nil {
				return nil, nil, err
			}
		}
	}
	var measures []*cube.Block
	for i := range t.Measures {
		measures = append(measures, app.AddMetric(measureName(i), cube.Type{Kind: cube.Number}, lists...))
	}
	for i := range t.Factors {
		if err := t.factor(app, i, measures, t.over(i, lists)); err != nil {
			return nil, nil, err
		}
	}
	return ws, lists, nil
}

// each is the share of its cells that a factor denies, so that all together hide what Hidden says.
func (t Table) each() float64 { return 1 - math.Pow(1-float64(t.Hidden)/100, 1/float64(t.Factors)) }

// run is how many neighbouring cells of a factor share their fate.
func (t Table) run() int {
	if t.Layout == Dense {
		return t.Run
	}
	return 1
}

// over are the dimensions of a factor: one, then pairs, and as many more as it takes to deny at least four runs of
// cells, without which the share that is hidden would be far from what Hidden says.
func (t Table) over(i int, lists []*cube.List) []*cube.List {
	n := 1
	if i >= t.Dims && t.Dims > 1 {
		n = 2
	}
	for ; ; n++ {
		var dims []*cube.List
		cells := 1
		for k := range n {
			dims = append(dims, lists[(i+k)%t.Dims])
			cells *= dims[k].Len()
		}
		if n >= t.Dims || t.each()*float64(cells/t.run()) >= 4 || t.Hidden == 0 {
			return dims
		}
	}
}

// factor adds a metric of stored rights over User and dims, and a rule that applies it to the measures.
func (t Table) factor(app *cube.Application, i int, measures []*cube.Block, dims []*cube.List) error {
	name := fmt.Sprintf("Rights %02d", i)
	m := app.AddMetric(name, cube.Type{Kind: cube.AccessRights}, slices.Concat([]*cube.List{app.Workspace().Users}, dims)...)
	space, err := m.Space()
	if err != nil {
		return err
	}
	vec := cube.NewVector(cube.AccessRights, int(space.Len()))
	for c, hidden := range exactly(newDice(t.Seed, uint64(100+i)), vec.N, t.run(), t.each()) {
		vec.Bytes[c] = uint8(cube.Read | cube.Write)
		if hidden {
			vec.Bytes[c] = 0
		}
	}
	m.Input = cube.NewDense(m.Type, space, vec)
	app.Rules = append(app.Rules, &cube.Rule{
		Name: "Rule " + name, Metric: m, Categories: cube.Read | cube.Write, Target: cube.OnMetrics, Blocks: measures,
	})
	return nil
}

// exactly draws n booleans in runs, of which the given share of runs is true, rounded to a whole run.
func exactly(d dice, n, run int, share float64) []bool {
	runs := (n + run - 1) / run
	of := make([]bool, runs)
	for i := range int(math.Round(share * float64(runs))) {
		of[i] = true
	}
	for i := runs - 1; i > 0; i-- {
		j := d.n(i + 1)
		of[i], of[j] = of[j], of[i]
	}
	out := make([]bool, n)
	for i := range out {
		out[i] = of[i/run]
	}
	return out
}

// sizes are how many items each dimension has. Those of a dense block multiply to its rows, and are as equal as the
// prime factors of the rows allow.
func (t Table) sizes() ([]int, error) {
	if t.Dims < 1 || t.Dims > cube.MaxDimensions {
		return nil, fmt.Errorf("bench: a table of %d dimensions", t.Dims)
	}
	if t.Layout != Dense {
		sizes := []int{200, 500, 36, 12, 8, 4}
		for len(sizes) < t.Dims {
			sizes = append(sizes, 4)
		}
		return sizes[:t.Dims], nil
	}
	sizes := slices.Repeat([]int{1}, t.Dims)
	var primes []int
	for n, p := t.Rows, 2; n > 1; p++ {
		for ; n%p == 0; n /= p {
			primes = append(primes, p)
		}
	}
	for _, p := range slices.Backward(primes) {
		least := 0
		for i := range sizes {
			if sizes[i] < sizes[least] {
				least = i
			}
		}
		sizes[least] *= p
	}
	return sizes, nil
}
