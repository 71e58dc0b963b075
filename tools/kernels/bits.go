package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// bits are the kernels over the words of bits themselves, eight at a time.
func bits() {
	countBits(false)
	countBits(true)
	andShifted512()
	andShifted256()
	pick()
	pick256()
	allOnes()
}

// countBits counts in one set, or in what two have in common.
func countBits(both bool) {
	name, signature, doc := "countAVX512", "func(words []uint64) int", "is how many bits are set in a multiple of 8 words."
	if both {
		name, signature, doc = "countBothAVX512", "func(words, others []uint64) int", "is how many bits are set in both of a multiple of 8 words."
	}
	kernel(name, signature, doc)
	words, n := base("words"), length("words")
	var others reg.GPVirtual
	if both {
		others = base("others")
	}
	sum := ZMM()
	VPXORQ(sum, sum, sum)
	SHRQ(operand.Imm(3), n)
	rounds("words", n, func() {
		v := ZMM()
		if both {
			VMOVDQU64(at(words, 0), v)
			VPANDQ(at(others, 0), v, v)
			VPOPCNTQ(v, v)
			step(64, others)
		} else {
			VPOPCNTQ(at(words, 0), v)
		}
		VPADDQ(v, sum, sum)
		step(64, words)
	})
	half, x := YMM(), XMM()
	VEXTRACTI64X4(operand.Imm(1), sum, half)
	VPADDQ(half, sum.AsY(), half)
	VEXTRACTI128(operand.Imm(1), half, x)
	VPADDQ(half.AsX(), x, x)
	VPSRLDQ(operand.Imm(8), x, half.AsX())
	VPADDQ(half.AsX(), x, x)
	out := GP64()
	VMOVQ(x, out)
	Store(out, ReturnIndex(0))
	leave()
}

const shiftedSignature = "func(words, from []uint64, shift uint64)"

func andShifted512() {
	kernel("andShiftedAVX512", shiftedSignature, "keeps the bits of a multiple of 8 words that are set shift (0 to 63) bits further in from, which has a word more.")
	words, n, from := base("words"), length("words"), base("from")
	right, left, whole := ZMM(), ZMM(), every512(64, 8)
	VMOVQ(Load(Param("shift"), GP64()), right.AsX())
	VPBROADCASTQ(right.AsX(), right)
	VPSUBQ(right, whole, left)
	SHRQ(operand.Imm(3), n)
	rounds("words", n, func() {
		low, high := ZMM(), ZMM()
		VMOVDQU64(at(from, 0), low)
		VMOVDQU64(at(from, 8), high)
		VPSRLVQ(right, low, low)
		VPSLLVQ(left, high, high) // by 64, where nothing is shifted, leaves zero
		VPTERNLOGQ(operand.Imm(0xa8), at(words, 0), low, high)
		VMOVDQU64(high, at(words, 0))
		step(64, from)
		step(64, words)
	})
	leave()
}

func andShifted256() {
	kernel("andShiftedAVX2", shiftedSignature, "keeps the bits of a multiple of 8 words that are set shift (0 to 63) bits further in from, which has a word more.")
	words, n, from := base("words"), length("words"), base("from")
	right, left, whole := YMM(), YMM(), YMM()
	VMOVQ(Load(Param("shift"), GP64()), right.AsX())
	VPBROADCASTQ(right.AsX(), right)
	VMOVDQU(constant("each8Is64", 8, counted(8, func(int) uint64 { return 64 })), whole)
	VPSUBQ(right, whole, left)
	SHRQ(operand.Imm(3), n)
	rounds("words", n, func() {
		for i := range 2 {
			low, high := YMM(), YMM()
			VMOVDQU(at(from, 32*i), low)
			VMOVDQU(at(from, 32*i+8), high)
			VPSRLVQ(right, low, low)
			VPSLLVQ(left, high, high) // by 64, where nothing is shifted, leaves zero
			VPOR(low, high, low)
			VPAND(at(words, 32*i), low, low)
			VMOVDQU(low, at(words, 32*i))
		}
		step(64, from)
		step(64, words)
	})
	leave()
}

func pick256() {
	kernel("pickAVX2", pickSignature, pickDoc)
	words, n, rows := base("words"), length("words"), base("rows")
	bit := YMM()
	VMOVD(Load(Param("bit"), GP32()), bit.AsX())
	VPBROADCASTB(bit.AsX(), bit)
	rounds("words", n, func() {
		var half [2]reg.GPVirtual
		for i := range half {
			v := YMM()
			VPAND(at(rows, 32*i), bit, v)
			VPCMPEQB(bit, v, v)
			half[i] = GP32()
			VPMOVMSKB(v, half[i])
		}
		SHLQ(operand.Imm(32), half[1].As64())
		ORQ(half[0].As64(), half[1].As64())
		MOVQ(half[1].As64(), at(words, 0))
		step(64, rows)
		step(8, words)
	})
	leave()
}

// allOnes stops at the first block that lacks a bit. Memory is what bounds it: there is none for wider vectors.
func allOnes() {
	kernel("allOnesAVX2", "func(of []byte) bool", "says whether all bits of a multiple of 256 bytes are set.")
	from, n, ones, all := base("of"), length("of"), YMM(), GP8()
	VPCMPEQB(ones, ones, ones)
	SHRQ(operand.Imm(8), n)
	rounds("blocks", n, func() {
		var v [4]reg.VecVirtual
		for i := range v {
			v[i] = YMM()
			VMOVDQU(at(from, 64*i), v[i])
			VPAND(at(from, 64*i+32), v[i], v[i])
		}
		VPAND(v[1], v[0], v[0])
		VPAND(v[3], v[2], v[2])
		VPAND(v[2], v[0], v[0])
		VPTEST(ones, v[0]) // The carry says that no bit is missing.
		JCC(operand.LabelRef("lacking"))
		step(256, from)
	})
	MOVB(operand.Imm(1), all)
	Store(all, ReturnIndex(0))
	leave()
	Label("lacking")
	XORB(all, all)
	Store(all, ReturnIndex(0))
	leave()
}

const (
	pickSignature = "func(words []uint64, rows []byte, bit byte)"
	pickDoc       = "sets each bit of words where the byte of its row has a bit in common with bit, which is a single one."
)

// pick gathers one bit of each byte.
func pick() {
	kernel("pickAVX512", pickSignature, pickDoc)
	words, n, rows := base("words"), length("words"), base("rows")
	bit := ZMM()
	VPBROADCASTB(Load(Param("bit"), GP32()), bit)
	rounds("words", n, func() {
		k := K()
		VPTESTMB(at(rows, 0), bit, k)
		KMOVQ(k, at(words, 0))
		step(64, rows)
		step(8, words)
	})
	leave()
}
