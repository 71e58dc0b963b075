package mask

import (
	"sync"
	"time"
)

// Tables that no registers hold are looked up by gathers, which fetch from several places at once. Some processors do so
// more slowly than one load after the other, as their makers closed a leak that way.

// gathers says whether gathers pay. It is measured once for the process, in a fraction of a millisecond. Only tests change it.
var gathers = sync.OnceValue(measureGathers)

// measureGathers compares gathers with the twin that takes their place.
func measureGathers() bool {
	if vectors == portable {
		return false
	}
	const rows, size = 1 << 12, 1 << 15
	codes, rowBytes := make([]uint32, rows), make([]byte, rows)
	for i := range codes {
		codes[i] = uint32(i * 40503 % size)
	}
	words, table := make([]uint64, rows/64), bitTable{make([]uint64, size/64), size}
	var best [2]time.Duration
	for round := range 16 {
		for way := range best {
			start := time.Now()
			if way == 1 {
				gatherWords(words, codes, table.bits)
			} else if takeBitBytes(rowBytes, codes, table) {
				packAnd(words, rowBytes)
			}
			if t := time.Since(start); round == 0 || t < best[way] {
				best[way] = t
			}
		}
	}
	return best[1] < best[0]
}
