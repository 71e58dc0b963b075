//go:build !amd64 || purego

package mask

// No machine but amd64 has kernels of its own yet: nothing is done here, and the portable twins do all.

func bestSIMD() simd { return portable }

func redactWords(_, _ []byte, _ []uint64, _ int, _ bool) int { return 0 }

func lookUpWords[T uint8 | uint16 | uint32]([]uint64, []T, bitTable) (done int, most uint32) {
	return 0, 0
}

func gatherWords([]uint64, []uint32, []uint64) uint32 { return 0 }

func tableBytes[T uint8 | uint16 | uint32]([]byte, []T, []byte, bool) (done int, most uint32) {
	return 0, 0
}

func lookUpCosts(int) (bit, whole int) { return 0, 1 }

func tablesAreWide(...int) bool { return false }

func cellWords[T uint8 | uint16 | uint32]([]uint32, []T, *steps, bool) (done int, most uint32) {
	return 0, 0
}

func largestOf[T uint8 | uint16 | uint32]([]T) (done int, most uint32) { return 0, 0 }

func countWords([]uint64) (done, n int) { return 0, 0 }

func countBothWords(_, _ []uint64) (done, n int) { return 0, 0 }

func allOnes([]byte) (done int, all bool) { return 0, true }

func andShiftedWords(_, _ []uint64, _ uint) int { return 0 }

func packWords([]uint64, []byte, int) bool { return false }
