package bitmap

import (
	"fmt"
)

// Reduce interns the set over the axes of in that are not in axes which holds a cell where id holds all cells that
// project on it: the AND over axes, true over an axis without items (SPEC 4.1, REMOVE). The remaining axes keep their
// order. It reads the set's words once, and stops early at zeros where the fastest axis is reduced.
func (p *Pool) Reduce(id SetID, in Shape, axes []int) SetID {
	drop := make([]bool, len(in))
	for _, k := range axes {
		if k < 0 || k >= len(in) || drop[k] {
			panic(fmt.Sprintf("bitmap: axis %d of %d is not there to reduce, or is named twice", k, len(in)))
		}
		drop[k] = true
	}
	cells := in.cells()
	if cells == 0 {
		return Full // nothing to hold, or nothing that is asked of it
	}
	if id == Empty || id == Full || len(axes) == 0 {
		return id
	}
	words, sizes := reduce(p.Words(id, cells), in.sizes(), drop)
	return p.internWords(words, product(sizes))
}

// reduce is a dense set reduced over the axes of drop, and the sizes of the others. No axis is without items. It may
// return src itself.
func reduce(src []uint64, sizes []uint64, drop []bool) (words, kept []uint64) {
	outer := uint64(1)
	for i := 0; i < len(sizes); {
		if !drop[i] {
			outer, kept = outer*sizes[i], append(kept, sizes[i])
			i++
			continue
		}
		n := uint64(1)
		for ; i < len(sizes) && drop[i]; i++ { // neighbours at once
			n *= sizes[i]
		}
		src = fold(src, outer, n, product(sizes[i:]))
	}
	return src, kept
}

// fold is the AND over the middle axis of a dense set of outer × n × inner cells.
func fold(src []uint64, outer, n, inner uint64) []uint64 {
	if n == 1 {
		return src
	}
	dst := make([]uint64, WordsFor(outer*inner))
	for o := range outer {
		at, from := o*inner, o*n*inner
		switch {
		case inner == 1:
			if firstZero(src, from, n) == n {
				dst[o>>6] |= 1 << (o & 63)
			}
		case inner <= 64:
			x := low(inner)
			for end := from + n*inner; from < end && x != 0; from += inner {
				x &= loadBits(src, from, inner)
			}
			orBits(dst, at, x, inner)
		default:
			copyBits(dst, at, src, from, inner)
			for range n - 1 {
				from += inner
				andBits(dst, at, src, from, inner)
			}
		}
	}
	return dst
}

// Prefix interns the set over in that holds a cell where id holds it and all cells before it along axis: the running
// AND (SPEC 4.1, CUMULATE). It reads the set's words once.
func (p *Pool) Prefix(id SetID, in Shape, axis int) SetID {
	if axis < 0 || axis >= len(in) {
		panic(fmt.Sprintf("bitmap: axis %d of %d", axis, len(in)))
	}
	cells := in.cells()
	if cells == 0 {
		return Full
	}
	if id == Empty || id == Full || in[axis] == 1 {
		return id
	}
	sizes := in.sizes()
	words := prefix(p.Words(id, cells), product(sizes[:axis]), sizes[axis], product(sizes[axis+1:]))
	return p.internWords(words, cells)
}

// prefix is the running AND along the middle axis of a dense set of outer × n × inner cells.
func prefix(src []uint64, outer, n, inner uint64) []uint64 {
	dst := make([]uint64, len(src))
	for o := range outer {
		at, end := o*n*inner, (o+1)*n*inner
		switch {
		case inner == 1:
			fillBits(dst, at, firstZero(src, at, n))
		case inner <= 64:
			for x := low(inner); at < end && x != 0; at += inner {
				x &= loadBits(src, at, inner)
				orBits(dst, at, x, inner)
			}
		default:
			copyBits(dst, at, src, at, inner)
			for at += inner; at < end; at += inner {
				copyBits(dst, at, src, at, inner)
				andBits(dst, at, dst, at-inner, inner)
			}
		}
	}
	return dst
}
