// Package fewest counts what a call allocates, for tests: the fewest of many calls. An average says too much wherever
// calls use what earlier ones let go, since a sync.Pool forgets a quarter of it at random under the race detector, and
// all of it when the garbage collector ran twice; and other goroutines allocate meanwhile. None of that lasts through
// every call.
package fewest

import "runtime"

// Allocations is how many objects one call of f allocates: the fewest of so many calls, after one that makes what stays.
// All of f must run on the goroutine that calls, or end with it; meanwhile the process has one processor, as in
// testing.AllocsPerRun, and no test may run beside.
func Allocations(calls int, f func()) float64 {
	objects, _ := of(calls, f)
	return objects
}

// Bytes is how many bytes one call of f allocates, counted as Allocations counts objects. The objects and the bytes that are
// fewest may be those of two calls.
func Bytes(calls int, f func()) float64 {
	_, bytes := of(calls, f)
	return bytes
}

func of(calls int, f func()) (objects, bytes float64) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	f()
	var before, after runtime.MemStats
	for i := range calls {
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		o, b := float64(after.Mallocs-before.Mallocs), float64(after.TotalAlloc-before.TotalAlloc)
		if i == 0 {
			objects, bytes = o, b
		}
		objects, bytes = min(objects, o), min(bytes, b)
	}
	return objects, bytes
}
