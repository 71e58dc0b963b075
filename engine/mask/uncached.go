package mask

import (
	"slices"
	"sync"
	"time"
)

// Values that are written past the caches do not drive out what is there, and the memory they replace is not read first. That
// pays for outputs that no cache would hold until they are read again, and not on every machine.

// uncachedSize is how large an output must be to be written past the caches.
const uncachedSize = 8 << 20

// pastCaches says whether an output of so many bytes is written past the caches.
func pastCaches(size int) bool { return size >= uncachedSize && vectors != portable && uncachedPays() }

// uncachedPays is measured once for the process, when the first such output is made: it takes some milliseconds.
var uncachedPays = sync.OnceValue(func() bool { return measureUncached(4 * uncachedSize) })

// measureUncached compares both ways to write so many bytes. Each way goes over all of them, so that it bears what it leaves to
// be written later; middles of the times of pieces are compared, so that a machine that does other things too does not mislead.
func measureUncached(size int) bool {
	const width, piece = 8, 1 << 18
	src, dst := make([]byte, piece), make([]byte, size+64)
	for !aligned64(dst) {
		dst = dst[1:]
	}
	words := make([]uint64, piece/width/64)
	for i := range words {
		words[i] = 1<<60 - 1
	}
	var times [2][]time.Duration
	for round := range 5 {
		past := round & 1
		for to := dst; len(to) >= piece; to = to[piece:] {
			start := time.Now()
			redactWords(to, src, words, width, past == 1)
			if round > 0 { // before that the memory is not there
				times[past] = append(times[past], time.Since(start))
			}
		}
	}
	slices.Sort(times[0])
	slices.Sort(times[1])
	return times[1][len(times[1])/2] < times[0][len(times[0])/2]
}
