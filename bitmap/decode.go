package bitmap

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// errShort says that bytes end before the format does.
var errShort = errors.New("bitmap: the set ends too early")

// Decode interns a set of a space of n cells from bytes in the portable format of 32-bit roaring bitmaps, which it
// neither keeps nor trusts: it fails where they are anything but one whole bitmap, with its containers, cells and runs
// in order and none past the space. Equal sets have one id, however they are written. It costs as much as the bytes
// and, where they are few for the cells that they span, holds no more than a small multiple of them.
//
// The library has a check of its own, but that takes time quadratic in the runs of a container: bytes that somebody
// made up could keep it busy for hours.
func (p *Pool) Decode(data []byte, n uint64) (SetID, error) {
	checkCells(n)
	if err := checkHead(data); err != nil {
		return Empty, err
	}
	// The same bytes as a set at rest, though maybe not in the one form that a pool keeps.
	set := append(append(make(packed, 0, 1+len(data)), roaringTag), data...)
	d := set.directory()
	cells, err := d.check()
	switch {
	case err != nil:
		return Empty, err
	case cells == 0 && n > 0:
		return Empty, nil
	case cells == 0:
		return Full, nil // over no cells, as every set
	}
	span := set.end()
	switch {
	case span > n:
		return Empty, fmt.Errorf("bitmap: the set has the cell %d of a space of %d", span-1, n)
	case cells == n:
		return Full, nil
	case span/64 <= max(containerWords, uint64(len(data))):
		return p.intern(pack(set.words(0, span))), nil
	}
	return p.intern(packRoaring(set.roaring(), nil)), nil
}

// check says whether the containers are as their heads say and fill the format, and counts their cells.
func (d directory) check() (cells uint64, err error) {
	at := d.body
	for i := range d.count {
		if i > 0 && d.key(i) <= d.key(i-1) {
			return 0, fmt.Errorf("bitmap: container %d is out of order", i)
		}
		if d.jumps != nil && binary.LittleEndian.Uint32(d.jumps[4*i:]) != uint32(at) {
			return 0, fmt.Errorf("bitmap: container %d is not where it should be", i)
		}
		left := len(d.data) - at
		if left < 2 { // every container is longer; runs begin with their number
			return 0, errShort
		}
		size := d.size(i, at)
		if left < size {
			return 0, errShort
		}
		if !d.checkContainer(i, d.data[at:at+size]) {
			return 0, fmt.Errorf("bitmap: container %d does not hold %d cells in order", i, d.card(i))
		}
		cells += uint64(d.card(i))
		at += size
	}
	if at != len(d.data) {
		return 0, fmt.Errorf("bitmap: %d bytes after the set", len(d.data)-at)
	}
	return cells, nil
}

// checkHead says whether bytes are long enough for what stands before the containers.
func checkHead(data []byte) error {
	if len(data) < 8 {
		return errShort
	}
	first, count, head := binary.LittleEndian.Uint32(data), 0, 0
	switch {
	case first&0xffff == runCookie:
		count = int(first>>16) + 1
		head = 4 + (count+7)/8 + 4*count
		if count >= fewWithoutJump {
			head += 4 * count
		}
	case first == plainCookie:
		many := binary.LittleEndian.Uint32(data[4:])
		if many > 1<<16 {
			return fmt.Errorf("bitmap: %d containers", many)
		}
		count = int(many)
		head = 8 + 8*count
	default:
		return errors.New("bitmap: not a set in the portable roaring format")
	}
	if len(data) < head {
		return errShort
	}
	return nil
}

// plainCookie is the first word where no container keeps runs.
const plainCookie = 12346

// checkContainer says whether the bytes of container i hold as many cells as its head says, in order.
func (d directory) checkContainer(i int, c []byte) bool {
	card := d.card(i)
	switch {
	case d.isRuns(i):
		before, n := -2, 0
		for c = c[2:]; len(c) > 0; c = c[4:] {
			start, more := int(le16(c)), int(le16(c[2:]))
			if start <= before+1 || start+more > 0xffff {
				return false
			}
			before, n = start+more, n+more+1
		}
		return n == card
	case card > maxArray:
		n := 0
		for ; len(c) > 0; c = c[8:] {
			n += bits.OnesCount64(binary.LittleEndian.Uint64(c))
		}
		return n == card
	}
	for k := 2; k < len(c); k += 2 {
		if le16(c[k:]) <= le16(c[k-2:]) {
			return false
		}
	}
	return true
}
