package mask

// eachSIMD calls f with every kind of instructions that this machine has, plain Go first.
func eachSIMD(f func(s simd)) {
	best := bestSIMD()
	defer func() { vectors = best }()
	for vectors = portable; vectors <= best; vectors++ {
		f(vectors)
	}
}

// fewer is n for the best instructions that this machine has, and a part of it for the others, where tests of whole batches
// would take long.
func fewer(n, part uint64) uint64 {
	if vectors == bestSIMD() {
		return n
	}
	return n / part
}
