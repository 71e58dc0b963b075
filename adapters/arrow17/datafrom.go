package arrow17

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	arrow17 "github.com/apache/arrow/go/v17/arrow"
	array17 "github.com/apache/arrow/go/v17/arrow/array"
)

// dataFromV17 is an array's data with its children and dictionary; dt is its type in v18.
func dataFromV17(d arrow17.ArrayData, dt arrow.DataType) (*array.Data, error) {
	if int(storageOfV17(d.DataType()).ID()) != int(storageOf(dt).ID()) { // both versions number types alike
		return nil, fmt.Errorf("an array of type %s where its schema says %s", d.DataType(), dt)
	}
	buffers := make([]*memory.Buffer, len(d.Buffers()))
	var children []arrow.ArrayData
	defer func() {
		for _, b := range buffers {
			if b != nil {
				b.Release()
			}
		}
		for _, c := range children {
			c.Release()
		}
	}()
	for i, b := range d.Buffers() {
		if b != nil {
			buffers[i] = memory.NewBufferWithAllocator(lend(b, b.Bytes()))
		}
	}
	types, values := partsOf(dt)
	if len(types) != len(d.Children()) {
		return nil, fmt.Errorf("%d children for the type %s", len(d.Children()), dt)
	}
	for i, c := range d.Children() {
		child, err := dataFromV17(c, types[i])
		if err != nil {
			return nil, err
		}
		children = append(children, child)
	}
	out := array.NewData(dt, d.Len(), buffers, children, d.NullN(), d.Offset())
	if dict, ok := d.Dictionary().(*array17.Data); ok && dict != nil && values != nil {
		entries, err := dataFromV17(dict, values)
		if err != nil {
			out.Release()
			return nil, err
		}
		defer entries.Release()
		out.SetDictionary(entries)
	}
	return out, nil
}

// partsOf are the types of an array's children, and of its dictionary.
func partsOf(dt arrow.DataType) (children []arrow.DataType, dictionary arrow.DataType) {
	switch dt := storageOf(dt).(type) {
	case *arrow.DictionaryType:
		return nil, dt.ValueType
	case arrow.NestedType:
		for _, f := range dt.Fields() {
			children = append(children, f.Type)
		}
	}
	return children, nil
}

// storageOf is the type that an extension keeps its values in; other types are their own.
func storageOf(dt arrow.DataType) arrow.DataType {
	for {
		ext, ok := dt.(arrow.ExtensionType)
		if !ok {
			return dt
		}
		dt = ext.StorageType()
	}
}
