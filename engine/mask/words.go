package mask

import (
	"encoding/binary"
	"iter"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
)

// Sets of rows are 64-bit words, row i in bit i%64 of word i/64, bits past the last row zero. Where a comment says so, nil stands for
// "all rows", which lets the common case skip the work.

func wordsFor(n int) int { return (n + 63) / 64 }

// lastWord has the bits of the rows that the last word of n rows holds.
func lastWord(n int) uint64 {
	if n%64 == 0 {
		return ^uint64(0)
	}
	return 1<<(n%64) - 1
}

func hasBit(words []uint64, i int) bool { return words[i>>6]>>(i&63)&1 != 0 }

func setBit(words []uint64, i int) { words[i>>6] |= 1 << (i & 63) }

func countBits(words []uint64) int {
	done, n := countWords(words)
	for _, w := range words[done:] {
		n += bits.OnesCount64(w)
	}
	return n
}

// countBoth counts the bits that two sets have in common. They are equally long.
func countBoth(a, b []uint64) int {
	done, n := countBothWords(a, b)
	for i := done; i < len(a); i++ {
		n += bits.OnesCount64(a[i] & b[i])
	}
	return n
}

// fullWords is the set of all n rows.
func fullWords(n int) []uint64 {
	words := make([]uint64, wordsFor(n))
	fill(words, n)
	return words
}

// fill sets the first n bits and clears the rest of the last word.
func fill(words []uint64, n int) {
	fillWords(words)
	if len(words) > 0 {
		words[len(words)-1] = lastWord(n)
	}
}

// fillWords sets all bits.
func fillWords(words []uint64) {
	if len(words) == 0 {
		return
	}
	words[0] = ^uint64(0)
	for done := 1; done < len(words); done *= 2 { // Copies move more at a time than a loop does.
		copy(words[done:], words[:done])
	}
}

// loadBits reads n bits of an Arrow bitmap from bit off on. The bitmap must hold them.
func loadBits(dst []uint64, src []byte, off, n int) {
	p, shift := off>>3, uint(off&7)
	i := 0
	for ; i < n>>6 && p+9 <= len(src); i++ {
		dst[i] = binary.LittleEndian.Uint64(src[p:])>>shift | uint64(src[p+8])<<(64-shift)
		p += 8
	}
	for ; i < wordsFor(n); i++ {
		var tail [9]byte
		copy(tail[:], src[min(p, len(src)):])
		w := binary.LittleEndian.Uint64(tail[:])>>shift | uint64(tail[8])<<(64-shift)
		dst[i] = w
		p += 8
	}
	if n > 0 {
		dst[wordsFor(n)-1] &= lastWord(n)
	}
}

// allBits says whether the n bits of an Arrow bitmap from bit off on are all set. The bitmap must hold them.
func allBits(b []byte, off, n int) bool {
	for n > 0 && off&7 != 0 {
		if b[off>>3]>>(off&7)&1 == 0 {
			return false
		}
		off, n = off+1, n-1
	}
	b = b[off>>3:]
	done, all := allOnes(b[:n/8])
	if !all {
		return false
	}
	b, n = b[done:], n-8*done
	for ; n >= 256; n -= 256 {
		q := (*[32]byte)(b)
		if binary.LittleEndian.Uint64(q[0:])&binary.LittleEndian.Uint64(q[8:])&
			binary.LittleEndian.Uint64(q[16:])&binary.LittleEndian.Uint64(q[24:]) != ^uint64(0) {
			return false
		}
		b = b[32:]
	}
	for ; n >= 64; n -= 64 {
		if binary.LittleEndian.Uint64(b) != ^uint64(0) {
			return false
		}
		b = b[8:]
	}
	for i := range n {
		if b[i>>3]>>(i&7)&1 == 0 {
			return false
		}
	}
	return true
}

// storeBits writes the first n bits as an Arrow bitmap of (n+7)/8 bytes.
func storeBits(dst []byte, words []uint64, n int) {
	size := (n + 7) / 8
	full := size / 8
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		copy(dst[:8*full], arrow.GetBytes(words))
	} else {
		for i, w := range words[:full] {
			binary.LittleEndian.PutUint64(dst[8*i:], w)
		}
	}
	for p := full * 8; p < size; p++ {
		dst[p] = byte(words[full] >> (8 * (p - full*8)))
	}
}

// runs are the longest stretches [from,to) of set bits among the first n, in order; all of them at once where words is nil.
func runs(words []uint64, n int) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		if words == nil {
			if n > 0 {
				yield(0, n)
			}
			return
		}
		from := -1
		for i, w := range words {
			at := i << 6
			if w == ^uint64(0) && from >= 0 {
				continue
			}
			for pos := 0; pos < 64; {
				rest := w >> pos
				if from < 0 {
					if rest == 0 {
						break
					}
					pos += bits.TrailingZeros64(rest)
					from = at + pos
					continue
				}
				ones := bits.TrailingZeros64(^rest)
				if pos+ones >= 64 {
					break
				}
				pos += ones
				if !yield(from, at+pos) {
					return
				}
				from = -1
			}
		}
		if from >= 0 {
			yield(from, n)
		}
	}
}

// repeatBits repeats each of the first n bits k times; nil for nil.
func repeatBits(words []uint64, n, k int) []uint64 {
	if words == nil {
		return nil
	}
	out := make([]uint64, wordsFor(n*k))
	for from, to := range runs(words, n) {
		setRange(out, from*k, to*k)
	}
	return out
}

// setRange sets the bits [from,to).
func setRange(words []uint64, from, to int) {
	if from >= to {
		return
	}
	a, b := from>>6, (to-1)>>6
	first, last := ^uint64(0)<<(from&63), lastWord(to)
	if a == b {
		words[a] |= first & last
		return
	}
	words[a] |= first
	fillWords(words[a+1 : b])
	words[b] |= last
}

// clearRange clears the bits [from,to).
func clearRange(words []uint64, from, to int) {
	if from >= to {
		return
	}
	a, b := from>>6, (to-1)>>6
	first, last := ^uint64(0)<<(from&63), lastWord(to)
	if a == b {
		words[a] &^= first & last
		return
	}
	words[a] &^= first
	clear(words[a+1 : b])
	words[b] &^= last
}

// load64 is the 64 bits from bit pos on; those past the end of words are zero.
func load64(words []uint64, pos uint64) uint64 {
	i, shift := pos>>6, pos&63
	var w uint64
	if i < uint64(len(words)) {
		w = words[i] >> shift
	}
	if shift != 0 && i+1 < uint64(len(words)) {
		w |= words[i+1] << (64 - shift)
	}
	return w
}
