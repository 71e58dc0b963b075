package store

import (
	"bytes"
	"slices"
	"testing"
)

// fuzzed is how large inputs of fuzz targets may be: what is larger finds nothing more.
const fuzzed = 1 << 16

// FuzzOpen is fed whole files. Their checksums are made right first, so that what stands behind them is reached; once
// as they are, with all that cuts and flips do. Nothing may panic, hang or make room for what is not there.
func FuzzOpen(f *testing.F) {
	for _, seed := range []uint64{3, 6, 9} {
		data := small(f, seed)
		f.Add(data)
		f.Add(assembled(contents(f, data)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > fuzzed {
			return
		}
		_ = ask(data)
		_ = ask(refixed(data))
	})
}

// FuzzSection is fed the content of one section of a file that is otherwise whole: by its kind, and which of that kind.
func FuzzSection(f *testing.F) {
	type whole struct {
		keys []key
		raw  [][]byte
	}
	var files []whole
	for i, seed := range []uint64{3, 9} {
		keys, raw := contents(f, small(f, seed))
		files = append(files, whole{keys, raw})
		for k := range keys {
			f.Add(uint8(i), uint8(k), raw[k])
		}
	}
	f.Fuzz(func(t *testing.T, of, section uint8, content []byte) {
		if len(content) > fuzzed {
			return
		}
		w := files[int(of)%len(files)]
		raw := slices.Clone(w.raw)
		raw[int(section)%len(raw)] = bytes.Clone(content)
		_ = ask(assembled(w.keys, raw))
	})
}

// FuzzColumn is fed the values of a block of each type.
func FuzzColumn(f *testing.F) {
	keys, raw := contents(f, small(f, 9))
	for i, k := range keys {
		if k.kind == valuesSection {
			f.Add(uint8(0), raw[i])
		}
	}
	blocks := blocksOfEveryType(f)
	for i, b := range blocks {
		p := put{}
		putColumn(&p, b.Input)
		f.Add(uint8(i), p.b)
	}
	f.Fuzz(func(t *testing.T, of uint8, content []byte) {
		b := blocks[int(of)%len(blocks)]
		in := taking(content)
		col := takeColumn(in, b)
		if !in.ok() {
			return
		}
		// What is taken is written, and taken again, as it was; the first time it may not be in its one form.
		first := put{}
		putColumn(&first, col)
		in = taking(first.b)
		again := takeColumn(in, b)
		if !in.ok() {
			t.Fatalf("refused what was written: %v", in.failed())
		}
		for c := range col.Space().Len() {
			if x, y := col.Value(c), again.Value(c); x != y {
				t.Fatalf("cell %d: %v became %v", c, x, y)
			}
		}
		second := put{}
		putColumn(&second, again)
		if !bytes.Equal(first.b, second.b) {
			t.Fatal("written in two ways")
		}
	})
}
