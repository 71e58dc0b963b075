package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// cells are the kernels that number cells from codes, 64 rows at a time: stride times the code, onto what cells hold or
// instead of it. The largest code is returned.
func cells() {
	for _, width := range []int{1, 2, 4} {
		for _, add := range []bool{false, true} {
			cellsOf("AVX512", 64, width, add)
			cellsOf("AVX2", 32, width, add)
			itemCells(width, add)
		}
	}
}

func cellsOf(isa string, size, width int, add bool) {
	name, doc := "setCells", "sets cells to stride times the code."
	if add {
		name, doc = "addCells", "adds stride times the code to cells."
	}
	kernel(fmt.Sprintf("%s%d%s", name, 8*width, isa),
		fmt.Sprintf("func(cells []uint32, codes []uint%d, stride uint32) (most uint32)", 8*width), doc)
	to, n, codes := base("cells"), length("cells"), base("codes")
	vector := func() reg.VecVirtual {
		if size == 64 {
			return ZMM()
		}
		return YMM()
	}
	stride, most := vector(), vector()
	VMOVD(Load(Param("stride"), GP32()), stride.AsX())
	VPBROADCASTD(stride.AsX(), stride)
	VPXOR(most.AsX(), most.AsX(), most.AsX())
	SHRQ(operand.Imm(6), n)
	rounds("words", n, func() {
		for i := range 256 / size {
			c, product := vector(), vector()
			from := at(codes, i*size/4*width)
			switch {
			case width == 1:
				VPMOVZXBD(from, c)
			case width == 2:
				VPMOVZXWD(from, c)
			case size == 64:
				VMOVDQU64(from, c)
			default:
				VMOVDQU(from, c)
			}
			VPMAXUD(c, most, most)
			VPMULLD(stride, c, product)
			if add {
				VPADDD(at(to, i*size), product, product)
			}
			if size == 64 {
				VMOVDQU64(product, at(to, i*size))
			} else {
				VMOVDQU(product, at(to, i*size))
			}
		}
		step(256, to)
		step(64*width, codes)
	})
	Store(largest(most, 4), Return("most"))
	leave()
}

// itemCells finds the item of each code first, 64 items at a time of a table of 16-bit numbers, which goes by for every
// 128 rows as in tableLong.
func itemCells(width int, add bool) {
	name, doc := "setItemCells", "sets cells to stride times the item of the code."
	if add {
		name, doc = "addItemCells", "adds stride times the item of the code to cells."
	}
	kernel(fmt.Sprintf("%s%dAVX512", name, 8*width),
		fmt.Sprintf("func(cells []uint32, codes []uint%d, items []uint16, stride uint32) (most uint32)", 8*width), doc)
	to, n, codes, items, size := base("cells"), length("cells"), base("codes"), base("items"), length("items")
	stride, most, one, even := ZMM(), ZMM(), every512(1, 2), evens(width)
	VMOVD(Load(Param("stride"), GP32()), stride.AsX())
	VPBROADCASTD(stride.AsX(), stride)
	VPXORQ(most, most, most)
	ADDQ(size, size) // in bytes
	SHRQ(operand.Imm(7), n)
	rounds("words", n, func() {
		var found, block [4]reg.VecVirtual
		for i := range found {
			if width == 1 {
				found[i] = ZMM()
				VPMOVZXBW(at(codes, 32*i), found[i])
				VPMAXUW(found[i], most, most)
			} else {
				found[i] = shorts(width, codes, 32*width*i, even, most)
			}
			block[i] = ZMM()
			VPSRLW(operand.Imm(6), found[i], block[i])
		}
		number, from, left := ZMM(), GP64(), GP64()
		VPXORQ(number, number, number)
		MOVQ(items, from)
		MOVQ(size, left)
		permute := func(low, high reg.VecVirtual) {
			for i := range found {
				k := K()
				VPCMPEQW(number, block[i], k)
				VPERMI2W(high, low, k, found[i])
			}
		}
		blocks(from, left, permute, func() { VPADDW(one, number, number) })
		for i := range found {
			high, product := YMM(), ZMM()
			VEXTRACTI64X4(operand.Imm(1), found[i], high)
			for half, v := range []reg.Register{found[i].AsY(), high} {
				VPMOVZXWD(v, product)
				VPMULLD(stride, product, product)
				if add {
					VPADDD(at(to, 128*i+64*half), product, product)
				}
				VMOVDQU64(product, at(to, 128*i+64*half))
			}
		}
		step(512, to)
		step(128*width, codes)
	})
	Store(largest(most, max(width, 2)), Return("most"))
	leave()
}

// bounds are the kernels that find the largest number, of a whole number of 256 bytes.
func bounds() {
	for _, width := range []int{1, 2, 4} {
		for _, size := range []int{64, 32} {
			isa := map[int]string{64: "AVX512", 32: "AVX2"}[size]
			kernel(fmt.Sprintf("largest%d%s", 8*width, isa), fmt.Sprintf("func(of []uint%d) uint32", 8*width), "is the largest number.")
			from, n := base("of"), length("of")
			SHRQ(operand.Imm(map[int]uint64{1: 8, 2: 7, 4: 6}[width]), n)
			var most [4]reg.VecVirtual
			for i := range most {
				if most[i] = ZMM(); size == 32 {
					most[i] = YMM()
				}
				VPXOR(most[i].AsX(), most[i].AsX(), most[i].AsX())
			}
			rounds("blocks", n, func() {
				for i := range 256 / size {
					maximum(width, at(from, i*size), most[i%4], most[i%4])
				}
				step(256, from)
			})
			for _, m := range most[1:] {
				maximum(width, m, most[0], most[0])
			}
			Store(largest(most[0], width), ReturnIndex(0))
			leave()
		}
	}
}
