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
