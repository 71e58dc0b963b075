// Code generated from datafrom.go by go test -run TestTwins -update; DO NOT EDIT.

package arrow17

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	arrow17 "github.com/apache/arrow/go/v17/arrow"
	array17 "github.com/apache/arrow/go/v17/arrow/array"
	memory17 "github.com/apache/arrow/go/v17/arrow/memory"
)

// dataToV17 is an array's data with its children and dictionary; dt is its type in v17.
func dataToV17(d arrow.ArrayData, dt arrow17.DataType) (*array17.Data, error) {
	if int(storageOf(d.DataType()).ID()) != int(storageOfV17(dt).ID()) { // both versions number types alike
		return nil, fmt.Errorf("an array of type %s where its schema says %s", d.DataType(), dt)
	}
	buffers := make([]*memory17.Buffer, len(d.Buffers()))
	var children []arrow17.ArrayData
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
			buffers[i] = memory17.NewBufferWithAllocator(lend(b, b.Bytes()))
		}
	}
	types, values := partsOfV17(dt)
	if len(types) != len(d.Children()) {
		return nil, fmt.Errorf("%d children for the type %s", len(d.Children()), dt)
	}
	for i, c := range d.Children() {
		child, err := dataToV17(c, types[i])
		if err != nil {
			return nil, err
		}
		children = append(children, child)
	}
	out := array17.NewData(dt, d.Len(), buffers, children, d.NullN(), d.Offset())
	if dict, ok := d.Dictionary().(*array.Data); ok && dict != nil && values != nil {
		entries, err := dataToV17(dict, values)
		if err != nil {
			out.Release()
			return nil, err
		}
		defer entries.Release()
		out.SetDictionary(entries)
	}
	return out, nil
}

// partsOfV17 are the types of an array's children, and of its dictionary.
func partsOfV17(dt arrow17.DataType) (children []arrow17.DataType, dictionary arrow17.DataType) {
	switch dt := storageOfV17(dt).(type) {
	case *arrow17.DictionaryType:
		return nil, dt.ValueType
	case arrow17.NestedType:
		for _, f := range dt.Fields() {
			children = append(children, f.Type)
		}
	}
	return children, nil
}

// storageOfV17 is the type that an extension keeps its values in; other types are their own.
func storageOfV17(dt arrow17.DataType) arrow17.DataType {
	for {
		ext, ok := dt.(arrow17.ExtensionType)
		if !ok {
			return dt
		}
		dt = ext.StorageType()
	}
}
