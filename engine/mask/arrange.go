package mask

import (
	"cmp"
	"slices"
)

// arrange decides which rows come out, and in which order.
func (p *pass) arrange(cols []*coded) error {
	if p.m.opt.DropRows {
		if keep := p.worthKeeping(); keep != nil && countBits(keep) < p.n {
			p.rows = make([]int, 0, countBits(keep))
			for from, to := range runs(keep, p.n) {
				for i := from; i < to; i++ {
					p.rows = append(p.rows, i)
				}
			}
		}
	}
	if p.m.opt.Sort && p.m.dense == nil {
		if err := p.sort(cols); err != nil {
			return err
		}
	}
	if p.rows != nil {
		p.out = len(p.rows)
	}
	return nil
}

// worthKeeping are the rows with a readable measure, or without measures those whose dimension values are all seen.
func (p *pass) worthKeeping() []uint64 {
	var keep []uint64
	if len(p.cells) == 0 {
		for _, c := range p.m.items {
			keep = intersection(keep, p.d.lanes[c.visible])
		}
		return keep
	}
	keep = p.cells[0].readable
	for _, c := range p.cells[1:] {
		keep = union(keep, c.readable)
	}
	return keep
}

// sort puts rows in cell order of the first measure's dimensions (without measures, of the dimension columns in their
// order). Rows where a dimension of any measure is null or hidden come last: their place, too among rows of one cell,
// would tell what is hidden.
func (p *pass) sort(cols []*coded) error {
	var seen []uint64
	for _, c := range p.m.items {
		if c.dimension {
			seen = intersection(seen, p.d.lanes[c.visible])
		}
	}
	by := p.sortColumns()
	if len(by) == 0 && seen == nil {
		return nil
	}
	cells := make([]uint64, p.n)
	codes := make([]uint32, p.n)
	for _, col := range by {
		if err := cols[col].code(0, codes, nil); err != nil {
			return p.m.columnError(col, err)
		}
		size := uint64(p.m.items[col].list.Len())
		for i, code := range codes {
			cells[i] = cells[i]*size + uint64(max(cols[col].item(code), 0))
		}
	}
	if p.rows == nil {
		p.rows = make([]int, p.n)
		for i := range p.rows {
			p.rows[i] = i
		}
	}
	slices.SortStableFunc(p.rows, func(a, b int) int {
		sa, sb := seen == nil || hasBit(seen, a), seen == nil || hasBit(seen, b)
		switch {
		case sa && sb:
			return cmp.Compare(cells[a], cells[b])
		case sa:
			return -1
		case sb:
			return 1
		}
		return 0
	})
	return nil
}

// sortColumns are the item columns that rows are sorted by, the slowest first.
func (p *pass) sortColumns() []int {
	var by []int
	if len(p.m.measures) == 0 {
		for i := range p.m.items {
			by = append(by, i)
		}
		return by
	}
	for _, d := range p.m.measures[0].dims {
		if d.column >= 0 {
			by = append(by, d.column)
		}
	}
	return by
}

// arranged are bits by input row as bits by output row.
func (p *pass) arranged(words []uint64) []uint64 {
	if words == nil || p.rows == nil {
		return words
	}
	out := make([]uint64, wordsFor(p.out))
	for i, row := range p.rows {
		if hasBit(words, row) {
			setBit(out, i)
		}
	}
	return out
}
