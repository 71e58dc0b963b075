package bench_test

import (
	"flag"
	"slices"
	"testing"

	"github.com/cubeward/cubeward/bench"
)

var large = flag.Bool("large", false, "measure large workloads too: they take gigabytes and minutes")

// benchmark measures all workloads of a task.
func benchmark(b *testing.B, task string) {
	found := false
	for _, w := range bench.Workloads() {
		if w.Task() != task || w.Large && !*large {
			continue
		}
		found = true
		b.Run(w.Sub(), func(b *testing.B) { bench.Run(b, w) })
	}
	if !found {
		b.Fatalf("no workload of the task %s", task)
	}
}

func BenchmarkLoad(b *testing.B)        { benchmark(b, "Load") }
func BenchmarkCheck(b *testing.B)       { benchmark(b, "Check") }
func BenchmarkEvaluate(b *testing.B)    { benchmark(b, "Evaluate") }
func BenchmarkCompile(b *testing.B)     { benchmark(b, "Compile") }
func BenchmarkMaterialize(b *testing.B) { benchmark(b, "Materialize") }
func BenchmarkView(b *testing.B)        { benchmark(b, "View") }
func BenchmarkBind(b *testing.B)        { benchmark(b, "Bind") }
func BenchmarkMask(b *testing.B)        { benchmark(b, "Mask") }
func BenchmarkDecide(b *testing.B)      { benchmark(b, "Decide") }
func BenchmarkFan(b *testing.B)         { benchmark(b, "Fan") }
func BenchmarkExplain(b *testing.B)     { benchmark(b, "Explain") }
func BenchmarkUpdate(b *testing.B)      { benchmark(b, "Update") }
func BenchmarkWrite(b *testing.B)       { benchmark(b, "Write") }
func BenchmarkOpen(b *testing.B)        { benchmark(b, "Open") }
func BenchmarkFirst(b *testing.B)       { benchmark(b, "First") }
func BenchmarkWho(b *testing.B)         { benchmark(b, "Who") }
func BenchmarkDiff(b *testing.B)        { benchmark(b, "Diff") }

// Each task has a benchmark above.
func TestBenchmarksAreWhole(t *testing.T) {
	tasks := []string{"Load", "Check", "Evaluate", "Compile", "Materialize", "View", "Bind", "Mask", "Decide", "Fan", "Explain", "Who", "Update", "Diff", "Write", "Open", "First"}
	for _, w := range bench.Workloads() {
		if !slices.Contains(tasks, w.Task()) {
			t.Errorf("no benchmark measures %s", w.Name)
		}
	}
}
