package store

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/cubeward/cubeward/cube"
)

// putColumn writes given values in the one form that their content has: constant where all cells hold the same, dense
// where at least a quarter of the cells are not BLANK, else sparse. Texts are numbered as they come.
func putColumn(p *put, col *cube.Column) {
	form, cells, at := canonical(col)
	p.byte(uint8(form))
	if form == cube.Sparse {
		steps := make([]uint64, len(cells))
		before := uint64(0)
		for i, c := range cells {
			steps[i], before = c-before, c
		}
		array(p, steps)
	}
	vec := col.Vector()
	switch vec.Kind {
	case cube.Number:
		p.int(len(at))
		for _, i := range at {
			f := math.NaN()
			if i >= 0 && !vec.Blank(i) {
				f = vec.Numbers[i]
			}
			p.b = binary.LittleEndian.AppendUint64(p.b, math.Float64bits(f))
		}
	case cube.Date:
		p.int(len(at))
		for _, i := range at {
			n := int32(cube.BlankInt)
			if i >= 0 {
				n = vec.Ints[i]
			}
			p.b = binary.LittleEndian.AppendUint32(p.b, uint32(n))
		}
	case cube.Text:
		putTexts(p, vec, at)
	default:
		ns := make([]uint32, len(at))
		for k, i := range at {
			if i >= 0 && !vec.Blank(i) {
				if vec.Bytes != nil {
					ns[k] = uint32(vec.Bytes[i]) + 1
				} else {
					ns[k] = uint32(vec.Ints[i]) + 1
				}
			}
		}
		array(p, ns)
	}
}

func putTexts(p *put, vec *cube.Vector, at []int) {
	codes, dict := make([]uint32, len(vec.Dict)), []string{}
	ns := make([]uint32, len(at))
	for k, i := range at {
		if i < 0 || vec.Blank(i) {
			continue
		}
		code := vec.Ints[i]
		if codes[code] == 0 {
			dict = append(dict, vec.Dict[code])
			codes[code] = uint32(len(dict))
		}
		ns[k] = codes[code]
	}
	p.int(len(dict))
	for _, s := range dict {
		p.text(s)
	}
	array(p, ns)
}

// canonical is the form of a column that its content alone decides, the cells it keeps where it is sparse, and where
// the values that it keeps stand in the column's vector: -1 is BLANK.
func canonical(col *cube.Column) (form cube.Form, cells []uint64, at []int) {
	n, vec := col.Space().Len(), col.Vector()
	switch {
	case n == 0:
		return cube.Constant, nil, []int{-1}
	case col.Form() == cube.Constant:
		return cube.Constant, nil, []int{0}
	}
	for i := range vec.N {
		if !vec.Blank(i) {
			at = append(at, i)
			if col.Form() == cube.Sparse {
				cells = append(cells, col.Cells()[i])
			} else {
				cells = append(cells, uint64(i))
			}
		}
	}
	switch {
	case len(at) == 0:
		return cube.Constant, nil, []int{-1}
	case uint64(len(at)) == n && allSame(vec, at):
		return cube.Constant, nil, at[:1]
	case uint64(len(at)) < (n+3)/4 || n >= 1<<31:
		return cube.Sparse, cells, at
	}
	all := make([]int, n)
	for i := range all {
		all[i] = -1
	}
	for k, c := range cells {
		all[c] = at[k]
	}
	return cube.Dense, nil, all
}

func allSame(vec *cube.Vector, at []int) bool {
	first := vec.Value(at[0])
	for _, i := range at[1:] {
		if vec.Value(i) != first {
			return false
		}
	}
	return true
}

// takeColumn reads what putColumn wrote for a block.
func takeColumn(t *take, b *cube.Block) *cube.Column {
	space, err := b.Space()
	if err != nil {
		t.fail(err)
		return nil
	}
	form := cube.Form(t.upTo(int(cube.Sparse), "form of column"))
	want := uint64(1)
	var cells []uint64
	switch form {
	case cube.Dense:
		want = space.Len()
	case cube.Sparse:
		cells = takeCells(t, space.Len())
		want = uint64(len(cells))
	}
	vec := takeVector(t, b.Type)
	t.end()
	if uint64(vec.N) != want {
		t.fail(fmt.Errorf("%d values for %d cells", vec.N, want))
	}
	switch {
	case !t.ok():
		return nil
	case form == cube.Dense:
		return cube.NewDense(b.Type, space, vec)
	case form == cube.Sparse:
		return cube.NewSparse(b.Type, space, cells, vec)
	}
	return cube.NewConstant(b.Type, space, vec.Value(0))
}

// takeCells reads the cells of a sparse column, each as the distance from the one before.
func takeCells(t *take, n uint64) []uint64 {
	steps := t.array(math.MaxUint64)
	cells := make([]uint64, steps.len())
	at := uint64(0)
	for i := range cells {
		step := steps.at(i)
		if i > 0 && step == 0 || step >= n || at+step >= n {
			t.fail(fmt.Errorf("value %d stands at no cell", i))
			return nil
		}
		at += step
		cells[i] = at
	}
	return cells
}

func takeVector(t *take, typ cube.Type) cube.Vector {
	v := cube.Vector{Kind: typ.Kind}
	switch typ.Kind {
	case cube.Number:
		data := t.bytes(8 * uint64(t.count(8)))
		v.Numbers = make([]float64, len(data)/8)
		for i := range v.Numbers {
			v.Numbers[i] = math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:]))
			if math.IsInf(v.Numbers[i], 0) {
				t.fail(fmt.Errorf("value %d is not finite", i))
			}
		}
		v.N = len(v.Numbers)
	case cube.Date:
		data := t.bytes(4 * uint64(t.count(4)))
		v.Ints = make([]int32, len(data)/4)
		for i := range v.Ints {
			v.Ints[i] = int32(binary.LittleEndian.Uint32(data[4*i:]))
		}
		v.N = len(v.Ints)
	case cube.Text:
		seen := map[string]bool{}
		for n := t.count(1); n > 0 && t.ok(); n-- {
			s := t.text()
			if seen[s] {
				t.fail(fmt.Errorf("a text stands twice"))
			}
			seen[s] = true
			v.Dict = append(v.Dict, s)
		}
		v.Ints = takeInts(t, len(v.Dict))
		v.N = len(v.Ints)
	case cube.Item:
		v.Ints = takeInts(t, typ.List.Len())
		v.N = len(v.Ints)
	default:
		limit := uint64(cube.Read|cube.Write) + 1
		if typ.Kind == cube.Boolean {
			limit = 2
		}
		a := t.array(limit)
		v.Bytes = make([]uint8, a.len())
		for i := range v.Bytes {
			v.Bytes[i] = uint8(a.at(i)) - 1 // 0 becomes cube.BlankByte
		}
		v.N = len(v.Bytes)
	}
	return v
}

// takeInts reads items, or codes, below n, or BLANK.
func takeInts(t *take, n int) []int32 {
	a := t.array(uint64(n))
	ints := make([]int32, a.len())
	shifted(a, ints, cube.BlankInt)
	return ints
}
