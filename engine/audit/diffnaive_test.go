package audit

import (
	"context"
	"fmt"
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/inherit"
)

// Parted is how many cells members of a kind gain and lose in a block, by what changed them.
type Parted map[string]map[string][4]uint64

// PartsOf are the parts of a difference, by the first member of each kind and the block.
func PartsOf(d *Difference) Parted {
	out := Parted{}
	for _, c := range d.Changes {
		of := map[string][4]uint64{}
		for _, p := range c.Parts {
			of[fmt.Sprint(p.Why)] = [4]uint64{p.ReadGained.Cells, p.ReadLost.Cells, p.WriteGained.Cells, p.WriteLost.Cells}
		}
		out[c.Members[0]+" "+c.Block.String()] = of
	}
	return out
}

// Naively works out the parts of all changes by looking at every cell and following every factor there by itself. What
// cannot be told from cells, for two ways of a factor lead over the same blocks, is among unclear.
func Naively(ctx context.Context, old, new *engine.Rights) (parted Parted, unclear map[string]bool, err error) {
	d, blocks, err := newDiffer(old, new, DiffOptions{})
	if err != nil {
		return nil, nil, err
	}
	parted, unclear = Parted{}, map[string]bool{}
	for _, b := range blocks {
		parts, err := d.parts(b)
		if err != nil {
			return nil, nil, err
		}
		for _, k := range d.kinds {
			for _, c := range parts {
				n := &naive{blockDiff: c, kind: k, of: map[string][4]uint64{}}
				if err := n.run(ctx); err != nil {
					return nil, nil, err
				}
				key := k.names[0] + " " + b.String()
				for why, counts := range n.of {
					if parted[key] == nil {
						parted[key] = map[string][4]uint64{}
					}
					sum := parted[key][why]
					for i, m := range counts {
						sum[i] += m
					}
					parted[key][why] = sum
				}
				unclear[key] = unclear[key] || n.unclear
			}
		}
	}
	return parted, unclear, nil
}

// naive looks at the cells of one block for one kind of members.
type naive struct {
	*blockDiff
	kind    *memberKind
	x       *reasoning
	of      map[string][4]uint64
	unclear bool
}

func (n *naive) run(ctx context.Context) error {
	if slices.Contains(n.regions.sizes, 0) {
		return nil
	}
	var views [2]*engine.View
	for s := range views {
		var err error
		if views[s], err = n.view(s, n.kind); err != nil {
			return err
		}
	}
	items := make([]cube.ItemID, len(n.dims))
	var step func(axis int) error
	step = func(axis int) error {
		if axis < len(items) {
			for i := range n.regions.sizes[axis] {
				items[axis] = cube.ItemID(i)
				if err := step(axis + 1); err != nil {
					return err
				}
			}
			return nil
		}
		return n.cell(ctx, views, items)
	}
	return step(0)
}

func (n *naive) cell(ctx context.Context, views [2]*engine.View, items []cube.ItemID) error {
	var may [2][2]bool // by side and category
	for s, v := range views {
		if cell := n.blockDiff.cell(s, items); v != nil && cell != nil {
			may[s] = [2]bool{v.Read(cell...), v.Write(cell...)}
		}
	}
	for i, dir := range directions() {
		if may[dir.denies][dir.category] || !may[1-dir.denies][dir.category] {
			continue
		}
		why, err := n.why(ctx, dir, items)
		if err != nil {
			return err
		}
		key := fmt.Sprint(why)
		counts := n.of[key]
		counts[i]++
		n.of[key] = counts
	}
	return nil
}

