package mask

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// settle makes what the Arrow library else makes in an array when it is first asked for it, without a lock: the arrays of
// dictionaries, at any depth. Whoever shares the array then only reads it.
func settle(a arrow.Array) {
	switch a := a.(type) {
	case *array.Dictionary:
		if a.Data().Dictionary() != nil {
			settle(a.Dictionary())
		}
	case *array.RunEndEncoded:
		settle(a.Values())
	case *array.Struct:
		for i := range a.NumField() {
			settle(a.Field(i))
		}
	case array.Union:
		for i := range a.NumFields() {
			settle(a.Field(i))
		}
	case array.ListLike:
		settle(a.ListValues())
	case array.ExtensionArray:
		settle(a.Storage())
	}
}
