package mask

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// everything is one batch with all choices that a call may make at once, and what must come of it.
type everything struct {
	w       *world
	rng     *rand.Rand
	lists   []*cube.List
	members []*engine.Member // the first decides what is hidden in the values
	opt     Options
	n       int
	from    int // the window of the table that is the batch
	to      int
	first   uint64 // cell of the table's first row, in a dense block
	dense   *cube.Block
	columns []everyColumn
	held    map[*cube.List][]int // by row of the table; fixed dimensions too
	seed    uint64
	known   map[*engine.Member]*everyMember
}

// everyColumn is a column of the table.
type everyColumn struct {
	name   string
	list   *cube.List // of a dimension
	block  *cube.Block
	chosen []int // items, of a measure whose values are items
	values arrow.Array
	dt     arrow.DataType
	firm   bool // its field has no nulls
	md     arrow.Metadata
}

// everyWorld has four lists, metrics over any of them, of any type, a calculated one, and rules over one dimension or several.
func everyWorld(t testing.TB, rng *rand.Rand) (*world, []*cube.List) {
	w := newWorld(t)
	modeler, _ := w.app.RoleList.Find("Modeler")
	for i := range 4 {
		require.NoError(t, w.ws.Users.Append(fmt.Sprint("user ", i)))
		w.app.SetRoleOf(cube.ItemID(3+i), modeler)
	}
	size := func() int { return []int{1, 2, 5, 17, 64, 65, 300, 0}[min(rng.IntN(8), rng.IntN(30))] }
	numbers := append([]string{"-5", "007", "18446744073709551615", "-9223372036854775808", "128", "65536"}[:rng.IntN(7)], names("", size())...)
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	rng.Shuffle(len(numbers), func(i, j int) { numbers[i], numbers[j] = numbers[j], numbers[i] })
	long := []string{"", "an item whose name has more than ", "an item whose name is so long that nothing but its middle tells it apart: "}[rng.IntN(3)]
	texts := make([]string, size())
	for i := range texts {
		texts[i] = fmt.Sprintf("%sitem %04d%s", long, i, strings.Repeat(" and its end", len(long)%2))
	}
	lists := []*cube.List{w.list("Numbers", numbers...), w.list("Days", days(size())...), w.list("Names", texts...), w.ws.Users}
	some := func() []*cube.List {
		var dims []*cube.List
		for _, k := range rng.Perm(4)[:rng.IntN(4)] {
			dims = append(dims, lists[k])
		}
		return dims
	}
	for i := range 4 {
		w.metric(fmt.Sprint("M", i), some()...)
	}
	calculated := w.metric("M4", w.app.Metric("M0").Dims...)
	calculated.Formula = &cube.Formula{Text: "M0", Author: cube.NoItem}
	w.app.AddMetric("Choice", cube.Type{Kind: cube.Item, List: lists[2]}, some()...)
	w.app.AddMetric("Who", cube.Type{Kind: cube.Item, List: lists[3]}, some()...)
	w.ws.AddProperty(lists[1], "Weight", cube.Type{Kind: cube.Number})
	w.ws.AddProperty(lists[0], "Name", cube.Type{Kind: cube.Item, List: lists[2]})
	everyRules(w, rng, lists)
	return w, lists
}

func everyRules(w *world, rng *rand.Rand, lists []*cube.List) {
	for i := range rng.IntN(7) {
		var on []*cube.Block
		var dims []*cube.List
		target := cube.OnMetrics
		if l := lists[rng.IntN(3)]; rng.IntN(3) == 0 {
			target, on, dims = cube.OnItems, []*cube.Block{l.ItemSet}, []*cube.List{l}
		} else {
			b := w.app.Metric([]string{"M0", "M1", "M2", "M3", "Choice", "Who"}[rng.IntN(6)])
			on = []*cube.Block{b}
			for _, k := range rng.Perm(len(b.Dims)) {
				if rng.IntN(4) > 0 && b.Dims[k] != w.ws.Users {
					dims = append(dims, b.Dims[k])
				}
			}
		}
		cells := 1
		for _, l := range dims {
			cells *= l.Len()
		}
		if cells > 6000 {
			continue
		}
		odds := 1 + rng.IntN(8)
		w.rule(fmt.Sprint("AR", i), target, on, func(cube.ItemID, []cube.ItemID) cube.Rights {
			if rng.IntN(odds) == 0 {
				return cube.Rights(rng.IntN(4))
			}
			return cube.Read | cube.Write
		}, dims...)
	}
}

// newEverything makes all choices from the seed.
func newEverything(t testing.TB, seed uint64) *everything {
	rng := rand.New(rand.NewPCG(seed, 500))
	e := &everything{rng: rng, seed: seed, held: map[*cube.List][]int{}}
	e.w, e.lists = everyWorld(t, rng)
	for _, k := range rng.Perm(7)[:1+rng.IntN(4)] {
		e.members = append(e.members, e.w.member(e.w.ws.Users.Item(cube.ItemID(k))))
	}
	if as, err := e.w.rights.Impersonate("ada", e.members[0].Name()); err == nil && rng.IntN(8) == 0 {
		e.members[0] = as
	}
	e.n = []int{0, 1, 2, 63, 64, 65, 130, 511, 512, 513, 700}[rng.IntN(11)]
	if rng.IntN(25) == 0 {
		e.n = []int{4095, 4096, 4097, 16_385, 20_000}[rng.IntN(5)]
	}
	e.from = rng.IntN(e.n + 1)
	if e.to = e.from + rng.IntN(e.n-e.from+1); rng.IntN(3) == 0 {
		e.from, e.to = 0, e.n
	}
	e.opt = Options{
		Readable: rng.IntN(2) == 0, Locks: rng.IntN(2) == 0, DropRows: rng.IntN(4) == 0, Sort: rng.IntN(4) == 0, Refuse: rng.IntN(12) == 0,
		Workers: 1 + rng.IntN(3), TrustMetadata: rng.IntN(4) == 0,
		Columns: map[string]string{}, Dims: map[string]string{}, DimIndex: map[string]string{}, At: map[string]string{},
	}
	blocks := e.measured()
	e.placeLists(blocks)
	e.rng.Shuffle(len(e.columns), func(i, j int) { e.columns[i], e.columns[j] = e.columns[j], e.columns[i] })
	return e
}

