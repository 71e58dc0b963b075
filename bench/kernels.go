package bench

import "github.com/klauspost/cpuid/v2"

// Kernels are the loops that masking runs here. Targets that ask for some of them mean nothing elsewhere.
type Kernels string

// The kernels. Plain Go is what runs where the processor has no vectors that are used, and in programs that were built
// with the tag purego.
const (
	plainGo Kernels = "plain Go"
	avx2    Kernels = "AVX2"
	avx512  Kernels = "AVX-512"
)

// KernelsHere are the best kernels of this program on this processor.
func KernelsHere() Kernels {
	cpu := cpuid.CPU
	switch {
	case purego:
	case cpu.Supports(cpuid.AVX512F, cpuid.AVX512BW, cpuid.AVX512DQ, cpuid.AVX512VL):
		return avx512
	case cpu.Supports(cpuid.AVX2, cpuid.BMI1, cpuid.BMI2):
		return avx2
	}
	return plainGo
}
