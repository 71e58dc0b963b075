package mask

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// index is a type of numbers of a dictionary's values.
type index interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64
}

// dictionary keeps the values that a visible row uses. Where no row is hidden and all values are used, the memory is
// shared. Otherwise they are numbered by first visible use: their old order may tell in which order the rows that are
// hidden now first used them. A dictionary declared as ordered keeps its order, which is part of its meaning.
func (r *redactor) dictionary(p part, dt *arrow.DictionaryType, s selection) (result, error) {
	values := part{}
	if d, ok := p.data.Dictionary().(*array.Data); ok && d != nil {
		var err error
		if values, err = whole(d); err != nil {
			return result{}, err
		}
	} else if s.n > 0 {
		return result{}, malformed("the dictionary is missing")
	} else {
		return r.fixed(p, s, dt.IndexType.(arrow.FixedWidthDataType).Bytes())
	}
	switch dt.IndexType.ID() {
	case arrow.INT8:
		return renumber[int8](r, p, values, dt, s)
	case arrow.INT16:
		return renumber[int16](r, p, values, dt, s)
	case arrow.INT32:
		return renumber[int32](r, p, values, dt, s)
	case arrow.INT64:
		return renumber[int64](r, p, values, dt, s)
	case arrow.UINT8:
		return renumber[uint8](r, p, values, dt, s)
	case arrow.UINT16:
		return renumber[uint16](r, p, values, dt, s)
	case arrow.UINT32:
		return renumber[uint32](r, p, values, dt, s)
	}
	return renumber[uint64](r, p, values, dt, s)
}

// indices are the part's rows of a buffer of numbers.
func indices[T index](p part, width int) ([]T, error) {
	b, err := p.bytes(1, p.off*width, (p.off+p.n)*width)
	if err != nil {
		return nil, err
	}
	return arrow.GetData[T](b), nil
}

func renumber[T index](r *redactor, p, values part, dt *arrow.DictionaryType, s selection) (result, error) {
	width := dt.IndexType.(arrow.FixedWidthDataType).Bytes()
	idx, err := indices[T](p, width)
	if err != nil {
		return result{}, err
	}
	visible, _, err := p.visible(s)
	if err != nil {
		return result{}, err
	}
	number := make([]uint32, values.n) // of each value: its new number and one, 0 where no row uses it
	var order []int                    // the values used, by new number
	use := func(k uint64) bool {
		if k >= uint64(len(number)) {
			return false
		}
		if number[k] == 0 {
			order = append(order, int(k))
			number[k] = uint32(len(order))
		}
		return true
	}
	inside := true
	for from, to := range runs(visible, s.n) {
		if s.rows == nil {
			for _, v := range idx[from:to] {
				inside = use(uint64(v)) && inside
			}
			continue
		}
		for _, row := range s.rows[from:to] {
			inside = use(uint64(idx[row])) && inside
		}
	}
	if !inside {
		return result{}, malformed("an index is outside its dictionary")
	}
	if r.shares(s, visible) && len(order) == values.n {
		res, err := r.fixed(p, s, width)
		if err != nil {
			return result{}, err
		}
		res.dict, err = r.array(values, dt.ValueType, selection{n: values.n})
		return res, err
	}
	if dt.Ordered {
		slices.Sort(order)
		for i, k := range order {
			number[k] = uint32(i + 1)
		}
	}
	return renumbered(r, p, values, dt, s, idx, order, number)
}

func renumbered[T index](r *redactor, p, values part, dt *arrow.DictionaryType, s selection, idx []T, order []int, number []uint32) (result, error) {
	visible, nulls, err := p.visible(s)
	if err != nil {
		return result{}, err
	}
	dict, err := r.picked(values, dt.ValueType, selection{n: len(order), rows: order})
	if err != nil {
		return result{}, err
	}
	b := r.zeroed(s.n * dt.IndexType.(arrow.FixedWidthDataType).Bytes())
	out := arrow.GetData[T](b.Bytes())
	for from, to := range runs(visible, s.n) {
		for i := from; i < to; i++ {
			out[i] = T(number[idx[s.row(i)]] - 1)
		}
	}
	return result{buffers: []*memory.Buffer{r.bitmap(visible, s.n), b}, dict: dict, nulls: nulls}, nil
}
