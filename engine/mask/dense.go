package mask

import (
	"math/bits"
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// denseBlock answers for rows that are the cells of a block in cell order. Nothing is looked up by row: a table's bits
// repeat in stretches along the rows, which are laid over the words of rows stretch by stretch.
type denseBlock struct {
	space cube.Space
	lanes []denseLane
}

// denseLane is a category of a measure: the AND of its tables.
type denseLane struct {
	never  bool
	tables []denseTable
}

// denseTable is a table over some of the dimensions. The cells of the dimensions from split on are one stretch of
// rows: bits that follow each other, or one bit for all where flat is set.
type denseTable struct {
	bits    []uint64
	sizes   []uint64 // of all dimensions
	strides []uint64 // in bits, 0 for dimensions that the table lacks
	split   int
	stretch uint64
	flat    bool
}

// Tables whose stretches are shorter than shortStretch are spread out over more dimensions, as long as that takes no
// more than maxSpread bits.
const (
	shortStretch = 4096
	maxSpread    = 1 << 24
)

// add numbers the lane of a category's tables.
func (d *denseBlock) add(tables []engine.Table) int {
	var l denseLane
	if d.space.Len() == 0 {
		tables = nil
	}
	for _, t := range tables {
		if len(t.Axes) == 0 {
			l.never = l.never || t.Bits[0]&1 == 0
			continue
		}
		l.tables = append(l.tables, newDenseTable(d.space, t).spread())
	}
	for i := range d.lanes {
		if d.lanes[i].equal(&l) {
			return i
		}
	}
	d.lanes = append(d.lanes, l)
	return len(d.lanes) - 1
}

// equal says that two lanes ask the same.
func (l *denseLane) equal(o *denseLane) bool {
	return l.never == o.never && slices.EqualFunc(l.tables, o.tables, func(a, b denseTable) bool {
		return slices.Equal(a.strides, b.strides) && slices.Equal(a.bits, b.bits)
	})
}

func newDenseTable(space cube.Space, t engine.Table) denseTable {
	dt := denseTable{bits: t.Bits}
	for _, l := range space.Dims() {
		dt.sizes = append(dt.sizes, uint64(l.Len()))
	}
	dt.strides = make([]uint64, len(dt.sizes))
	stride := uint64(1)
	for _, a := range slices.Backward(t.Axes) {
		dt.strides[a] = stride
		stride *= dt.sizes[a]
	}
	dt.cut()
	return dt
}

// cut finds the longest stretch.
func (t *denseTable) cut() {
	t.split, t.stretch, t.flat = len(t.sizes), 1, false
	for i := len(t.sizes) - 1; i >= 0 && (t.sizes[i] == 1 || t.strides[i] == 0); i-- {
		t.split, t.flat = i, true
		t.stretch *= t.sizes[i]
	}
	if t.flat && t.stretch > 1 {
		return
	}
	t.split, t.stretch, t.flat = len(t.sizes), 1, false
	for i := len(t.sizes) - 1; i >= 0 && (t.sizes[i] == 1 || t.strides[i] == t.stretch); i-- {
		t.split = i
		t.stretch *= t.sizes[i]
	}
}

// spread is the table with its bits repeated over further dimensions at the end, where its stretches are short.
func (t denseTable) spread() denseTable {
	if t.split == 0 || t.stretch >= shortStretch {
		return t
	}
	split, size := len(t.sizes), uint64(1)
	for split > 0 && size < shortStretch {
		split--
		size *= t.sizes[split]
	}
	lead := uint64(1) // cells of the table's dimensions before split
	for i := range split {
		if t.strides[i] > 0 {
			lead *= t.sizes[i]
		}
	}
	if hi, lo := bits.Mul64(lead, size); hi != 0 || lo > maxSpread {
		return t
	}
	// The table's bits for one cell of the dimensions before split, along those from split on.
	piece := denseTable{bits: t.bits, sizes: t.sizes[split:], strides: t.strides[split:]}
	piece.cut()
	inner := uint64(1)
	for i := split; i < len(t.sizes); i++ {
		if t.strides[i] > 0 {
			inner *= t.sizes[i]
		}
	}
	out := denseTable{sizes: t.sizes, strides: make([]uint64, len(t.sizes)), bits: make([]uint64, wordsFor(int(lead*size)))}
	fill(out.bits, int(lead*size))
	words := make([]uint64, wordsFor(int(size)))
	for l := range lead {
		fill(words, int(size))
		piece.and(words, 0, int(size), l*inner)
		andRange(out.bits, int(l*size), int((l+1)*size), words, 0)
	}
	stride := uint64(1)
	for i := len(t.sizes) - 1; i >= 0; i-- {
		if i >= split || t.strides[i] > 0 {
			out.strides[i] = stride
			stride *= t.sizes[i]
		}
	}
	out.cut()
	return out
}

// words are the cells first, first+1, … that a lane has; nil where it has all.
func (d *denseBlock) words(lane int, first uint64, n int) []uint64 {
	if d.always(lane) {
		return nil
	}
	words := make([]uint64, wordsFor(n))
	d.fill(words, lane, first, n)
	return words
}

// always says that a lane has all cells.
func (d *denseBlock) always(lane int) bool {
	return !d.lanes[lane].never && len(d.lanes[lane].tables) == 0
}

// fill sets words, which may hold anything, to the cells first, first+1, … that a lane has.
func (d *denseBlock) fill(words []uint64, lane int, first uint64, n int) {
	l := &d.lanes[lane]
	if l.never {
		clear(words)
		return
	}
	fill(words, n)
	for i := range l.tables {
		l.tables[i].and(words, first, n, 0)
	}
}

// and clears the bits of the n rows from cell first on that the table, read from bit base on, lacks.
func (t *denseTable) and(words []uint64, first uint64, n int, base uint64) {
	if n == 0 {
		return
	}
	items := make([]uint64, t.split)
	at := first / t.stretch
	for i := t.split - 1; i >= 0; i-- {
		items[i] = at % t.sizes[i]
		at /= t.sizes[i]
		base += items[i] * t.strides[i]
	}
	skip := first % t.stretch // how much of the first stretch lies before the rows
	for row := 0; row < n; {
		to := n
		if rest := t.stretch - skip; rest < uint64(n-row) {
			to = row + int(rest)
		}
		switch {
		case !t.flat:
			andRange(words, row, to, t.bits, base+skip)
		case t.bits[base>>6]>>(base&63)&1 == 0:
			clearRange(words, row, to)
		}
		row, skip = to, 0
		for i := t.split - 1; i >= 0; i-- { // the next items, like an odometer
			items[i]++
			base += t.strides[i]
			if items[i] < t.sizes[i] {
				break
			}
			base -= items[i] * t.strides[i]
			items[i] = 0
		}
	}
}

// andRange clears those of the bits [from,to) of words whose bit, from pos on, is not in src.
func andRange(words []uint64, from, to int, src []uint64, pos uint64) {
	for from < to {
		if whole := (to - from) >> 6; whole > 1 && from&63 == 0 {
			at := from >> 6
			whole = andShifted(words[at:at+whole], src[pos>>6:], uint(pos&63))
			from += 64 * whole
			pos += 64 * uint64(whole)
			continue
		}
		shift := from & 63
		n := min(64-shift, to-from)
		outside := ^(lastWord(n) << shift)
		words[from>>6] &= load64(src, pos)<<shift | outside
		from += n
		pos += uint64(n)
	}
}

// andShifted clears the bits of words whose bit, shift (0 to 63) further on, is not in from. It says how many of the words it did:
// at most one less than from has, but at least one.
func andShifted(words, from []uint64, shift uint) int {
	if len(from) == 1 {
		words[0] &= from[0] >> shift
		return 1
	}
	words = words[:min(len(words), len(from)-1)]
	for i := andShiftedWords(words, from, shift); i < len(words); i++ {
		words[i] &= from[i]>>shift | from[i+1]<<(64-shift)
	}
	return len(words)
}