// measured adds a column for some of the blocks, for some two; in a dense block for those with its dimensions.
func (e *everything) measured() []*cube.Block {
	all := []*cube.Block{e.lists[1].Property("Weight"), e.lists[0].Property("Name")}
	for _, name := range []string{"M0", "M1", "M2", "M3", "M4", "Choice", "Who"} {
		all = append(all, e.w.app.Metric(name))
	}
	if e.rng.IntN(5) == 0 {
		e.dense = all[e.rng.IntN(len(all))]
		space, err := e.dense.Space()
		if err != nil || space.Len() > 50_000 {
			e.dense = nil
		} else {
			e.n = min(e.n, int(space.Len()))
			e.from, e.to = min(e.from, e.n), min(e.to, e.n)
			e.first = uint64(e.rng.IntN(int(space.Len()) - e.n + 1))
			e.opt.Dense = e.dense.Label()
		}
	}
	var out []*cube.Block
	for _, b := range all {
		if e.dense != nil && !slices.Equal(b.Dims, e.dense.Dims) || e.rng.IntN(3) == 0 {
			continue
		}
		c := everyColumn{name: b.Label(), block: b}
		e.columns = append(e.columns, c)
		out = append(out, b)
		if e.rng.IntN(8) == 0 {
			c.name = "another " + b.Label()
			e.opt.Columns[c.name] = []string{b.Label(), b.String()}[e.rng.IntN(2)]
			e.columns = append(e.columns, c)
		}
	}
	return out
}

// placeLists gives each dimension of the blocks a column, or fixes it, and some others a column.
func (e *everything) placeLists(blocks []*cube.Block) {
	for _, l := range e.lists {
		needed := slices.ContainsFunc(blocks, func(b *cube.Block) bool { return slices.Contains(b.Dims, l) })
		switch {
		case e.dense != nil || !needed && e.rng.IntN(3) > 0:
			continue
		case needed && l.Len() > 0 && e.rng.IntN(4) == 0:
			item := e.rng.IntN(l.Len())
			e.opt.At[[]string{l.NameIn(e.w.app), l.String()}[e.rng.IntN(2)]] = l.Item(cube.ItemID(item))
			e.held[l] = slices.Repeat([]int{item}, e.n)
			continue
		}
		c := everyColumn{name: l.NameIn(e.w.app), list: l}
		index := e.rng.IntN(4) == 0
		if !needed || index || e.rng.IntN(3) == 0 {
			if e.rng.IntN(2) == 0 {
				c.name = "column of " + c.name
			}
			switch {
			case e.opt.TrustMetadata && e.rng.IntN(2) == 0:
				md := map[string]string{MetadataList: l.String()}
				if index {
					md[MetadataEncoding], md[MetadataDigest] = "index", Digest(l)
				}
				c.md = arrow.MetadataFrom(md)
			case index:
				e.opt.DimIndex[c.name] = l.Name
			default:
				e.opt.Dims[c.name] = l.Name
			}
		}
		g := &itemLayouts{e.rng, l, index}
		c.dt = g.itemType(0, e.n+24)
		e.held[l] = e.pick(g, c.dt)
		c.values = array.MakeFromData(g.column(c.dt, e.held[l]))
		e.columns = append(e.columns, c)
	}
}

// pick is items that a column of the type can hold, in runs or one by one, and what is none.
func (e *everything) pick(g *itemLayouts, dt arrow.DataType) []int {
	can, dirty, run := g.nameable(leaf(dt)), e.rng.IntN(3), []int{1, 1, 3, 70, 300}[e.rng.IntN(5)]
	items := make([]int, e.n)
	for i := range items {
		switch {
		case i > 0 && i%run != 0:
			items[i] = items[i-1]
		case len(can) == 0 || dirty > 0 && e.rng.IntN(9) == 0:
			items[i] = someoneElse
		case dirty > 1 && e.rng.IntN(9) == 0:
			items[i] = nothing
		default:
			items[i] = can[e.rng.IntN(len(can))]
		}
	}
	return items
}

// cell is where a row of the table stands in a block; ok is false where it stands nowhere.
func (e *everything) cell(b *cube.Block, row int) (items []cube.ItemID, ok bool) {
	items, ok = make([]cube.ItemID, len(b.Dims)), true
	if e.dense != nil {
		space, _ := b.Space()
		space.At(e.first+uint64(row), items)
		return items, true
	}
	for k, l := range b.Dims {
		items[k] = cube.ItemID(max(e.held[l][row], int(cube.NoItem)))
		ok = ok && e.held[l][row] >= 0
	}
	return items, ok
}
