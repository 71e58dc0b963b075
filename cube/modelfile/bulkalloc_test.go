package modelfile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"
)

// manyRows is a model all of whose tables have so many rows.
func manyRows(t *testing.T, rows int) string {
	dir := t.TempDir()
	var items, members, roles, cells, rights strings.Builder
	items.WriteString("Id,Pay,Since,Boss\n")
	members.WriteString("User,Level\n")
	roles.WriteString("User,Role\n")
	cells.WriteString("L,K,N\r\n")
	rights.WriteString("L,User,AR\n")
	var ids, numbers []string
	for i := range rows {
		fmt.Fprintf(&items, "\"e%d\",%d.5,2024-%02d-%02d,e%d\n", i, i, i%12+1, i%28+1, i/10)
		fmt.Fprintf(&members, "u%d,%d\n", i, i%5)
		fmt.Fprintf(&roles, "u%d,Reader\n", i)
		fmt.Fprintf(&cells, "e%d,x,%d\r\n", i*7%rows, i)
		fmt.Fprintf(&rights, "e%d,u%d,rw\n", i, i)
		ids, numbers = append(ids, fmt.Sprintf(`"e%d"`, i)), append(numbers, fmt.Sprint(i))
	}
	for name, text := range map[string]string{
		"model.yaml": "cubeward: 1\napplication: A\nmembers: {file: members.csv, properties: {Level: {type: number}}}\n" +
			"lists: {L: {file: l.csv, properties: {Pay: {type: number}, Since: {type: date}, Boss: {type: \"list:L\"}}}, K: {items: [x, y]}}\n" +
			"metrics: {N: {type: number, dimensions: [K, L], file: n.csv}, M: {type: number, dimensions: [L], file: m.arrow}, AR: {type: access_rights, dimensions: [User, L], file: ar.csv}}\n" +
			"user_roles: {file: roles.csv}\n",
		"l.csv": items.String(), "members.csv": members.String(), "roles.csv": roles.String(), "n.csv": cells.String(), "ar.csv": rights.String(),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	fields := []arrow.Field{field1("L", arrow.BinaryTypes.String), field1("M", arrow.PrimitiveTypes.Float64)}
	join := func(s []string) string { return "[" + strings.Join(s, ",") + "]" }
	arrowFile(t, filepath.Join(dir, "m.arrow"), []arrow.RecordBatch{batch(t, memory.NewGoAllocator(), fields, join(ids), join(numbers))})
	return dir
}

// Tables without mistakes are read in bulk, whatever they are of: that they are, allocations tell, of which there are
// none for a row.
func TestBulkIsTaken(t *testing.T) {
	allocs := func(rows int) float64 {
		dir := manyRows(t, rows)
		return testing.AllocsPerRun(3, func() {
			_, _, err := LoadInputs(dir, Options{Workers: 2})
			require.NoError(t, err)
		})
	}
	few, many := allocs(2_000), allocs(30_000)
	t.Logf("%.0f allocations, for 15 times the rows %.0f", few, many)
	require.Less(t, many-few, 2000.0)
}
