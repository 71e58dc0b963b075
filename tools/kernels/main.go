// Command kernels writes the assembly of engine/mask: `make generate` runs it, and `make check` makes sure that what is
// committed is what it writes.
//
// Every kernel takes slices whose lengths agree, in whole words of 64 rows; their Go callers see to that and to the
// rows that are left over. None reads or writes a byte outside its slices. Only instructions with a VEX or EVEX prefix
// touch vectors, and the upper halves are cleared before a kernel returns: mixing in legacy SSE is slow.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	redactions()
	lookups()
	tables()
	cells()
	bounds()
	bits()
	Generate()
}

// kernel begins a function.
func kernel(name, signature, doc string) {
	TEXT(name, NOSPLIT, signature)
	Pragma("noescape")
	Doc(name + " " + doc)
}

func base(param string) reg.GPVirtual { return Load(Param(param).Base(), GP64()).(reg.GPVirtual) }
func length(param string) reg.GPVirtual {
	return Load(Param(param).Len(), GP64()).(reg.GPVirtual)
}

// rounds repeats body n times, n being changed; not at all where it is 0.
func rounds(name string, n reg.GPVirtual, body func()) {
	TESTQ(n, n)
	JZ(operand.LabelRef(name + "_done"))
	Label(name + "_next")
	body()
	DECQ(n)
	JNZ(operand.LabelRef(name + "_next"))
	Label(name + "_done")
}

// at is the memory disp bytes after where p points.
func at(p reg.Register, disp int) operand.Mem { return operand.Mem{Base: p, Disp: disp} }

// leave ends a kernel.
func leave() {
	VZEROUPPER()
	RET()
}

// numbers is read-only memory with one number after the other, each of width bytes.
func numbers(name string, width int, of ...uint64) operand.Mem {
	mem := GLOBL(name, RODATA|NOPTR)
	for i, v := range of {
		switch width {
		case 1:
			DATA(i, operand.U8(v))
		case 2:
			DATA(2*i, operand.U16(v))
		case 4:
			DATA(4*i, operand.U32(v))
		default:
			DATA(8*i, operand.U64(v))
		}
	}
	return mem
}

// counted is n numbers.
func counted(n int, f func(i int) uint64) []uint64 {
	out := make([]uint64, n)
	for i := range out {
		out[i] = f(i)
	}
	return out
}

// step moves a pointer on.
func step(bytes int, p reg.GPVirtual) { ADDQ(operand.U32(bytes), p) }

var constants = map[string]operand.Mem{}

// constant is memory that kernels share.
func constant(name string, width int, of []uint64) operand.Mem {
	if _, ok := constants[name]; !ok {
		constants[name] = numbers(name, width, of...)
	}
	return constants[name]
}
