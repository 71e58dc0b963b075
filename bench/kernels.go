package bench

import "golang.org/x/sys/cpu"

// Kernels are the loops that masking runs here. Targets that ask for some of them mean nothing elsewhere.
type Kernels string

// The kernels. Plain Go is what runs where the processor has no vectors that are used, and in programs that were built
// with the tag purego.
const (
	plainGo Kernels = "plain Go"
	avx2    Kernels = "AVX2"
	avx512  Kernels = "AVX-512"
)

// KernelsHere are the best kernels of this program on this processor, as package mask chooses them. GODEBUG makes the
// processor look older to both: with cpu.avx512f=off it has AVX2 alone, with cpu.avx2=off beside that plain Go.
func KernelsHere() Kernels {
	x := &cpu.X86
	switch {
	case purego || !x.HasAVX2 || !x.HasBMI2:
		return plainGo
	case x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL && x.HasAVX512VBMI && x.HasAVX512VPOPCNTDQ:
		return avx512
	}
	return avx2
}
