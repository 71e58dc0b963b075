package bitmap

import (
	"context"
	"math/bits"
)

// regionWalk is one way through a region.
type regionWalk struct {
	ctx     context.Context // of the call that walks
	top     *fixing
	at      []uint64 // by axis the item that it is fixed to
	last    bool     // find the last cell
	steps   uint64
	budget  float64 // of steps
	stopped bool    // by the budget or the context: what is counted means nothing
	err     error   // the context's
}

// step counts steps, and stops a walk that takes too many or that nobody waits for.
func (w *regionWalk) step(n uint64) {
	before := w.steps
	w.steps += n
	if w.stopped = w.stopped || float64(w.steps) > w.budget; w.steps>>20 != before>>20 && w.err == nil {
		w.err = w.ctx.Err()
		w.stopped = w.stopped || w.err != nil
	}
}

// fixing is one axis on the way of a walk: the factors of which it is the last axis, and the parts that are left.
type fixing struct {
	axis   int
	size   uint64
	merged *merger // how many items each stands for; nil: itself
	rows   []tallyRows
	rest   []*fixing
	row    []uint64  // room for one row of the axis
	above  []int     // what the count depends on,
	told   [][]int32 // which of their items are told apart (nil: all),
	weight []uint64  // and how far apart these are in
	known  []uint64  // one more than the counts that were found; nil: they are not remembered
	some   []byte    // as known, for find: 1 that there is no cell, 2 that there is one
}

// tallyRows is a factor's words, an axis at last: where its rows begin.
type tallyRows struct {
	words   []uint64
	above   []int
	strides []uint64
}

// place is where what depends on the items above is remembered.
func (f *fixing) place(at []uint64) uint64 {
	place := uint64(0)
	for i, a := range f.above {
		item := at[a]
		if f.told[i] != nil {
			item = uint64(f.told[i][item])
		}
		place += item * f.weight[i]
	}
	return place
}

// count counts the cells of a part, the axes above being fixed; as many as can be where they are more.
func (f *fixing) count(w *regionWalk) uint64 {
	place := uint64(0)
	if f.known != nil {
		if place = f.place(w.at); f.known[place] != 0 {
			return f.known[place] - 1
		}
	}
	total := uint64(0)
	if len(f.rest) == 0 {
		f.fill(w)
		if f.merged == nil {
			total = CountWords(f.row)
		} else {
			total = f.merged.count(f.row)
		}
	} else {
		f.each(w, func(item, n uint64) {
			if f.merged != nil {
				n, _ = upTo(n, f.merged.items[item], true)
			}
			sum, carry := bits.Add64(total, n, 0)
			total = sum | -carry
		})
	}
	if f.known != nil && !w.stopped {
		f.known[place] = total + 1
	}
	return total
}

// each yields the items of the axis that have any cell, and how many they have.
func (f *fixing) each(w *regionWalk, yield func(item, n uint64)) {
	f.fill(w)
	for i, word := range f.row {
		for ; word != 0 && !w.stopped; word &= word - 1 {
			item, n := uint64(i)<<6+uint64(bits.TrailingZeros64(word)), uint64(1)
			w.at[f.axis] = item
			w.step(1)
			for _, next := range f.rest {
				if n, _ = upTo(n, next.count(w), true); n == 0 {
					break
				}
			}
			if n > 0 {
				yield(item, n)
			}
		}
	}
}

// fill makes the row of the axis: the items that all factors have of which it is the last axis.
func (f *fixing) fill(w *regionWalk) {
	w.step(1 + uint64(len(f.rows)*len(f.row)))
	OnesWords(f.row, f.size)
	for _, r := range f.rows {
		first := uint64(0)
		for i, a := range r.above {
			first += w.at[a] * r.strides[i]
		}
		words, shift := r.words[first>>6:], first&63
		for i := range f.row {
			if i >= len(words) {
				f.row[i] = 0
				continue
			}
			x := words[i] >> shift
			if shift > 0 && i+1 < len(words) {
				x |= words[i+1] << (64 - shift)
			}
			f.row[i] &= x
		}
	}
}

// has says whether a part has any cell, the axes above being fixed.
func (f *fixing) has(w *regionWalk) bool {
	place := uint64(0)
	if f.known != nil {
		if f.some == nil {
			f.some = make([]byte, len(f.known))
		}
		if place = f.place(w.at); f.some[place] != 0 {
			return f.some[place] == 2
		}
	}
	found := f.first(w)
	if f.known != nil && !w.stopped {
		f.some[place] = 1
		if found {
			f.some[place] = 2
		}
	}
	return found
}

// first goes to the first item of the axis, or the last, with which all parts that are left have a cell.
func (f *fixing) first(w *regionWalk) bool {
	f.fill(w)
	for i := range f.row {
		if w.last {
			i = len(f.row) - 1 - i
		}
		for word := f.row[i]; word != 0 && !w.stopped; {
			bit := bits.TrailingZeros64(word)
			if w.last {
				bit = bits.Len64(word) - 1
			}
			word &^= 1 << bit
			w.at[f.axis] = uint64(i)<<6 + uint64(bit)
			w.step(1)
			if f.allHave(w) {
				return true
			}
		}
	}
	return false
}

func (f *fixing) allHave(w *regionWalk) bool {
	for _, next := range f.rest {
		if !next.has(w) {
			return false
		}
	}
	return true
}

// find goes to a cell of a part, the axes above being fixed, and says whether there is one.
func (f *fixing) find(w *regionWalk) bool {
	if !f.first(w) {
		return false
	}
	for _, next := range f.rest {
		if !next.find(w) {
			return false
		}
	}
	return true
}
