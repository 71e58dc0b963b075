package formula

import (
	"math"

	"github.com/cubeward/cubeward/cube"
)

// property is the property e.Block of the items of at.
func (s *session) property(e *Expr, at *column) (*column, error) {
	p, err := s.stored(e.Block)
	if err != nil {
		return nil, err
	}
	if e.Args[0].Op == OpList {
		return p, nil
	}
	at = coerce(at, cube.Item)
	if p.form == constantForm {
		return s.whereDefined(at, p)
	}
	whole, err := s.contiguous(p)
	if err != nil {
		return nil, err
	}
	o := &operation{op: OpProperty, kind: p.kind, dict: p.dict, strict: true, kern: lookUp(p.storage(), whole.vals)}
	return s.apply(o, at)
}

// whereDefined is v where at is not BLANK.
func (s *session) whereDefined(at, v *column) (*column, error) {
	c, err := s.logical(OpIsDefined, at)
	if err != nil {
		return nil, err
	}
	return s.choose(c, v, blankColumn(v.kind))
}

// findItem is ITEM(v, L) or ITEM(v, L.P): the first item of e.List whose name, or whose e.Block, equals v.
func (s *session) findItem(e *Expr, v *column) (*column, error) {
	o := &operation{op: OpFindItem, kind: cube.Item, strict: true}
	if e.Block == nil {
		v = coerce(v, cube.Text)
		table := make([]int32, len(v.dict))
		for i, t := range v.dict {
			table[i] = cube.BlankInt
			if item, ok := e.List.Find(t); ok {
				table[i] = int32(item)
			}
		}
		o.kern = lookUp(inInts, lane{ints: table})
		return s.apply(o, v)
	}
	v = coerce(v, e.Block.Type.Kind)
	p, err := s.stored(e.Block)
	if err != nil {
		return nil, err
	}
	if p.form == constantForm {
		return s.firstItem(e.List, p, v)
	}
	if p, err = s.contiguous(p); err != nil {
		return nil, err
	}
	o.kern = finder(p, v)
	return s.apply(o, v)
}

// firstItem is ITEM(v, L.P) where P is p for all items.
func (s *session) firstItem(l *cube.List, p, v *column) (*column, error) {
	item := blankColumn(cube.Item)
	if l.Len() > 0 {
		item = constantColumn(cube.Item, nil, 0)
	}
	c, err := s.compare(OpEq, v, p)
	if err != nil {
		return nil, err
	}
	return s.choose(c, item, blankColumn(cube.Item))
}

// finder is the kernel that finds the first item whose value in p, which is dense, is v's.
func finder(p, v *column) kernel {
	if v.kind == cube.Number {
		first := map[float64]int32{}
		for i, x := range p.vals.num {
			if _, ok := first[x]; !ok && x == x {
				first[x] = int32(i)
			}
		}
		return func(out lane, in []lane, n int) {
			for i, x := range in[0].num[:n] {
				out.ints[i] = found(first, x)
			}
		}
	}
	first := firstOf(p)
	if v.storage() == inBytes {
		return func(out lane, in []lane, n int) {
			for i, x := range in[0].bytes[:n] {
				out.ints[i] = found(first, int32(x))
			}
		}
	}
	if v.kind == cube.Text {
		table := make([]int32, len(v.dict))
		for i, code := range findIn(p.dict, v.dict) {
			table[i] = found(first, code)
		}
		return lookUp(inInts, lane{ints: table})
	}
	return func(out lane, in []lane, n int) {
		for i, x := range in[0].ints[:n] {
			out.ints[i] = found(first, x)
		}
	}
}

// firstOf is the first item that has each value of p, as a whole number.
func firstOf(p *column) map[int32]int32 {
	first := map[int32]int32{}
	for i := range int(p.size()) {
		if p.vals.blank(i) {
			continue
		}
		x := int32(uint32(p.vals.raw(i)))
		if _, ok := first[x]; !ok {
			first[x] = int32(i)
		}
	}
	return first
}

// found is the item for a value; BLANK is no key.
func found[T comparable](first map[T]int32, x T) int32 {
	if item, ok := first[x]; ok {
		return item
	}
	return math.MinInt32
}