// why is what changed one cell in one direction.
func (n *naive) why(ctx context.Context, dir direction, items []cube.ItemID) ([]Why, error) {
	if why, ok := n.wholly(n.kind); ok {
		return []Why{why}, nil
	}
	if n.x == nil {
		var err error
		if n.x, err = n.reasoning(ctx, n.kind); err != nil {
			return nil, err
		}
	}
	s, found := dir.denies, []Why{}
	cell := n.blockDiff.cell(s, items)
	if cell == nil {
		for axis, item := range items {
			if of := n.dims[axis].of[s]; of != nil && of[item] < 0 {
				found = append(found, n.x.itemsMissing(s, axis))
			}
		}
		return mergeWhy(found, nil), nil
	}
	t := n.x.traces[s]
	for i, f := range t.Factors {
		asked := t.Category(i) == cube.Read || dir.category == engine.Writable
		if f.Cut != inherit.NotCut || !asked || t.Holds(i, cell...) {
			continue
		}
		count, cut := n.x.counterparts(s, i)
		if whys := n.x.restated(s, i, count, cut); whys != nil {
			found = append(found, whys...)
			continue
		}
		j := -1
		if len(count) > 0 && len(f.Rules) > 0 {
			j = count[0]
		}
		found = append(found, n.factor(s, i, j, cell)...)
	}
	if len(found) == 0 {
		found = []Why{{}}
	}
	return mergeWhy(found, nil), nil
}

// factor is why one factor denies a cell whose statement did not change; j is the factor of the other side that is
// stated so, -1 where there is none.
func (n *naive) factor(s, i, j int, cell []cube.ItemID) []Why {
	t := n.x.traces[s]
	all := engine.CauseOptions{Limit: 1 << 30}
	cause, _ := t.Cause(i, all, cell...)
	n.unclear = n.unclear || cause.More
	var found []Why
	if slices.ContainsFunc(cause.Asked, func(at []cube.ItemID) bool { return n.granted(s, i, j, at) }) {
		found = n.x.valuesChanged(s, t.Factors[i].Rules[0].Metric)
	}
	ways, complete := t.Ways(i, maxWays)
	n.unclear = n.unclear || !complete
	for k, way := range ways {
		blocks := over(t, way)
		whys := n.x.alongWay(s, i, way)
		for l, other := range ways {
			within := !slices.ContainsFunc(over(t, other), func(b *cube.Block) bool { return !slices.Contains(blocks, b) })
			n.unclear = n.unclear || l != k && within && !slices.Equal(n.x.alongWay(s, i, other), whys)
		}
		opt := all
		opt.Block = func(b *cube.Block) bool { return slices.Contains(blocks, b) }
		cause, ok := t.Cause(i, opt, cell...)
		if !ok || len(cause.Asked) > 0 && !slices.ContainsFunc(cause.Asked, func(at []cube.ItemID) bool { return !n.granted(s, i, j, at) }) {
			continue
		}
		if whys == nil {
			whys = []Why{{}}
		}
		found = append(found, whys...)
	}
	return found
}

// over are the blocks that a way leads over.
func over(t *engine.Trace, way []inherit.NodeID) []*cube.Block {
	var out []*cube.Block
	for _, id := range way {
		if b := t.Plan().Node(id).Block; b != nil {
			out = append(out, b)
		}
	}
	return out
}

// granted says whether the metric of factor j of the other side grants at a cell of factor i's metric.
func (n *naive) granted(s, i, j int, at []cube.ItemID) bool {
	if j < 0 {
		return false
	}
	metric, twin := n.x.traces[s].Factors[i].Rules[0].Metric, n.x.traces[1-s].Factors[j].Rules[0].Metric
	if !sameDims(metric, twin) {
		return false
	}
	user := slices.Index(metric.Dims, n.side(s).Workspace().Users)
	dims, set, _ := n.x.traces[1-s].Holding(j)
	var cell uint64
	for _, d := range dims {
		k := slices.IndexFunc(metric.Dims, func(l *cube.List) bool { return l.String() == d.String() })
		if k == user || at[k] < 0 {
			return false
		}
		id, ok := d.Find(metric.Dims[k].Item(at[k]))
		if !ok {
			return false
		}
		cell = cell*uint64(d.Len()) + uint64(id)
	}
	return set.Contains(cell)
}
