package engine

import (
	"slices"
	"sort"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
)

// givenCells is what is given for a block over User as of one generation: a column and what was changed over it, by
// member. The cells of a member, its row, are those of the block's other dimensions, sorted by ListID. It never
// changes: with gives another one.
type givenCells struct {
	col     *cube.Column // User first, the others by ListID
	n       uint64       // cells of a row
	patches chunks[*patch]
	patched int // cells in patches
}

// patch is given cells of one member's row, sorted.
type patch struct {
	cells  []uint64
	values []cube.Value
}

func newGivenCells(b *cube.Block, users *cube.List) (*givenCells, error) {
	col, err := inputOf(b)
	if err == nil {
		col, err = usersFirst(users, col)
	}
	if err != nil {
		return nil, err
	}
	n := uint64(1)
	for _, d := range col.Space().Dims()[1:] {
		n *= uint64(d.Len())
	}
	return &givenCells{col: col, n: n, patches: newChunks[*patch](users.Len())}, nil
}

// minFold and foldShare say when the patches of a block are made one with its column: that costs as much as the column
// holds, and so many changes have paid for it.
const (
	minFold   = 4096
	foldShare = 8
)

// with is the cells with another value in one cell of a member's row.
func (g *givenCells) with(member cube.ItemID, cell uint64, v cube.Value) *givenCells {
	out := *g
	next := &patch{}
	if old := g.patches.at(int(member)); old != nil {
		next.cells, next.values = slices.Clone(old.cells), slices.Clone(old.values)
	}
	i, found := slices.BinarySearch(next.cells, cell)
	if found {
		next.values[i] = v
	} else {
		next.cells, next.values = slices.Insert(next.cells, i, cell), slices.Insert(next.values, i, v)
		out.patched++
	}
	out.patches = g.patches.with(int(member), next)
	if held := g.col.Vector().N; out.patched > max(minFold, held/foldShare) {
		out.col, out.patches, out.patched = out.whole(), newChunks[*patch](g.patches.len()), 0
	}
	return &out
}

// whole is the column with its patches.
func (g *givenCells) whole() *cube.Column {
	if g.patched == 0 {
		return g.col
	}
	cells, values := make([]uint64, 0, g.patched), make([]cube.Value, 0, g.patched)
	for m, p := range g.patches.set {
		if p == nil {
			continue
		}
		for i, c := range p.cells {
			cells, values = append(cells, uint64(m)*g.n+c), append(values, p.values[i])
		}
	}
	return g.col.With(cells, values)
}

// column is what is given over the dimensions of the block in its own order.
func (g *givenCells) column(b *cube.Block) (*cube.Column, error) {
	space, err := b.Space()
	if err != nil {
		return nil, err
	}
	return formula.Broadcast(g.whole(), space)
}

// row is one member's cells, over space, which has one member and the block's other dimensions.
func (g *givenCells) row(member cube.ItemID, space cube.Space) *cube.Column {
	var out *cube.Column
	first := uint64(member) * g.n
	switch vec := g.col.Vector(); g.col.Form() {
	case cube.Constant:
		out = cube.NewConstant(g.col.Type(), space, vec.Value(0))
	case cube.Dense:
		out = cube.NewDense(g.col.Type(), space, vec.Slice(int(first), int(first+g.n)))
	default:
		all := g.col.Cells()
		lo := sort.Search(len(all), func(i int) bool { return all[i] >= first })
		hi := lo + sort.Search(len(all)-lo, func(i int) bool { return all[lo+i] >= first+g.n })
		cells := make([]uint64, hi-lo)
		for i, c := range all[lo:hi] {
			cells[i] = c - first
		}
		out = cube.NewSparse(g.col.Type(), space, cells, vec.Slice(lo, hi))
	}
	if p := g.patches.at(int(member)); p != nil {
		out = out.With(p.cells, p.values)
	}
	return out
}
