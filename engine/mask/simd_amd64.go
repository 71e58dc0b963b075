//go:build !purego

package mask

import (
	"math/bits"
	"slices"

	"golang.org/x/sys/cpu"
)

func bestSIMD() simd {
	x := &cpu.X86
	switch {
	case !x.HasAVX2 || !x.HasBMI2:
		return portable
	case x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL && x.HasAVX512VBMI && x.HasAVX512VPOPCNTDQ:
		return avx512
	}
	return avx2
}

type redactKernel = func(dst, src []byte, words []uint64)

// redactKernels are by instructions, storing past the caches or not, and the binary logarithm of the width.
var redactKernels = [...][2][5]redactKernel{
	avx2: {
		{redact8AVX2, redact16AVX2, redact32AVX2, redact64AVX2, redact128AVX2},
		{stream8AVX2, stream16AVX2, stream32AVX2, stream64AVX2, stream128AVX2},
	},
	avx512: {
		{redact8AVX512, redact16AVX512, redact32AVX512, redact64AVX512, redact128AVX512},
		{stream8AVX512, stream16AVX512, stream32AVX512, stream64AVX512, stream128AVX512},
	},
}

// redactWords is maskBytes for the rows of whole words, 64 values each; it says how many words it did, all or none. Past
// the caches it stores only to memory that is aligned.
func redactWords(dst, src []byte, words []uint64, width int, past bool) int {
	if vectors == portable || len(words) == 0 || width > 16 || bits.OnesCount(uint(width)) != 1 {
		return 0
	}
	size := 64 * width * len(words)
	dst, src = dst[:size], src[:size]
	how := 0
	if past && aligned64(dst) {
		how = 1
	}
	redactKernels[vectors][how][bits.TrailingZeros(uint(width))](dst, src, words)
	return len(words)
}

// A long table costs a step for every 1,024 bits, a gather always the same.
const maxLong = 24 << 10

// Of tables of more than maxGathered words nothing is gathered: bits are numbered by 32 bits, and pieces of 32 by 31.
const maxGathered = 1 << 25

// lookUpWords is andBits for the rows of whole words; it says how many words it did, and the largest code.
func lookUpWords[T uint8 | uint16 | uint32](words []uint64, codes []T, t bitTable) (done int, most uint32) {
	done = min(len(words), len(codes)/64)
	if vectors == portable || done == 0 {
		return 0, 0
	}
	words, codes = words[:done], codes[:64*done]
	table := t.bits[:wordsFor(t.size)]
	switch codes := any(codes).(type) {
	case []uint8:
		if vectors == avx2 {
			return done, lookUpShort(words, codes, table, lookUp8ShortAVX2)
		}
		return done, lookUp8AVX512(words, codes, table[:min(4, len(table))])
	case []uint16:
		switch {
		case vectors == avx2 && t.size <= 512:
			return done, lookUpShort(words, codes, table, lookUp16ShortAVX2)
		case vectors == avx2 && gathers():
			return done, lookUp16GatherAVX2(words, codes, table)
		case vectors == avx2:
			return 0, 0
		case t.size <= 1024:
			return done, lookUp16ShortAVX512(words, codes, table)
		case t.size <= maxLong:
			done &^= 1
			return done, lookUp16LongAVX512(words[:done], codes[:64*done], table)
		case gathers():
			return done, lookUp16GatherAVX512(words, codes, table)
		}
	case []uint32:
		switch {
		case vectors == avx2 && t.size <= 512:
			return done, lookUpShort(words, codes, table, lookUp32ShortAVX2)
		case vectors == avx2 && len(table) <= maxGathered && gathers():
			return done, lookUp32GatherAVX2(words, codes, table)
		case vectors == avx2:
			return 0, 0
		case t.size <= 1024:
			return done, lookUp32ShortAVX512(words, codes, table)
		case t.size <= maxLong:
			done &^= 1
			return done, lookUp32LongAVX512(words[:done], codes[:64*done], table)
		case len(table) <= maxGathered && gathers():
			return done, lookUp32GatherAVX512(words, codes, table)
		}
	}
	return 0, 0
}

// gatherWords is the gather of lookUpWords alone.
func gatherWords(words []uint64, codes []uint32, table []uint64) uint32 {
	if vectors == avx2 {
		return lookUp32GatherAVX2(words, codes, table)
	}
	return lookUp32GatherAVX512(words, codes, table)
}

// lookUpShort calls a kernel for AVX2, whose table has 512 bits.
func lookUpShort[T uint8 | uint16 | uint32](words []uint64, codes []T, table []uint64, kernel func([]uint64, []T, []uint64) uint32) uint32 {
	var whole [8]uint64
	copy(whole[:], table)
	return kernel(words, codes, whole[:])
}

// Tables of more than maxTable bytes are faster one code after the other.
const maxTable = 4096

// lookUpCosts is what a row costs that is looked up in a table of n entries, for a bit and for a byte of it, one in parts of the
// other. With AVX2 bytes are looked up one by one.
func lookUpCosts(n int) (bit, whole int) {
	switch {
	case n == 0:
		return 0, 0
	case vectors == avx512 && n <= maxTable:
		return 1, 1
	case vectors == avx2 && n <= 512:
		return 2, 5
	case vectors == avx2:
		return 7, 5
	}
	return 0, 1 << 20
}

// tablesAreWide says whether tableBytes looks up in tables of such lengths.
func tablesAreWide(sizes ...int) bool { return vectors == avx512 && slices.Max(sizes) <= maxTable }

