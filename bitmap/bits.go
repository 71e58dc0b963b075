package bitmap

import "math/bits"

// WordsFor is the number of words that hold n cells.
func WordsFor(n uint64) int { return int((n + 63) / 64) }

// AndWords clears in dst the bits that src lacks. Words of dst past src's end are cleared: src is zero there.
func AndWords(dst, src []uint64) {
	n := min(len(dst), len(src))
	src = src[:n]
	for i, w := range src {
		dst[i] &= w
	}
	clear(dst[n:])
}

// OnesWords sets the first n bits of words and clears the others. It panics where words hold fewer than n bits.
func OnesWords(words []uint64, n uint64) {
	clear(words)
	fillBits(words, 0, n)
}

// AllWords says whether the first n bits of words are ones: true for none. It stops at the first zero.
func AllWords(words []uint64, n uint64) bool { return firstZero(words, 0, n) == n }

// CountWords is the number of ones in words.
func CountWords(words []uint64) uint64 {
	n := 0
	for _, w := range words {
		n += bits.OnesCount64(w)
	}
	return uint64(n)
}

// The kernels below take bit positions; "at" is the first bit of the range in dst, "from" the first in src, n the
// number of bits, which may be zero. Those that write by OR want zeros in the range: a fresh dst is written once.

// low is a word whose n lowest bits are ones, n at most 64.
func low(n uint64) uint64 { return 1<<n - 1 }

// bitAt is 1 where the bit is set, else 0.
func bitAt(w []uint64, at uint64) uint64 { return w[at>>6] >> (at & 63) & 1 }

// loadBits is the k bits from at, 1 to 64 of them, as the low bits of a word. It reads no word past them.
func loadBits(w []uint64, at, k uint64) uint64 {
	i, s := at>>6, at&63
	x := w[i] >> s
	if s+k > 64 {
		x |= w[i+1] << (64 - s)
	}
	return x & low(k)
}

// orBits sets the bits of x, of which only the low k may be ones, at at.
func orBits(w []uint64, at, x, k uint64) {
	i, s := at>>6, at&63
	w[i] |= x << s
	if s+k > 64 {
		w[i+1] |= x >> (64 - s)
	}
}

// copyBits copies n bits to a range of zeros. dst and src may be one slice where the ranges are disjoint.
func copyBits(dst []uint64, at uint64, src []uint64, from, n uint64) {
	if s := at & 63; n > 0 && (s != 0 || n < 64) {
		k := min(64-s, n)
		dst[at>>6] |= loadBits(src, from, k) << s
		at, from, n = at+k, from+k, n-k
	}
	if words := n >> 6; words > 0 {
		d := dst[at>>6:][:words]
		if s := from & 63; s == 0 {
			copy(d, src[from>>6:])
		} else {
			in := src[from>>6:][:words+1]
			x := in[0] >> s
			for j, w := range in[1:] {
				d[j] = x | w<<(64-s)
				x = w >> s
			}
		}
		at, from, n = at+words<<6, from+words<<6, n&63
	}
	if n > 0 {
		dst[at>>6] |= loadBits(src, from, n)
	}
}

// andBits clears in a range of dst the bits that the range of src lacks, and nothing outside it.
func andBits(dst []uint64, at uint64, src []uint64, from, n uint64) {
	if s := at & 63; n > 0 && (s != 0 || n < 64) {
		k := min(64-s, n)
		dst[at>>6] &= loadBits(src, from, k)<<s | ^(low(k) << s)
		at, from, n = at+k, from+k, n-k
	}
	if words := n >> 6; words > 0 {
		d := dst[at>>6:][:words]
		if s := from & 63; s == 0 {
			for j, w := range src[from>>6:][:words] {
				d[j] &= w
			}
		} else {
			in := src[from>>6:][:words+1]
			x := in[0] >> s
			for j, w := range in[1:] {
				d[j] &= x | w<<(64-s)
				x = w >> s
			}
		}
		at, from, n = at+words<<6, from+words<<6, n&63
	}
	if n > 0 {
		dst[at>>6] &= loadBits(src, from, n) | ^low(n)
	}
}

// fillBits sets n bits.
func fillBits(dst []uint64, at, n uint64) {
	if s := at & 63; n > 0 && (s != 0 || n < 64) {
		k := min(64-s, n)
		dst[at>>6] |= low(k) << s
		at, n = at+k, n-k
	}
	if words := n >> 6; words > 0 {
		d := dst[at>>6:][:words]
		for j := range d {
			d[j] = ^uint64(0)
		}
		at, n = at+words<<6, n&63
	}
	if n > 0 {
		dst[at>>6] |= low(n)
	}
}

// repeatCached is how many bits repeatBits copies at a time at most: they should stay in the second-level cache.
const repeatCached = 1 << 21

// repeatBits repeats the block of bits that stands at at, so that it stands there times times in a row.
func repeatBits(dst []uint64, at, block, times uint64) {
	chunk := block
	for done, all := block, block*times; done < all; {
		n := min(chunk, all-done)
		copyBits(dst, at+done, dst, at, n)
		done += n
		if chunk < repeatCached {
			chunk = done
		}
	}
}

// firstZero is the place of the first zero in n bits from at, counted from at; n where all are ones.
func firstZero(w []uint64, at, n uint64) uint64 {
	for done := uint64(0); done < n; {
		k := min(64-(at+done)&63, n-done)
		if z := ^(w[(at+done)>>6] >> ((at + done) & 63)) & low(k); z != 0 {
			return done + uint64(bits.TrailingZeros64(z))
		}
		done += k
	}
	return n
}

// transpose turns the matrix of side rows and columns, side a power of two up to 64: bit i of a[j] moves to bit j of
// a[i]. The bits from side on must be zero.
func transpose(a *[64]uint64, side int) {
	for j := side / 2; j > 0; j /= 2 {
		m := ^uint64(0) / (1<<j + 1) // j ones, j zeros, and so on
		for k := 0; k < side; k = (k + j + 1) &^ j {
			t := (a[k]>>j ^ a[(k+j)&63]) & m
			a[k] ^= t << j
			a[(k+j)&63] ^= t
		}
	}
}

// side is the side of the smallest matrix for transpose that holds h rows and w columns.
func side(h, w uint64) int { return 1 << bits.Len64(max(h, w)-1) }
