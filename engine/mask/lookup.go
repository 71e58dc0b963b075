package mask

import (
	"fmt"
	"math"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/cubeward/cubeward/cube"
)

// notItem and nullItem are the items of values that name none, and of nulls.
const (
	notItem  = -1
	nullItem = -2
)

// lookup finds the items that a column's plain values name (SPEC 5): texts by name, integers by their decimal text,
// dates by their ISO text, positions by themselves. It is immutable.
type lookup struct {
	list      *cube.List
	texts     bool   // values are names
	positions uint64 // how many items the list has, where values are positions; else 0
	// Numbers: dense from low where the numbers lie close together, else a map.
	low    int64
	slots  []uint32 // the code of each number from low on; past them that of what is no item
	sparse map[int64]int32
	large  map[uint64]int32 // past the largest int64
}

// newLookup fails where values of the type name no items.
func newLookup(dt arrow.DataType, l *cube.List, index bool) (*lookup, error) {
	if index {
		if !arrow.IsInteger(dt.ID()) {
			return nil, fmt.Errorf("values of type %s are no positions of items", dt)
		}
		return &lookup{list: l, positions: uint64(l.Len())}, nil
	}
	for {
		switch t := dt.(type) {
		case *arrow.RunEndEncodedType:
			dt = t.Encoded()
			continue
		case *arrow.DictionaryType:
			dt = t.ValueType
			continue
		}
		break
	}
	switch {
	case dt.ID() == arrow.STRING, dt.ID() == arrow.LARGE_STRING, dt.ID() == arrow.STRING_VIEW:
		return &lookup{list: l, texts: true}, nil
	case dt.ID() == arrow.DATE32:
		return numbers(l, func(name string) (int64, bool) {
			days, err := cube.ParseDate(name)
			return int64(days), err == nil && cube.FormatDate(days) == name
		}), nil
	case arrow.IsInteger(dt.ID()):
		return numbers(l, func(name string) (int64, bool) {
			v, err := strconv.ParseInt(name, 10, 64)
			return v, err == nil && strconv.FormatInt(v, 10) == name
		}), nil
	}
	return nil, fmt.Errorf("values of type %s name no items of a list", dt)
}

// numbers is the lookup of the numbers that items' names are read as.
func numbers(l *cube.List, read func(string) (int64, bool)) *lookup {
	lk := &lookup{list: l, sparse: map[int64]int32{}, large: map[uint64]int32{}}
	low, high := int64(math.MaxInt64), int64(math.MinInt64)
	for i, name := range l.Items() {
		if v, ok := read(name); ok {
			lk.sparse[v] = int32(i)
			low, high = min(low, v), max(high, v)
		} else if u, err := strconv.ParseUint(name, 10, 64); err == nil && strconv.FormatUint(u, 10) == name {
			lk.large[u] = int32(i)
		}
	}
	if n := len(lk.sparse); n > 0 && uint64(high)-uint64(low) < uint64(4*n+1024) {
		lk.low, lk.slots = low, make([]uint32, uint64(high)-uint64(low)+2)
		for i := range lk.slots {
			lk.slots[i] = uint32(l.Len() + unknownSlot)
		}
		for v, i := range lk.sparse {
			lk.slots[v-low] = uint32(i)
		}
		lk.sparse = nil
	}
	return lk
}

func (lk *lookup) text(name string) int32 {
	if i, ok := lk.list.Find(name); ok {
		return int32(i)
	}
	return notItem
}

func (lk *lookup) number(v int64) int32 {
	if uint64(v) < lk.positions {
		return int32(v)
	}
	if at := uint64(v) - uint64(lk.low); at < uint64(len(lk.slots)) && int(lk.slots[at]) < lk.list.Len() {
		return int32(lk.slots[at])
	}
	if i, ok := lk.sparse[v]; ok {
		return i
	}
	return notItem
}

func (lk *lookup) unsigned(v uint64) int32 {
	if v <= math.MaxInt64 {
		return lk.number(int64(v))
	}
	if i, ok := lk.large[v]; ok {
		return i
	}
	return notItem
}