// tableBytes is setTable and andTable for the first codes; it says how many those are, and the largest.
func tableBytes[T uint8 | uint16 | uint32](dst []byte, codes []T, table []byte, and bool) (done int, most uint32) {
	if len(dst) < 64 || !tablesAreWide(len(table)) {
		return 0, 0
	}
	how := 0
	if and {
		how = 1
	}
	if len(table) <= 512 {
		done = len(dst) &^ 63
	} else {
		done, how = len(dst)&^127, how+2
	}
	dst = dst[:done]
	switch codes := any(codes[:done]).(type) {
	case []uint8:
		done = len(codes) &^ 63
		return done, [...]func([]byte, []uint8, []byte) uint32{setTable8ShortAVX512, andTable8ShortAVX512}[how&1](dst, codes, table[:min(256, len(table))])
	case []uint16:
		return done, [...]func([]byte, []uint16, []byte) uint32{
			setTable16ShortAVX512, andTable16ShortAVX512, setTable16LongAVX512, andTable16LongAVX512,
		}[how](dst, codes, table)
	case []uint32:
		return done, [...]func([]byte, []uint32, []byte) uint32{
			setTable32ShortAVX512, andTable32ShortAVX512, setTable32LongAVX512, andTable32LongAVX512,
		}[how](dst, codes, table)
	}
	return 0, 0
}

// Items of more than maxItems codes are found faster one after the other.
const maxItems = 2048

type (
	linearKernel[T any] = func(cells []uint32, codes []T, stride uint32) uint32
	itemKernel[T any]   = func(cells []uint32, codes []T, items []uint16, stride uint32) uint32
)

// cellWords is setCells and addToCells for the first codes; it says how many those are, and the largest.
func cellWords[T uint8 | uint16 | uint32](cells []uint32, codes []T, o *steps, add bool) (done int, most uint32) {
	linear := o.linear == len(o.of)
	switch {
	case vectors == portable, vectors == avx2 && !linear, len(o.of) == 0:
		return 0, 0
	case linear:
		done = len(cells) &^ 63
	case o.items != nil && len(o.of) <= maxItems:
		done = len(cells) &^ 127
	}
	if done == 0 {
		return 0, 0
	}
	cells = cells[:done]
	how := 0
	if add {
		how = 1
	}
	if linear && vectors == avx512 {
		how += 2
	}
	switch codes := any(codes[:done]).(type) {
	case []uint8:
		if linear {
			return done, [...]linearKernel[uint8]{setCells8AVX2, addCells8AVX2, setCells8AVX512, addCells8AVX512}[how](cells, codes, o.stride)
		}
		return done, [...]itemKernel[uint8]{setItemCells8AVX512, addItemCells8AVX512}[how](cells, codes, o.items, o.stride)
	case []uint16:
		if linear {
			return done, [...]linearKernel[uint16]{setCells16AVX2, addCells16AVX2, setCells16AVX512, addCells16AVX512}[how](cells, codes, o.stride)
		}
		return done, [...]itemKernel[uint16]{setItemCells16AVX512, addItemCells16AVX512}[how](cells, codes, o.items, o.stride)
	case []uint32:
		if linear {
			return done, [...]linearKernel[uint32]{setCells32AVX2, addCells32AVX2, setCells32AVX512, addCells32AVX512}[how](cells, codes, o.stride)
		}
		return done, [...]itemKernel[uint32]{setItemCells32AVX512, addItemCells32AVX512}[how](cells, codes, o.items, o.stride)
	}
	return 0, 0
}

// largestOf is the largest of the first numbers, and how many those are.
func largestOf[T uint8 | uint16 | uint32](v []T) (done int, most uint32) {
	if vectors == portable {
		return 0, 0
	}
	switch v := any(v).(type) {
	case []uint8:
		done = len(v) &^ 255
		if vectors == avx2 {
			return done, largest8AVX2(v[:done])
		}
		return done, largest8AVX512(v[:done])
	case []uint16:
		done = len(v) &^ 127
		if vectors == avx2 {
			return done, largest16AVX2(v[:done])
		}
		return done, largest16AVX512(v[:done])
	case []uint32:
		done = len(v) &^ 63
		if vectors == avx2 {
			return done, largest32AVX2(v[:done])
		}
		return done, largest32AVX512(v[:done])
	}
	return 0, 0
}

// countWords counts the bits of the first words, and says how many words those are.
func countWords(words []uint64) (done, n int) {
	if vectors != avx512 {
		return 0, 0
	}
	done = len(words) &^ 7
	return done, countAVX512(words[:done])
}

// countBothWords counts the bits that the first words of both have, and says how many words those are.
func countBothWords(a, b []uint64) (done, n int) {
	if vectors != avx512 {
		return 0, 0
	}
	done = min(len(a), len(b)) &^ 7
	return done, countBothAVX512(a[:done], b[:done])
}

// allOnes says whether the bits of the first bytes are all set, and how many bytes those are.
func allOnes(b []byte) (done int, all bool) {
	if vectors == portable || len(b) < 256 {
		return 0, true
	}
	done = len(b) &^ 255
	return done, allOnesAVX2(b[:done])
}

// andShiftedWords is andShifted for the first words, and says how many.
func andShiftedWords(words, from []uint64, shift uint) int {
	done := min(len(words), len(from)-1) &^ 7
	if vectors == portable || done <= 0 {
		return 0
	}
	if vectors == avx2 {
		andShiftedAVX2(words[:done], from[:done+1], uint64(shift))
	} else {
		andShiftedAVX512(words[:done], from[:done+1], uint64(shift))
	}
	return done
}

// packWords is pack for all words, if it is done.
func packWords(out []uint64, rows []byte, k int) bool {
	rows = rows[:64*len(out)]
	switch vectors {
	case avx512:
		pickAVX512(out, rows, 1<<k)
	case avx2:
		pickAVX2(out, rows, 1<<k)
	default:
		return false
	}
	return true
}
