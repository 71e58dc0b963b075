package mask

import (
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// everyMember is what a member gets of the batch, row by row of the table.
type everyMember struct {
	shown    [][]bool // by column: the value comes out
	readable [][]bool
	locked   [][]bool
	rows     []int // that come out, in order
	refused  *RefusedError
	report   *Report
}

// expect works out what a member gets, value by value.
func (e *everything) expect(m *engine.Member) *everyMember {
	if x := e.known[m]; x != nil {
		return x
	}
	x := &everyMember{report: &Report{Member: m.Name(), Block: map[string]MeasureReport{}, Dimensions: map[string]DimensionReport{}}}
	for _, c := range e.columns {
		e.expectColumn(m, c, x)
	}
	x.report.shown = !e.opt.DropRows || !e.opt.Sort
	e.arrange(x)
	if e.known == nil {
		e.known = map[*engine.Member]*everyMember{}
	}
	e.known[m] = x
	return x
}

// everyCell is what a member gets of one value. Where it is blank there is nothing to hide.
type everyCell struct{ shown, readable, locked, placed, blank bool }

// decide is what a member gets of a column's value in each row of the table.
func (e *everything) decide(m *engine.Member, c everyColumn) []everyCell {
	out := make([]everyCell, e.n)
	var own, items *engine.View
	if c.block != nil {
		own = e.w.view(m, c.block)
	}
	if c.list != nil {
		items = e.w.view(m, c.list.ItemSet)
	} else if c.chosen != nil {
		items = e.w.view(m, c.block.Type.List.ItemSet)
	}
	for row := range out {
		switch {
		case c.list != nil:
			item := e.held[c.list][row]
			out[row].shown = item >= 0 && items.Read(cube.ItemID(item))
			out[row].blank = item == nothing
		case c.block != nil:
			cell, placed := e.cell(c.block, row)
			d := engine.Decision{Locked: true}
			if placed {
				d = own.Decide(cell...)
			}
			out[row] = everyCell{shown: d.Read, readable: d.Read, locked: d.Locked, placed: placed}
			if c.chosen != nil {
				item := c.chosen[row]
				out[row].shown = d.Read && item >= 0 && items.Read(cube.ItemID(item))
				out[row].blank = d.Read && item == nothing
			}
		default:
			out[row].shown = true
		}
	}
	return out
}

// expectColumn adds a column to what a member gets.
func (e *everything) expectColumn(m *engine.Member, c everyColumn, x *everyMember) {
	shown, readable, locked := make([]bool, e.n), make([]bool, e.n), make([]bool, e.n)
	sum, refused := MeasureReport{Rows: uint64(e.to - e.from)}, -1
	for row, cell := range e.decide(m, c) {
		shown[row], readable[row], locked[row] = cell.shown, cell.readable, cell.locked
		if row < e.from || row >= e.to {
			continue
		}
		if !cell.shown && !cell.blank {
			if sum.Hidden++; refused < 0 {
				refused = row - e.from
			}
		}
		if cell.locked {
			sum.Locked++
		}
		if !cell.placed {
			sum.Unplaced++
		}
	}
	x.shown, x.readable, x.locked = append(x.shown, shown), append(x.readable, readable), append(x.locked, locked)
	if c.list != nil {
		x.report.Dimensions[c.name] = DimensionReport{sum.Hidden}
	} else if c.block != nil {
		x.report.Block[c.name] = sum
	}
	if refused >= 0 && x.refused == nil && e.opt.Refuse {
		x.refused = &RefusedError{c.name, refused}
	}
}

// arrange drops and sorts rows.
func (e *everything) arrange(x *everyMember) {
	measures := slices.ContainsFunc(e.columns, func(c everyColumn) bool { return c.block != nil })
	seen := func(row int) bool {
		for i, c := range e.columns {
			if c.list != nil && !x.shown[i][row] {
				return false
			}
		}
		return true
	}
	for row := e.from; row < e.to; row++ {
		worth := !measures && seen(row)
		for i, c := range e.columns {
			worth = worth || c.block != nil && x.readable[i][row]
		}
		if worth || !e.opt.DropRows {
			x.rows = append(x.rows, row)
		}
	}
	if !e.opt.Sort || e.dense != nil {
		return
	}
	var by []*cube.List
	for _, c := range e.columns {
		if c.block != nil {
			by = c.block.Dims
			break
		} else if c.list != nil && !measures {
			by = append(by, c.list)
		}
	}
	slices.SortStableFunc(x.rows, func(a, b int) int {
		switch sa, sb := seen(a), seen(b); {
		case sa && !sb:
			return -1
		case sb && !sa:
			return 1
		case !sa:
			return 0
		}
		for _, l := range by {
			if d := e.held[l][a] - e.held[l][b]; d != 0 {
				return d
			}
		}
		return 0
	})
}
