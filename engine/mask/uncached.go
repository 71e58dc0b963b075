package mask

import (
	"math"
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

// measureUncached compares both ways to write so many bytes.
func measureUncached(size int) bool {
	const width, piece = 8, 1 << 20
	src, dst := make([]byte, piece), make([]byte, size+64)
	for !aligned64(dst) {
		dst = dst[1:]
	}
	words := make([]uint64, piece/width/64)
	for i := range words {
		words[i] = 1<<60 - 1
	}
	write := func(past bool) float64 {
		start := time.Now()
		for to := dst; len(to) >= piece; to = to[piece:] {
			redactWords(to, src, words, width, past)
		}
		return time.Since(start).Seconds()
	}
	write(false) // for the memory to be there
	cached, past := math.Inf(1), math.Inf(1)
	for range 2 {
		past, cached = min(past, write(true)), min(cached, write(false))
	}
	return past < cached
}
