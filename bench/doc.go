// Package bench measures Cubeward: workloads as data, the same on every machine; benchmarks for `go test -bench`; the
// harness behind `cubeward bench`; the comparison of two measurements; and, in its tests, guards against what must not
// get slower.
//
// A workload is a plain struct that says what is measured, such as Company or Table, made into a Workload by naming
// the task. Other repositories measure with the same ones:
//
//	func BenchmarkOurs(b *testing.B) {
//		for _, w := range bench.Workloads() {
//			b.Run(w.Name, func(b *testing.B) { bench.Run(b, w) })
//		}
//	}
//
// The names of workloads are frozen once published: a series of measurements is worth nothing where they move.
package bench
