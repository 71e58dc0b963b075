package bitmap

// axis is one loop of a kernel: how many items it has, and how far apart neighbours stand in src and in dst.
type axis struct{ size, in, out uint64 }

// walk calls f with the places in src and dst of each combination of the items of axes, the last fastest: once where
// there are no axes.
func walk(axes []axis, in, out uint64, f func(in, out uint64)) {
	if len(axes) == 0 {
		f(in, out)
		return
	}
	a := axes[0]
	for range a.size {
		walk(axes[1:], in, out, f)
		in, out = in+a.in, out+a.out
	}
}

// permute moves the axes of a dense set: axis k of the result is axis order[k] of src, which has no axis without
// items. It may return src itself.
func permute(src []uint64, sizes []uint64, order []int) []uint64 {
	axes := permutation(sizes, order)
	if len(axes) < 2 {
		return src // one axis of all cells, or no axis: nothing moves
	}
	dst := make([]uint64, WordsFor(product(sizes)))
	last := len(axes) - 1
	if axes[last].in == 1 {
		n := axes[last].size
		walk(axes[:last], 0, 0, func(in, out uint64) { copyBits(dst, out, src, in, n) })
		return dst
	}
	// The axis that runs fastest in src and the one that runs fastest in dst make matrices to transpose.
	outer, column, row := make([]axis, 0, last), axis{}, axes[last]
	for _, a := range axes[:last] {
		if a.in == 1 {
			column = a
		} else {
			outer = append(outer, a)
		}
	}
	walk(outer, 0, 0, func(in, out uint64) { transposeBlock(dst, out, src, in, column, row) })
	return dst
}

// permutation is the loops of permute in the order of the result: axes of one item are left out, and axes that are
// neighbours before and after are one.
func permutation(sizes []uint64, order []int) []axis {
	in := strides(sizes)
	var axes []axis
	for _, k := range order {
		if sizes[k] == 1 {
			continue
		}
		a := axis{size: sizes[k], in: in[k]}
		if last := len(axes) - 1; last >= 0 && axes[last].in == a.in*a.size {
			a.size *= axes[last].size
			axes = axes[:last]
		}
		axes = append(axes, a)
	}
	out := uint64(1)
	for i := len(axes) - 1; i >= 0; i-- {
		axes[i].out = out
		out *= axes[i].size
	}
	return axes
}

// transposeBlock copies the matrix at in to the zeros at out: column is the axis that runs fastest in src, row the
// one that runs fastest in dst. It works on 64 × 64 bits at a time.
func transposeBlock(dst []uint64, out uint64, src []uint64, in uint64, column, row axis) {
	var tile [64]uint64
	for r := uint64(0); r < row.size; r += 64 {
		h := min(64, row.size-r)
		for c := uint64(0); c < column.size; c += 64 {
			w := min(64, column.size-c)
			for j := range h {
				tile[j] = loadBits(src, in+c+(r+j)*row.in, w)
			}
			n := side(h, w)
			clear(tile[h:n])
			transpose(&tile, n)
			for i := range w {
				orBits(dst, out+r+(c+i)*column.out, tile[i], h)
			}
		}
	}
}

// broadcast repeats each block of src times times: the cells of src are blocks × block, those of the result
// blocks × times × block. It may return src itself.
func broadcast(src []uint64, blocks, times, block uint64) []uint64 {
	if times == 1 {
		return src
	}
	dst := make([]uint64, WordsFor(blocks*times*block))
	if times*block <= 64 {
		copies := uint64(0) // times the block, this is the block times times
		for i := range times {
			copies |= 1 << (i * block)
		}
		for b := range blocks {
			orBits(dst, b*times*block, loadBits(src, b*block, block)*copies, times*block)
		}
		return dst
	}
	for b := range blocks {
		at := b * times * block
		if block == 1 {
			if bitAt(src, b) == 1 {
				fillBits(dst, at, times)
			}
			continue
		}
		copyBits(dst, at, src, b*block, block)
		repeatBits(dst, at, block, times)
	}
	return dst
}
