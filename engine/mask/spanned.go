package mask

import (
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Lists of which some are hidden keep stretches of their elements: one for each run of lists that stay. Stretches are moved as such where
// none of the elements is null; elsewhere their elements are picked row by row.

// spanned redacts a child of which the stretches of list come out, n elements in all. The stretches lie in the part.
func (r *redactor) spanned(p part, dt arrow.DataType, list []span, n int) (*array.Data, error) {
	plain := storage(dt)
	valid, err := p.validity()
	if err != nil || valid != nil || storage(p.data.DataType()).ID() != plain.ID() {
		return r.spannedRows(p, dt, list, n)
	}
	var res result
	if width, ok := fixedWidth(plain); ok {
		res, err = r.spannedValues(p, 1, list, n, p.off, width)
	} else {
		switch plain := plain.(type) {
		case *arrow.StringType, *arrow.BinaryType:
			res, err = spannedBinary[int32](r, p, list, n)
		case *arrow.LargeStringType, *arrow.LargeBinaryType:
			res, err = spannedBinary[int64](r, p, list, n)
		case *arrow.ListType, *arrow.MapType:
			res, err = spannedList[int32](r, p, plain.(arrow.NestedType), list, n)
		case *arrow.LargeListType:
			res, err = spannedList[int64](r, p, plain, list, n)
		case *arrow.StructType:
			res, err = r.spannedStructs(p, plain, list, n)
		default:
			return r.spannedRows(p, dt, list, n)
		}
	}
	if err != nil {
		return nil, err
	}
	d := array.NewData(dt, n, res.buffers, res.children, 0, 0)
	r.own(d)
	return d, nil
}

// spannedRows is spanned element by element.
func (r *redactor) spannedRows(p part, dt arrow.DataType, list []span, n int) (*array.Data, error) {
	s := selection{n: n, rows: make([]int, 0, n)}
	for _, x := range list {
		for k := x.from; k < x.to; k++ {
			s.rows = append(s.rows, k)
		}
	}
	return r.array(p, dt, s)
}

// spannedValues are the stretches of values of a width that stand in buffer i, of which the value off is the first.
func (r *redactor) spannedValues(p part, i int, list []span, n, off, width int) (result, error) {
	src, err := p.bytes(i, off*width, (off+p.n)*width)
	if err != nil {
		return result{}, err
	}
	b := r.buffer(n * width)
	copySpans(b.Bytes(), src, list, width)
	return result{buffers: []*memory.Buffer{nil, b}}, nil
}

func spannedBinary[O offset](r *redactor, p part, list []span, n int) (result, error) {
	limit := p.bufferLen(2)
	offs, inner, total, err := spannedOffsets[O](r, p, limit, list, n)
	if err != nil {
		return result{}, err
	}
	src, err := p.bytes(2, 0, limit)
	if err != nil {
		return result{}, err
	}
	values := r.buffer(total)
	copySpans(values.Bytes(), src, inner, 1)
	return result{buffers: []*memory.Buffer{nil, offs, values}}, nil
}

func spannedList[O offset](r *redactor, p part, dt arrow.NestedType, list []span, n int) (result, error) {
	elems, err := p.child(0)
	if err != nil {
		return result{}, err
	}
	offs, inner, total, err := spannedOffsets[O](r, p, elems.n, list, n)
	if err != nil {
		return result{}, err
	}
	d, err := r.spanned(elems, dt.Fields()[0].Type, inner, total)
	return result{buffers: []*memory.Buffer{nil, offs}, children: []arrow.ArrayData{d}}, err
}

// spannedOffsets are new offsets for the stretches of a part, where those lie in what its offsets count in, and how much that is.
func spannedOffsets[O offset](r *redactor, p part, limit int, list []span, n int) (*memory.Buffer, []span, int, error) {
	o, err := offsets[O](p, limit)
	if err != nil {
		return nil, nil, 0, err
	}
	b := r.buffer((n + 1) * offsetSize[O]())
	out := arrow.GetData[O](b.Bytes())
	inner := make([]span, len(list))
	total, at := 0, 0
	for i, x := range list {
		first := o[x.from]
		moved := O(total) - first
		for _, from := range o[x.from:x.to] {
			out[at] = from + moved
			at++
		}
		inner[i] = span{int(first), int(o[x.to])}
		if total += inner[i].to - inner[i].from; !fitsOffset[O](total) { // A list may stand there more than once.
			return nil, nil, 0, malformed("the values are larger than their offsets can count")
		}
	}
	out[n] = O(total)
	return b, inner, total, nil
}

func (r *redactor) spannedStructs(p part, dt *arrow.StructType, list []span, n int) (result, error) {
	res := result{buffers: []*memory.Buffer{nil}}
	for i, f := range dt.Fields() {
		field, err := p.child(i)
		if err != nil {
			return result{}, err
		}
		if field, err = field.window(p.off, p.n); err != nil {
			return result{}, err
		}
		d, err := r.spanned(field, f.Type, list, n)
		if err != nil {
			return result{}, err
		}
		res.children = append(res.children, d)
	}
	return res, nil
}

// listSpans are the stretches of elements, counted from the first, of the lists that words has; nil words are all.
func listSpans[O offset](o []O, words []uint64) []span {
	if words == nil {
		return []span{{0, int(o[len(o)-1] - o[0])}}
	}
	runs, before := 0, uint64(0)
	for _, w := range words {
		runs += bits.OnesCount64(w &^ (w<<1 | before))
		before = w >> 63
	}
	list := make([]span, runs)
	first, last := list, list // whose start comes next, and whose end
	before = 0
	for i, w := range words {
		at := o[64*i:]
		shifted := w<<1 | before
		before = w >> 63
		for starts := w &^ shifted; starts != 0; starts &= starts - 1 {
			first[0].from = int(at[bits.TrailingZeros64(starts)] - o[0])
			first = first[1:]
		}
		for ends := shifted &^ w; ends != 0; ends &= ends - 1 {
			last[0].to = int(at[bits.TrailingZeros64(ends)] - o[0])
			last = last[1:]
		}
	}
	if len(last) > 0 {
		last[0].to = int(o[len(o)-1] - o[0])
	}
	return list
}

// Stretches of up to shortSpan bytes are moved in blocks: what is too much is written over by the stretches after it.
const (
	blockBytes = 64
	shortSpan  = 8 * blockBytes
)

// copySpans copies the stretches of values, which fill dst.
func copySpans(dst, src []byte, list []span, width int) {
	for _, x := range list {
		from, n := x.from*width, (x.to-x.from)*width
		if n <= shortSpan && len(dst) >= shortSpan && len(src)-from >= shortSpan {
			d, s := (*[shortSpan]byte)(dst), (*[shortSpan]byte)(src[from:])
			for at := 0; at < n; at += blockBytes {
				*(*[blockBytes]byte)(d[at&(shortSpan-blockBytes):]) = *(*[blockBytes]byte)(s[at&(shortSpan-blockBytes):])
			}
		} else {
			copy(dst[:n], src[from:from+n])
		}
		dst = dst[n:]
	}
	clear(dst) // There is nothing left, or what was too much.
}
