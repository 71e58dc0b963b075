package bitmap

import (
	"fmt"
	"math/bits"
	"slices"
)

// By is an aggregation along a mapping: the BY of SPEC 4.1. The loop space has the axes of the factor and those of
// the mapping, each once.
type By struct {
	Loop     Shape   // sizes of the axes of the loop space
	In       []int   // the loop axis of each axis of the factor, all different
	Items    []int32 // the target item of each cell over ItemAxes, the last fastest; negative is BLANK
	ItemAxes []int   // the loop axes of the mapping, all different
	Target   int     // the number of items of the target; every item is below it
	Out      []int   // the axes of the result, in order: loop axes that stay, each once, and -1, once, for the target
}

// check panics where the parts of by do not fit each other, or the factor's shape.
func (by By) check(in Shape) {
	distinct := func(axes []int) bool {
		for i, k := range axes {
			if k < -1 || k >= len(by.Loop) || slices.Contains(axes[:i], k) {
				return false
			}
		}
		return true
	}
	fits := distinct(by.In) && distinct(by.ItemAxes) && distinct(by.Out) && len(by.In) == len(in) && by.Target >= 0 &&
		!slices.Contains(by.In, -1) && !slices.Contains(by.ItemAxes, -1) && slices.Contains(by.Out, -1)
	n := uint64(1)
	for i := 0; fits && i < len(in); i++ {
		fits = by.Loop[by.In[i]] == in[i]
	}
	for i := 0; fits && i < len(by.ItemAxes); i++ {
		n *= uint64(by.Loop[by.ItemAxes[i]])
	}
	if !fits || n != uint64(len(by.Items)) {
		panic("bitmap: axes and items of a By do not fit")
	}
	for _, item := range by.Items {
		if int(item) >= by.Target {
			panic(fmt.Sprintf("bitmap: item past the end of a target of %d items", by.Target))
		}
	}
}

// out is the shape of the result.
func (by By) out() Shape {
	shape := make(Shape, len(by.Out))
	for i, k := range by.Out {
		shape[i] = by.Target
		if k >= 0 {
			shape[i] = by.Loop[k]
		}
	}
	return shape
}

// reducesNothing says whether a loop axis that does not stay has no items: no cell maps anywhere.
func (by By) reducesNothing() bool {
	for k, size := range by.Loop {
		if size == 0 && !slices.Contains(by.Out, k) {
			return true
		}
	}
	return false
}

// ReduceBy interns the set that holds a cell of the result where id, a set over in, holds every cell of the loop
// space that the mapping takes there: true over none (SPEC 4.1, BY aggregate). A cell of the loop space goes to its
// own items along the axes that stay and to its target item; where that is BLANK it goes nowhere.
//
// With the source S of the mapping m, the factor F and the target T: Loop is F ∪ dims(m), In is F, ItemAxes is dims(m),
// Out is (F ∖ S) ∪ {T} ∪ (dims(m) ∖ S) in any order.
//
// It goes through Items once, with the words of the factor's axes outside the mapping at each step, or where there
// are none, with the cells that id lacks.
func (p *Pool) ReduceBy(id SetID, in Shape, by By) SetID {
	by.check(in)
	cells, out := in.cells(), by.out()
	n := out.cells()
	if n == 0 || cells == 0 || id == Full || by.reducesNothing() {
		return Full
	}
	var words []uint64
	axes := by.In
	if id == Empty { // over no axes
		words, axes = []uint64{0}, nil
	} else {
		words = p.Words(id, cells)
	}
	words, stay := by.own(words, axes)
	words, mapped := by.and(words, axes, product(by.sizes(stay)))
	order := make([]int, 0, len(out))
	for _, k := range append(append(mapped, -1), stay...) {
		order = append(order, slices.Index(by.Out, k))
	}
	return p.internWords(spread(words, order, out), n)
}

func (by By) sizes(axes []int) []uint64 {
	sizes := make([]uint64, len(axes))
	for i, k := range axes {
		sizes[i] = uint64(by.Loop[k])
	}
	return sizes
}

// own reduces a set over axes by those that neither stay nor are the mapping's, and moves those that are the
// mapping's to the front, in its order. It returns the others, which follow them.
func (by By) own(words []uint64, axes []int) (moved []uint64, stay []int) {
	drop, left := make([]bool, len(axes)), []int(nil)
	for i, k := range axes {
		drop[i] = !slices.Contains(by.ItemAxes, k) && !slices.Contains(by.Out, k)
		if !drop[i] {
			left = append(left, k)
		}
	}
	words, sizes := reduce(words, by.sizes(axes), drop)
	var order []int
	for _, k := range by.ItemAxes {
		if i := slices.Index(left, k); i >= 0 {
			order = append(order, i)
		}
	}
	for i, k := range left {
		if !slices.Contains(by.ItemAxes, k) {
			order, stay = append(order, i), append(stay, k)
		}
	}
	return permute(words, sizes, order), stay
}

// and is the AND along the mapping, over the mapping's axes that stay, which it returns, then the target, then block
// cells. src is over those of the mapping's axes that are in have, in the mapping's order, then block cells.
func (by By) and(src []uint64, have []int, block uint64) (words []uint64, mapped []int) {
	loop := make([]axis, len(by.ItemAxes))
	in, out := uint64(1), uint64(by.Target)
	for i := len(by.ItemAxes) - 1; i >= 0; i-- {
		k := by.ItemAxes[i]
		loop[i].size = uint64(by.Loop[k])
		if slices.Contains(have, k) {
			loop[i].in = in
			in *= loop[i].size
		}
		if slices.Contains(by.Out, k) {
			loop[i].out = out
			out *= loop[i].size
			mapped = append(mapped, k)
		}
	}
	slices.Reverse(mapped)
	words = make([]uint64, WordsFor(out*block))
	fillBits(words, 0, out*block)
	items, row := by.Items, axis{size: 1}
	if last := len(loop) - 1; last >= 0 {
		loop, row = loop[:last], loop[last]
	}
	walk(loop, 0, 0, func(in, out uint64) {
		if block == 1 {
			clearRow(words, out, src, in, items[:row.size], row)
		} else {
			andRow(words, out, src, in, items[:row.size], row, block)
		}
		items = items[row.size:]
	})
	return words, mapped
}

// andRow ANDs the block of each item of a row into its target's. in and out are in blocks.
func andRow(dst []uint64, out uint64, src []uint64, in uint64, items []int32, row axis, block uint64) {
	for _, item := range items {
		if item >= 0 {
			andBits(dst, (out+uint64(item))*block, src, in*block, block)
		}
		in, out = in+row.in, out+row.out
	}
}

// clearRow is andRow for blocks of one bit: it looks at the zeros of src alone.
func clearRow(dst []uint64, out uint64, src []uint64, in uint64, items []int32, row axis) {
	clearAt := func(j uint64) {
		if items[j] >= 0 {
			at := out + j*row.out + uint64(items[j])
			dst[at>>6] &^= 1 << (at & 63)
		}
	}
	if row.in != 1 || row.size < 8 {
		for j := range row.size {
			if bitAt(src, in+j*row.in) == 0 {
				clearAt(j)
			}
		}
		return
	}
	for j := uint64(0); j < row.size; j += 64 {
		k := min(64, row.size-j)
		for z := ^loadBits(src, in+j, k) & low(k); z != 0; z &= z - 1 {
			clearAt(j + uint64(bits.TrailingZeros64(z)))
		}
	}
}
