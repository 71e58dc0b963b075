package mask

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine/mask/masktest"
)

// damaged is a copy of an array with something in it broken: bytes, lengths of buffers, offsets, children.
func damaged(rng *rand.Rand, d *array.Data) *array.Data {
	buffers := append([]*memory.Buffer(nil), d.Buffers()...)
	for i, b := range buffers {
		if b == nil || rng.IntN(3) > 0 {
			continue
		}
		bytes := append([]byte(nil), b.Bytes()...)
		switch rng.IntN(8) {
		case 0:
			bytes = bytes[:rng.IntN(len(bytes)+1)]
		case 1:
			buffers[i] = nil
			continue
		default:
			for k := range bytes {
				switch rng.IntN(40) {
				case 0:
					bytes[k] = byte(rng.Uint32())
				case 1:
					bytes[k] = 0xff
				case 2:
					bytes[k] = 0x80
				}
			}
		}
		buffers[i] = memory.NewBufferBytes(bytes)
	}
	var children []arrow.ArrayData
	for _, c := range d.Children() {
		if rng.IntN(2) == 0 {
			c = damaged(rng, c.(*array.Data))
		}
		children = append(children, c)
	}
	length, off := d.Len(), d.Offset()
	switch rng.IntN(20) {
	case 0:
		length = rng.IntN(1 << rng.IntN(62))
	case 1:
		off = rng.IntN(1 << rng.IntN(62))
	case 2:
		if len(children) > 0 {
			children = children[:len(children)-1]
		}
	case 3:
		if len(buffers) > 0 {
			buffers = buffers[:len(buffers)-1]
		}
	}
	out := array.NewData(d.DataType(), length, buffers, children, d.NullN(), off)
	if dict, ok := d.Dictionary().(*array.Data); ok && dict != nil && rng.IntN(20) > 0 {
		if rng.IntN(2) == 0 {
			dict = damaged(rng, dict)
		}
		out.SetDictionary(dict)
	}
	return out
}

// tryDamaged redacts a damaged array: it must fail, or give one that is whole.
func tryDamaged(t *testing.T, types []arrow.DataType, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 70))
	dt := types[rng.IntN(len(types))]
	out, err := outputType(dt)
	require.NoError(t, err)
	c := newCase(rng, rng.IntN(100))
	d := damaged(rng, masktest.New(seed, seed+1).Array(dt, c.rows, true))
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	r := redactor{mem: mem}
	if p, err := whole(d); err == nil {
		s := selection{n: len(c.rows), keep: c.keep}
		if p.n != s.n {
			return // a batch's columns are as long as the batch
		}
		if got, err := r.column(p, out, s); err == nil {
			a := array.MakeFromData(got)
			// What visible rows hold is theirs, be it text or not.
			if err := array.ValidateFull(a); err != nil && !strings.Contains(err.Error(), "utf8") {
				require.NoError(t, err, describe(dt, seed))
			}
			a.Release()
		}
		tryCoder(p, dt)
	}
	r.release()
	mem.AssertSize(t, 0)
}

// tryCoder reads a damaged column as names of items, where its type can.
func tryCoder(p part, dt arrow.DataType) {
	ws := cube.NewWorkspace("W")
	l := ws.AddApplication("A").AddList("L")
	_ = l.Append("1", "2")
	lk, err := newLookup(dt, l, false)
	if err != nil || dt.ID() == arrow.EXTENSION {
		return
	}
	m := &Masker{items: []itemColumn{{list: l, lookup: lk}}, groups: []group{{tables: [][]byte{{1, 1, 0, 0}}}}}
	m.bindColumns()
	c, err := m.newCoded(p, 0)
	if err == nil {
		_ = c.code(0, make([]uint32, p.n), newBook(lk))
	}
}

func TestDamagedArraysAreErrors(t *testing.T) { withSIMD(t, damagedArraysAreErrors) }

func damagedArraysAreErrors(t *testing.T) {
	types := masktest.Types()
	for seed := range fewer(30_000, 6) {
		tryDamaged(t, types, seed)
	}
}

func FuzzRedact(f *testing.F) {
	types := masktest.Types()
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { eachSIMD(func(simd) { tryDamaged(t, types, seed) }) })
}
