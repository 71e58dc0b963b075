package mask

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// fixedWidth is the bytes of a value of a type whose only buffer is its values.
func fixedWidth(dt arrow.DataType) (int, bool) {
	switch dt.ID() {
	case arrow.INT8, arrow.UINT8, arrow.INT16, arrow.UINT16, arrow.INT32, arrow.UINT32, arrow.INT64, arrow.UINT64,
		arrow.FLOAT16, arrow.FLOAT32, arrow.FLOAT64, arrow.DECIMAL32, arrow.DECIMAL64, arrow.DECIMAL128, arrow.DECIMAL256,
		arrow.DATE32, arrow.DATE64, arrow.TIME32, arrow.TIME64, arrow.TIMESTAMP, arrow.DURATION,
		arrow.INTERVAL_MONTHS, arrow.INTERVAL_DAY_TIME, arrow.INTERVAL_MONTH_DAY_NANO, arrow.FIXED_SIZE_BINARY:
		return dt.(arrow.FixedWidthDataType).Bytes(), true
	}
	return 0, false
}

func (r *redactor) fixed(p part, s selection, width int) (result, error) {
	src, err := p.bytes(1, p.off*width, (p.off+p.n)*width)
	if err != nil {
		return result{}, err
	}
	visible, nulls, err := p.visible(s)
	if err != nil {
		return result{}, err
	}
	valid := r.bitmap(visible, s.n)
	if r.shares(s, visible) {
		return result{buffers: r.list(valid, r.window(p, 1, p.off*width, (p.off+p.n)*width)), nulls: nulls}, nil
	}
	values := r.buffer(s.n * width)
	if s.rows == nil {
		maskBytes(values.Bytes(), src[:s.n*width], visible, s.n, width)
	} else {
		takeBytes(values.Bytes(), src, visible, s.rows, width)
	}
	return result{buffers: r.list(valid, values), nulls: nulls}, nil
}

// window shares the bytes [from,to) of buffer i, which were found there.
func (r *redactor) window(p part, i, from, to int) *memory.Buffer {
	if from == to {
		return r.buffer(0)
	}
	return r.share(p.data.Buffers()[i], from, to)
}

// maskBytes copies n values of the given width where words has their bit (everywhere where it is nil) and writes zeros elsewhere.
func maskBytes(dst, src []byte, words []uint64, n, width int) {
	if words == nil {
		copy(dst, src)
		return
	}
	maskInto(dst, src, words, n, width, pastCaches(len(dst)))
}

// maskInto is maskBytes, past the caches where that is asked and can be done.
func maskInto(dst, src []byte, words []uint64, n, width int, past bool) {
	done := redactWords(dst, src, words[:n/64], width, past)
	words, n = words[done:], n-64*done
	dst, src = dst[64*done*width:], src[64*done*width:]
	switch {
	case n == 0:
	case width == 8:
		maskValues(arrow.GetData[uint64](dst), arrow.GetData[uint64](src), words)
	case width == 4:
		maskValues(arrow.GetData[uint32](dst), arrow.GetData[uint32](src), words)
	case width == 2:
		maskValues(arrow.GetData[uint16](dst), arrow.GetData[uint16](src), words)
	case width == 1:
		maskValues(dst, src, words)
	default:
		at := 0
		for from, to := range runs(words, n) {
			clear(dst[at : from*width])
			at = to * width
			copy(dst[from*width:at], src[from*width:at])
		}
		clear(dst[at:])
	}
}

// takeBytes writes the values at rows where words has their bit, zeros elsewhere.
func takeBytes(dst, src []byte, words []uint64, rows []int, width int) {
	switch width {
	case 8:
		takeValues(arrow.GetData[uint64](dst), arrow.GetData[uint64](src), words, rows)
	case 4:
		takeValues(arrow.GetData[uint32](dst), arrow.GetData[uint32](src), words, rows)
	default:
		for i, row := range rows {
			d := dst[i*width : (i+1)*width]
			if words == nil || hasBit(words, i) {
				copy(d, src[row*width:(row+1)*width])
			} else {
				clear(d)
			}
		}
	}
}

func takeValues[T uint32 | uint64](dst, src []T, words []uint64, rows []int) {
	for i, row := range rows {
		var v T
		if words == nil || hasBit(words, i) {
			v = src[row]
		}
		dst[i] = v
	}
}

func (r *redactor) boolean(p part, s selection) (result, error) {
	src, off := []byte(nil), p.off&7
	if p.n > 0 {
		var err error
		if src, err = p.bytes(1, p.off/8, (p.off+p.n+7)/8); err != nil {
			return result{}, err
		}
	}
	visible, nulls, err := p.visible(s)
	if err != nil {
		return result{}, err
	}
	// Bits are copied even where nothing is hidden: the first and the last byte of a window hold neighbours' bits.
	words := make([]uint64, wordsFor(s.n))
	if s.rows == nil {
		loadBits(words, src, off, s.n)
	} else {
		takeBits(words, src, off, selection{n: s.n, keep: visible, rows: s.rows})
	}
	for i, v := range visible {
		words[i] &= v
	}
	return result{buffers: r.list(r.bitmap(visible, s.n), r.bitmap(words, s.n)), nulls: nulls}, nil
}

// takeBits sets the bits of the rows that the selection keeps and whose bit, counted from off, is set in src.
func takeBits(words []uint64, src []byte, off int, s selection) {
	for i, row := range s.rows {
		if s.keep == nil || hasBit(s.keep, i) {
			at := off + row
			words[i>>6] |= uint64(src[at>>3]>>(at&7)&1) << (i & 63)
		}
	}
}
