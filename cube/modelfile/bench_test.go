package modelfile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"
)

// benchmarkLoad loads a model of a list and a metric of as many rows.
func benchmarkLoad(b *testing.B, rows int, table string, prepare func(dir string)) {
	b.Helper()
	dir := b.TempDir()
	text := "lists: {L: {file: l.csv, properties: {Pay: {type: number}, Since: {type: date}, Name: {type: text}, Boss: {type: \"list:L\"}}}, K: {items: [x, y]}}\n" +
		"metrics: {N: {type: number, dimensions: [K, L], file: " + table + "}}\n"
	require.NoError(b, os.WriteFile(filepath.Join(dir, "model.yaml"), []byte(model(text)), 0o666))
	var l strings.Builder
	l.WriteString("Id,Pay,Since,Name,Boss\n")
	for i := range rows {
		fmt.Fprintf(&l, "e%d,%d.5,2024-%02d-%02d,Name %d,e%d\n", i, i, i%12+1, i%28+1, i%1000, i/10)
	}
	require.NoError(b, os.WriteFile(filepath.Join(dir, "l.csv"), []byte(l.String()), 0o666))
	prepare(dir)
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		_, err := Load(dir, Options{})
		require.NoError(b, err)
	}
	b.ReportMetric(float64(2*rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkLoad(b *testing.B) {
	const rows = 100_000
	b.Run("format=csv/rows=100k", func(b *testing.B) {
		benchmarkLoad(b, rows, "n.csv", func(dir string) {
			var n strings.Builder
			n.WriteString("L,K,N\n")
			for i := range rows {
				fmt.Fprintf(&n, "e%d,x,%d\n", i, i)
			}
			require.NoError(b, os.WriteFile(filepath.Join(dir, "n.csv"), []byte(n.String()), 0o666))
		})
	})
	b.Run("format=arrow/rows=100k", func(b *testing.B) {
		benchmarkLoad(b, rows, "n.arrow", func(dir string) {
			var ids, ks, ns []string
			for i := range rows {
				ids, ks, ns = append(ids, fmt.Sprintf(`"e%d"`, i)), append(ks, `"x"`), append(ns, fmt.Sprint(i))
			}
			fields := []arrow.Field{field1("L", arrow.BinaryTypes.String), field1("K", dictionary), field1("N", arrow.PrimitiveTypes.Float64)}
			join := func(s []string) string { return "[" + strings.Join(s, ",") + "]" }
			arrowFile(b, filepath.Join(dir, "n.arrow"), []arrow.RecordBatch{batch(b, memory.NewGoAllocator(), fields, join(ids), join(ks), join(ns))}, ipc.WithZstd())
		})
	})
	b.Run("format=yaml/rows=100k", func(b *testing.B) {
		benchmarkLoad(b, rows, "n.csv", func(dir string) {
			var n strings.Builder
			n.WriteString(model("lists: {L: {file: l.csv}, K: {items: [x, y]}}\n"))
			text := strings.Replace(n.String(), "metrics: {N: {type: number, dimensions: [L]}", "metrics: {N: {type: number, dimensions: [L], cells: [[e0, 0]CELLS]}", 1)
			var cells strings.Builder
			for i := range rows - 1 {
				fmt.Fprintf(&cells, ", [e%d, %d]", i+1, i)
			}
			text = strings.Replace(text, "CELLS", cells.String(), 1)
			require.NoError(b, os.WriteFile(filepath.Join(dir, "model.yaml"), []byte(text), 0o666))
		})
	})
}

// BenchmarkYAML parses a mapping of many keys, one a line.
func BenchmarkYAML(b *testing.B) {
	var s strings.Builder
	s.WriteString("user_roles:\n")
	for i := range 100_000 {
		fmt.Fprintf(&s, "  user%d@example.org: Reader\n", i)
	}
	src := s.String()
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		_, problems := parseYAML(src)
		require.Empty(b, problems)
	}
}
