package store

import (
	"encoding/binary"
	"math"

	"github.com/cubeward/cubeward/cube"
)

// put writes the plain parts that sections are made of.
type put struct{ b []byte }

func (p *put) byte(b uint8) { p.b = append(p.b, b) }

func (p *put) uint(n uint64) { p.b = binary.AppendUvarint(p.b, n) }

func (p *put) int(n int) { p.uint(uint64(n)) }

func (p *put) text(s string) {
	p.int(len(s))
	p.b = append(p.b, s...)
}

// item is an item or nothing.
func (p *put) item(i cube.ItemID) { p.uint(uint64(max(int64(i), -1) + 1)) }

// flags are up to eight answers, the first as the lowest bit.
func (p *put) flags(flags ...bool) {
	var b uint8
	for i, f := range flags {
		if f {
			b |= 1 << i
		}
	}
	p.byte(b)
}

// number is a kind of number that arrays hold.
type number interface{ ~uint32 | ~uint64 }

// array writes numbers in as many bytes each as the greatest needs: 1, 2, 4 or 8.
func array[N number](p *put, ns []N) {
	greatest := N(0)
	for _, n := range ns {
		greatest = max(greatest, n)
	}
	width := 8
	switch g := uint64(greatest); {
	case g <= math.MaxUint8:
		width = 1
	case g <= math.MaxUint16:
		width = 2
	case g <= math.MaxUint32:
		width = 4
	}
	p.int(len(ns))
	p.byte(uint8(width))
	for _, n := range ns {
		switch width {
		case 1:
			p.b = append(p.b, uint8(n))
		case 2:
			p.b = binary.LittleEndian.AppendUint16(p.b, uint16(n))
		case 4:
			p.b = binary.LittleEndian.AppendUint32(p.b, uint32(n))
		default:
			p.b = binary.LittleEndian.AppendUint64(p.b, uint64(n))
		}
	}
}
