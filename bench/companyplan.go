package bench

import (
	"fmt"

	"github.com/cubeward/cubeward/cube"
)

// plan adds the metrics that hold values: a level of inputs, the first of each shape full and the others sparse, then Depth levels of formulas, each of which reads the
// level below it.
func (b *companyBuilder) plan() {
	width := max(1, b.Blocks/(b.Depth+1))
	inputs := b.Blocks - width*b.Depth
	if inputs < 1 {
		b.err = fmt.Errorf("bench: %d blocks are too few for %d levels", b.Blocks, b.Depth)
		return
	}
	shapes := [][]*cube.List{
		{b.department, b.country, b.month},
		{b.country, b.month},
		{b.employee, b.month},
		{b.department, b.month},
	}
	var level []*cube.Block
	for i := range inputs {
		m := b.app.AddMetric(fmt.Sprintf("Input %03d", i), cube.Type{Kind: cube.Number}, shapes[i%len(shapes)]...)
		if i < len(shapes) {
			b.fill(m, func(int) cube.Value { return cube.NumberValue(b.dice.number()) })
		} else {
			b.scatter(m)
		}
		level = append(level, m)
	}
	b.inputs, b.levels = level, append(b.levels, level)
	for l := range b.Depth {
		var next []*cube.Block
		for i := range width {
			next = append(next, b.formula(fmt.Sprintf("Level %02d.%03d", l+1, i), l+i, level))
		}
		level = next
		b.levels = append(b.levels, level)
	}
}

// scatter gives about every eighth cell of a block a value.
func (b *companyBuilder) scatter(blk *cube.Block) {
	space, err := blk.Space()
	if err != nil {
		b.err = err
		return
	}
	var cells []uint64
	values := cube.NewVectorBuilder(blk.Type.Kind)
	for c := uint64(b.dice.n(8)); c < space.Len(); c += uint64(1 + b.dice.n(15)) {
		cells = append(cells, c)
		values.Append(cube.NumberValue(b.dice.number()))
	}
	blk.Input = cube.NewSparse(blk.Type, space, cells, values.Vector())
}

// formula adds a metric that is calculated from the level below it, by one of the operations of planning models.
func (b *companyBuilder) formula(name string, turn int, below []*cube.Block) *cube.Block {
	wide := b.shaped(below, b.department, turn)
	one := below[turn%len(below)]
	same := below[(turn+b.sameShape(below, turn))%len(below)]
	text, dims := "", one.Dims
	switch turn % 6 {
	case 0:
		text = fmt.Sprintf("'%s' * 1.5 + '%s'", one.Name, same.Name)
	case 1:
		text = fmt.Sprintf("'%s'[SELECT: Month - 1] + '%s'", one.Name, same.Name)
	case 2:
		if wide != nil && len(wide.Dims) == 3 {
			text, dims = fmt.Sprintf("'%s'[REMOVE: Department]", wide.Name), []*cube.List{b.country, b.month}
			break
		}
		text = fmt.Sprintf("CUMULATE('%s', Month)", one.Name)
	case 3:
		text = fmt.Sprintf("IF(Month.Closed, '%s', RESETACCESSRIGHTS('%s'))", one.Name, same.Name)
	case 4:
		text = fmt.Sprintf("IFBLANK('%s'[FILTER: NOT Month.Closed], '%s' / 2)", one.Name, same.Name)
	default:
		if one.Dims[0] == b.employee {
			text, dims = fmt.Sprintf("'%s'[BY: Employee.Department]", one.Name), []*cube.List{b.department, b.month}
			break
		}
		text = fmt.Sprintf("'%s' - '%s'[SELECT: Month + 1]", one.Name, same.Name)
	}
	m := b.app.AddMetric(name, cube.Type{Kind: cube.Number}, dims...)
	m.Formula = &cube.Formula{Text: text, Author: cube.NoItem}
	return m
}

// shaped is a block of the level whose first dimension is the given one, nil where there is none.
func (b *companyBuilder) shaped(level []*cube.Block, first *cube.List, turn int) *cube.Block {
	for i := range level {
		if m := level[(turn+i)%len(level)]; m.Dims[0] == first {
			return m
		}
	}
	return nil
}

// sameShape is how far after the block whose turn it is the next one with its dimensions stands.
func (b *companyBuilder) sameShape(level []*cube.Block, turn int) int {
	dims := level[turn%len(level)].Dims
	for i := 1; i < len(level); i++ {
		other := level[(turn+i)%len(level)].Dims
		if len(other) == len(dims) && other[0] == dims[0] {
			return i
		}
	}
	return 0
}
