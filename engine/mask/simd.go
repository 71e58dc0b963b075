package mask

// simd is the vector instructions that the kernels of kernels_amd64.s may use. Each kernel has a portable twin, which
// also does the rows after the last whole word; callers ask the twin and never see the difference.
type simd uint8

const (
	portable simd = iota // plain Go: any machine, and builds with the tag purego
	avx2
	avx512 // F, BW, DQ, VL, VBMI and VPOPCNTDQ: Ice Lake, Zen 4 and later
)

func (s simd) String() string { return [...]string{"portable", "avx2", "avx512"}[s] }

// vectors is what this machine has. Only tests change it.
var vectors = bestSIMD()
