package mask

import "math/bits"

// A block of values is moved in the way that suits how many of them are hidden: words in a row that show all or
// nothing by copy and clear; mixed ones, where few are hidden, by a copy into which the hidden are punched, and
// otherwise value by value, without a branch.

const (
	maskBlock = 16 // words that are moved at a time
	fewHidden = 16 // of a word's 64 values, on average: up to here punching is cheaper
)

// maskValues is maskBytes for values of a machine word.
func maskValues[T uint8 | uint16 | uint32 | uint64](dst, src []T, words []uint64) {
	n := len(dst)
	src = src[:n]
	full := n / 64
	for at := 0; at < full; at += maskBlock {
		to := min(at+maskBlock, full)
		maskWords(dst[64*at:64*to], src[64*at:64*to], words[at:to])
	}
	for i := 64 * full; i < n; i++ {
		dst[i] = src[i] & -T(words[full]>>(i&63)&1)
	}
}

// maskWords is maskValues for whole words.
func maskWords[T uint8 | uint16 | uint32 | uint64](dst, src []T, words []uint64) {
	shown := countBits(words)
	switch hidden := 64*len(words) - shown; {
	case shown == 0:
		clear(dst)
	case hidden == 0:
		copy(dst, src)
	case hidden <= fewHidden*len(words):
		copy(dst, src)
		for i, w := range words {
			punch((*[64]T)(dst[64*i:]), ^w)
		}
	default:
		for i, w := range words {
			d, v := (*[64]T)(dst[64*i:]), (*[64]T)(src[64*i:])
			switch w {
			case ^uint64(0):
				*d = *v
			case 0:
				clear(d[:])
			default:
				maskWord(d, v, w)
			}
		}
	}
}

// punch writes zeros where w has a bit.
func punch[T uint8 | uint16 | uint32 | uint64](dst *[64]T, w uint64) {
	for ; w != 0; w &= w - 1 {
		dst[bits.TrailingZeros64(w)&63] = 0
	}
}

// maskWord copies the values where w has a bit and writes zeros elsewhere; it costs the same for every w.
func maskWord[T uint8 | uint16 | uint32 | uint64](dst, src *[64]T, w uint64) {
	for j := 0; j < 64; j += 8 {
		d, s := (*[8]T)(dst[j:j+8]), (*[8]T)(src[j:j+8])
		d[0] = s[0] & -T(w&1)
		d[1] = s[1] & -T(w>>1&1)
		d[2] = s[2] & -T(w>>2&1)
		d[3] = s[3] & -T(w>>3&1)
		d[4] = s[4] & -T(w>>4&1)
		d[5] = s[5] & -T(w>>5&1)
		d[6] = s[6] & -T(w>>6&1)
		d[7] = s[7] & -T(w>>7&1)
		w >>= 8
	}
}
