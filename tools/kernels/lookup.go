package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// lookups are the kernels that clear the bits of rows whose code has no bit in a table. All look at every code: the
// largest is returned, for the caller to find out whether all lie inside the table. Codes outside clear or keep their
// bits as may be, and never lead to memory outside.
//
//   - lookUp…Short: tables of up to 1,024 bits (512 for AVX2), which stay in registers all the while.
//   - lookUp…Long: tables of up to 65,536 bits, 1,024 at a time: each code is looked up where its turn comes.
//   - lookUp…Gather: any table, fetched from memory row by row.
func lookups() {
	lookUp8x512()
	for _, width := range []int{2, 4} {
		lookUpShort512(width)
		lookUpLong512(width)
		lookUpGather512(width)
	}
	for _, width := range []int{1, 2, 4} {
		lookUpShort256(width)
	}
	for _, width := range []int{2, 4} {
		lookUpGather256(width)
	}
}

func lookUpSignature(width int) string {
	return fmt.Sprintf("func(words []uint64, codes []uint%d, table []uint64) (most uint32)", 8*width)
}

// tablePair loads up to 128 bytes of a table, zeros after its end, and no byte more.
func tablePair(table, words reg.GPVirtual) (low, high reg.VecVirtual) {
	low, high = ZMM(), ZMM()
	some, all, k := GP64(), GP64(), K()
	MOVL(operand.U32(16), all.As32())
	CMPQ(words, all)
	CMOVQLT(words, all) // BZHI would look at the lowest byte alone.
	MOVQ(operand.I32(-1), some)
	BZHIQ(all, some, some)
	KMOVB(some.As32(), k)
	VMOVDQU64_Z(at(table, 0), k, low)
	SHRQ(operand.Imm(8), some)
	k = K()
	KMOVB(some.As32(), k)
	VMOVDQU64_Z(at(table, 64), k, high)
	return low, high
}

// largest reduces the numbers of a vector to the largest, in a 32-bit register.
func largest(v reg.VecVirtual, width int) reg.GPVirtual {
	if v.Size() == 64 {
		half := YMM()
		VEXTRACTI64X4(operand.Imm(1), v, half)
		maximum(width, half, v.AsY(), v.AsY())
	}
	x, part := v.AsX(), XMM()
	VEXTRACTI128(operand.Imm(1), v.AsY(), part)
	maximum(width, part, x, x)
	for s := 8; s >= width; s /= 2 {
		VPSRLDQ(operand.Imm(uint64(s)), x, part)
		maximum(width, part, x, x)
	}
	out := GP32()
	VMOVD(x, out)
	switch width {
	case 1:
		MOVBLZX(out.As8(), out)
	case 2:
		MOVWLZX(out.As16(), out)
	}
	return out
}

func maximum(width int, a, b, to operand.Op) {
	switch width {
	case 1:
		VPMAXUB(a, b, to)
	case 2:
		VPMAXUW(a, b, to)
	default:
		VPMAXUD(a, b, to)
	}
}

func constant512(name string, width int, of []uint64) reg.VecVirtual {
	v := ZMM()
	VMOVDQU64(constant(name, width, of), v)
	return v
}

func every512(v uint64, width int) reg.VecVirtual {
	return constant512(fmt.Sprintf("each%dIs%d", width, v), width, counted(64/width, func(int) uint64 { return v }))
}

// lookUp8x512 finds the byte of the table by the upper five bits of a code and the bit in it by the lower three, 64 codes at a time.
func lookUp8x512() {
	kernel("lookUp8AVX512", lookUpSignature(1), "looks up codes in a table of up to 256 bits.")
	words, n, codes, table, size := base("words"), length("words"), base("codes"), base("table"), length("table")
	bits, _ := tablePair(table, size)
	bitOf := constant512("bitOfIndex", 1, counted(64, func(i int) uint64 { return 1 << (i % 8) }))
	low := every512(31, 1)
	most := ZMM()
	VPXORQ(most, most, most)
	rounds("words", n, func() {
		c, at8, bit := ZMM(), ZMM(), ZMM()
		k, found := K(), GP64()
		VMOVDQU64(at(codes, 0), c)
		VPMAXUB(c, most, most)
		VPSRLW(operand.Imm(3), c, at8)
		VPANDQ(low, at8, at8)
		VPERMB(bits, at8, at8)
		VPERMB(bitOf, c, bit)
		VPTESTMB(bit, at8, k)
		KMOVQ(k, found)
		ANDQ(found, at(words, 0))
		step(64, codes)
		step(8, words)
	})
	Store(largest(most, 1), Return("most"))
	leave()
}

