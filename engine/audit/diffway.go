package audit

import (
	"slices"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/inherit"
)

// metricChanged is why factor i of a side denies cells, a rule's that is stated as on the other side, there as factor j.
// Cells that the other side's metric holds, and this one's does not, are values that changed. Where others deny, which
// the other side's metric does not hold either, it is the way from the metric to the block that changed. A cell may be
// denied by both.
func (x *reasoning) metricChanged(s, i, j int, add func([]Why, constraint) error) error {
	t := x.traces[s]
	dims, here, id := t.Holding(i)
	there, otherID, ok := x.holdingThere(s, dims, j)
	numbers := []uint64{uint64(id), uint64(otherID), uint64(j)}
	if !ok {
		return x.wayChanged(s, i, here, numbers[:1], add)
	}
	were, n := there.Words(), here.Cells()
	is := here.Words()
	changed := false
	for k, w := range is {
		changed = changed || were[k]&^w != 0
		is[k], were[k] = w|were[k], w|^were[k] // what either holds; all but what changed
	}
	if !changed {
		return x.wayChanged(s, i, here, numbers[:1], add)
	}
	set := func(words []uint64) bitmap.Set {
		pool := bitmap.NewPool()
		return pool.Set(pool.FromWords(words, n), n)
	}
	spares, err := x.remembered(s, i, append(numbers, 0), func() bitmap.Set { return t.Suppose(i, set(were), true, nil) })
	if err != nil {
		return err
	}
	if err := add(x.valuesChanged(s, t.Factors[i].Rules[0].Metric), spares); err != nil {
		return err
	}
	return x.wayChanged(s, i, set(is), append(numbers, 1), add)
}

// holdingThere is what the metric of factor j of the other side holds, over the dimensions that it has on this side;
// false where they are others. What the other side lacks it does not hold.
func (x *reasoning) holdingThere(s int, dims []*cube.List, j int) (there bitmap.Set, id bitmap.SetID, ok bool) {
	others, set, id := x.traces[1-s].Holding(j)
	if !sameSet(dims, others, (*cube.List).String) {
		return bitmap.Set{}, 0, false
	}
	in, out, from := make(bitmap.Shape, len(others)), make(bitmap.Shape, len(dims)), make([]bitmap.Source, len(others))
	for k, d := range dims {
		out[k] = d.Len()
		at := slices.IndexFunc(others, func(o *cube.List) bool { return o.String() == d.String() })
		in[at], from[at] = others[at].Len(), bitmap.Source{Axis: k}
		if items := x.itemsThere(d, others[at]); items != nil {
			from[at] = bitmap.Source{Items: items, Axes: []int{k}}
		}
	}
	return set.Gather(in, out, from, false), id, true
}

// itemsThere are the items of a list as another one of that name has them, -1 where it lacks them; nil where the two are
// the same.
func (x *reasoning) itemsThere(l, other *cube.List) []int32 {
	key := [2]*cube.List{l, other}
	if items, ok := x.there[key]; ok {
		return items
	}
	var items []int32
	if !slices.Equal(l.Items(), other.Items()) {
		items = make([]int32, l.Len())
		for i, name := range l.Items() {
			items[i] = -1
			if id, ok := other.Find(name); ok {
				items[i] = int32(id)
			}
		}
	}
	x.there[key] = items
	return items
}

// maxWays is how many ways of a factor are told apart.
const maxWays = 32

// wayChanged is why factor i of a side denies cells though it is stated as on the other side, and its metric holds what
// it does there: something on the ways by which it comes changed, of each for the cells that are denied by it.
func (x *reasoning) wayChanged(s, i int, holds bitmap.Set, numbers []uint64, add func([]Why, constraint) error) error {
	t := x.traces[s]
	ways, all := t.Ways(i, maxWays)
	if !all {
		ways = [][]inherit.NodeID{nil}
	}
	for k, way := range ways {
		spares, err := x.remembered(s, i, append(slices.Clip(numbers), 2+uint64(k)), func() bitmap.Set {
			return t.Suppose(i, holds, false, way)
		})
		if err != nil {
			return err
		}
		if spares.set == bitmap.Full {
			continue
		}
		found := x.alongWay(s, i, way)
		if found == nil {
			found = []Why{{}}
		}
		if err := add(found, spares); err != nil {
			return err
		}
	}
	return nil
}

// alongWay is a change of the formulas over which factor i comes by one of its ways, of what they inherit, or of the
// values that they look items up in.
func (x *reasoning) alongWay(s, i int, way []inherit.NodeID) []Why {
	t, other := x.traces[s], x.side(1-s).Workspace()
	reader := [...]engine.Ref{x.pair.Old, x.pair.New}[s].Block
	var readers []*cube.Block
	var nodes []*inherit.Node
	for _, id := range way {
		n := t.Plan().Node(id)
		if n.Block != nil {
			readers = append(readers, reader)
			reader = n.Block
		}
		if n.Kind != inherit.And {
			nodes = append(nodes, n)
		}
	}
	for _, b := range readers {
		twin := sameBlock(other, b)
		switch {
		case twin == nil:
			return []Why{x.ordered(s, Why{Kind: BlockChange, Old: b.String()})}
		case !sameFormula(b, twin):
			return []Why{whyOf(FormulaChange, b)}
		case b.App != nil && !sameSettings(b.App, twin.App):
			return []Why{{Kind: SettingsChange, Application: b.App.Name}}
		}
	}
	for id := t.Factors[i].At; ; {
		n := t.Plan().Node(id)
		nodes = append(nodes, n)
		if len(n.Inputs) == 0 {
			break
		}
		id = n.Inputs[0]
	}
	x.unheld = map[*cube.Block]bool{}
	for _, n := range nodes {
		for _, from := range n.From {
			if from.Form != inherit.FromExpr {
				continue
			}
			if found := x.read(s, t.Plan().Expr(from.Expr)); found != nil {
				return found
			}
		}
	}
	if found := x.itemsMoved(s, nodes); found != nil {
		return found
	}
	return x.suspect()
}

// itemsMoved names a list whose items, or their order, are others: reductions take in all of them, and shifts and
// running sums follow their order.
func (x *reasoning) itemsMoved(s int, nodes []*inherit.Node) []Why {
	for _, n := range nodes {
		for _, l := range slices.Concat(n.Lists, n.Over, n.Dims) {
			if twin := sameList(x.side(1-s).Workspace(), l); twin != nil && !slices.Equal(l.Items(), twin.Items()) {
				return []Why{both(ItemsChange, "", l.String())}
			}
		}
	}
	return nil
}
