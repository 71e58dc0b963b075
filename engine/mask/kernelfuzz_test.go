package mask

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/stretchr/testify/require"
)

// kernelCase is a function that calls vector kernels, and is its own plain twin where the machine is said to have none.
type kernelCase struct {
	name    string
	kernels string // those that it may call
	ready   func(in *kernelInput) (out kernelOutput)
}

// kernelOutput is what a function writes to, and how it is called. What it answers must not depend on the instructions;
// nor may what it writes, unless it answers refused.
type kernelOutput struct {
	before []byte
	align  int // it lies at a multiple of this
	call   func(out []byte) (answer int)
}

const refused = -1

func answerOf(done bool) int {
	if done {
		return 0
	}
	return refused
}

// kernelCases has every function that calls kernels, with every type and width that has kernels of its own.
var kernelCases = []kernelCase{
	{"redact 1", "redact8AVX2 redact8AVX512", fuzzRedacting(1, false)},
	{"redact 2", "redact16AVX2 redact16AVX512", fuzzRedacting(2, false)},
	{"redact 4", "redact32AVX2 redact32AVX512", fuzzRedacting(4, false)},
	{"redact 8", "redact64AVX2 redact64AVX512", fuzzRedacting(8, false)},
	{"redact 16", "redact128AVX2 redact128AVX512", fuzzRedacting(16, false)},
	{"stream 1", "stream8AVX2 stream8AVX512", fuzzRedacting(1, true)},
	{"stream 2", "stream16AVX2 stream16AVX512", fuzzRedacting(2, true)},
	{"stream 4", "stream32AVX2 stream32AVX512", fuzzRedacting(4, true)},
	{"stream 8", "stream64AVX2 stream64AVX512", fuzzRedacting(8, true)},
	{"stream 16", "stream128AVX2 stream128AVX512", fuzzRedacting(16, true)},
	{"andBits 8", "lookUp8ShortAVX2 lookUp8AVX512", fuzzBits[uint8]},
	{"andBits 16", "lookUp16ShortAVX2 lookUp16GatherAVX2 lookUp16ShortAVX512 lookUp16LongAVX512 lookUp16GatherAVX512", fuzzBits[uint16]},
	{"andBits 32", "lookUp32ShortAVX2 lookUp32GatherAVX2 lookUp32ShortAVX512 lookUp32LongAVX512 lookUp32GatherAVX512", fuzzBits[uint32]},
	{"setTable 8", "setTable8ShortAVX512", fuzzTable(setTable[uint8])},
	{"setTable 16", "setTable16ShortAVX512 setTable16LongAVX512", fuzzTable(setTable[uint16])},
	{"setTable 32", "setTable32ShortAVX512 setTable32LongAVX512", fuzzTable(setTable[uint32])},
	{"andTable 8", "andTable8ShortAVX512", fuzzTable(andTable[uint8])},
	{"andTable 16", "andTable16ShortAVX512 andTable16LongAVX512", fuzzTable(andTable[uint16])},
	{"andTable 32", "andTable32ShortAVX512 andTable32LongAVX512", fuzzTable(andTable[uint32])},
	{"setCells 8", "setCells8AVX2 setCells8AVX512 setItemCells8AVX512", fuzzCells(setCells[uint8])},
	{"setCells 16", "setCells16AVX2 setCells16AVX512 setItemCells16AVX512", fuzzCells(setCells[uint16])},
	{"setCells 32", "setCells32AVX2 setCells32AVX512 setItemCells32AVX512", fuzzCells(setCells[uint32])},
	{"addToCells 8", "addCells8AVX2 addCells8AVX512 addItemCells8AVX512", fuzzCells(addToCells[uint8])},
	{"addToCells 16", "addCells16AVX2 addCells16AVX512 addItemCells16AVX512", fuzzCells(addToCells[uint16])},
	{"addToCells 32", "addCells32AVX2 addCells32AVX512 addItemCells32AVX512", fuzzCells(addToCells[uint32])},
	{"allBelow 8", "largest8AVX2 largest8AVX512", fuzzBelow[uint8]},
	{"allBelow 16", "largest16AVX2 largest16AVX512", fuzzBelow[uint16]},
	{"allBelow 32", "largest32AVX2 largest32AVX512", fuzzBelow[uint32]},
	{"allBelow, signed 8", "largest8AVX2 largest8AVX512", fuzzBelow[int8]},
	{"allBelow, signed 16", "largest16AVX2 largest16AVX512", fuzzBelow[int16]},
	{"allBelow, signed 32", "largest32AVX2 largest32AVX512", fuzzBelow[int32]},
	{"countBits", "countAVX512", fuzzCount},
	{"countBoth", "countBothAVX512", fuzzCountBoth},
	{"andShifted", "andShiftedAVX2 andShiftedAVX512", fuzzShifted},
	{"pack", "pickAVX2 pickAVX512", fuzzPack},
	{"allBits", "allOnesAVX2", fuzzAllBits},
}

