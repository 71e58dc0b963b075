package enginetest

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/cubeward/cubeward/cube"
)

// show writes a value as `cubeward values` does (SPEC 6): numbers as encoding/json, "" for BLANK.
func show(t cube.Type, v cube.Value) string {
	switch v.Kind() {
	case cube.Number:
		text, err := json.Marshal(v.Float())
		if err != nil {
			return err.Error()
		}
		return string(text)
	case cube.Text:
		return v.Str()
	case cube.Boolean:
		return strconv.FormatBool(v.True())
	case cube.Date:
		return cube.FormatDate(v.Days())
	case cube.Item:
		return t.List.Item(v.Item())
	case cube.AccessRights:
		return v.Rights().String()
	}
	return ""
}

// same compares values of two evaluators: numbers may differ in their last bits, as sums may (SPEC 3.3).
func same(a, b cube.Value) bool {
	if a.Kind() == cube.Number && b.Kind() == cube.Number {
		x, y := a.Float(), b.Float()
		return x == y || math.Abs(x-y) <= 1e-9*max(math.Abs(x), math.Abs(y), 1)
	}
	return a == b
}
