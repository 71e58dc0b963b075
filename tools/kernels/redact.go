package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// redactions are the kernels that copy the values whose bit is set and write zeros elsewhere. Values are loaded whole
// and masked in registers: loads under a mask are not seen by the prefetchers of Zen 5, and take nearly twice as long
// on columns larger than the caches. For the same reason what is hidden is left unread only where it is long. The
// streaming kernels write past the caches, to memory that is aligned to vectors.
func redactions() {
	for _, width := range []int{1, 2, 4, 8, 16} {
		for _, stream := range []bool{false, true} {
			redact("AVX512", 64, width, stream)
			redact("AVX2", 32, width, stream)
		}
	}
}

// longHidden is how many words without a bit must follow each other for what they hide to be left unread.
const longHidden = 64

func redact(isa string, size, width int, stream bool) {
	name := fmt.Sprintf("redact%d%s", 8*width, isa)
	if stream {
		name = fmt.Sprintf("stream%d%s", 8*width, isa)
	}
	kernel(name, "func(dst, src []byte, words []uint64)", fmt.Sprintf("copies the %d-byte values whose bit is set, and zeros the others.", width))
	store := func(v reg.VecVirtual, to operand.Mem) {
		switch {
		case stream:
			VMOVNTDQ(v, to)
		case size == 64:
			VMOVDQU64(v, to)
		default:
			VMOVDQU(v, to)
		}
	}
	zero := vector(size)
	m := masker512(width)
	if size == 32 {
		m = masker256(width, zero)
	}
	VPXOR(zero.AsX(), zero.AsX(), zero.AsX())
	dst, src, words, n := base("dst"), base("src"), base("words"), length("words")
	rounds("words", n, func() {
		CMPQ(at(words, 0), operand.Imm(0))
		JEQ(operand.LabelRef("hidden"))
		Label("mixed")
		for i := range 64 * width / size {
			store(m(words, i, at(src, i*size)), at(dst, i*size))
		}
		Label("written")
		step(64*width, dst)
		step(64*width, src)
		step(8, words)
	})
	if stream {
		SFENCE()
	}
	leave()
	Label("hidden")
	CMPQ(n, operand.Imm(longHidden))
	JLE(operand.LabelRef("mixed"))
	CMPQ(at(words, 8*longHidden), operand.Imm(0))
	JNE(operand.LabelRef("mixed"))
	for i := range 64 * width / size {
		store(zero, at(dst, i*size))
	}
	JMP(operand.LabelRef("written"))
}

func vector(size int) reg.VecVirtual {
	if size == 64 {
		return ZMM()
	}
	return YMM()
}

// masker is the values at src, the i-th vector of a word's 64, without those whose bit is clear.
type masker func(words reg.GPVirtual, i int, src operand.Mem) reg.VecVirtual

func masker512(width int) masker {
	var every, pairs reg.GPVirtual
	if width == 16 {
		every = GP64()
		MOVQ(operand.Imm(0x5555555555555555), every)
	}
	return func(words reg.GPVirtual, i int, src operand.Mem) reg.VecVirtual {
		k, v := K(), ZMM()
		VMOVDQU64(src, v)
		switch width {
		case 1:
			KMOVQ(at(words, 0), k)
			VMOVDQU8_Z(v, k, v)
		case 2:
			KMOVD(at(words, 4*i), k)
			VMOVDQU16_Z(v, k, v)
		case 4:
			KMOVW(at(words, 2*i), k)
			VMOVDQA32_Z(v, k, v)
		case 8:
			KMOVB(at(words, i), k)
			VMOVDQA64_Z(v, k, v)
		case 16: // Both halves of a value have its bit.
			if i%8 == 0 {
				pairs = GP64()
				MOVL(at(words, i/2), pairs.As32())
				PDEPQ(every, pairs, pairs)
				LEAQ(operand.Mem{Base: pairs, Index: pairs, Scale: 2}, pairs)
			}
			KMOVB(pairs.As32(), k)
			if i%8 < 7 {
				SHRQ(operand.Imm(8), pairs)
			}
			VMOVDQA64_Z(v, k, v)
		}
		return v
	}
}

// masker256 finds the bit of each value: as one of a vector's bits, or moved to the top of the value, where a blend looks.
func masker256(width int, zero reg.VecVirtual) masker {
	each := YMM()
	VMOVDQU(bitOfEach(width), each)
	var spread, word reg.VecVirtual
	if width == 1 {
		spread = YMM()
		VMOVDQU(constant("spreadBytes", 1, counted(32, func(i int) uint64 { return uint64(i / 8) })), spread)
	}
	return func(words reg.GPVirtual, i int, src operand.Mem) reg.VecVirtual {
		v, m := YMM(), YMM()
		switch width {
		case 1: // Each byte of the mask eight times, then another bit of it each time.
			VPBROADCASTD(at(words, 4*i), m)
			VPSHUFB(spread, m, m)
			VPAND(each, m, m)
			VPCMPEQB(each, m, m)
			VPAND(src, m, v)
		case 2:
			VPBROADCASTW(at(words, 2*i), m)
			VPAND(each, m, m)
			VPCMPEQW(each, m, m)
			VPAND(src, m, v)
		case 4:
			if i%4 == 0 {
				word = YMM()
				VPBROADCASTD(at(words, i), word)
			}
			VPSLLVD(each, word, m)
			VBLENDVPS(m, src, zero, v)
			if i%4 < 3 {
				VPSRLD(operand.Imm(8), word, word)
			}
		default:
			if i == 0 {
				word = YMM()
				VPBROADCASTQ(at(words, 0), word)
			}
			VPSLLVQ(each, word, m)
			VBLENDVPD(m, src, zero, v)
			if i < 2*width-1 {
				VPSRLQ(operand.Imm(uint64(32/width)), word, word)
			}
		}
		return v
	}
}

// bitOfEach says for the values of a vector of 32 bytes which bit of the mask is theirs: as that bit, or as how far it is from the top.
func bitOfEach(width int) operand.Mem {
	switch width {
	case 1:
		return constant("bitOfBytes", 1, counted(32, func(i int) uint64 { return 1 << (i % 8) }))
	case 2:
		return constant("bitOfShorts", 2, counted(16, func(i int) uint64 { return 1 << i }))
	case 4:
		return constant("topOfLongs", 4, counted(8, func(i int) uint64 { return uint64(31 - i) }))
	case 8:
		return constant("topOfQuads", 8, counted(4, func(i int) uint64 { return uint64(63 - i) }))
	}
	return constant("topOfPairs", 8, counted(4, func(i int) uint64 { return uint64(63 - i/2) }))
}