// Bits of kernelInput's flags.
const (
	inputsAtEnd  = 1 << iota // the inputs end where memory ends
	outputAtEnd              // so does the output
	oneOutside               // one code is past the table
	inOrder                  // the dictionary has its items in order …
	largeItems               // … or items of more than 16 bits
	alignedLines             // the output starts a line of the cache
	fewOutside               // a table larger than the largest code
)

// kernelInput is what a call is made of, and the memory for it.
type kernelInput struct {
	rng    *rand.Rand
	rows   int
	size   uint32 // of a table, a limit, a shift: each takes of it what it can
	offset int
	flags  uint8

	memory []*guarded // the last is for the output
	placed [][]byte
	copies [][]byte
}

const (
	mostFuzzRows = 5000
	kernelGuard  = 128
)

func (in *kernelInput) has(flag uint8) bool { return in.flags&flag != 0 }

// place copies an input to memory where reading too far is found out, and remembers that nobody may write to it.
func (in *kernelInput) place(b []byte, align int) []byte {
	g, off := in.memory[len(in.placed)], in.offset/align*align
	var at []byte
	if in.has(inputsAtEnd) {
		at = g.bytes(len(b), true)
	} else {
		at = g.bytes(off+len(b), false)[off:]
	}
	copy(at, b)
	in.placed, in.copies = append(in.placed, at), append(in.copies, b)
	return at
}

func placeNumbers[T index](in *kernelInput, v []T) []T {
	return arrow.GetData[T](in.place(arrow.GetBytes(v), len(arrow.GetBytes(make([]T, 1)))))
}

func guardByte(i int) byte { return byte(0xa5 ^ i) }

func isGuard(b []byte, from int) bool {
	for i, x := range b {
		if x != guardByte(from+i) {
			return false
		}
	}
	return true
}

// frame is memory for the output and what lies before and behind it.
func (in *kernelInput) frame(before []byte, align int) (head, out, tail []byte) {
	off, n := in.offset/align*align, len(before)
	if in.has(alignedLines) {
		off &^= 63
	}
	g, from := in.memory[len(in.memory)-1], kernelGuard+off
	var all []byte
	if in.has(outputAtEnd) {
		from = kernelGuard
		all = g.bytes(from+n, true)
	} else {
		all = g.bytes(from+n+kernelGuard, false)
	}
	for i := range all {
		all[i] = guardByte(i)
	}
	copy(all[from:], before)
	return all[:from], all[from : from+n : from+n], all[from+n:]
}

// codesBelow are random codes, of which the flags may put one past a table of so many entries.
func codesBelow[T uint8 | uint16 | uint32](in *kernelInput, size int) []T {
	below := size
	if in.has(fewOutside) {
		below = (size + 1) / 2
	}
	codes := randomCodes[T](in.rng, in.rows, below)
	if in.has(oneOutside) && in.rows > 0 {
		codes[in.rng.IntN(in.rows)] = []T{T(size), ^T(0), T(in.rng.Uint32())}[in.rng.IntN(3)]
	}
	return placeNumbers(in, codes)
}

func fuzzRedacting(width int, past bool) func(*kernelInput) kernelOutput {
	return func(in *kernelInput) kernelOutput {
		n := in.rows
		words, src := placeNumbers(in, randomWords(in.rng, n)), in.place(randomBytes8(in.rng, n*width), width)
		return kernelOutput{randomBytes8(in.rng, n*width), width, func(out []byte) int {
			maskInto(out, src, words, n, width, past)
			return 0
		}}
	}
}

func fuzzBits[T uint8 | uint16 | uint32](in *kernelInput) kernelOutput {
	size := int(in.size%200_000) + 1
	codes, table := codesBelow[T](in, size), bitTable{placeNumbers(in, randomWords(in.rng, size)), size}
	return kernelOutput{arrow.GetBytes(randomWords(in.rng, in.rows)), 8, func(out []byte) int {
		return answerOf(andBits(arrow.GetData[uint64](out), codes, table, make([]byte, 8*len(out))))
	}}
}