// shorts loads 32 codes as 16-bit numbers, what is above that being cut off, and minds the largest.
func shorts(width int, codes reg.GPVirtual, disp int, evens, most reg.VecVirtual) reg.VecVirtual {
	c := ZMM()
	VMOVDQU64(at(codes, disp), c)
	maximum(width, c, most, most)
	if width == 4 {
		d := ZMM()
		VMOVDQU64(at(codes, disp+64), d)
		maximum(width, d, most, most)
		VPERMT2W(d, evens, c)
	}
	return c
}

func evens(width int) reg.VecVirtual {
	if width != 4 {
		return nil
	}
	return constant512("evenShorts", 2, counted(32, func(i int) uint64 { return uint64(2 * i) }))
}

// bitOfShort is, for numbers modulo 16, the bit of that number.
func bitOfShort() reg.VecVirtual {
	return constant512("bitOfShort", 2, counted(32, func(i int) uint64 { return 1 << (i % 16) }))
}

// chosen are the rows of two vectors of 16-bit pieces of the table whose bit, counted by code, is set.
func chosen(found, codes [2]reg.VecVirtual, bitOf reg.VecVirtual) reg.GPVirtual {
	var k [2]reg.OpmaskVirtual
	for i := range found {
		bit := ZMM()
		k[i] = K()
		VPERMW(bitOf, codes[i], bit)
		VPTESTMW(bit, found[i], k[i])
	}
	all, out := K(), GP64()
	KUNPCKDQ(k[0], k[1], all)
	KMOVQ(all, out)
	return out
}

func lookUpShort512(width int) {
	kernel(fmt.Sprintf("lookUp%dShortAVX512", 8*width), lookUpSignature(width), "looks up codes in a table of up to 1,024 bits.")
	words, n, codes, table, size := base("words"), length("words"), base("codes"), base("table"), length("table")
	low, high := tablePair(table, size)
	even, bitOf, most := evens(width), bitOfShort(), ZMM()
	VPXORQ(most, most, most)
	rounds("words", n, func() {
		var c, found [2]reg.VecVirtual
		for i := range c {
			c[i] = shorts(width, codes, 32*width*i, even, most)
			found[i] = ZMM()
			VPSRLW(operand.Imm(4), c[i], found[i])
			VPERMI2W(high, low, found[i])
		}
		ANDQ(chosen(found, c, bitOf), at(words, 0))
		step(64*width, codes)
		step(8, words)
	})
	Store(largest(most, width), Return("most"))
	leave()
}

// lookUpLong512 goes over the table for every 128 rows. A row's place in the table is kept as the number of the block of
// 1,024 bits, and where in it; a permutation under a mask replaces the place by what is there where the block is the row's.
func lookUpLong512(width int) {
	kernel(fmt.Sprintf("lookUp%dLongAVX512", 8*width), lookUpSignature(width), "looks up codes in a table of up to 65,536 bits; words are an even number.")
	words, n, codes, table, size := base("words"), length("words"), base("codes"), base("table"), length("table")
	even, bitOf, one, most := evens(width), bitOfShort(), every512(1, 2), ZMM()
	VPXORQ(most, most, most)
	SHRQ(operand.Imm(1), n)
	rounds("words", n, func() {
		var c, found, block [4]reg.VecVirtual
		for i := range c {
			c[i] = shorts(width, codes, 32*width*i, even, most)
			found[i], block[i] = ZMM(), ZMM()
			VPSRLW(operand.Imm(4), c[i], found[i])
			VPSRLW(operand.Imm(10), c[i], block[i])
		}
		number, from, left := ZMM(), GP64(), GP64()
		VPXORQ(number, number, number)
		MOVQ(table, from)
		MOVQ(size, left)
		SHLQ(operand.Imm(3), left) // in bytes
		blocks(from, left, func(low, high reg.VecVirtual) {
			for i := range c {
				k := K()
				VPCMPEQW(number, block[i], k)
				VPERMI2W(high, low, k, found[i])
			}
		}, func() { VPADDW(one, number, number) })
		for i := range 2 {
			ANDQ(chosen([2]reg.VecVirtual(found[2*i:]), [2]reg.VecVirtual(c[2*i:]), bitOf), at(words, 8*i))
		}
		step(128*width, codes)
		step(16, words)
	})
	Store(largest(most, width), Return("most"))
	leave()
}

