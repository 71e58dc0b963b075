package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tables are the kernels that look up a byte for each code, onto what dst holds or instead of it. 128 bytes of a table are
// permuted at a time: those of tables of up to 512 bytes stay in registers, longer ones go by for every 128 rows. The
// largest code is returned; codes outside the table give any of its bytes, or none.
func tables() {
	for _, width := range []int{1, 2, 4} {
		for _, and := range []bool{false, true} {
			tableShort(width, and)
			if width > 1 {
				tableLong(width, and)
			}
		}
	}
}

func tableKernel(length string, width int, and bool) {
	name, doc := "setTable", "writes to dst"
	if and {
		name, doc = "andTable", "ANDs to dst"
	}
	kernel(fmt.Sprintf("%s%d%sAVX512", name, 8*width, length),
		fmt.Sprintf("func(dst []byte, codes []uint%d, table []byte) (most uint32)", 8*width),
		doc+" the table's byte for each code.")
}

// bytesUpTo loads 128 bytes, or as many as there are, zeros after them, and no byte more.
func bytesUpTo(table, n reg.GPVirtual) (low, high reg.VecVirtual) {
	low, high = ZMM(), ZMM()
	for i, v := range []reg.VecVirtual{low, high} {
		some, most, k := GP64(), GP64(), K()
		// BZHI looks at the lowest byte alone, which takes 64 for all.
		MOVQ(n, some)
		if i == 1 {
			SUBQ(operand.Imm(64), some)
		}
		XORL(most.As32(), most.As32())
		CMPQ(some, most)
		CMOVQLT(most, some)
		MOVL(operand.U32(64), most.As32())
		CMPQ(some, most)
		CMOVQGT(most, some)
		MOVQ(operand.I32(-1), most)
		BZHIQ(some, most, most)
		KMOVQ(most, k)
		VMOVDQU8_Z(at(table, 64*i), k, v)
	}
	return low, high
}

// blocks goes over left bytes of a table, 128 at a time, the last ones followed by zeros.
func blocks(from, left reg.GPVirtual, permute func(low, high reg.VecVirtual), next func()) {
	SUBQ(operand.U32(128), left)
	JL(operand.LabelRef("last"))
	Label("block")
	low, high := ZMM(), ZMM()
	VMOVDQU64(at(from, 0), low)
	VMOVDQU64(at(from, 64), high)
	permute(low, high)
	next()
	step(128, from)
	SUBQ(operand.U32(128), left)
	JGE(operand.LabelRef("block"))
	Label("last")
	ADDQ(operand.U32(128), left)
	permute(bytesUpTo(from, left))
}

// placed are 64 codes, as the place within 128 bytes in the lower seven bits, and the number of that block.
type placed struct{ in, block reg.VecVirtual }

// placer loads codes.
func placer(width int, most reg.VecVirtual) func(codes reg.GPVirtual, disp int) placed {
	if width == 1 {
		one := every512(1, 1)
		return func(codes reg.GPVirtual, disp int) placed {
			p := placed{ZMM(), ZMM()}
			VMOVDQU64(at(codes, disp), p.in)
			VPMAXUB(p.in, most, most)
			VPSRLW(operand.Imm(7), p.in, p.block)
			VPANDQ(one, p.block, p.block)
			return p
		}
	}
	even := evens(width)
	low := constant512("evenBytes", 1, counted(64, func(i int) uint64 { return uint64(2 * i) }))
	return func(codes reg.GPVirtual, disp int) placed {
		a, b := shorts(width, codes, disp, even, most), shorts(width, codes, disp+32*width, even, most)
		p, other := placed{ZMM(), ZMM()}, ZMM()
		VPSRLW(operand.Imm(7), a, p.block)
		VPSRLW(operand.Imm(7), b, other)
		VPERMT2B(other, low, p.block)
		VPERMT2B(b, low, a)
		p.in = a
		return p
	}
}

// put writes the bytes that were found.
func put(found reg.VecVirtual, to operand.Mem, and bool) {
	if and {
		VPANDQ(to, found, found)
	}
	VMOVDQU64(found, to)
}

func tableShort(width int, and bool) {
	tableKernel("Short", width, and)
	dst, n, codes, table, size := base("dst"), length("dst"), base("codes"), base("table"), length("table")
	most := ZMM()
	VPXORQ(most, most, most)
	place := placer(width, most)
	blocks := 4
	if width == 1 {
		blocks = 2
	}
	var low, high, number [4]reg.VecVirtual
	for i := range blocks {
		low[i], high[i] = bytesUpTo(table, size)
		if i > 0 {
			number[i] = every512(uint64(i), 1)
		}
		ADDQ(operand.U32(128), table)
		SUBQ(operand.U32(128), size)
	}
	SHRQ(operand.Imm(6), n)
	rounds("words", n, func() {
		p := place(codes, 0)
		found := ZMM()
		VMOVDQA64(p.in, found)
		VPERMI2B(high[0], low[0], found)
		for i := 1; i < blocks; i++ {
			k, x := K(), ZMM()
			VPCMPEQB(number[i], p.block, k)
			VMOVDQA64(p.in, x)
			VPERMI2B(high[i], low[i], x)
			VMOVDQU8(x, k, found)
		}
		put(found, at(dst, 0), and)
		step(64, dst)
		step(64*width, codes)
	})
	Store(largest(most, width), Return("most"))
	leave()
}

func tableLong(width int, and bool) {
	tableKernel("Long", width, and)
	dst, n, codes, table, size := base("dst"), length("dst"), base("codes"), base("table"), length("table")
	most, one := ZMM(), every512(1, 1)
	VPXORQ(most, most, most)
	place := placer(width, most)
	SHRQ(operand.Imm(7), n)
	rounds("words", n, func() {
		var p [2]placed
		for i := range p {
			p[i] = place(codes, 64*width*i)
		}
		number, from, left := ZMM(), GP64(), GP64()
		VPXORQ(number, number, number)
		MOVQ(table, from)
		MOVQ(size, left)
		permute := func(low, high reg.VecVirtual) {
			for i := range p {
				k := K()
				VPCMPEQB(number, p[i].block, k)
				VPERMI2B(high, low, k, p[i].in)
			}
		}
		blocks(from, left, permute, func() { VPADDB(one, number, number) })
		for i := range p {
			put(p[i].in, at(dst, 64*i), and)
		}
		step(128, dst)
		step(128*width, codes)
	})
	Store(largest(most, width), Return("most"))
	leave()
}