func fuzzTable[T uint8 | uint16 | uint32](f func(dst []byte, codes []T, table []byte) bool) func(*kernelInput) kernelOutput {
	return func(in *kernelInput) kernelOutput {
		size := int(in.size%6000) + 1
		codes, table := codesBelow[T](in, size), in.place(randomBytes8(in.rng, size), 1)
		return kernelOutput{randomBytes8(in.rng, in.rows), 1, func(out []byte) int { return answerOf(f(out, codes, table)) }}
	}
}

func fuzzCells[T uint8 | uint16 | uint32](f func(cells []uint32, codes []T, o *steps) bool) func(*kernelInput) kernelOutput {
	return func(in *kernelInput) kernelOutput {
		size := int(in.size%3000) + 1
		items := make([]uint32, size)
		for i, p := range in.rng.Perm(size) {
			switch {
			case in.has(inOrder):
				items[i] = uint32(i)
			case in.has(largeItems):
				items[i] = in.rng.Uint32()
			case in.rng.IntN(8) == 0:
				items[i] = in.rng.Uint32N(1 << 16)
			default:
				items[i] = uint32(p)
			}
		}
		o := newSteps(items, []uint32{0, 1, in.rng.Uint32N(1 << 16), in.rng.Uint32()}[in.rng.IntN(4)])
		if in.rng.IntN(4) == 0 {
			size = 1 + in.rng.IntN(size)
			o = o.cut(size)
		}
		codes := codesBelow[T](in, size)
		if o.items != nil {
			o.items = placeNumbers(in, o.items)
		}
		return kernelOutput{randomBytes8(in.rng, 4*in.rows), 4, func(out []byte) int {
			return answerOf(f(arrow.GetData[uint32](out), codes, &o))
		}}
	}
}

func fuzzBelow[T index](in *kernelInput) kernelOutput {
	width := len(arrow.GetBytes(make([]T, 1)))
	limit := 1 + uint64(in.size)%(1<<(8*width)+1) // one more than there are numbers
	v := make([]T, in.rows)
	for i := range v {
		v[i] = T(in.rng.Uint64N(limit))
	}
	if in.has(oneOutside) && in.rows > 0 {
		v[in.rng.IntN(in.rows)] = []T{T(limit), T(limit - 1), ^T(0), T(in.rng.Uint32())}[in.rng.IntN(4)]
	}
	v = placeNumbers(in, v)
	return kernelOutput{nil, 1, func([]byte) int { return answerOf(allBelow(v, limit)) }}
}

func fuzzCount(in *kernelInput) kernelOutput {
	words := placeNumbers(in, randomWords(in.rng, in.rows))
	return kernelOutput{nil, 1, func([]byte) int { return countBits(words) }}
}

func fuzzCountBoth(in *kernelInput) kernelOutput {
	a, b := placeNumbers(in, randomWords(in.rng, in.rows)), placeNumbers(in, randomWords(in.rng, in.rows))
	return kernelOutput{nil, 1, func([]byte) int { return countBoth(a, b) }}
}

func fuzzShifted(in *kernelInput) kernelOutput {
	n := wordsFor(in.rows) + 1
	from := placeNumbers(in, randomWords(in.rng, 64*max(1, n+in.rng.IntN(4)-2)))
	return kernelOutput{arrow.GetBytes(randomWords(in.rng, 64*n)), 8, func(out []byte) int {
		return andShifted(arrow.GetData[uint64](out), from, uint(in.size%64))
	}}
}

func fuzzPack(in *kernelInput) kernelOutput {
	n := in.rows / 64
	rows := in.place(randomBytes8(in.rng, 64*n), 1)
	return kernelOutput{randomBytes8(in.rng, 8*n), 8, func(out []byte) int {
		pack(arrow.GetData[uint64](out), rows, int(in.size%8))
		return 0
	}}
}

