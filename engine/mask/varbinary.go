package mask

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// offset is the number that a variable-size layout counts its bytes or elements in.
type offset interface{ int32 | int64 }

func offsetSize[O offset]() int {
	var o O
	if _, ok := any(o).(int32); ok {
		return 4
	}
	return 8
}

func fitsOffset[O offset](n int) bool { return offsetSize[O]() == 8 || n <= math.MaxInt32 }

// offsets are the part's n+1 offsets, found rising and between 0 and limit; limit is how much they count in.
func offsets[O offset](p part, limit int) ([]O, error) {
	if p.n == 0 {
		return make([]O, 1), nil
	}
	size := offsetSize[O]()
	b, err := p.bytes(1, p.off*size, (p.off+p.n+1)*size)
	if err != nil {
		return nil, err
	}
	o := arrow.GetData[O](b)[:p.n+1]
	if o[0] < 0 || int64(o[p.n]) > int64(limit) {
		return nil, malformed("an offset is out of range")
	}
	var falls O // its sign is set where an offset falls; the offset itself is in it lest the difference wraps
	before := o[0]
	for _, x := range o[1:] {
		falls |= x - before | x
		before = x
	}
	if falls < 0 {
		return nil, malformed("an offset is smaller than the one before it")
	}
	return o, nil
}

// rebased are the offsets counted from the first of them: the input's own where that is 0 already.
func rebased[O offset](r *redactor, p part, o []O) *memory.Buffer {
	size := offsetSize[O]()
	if o[0] == 0 && p.n > 0 {
		return r.window(p, 1, p.off*size, (p.off+p.n+1)*size)
	}
	b := r.buffer(len(o) * size)
	out := arrow.GetData[O](b.Bytes())
	for i := range o {
		out[i] = o[i] - o[0]
	}
	return b
}

// packed are new offsets for the visible rows' sizes, hidden rows having none, and their sum.
func packed[O offset](r *redactor, o []O, visible []uint64, s selection) (*memory.Buffer, int, error) {
	b := r.buffer((s.n + 1) * offsetSize[O]())
	out := arrow.GetData[O](b.Bytes())
	if s.rows == nil {
		return b, packOffsets(out, o, visible), nil
	}
	total := 0
	out[0] = 0
	for i, row := range s.rows {
		if visible == nil || hasBit(visible, i) {
			total += int(o[row+1] - o[row])
			if !fitsOffset[O](total) {
				return nil, 0, malformed("the values are larger than their offsets can count")
			}
		}
		out[i+1] = O(total)
	}
	return b, total, nil
}

// packOffsets writes new offsets, of which rows without their bit get no size; nil words are all rows. It is the last of
// them, which fits, as the last of the old ones did. Each row costs the same, whatever its bit.
func packOffsets[O offset](out, o []O, words []uint64) int {
	var total O
	out[0] = 0
	for from := 0; from < len(o)-1; from += 64 {
		to := min(from+64, len(o)-1)
		word := ^uint64(0)
		if words != nil {
			word = words[from>>6]
		}
		before := o[from]
		ends := o[from+1 : to+1]
		for i, made := 0, out[from+1:to+1]; i < len(made) && i < len(ends); i++ {
			total += (ends[i] - before) & -O(word>>(i&63)&1)
			made[i], before = total, ends[i]
		}
	}
	return int(total)
}

// varBinary redacts text and binary with offsets.
func varBinary[O offset](r *redactor, p part, s selection) (result, error) {
	limit := p.bufferLen(2)
	o, err := offsets[O](p, limit)
	if err != nil {
		return result{}, err
	}
	visible, nulls, err := p.visible(s)
	if err != nil {
		return result{}, err
	}
	valid := r.bitmap(visible, s.n)
	if r.shares(s, visible) {
		values := r.window(p, 2, int(o[0]), int(o[p.n]))
		return result{buffers: r.list(valid, rebased(r, p, o), values), nulls: nulls}, nil
	}
	offs, total, err := packed(r, o, visible, s)
	if err != nil {
		return result{}, err
	}
	values := r.buffer(total)
	src, err := p.bytes(2, 0, limit)
	if err != nil {
		return result{}, err
	}
	dst := values.Bytes()
	for from, to := range runs(visible, s.n) {
		if s.rows == nil {
			dst = dst[copy(dst, src[o[from]:o[to]]):]
			continue
		}
		for _, row := range s.rows[from:to] {
			dst = dst[copy(dst, src[o[row]:o[row+1]]):]
		}
	}
	return result{buffers: r.list(valid, offs, values), nulls: nulls}, nil
}
