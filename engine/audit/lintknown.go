package audit

import (
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/formula"
)

// known is what one member knows of the parts of one block's formula.
type known struct {
	reading *engine.Reading
	member  *engine.Member
	parts   map[*formula.Expr][]condition
}

// known is what the member looked at knows of a block's formula.
func (s *solver) known(b *cube.Block) (*known, error) {
	k := s.views[b]
	if k == nil {
		roots := []*formula.Expr{s.plan.Formula(b)}
		if b == s.block {
			roots = append(roots, s.itself)
		}
		reading, err := s.r.Reading(s.ctx, b.App, roots...)
		if err != nil {
			return nil, err
		}
		k = &known{reading: reading}
		s.views[b] = k
	}
	if k.member != s.member {
		k.member, k.parts = s.member, map[*formula.Expr][]condition{}
	}
	return k, nil
}

// conditions are what must hold for the member to know a part.
func (k *known) conditions(e *formula.Expr) []condition {
	c, ok := k.parts[e]
	if !ok {
		c = conditionsOf(k.reading.Tables(k.member, e), e.Dims)
		k.parts[e] = c
	}
	return c
}

// condition is an engine.Table over lists.
type condition struct {
	lists []cube.ListID
	sizes []uint64
	bits  []uint64
}

func conditionsOf(tables []engine.Table, dims []*cube.List) []condition {
	var out []condition
	for _, t := range tables {
		c := condition{bits: t.Bits}
		for _, a := range t.Axes {
			c.lists, c.sizes = append(c.lists, dims[a].ID), append(c.sizes, uint64(dims[a].Len()))
		}
		out = append(out, c)
	}
	return out
}

// never says whether a condition holds nowhere, whatever the cell.
func never(c condition) bool { return len(c.lists) == 0 && c.bits[0]&1 == 0 }

// hold says whether all conditions hold at a cell, given as items by ListID.
func hold(all []condition, at []cube.ItemID) bool {
	for _, c := range all {
		var cell uint64
		for i, x := range c.lists {
			cell = cell*c.sizes[i] + uint64(at[x])
		}
		if c.bits[cell>>6]>>(cell&63)&1 == 0 {
			return false
		}
	}
	return true
}
