package modelfile

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"
)

// anyColumn draws the JSON of a column, and its type.
func anyColumn(r *rand.Rand, once bool, n int, value func() string) (arrow.DataType, string) {
	types := []arrow.DataType{arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.StringView}
	if once {
		types = append(types, dictionary) // of which a file has one for all batches
	}
	values := make([]any, n)
	for i := range values {
		if text := value(); text != "-" {
			values[i] = text
		}
	}
	text, err := json.Marshal(values)
	if err != nil {
		panic(err)
	}
	return types[r.IntN(len(types))], string(text)
}

// Tables of record batches are the same in bulk and row by row: values, mistakes and warnings.
func TestBulkArrowIsTheSameAsByRow(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	clean, wrong := 0, 0
	for range 300 {
		dir := t.TempDir()
		spoil, skip := r.IntN(3) == 0, pick("", ", on_unknown: skip")
		write(t, dir, "model.yaml", model("lists: {L: {file: l.arrow, properties: {P: {type: number}, D: {type: date}, B: {type: boolean}, T: {type: text}, I: {type: \"list:L\"}}}}\n"+
			"metrics: {N: {type: number, dimensions: [L], file: n.arrows}, AR: {type: access_rights, dimensions: [User, L], file: r.arrow"+skip+"}}\n"))
		var names []string
		for k := range 1 + r.IntN(20) {
			names = append(names, fmt.Sprintf("item %d", k))
		}
		anyName := func() string { return pick(names...) }
		odd := func(value func() string) func() string {
			return func() string {
				if spoil && r.IntN(30) == 0 {
					return pick("", "-", " item 0", "nobody", "é", "1e999", "zz")
				}
				return value()
			}
		}
		next := 0
		once := r.IntN(2) == 0
		table := func(name string, rows []int, columns ...func(n int) (string, arrow.DataType, string)) {
			var batches []arrow.RecordBatch
			var fields []arrow.Field
			if once {
				sum := 0
				for _, n := range rows {
					sum += n
				}
				rows = []int{sum}
			}
			for _, n := range rows {
				var texts []string
				for c, column := range columns {
					name, typ, text := column(n)
					if len(fields) <= c {
						fields = append(fields, field1(name, typ))
					}
					texts = append(texts, text)
				}
				batches = append(batches, batch(t, memory.NewGoAllocator(), fields, texts...))
			}
			arrowFile(t, filepath.Join(dir, name), batches)
		}
		texts := func(name string, value func() string) func(n int) (string, arrow.DataType, string) {
			return func(n int) (string, arrow.DataType, string) {
				typ, text := anyColumn(r, once, n, odd(value))
				return name, typ, text
			}
		}
		plain := func(name string, types []arrow.DataType, value func() string) func(n int) (string, arrow.DataType, string) {
			typ := types[r.IntN(len(types))]
			return func(n int) (string, arrow.DataType, string) {
				values := make([]string, n)
				for k := range values {
					values[k] = value()
				}
				return name, typ, "[" + strings.Join(values, ",") + "]"
			}
		}
		first := r.IntN(len(names) + 1)
		numbers := []arrow.DataType{arrow.PrimitiveTypes.Float64, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Uint8}
		table("l.arrow", []int{first, len(names) - first},
			texts("Id", func() string { next++; return names[next-1] }),
			plain("P", numbers, func() string { return pick("1", "null", "7") }),
			plain("D", []arrow.DataType{arrow.PrimitiveTypes.Date32, arrow.PrimitiveTypes.Date64}, func() string { return pick(`"2024-02-29"`, "null") }),
			plain("B", []arrow.DataType{arrow.FixedWidthTypes.Boolean}, func() string { return pick("true", "false", "null") }),
			texts("T", func() string { return pick("some", "-", "", "other") }),
			texts("I", func() string { return pick(anyName(), "-", "") }))
		place := 0
		table("n.arrows", []int{len(names), 0},
			plain("N", append(numbers, arrow.PrimitiveTypes.Int64), func() string { return pick("0", "5", "null") }),
			texts("L", func() string { place++; return names[place-1] }))
		table("r.arrow", []int{r.IntN(3), r.IntN(2), r.IntN(3)},
			texts("L", anyName), texts("AR", func() string { return pick("r", "rw", "none", "-") }), texts("User", func() string { return pick("ada", "bo", "bo") }))
		got := requireSameBulk(t, dir)
		if strings.HasPrefix(got, "<nil>") {
			clean++
		} else {
			wrong++
		}
	}
	require.Greater(t, clean, 50)
	require.Greater(t, wrong, 50)
}
