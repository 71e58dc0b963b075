package audit

import (
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
)

// sum follows the one part of a sum that the member does not know, where all others are known.
func (s *solver) sum(b *cube.Block, e *formula.Expr, t trail) {
	arg := e.Args[0]
	if e.Op != formula.OpCumulate && e.Method != formula.Sum && e.Method != formula.Avg {
		return
	}
	over := e.Lists
	if e.Op == formula.OpCumulate {
		over = []*cube.List{e.List}
	}
	was := make([]cube.ItemID, len(over))
	for i, x := range over {
		was[i] = s.at[x.ID]
	}
	unknown, parts := []cube.ItemID(nil), 0
	s.each(e, over, func() bool {
		parts++
		if s.steps--; s.steps < 0 {
			s.cutShort = true
			return false
		}
		if s.contributesNothing(b, arg) || s.knows(b, arg) && (e.Op != formula.OpAggregate || s.knows(b, e.Args[1])) {
			return true
		}
		if unknown != nil {
			unknown = nil
			return false
		}
		for _, x := range over {
			unknown = append(unknown, s.at[x.ID])
		}
		return true
	})
	for i, x := range over {
		s.at[x.ID] = was[i]
	}
	if unknown == nil || s.steps < 0 || s.err != nil {
		return
	}
	for i, x := range over {
		s.at[x.ID] = unknown[i]
	}
	t.rest, t.alone = t.rest || parts > 1, t.alone || parts == 1
	s.solve(b, arg, t)
	for i, x := range over {
		s.at[x.ID] = was[i]
	}
}

// each looks at all parts of a sum, until part says false: at every item of the lists that it sums over, of those that
// its mapping takes to the item looked at, or of those up to the one looked at.
func (s *solver) each(e *formula.Expr, over []*cube.List, part func() bool) {
	switch e.Op {
	case formula.OpCumulate:
		for last := s.at[e.List.ID]; last >= 0; last-- {
			s.at[e.List.ID] = last
			if !part() {
				return
			}
		}
	case formula.OpAggregate:
		space, err := cube.NewSpace(over...)
		groups := s.mapped(e, over)
		if err != nil || groups == nil {
			return
		}
		items := make([]cube.ItemID, len(over))
		for _, cell := range groups[s.groupOf(e, s.at[e.List.ID])] {
			space.At(cell, items)
			for i, x := range over {
				s.at[x.ID] = items[i]
			}
			if !part() {
				return
			}
		}
	default:
		s.product(over, part)
	}
}

// product looks at every combination of items.
func (s *solver) product(over []*cube.List, part func() bool) bool {
	if len(over) == 0 {
		return part()
	}
	for item := range over[0].Len() {
		s.at[over[0].ID] = cube.ItemID(item)
		if !s.product(over[1:], part) {
			return false
		}
	}
	return true
}

// groupOf numbers the groups of a BY that aggregates: by the target item, and the mapping's dimensions that are no
// source, where it is looked at.
func (s *solver) groupOf(e *formula.Expr, target cube.ItemID) uint64 {
	group := uint64(target)
	for _, d := range e.Args[1].Dims {
		if !slices.Contains(e.Lists, d) {
			group = group*uint64(d.Len()) + uint64(s.at[d.ID])
		}
	}
	return group
}

// mapped are the source cells of each group; nil where the mapping takes too much to evaluate.
func (s *solver) mapped(e *formula.Expr, over []*cube.List) map[uint64][]uint64 {
	if out, ok := s.mappings[e]; ok {
		return out
	}
	m := e.Args[1]
	space, err := cube.NewSpace(m.Dims...)
	source, err2 := cube.NewSpace(over...)
	if err != nil || err2 != nil {
		return nil
	}
	if _, ok := s.value(m); !ok {
		return nil
	}
	was := slices.Clone(s.at)
	out := map[uint64][]uint64{}
	items, from := make([]cube.ItemID, len(m.Dims)), make([]cube.ItemID, len(over))
	for cell := range space.Len() {
		space.At(cell, items)
		for i, d := range m.Dims {
			s.at[d.ID] = items[i]
		}
		v, _ := s.value(m)
		if v.IsBlank() {
			continue
		}
		for i, x := range over {
			from[i] = s.at[x.ID]
		}
		g := s.groupOf(e, v.Item())
		out[g] = append(out[g], source.Cell(from))
	}
	copy(s.at, was)
	s.mappings[e] = out
	return out
}

// contributesNothing says whether the member knows that a part of a sum is filtered out.
func (s *solver) contributesNothing(b *cube.Block, e *formula.Expr) bool {
	for ; e.Op == formula.OpFilter || e.Op == formula.OpExclude; e = e.Args[0] {
		if v, ok := s.value(e.Args[1]); ok && v.True() != (e.Op == formula.OpFilter) && s.knows(b, e.Args[1]) {
			return true
		}
	}
	return false
}