// fuzzAllBits looks at bits that are set, but for one that may lie among them or beside them.
func fuzzAllBits(in *kernelInput) kernelOutput {
	const perRow = 8
	b := bytes.Repeat([]byte{0xff}, in.rows)
	off := min(int(in.size%64), perRow*in.rows)
	n := perRow*in.rows - off
	if n > 0 && in.rng.IntN(2) == 0 {
		n -= in.rng.IntN(min(n, 70))
	}
	if in.has(oneOutside) && in.rows > 0 {
		at := in.rng.IntN(perRow * in.rows)
		b[at>>3] &^= 1 << (at & 7)
	}
	b = in.place(b, 1)
	return kernelOutput{nil, 1, func([]byte) int { return answerOf(allBits(b, off, n)) }}
}

// Lengths on both sides of the steps of kernels, and sizes on both sides of where another kernel is taken.
var (
	fuzzLengths = []uint16{0, 1, 2, 63, 64, 65, 127, 128, 129, 191, 192, 255, 256, 257, 383, 511, 512, 513, 575, 576, 1023, 1024, 1025, 4096, 4999}
	fuzzSizes   = []uint32{
		1, 2, 64, 127, 128, 129, 255, 256, 257, 500, 511, 512, 513, 1024, 1025, 2048, 2049, 2999,
		4096, 4097, maxLongTested, maxLongTested + 1, 1 << 15, 1<<15 + 1, 1 << 16, 100_000,
	}
)

// Whatever instructions the machine has, a function does what it does in plain Go, touches nothing beside its output, and
// reads nothing beside its inputs.
func FuzzKernels(f *testing.F) {
	rng := rand.New(rand.NewPCG(12, 5))
	for i := range kernelCases {
		for _, n := range fuzzLengths {
			f.Add(uint8(i), n, fuzzSizes[rng.IntN(len(fuzzSizes))]-1, rng.Uint64(), uint8(rng.Uint32()), uint8(rng.Uint32()))
		}
		for _, size := range fuzzSizes {
			f.Add(uint8(i), uint16(1031), size-1, rng.Uint64(), uint8(rng.Uint32()), uint8(rng.Uint32()))
		}
		f.Add(uint8(i), uint16(1031), uint32(699), rng.Uint64(), uint8(0), uint8(inOrder))
		f.Add(uint8(i), uint16(1031), uint32(699), rng.Uint64(), uint8(0), uint8(alignedLines))
	}
	memory := make([]*guarded, 3)
	for i := range memory {
		memory[i] = newGuarded(f, 16*mostFuzzRows+4*kernelGuard)
	}
	f.Fuzz(func(t *testing.T, which uint8, rows uint16, size uint32, seed uint64, offset, flags uint8) {
		c := kernelCases[int(which)%len(kernelCases)]
		compareKernels(t, c, &kernelInput{
			rng: rand.New(rand.NewPCG(seed, 1)), rows: int(rows) % mostFuzzRows, size: size, offset: int(offset) % 128, flags: flags, memory: memory,
		})
	})
}

// compareKernels calls a function with each kind of instructions that the machine has.
func compareKernels(t *testing.T, c kernelCase, in *kernelInput) {
	o := c.ready(in)
	var want []byte
	var wanted int
	best := bestSIMD()
	defer func() { vectors = best }()
	for vectors = portable; vectors <= best; vectors++ {
		head, out, tail := in.frame(o.before, o.align)
		answer := o.call(out)
		require.True(t, isGuard(head, 0) && isGuard(tail, len(head)+len(out)), "%s, %s: beside the output", c.name, vectors)
		for i, b := range in.placed {
			require.True(t, bytes.Equal(in.copies[i], b), "%s, %s: input %d was written to", c.name, vectors, i)
		}
		if vectors == portable {
			want, wanted = slices.Clone(out), answer
			continue
		}
		require.Equal(t, wanted, answer, "%s, %s, %d rows, size %d", c.name, vectors, in.rows, in.size)
		if answer != refused {
			require.True(t, bytes.Equal(want, out), "%s, %s, %d rows, size %d", c.name, vectors, in.rows, in.size)
		}
	}
}

// A kernel that is generated is compared with its twin: each is named by the functions above, which name no other.
func TestEveryKernelIsCompared(t *testing.T) {
	files, err := filepath.Glob("kernels_*.go")
	require.NoError(t, err)
	var declared, named []string
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		for _, d := range file.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Body == nil {
				declared = append(declared, fn.Name.Name)
			}
		}
	}
	for _, c := range kernelCases {
		named = append(named, strings.Fields(c.kernels)...)
	}
	slices.Sort(named)
	require.NotEmpty(t, declared)
	require.ElementsMatch(t, declared, slices.Compact(named))
}
