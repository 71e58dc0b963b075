package mask

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// viewSize is the bytes of a view's header, inlineSize the longest value that stands in the header itself.
const (
	viewSize   = arrow.ViewHeaderSizeBytes
	inlineSize = 12
)

// views redacts text and binary views. The headers are made anew from the values, since what stands in them beside
// the value (padding, a prefix) is the producer's word only.
func (r *redactor) views(p part, s selection) (result, error) {
	headers, err := p.viewHeaders()
	if err != nil {
		return result{}, err
	}
	visible, nulls, err := p.visible(s)
	if err != nil {
		return result{}, err
	}
	data := p.data.Buffers()[min(2, len(p.data.Buffers())):]
	used := make([]spans, len(data))
	for from, to := range runs(visible, s.n) {
		for i := from; i < to; i++ {
			h := &headers[s.row(i)]
			if err := checkView(h, data); err != nil {
				return result{}, err
			}
			if !h.IsInline() {
				used[h.BufferIndex()].add(int(h.BufferOffset()), h.Len())
			}
		}
	}
	res := result{nulls: nulls}
	out := r.zeroed(s.n * viewSize)
	res.buffers = append(res.buffers, r.bitmap(visible, s.n), out)
	place := make([]int32, len(data)) // the new number of each buffer
	for k := range data {
		if used[k].pack(); used[k].size > 0 {
			place[k] = int32(len(res.buffers) - 2)
			res.buffers = append(res.buffers, r.packedBuffer(data[k], &used[k]))
		}
	}
	made := arrow.GetData[arrow.ViewHeader](out.Bytes())
	for from, to := range runs(visible, s.n) {
		for i := from; i < to; i++ {
			h := &headers[s.row(i)]
			if h.IsInline() {
				made[i].SetBytes(h.InlineBytes())
				continue
			}
			k, at := h.BufferIndex(), int(h.BufferOffset())
			made[i].SetBytes(data[k].Bytes()[at : at+h.Len()])
			made[i].SetIndexOffset(place[k], int32(used[k].at(at)))
		}
	}
	return res, nil
}

// viewHeaders are the headers of the part's rows, as they stand.
func (p part) viewHeaders() ([]arrow.ViewHeader, error) {
	b, err := p.bytes(1, p.off*viewSize, (p.off+p.n)*viewSize)
	if err != nil {
		return nil, err
	}
	return arrow.GetData[arrow.ViewHeader](b), nil
}

// checkView says whether the header's value lies in the buffers.
func checkView(h *arrow.ViewHeader, data []*memory.Buffer) error {
	switch {
	case h.Len() < 0:
		return malformed("a view has a negative length")
	case h.Len() <= inlineSize:
		return nil
	}
	k, at := int(h.BufferIndex()), int(h.BufferOffset())
	if k < 0 || k >= len(data) || data[k] == nil || at < 0 || at+h.Len() > data[k].Len() {
		return malformed("a view points outside its buffers")
	}
	return nil
}

// packedBuffer is the used spans of a buffer: the buffer itself where they are all of it.
func (r *redactor) packedBuffer(b *memory.Buffer, used *spans) *memory.Buffer {
	if used.covers(b.Len()) {
		return r.share(b, 0, b.Len())
	}
	out := r.buffer(used.size)
	dst := out.Bytes()
	for _, x := range used.list {
		dst = dst[copy(dst, b.Bytes()[x.from:x.to]):]
	}
	return out
}

// listView redacts list views: the elements that visible rows point at are kept once, in their order.
func listView[O offset](r *redactor, p part, dt arrow.NestedType, s selection) (result, error) {
	size := offsetSize[O]()
	var err error
	var starts, sizes []O
	for i, dst := range []*[]O{&starts, &sizes} {
		b, err := p.bytes(i+1, p.off*size, (p.off+p.n)*size)
		if err != nil {
			return result{}, err
		}
		*dst = arrow.GetData[O](b)
	}
	elems, err := p.child(0)
	if err != nil {
		return result{}, err
	}
	visible, nulls, err := p.visible(s)
	if err != nil {
		return result{}, err
	}
	var used spans
	for from, to := range runs(visible, s.n) {
		for i := from; i < to; i++ {
			at, n := int64(starts[s.row(i)]), int64(sizes[s.row(i)])
			if at < 0 || n < 0 || at > int64(elems.n) || n > int64(elems.n)-at {
				return result{}, malformed("a list view points outside its elements")
			}
			used.add(int(at), int(n))
		}
	}
	used.pack()
	offs, lens := r.zeroed(s.n*size), r.zeroed(s.n*size)
	newStarts, newSizes := arrow.GetData[O](offs.Bytes()), arrow.GetData[O](lens.Bytes())
	for from, to := range runs(visible, s.n) {
		for i := from; i < to; i++ {
			if row := s.row(i); sizes[row] > 0 {
				newStarts[i], newSizes[i] = O(used.at(int(starts[row]))), sizes[row]
			}
		}
	}
	sel := selection{n: used.size}
	if len(used.list) == 1 {
		elems, err = elems.window(used.list[0].from, used.size)
		if err != nil {
			return result{}, err
		}
	} else {
		sel.rows = make([]int, 0, used.size)
		for _, x := range used.list {
			for k := x.from; k < x.to; k++ {
				sel.rows = append(sel.rows, k)
			}
		}
	}
	res := result{buffers: []*memory.Buffer{r.bitmap(visible, s.n), offs, lens}, nulls: nulls}
	return r.withPicked(res, elems, dt.Fields()[0].Type, sel)
}