// lookUpGather512 fetches the 32 bits around each row's bit, where that lies inside the table.
func lookUpGather512(width int) {
	kernel(fmt.Sprintf("lookUp%dGatherAVX512", 8*width), lookUpSignature(width), "looks up codes in a table of less than 2^32 bits.")
	words, n, codes, table, size := base("words"), length("words"), base("codes"), base("table"), length("table")
	one, most, limit := every512(1, 4), ZMM(), ZMM()
	VPXORQ(most, most, most)
	ADDQ(size, size) // in pieces of 32 bits
	VPBROADCASTD(size.As32(), limit)
	rounds("words", n, func() {
		var k [4]reg.OpmaskVirtual
		for i := range k {
			c, piece, found := ZMM(), ZMM(), ZMM()
			inside := K()
			if width == 2 {
				VPMOVZXWD(at(codes, 32*i), c)
			} else {
				VMOVDQU64(at(codes, 64*i), c)
			}
			VPMAXUD(c, most, most)
			VPSRLD(operand.Imm(5), c, piece)
			VPCMPUD(operand.Imm(1), limit, piece, inside)
			VPXORQ(found, found, found)
			VPGATHERDD(operand.Mem{Base: table, Index: piece, Scale: 4}, inside, found)
			VPRORVD(c, found, found)
			k[i] = K()
			VPTESTMD(one, found, k[i])
		}
		low, high, all, out := K(), K(), K(), GP64()
		KUNPCKWD(k[0], k[1], low)
		KUNPCKWD(k[2], k[3], high)
		KUNPCKDQ(low, high, all)
		KMOVQ(all, out)
		ANDQ(out, at(words, 0))
		step(64*width, codes)
		step(8, words)
	})
	Store(largest(most, 4), Return("most"))
	leave()
}

// lookUpShort256 finds the 32 bits of the table by the upper bits of a code and the bit among them by the lower five.
func lookUpShort256(width int) {
	kernel(fmt.Sprintf("lookUp%dShortAVX2", 8*width), lookUpSignature(width), "looks up codes in a table of 512 bits.")
	words, n, codes, table := base("words"), length("words"), base("codes"), base("table")
	low, high, top, most := YMM(), YMM(), YMM(), YMM()
	VMOVDQU(at(table, 0), low)
	VMOVDQU(at(table, 32), high)
	VMOVDQU(constant("each4Is31", 4, counted(16, func(int) uint64 { return 31 })), top)
	VPXOR(most, most, most)
	rounds("words", n, func() {
		word := GP64()
		XORL(word.As32(), word.As32())
		for i := 7; i >= 0; i-- {
			c, piece, found, other, far := YMM(), YMM(), YMM(), YMM(), YMM()
			switch width {
			case 1:
				VPMOVZXBD(at(codes, 8*i), c)
			case 2:
				VPMOVZXWD(at(codes, 16*i), c)
			default:
				VMOVDQU(at(codes, 32*i), c)
			}
			VPMAXUD(c, most, most)
			VPSRLD(operand.Imm(5), c, piece)
			VPERMD(low, piece, found)
			VPERMD(high, piece, other)
			VPSLLD(operand.Imm(28), piece, piece) // whether it is in the upper half, as the top bit
			VBLENDVPS(piece, other, found, found)
			VPANDN(top, c, far) // 31 less the lower five bits
			VPSLLVD(far, found, found)
			mask := GP32()
			VMOVMSKPS(found, mask)
			SHLQ(operand.Imm(8), word)
			ORQ(mask.As64(), word)
		}
		ANDQ(word, at(words, 0))
		step(64*width, codes)
		step(8, words)
	})
	Store(largest(most, 4), Return("most"))
	leave()
}

// lookUpGather256 is lookUpGather512 with AVX2: 8 rows at a time, and pieces compared as signed numbers, which they fit.
func lookUpGather256(width int) {
	kernel(fmt.Sprintf("lookUp%dGatherAVX2", 8*width), lookUpSignature(width), "looks up codes in a table of less than 2^31 bits.")
	words, n, codes, table, size := base("words"), length("words"), base("codes"), base("table"), length("table")
	top, most, limit := YMM(), YMM(), YMM()
	VMOVDQU(constant("each4Is31", 4, counted(16, func(int) uint64 { return 31 })), top)
	VPXOR(most, most, most)
	ADDQ(size, size) // in pieces of 32 bits
	VMOVD(size.As32(), limit.AsX())
	VPBROADCASTD(limit.AsX(), limit)
	rounds("words", n, func() {
		word := GP64()
		XORL(word.As32(), word.As32())
		for i := 7; i >= 0; i-- {
			c, piece, inside, found, far, mask := YMM(), YMM(), YMM(), YMM(), YMM(), GP32()
			if width == 2 {
				VPMOVZXWD(at(codes, 16*i), c)
			} else {
				VMOVDQU(at(codes, 32*i), c)
			}
			VPMAXUD(c, most, most)
			VPSRLD(operand.Imm(5), c, piece)
			VPCMPGTD(piece, limit, inside)
			VPXOR(found, found, found)
			VPGATHERDD(inside, operand.Mem{Base: table, Index: piece, Scale: 4}, found)
			VPANDN(top, c, far) // 31 less the lower five bits
			VPSLLVD(far, found, found)
			VMOVMSKPS(found, mask)
			SHLQ(operand.Imm(8), word)
			ORQ(mask.As64(), word)
		}
		ANDQ(word, at(words, 0))
		step(64*width, codes)
		step(8, words)
	})
	Store(largest(most, 4), Return("most"))
	leave()
}
